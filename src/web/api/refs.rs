//! References: what an answer says of a record it only names. {id, name} and its e-mail, slug or number.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::names::Names;
use crate::domain::row::NamedAgent;
use crate::domain::{
    Actor, Agent, AgentId, ChannelId, ContactId, ConversationId, InteractionId, OrganizationId, QueueId,
};

/// A person who works here.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AgentRef {
    pub id: i64,
    pub name: String,
    pub email: String,
}

/// A routing pool.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QueueRef {
    pub id: i64,
    pub name: String,
    pub slug: String,
}

/// A source of contacts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelRef {
    pub id: i64,
    pub name: String,
    pub slug: String,
}

/// A person who asks.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContactRef {
    pub id: i64,
    pub name: String,
}

/// An organization that contacts belong to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrganizationRef {
    pub id: i64,
    pub name: String,
}

/// A conversation, by its title.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConversationRef {
    pub id: i64,
    pub name: String,
    /// As in CONV-42.
    pub number: String,
}

/// An interaction, by its short description.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InteractionRef {
    pub id: i64,
    pub name: String,
    /// As in IMS0000042.
    pub number: String,
}

/// Who did something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ActorRef {
    /// agent, customer or system.
    pub kind: &'static str,
    /// Of the agent, or of the channel profile; null for the system.
    pub id: Option<i64>,
    pub name: String,
    /// Agents have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl From<&Agent> for AgentRef {
    fn from(agent: &Agent) -> Self {
        AgentRef { id: agent.id.0, name: agent.name.clone(), email: agent.email.clone() }
    }
}

impl From<NamedAgent> for AgentRef {
    fn from(agent: NamedAgent) -> Self {
        AgentRef { id: agent.id.0, name: agent.name, email: agent.email }
    }
}

/// What stands in answers for ids, out of names that were loaded with them.
pub trait Refs {
    fn agent(&self, id: AgentId) -> AgentRef;
    fn queue(&self, id: QueueId) -> QueueRef;
    fn channel(&self, id: ChannelId) -> ChannelRef;
    fn contact(&self, id: ContactId) -> ContactRef;
    fn organization(&self, id: OrganizationId) -> OrganizationRef;
    fn conversation(&self, id: ConversationId) -> ConversationRef;
    fn interaction(&self, id: InteractionId) -> InteractionRef;
    fn actor(&self, actor: Actor) -> ActorRef;
}

impl Refs for Names {
    fn agent(&self, id: AgentId) -> AgentRef {
        let known = self.agents.get(&id).cloned();
        let (name, email) = known.map(|agent| (agent.name, agent.email)).unwrap_or_default();
        AgentRef { id: id.0, name, email }
    }

    fn queue(&self, id: QueueId) -> QueueRef {
        let known = self.queues.get(&id).cloned();
        let (name, slug) = known.map(|queue| (queue.name, queue.slug)).unwrap_or_default();
        QueueRef { id: id.0, name, slug }
    }

    fn channel(&self, id: ChannelId) -> ChannelRef {
        let known = self.channels.get(&id).cloned();
        let (name, slug) = known.map(|channel| (channel.name, channel.slug)).unwrap_or_default();
        ChannelRef { id: id.0, name, slug }
    }

    fn contact(&self, id: ContactId) -> ContactRef {
        ContactRef { id: id.0, name: self.contacts.get(&id).cloned().unwrap_or_default() }
    }

    fn organization(&self, id: OrganizationId) -> OrganizationRef {
        OrganizationRef { id: id.0, name: self.organizations.get(&id).cloned().unwrap_or_default() }
    }

    fn conversation(&self, id: ConversationId) -> ConversationRef {
        let name = self.conversations.get(&id).cloned().unwrap_or_default();
        ConversationRef { id: id.0, name, number: id.to_string() }
    }

    fn interaction(&self, id: InteractionId) -> InteractionRef {
        let name = self.interactions.get(&id).cloned().unwrap_or_default();
        InteractionRef { id: id.0, name, number: id.to_string() }
    }

    fn actor(&self, actor: Actor) -> ActorRef {
        match actor {
            Actor::Agent(id) => {
                let AgentRef { id, name, email } = self.agent(id);
                ActorRef { kind: "agent", id: Some(id), name, email: Some(email) }
            }
            Actor::Customer(id) => {
                let name = self.of_profile(id).unwrap_or("Unknown").to_owned();
                ActorRef { kind: "customer", id: Some(id.0), name, email: None }
            }
            Actor::System => ActorRef { kind: "system", id: None, name: "Switchboard".to_owned(), email: None },
        }
    }
}
