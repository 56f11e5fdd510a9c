//! What happens by itself: one due moment per conversation, kept with it, so that it survives a restart; done in a
//! transaction that holds the conversation, so that it happens once, however many processes run.

use chrono::{DateTime, TimeDelta, Utc};

use super::mailroom::{Envelope, Mailroom};
use super::{Desk, Done, Error, not_before};
use crate::domain::dependency::DependencyState;
use crate::domain::due::{Due, Limits};
use crate::domain::state::ContactType;
use crate::domain::{Actor, Change, Conversation, ConversationId};
use crate::store::{self, Tx, conversations, messages};

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
            self.clock.set(now);
            if !moved {
                return Ok(done);
            }
        }
    }

    /// Leaves a conversation alone for a while, so that what fails does not fail without end.
    fn put_off(&self, id: ConversationId, now: DateTime<Utc>, error: &Error) -> Done<()> {
        tracing::error!(%error, conversation = %id, "what is due here failed; it is tried again in a minute");
        self.db.write(move |tx| Ok(conversations::put_off(tx.conn, id, now + REST)?))
    }

    /// Does what is due in one conversation; whether anything was.
    fn fire(&self, id: ConversationId, now: DateTime<Utc>) -> Done<bool> {
        let (clock, limits, mailroom) = (self.clock.clone(), self.limits, self.mailroom());
        let (fired, sent) = self.db.write(move |tx| {
            let conversation = conversations::hold(tx, id)?;
            let Some((_, due)) = conversation.next_due(&limits).filter(|(at, _)| *at <= now) else {
                conversations::settle(tx.conn, &conversation, &limits)?;
                return Ok((false, false));
            };
            let at = not_before(&conversation, clock.now());
            let Some(mut change) = happens(tx, conversation, due, at, &limits)? else {
                return Ok((false, false));
            };
            let envelope = addressed(tx, &mailroom, &mut change)?;
            let sent = envelope.is_some();
            let saved = conversations::save(tx, change, &limits)?;
            mailroom.post(tx, envelope, &saved)?;
            Ok::<_, Error>((true, sent))
        })?;
        if sent {
            self.bell.ring();
        }
        Ok(fired)
    }
}

/// What the house says by itself is sent where replies are sent. Who said STOP is not written to; the line stands in the
/// thread all the same.
fn addressed(tx: &mut Tx, mailroom: &Mailroom, change: &mut Change) -> Done<Option<Envelope>> {
    match mailroom.address(tx, change, TimeDelta::zero()) {
        Err(Error::Refused(_)) => {
            change.messages.iter_mut().for_each(|line| line.delivery = None);
            Ok(None)
        }
        envelope => envelope,
    }
}

/// What the reminder says: how long they have, if it closes at all.
fn reminder(conversation: &Conversation, limits: &Limits) -> String {
    let what = if conversation.interaction.kind == ContactType::Chat { "chat" } else { "conversation" };
    match conversation.left_after_reminder(limits) {
        Some(left) => {
            format!("Are you still there? This {what} closes in {} if we do not hear from you.", amount(left))
        }
        None => "Are you still there? We have not heard from you for a while. Write whenever you like.".to_owned(),
    }
}

/// A length of time as one says it.
fn amount(time: TimeDelta) -> String {
    let (seconds, minutes) = (time.num_seconds(), (time.num_seconds() + 30) / 60);
    match (seconds, minutes) {
        (1, _) => "1 second".to_owned(),
        (..60, _) => format!("{seconds} seconds"),
        (_, 1) => "1 minute".to_owned(),
        (_, ..120) => format!("{minutes} minutes"),
        _ => format!("{} hours", (minutes + 30) / 60),
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
        Due::Remind => {
            let text = reminder(&conversation, limits);
            Some(conversation.remind(&text, at))
        }
        Due::FallSilent => {
            let first = messages::first_words(tx.conn, conversation.interaction.id)?;
            conversation.fall_silent(&first, at)
        }
        Due::Archive => conversation.expire(at),
        Due::Until(id) => conversation.end_dependency(Actor::System, id, DependencyState::Completed, at),
        Due::Rank => Some(conversation.reranked(limits.priority_guard, at)),
    })
}
