//! Colleagues named in notes.

use super::{Desk, Done, Error};
use crate::domain::conversation::Conversation;
use crate::domain::folded::folded;
use crate::domain::mention;
use crate::domain::row::NamedAgent;
use crate::domain::view::Eyes;
use crate::domain::{Agent, AgentId, ConversationId, Refused};
use crate::store::{Conn, agents, eyes, mentions};

impl Desk {
    /// In how many conversations that are not over an agent is named.
    pub fn mentioned(&self, agent: &Agent) -> Done<i64> {
        self.db.read(|conn| {
            let eyes = eyes::of(conn, Some(agent))?;
            Ok(mentions::open_of(conn, agent.id, &eyes)?)
        })
    }

    /// Whom a note of a conversation may name, those whose name fits what was typed, each with what names them.
    pub fn may_be_named(&self, by: &Agent, id: ConversationId, typed: &str) -> Done<Vec<(NamedAgent, String)>> {
        let interaction = self.conversation(by, id)?.interaction;
        let restricted = self.db.read(|conn| Ok::<_, Error>(eyes::restricted(conn)?))?;
        let directory = self.directory()?;
        let typed = folded(typed);
        let fits = |agent: &Agent| {
            let name = folded(&agent.name);
            name.split_whitespace().chain([name.as_str(), agent.email.as_str()]).any(|part| part.starts_with(&typed))
        };
        let sees = |agent: &Agent| {
            let eyes = Eyes::of(agent, if agent.role.leads() { &[] } else { &restricted });
            eyes.sees(interaction.queue, interaction.assignee.map(|assignee| assignee.id))
        };
        let all = directory.agents.iter().filter(|agent| agent.id != by.id && fits(agent) && sees(agent));
        let named = |agent: &Agent| NamedAgent { id: agent.id, name: agent.name.clone(), email: agent.email.clone() };
        Ok(all.map(|agent| (named(agent), handle(agent, &directory.agents))).collect())
    }
}

/// What names them and nobody else: what stands before the @ of their address, or the whole of it.
fn handle(agent: &Agent, all: &[Agent]) -> String {
    let local = |agent: &Agent| agent.email.split('@').next().unwrap_or_default().to_owned();
    let own = local(agent);
    if all.iter().any(|other| other.id != agent.id && local(other) == own) { agent.email.clone() } else { own }
}

/// Whom a note names: everybody it names must be able to read it.
pub(super) fn named(
    conn: &mut Conn,
    conversation: &Conversation,
    body: &str,
    colleagues: &[NamedAgent],
) -> Done<Vec<AgentId>> {
    let mut named: Vec<AgentId> = mention::mentions(body, colleagues).into_iter().map(|one| one.agent).collect();
    named.sort();
    named.dedup();
    let interaction = &conversation.interaction;
    for id in &named {
        let colleague = agents::find(conn, *id)?;
        let sees = eyes::of(conn, Some(&colleague))?.sees(interaction.queue, interaction.assignee.map(|a| a.id));
        if !sees {
            let sentence = format!(
                "{} cannot see this conversation. Take the name out, or move the conversation to a queue of theirs.",
                colleague.name
            );
            return Err(Refused::invalid("body", sentence).into());
        }
    }
    Ok(named)
}
