//! The review of what was held back.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::domain::ids::ConversationId;
use crate::domain::stage::Stage;

use super::chrome::Chrome;
use super::{assets, filters};

/// `/suspended?open=CONV-1`. The decisions: `POST /conversations/{n}/release` and `/spam`, with `csrf`, `version`, `block_sender`.
#[derive(Template)]
#[template(path = "suspended/index.html")]
pub struct SuspendedPage {
    pub chrome: Chrome,
    pub items: Vec<Held>,
    pub open: Option<HeldMessage>,
    /// What a phone shows: `list` or `thread`.
    pub pane: &'static str,
}

/// One held conversation.
pub struct Held {
    pub id: ConversationId,
    pub version: i64,
    pub title: String,
    pub who: String,
    pub address: String,
    pub at: DateTime<Utc>,
    /// "Suspended by Ben", "Very likely spam".
    pub judgement: String,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// The first message of the open one, as plain text.
pub struct HeldMessage {
    pub held: Held,
    pub body: String,
}

impl SuspendedPage {
    pub(in crate::web) fn is_open(&self, item: &Held) -> bool {
        self.open.as_ref().is_some_and(|open| open.held.id == item.id)
    }
}
