//! What happens by itself: one due moment per conversation, kept with it, so that it survives a restart; done in a
//! transaction that holds the conversation, so that it happens once, however many processes run.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Desk, Done, Error, not_before};
use crate::domain::dependency::DependencyState;
use crate::domain::due::{Due, Limits};
use crate::domain::{Actor, Change, Conversation, ConversationId};
use crate::store::{self, Tx, conversations, messages};

/// What the reminder of a silent chat says.
const REMINDER: &str = "Are you still there? This chat closes in three minutes if we do not hear from you.";
/// How many are looked for at once.
const BATCH: i64 = 200;
/// How long a conversation whose timer fails is left alone.
const REST: TimeDelta = TimeDelta::minutes(1);

impl Desk {
    /// Does everything that is due by `now`, oldest first; how many things that were. In replay the clock stands at the
    /// due moment of each. A conversation whose timer fails is put off; the others do not wait for it.
    pub fn tick(&self, now: DateTime<Utc>) -> Done<usize> {
        let mut done = 0;
        loop {
            let due = self.db.read(|conn| Ok::<_, Error>(conversations::due(conn, now, BATCH)?))?;
            let mut moved = false;
            for (id, at) in due {
                self.clock.set(at);
                let fired = match self.fire(id, now) {
                    // Nothing is wrong with this one: nobody can be served.
                    Err(Error::Store(away @ store::Error::Unavailable(_))) => Err(away)?,
                    Err(error) => self.put_off(id, now, &error).map(|()| None)?,
                    Ok(fired) => Some(fired),
                };
                done += usize::from(fired == Some(true));
                moved |= fired != Some(false);
            }
            if !moved {
                return Ok(done);
            }
            self.clock.set(now);
        }
    }

    /// Leaves a conversation alone for a while, so that what fails does not fail without end.
    fn put_off(&self, id: ConversationId, now: DateTime<Utc>, error: &Error) -> Done<()> {
        tracing::error!(%error, conversation = %id, "what is due here failed; it is tried again in a minute");
        self.db.write(move |tx| Ok(conversations::put_off(tx.conn, id, now + REST)?))
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
            match happens(tx, conversation, due, at, &limits)? {
                Some(change) => conversations::save(tx, change, &limits).map(|_| true).map_err(Into::into),
                None => Ok(false),
            }
        })
    }
}

fn happens(
    tx: &mut Tx,
    conversation: Conversation,
    due: Due,
    at: DateTime<Utc>,
    limits: &Limits,
) -> Done<Option<Change>> {
    Ok(match due {
        Due::Remind => Some(conversation.remind(REMINDER, at)),
        Due::FallSilent => {
            let first = messages::first_words(tx.conn, conversation.interaction.id)?;
            conversation.fall_silent(&first, at)
        }
        Due::Archive => conversation.expire(at),
        Due::Until(id) => conversation.end_dependency(Actor::System, id, DependencyState::Completed, at),
        Due::Rank => Some(conversation.reranked(limits.priority_guard, at)),
    })
}
