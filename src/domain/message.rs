//! A message as a thread shows it.

use chrono::{DateTime, Utc};

use super::attachment::Attachment;
use super::change::MessageKind;
use super::ids::{AgentId, ConversationId, InteractionId, MessageId};
use super::people::Actor;
use super::row::NamedAgent;

/// What a reaction or an edit is about: a message, which stays as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    pub id: MessageId,
    pub body: String,
}

/// A stored message, with its author as a page names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: MessageId,
    pub conversation: Option<ConversationId>,
    pub interaction: Option<InteractionId>,
    pub kind: MessageKind,
    /// content, auto_reply, reaction, edit, end, automatic.
    pub class: String,
    pub actor: Actor,
    /// The person's name; an address where nobody is known.
    pub author: String,
    pub body: String,
    /// Receipt.
    pub at: DateTime<Utc>,
    /// What the sender's side says; orders the display.
    pub sent_at: Option<DateTime<Utc>>,
    pub delivery: Option<String>,
    pub delivery_error: Option<String>,
    /// In the order they were added.
    pub attachments: Vec<Attachment>,
    /// What it is about, where it is a reaction or an edit and that is known.
    pub about: Option<About>,
    /// The colleagues a note names.
    pub mentions: Vec<NamedAgent>,
    /// When it was last written anew.
    pub edited_at: Option<DateTime<Utc>>,
    /// Its text was removed for good.
    pub removal: Option<Removal>,
}

/// Who removed the text of a message, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    pub at: DateTime<Utc>,
    pub agent: AgentId,
    pub name: String,
}

/// What a message said before it was edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    pub body: String,
    /// When it was written anew, and by whom.
    pub until: DateTime<Utc>,
    pub agent: AgentId,
    pub name: String,
}

impl Message {
    /// What a thread is ordered by: the sender's clock where there is one, else ours.
    pub fn shown_at(&self) -> DateTime<Utc> {
        self.sent_at.unwrap_or(self.at)
    }
}
