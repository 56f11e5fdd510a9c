//! What the pages of the outbox show.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::desk::outbox::{Delivery, Posted};
use crate::domain::{ConversationId, MessageId};
use crate::web::chrome::Chrome;
use crate::web::conversations::forms::Problem;
use crate::web::{assets, filters};

/// `/outbox?after=`: everything that is not with its provider, oldest first.
#[derive(Template)]
#[template(path = "outbox/index.html")]
pub struct OutboxPage {
    pub chrome: Chrome,
    pub unsent: Vec<Unsent>,
    /// The next page goes on after this one.
    pub more: Option<MessageId>,
}

/// One message that is not with its provider.
pub struct Unsent {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub title: String,
    pub author: String,
    pub recipient: String,
    pub body: String,
    pub state: Delivery,
    pub error: Option<String>,
    pub at: DateTime<Utc>,
    pub next_try: Option<DateTime<Utc>>,
    pub can_be_retried: bool,
    pub can_be_taken_back: bool,
}

/// `/messages/{id}`: how far a message is. `POST /messages/{id}/retry` and `/undo`, with `csrf`.
#[derive(Template)]
#[template(path = "outbox/message.html")]
pub struct MessagePage {
    pub chrome: Chrome,
    pub id: MessageId,
    pub conversation: ConversationId,
    pub body: String,
    pub at: DateTime<Utc>,
    /// None where nothing was sent out.
    pub state: Option<Delivery>,
    pub recipient: String,
    pub error: Option<String>,
    pub next_try: Option<DateTime<Utc>>,
    pub provider_id: Option<String>,
    pub can_be_retried: bool,
    pub can_be_taken_back: bool,
    pub problem: Option<Problem>,
}

impl From<Posted> for Unsent {
    fn from(posted: Posted) -> Self {
        let Posted { letter, message, title } = posted;
        Unsent {
            id: message.id,
            conversation: letter.conversation,
            title,
            author: message.author,
            can_be_retried: letter.can_be_retried(),
            can_be_taken_back: letter.can_be_taken_back(),
            recipient: letter.recipient,
            body: message.body,
            state: letter.state,
            error: letter.error,
            at: message.at,
            next_try: letter.due_at,
        }
    }
}

impl Unsent {
    pub(in crate::web) const fn icon(&self) -> &'static str {
        icon(self.state)
    }

    pub(in crate::web) const fn tone(&self) -> &'static str {
        tone(self.state)
    }
}

impl MessagePage {
    pub(in crate::web) const fn icon(&self, state: &Delivery) -> &'static str {
        icon(*state)
    }

    pub(in crate::web) const fn tone(&self, state: &Delivery) -> &'static str {
        tone(*state)
    }
}

const fn icon(state: Delivery) -> &'static str {
    match state {
        Delivery::Queued | Delivery::Sending => "clock",
        Delivery::Accepted | Delivery::Delivered => "check",
        Delivery::Failed | Delivery::Unknown => "triangle-alert",
        Delivery::Withdrawn => "undo-2",
    }
}

const fn tone(state: Delivery) -> &'static str {
    match state {
        Delivery::Queued | Delivery::Sending | Delivery::Withdrawn => "",
        Delivery::Accepted | Delivery::Delivered => "good",
        Delivery::Failed => "late",
        Delivery::Unknown => "risk",
    }
}
