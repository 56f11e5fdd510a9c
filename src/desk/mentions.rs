//! Colleagues named in notes.

use super::{Desk, Done};
use crate::domain::conversation::Conversation;
use crate::domain::mention;
use crate::domain::row::NamedAgent;
use crate::domain::{Agent, AgentId, Refused};
use crate::store::{Conn, agents, eyes, mentions};

impl Desk {
    /// In how many conversations that are not over an agent is named.
    pub fn mentioned(&self, agent: &Agent) -> Done<i64> {
        self.db.read(|conn| {
            let eyes = eyes::of(conn, Some(agent))?;
            Ok(mentions::open_of(conn, agent.id, &eyes)?)
        })
    }
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
