//! An interaction: the record of one episode of agent work. Pure.

use chrono::{DateTime, TimeDelta, Utc};

use super::change::Log;
use super::conversation::excerpt;
use super::fact::FactKind;
use super::ids::{AgentId, ConversationId, InteractionId, ProfileId, QueueId};
use super::people::{Agent, Assignee, OpenedFor};
use super::refused::{Refused, short_description};
use super::state::{CloseCode, ContactType, Direction, State, StateReason};

/// How long agents worked on an interaction: the segments that ended, and the one that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WorkClock {
    pub worked: TimeDelta,
    pub since: Option<DateTime<Utc>>,
}

impl WorkClock {
    /// Worked until a moment, the running segment included.
    pub fn total(self, now: DateTime<Utc>) -> TimeDelta {
        self.worked + self.since.map_or(TimeDelta::zero(), |since| (now - since).max(TimeDelta::zero()))
    }

    fn run(&mut self, running: bool, at: DateTime<Utc>) {
        match (self.since, running) {
            (None, true) => self.since = Some(at),
            (Some(_), false) => *self = WorkClock { worked: self.total(at), since: None },
            (None, false) | (Some(_), true) => {}
        }
    }
}

/// One episode of agent work. Its id is zero until it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    pub id: InteractionId,
    pub conversation: Option<ConversationId>,
    pub kind: ContactType,
    pub direction: Direction,
    pub state: State,
    pub reason: Option<StateReason>,
    /// Since when the state is what it is.
    pub state_since: DateTime<Utc>,
    pub opened_for: OpenedFor,
    pub profile: Option<ProfileId>,
    pub queue: Option<QueueId>,
    pub assignee: Option<Assignee>,
    /// Who should get it if they can.
    pub preferred: Option<AgentId>,
    pub accepted_at: Option<DateTime<Utc>>,
    pub opened_at: DateTime<Utc>,
    /// First public human answer, phone answered, or service started. Set once.
    pub first_response_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub close_code: Option<CloseCode>,
    pub short_description: String,
    /// Filled by the system at close.
    pub short_description_auto: bool,
    /// Why it is in this queue or with this agent.
    pub routed_by: String,
    pub work: WorkClock,
    pub version: i64,
}

/// As much of a text as describes a record that the system closes, in characters.
pub(super) const DESCRIBED: usize = 80;

impl Interaction {
    /// A new record, New, in no queue yet.
    pub fn open(kind: ContactType, direction: Direction, at: DateTime<Utc>) -> Self {
        Interaction {
            id: InteractionId(0),
            conversation: None,
            kind,
            direction,
            state: State::New,
            reason: None,
            state_since: at,
            opened_for: OpenedFor::Nobody,
            profile: None,
            queue: None,
            assignee: None,
            preferred: None,
            accepted_at: None,
            opened_at: at,
            first_response_at: None,
            closed_at: None,
            close_code: None,
            short_description: String::new(),
            short_description_auto: false,
            routed_by: String::new(),
            work: WorkClock::default(),
            version: 0,
        }
    }

    /// The next interaction of the same conversation, after this one was closed.
    pub fn next(&self, at: DateTime<Utc>) -> Self {
        Interaction {
            conversation: self.conversation,
            opened_for: self.opened_for.clone(),
            profile: self.profile,
            queue: self.queue,
            preferred: self.assignee.map(|a| a.id),
            routed_by: self.routed_by.clone(),
            ..Interaction::open(self.kind, Direction::Inbound, at)
        }
    }

    /// Wait time: opened to first response; None while unanswered and for outbound ones.
    pub fn wait(&self) -> Option<TimeDelta> {
        match self.direction {
            Direction::Outbound => None,
            Direction::Inbound => self.first_response_at.map(|answered| answered - self.opened_at),
        }
    }

    /// How long somebody waited who was never answered, once closed.
    pub fn abandoned_after(&self) -> Option<TimeDelta> {
        match (self.direction, self.first_response_at, self.closed_at) {
            (Direction::Inbound, None, Some(closed)) => Some(closed - self.opened_at),
            _ => None,
        }
    }

    /// Whether this agent is the one it is assigned to.
    pub fn is_with(&self, agent: AgentId) -> bool {
        self.assignee.is_some_and(|a| a.id == agent)
    }

    /// Enters a state and sets the work clock by it.
    pub(super) fn enter(&mut self, state: State, reason: Option<StateReason>, log: &mut Log) {
        if (self.state, self.reason) != (state, reason) {
            let fact = log.fact(FactKind::StateChanged).change(Some(self.state.as_str()), Some(state.as_str()));
            log.push(fact.with("reason", reason.map(StateReason::as_str)));
            self.state = state;
            self.reason = reason;
            self.state_since = log.at;
        }
        self.tick(log.at);
    }

    /// Starts or stops the work clock: it runs while in progress, accepted, and the assignee is not Offline.
    pub fn tick(&mut self, at: DateTime<Utc>) {
        let running = self.state == State::WorkInProgress
            && self.accepted_at.is_some()
            && self.assignee.is_some_and(|assignee| assignee.present);
        self.work.run(running, at);
    }

