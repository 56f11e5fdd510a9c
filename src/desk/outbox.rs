//! What leaves the house. A reply on a channel that sends outward is frozen as a letter in the reply's own transaction;
//! a sender claims one at a time and tells here what came of it. Nothing is sent twice by itself: a try whose end nobody
//! knows is `unknown` until a person, or the provider, says more.
//!
//! On the widget and on API channels nothing is sent: a reply is `accepted` as soon as it is stored, because from then on
//! the site and the program can read it (and do, over the socket or the feed).

use chrono::{DateTime, TimeDelta, Utc};

use super::mailroom::{STOPPED, welcome};
use super::{Desk, Done, Error, not_before, receipts, visible_conversation};
use crate::domain::change::MessageKind;
pub use crate::domain::delivery::{Delivery, Letter, Outcome, UNDO};
use crate::domain::retelling::without;
use crate::domain::{Actor, Agent, Channel, ChannelId, ConversationId, Fact, FactKind, MessageId, Refused};
use crate::store::conversations::Saved;
use crate::store::{Tx, attachments, conversations, dialect, drafts, facts, messages, outbox};

/// A claim that is older has lost its sender: a try ends long before.
const CLAIM: TimeDelta = TimeDelta::seconds(20);
/// How long a channel rests after a try that nobody knows the end of.
const REST: TimeDelta = TimeDelta::seconds(30);
/// How many open letters a page shows.
const SHOWN: i64 = 200;

const LOST: &str = "It is not known whether this was sent. Ask, or look at the provider, before you send it again.";

/// A letter with what stands around it.
#[derive(Debug, Clone)]
pub struct Posted {
    pub letter: Letter,
    pub message: messages::Message,
    /// What the conversation is called.
    pub title: String,
}

/// What came of looking for a letter.
enum Claimed {
    Letter(Box<Letter>),
    /// Whom it goes to wants none: it has failed.
    Stopped,
    Nothing,
}

impl Desk {
    /// The letter that is due first, claimed for this process; none if nothing can be sent now.
    pub fn claim_letter(&self) -> Done<Option<Letter>> {
        loop {
            let now = self.clock.now();
            if self.next_letter()?.is_none_or(|due| due > now) {
                return Ok(None);
            }
            match self.claim(now)? {
                Claimed::Letter(letter) => return Ok(Some(*letter)),
                Claimed::Nothing => return Ok(None),
                Claimed::Stopped => {}
            }
        }
    }

    fn claim(&self, now: DateTime<Utc>) -> Done<Claimed> {
        let node = self.db.node().to_owned();
        self.db.write(move |tx| {
            let Some(letter) = outbox::claim(tx.conn, &node, now)? else { return Ok(Claimed::Nothing) };
            if letter.is_empty() {
                // Its text was removed while it was being tried.
                settle(tx, Letter { state: Delivery::Withdrawn, error: None, ..letter }, now)?;
                return Ok(Claimed::Stopped);
            }
            // They may have said STOP after it was written.
            if outbox::has_opted_out(tx.conn, letter.conversation)? {
                settle(tx, Letter { state: Delivery::Failed, error: Some(STOPPED.to_owned()), ..letter }, now)?;
                return Ok(Claimed::Stopped);
            }
            outbox::show(tx.conn, letter.message, Delivery::Sending)?;
            Ok(Claimed::Letter(Box::new(letter)))
        })
    }

    /// When the next letter is due.
    pub fn next_letter(&self) -> Done<Option<DateTime<Utc>>> {
        self.db.read(|conn| Ok(outbox::next_due(conn)?))
    }

