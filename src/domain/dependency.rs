//! What a hold waits for.

use chrono::{DateTime, Utc};

use super::ids::{AgentId, DependencyId};
use super::words::words;

words!(
    /// How a dependency stands.
    DependencyState {
        Open = "open" / "Open",
        Completed = "completed" / "Done",
        Cancelled = "cancelled" / "Cancelled",
        Unlinked = "unlinked" / "Unlinked",
    }
);

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Awaited {
    /// A named person's review, with a role label (SME, manager, PM, developer, other).
    Review { reviewer: AgentId, role: Option<String> },
    /// A moment.
    Until(DateTime<Utc>),
}

impl Awaited {
    /// The value of the API.
    pub const fn kind(&self) -> &'static str {
        match self {
            Awaited::Review { .. } => "review",
            Awaited::Until(_) => "until",
        }
    }
}

/// A dependency of a conversation. Its id is zero until it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    pub id: DependencyId,
    pub awaited: Awaited,
    pub state: DependencyState,
    pub added_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
}

impl Dependency {
    /// Not stored yet.
    pub const fn new(awaited: Awaited, at: DateTime<Utc>) -> Self {
        Dependency { id: DependencyId(0), awaited, state: DependencyState::Open, added_at: at, closed_at: None }
    }

    /// Still waited for.
    pub fn is_open(&self) -> bool {
        self.state == DependencyState::Open
    }
}
