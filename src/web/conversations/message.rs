//! A message or a note, as a thread shows it.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::domain::attachment::Attachment;
use crate::domain::change::MessageKind;
use crate::domain::ids::{AgentId, MessageId};
use crate::web::filters;
use crate::web::markdown::Sanitised;

/// A message or a note; the only input of `_message.html`.
pub struct Message {
    pub id: MessageId,
    pub kind: MessageKind,
    /// Name of the person or the agent.
    pub by: String,
    /// The agent who wrote it.
    pub agent: Option<AgentId>,
    pub words: Words,
    pub files: Vec<Attachment>,
    /// Addresses in it are links; not while it is held back.
    pub links: bool,
    /// When it was last written anew.
    pub edited: Option<DateTime<Utc>>,
    pub at: DateTime<Utc>,
    /// Of ours: `queued`, `sending`, `accepted`, `delivered`, `failed`, `unknown`, `withdrawn`; empty where nothing is sent.
    pub delivery: &'static str,
    /// It was taken back before it was sent.
    pub withdrawn: bool,
    /// Why it failed.
    pub delivery_error: Option<String>,
    /// There is something that its writer or a manager may change.
    pub changeable: bool,
    /// Set where it is no words of its own.
    pub aside: Option<Aside>,
}

/// What a message is that is a reaction, an edit or automatic: a word, and the message it is about.
pub struct Aside {
    pub word: &'static str,
    /// Its number, and how it begins.
    pub about: Option<(MessageId, String)>,
}

/// What a message says.
pub enum Words {
    /// As somebody outside wrote it.
    Plain(String),
    /// As a colleague wrote it, in markdown.
    Rich(Sanitised),
    /// Nothing any more: who removed it.
    Removed { by: String, agent: Option<AgentId> },
}

/// A message alone, for the socket: `{"op": "add", "to": "messages", "html": ...}`.
#[derive(Template)]
#[template(path = "conversations/_message.html")]
pub struct MessageFragment<'a> {
    pub message: &'a Message,
}

impl Message {
    /// How far it got: an icon and a word.
    pub(in crate::web) fn delivered(&self) -> Option<(&'static str, &'static str)> {
        match self.delivery {
            "" => None,
            "delivered" => Some(("check", "Delivered")),
            "accepted" => Some(("check", "Sent")),
            "failed" => Some(("circle-alert", "Not sent")),
            "unknown" => Some(("circle-alert", "Unknown, check")),
            "withdrawn" => Some(("undo-2", "Taken back")),
            _ => Some(("clock", "Sending")),
        }
    }

    /// What can be done about it, on its own page.
    pub(in crate::web) fn offered(&self) -> Option<&'static str> {
        match self.delivery {
            "queued" => Some("Undo"),
            "failed" | "unknown" => Some("Send again"),
            _ => None,
        }
    }

    pub(in crate::web) const fn class(&self) -> &'static str {
        match self.kind {
            _ if self.withdrawn => " msg--ours msg--withdrawn",
            MessageKind::Customer | MessageKind::Event => "",
            MessageKind::Reply | MessageKind::ExternalResponse => " msg--ours",
            MessageKind::Note => " msg--note",
        }
    }
}