    /// What came of a try. A provider that told more by another way has the last word.
    pub fn letter_tried(&self, tried: &Letter, outcome: Outcome) -> Done<()> {
        let (id, attempts, now, luck) = (tried.id, tried.attempts, self.clock.now(), fastrand::f64());
        self.db.write(move |tx| {
            let conversation = outbox::find(tx.conn, id)?.conversation;
            dialect::lock_conversation(tx.conn, conversation.0)?;
            let letter = outbox::find(tx.conn, id)?;
            if letter.attempts != attempts {
                return Ok(());
            }
            match (&outcome, letter.state) {
                (Outcome::Accepted(provider), Delivery::Sending | Delivery::Unknown) => {
                    let provider_id = Some(provider.clone()).filter(|id| !id.is_empty());
                    let settled = Letter { state: Delivery::Accepted, provider_id, error: None, ..letter };
                    if attempts > 1 {
                        dialect::lock(tx.conn, &turn(settled.channel))?;
                        outbox::resume(tx.conn, settled.channel, now)?;
                    }
                    settle(tx, settled, now)
                }
                (Outcome::Accepted(provider), _) if letter.provider_id.is_none() => {
                    let provider_id = Some(provider.clone()).filter(|id| !id.is_empty());
                    Ok(outbox::save(tx.conn, &Letter { provider_id, ..letter })?)
                }
                // Its sender lives after all, and knows.
                (_, Delivery::Sending | Delivery::Unknown) => {
                    if let Some(until) = pause(&letter, &outcome, now, luck) {
                        dialect::lock(tx.conn, &turn(letter.channel))?;
                        outbox::pause(tx.conn, letter.channel, until)?;
                    }
                    if outcome == Outcome::Stopped {
                        outbox::opt_out_of(tx.conn, letter.conversation, now)?;
                    }
                    settle(tx, after(letter, &outcome, now, luck), now)
                }
                (_, _) => Ok(()),
            }
        })
    }

    /// Letters whose sender is gone: nobody knows whether they were sent. On a database of one process, everybody
    /// else's at once.
    pub fn give_up_lost_letters(&self) -> Done<usize> {
        let (now, node) = (self.clock.now(), self.db.node().to_owned());
        let alone = !self.db.is_postgres();
        let is_lost = |conn: &mut crate::store::Conn| outbox::lost(conn, now - CLAIM, alone.then_some(node.as_str()));
        if self.db.read(|conn| Ok::<_, Error>(is_lost(conn)?))?.is_empty() {
            return Ok(0);
        }
        let node = self.db.node().to_owned();
        self.db.write(move |tx| {
            let lost = outbox::lost(tx.conn, now - CLAIM, alone.then_some(node.as_str()))?;
            let number = lost.len();
            for letter in lost {
                // Its sender may have come back meanwhile.
                dialect::lock_conversation(tx.conn, letter.conversation.0)?;
                let now_it = outbox::find(tx.conn, letter.id)?;
                if now_it.state != Delivery::Sending || now_it.attempts != letter.attempts {
                    continue;
                }
                settle(tx, Letter { state: Delivery::Unknown, error: Some(LOST.to_owned()), ..letter }, now)?;
            }
            Ok(number)
        })
    }

    /// What a provider tells of a message: only forward. `hint` is the message where the provider tells it back.
    pub fn provider_tells(
        &self,
        channel: &Channel,
        provider_id: &str,
        hint: Option<MessageId>,
        state: Delivery,
        error: Option<String>,
    ) -> Done<()> {
        let (channel, id, now) = (channel.id, provider_id.to_owned(), self.clock.now());
        self.db.write(move |tx| {
            let known = match outbox::at_the_provider(tx.conn, channel, &id)? {
                Some(letter) => Some(letter),
                None => hint.map(|message| outbox::of_message(tx.conn, message)).transpose()?.flatten(),
            };
            let Some(known) = known.filter(|letter| letter.channel == channel) else { return Ok(()) };
            dialect::lock_conversation(tx.conn, known.conversation.0)?;
            dialect::lock_letter(tx.conn, known.message)?;
            let letter = outbox::find(tx.conn, known.id)?;
            let about_this_try = letter.provider_id.as_ref().is_none_or(|known| *known == id);
            // What waits for its next try may have arrived by the last one, whose answer was lost.
            let arrived = letter.state == Delivery::Queued && letter.attempts > 0 && state != Delivery::Failed;
            if !about_this_try || !(letter.state.may_become(state) || arrived) {
                return Ok(());
            }
            let told = Letter { state, due_at: None, error: error.clone(), provider_id: Some(id.clone()), ..letter };
            settle(tx, told, now)
        })
    }