    /// Writes who has it: agent, queue and acceptance in one fact.
    pub(super) fn place(
        &mut self,
        assignee: Option<Assignee>,
        queue: Option<QueueId>,
        accepted: bool,
        why: &str,
        log: &mut Log,
    ) {
        let before = (self.assignee.map(|a| a.id), self.queue, self.accepted_at.is_some());
        if before == (assignee.map(|a| a.id), queue, accepted) {
            return;
        }
        let id = |agent: Option<AgentId>| agent.map(|id| id.to_string());
        let fact = log
            .fact(FactKind::AssignmentChanged)
            .change(id(before.0).as_deref(), id(assignee.map(|a| a.id)).as_deref())
            .with("accepted", accepted)
            .with("queue_from", before.1.map(|q| q.0))
            .with("queue", queue.map(|q| q.0))
            .with("why", why);
        log.push(fact);
        self.assignee = assignee;
        self.queue = queue;
        self.accepted_at = if accepted { self.accepted_at.or(Some(log.at)) } else { None };
        self.tick(log.at);
    }

    /// The assignee starts: sets acceptance if it is not set.
    pub(super) fn accept(&mut self, why: &str, log: &mut Log) {
        if self.assignee.is_some() {
            self.place(self.assignee, self.queue, true, why, log);
        }
    }

    /// An agent takes it for themselves, and starts.
    pub(super) fn taken(&mut self, by: &Agent, log: &mut Log) -> Result<(), Refused> {
        if self.state.is_closed() {
            return Err(Refused::Closed);
        }
        match self.assignee {
            Some(other) if other.id != by.id => Err(Refused::AlreadyAssigned(other.id)),
            Some(_) | None => {
                self.place(Some(by.into()), self.queue, true, "taken", log);
                Ok(())
            }
        }
    }

    /// The assignee accepts what was assigned to them.
    pub(super) fn accepted_by(&mut self, by: &Agent, log: &mut Log) -> Result<(), Refused> {
        if self.state.is_closed() {
            return Err(Refused::Closed);
        }
        if !self.is_with(by.id) {
            return Err(Refused::NotAssignee(self.assignee.map(|a| a.id)));
        }
        self.accept("accepted", log);
        Ok(())
    }

    /// Hands it to an agent. Acceptance stays when a lead reassigns one in progress; an agent's transfer clears it.
    pub(super) fn handed_to(&mut self, by: &Agent, to: Assignee, log: &mut Log) -> Result<(), Refused> {
        self.may_be_moved_by(by)?;
        let accepted = self.accepted_at.is_some() && (by.role.leads() || self.is_with(to.id));
        self.place(Some(to), self.queue, accepted, "assigned by hand", log);
        Ok(())
    }

    /// Gives it to a queue: nobody has it, nobody accepted it.
    pub(super) fn queued(&mut self, by: &Agent, queue: QueueId, log: &mut Log) -> Result<(), Refused> {
        self.may_be_moved_by(by)?;
        self.place(None, Some(queue), false, "transferred by hand", log);
        self.routed_by = "moved by hand".to_owned();
        Ok(())
    }

    /// Whether this agent may hand it over or give it to a queue.
    pub fn may_be_moved_by(&self, by: &Agent) -> Result<(), Refused> {
        if self.state.is_closed() {
            return Err(Refused::Closed);
        }
        match self.assignee {
            Some(other) if other.id != by.id && !by.role.leads() => {
                Err(Refused::Forbidden("This is a colleague's. A manager can reassign it."))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The first public human answer; later ones change nothing.
    pub(super) fn answered(&mut self, log: &mut Log) {
        if self.first_response_at.is_none() && self.direction == Direction::Inbound && !self.state.is_closed() {
            self.first_response_at = Some(log.at);
            log.push(log.fact(FactKind::FirstResponse).with("wait", (log.at - self.opened_at).num_seconds()));
        }
    }

    /// Writes the short description, if it is another one.
    pub fn describe(&mut self, text: &str, log: &mut Log) -> Result<(), Refused> {
        let text = short_description(text)?;
        if self.short_description != text {
            let fact = log.fact(FactKind::InteractionChanged).change(Some(&self.short_description), Some(&text));
            log.push(fact.with("field", "short_description"));
            self.short_description = text;
            self.short_description_auto = false;
        }
        Ok(())
    }

    /// Fills an empty short description when the system closes the record, and flags it.
    pub(super) fn describe_automatically(&mut self, text: &str) {
        if self.short_description.is_empty() {
            let words = excerpt(text, DESCRIBED);
            self.short_description = format!("Auto: {}", if words.is_empty() { "no text" } else { &words });
            self.short_description_auto = true;
        }
    }

    /// Marks it closed with a code. The state is written by the projection, or by `close` where there is no conversation.
    pub(super) fn ended(&mut self, code: CloseCode, log: &Log) {
        if self.closed_at.is_none() {
            self.closed_at = Some(log.at);
            self.close_code = Some(code);
        }
    }
}
