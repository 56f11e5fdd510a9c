//! A message as a thread shows it.

use chrono::{DateTime, Utc};

use super::attachment::Attachment;
use super::change::MessageKind;
use super::ids::{ConversationId, InteractionId, MessageId};
use super::people::Actor;

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
}

impl Message {
    /// What a thread is ordered by: the sender's clock where there is one, else ours.
    pub fn shown_at(&self) -> DateTime<Utc> {
        self.sent_at.unwrap_or(self.at)
    }
}