    /// Sends again what failed, what nobody knows of, or what waits for its next try.
    pub fn retry(&self, by: &Agent, message: MessageId) -> Done<()> {
        let (by, now) = (by.clone(), self.clock.now());
        self.db.write(move |tx| {
            if receipts::again(tx, &by, message, now)? {
                return Ok(());
            }
            let (conversation, letter) = held(tx, &by, message)?;
            if !letter.can_be_retried() {
                return Err(Refused::IllegalState(said(letter.state).to_owned()).into());
            }
            welcome(tx, &conversation)?;
            let again = Letter {
                state: Delivery::Queued,
                due_at: Some(now),
                provider_id: None,
                error: None,
                created_at: now,
                ..letter
            };
            settle(tx, again, now)
        })?;
        self.bell.ring();
        Ok(())
    }

    /// Takes back what was not sent yet: it is our turn again, and the words are the writer's draft.
    pub fn take_back(&self, by: &Agent, message: MessageId) -> Done<Saved> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let (conversation, letter) = held(tx, &by, message)?;
            let written = messages::by_id(tx.conn, &[message.0])?.pop().ok_or(Error::NotFound)?;
            if written.actor != Actor::Agent(by.id) && !by.role.leads() {
                return Err(Refused::Forbidden("Only its writer or a manager can take a message back.").into());
            }
            if written.kind != MessageKind::Reply {
                return Err(Refused::IllegalState("Only a reply can be taken back.".to_owned()).into());
            }
            if !letter.can_be_taken_back() {
                return Err(Refused::IllegalState(said(letter.state).to_owned()).into());
            }
            let at = not_before(&conversation, clock.now());
            let withdrawn = Letter { state: Delivery::Withdrawn, due_at: None, error: None, ..letter };
            outbox::save(tx.conn, &withdrawn)?;
            outbox::withdraw(tx.conn, message)?;
            let writer = match written.actor {
                Actor::Agent(writer) => writer,
                _ => by.id,
            };
            let (later, _) = drafts::find(tx.conn, writer, conversation.id)?;
            let draft = [withdrawn.body.as_str(), &later].map(str::trim).join("\n\n");
            drafts::keep(tx.conn, writer, conversation.id, "reply", draft.trim(), at)?;
            attachments::take_back(tx.conn, writer, conversation.id, message)?;
            let told = facts::of_conversation(tx.conn, conversation.id, 0, i64::MAX)?;
            let without = without(&conversation, &told, message);
            let change = conversation.take_back(&by, message, without.as_ref(), at);
            Ok(conversations::save(tx, change, &limits)?)
        })
    }

    /// Everything that is not accepted, as far as this agent may see it: oldest first, after a message.
    pub fn outbox(&self, by: &Agent, after: MessageId, limit: i64) -> Done<Vec<Posted>> {
        let eyes = self.eyes(by)?;
        self.db.read(|conn| {
            let letters = outbox::open(conn, &eyes, after, limit.min(SHOWN))?;
            let ids: Vec<i64> = letters.iter().map(|(letter, _)| letter.message.0).collect();
            let mut written = messages::by_id(conn, &ids)?;
            let posted = letters.into_iter().filter_map(|(letter, title)| {
                let at = written.iter().position(|message| message.id == letter.message)?;
                Some(Posted { message: written.swap_remove(at), title, letter })
            });
            Ok(posted.collect())
        })
    }

    /// How much stands in the outbox.
    pub fn outbox_count(&self, by: &Agent) -> Done<i64> {
        let eyes = self.eyes(by)?;
        self.db.read(|conn| Ok(outbox::count_open(conn, &eyes)?))
    }

    /// A message with its letter, where it was sent out.
    pub fn posted(&self, by: &Agent, message: MessageId) -> Done<(messages::Message, Option<Letter>)> {
        self.db.read(|conn| {
            let written = messages::by_id(conn, &[message.0])?.pop().ok_or(Error::NotFound)?;
            let conversation = conversations::find(conn, written.conversation.ok_or(Error::NotFound)?)?;
            visible_conversation(conn, by, &conversation)?;
            Ok((written, outbox::of_message(conn, message)?))
        })
    }
}

