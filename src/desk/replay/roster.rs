//! Agents, queues and channels that a replay names: found, or made. Agents it makes are members of every queue it makes,
//! and offline until it says otherwise.

use std::collections::HashMap;

use super::Line;
use crate::desk::channels::NewChannel;
use crate::desk::setup::{AgentEdit, NewQueue};
use crate::desk::{Desk, Done, Error};
use crate::domain::state::ContactType;
use crate::domain::{Actor, Agent, Channel, Presence, QueueId, Refused, Role};
use crate::store::queues;

#[derive(Default)]
pub(super) struct Roster {
    agents: HashMap<String, Agent>,
    channels: HashMap<String, Channel>,
    queues: Vec<QueueId>,
    made: Vec<Agent>,
}

impl Roster {
    /// The agent of an address.
    pub fn agent(&mut self, desk: &Desk, email: &str) -> Done<Agent> {
        if let Some(agent) = self.agents.get(email) {
            return Ok(agent.clone());
        }
        let agent = match desk.agent_of(email) {
            Err(Error::NotFound) => self.hire(desk, email, &named(email), Role::Agent)?,
            agent => agent?,
        };
        self.agents.insert(email.to_owned(), agent.clone());
        Ok(agent)
    }

    /// `{"do":"agent"}`: somebody of another role or name, new or known.
    pub fn enrol(&mut self, desk: &Desk, line: &Line) -> Done<()> {
        let email = line.email.as_deref().or(line.agent.as_deref()).ok_or_else(|| super::missing("email"))?;
        let role = line.role.as_deref().map(str::parse).transpose();
        let role = role.map_err(|_| Refused::invalid("role", "role is one of agent, desk, manager, admin"))?;
        let agent = match desk.agent_of(email) {
            Err(Error::NotFound) => {
                let name = line.name.clone().unwrap_or_else(|| named(email));
                self.hire(desk, email, &name, role.unwrap_or(Role::Agent))?
            }
            agent => {
                let edit = AgentEdit { name: line.name.clone(), role, ..AgentEdit::default() };
                desk.change_agent(agent?.id, edit)?
            }
        };
        self.agents.insert(email.to_owned(), agent);
        Ok(())
    }

    /// Where an agent is from now on.
    pub fn set_presence(&mut self, desk: &Desk, email: &str, to: Presence) -> Done<()> {
        let agent = self.agent(desk, email)?;
        let agent = desk.set_presence(agent.id, to, crate::domain::Actor::Agent(agent.id))?;
        self.agents.insert(email.to_owned(), agent);
        Ok(())
    }

    /// The channel of a line.
    pub fn channel(&mut self, desk: &Desk, line: &Line) -> Done<Channel> {
        let slug = line.channel.as_deref().ok_or_else(|| super::missing("channel"))?;
        if let Some(channel) = self.channels.get(slug) {
            return Ok(channel.clone());
        }
        let channel = match desk.channel(slug) {
            Err(Error::NotFound) => {
                let contact_type = match line.contact_type.as_deref().map(str::parse) {
                    None => ContactType::Messaging,
                    Some(Ok(kind)) => kind,
                    Some(Err(_)) => return Err(Refused::invalid("type", "type is chat or messaging").into()),
                };
                let queue = line.queue.as_deref().unwrap_or(slug);
                self.queue(desk, queue)?;
                let (kind, queue) = ("api".to_owned(), Some(queue.to_owned()));
                let (slug, name) = (slug.to_owned(), title(slug));
                let new = NewChannel { slug, name, kind, contact_type, queue, ..NewChannel::default() };
                desk.add_channel(Actor::System, new)?
            }
            channel => channel?,
        };
        self.channels.insert(slug.to_owned(), channel.clone());
        Ok(channel)
    }

    /// Sees that there is a queue of this slug.
    pub fn queue(&mut self, desk: &Desk, slug: &str) -> Done<()> {
        match desk.db.read(|conn| queues::by_slug(conn, slug)) {
            Err(crate::store::Error::NotFound) => {}
            found => return Ok(found.map(drop)?),
        }
        let members = self.made.iter().map(|agent| agent.email.clone()).collect();
        let new = NewQueue { slug: slug.to_owned(), name: title(slug), members: Some(members), ..NewQueue::default() };
        self.queues.push(desk.add_queue(new)?.id);
        self.agents.clear();
        Ok(())
    }

    fn hire(&mut self, desk: &Desk, email: &str, name: &str, role: Role) -> Done<Agent> {
        let agent = desk.add_agent(email, name, role, None)?;
        let (id, queues) = (agent.id, self.queues.clone());
        desk.db.write(move |tx| {
            queues.iter().try_for_each(|queue| queues::add_member(tx.conn, *queue, id)).map_err(Error::from)
        })?;
        let agent = desk.agent_of(&agent.email)?;
        self.made.push(agent.clone());
        Ok(agent)
    }
}

/// A name from an address: `mia.stone@example.com` is Mia Stone.
fn named(email: &str) -> String {
    title(email.split('@').next().unwrap_or(email))
}

fn title(text: &str) -> String {
    let words = text.split(['.', '-', '_', '+']).filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    words.map(capital).collect::<Vec<_>>().join(" ")
}
