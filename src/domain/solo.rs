//! An interaction without a conversation (phone, walk-up): the agent moves it. Pure.

use super::change::Log;
use super::fact::FactKind;
use super::ids::QueueId;
use super::interaction::Interaction;
use super::people::{Agent, Assignee};
use super::refused::{NEEDS_SHORT_DESCRIPTION, Refused};
use super::state::{CloseCode, State};

impl Interaction {
    /// A record made by hand: its facts, and the queue or agent it begins with.
    pub fn opened_alone(&mut self, assignee: Option<Assignee>, queue: Option<QueueId>, why: &str, log: &mut Log) {
        log.push(log.fact(FactKind::InteractionOpened));
        self.routed_by = why.to_owned();
        self.place(assignee, queue, false, why, log);
    }

    /// The agent takes it, and service starts.
    pub fn take_alone(&mut self, by: &Agent, log: &mut Log) -> Result<(), Refused> {
        self.taken(by, log)?;
        self.start(log);
        Ok(())
    }

    /// The assignee accepts, and service starts.
    pub fn accept_alone(&mut self, by: &Agent, log: &mut Log) -> Result<(), Refused> {
        self.accepted_by(by, log)?;
        self.start(log);
        Ok(())
    }

    /// Hands it to an agent. One who did not accept yet finds it New.
    pub fn assign_alone(&mut self, by: &Agent, to: Assignee, log: &mut Log) -> Result<(), Refused> {
        self.handed_to(by, to, log)?;
        self.rest(log);
        Ok(())
    }

    /// Gives it to a queue: New again.
    pub fn transfer_alone(&mut self, by: &Agent, queue: QueueId, log: &mut Log) -> Result<(), Refused> {
        self.queued(by, queue, log)?;
        self.rest(log);
        Ok(())
    }

    /// On hold, for a long job.
    pub fn hold_alone(&mut self, log: &mut Log) -> Result<(), Refused> {
        self.moves(State::OnHold, log)
    }

    /// Back to work.
    pub fn unhold_alone(&mut self, log: &mut Log) -> Result<(), Refused> {
        match self.state {
            State::OnHold => self.moves(State::WorkInProgress, log),
            State::New | State::WorkInProgress => Err(self.cannot(State::WorkInProgress)),
            State::ClosedComplete | State::ClosedAbandoned => Err(Refused::Closed),
        }
    }

    /// Closes it. A short description is needed, and a code to abandon.
    pub fn close_alone(
        &mut self,
        by: &Agent,
        text: Option<&str>,
        code: CloseCode,
        log: &mut Log,
    ) -> Result<(), Refused> {
        let next = code.kind().state();
        if !self.state.may_become(next) {
            return Err(if self.state.is_closed() { Refused::Closed } else { self.cannot(next) });
        }
        match text {
            Some(text) => self.describe(text, log)?,
            None if self.short_description.is_empty() => {
                return Err(Refused::invalid("short_description", NEEDS_SHORT_DESCRIPTION));
            }
            None => {}
        }
        if next == State::ClosedComplete && self.assignee.is_none() {
            self.place(Some(by.into()), self.queue, true, "closed by", log);
        }
        if next == State::ClosedComplete {
            self.answered(log);
        }
        self.ended(code, log);
        self.enter(next, None, log);
        Ok(())
    }

    fn start(&mut self, log: &mut Log) {
        if self.state == State::New {
            self.answered(log);
            self.enter(State::WorkInProgress, None, log);
        }
    }

    fn rest(&mut self, log: &mut Log) {
        if self.accepted_at.is_none() && self.state == State::WorkInProgress {
            self.enter(State::New, None, log);
        }
    }

    fn moves(&mut self, next: State, log: &mut Log) -> Result<(), Refused> {
        if self.state.is_closed() {
            return Err(Refused::Closed);
        }
        if !self.state.may_become(next) {
            return Err(self.cannot(next));
        }
        self.enter(next, None, log);
        Ok(())
    }

    fn cannot(&self, next: State) -> Refused {
        let allowed = State::ALL.iter().filter(|state| self.state.may_become(**state)).map(|state| state.label());
        let allowed = allowed.collect::<Vec<_>>().join(", ");
        Refused::IllegalState(format!("Cannot go from {} to {}, but to: {allowed}.", self.state.label(), next.label()))
    }
}
