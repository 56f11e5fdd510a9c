//! Where letters are made: a reply on a channel that sends outward is addressed before it is stored, and frozen in the
//! same transaction.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::directory::Directory;
use super::{Desk, Done};
use crate::clock::Clock;
use crate::domain::change::{AUTOMATIC, Change, MessageKind};
use crate::domain::delivery::{Delivery, Letter};
use crate::domain::{Channel, ChannelId, Conversation, Refused};
use crate::store::conversations::Saved;
use crate::store::{Tx, channels, outbox, people};

/// The most characters one text message may have, however many parts it is sent in.
const SMS_CHARS: usize = 1600;

/// Why nothing goes to somebody.
pub(super) const STOPPED: &str = "They said STOP. Nobody may write to this number until it sends START.";

/// A reply that will be a letter once it is stored.
pub(super) struct Envelope {
    channel: ChannelId,
    recipient: String,
    body: String,
    attachments: Vec<i64>,
    key: Option<String>,
    not_before: DateTime<Utc>,
}

/// Freezes letters. It keeps no database open.
#[derive(Clone)]
pub(super) struct Mailroom {
    silent: bool,
    clock: Clock,
    /// What is known of channels without asking: whether they send outward never changes.
    directory: Option<Arc<Directory>>,
}

impl Desk {
    /// This desk, sending nothing out: for what happened before, or elsewhere.
    #[must_use]
    pub fn silent(mut self) -> Desk {
        self.silent = true;
        self
    }

    /// What a verb freezes letters with, inside its transaction.
    pub(super) fn mailroom(&self) -> Mailroom {
        Mailroom { silent: self.silent, clock: self.clock.clone(), directory: self.directory().ok() }
    }

    /// Wakes the senders, where a reply on this channel has left them a letter.
    pub(super) fn ring_for(&self, channel: ChannelId) {
        if !self.mailroom().is_inward(channel) {
            self.bell.ring();
        }
    }
}

impl Mailroom {
    fn is_inward(&self, channel: ChannelId) -> bool {
        let known = self.directory.as_ref().and_then(|all| all.channel(channel));
        known.is_some_and(|channel| !channel.sends_outward())
    }

    /// Addresses the last reply of a change, or what the house itself says there to the customer, before it is stored:
    /// how far it is stands on it from the beginning.
    pub(super) fn address(&self, tx: &mut Tx, change: &mut Change, undo_for: TimeDelta) -> Done<Option<Envelope>> {
        let reply = change
            .messages
            .last_mut()
            .filter(|message| message.kind == MessageKind::Reply || message.class == AUTOMATIC);
        let Some(reply) = reply.filter(|_| !self.silent) else { return Ok(None) };
        let outward = match self.is_inward(change.conversation.channel) {
            true => None,
            false => Some(channels::find(tx.conn, change.conversation.channel)?).filter(Channel::sends_outward),
        };
        let Some(channel) = outward else {
            reply.delivery = Some(Delivery::Accepted).filter(|_| reply.kind == MessageKind::Reply);
            return Ok(None);
        };
        fits(&reply.body)?;
        reply.delivery = Some(Delivery::Queued);
        let (body, key) = (reply.body.clone(), reply.channel_key.clone());
        let attachments = reply.attachments.iter().map(|id| id.0).collect();
        let recipient = welcome(tx, &change.conversation)?;
        let prefix = channel.settings.number.split_once(":+").map(|(scheme, _)| scheme);
        let recipient = prefix.map_or(recipient.clone(), |scheme| format!("{scheme}:{recipient}"));
        Ok(Some(Envelope {
            channel: channel.id,
            recipient,
            body,
            attachments,
            key,
            not_before: change.log.at + undo_for,
        }))
    }

    /// Freezes a letter whose message was stored in this transaction.
    pub(super) fn post(&self, tx: &mut Tx, envelope: Option<Envelope>, saved: &Saved) -> Done<()> {
        let (Some(envelope), Some(message)) = (envelope, saved.messages.last()) else { return Ok(()) };
        let now = self.clock.now();
        let letter = Letter {
            id: 0,
            message: *message,
            conversation: saved.conversation.id,
            channel: envelope.channel,
            recipient: envelope.recipient,
            body: envelope.body,
            attachments: envelope.attachments,
            submit_key: envelope.key.unwrap_or_else(|| format!("message:{message}")),
            state: Delivery::Queued,
            not_before: envelope.not_before,
            due_at: Some(envelope.not_before),
            attempts: 0,
            claimed_by: None,
            provider_id: None,
            error: None,
            created_at: now,
        };
        Ok(outbox::insert(tx.conn, &letter)?)
    }
}

/// A text message has only so many characters.
pub(super) fn fits(body: &str) -> Result<(), Refused> {
    match body.chars().count() {
        ..=SMS_CHARS => Ok(()),
        length => {
            let sentence = format!("A text message has at most 1,600 characters; this one has {length}.");
            Err(Refused::invalid("body", sentence))
        }
    }
}

/// The address of a conversation's customer, if they may be written to.
pub(super) fn welcome(tx: &mut Tx, conversation: &Conversation) -> Done<String> {
    let profile = conversation.profile.ok_or_else(|| Refused::invalid("body", "Nobody knows where this would go."))?;
    if outbox::opted_out(tx.conn, profile)?.is_some() {
        return Err(Refused::invalid("body", STOPPED).into());
    }
    Ok(people::profile_by_id(tx.conn, profile)?.identifier)
}
