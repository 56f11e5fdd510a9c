//! Sockets outlive requests: when a session ends or somebody may see more or less, their sockets must go.

use super::SignedIn;
use crate::desk::{Desk, Error};
use crate::domain::view::Eyes;
use crate::domain::{Agent, AgentId, QueueId};
use crate::live::hub::Owner;
use crate::live::relay::access_notice;
use crate::store::tokens::Holder;
use crate::store::{self, Conn, dialect, eyes, sessions, tokens};

/// Sockets that are looked at in one read, so that no read holds its connection for long.
const AT_ONCE: usize = 200;

impl Desk {
    /// Closes all sockets of an agent but those of one session. Call when a role or a queue's members have changed;
    /// the pages come back with what is theirs now.
    pub fn close_sockets(&self, agent: AgentId, but: Option<&SignedIn>) {
        let kept = but.map(|but| &but.key);
        self.hub.revoke(|owner| owner.agent.id == agent && kept != Some(&owner.key));
    }

    /// Closes the sockets whose session or token has ended, or whose owner may see more or less than when they opened:
    /// for what other processes have changed. Run when they tell, and now and then for those that cannot.
    pub fn close_ended_sockets(&self) -> Result<(), Error> {
        for owners in self.hub.owners().chunks(AT_ONCE) {
            let ended = self.db.read(|conn| {
                let restricted = eyes::restricted(conn)?;
                let mut ended = Vec::new();
                for owner in owners {
                    if !self.still_holds(conn, owner, &restricted)? {
                        ended.push(owner.key.clone());
                    }
                }
                Ok::<_, store::Error>(ended)
            })?;
            if !ended.is_empty() {
                self.hub.revoke(|owner| ended.contains(&owner.key));
            }
        }
        Ok(())
    }

    /// Another node has changed who may see what, or who is who.
    pub fn access_changed_elsewhere(&self) {
        self.directory_changed();
        self.access_changed();
    }

    /// Called after a change of who may see what: its sockets here are closed now; other nodes heard it with the commit.
    pub(in crate::desk) fn access_changed(&self) {
        if let Err(error) = self.close_ended_sockets() {
            tracing::warn!(%error, "sockets could not be checked; they will be later");
        }
    }

    fn still_holds(&self, conn: &mut Conn, owner: &Owner, restricted: &[QueueId]) -> Result<bool, store::Error> {
        let session = match sessions::find(conn, &owner.key, self.clock.surely()) {
            Err(store::Error::NotFound) => None,
            found => Some(found?.1),
        };
        let agent = match session {
            Some(agent) => Some(agent),
            None => match tokens::find(conn, &owner.key) {
                Err(store::Error::NotFound) => None,
                found => match found? {
                    Holder::Agent(agent) => Some(agent),
                    Holder::Channel { .. } | Holder::Kiosk { .. } | Holder::Telephony => None,
                },
            },
        };
        Ok(agent.is_some_and(|agent| same_rights(&agent, owner, restricted)))
    }
}

fn same_rights(now: &Agent, then: &Owner, restricted: &[QueueId]) -> bool {
    let agent = &then.agent;
    now.role == agent.role && now.queues == agent.queues && Eyes::of(now, restricted) == *then.eyes
}

/// Tells the other nodes, with the commit, to look at their sockets.
pub(in crate::desk) fn tell(conn: &mut Conn, node: &str) -> Result<(), store::Error> {
    match conn {
        Conn::Pg(_) => Ok(dialect::notify(conn, &access_notice(node))?),
        Conn::Sqlite(_) => Ok(()),
    }
}
