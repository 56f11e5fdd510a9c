//! What a list shows of a conversation. A row never knows who is looking.

use chrono::{DateTime, TimeDelta, Utc};

use super::ids::{AgentId, ConversationId, InteractionId, OrganizationId, QueueId};
use super::stage::Stage;
use super::state::ContactType;
use super::tag::Tag;

/// An agent as a list names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAgent {
    pub id: AgentId,
    pub name: String,
    pub email: String,
}

/// A queue as a list names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedQueue {
    pub id: QueueId,
    pub name: String,
    pub slug: String,
    /// Seen by its members only.
    pub restricted: bool,
    /// The agreed wait.
    pub target: Option<TimeDelta>,
}

/// An organization as a list names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedOrganization {
    pub id: OrganizationId,
    pub name: String,
}

/// One line of the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: ConversationId,
    pub version: i64,
    pub title: String,
    pub stage: Stage,
    pub stage_since: DateTime<Utc>,
    /// What the list orders by after the rank.
    pub sort_at: DateTime<Utc>,
    pub rank: i16,
    pub kind: ContactType,
    /// The person, or the address they write from.
    pub who: String,
    pub organization: Option<NamedOrganization>,
    pub assignee: Option<NamedAgent>,
    pub queue: Option<NamedQueue>,
    pub interaction: InteractionId,
    /// Receipt of the oldest unanswered message.
    pub unanswered_since: Option<DateTime<Utc>>,
    pub preview: String,
    /// Whether the last public line is ours.
    pub preview_is_ours: bool,
    /// (done, all) of what a hold waits for.
    pub dependencies: Option<(i64, i64)>,
    /// The customer left before any answer.
    pub missed: bool,
    pub tags: Vec<Tag>,
    /// The colleagues that its notes name.
    pub mentions: Vec<AgentId>,
}

impl Row {
    /// What a list orders by first: what is closed is in no hurry.
    pub fn sort_rank(&self) -> i16 {
        if self.stage.is_closed() { 0 } else { self.rank }
    }

    /// Sorts as text like the list does.
    pub fn place(&self) -> String {
        format!("{}{:016}{:012}", self.sort_rank(), self.sort_at.timestamp_micros(), self.id.0)
    }
}
