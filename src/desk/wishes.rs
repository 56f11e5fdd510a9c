//! Whether somebody wants to be written to.

use super::intake::{Arrival, provider_key};
use super::people::identify_on;
use super::senders::{profile_of, serve};
use super::{Desk, Done};
use crate::domain::{Channel, ProfileId};
use crate::store::{Conn, Tx, messages, outbox, people};

impl Desk {
    /// Whether this sender has said STOP, and not START since.
    pub fn has_stopped(&self, channel: &Channel, from: &str) -> Done<bool> {
        let Ok(identifier) = identify_on(channel, from) else { return Ok(false) };
        self.db.read(|conn| match people::profile(conn, channel.id, &identifier)? {
            Some(profile) => Ok(outbox::opted_out(conn, profile.id)?.is_some()),
            None => Ok(false),
        })
    }

    /// They say STOP: from now on nothing is sent to them, and what waits is not sent either.
    pub fn stop_writing(&self, channel: &Channel, said: &Arrival) -> Done<()> {
        let clock = self.clock.clone();
        self.wish(channel, said, move |tx, profile| Ok(outbox::opt_out(tx.conn, profile, clock.now())?))
    }

    /// They say START.
    pub fn write_again(&self, channel: &Channel, said: &Arrival) -> Done<()> {
        self.wish(channel, said, |tx, profile| Ok(outbox::opt_in(tx.conn, profile)?))
    }

    /// Whether a message that its provider knows by this id is here.
    pub fn is_here(&self, channel: &Channel, provider_id: &str) -> Done<bool> {
        self.db.read(|conn| is_here(conn, channel, provider_id))
    }

    /// What is wished is done once: a message that comes again wishes nothing new.
    fn wish(
        &self,
        channel: &Channel,
        said: &Arrival,
        obey: impl Fn(&mut Tx, ProfileId) -> Done<()> + Send + 'static,
    ) -> Done<()> {
        let identifier = identify_on(channel, &said.from)?;
        let (clock, limits) = (self.clock.clone(), self.limits);
        let (channel, id) = (channel.clone(), said.provider_id.clone().unwrap_or_default());
        self.db.write(move |tx| {
            serve(tx.conn, channel.id, &identifier)?;
            if is_here(tx.conn, &channel, &id)? {
                return Ok(());
            }
            let profile = profile_of(tx, channel.id, &identifier, clock.now(), &limits)?;
            obey(tx, profile.id)
        })
    }
}

fn is_here(conn: &mut Conn, channel: &Channel, provider_id: &str) -> Done<bool> {
    Ok(messages::by_key(conn, channel.id, &provider_key(provider_id.trim()))?.is_some())
}
