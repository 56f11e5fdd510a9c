//! What things are called: the names behind the ids of an answer, loaded together.

use std::collections::{BTreeSet, HashMap};

use super::dependency::Awaited;
use super::ids::{AgentId, ChannelId, ContactId, ConversationId, InteractionId, OrganizationId, ProfileId, QueueId};
use super::message::Message;
use super::people::{Actor, OpenedFor};
use super::row::NamedAgent;
use super::{Conversation, Fact, FactKind, Interaction};

/// The ids somebody wants the names of.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub agents: BTreeSet<i64>,
    pub queues: BTreeSet<i64>,
    pub channels: BTreeSet<i64>,
    pub contacts: BTreeSet<i64>,
    pub organizations: BTreeSet<i64>,
    pub conversations: BTreeSet<i64>,
    pub interactions: BTreeSet<i64>,
    pub profiles: BTreeSet<i64>,
}

/// A name, and the word that stands for it in addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slugged {
    pub name: String,
    pub slug: String,
}

/// An identity on a channel, as answers name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedProfile {
    pub identifier: String,
    pub contact: Option<ContactId>,
    /// Two or more contacts match; nobody was guessed.
    pub ambiguous: bool,
}

/// Names by id.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub agents: HashMap<AgentId, NamedAgent>,
    pub queues: HashMap<QueueId, Slugged>,
    pub channels: HashMap<ChannelId, Slugged>,
    pub contacts: HashMap<ContactId, String>,
    pub organizations: HashMap<OrganizationId, String>,
    /// Titles.
    pub conversations: HashMap<ConversationId, String>,
    /// Short descriptions.
    pub interactions: HashMap<InteractionId, String>,
    pub profiles: HashMap<ProfileId, NamedProfile>,
}

impl Wanted {
    /// Everything a conversation refers to.
    pub fn conversation(&mut self, c: &Conversation) {
        self.channels.insert(c.channel.0);
        self.organizations.extend(c.organization.map(|id| id.0));
        self.conversations.extend(c.follow_up_of.iter().chain(&c.merged_into).map(|id| id.0));
        self.agents.extend(c.interaction.assignee.map(|a| a.id.0));
        self.queues.extend(c.interaction.queue.map(|id| id.0));
        c.dependencies.iter().for_each(|dependency| self.awaited(&dependency.awaited));
    }

    /// The reviewer of a dependency.
    pub fn awaited(&mut self, awaited: &Awaited) {
        match awaited {
            Awaited::Review { reviewer, .. } => self.agents.extend([reviewer.0]),
            Awaited::Until(_) => {}
        }
    }

    /// Everything an interaction refers to.
    pub fn interaction(&mut self, i: &Interaction) {
        self.conversations.extend(i.conversation.map(|id| id.0));
        self.agents.extend(i.assignee.map(|a| a.id.0));
        self.queues.extend(i.queue.map(|id| id.0));
        self.profiles.extend(i.profile.map(|id| id.0));
        match i.opened_for {
            OpenedFor::Contact(id) => self.contacts.extend([id.0]),
            OpenedFor::Guest(_) | OpenedFor::Nobody => {}
        }
    }

    /// The author of a message.
    pub fn message(&mut self, message: &Message) {
        self.actor(message.actor);
        self.agents.extend(message.removal.iter().map(|removal| removal.agent.0));
    }

    /// Everything a fact refers to.
    pub fn fact(&mut self, fact: &Fact) {
        self.actor(fact.actor);
        self.conversations.extend(fact.conversation.map(|id| id.0));
        self.interactions.extend(fact.interaction.map(|id| id.0));
        self.agents.extend(fact.agent.map(|id| id.0));
        let ends = [&fact.from, &fact.to];
        let ids = ends.into_iter().flatten().filter_map(|id| id.parse::<i64>().ok());
        match fact.kind {
            FactKind::AssignmentChanged => self.agents.extend(ids),
            FactKind::ContactLinked => self.contacts.extend(ids),
            _ => {}
        }
        let queues = ["queue", "queue_from"].iter().filter_map(|name| fact.number(name));
        self.queues.extend(queues);
    }

    fn actor(&mut self, actor: Actor) {
        match actor {
            Actor::Agent(id) => self.agents.extend([id.0]),
            Actor::Customer(id) => self.profiles.extend([id.0]),
            Actor::System => {}
        }
    }
}

impl Names {
    /// What somebody who writes on a channel is called: their name where they are known, else their address.
    pub fn of_profile(&self, id: ProfileId) -> Option<&str> {
        let profile = self.profiles.get(&id)?;
        let known = profile.contact.and_then(|contact| self.contacts.get(&contact));
        Some(known.map_or(profile.identifier.as_str(), String::as_str))
    }
}
