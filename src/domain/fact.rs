//! Facts: who did what, when, from what, to what. Append-only; every clock and report is computed from them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::ids::{AgentId, ConversationId, InteractionId};
use super::people::Actor;
use super::words::words;

words!(
    /// What kind of thing happened, by the names of the API.
    FactKind {
        ConversationCreated = "conversation.created" / "Conversation began",
        InteractionOpened = "interaction.opened" / "Interaction opened",
        InteractionChanged = "interaction.changed" / "Record changed",
        ConversationChanged = "conversation.changed" / "Conversation changed",
        StageChanged = "stage.changed" / "Stage changed",
        StateChanged = "state.changed" / "State changed",
        AssignmentChanged = "assignment.changed" / "Assignment changed",
        MessageAdded = "message.added" / "Message",
        MessageEdited = "message.edited" / "Message edited",
        MessageRedacted = "message.redacted" / "Message removed",
        FirstResponse = "response.first" / "First response",
        TagAdded = "tag.added" / "Tag added",
        TagRemoved = "tag.removed" / "Tag removed",
        DependencyAdded = "dependency.added" / "Dependency added",
        DependencyCompleted = "dependency.completed" / "Dependency completed",
        DependencyCancelled = "dependency.cancelled" / "Dependency cancelled",
        DependencyUnlinked = "dependency.unlinked" / "Dependency unlinked",
        PresenceChanged = "presence.changed" / "Presence changed",
        ContactLinked = "contact.linked" / "Contact linked",
        ContactChanged = "contact.changed" / "Contact changed",
        ContactMerged = "contact.merged" / "Contacts merged",
        OrganizationChanged = "organization.changed" / "Organization changed",
        Merged = "conversation.merged" / "Merged",
        DeliveryChanged = "delivery.changed" / "Delivery changed",
        SetUpChanged = "set_up.changed" / "Set-up changed",
    }
);

/// A value that goes with a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datum {
    Text(String),
    Number(i64),
    Flag(bool),
    Null,
}

macro_rules! datum_from {
    ($($from:ty => |$v:ident| $to:expr),+ $(,)?) => {
        $(impl From<$from> for Datum { fn from($v: $from) -> Self { $to } })+
    };
}
datum_from! {
    String => |v| Datum::Text(v),
    &str => |v| Datum::Text(v.to_owned()),
    i64 => |v| Datum::Number(v),
    bool => |v| Datum::Flag(v),
}

impl<T: Into<Datum>> From<Option<T>> for Datum {
    fn from(value: Option<T>) -> Self {
        value.map_or(Datum::Null, Into::into)
    }
}

/// What goes with a fact, by name.
pub type Data = BTreeMap<String, Datum>;

/// One fact, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The place in the log; greater is later.
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub kind: FactKind,
    pub actor: Actor,
    pub conversation: Option<ConversationId>,
    pub interaction: Option<InteractionId>,
    /// The agent a presence fact is about.
    pub agent: Option<AgentId>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub data: Data,
}

impl Fact {
    /// A fact that is not stored yet; storing gives it its place and its records.
    pub fn new(kind: FactKind, actor: Actor, at: DateTime<Utc>) -> Self {
        Fact {
            seq: 0,
            at,
            kind,
            actor,
            conversation: None,
            interaction: None,
            agent: None,
            from: None,
            to: None,
            data: Data::new(),
        }
    }

    /// From what to what.
    #[must_use]
    pub fn change(mut self, from: Option<&str>, to: Option<&str>) -> Self {
        self.from = from.map(str::to_owned);
        self.to = to.map(str::to_owned);
        self
    }

    /// One more value that goes with it.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Datum>) -> Self {
        self.data.insert(name.to_owned(), value.into());
        self
    }

    /// A number that goes with it.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.data.get(name) {
            Some(Datum::Number(n)) => Some(*n),
            _ => None,
        }
    }

    /// Whether a flag goes with it and is set.
    pub fn flag(&self, name: &str) -> bool {
        self.data.get(name) == Some(&Datum::Flag(true))
    }

    /// A text that goes with it.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.data.get(name) {
            Some(Datum::Text(text)) => Some(text),
            _ => None,
        }
    }
}
