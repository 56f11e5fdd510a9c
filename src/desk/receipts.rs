//! Receipts: what a program tells of an answer that it carries to the customer. `of` names the answer by its id, the one
//! name that both sides know, and the body says how far it got: delivered, read, or failed with a reason after a colon.

use chrono::{DateTime, Utc};

use super::intake::{Arrival, Receipt};
use super::{Desk, Done, Error, visible_conversation};
use crate::domain::delivery::Delivery;
use crate::domain::message::Message;
use crate::domain::{Actor, Agent, Channel, ChannelId, Fact, FactKind, MessageId};
use crate::store::{Tx, conversations, facts, messages, outbox, people};

/// Longest reason that is kept, in characters.
const REASON: usize = 200;

impl Desk {
    /// Writes what a receipt says on the answer it is about; None where it is about none of this sender's on this
    /// channel, or says nothing that is known, or nothing new.
    pub(super) fn told_by(&self, channel: &Channel, identifier: &str, arrival: &Arrival) -> Done<Option<Receipt>> {
        let id = arrival.about.as_deref().and_then(|of| of.trim().parse().ok()).map(MessageId);
        let (Some(id), Some(news)) = (id, told(&arrival.body)) else { return Ok(None) };
        let (channel, identifier, now) = (channel.id, identifier.to_owned(), self.clock.now());
        self.db.write(move |tx| received(tx, (channel, &identifier), id, news.clone(), now))
    }
}

fn received(
    tx: &mut Tx,
    (channel, identifier): (ChannelId, &str),
    id: MessageId,
    (state, error): (Delivery, Option<String>),
    now: DateTime<Utc>,
) -> Done<Option<Receipt>> {
    let Some(profile) = people::profile(tx.conn, channel, identifier)? else { return Ok(None) };
    let Some(thread) = messages::by_id(tx.conn, &[id.0])?.pop().and_then(|message| message.conversation) else {
        return Ok(None);
    };
    let conversation = conversations::hold(tx, thread)?;
    if conversation.channel != channel || conversation.profile != Some(profile.id) {
        return Ok(None);
    }
    let message = messages::by_id(tx.conn, &[id.0])?.pop().ok_or(Error::NotFound)?;
    let known = message.delivery.as_deref().and_then(|word| word.parse::<Delivery>().ok());
    // What is a letter is told of by its provider.
    let is_letter = outbox::of_message(tx.conn, id)?.is_some();
    let Some(known) = known.filter(|known| message.kind.answers() && !is_letter && known.may_become(state)) else {
        return Ok(None);
    };
    told_of(tx, &message, (known, state, error), Actor::System, now)?;
    Ok(Some(Receipt {
        conversation: Some(conversation.id),
        interaction: message.interaction,
        message: Some(id),
        stage: Some(conversation.stage),
        duplicate: false,
    }))
}

/// An answer that its program could not deliver is to be sent again: the program reads so in the feed. Whether it is one.
pub(super) fn again(tx: &mut Tx, by: &Agent, id: MessageId, now: DateTime<Utc>) -> Done<bool> {
    let Some(message) = messages::by_id(tx.conn, &[id.0])?.pop() else { return Ok(false) };
    let failed = message.delivery.as_deref() == Some(Delivery::Failed.as_str());
    let Some(thread) = message.conversation.filter(|_| failed) else { return Ok(false) };
    if outbox::of_message(tx.conn, id)?.is_some() {
        return Ok(false);
    }
    let conversation = conversations::hold(tx, thread)?;
    visible_conversation(tx.conn, by, &conversation)?;
    told_of(tx, &message, (Delivery::Failed, Delivery::Accepted, None), Actor::Agent(by.id), now)?;
    Ok(true)
}

/// Writes how far a message got, and says so.
fn told_of(
    tx: &mut Tx,
    message: &Message,
    (from, to, error): (Delivery, Delivery, Option<String>),
    by: Actor,
    now: DateTime<Utc>,
) -> Done<()> {
    outbox::tell(tx.conn, message.id, to, error.as_deref())?;
    let mut fact = Fact::new(FactKind::DeliveryChanged, by, now);
    fact.conversation = message.conversation;
    fact.interaction = message.interaction;
    fact.agent = message.actor.agent().filter(|_| to == Delivery::Failed);
    let fact = fact.change(Some(from.as_str()), Some(to.as_str()));
    Ok(facts::append(tx, vec![fact.with("message", message.id.0)])?)
}

/// How far it got, and why not further.
fn told(body: &str) -> Option<(Delivery, Option<String>)> {
    let (word, why) = body.split_once(':').unwrap_or((body, ""));
    match word.trim().to_lowercase().as_str() {
        "" | "delivered" | "read" => Some((Delivery::Delivered, None)),
        "failed" => {
            let why: String = why.trim().chars().take(REASON).collect();
            let sentence = "The program that carries it could not deliver it.".to_owned();
            Some((Delivery::Failed, Some(if why.is_empty() { sentence } else { why })))
        }
        _ => None,
    }
}
