//! Removing what was set up by mistake: only what nothing refers to. What was in use stays, for the records' sake.

use super::{Desk, Done, Error};
use crate::domain::{ChannelId, ContactId, OrganizationId, QueueId, Refused};
use crate::store::{Conn, channels, people, queues, removal};

impl Desk {
    /// Removes a queue that never held anything and that no channel leads to.
    pub fn remove_queue(&self, id: QueueId, version: Option<i64>) -> Done<()> {
        let used = "This queue is in use: records or channels refer to it.";
        self.remove(format!("queue {}", id.0), used, move |conn| {
            unchanged(version, queues::find(conn, id)?.version)?;
            Ok(removal::queue(conn, id)?)
        })
    }

    /// Removes a channel on which nobody ever wrote, and its tokens.
    pub fn remove_channel(&self, id: ChannelId, version: Option<i64>) -> Done<()> {
        self.remove(format!("channel {}", id.0), "This channel is in use: conversations refer to it.", move |conn| {
            unchanged(version, channels::find(conn, id)?.version)?;
            Ok(removal::channel(conn, id)?)
        })
    }

    /// Removes a person who never asked for anything.
    pub fn remove_contact(&self, id: ContactId, version: Option<i64>) -> Done<()> {
        self.remove(format!("contact {}", id.0), "This person has records, which stay.", move |conn| {
            unchanged(version, people::contact(conn, id)?.version)?;
            Ok(removal::contact(conn, id)?)
        })
    }

    /// Removes an organization without people and conversations.
    pub fn remove_organization(&self, id: OrganizationId, version: Option<i64>) -> Done<()> {
        self.remove(format!("organization {}", id.0), "This organization has people or conversations.", move |conn| {
            unchanged(version, people::organization(conn, id)?.version)?;
            Ok(removal::organization(conn, id)?)
        })
    }

    fn remove(&self, what: String, used: &'static str, f: impl Fn(&mut Conn) -> Done<()> + Send + 'static) -> Done<()> {
        let removed = self.noted("removed", what, move |tx| f(tx.conn));
        self.directory_changed();
        match removed {
            Err(Error::Store(error)) if error.is_reference() => Err(Refused::InUse(used).into()),
            removed => removed,
        }
    }
}

fn unchanged(version: Option<i64>, known: i64) -> Done<()> {
    match version {
        Some(version) if version != known => Err(Refused::Stale.into()),
        Some(_) | None => Ok(()),
    }
}
