//! Blocked senders: what they begin is held for review, whatever they write.

use super::people::address_on;
use super::rules::noted;
use super::senders::{profile_of, serve};
use super::{Desk, Done};
use crate::domain::{Agent, ChannelId, ProfileId};
pub use crate::store::blocked::Blocked;
use crate::store::{blocked, eyes, people};

impl Desk {
    /// Who is blocked, newest first, before one, as far as this agent sees what they wrote.
    pub fn blocked(&self, by: &Agent, before: Option<ProfileId>, limit: i64) -> Done<Vec<Blocked>> {
        self.db.read(|conn| {
            let eyes = eyes::of(conn, Some(by))?;
            Ok(blocked::page(conn, &eyes, before, limit)?)
        })
    }

    /// One of the blocked.
    pub fn blocked_sender(&self, by: &Agent, id: ProfileId) -> Done<Blocked> {
        self.db.read(|conn| {
            let eyes = eyes::of(conn, Some(by))?;
            Ok(blocked::find(conn, &eyes, id)?)
        })
    }

    /// Blocks an address on a channel, whether it ever wrote or not.
    pub fn block_sender(&self, by: &Agent, channel: ChannelId, address: &str) -> Done<Blocked> {
        let address = address.to_owned();
        let (agent, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let identifier = address_on(tx.conn, channel, &address)?;
            serve(tx.conn, channel, &identifier)?;
            let profile = profile_of(tx, channel, &identifier, clock.now(), &limits)?;
            people::block(tx.conn, profile.id, agent.id, clock.now())?;
            noted(tx, agent.id, &format!("sender {identifier}"), "blocked", clock.now())?;
            let eyes = eyes::of(tx.conn, Some(&agent))?;
            Ok(blocked::find(tx.conn, &eyes, profile.id)?)
        })
    }

    /// Blocks a sender no more.
    pub fn unblock_sender(&self, by: &Agent, id: ProfileId) -> Done<Blocked> {
        let (by, clock) = (by.clone(), self.clock.clone());
        self.db.write(move |tx| {
            let eyes = eyes::of(tx.conn, Some(&by))?;
            let blocked = blocked::find(tx.conn, &eyes, id)?;
            people::unblock(tx.conn, id)?;
            noted(tx, by.id, &format!("sender {}", blocked.identifier), "freed", clock.now())?;
            Ok(blocked)
        })
    }
}
