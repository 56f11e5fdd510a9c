//! What happens by itself: one due moment per conversation, kept with it, so that it survives a restart; done in a
//! transaction that holds the conversation, so that it happens once, however many processes run.

use chrono::{DateTime, Utc};

use super::{Desk, Done, not_before};
use crate::domain::dependency::DependencyState;
use crate::domain::due::Due;
use crate::domain::{Actor, Change, Conversation, ConversationId};
use crate::store::{Tx, conversations, messages};

/// What the reminder of a silent chat says.
const REMINDER: &str = "Are you still there? This chat closes in three minutes if we do not hear from you.";
/// How many are looked for at once.
const BATCH: i64 = 200;

impl Desk {
    /// Does everything that is due by `now`, oldest first; how many things that were. In replay the clock stands at the
    /// due moment of each.
    pub fn tick(&self, now: DateTime<Utc>) -> Done<usize> {
        let mut done = 0;
        loop {
            let due = self.db.read(|conn| Ok::<_, super::Error>(conversations::due(conn, now, BATCH)?))?;
            let before = done;
            for (id, at) in due {
                self.clock.set(at);
                done += usize::from(self.fire(id, now)?);
            }
            self.clock.set(now);
            if done == before {
                return Ok(done);
            }
        }
    }

    /// Does what is due in one conversation; whether anything was.
    fn fire(&self, id: ConversationId, now: DateTime<Utc>) -> Done<bool> {
        let (clock, limits) = (self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let conversation = conversations::hold(tx, id)?;
            let Some((_, due)) = conversation.next_due(&limits).filter(|(at, _)| *at <= now) else {
                conversations::settle(tx.conn, &conversation, &limits)?;
                return Ok(false);
            };
            let at = not_before(&conversation, clock.now());
            match happens(tx, conversation, due, at)? {
                Some(change) => conversations::save(tx, change, &limits).map(|_| true).map_err(Into::into),
                None => Ok(false),
            }
        })
    }
}

fn happens(tx: &mut Tx, conversation: Conversation, due: Due, at: DateTime<Utc>) -> Done<Option<Change>> {
    Ok(match due {
        Due::Remind => Some(conversation.remind(REMINDER, at)),
        Due::FallSilent => {
            let first = messages::first_words(tx.conn, conversation.interaction.id)?;
            conversation.fall_silent(&first, at)
        }
        Due::Archive => conversation.expire(at),
        Due::Until(id) => conversation.end_dependency(Actor::System, id, DependencyState::Completed, at),
        Due::Rank => Some(conversation.aged(at)),
    })
}
