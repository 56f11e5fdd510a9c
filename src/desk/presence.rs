//! Presence of agents: each change is a fact, and moves the work clocks of what they have.

use super::assignment::save_alone;
use super::{Desk, Done, Error};
use crate::domain::change::Log;
use crate::domain::fact::{Fact, FactKind};
use crate::domain::people::Assignee;
use crate::domain::{Actor, Agent, AgentId, Presence};
use crate::live::relay;
use crate::store::{self, agents, dialect, facts, interactions};

impl Desk {
    /// Tells the other nodes who has opened, typed in or closed a conversation here since they were told last.
    pub fn tell_who_is_here(&self) -> Done<()> {
        for seen in self.hub.presence().sightings().take() {
            let Ok(notice) = relay::here_notice(self.db.node(), &seen) else { continue };
            self.db.write(move |tx| Ok::<_, Error>(dialect::notify(tx.conn, &notice).map_err(store::Error::from)?))?;
        }
        Ok(())
    }

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
