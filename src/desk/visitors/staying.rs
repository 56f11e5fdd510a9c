//! Whether visitors are there. Whoever has not said who they are and goes away before anybody answered is not waited for
//! (row 45); two minutes are theirs to come back, and a restart of ours does not count against them.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Desk, Done, Error};
use crate::desk::not_before;
use crate::domain::{ChannelId, ProfileId, Stage};
use crate::store::{self, conversations, messages, people, visitors};

/// How long a visitor may be away.
const RECONNECT: TimeDelta = TimeDelta::minutes(2);
/// How many are looked for at once.
const BATCH: i64 = 100;

impl Desk {
    /// Notes that these visitors are there, or were until now. Those who said who they are need no note.
    pub fn visitors_here(&self, profiles: &[ProfileId]) -> Done<()> {
        if profiles.is_empty() {
            return Ok(());
        }
        let (profiles, now) = (profiles.to_vec(), self.clock.now());
        self.db.write(move |tx| {
            let mut by_channel: HashMap<ChannelId, Vec<String>> = HashMap::new();
            for profile in &profiles {
                let profile = people::profile_by_id(tx.conn, *profile)?;
                by_channel.entry(profile.channel).or_default().push(profile.identifier);
            }
            let mut all = by_channel.iter();
            all.try_for_each(|(channel, names)| Ok(visitors::set_here(tx.conn, *channel, names, Some(now))?))
        })
    }

    /// Ends what visitors have left unanswered and not come back to by `now`; how many conversations that were.
    pub fn visitors_gone(&self, now: DateTime<Utc>) -> Done<usize> {
        let gone = self.db.read(|conn| Ok::<_, Error>(visitors::gone(conn, now - RECONNECT, BATCH)?))?;
        let mut ended = 0;
        for (channel, identifier) in gone {
            let profile = self.db.read(|conn| Ok::<_, Error>(people::profile(conn, channel, &identifier)?))?;
            if let Some(profile) = profile {
                ended += self.stays_away(profile.id)?;
            }
            let names = [identifier];
            self.db.write(move |tx| Ok::<_, Error>(visitors::set_here(tx.conn, channel, &names, None)?))?;
        }
        Ok(ended)
    }

    /// Ends every chat of a profile that nobody has answered.
    fn stays_away(&self, profile: ProfileId) -> Done<usize> {
        let open = self.db.read(|conn| Ok::<_, Error>(people::open_of_profile(conn, profile)?))?;
        let mut ended = 0;
        for id in open {
            let (clock, limits) = (self.clock.clone(), self.limits);
            let done = self.db.write(move |tx| {
                let conversation = conversations::hold(tx, id)?;
                if conversation.stage != Stage::New {
                    return Ok::<_, store::Error>(false);
                }
                let first = messages::first_words(tx.conn, conversation.interaction.id)?;
                let at = not_before(&conversation, clock.now());
                match conversation.stays_away(&first, at) {
                    Some(change) => conversations::save(tx, change, &limits).map(|_| true),
                    None => Ok(false),
                }
            })?;
            ended += usize::from(done);
        }
        Ok(ended)
    }
}
