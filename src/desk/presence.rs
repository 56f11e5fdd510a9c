//! Presence of agents: each change is a fact, and moves the work clocks of what they have.

use super::assignment::save_alone;
use super::{Desk, Done};
use crate::domain::change::Log;
use crate::domain::fact::{Fact, FactKind};
use crate::domain::people::Assignee;
use crate::domain::{Actor, Agent, AgentId, Presence};
use crate::store::{agents, dialect, facts, interactions};

impl Desk {
    /// Sets an agent's presence; None from the system means the agent did it. Work clocks of what they have stop while
    /// they are Offline and run again when they are back.
    pub fn set_presence(&self, agent: AgentId, to: Presence, actor: Actor) -> Done<Agent> {
        let clock = self.clock.clone();
        self.db.write(move |tx| {
            dialect::lock(tx.conn, &format!("presence:{agent}"))?;
            let before = agents::find(tx.conn, agent)?;
            let at = clock.now().max(before.presence_since);
            if !agents::set_presence(tx.conn, agent, to, at)? {
                return Ok(before);
            }
            let mut fact = Fact::new(FactKind::PresenceChanged, actor, at)
                .change(Some(before.presence.as_str()), Some(to.as_str()));
            fact.agent = Some(agent);
            facts::append(tx, vec![fact])?;
            if before.is_present() != (to != Presence::Offline) {
                for mut interaction in interactions::open_of(tx.conn, agent)? {
                    let work = interaction.work;
                    interaction.assignee = Some(Assignee::of(agent, to));
                    interaction.tick(at.max(interaction.state_since));
                    if interaction.work != work {
                        save_alone(tx, interaction, Log::new(actor, at))?;
                    }
                }
            }
            Ok(agents::find(tx.conn, agent)?)
        })
    }
}
