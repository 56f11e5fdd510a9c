//! A change as a value: what a verb did, before anything is stored.

use chrono::{DateTime, Utc};

use super::conversation::Conversation;
use super::delivery::Delivery;
use super::fact::{Fact, FactKind};
use super::ids::{AgentId, AttachmentId, DependencyId, MessageId};
use super::people::Actor;
use super::tag::Tag;
use super::words::words;

words!(
    /// What a message is.
    MessageKind {
        Customer = "customer" / "Customer",
        Reply = "reply" / "Reply",
        Note = "note" / "Internal note",
        ExternalResponse = "external_response" / "Answered elsewhere",
        Event = "event" / "Event",
    }
);

impl MessageKind {
    /// A public answer by a person.
    pub const fn answers(self) -> bool {
        matches!(self, MessageKind::Reply | MessageKind::ExternalResponse)
    }
}

/// The class of what the house says by itself.
pub const AUTOMATIC: &str = "automatic";

/// A message to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    pub kind: MessageKind,
    pub actor: Actor,
    pub body: String,
    /// When the sender's side says it was written; orders the display only.
    pub sent_at: Option<DateTime<Utc>>,
    /// Identifies the message on its channel: stored once.
    pub channel_key: Option<String>,
    /// content, auto_reply, reaction, edit: what the channel said it is.
    pub class: &'static str,
    /// Files that wait to be sent with it.
    pub attachments: Vec<AttachmentId>,
    /// The message that a reaction or an edit is about.
    pub about: Option<MessageId>,
    /// How far it is from the beginning; none where nothing is sent.
    pub delivery: Option<Delivery>,
    /// The colleagues a note names.
    pub mentions: Vec<AgentId>,
}

impl NewMessage {
    /// A message written here.
    pub fn written(kind: MessageKind, by: AgentId, body: &str) -> Self {
        NewMessage {
            kind,
            actor: Actor::Agent(by),
            body: body.trim_end().to_owned(),
            sent_at: None,
            channel_key: None,
            class: "content",
            attachments: Vec::new(),
            about: None,
            delivery: None,
            mentions: Vec::new(),
        }
    }

    /// The same with files.
    #[must_use]
    pub fn with_files(mut self, attachments: &[AttachmentId]) -> Self {
        self.attachments = attachments.to_vec();
        self
    }
}

/// The facts of one change, in order, by one actor at one moment.
#[derive(Debug, Clone)]
pub struct Log {
    pub actor: Actor,
    pub at: DateTime<Utc>,
    pub facts: Vec<Fact>,
}

impl Log {
    /// Nothing happened yet.
    pub const fn new(actor: Actor, at: DateTime<Utc>) -> Self {
        Log { actor, at, facts: Vec::new() }
    }

    /// A fact by this actor at this moment, to be completed and pushed.
    pub fn fact(&self, kind: FactKind) -> Fact {
        Fact::new(kind, self.actor, self.at)
    }

    /// Adds a fact.
    pub fn push(&mut self, fact: Fact) {
        self.facts.push(fact);
    }
}

/// A change of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagChange {
    Put(Tag),
    Removed(String),
}

/// What a verb did to a conversation and its current interaction, not stored yet.
///
/// Facts of kind `message.added` belong to `messages`, in order.
#[derive(Debug, Clone)]
pub struct Change {
    pub conversation: Conversation,
    pub log: Log,
    pub messages: Vec<NewMessage>,
    pub tags: Vec<TagChange>,
    pub closed_dependencies: Vec<DependencyId>,
}

/// Where a reply stands in the thread the writer saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen(pub Option<MessageId>);

impl Seen {
    /// Whether the writer had not seen a message yet.
    pub fn misses(self, message: Option<MessageId>) -> bool {
        matches!((self.0, message), (Some(seen), Some(last)) if last > seen)
    }
}
