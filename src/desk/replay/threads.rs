//! Which conversation a line belongs to, and which ones are lost to a bad line.

use std::collections::{HashMap, HashSet};

use super::Line;
use crate::desk::people::identify;
use crate::desk::{Desk, Done, Error};
use crate::domain::{ConversationId, MessageId, Refused};
use crate::store::{channels, conversations, messages};

type Sender = (String, String);

#[derive(Default)]
pub(super) struct Threads {
    known: HashMap<String, (ConversationId, Option<MessageId>)>,
    senders: HashMap<ConversationId, Sender>,
    merged: HashMap<ConversationId, ConversationId>,
    lost: HashSet<ConversationId>,
    lost_senders: HashSet<Sender>,
    lost_ids: HashSet<String>,
}

impl Threads {
    /// Remembers what `ref` may name from now on.
    pub fn learn(&mut self, line: &Line, conversation: ConversationId, message: Option<MessageId>) {
        if let Some(id) = &line.id {
            self.known.insert(id.clone(), (conversation, message));
        }
        if let Some(sender) = sender(line) {
            self.senders.entry(conversation).or_insert(sender);
        }
    }

    /// From now on the one is the other.
    pub fn merge(&mut self, from: ConversationId, into: ConversationId) {
        self.merged.insert(from, into);
    }

    /// The conversation that a reference names: by a message of this replay or an earlier one, or by its number.
    pub fn conversation(&self, desk: &Desk, reference: &str) -> Done<ConversationId> {
        match self.find(desk, reference)? {
            Some((conversation, _)) => Ok(conversation),
            None => Err(Refused::invalid("ref", format!("no message {reference:?} came before")).into()),
        }
    }

    /// The message that a reference names.
    pub fn message(&self, desk: &Desk, reference: &str) -> Done<MessageId> {
        match self.find(desk, reference)? {
            Some((_, Some(message))) => Ok(message),
            _ => Err(Refused::invalid("seen_upto", format!("no message {reference:?} came before")).into()),
        }
    }

    /// Whether a line belongs to a conversation that is lost.
    pub fn is_lost(&self, desk: &Desk, line: &Line) -> Done<bool> {
        if self.lost.is_empty() && self.lost_ids.is_empty() && self.lost_senders.is_empty() {
            return Ok(false);
        }
        if sender(line).is_some_and(|sender| self.lost_senders.contains(&sender)) {
            return Ok(true);
        }
        let Some(reference) = &line.of else { return Ok(false) };
        let lost = |id: ConversationId| self.lost.contains(&id);
        Ok(self.lost_ids.contains(reference) || self.find(desk, reference)?.is_some_and(|(id, _)| lost(id)))
    }

    /// The rest of a line's conversation is lost: by its number, its sender, and the ids it would have had.
    pub fn lose(&mut self, desk: &Desk, line: &Line) -> Done<()> {
        self.lost_ids.extend(line.id.clone().filter(|id| !self.known.contains_key(id)));
        self.lost_senders.extend(sender(line));
        if let Some(reference) = &line.of {
            match self.find(desk, reference)? {
                Some((conversation, _)) => {
                    self.lost.insert(conversation);
                    self.lost_senders.extend(self.senders.get(&conversation).cloned());
                }
                None => drop(self.lost_ids.insert(reference.clone())),
            }
        }
        let theirs = sender(line);
        let of_sender = self.senders.iter().filter(|(_, sender)| theirs.as_ref() == Some(sender));
        self.lost.extend(of_sender.map(|(conversation, _)| *conversation));
        Ok(())
    }

    fn find(&self, desk: &Desk, reference: &str) -> Done<Option<(ConversationId, Option<MessageId>)>> {
        let found = match self.known.get(reference) {
            Some(found) => Some(*found),
            None => earlier(desk, reference)?,
        };
        Ok(found.map(|(conversation, message)| (self.survivor(conversation), message)))
    }

    fn survivor(&self, id: ConversationId) -> ConversationId {
        self.merged.get(&id).map_or(id, |into| self.survivor(*into))
    }
}

/// What is in the database since before this replay.
fn earlier(desk: &Desk, reference: &str) -> Done<Option<(ConversationId, Option<MessageId>)>> {
    desk.db.read(|conn| {
        if let Ok(number) = reference.parse::<ConversationId>() {
            return match conversations::survivor(conn, number) {
                Err(crate::store::Error::NotFound) => Ok(None),
                survivor => Ok(Some((survivor?, None))),
            };
        }
        for channel in channels::all(conn)? {
            if let Some((message, conversation)) = messages::by_key(conn, channel.id, &format!("provider:{reference}"))?
            {
                return Ok(Some((conversations::survivor(conn, conversation)?, Some(message))));
            }
        }
        Ok::<_, Error>(None)
    })
}

/// Who writes on which channel, if the line is a customer's.
fn sender(line: &Line) -> Option<Sender> {
    let from = line.from.as_ref()?;
    Some((line.channel.clone()?, identify(from).unwrap_or_else(|_| from.clone())))
}
