//! Who has it: take, accept, hand over, give to a queue.

use chrono::{DateTime, Utc};

use super::super::change::Change;
use super::super::ids::QueueId;
use super::super::people::{Actor, Agent, Assignee};
use super::super::refused::Refused;
use super::Conversation;

impl Conversation {
    /// The agent takes it and starts.
    pub fn take(self, by: &Agent, at: DateTime<Utc>) -> Result<Change, Refused> {
        self.placed(by, at, |interaction, log| interaction.taken(by, log))
    }

    /// The assignee accepts.
    pub fn accept(self, by: &Agent, at: DateTime<Utc>) -> Result<Change, Refused> {
        self.placed(by, at, |interaction, log| interaction.accepted_by(by, log))
    }

    /// Hands it to an agent.
    pub fn assign(self, by: &Agent, to: Assignee, at: DateTime<Utc>) -> Result<Change, Refused> {
        self.placed(by, at, |interaction, log| interaction.handed_to(by, to, log))
    }

    /// Gives it to a queue.
    pub fn transfer(self, by: &Agent, queue: QueueId, at: DateTime<Utc>) -> Result<Change, Refused> {
        self.placed(by, at, |interaction, log| interaction.queued(by, queue, log))
    }

    fn placed(
        self,
        by: &Agent,
        at: DateTime<Utc>,
        place: impl FnOnce(&mut super::Interaction, &mut super::Log) -> Result<(), Refused>,
    ) -> Result<Change, Refused> {
        let mut change = self.changed_by(by, at);
        place(&mut change.conversation.interaction, &mut change.log)?;
        Ok(change.done())
    }

    /// Routing put it somewhere: a queue, or an agent who did not accept yet. `why` stands on the record.
    pub fn routed(mut change: Change, queue: QueueId, agent: Option<Assignee>, why: &str) -> Change {
        let actor = std::mem::replace(&mut change.log.actor, Actor::System);
        let Change { conversation, log, .. } = &mut change;
        conversation.interaction.routed_by = why.to_owned();
        conversation.interaction.place(agent, Some(queue), false, why, log);
        change.log.actor = actor;
        change.done()
    }
}
