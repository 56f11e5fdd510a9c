//! A line of a replay. One shape for all: which fields it needs is for what it does to say.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::desk::holds::Wanted;

/// One thing that happened. Fields that are not known are left alone.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Line {
    /// When.
    #[serde(deserialize_with = "moment")]
    pub at: DateTime<Utc>,
    /// What: inbound, reply, hold, ...
    #[serde(rename = "do")]
    pub act: String,
    /// Any earlier message id of the conversation, or its number.
    #[serde(rename = "ref")]
    pub of: Option<String>,
    /// The actor, by e-mail.
    pub agent: Option<String>,
    /// A new id that `ref` may name from now on.
    #[serde(alias = "provider_message_id")]
    pub id: Option<String>,
    pub body: Option<String>,
    pub note: Option<String>,

    /// The channel, by slug.
    pub channel: Option<String>,
    /// The type of a channel that is made: messaging, or chat.
    #[serde(rename = "type")]
    pub contact_type: Option<String>,
    pub from: Option<String>,
    pub sent_at: Option<DateTime<Utc>>,
    pub kind: Option<String>,
    #[serde(rename = "of")]
    pub about: Option<String>,
    pub thread: Option<String>,

    /// The target agent, by e-mail.
    pub to: Option<String>,
    /// The target queue, by slug; of a channel that is made, its queue.
    pub queue: Option<String>,

    #[serde(default, alias = "dependencies")]
    pub on: Vec<Awaits>,
    pub work_item: Option<String>,
    pub review: Option<String>,

    pub seen_upto: Option<Value>,
    #[serde(default)]
    pub keep_hold: bool,
    #[serde(default)]
    pub wait: bool,
    /// Of spam.
    #[serde(default)]
    pub block_sender: bool,
    pub resolution: Option<String>,
    pub short_description: Option<String>,
    pub close_code: Option<String>,
    pub into: Option<String>,

    pub state: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
    /// Of a tag.
    pub value: Option<String>,
    pub role: Option<String>,
}

/// What a hold waits for: one of a work item, a review with a role label, or a moment.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Awaits {
    pub work_item: Option<String>,
    pub review: Option<String>,
    #[serde(rename = "as")]
    pub role: Option<String>,
    pub until: Option<DateTime<Utc>>,
}

/// What tells which conversation a line belongs to, when the rest of it cannot be read.
#[derive(Deserialize)]
pub(super) struct Rest {
    #[serde(rename = "ref")]
    of: Option<String>,
    #[serde(alias = "provider_message_id")]
    id: Option<String>,
    channel: Option<String>,
    from: Option<String>,
}

impl From<Rest> for Line {
    fn from(rest: Rest) -> Self {
        Line { of: rest.of, id: rest.id, channel: rest.channel, from: rest.from, ..Line::default() }
    }
}

impl Awaits {
    /// As the desk takes it. Until there are work items, one is a review by somebody who stands for it.
    pub(super) fn wanted(&self) -> Option<Wanted> {
        let review =
            |email: &str, role: Option<&str>| Wanted::Review { email: email.to_owned(), role: role.map(str::to_owned) };
        match (&self.work_item, &self.review, self.until) {
            (Some(item), _, _) => Some(review(&stand_in(item), Some("ticket"))),
            (None, Some(email), _) => Some(review(email, self.role.as_deref())),
            (None, None, Some(at)) => Some(Wanted::Until(at)),
            (None, None, None) => None,
        }
    }
}

/// Who stands for a work item.
pub(super) fn stand_in(work_item: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c.to_ascii_lowercase() } else { '-' };
    format!("{}@work-items.invalid", work_item.chars().map(plain).collect::<String>())
}

/// Cut to what both databases keep.
fn moment<'de, D: serde::Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
    let at: DateTime<Utc> = DateTime::deserialize(from)?;
    DateTime::from_timestamp_micros(at.timestamp_micros()).ok_or_else(|| serde::de::Error::custom("no such moment"))
}
