//! Who acts: agents with a role and a presence, and the actor a fact names.

use chrono::{DateTime, Utc};

use super::ids::{AgentId, ContactId, ProfileId, QueueId};
use super::words::words;

words!(
    /// What a person who works here may do.
    Role {
        Agent = "agent" / "Agent",
        Desk = "desk" / "Desk staff",
        Manager = "manager" / "Manager",
        Admin = "admin" / "Admin",
    }
);

words!(
    /// Whether an agent is there for work.
    Presence { Available = "available" / "Available", Away = "away" / "Away", Offline = "offline" / "Offline" }
);

impl Role {
    /// Managers and admins.
    pub const fn leads(self) -> bool {
        matches!(self, Role::Manager | Role::Admin)
    }
}

/// A person who works here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    pub id: AgentId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub presence: Presence,
    /// Since when the presence is what it is.
    pub presence_since: DateTime<Utc>,
    /// The restricted queues this person may work; open queues are everybody's.
    pub queues: Vec<QueueId>,
}

impl Agent {
    /// Whether the work clock runs for this person.
    pub fn is_present(&self) -> bool {
        self.presence != Presence::Offline
    }

    /// Whether this person may work a queue: open ones are everybody's, restricted ones their members' and the leads'.
    pub fn may_work(&self, queue: QueueId, restricted: bool) -> bool {
        !restricted || self.role.leads() || self.queues.contains(&queue)
    }
}

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The person asking, by the identity that wrote.
    Customer(ProfileId),
    Agent(AgentId),
    System,
}

impl Actor {
    /// The agent, if it was one.
    pub const fn agent(self) -> Option<AgentId> {
        match self {
            Actor::Agent(id) => Some(id),
            Actor::Customer(_) | Actor::System => None,
        }
    }
}

/// The agent an interaction is assigned to, with what the clocks must know of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignee {
    pub id: AgentId,
    /// Not Offline: the work clock runs.
    pub present: bool,
    /// Available: may be given more.
    pub available: bool,
}

impl Assignee {
    /// An agent with their presence.
    pub fn of(id: AgentId, presence: Presence) -> Self {
        Assignee { id, present: presence != Presence::Offline, available: presence == Presence::Available }
    }
}

impl From<&Agent> for Assignee {
    fn from(agent: &Agent) -> Self {
        Assignee::of(agent.id, agent.presence)
    }
}

/// Whom an interaction is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenedFor {
    Contact(ContactId),
    /// A name only: nobody on record.
    Guest(String),
    Nobody,
}
