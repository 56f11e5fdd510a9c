//! Hold and what it waits for: rows 10, 15, 16, 27, 28, 29, 34, 35.

use chrono::{DateTime, Utc};

use super::super::change::Change;
use super::super::dependency::{Awaited, Dependency, DependencyState};
use super::super::fact::{Fact, FactKind};
use super::super::ids::DependencyId;
use super::super::people::{Actor, Agent};
use super::super::refused::Refused;
use super::super::stage::{Action, Stage, Step, Trigger};
use super::Conversation;

const NOTHING: &str = "Say what this is waiting for.";

impl Conversation {
    /// Puts it on hold until everything it waits for is done. At least one dependency is open afterwards.
    pub fn hold(self, by: &Agent, on: &[Awaited], at: DateTime<Utc>) -> Result<Change, Refused> {
        let step = self.step(Trigger::Hold, Action::Hold, by)?;
        self.waits_for(on)?;
        let mut change = self.changed_by(by, at);
        on.iter().for_each(|awaited| change.depend_on(awaited));
        change.follow(step);
        Ok(change.done())
    }

    /// Whether there is anything to wait for.
    pub fn waits_for(&self, on: &[Awaited]) -> Result<(), Refused> {
        if on.is_empty() && self.open_dependencies().next().is_none() {
            return Err(Refused::invalid("dependencies", NOTHING));
        }
        Ok(())
    }

    /// Whether more may be waited for.
    pub fn may_wait(&self) -> Result<(), Refused> {
        if self.stage.is_closed() {
            return Err(Refused::IllegalTransition { from: self.stage, action: Action::Hold });
        }
        Ok(())
    }

    /// Whether anything may be done at all (row 41).
    pub fn is_not_over(&self) -> Result<(), Refused> {
        if self.stage == Stage::Archived { self.may_wait() } else { Ok(()) }
    }

    /// More that it waits for; the stage stays.
    pub fn add_dependencies(self, by: &Agent, on: &[Awaited], at: DateTime<Utc>) -> Result<Change, Refused> {
        self.may_wait()?;
        if on.is_empty() {
            return Err(Refused::invalid("dependencies", NOTHING));
        }
        let mut change = self.changed_by(by, at);
        on.iter().for_each(|awaited| change.depend_on(awaited));
        Ok(change.done())
    }

    /// Takes it off hold; what was waited for stays linked.
    pub fn unhold(self, by: &Agent, at: DateTime<Utc>) -> Result<Change, Refused> {
        let step = self.step(Trigger::Unhold, Action::Unhold, by)?;
        let mut change = self.changed_by(by, at);
        change.follow(step);
        Ok(change.done())
    }

    /// A dependency ends: done, cancelled or unlinked. The last one wakes a conversation on Hold, and only then.
    /// Ending one that has ended changes nothing and gives None.
    pub fn end_dependency(
        self,
        actor: Actor,
        id: DependencyId,
        end: DependencyState,
        at: DateTime<Utc>,
    ) -> Option<Change> {
        let mut change = self.change(actor, at);
        let dependency = change.conversation.dependencies.iter_mut().find(|d| d.id == id && d.is_open())?;
        dependency.state = end;
        dependency.closed_at = Some(at);
        let kind = match end {
            DependencyState::Open => return None,
            DependencyState::Completed => FactKind::DependencyCompleted,
            DependencyState::Cancelled => FactKind::DependencyCancelled,
            DependencyState::Unlinked => FactKind::DependencyUnlinked,
        };
        let fact = describe(change.log.fact(kind), &dependency.awaited).with("dependency", id.0);
        change.log.push(fact);
        change.closed_dependencies.push(id);
        let last = change.conversation.open_dependencies().next().is_none();
        let trigger = if last { Trigger::LastDependencyDone } else { Trigger::DependencyDone };
        if let Step::To(next, _, row) = change.conversation.stage.on(trigger) {
            change.go(next, row);
            debug_assert_eq!(next, Stage::NeedsResponse);
        }
        Some(change.done())
    }
}

impl Change {
    fn depend_on(&mut self, awaited: &Awaited) {
        let fact = describe(self.log.fact(FactKind::DependencyAdded), awaited);
        self.log.push(fact);
        self.conversation.dependencies.push(Dependency::new(awaited.clone(), self.log.at));
    }
}

fn describe(fact: Fact, awaited: &Awaited) -> Fact {
    let fact = fact.with("kind", awaited.kind());
    match awaited {
        Awaited::Review { reviewer, role } => fact.with("reviewer", reviewer.0).with("as", role.clone()),
        Awaited::Until(moment) => fact.with("until", moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
    }
}