/// Many letters of a channel are moved by one transaction at a time.
fn turn(channel: ChannelId) -> String {
    format!("outbox:{channel}")
}

/// The letter of a message that this agent sees, with its conversation held.
fn held(tx: &mut Tx, by: &Agent, message: MessageId) -> Done<(crate::domain::Conversation, Letter)> {
    let written = messages::by_id(tx.conn, &[message.0])?.pop().ok_or(Error::NotFound)?;
    let id: ConversationId = written.conversation.ok_or(Error::NotFound)?;
    let conversation = conversations::hold(tx, id)?;
    visible_conversation(tx.conn, by, &conversation)?;
    dialect::lock_letter(tx.conn, message)?;
    let letter = outbox::of_message(tx.conn, message)?;
    let letter = letter.ok_or_else(|| Refused::IllegalState("This message was not sent anywhere.".to_owned()))?;
    Ok((conversation, letter))
}

/// Until when the whole channel waits: its provider could not be spoken to.
fn pause(letter: &Letter, outcome: &Outcome, now: DateTime<Utc>, luck: f64) -> Option<DateTime<Utc>> {
    match outcome {
        Outcome::Later { after, .. } => letter.next_try(now, *after, luck),
        // Who does not answer is left alone for a moment, so that not everything becomes unknown.
        Outcome::Unsure(_) => Some(now + REST),
        Outcome::Accepted(_) | Outcome::Refused(_) | Outcome::Stopped => None,
    }
}

/// A letter after a try that did not end well.
fn after(letter: Letter, outcome: &Outcome, now: DateTime<Utc>, luck: f64) -> Letter {
    match outcome {
        Outcome::Accepted(_) => letter,
        Outcome::Refused(why) => Letter { state: Delivery::Failed, error: Some(why.clone()), ..letter },
        Outcome::Stopped => Letter { state: Delivery::Failed, error: Some(STOPPED.to_owned()), ..letter },
        Outcome::Unsure(why) => Letter { state: Delivery::Unknown, error: Some(format!("{why} {LOST}")), ..letter },
        Outcome::Later { why, after } => match letter.next_try(now, *after, luck) {
            Some(at) => {
                let error = Some(format!("{why} It is tried again by itself."));
                Letter { state: Delivery::Queued, due_at: Some(at), error, ..letter }
            }
            None => Letter { state: Delivery::Failed, error: Some(format!("{why} It was tried for a day.")), ..letter },
        },
    }
}

/// Stores what became of a letter, and says so where that is news.
fn settle(tx: &mut Tx, letter: Letter, at: DateTime<Utc>) -> Done<()> {
    let before = messages::by_id(tx.conn, &[letter.message.0])?.pop().ok_or(Error::NotFound)?;
    outbox::save(tx.conn, &letter)?;
    let shown = (before.delivery.as_deref().filter(|state| *state != "sending"), &before.delivery_error);
    if shown == (Some(letter.state.as_str()), &letter.error) {
        return Ok(());
    }
    let mut fact = Fact::new(FactKind::DeliveryChanged, Actor::System, at);
    fact.conversation = Some(letter.conversation);
    fact.interaction = before.interaction;
    if matches!(letter.state, Delivery::Failed | Delivery::Unknown) {
        fact.agent = before.actor.agent();
    }
    let fact = fact.change(before.delivery.as_deref(), Some(letter.state.as_str()));
    Ok(facts::append(tx, vec![fact.with("message", letter.message.0)])?)
}

/// Why a letter in this state is neither sent again nor taken back.
const fn said(state: Delivery) -> &'static str {
    match state {
        Delivery::Queued => "This is waiting to be sent.",
        Delivery::Sending => "This is being sent right now.",
        Delivery::Accepted | Delivery::Delivered => "This was sent already.",
        Delivery::Withdrawn => "This was taken back.",
        Delivery::Failed | Delivery::Unknown => "This could not be sent. Send it again, or write anew.",
    }
}
