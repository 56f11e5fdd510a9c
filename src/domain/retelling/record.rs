//! An interaction told again: state, who has it, when it was answered and closed, how long was worked on it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::clocks::{duration, work_segments};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::ids::{AgentId, QueueId};
use crate::domain::interaction::{Interaction, WorkClock};
use crate::domain::people::Assignee;
use crate::domain::state::{CloseCode, State};

/// Tells one interaction again; gives it with what is contradictory. `own` are its facts, `work` the same with the
/// presence of its agents; it begins in `queue`.
pub fn retell_record(
    stored: &Interaction,
    queue: Option<QueueId>,
    own: &[Fact],
    work: &[Fact],
) -> (Interaction, Vec<String>) {
    let mut record = Record::of(stored, queue);
    own.iter().for_each(|fact| record.hear(fact));
    let Record { mut told, mut breaks, .. } = record;
    told.work = worked(stored.work, work);
    if !own.iter().any(|fact| fact.kind == FactKind::InteractionOpened) {
        breaks.push(format!("no fact says that {} was opened", stored.id));
    }
    (told, breaks)
}

struct Record {
    told: Interaction,
    /// The row of the stage table that was followed last.
    row: i64,
    stored_code: Option<CloseCode>,
    breaks: Vec<String>,
}

impl Record {
    fn of(stored: &Interaction, queue: Option<QueueId>) -> Self {
        let mut told = Interaction {
            queue,
            assignee: None,
            accepted_at: None,
            first_response_at: None,
            state: State::New,
            reason: None,
            closed_at: None,
            close_code: None,
            ..stored.clone()
        };
        if !told.short_description_auto {
            told.short_description = String::new();
        }
        Record { told, row: 0, stored_code: stored.close_code, breaks: Vec::new() }
    }

    fn hear(&mut self, fact: &Fact) {
        let told = &mut self.told;
        match fact.kind {
            FactKind::InteractionOpened => {
                told.opened_at = fact.at;
                told.state_since = fact.at;
            }
            FactKind::StageChanged => self.row = fact.number("row").unwrap_or_default(),
            FactKind::StateChanged => self.state_changed(fact),
            FactKind::AssignmentChanged => {
                let id = fact.to.as_deref().and_then(|id| id.parse().ok()).map(AgentId);
                told.assignee = id.map(|id| Assignee { id, present: true, available: true });
                told.queue = fact.number("queue").map(QueueId);
                told.accepted_at = told.accepted_at.or(Some(fact.at)).filter(|_| fact.flag("accepted"));
            }
            FactKind::FirstResponse => told.first_response_at = told.first_response_at.or(Some(fact.at)),
            FactKind::DeliveryChanged if fact.flag("was_first") => told.first_response_at = None,
            FactKind::InteractionChanged => {
                if let (Some("short_description"), Some(text), false) =
                    (fact.text("field"), &fact.to, told.short_description_auto)
                {
                    told.short_description = text.clone();
                }
            }
            FactKind::ConversationCreated
            | FactKind::ConversationChanged
            | FactKind::MessageAdded
            | FactKind::MessageEdited
            | FactKind::MessageRedacted
            | FactKind::TagAdded
            | FactKind::TagRemoved
            | FactKind::DependencyAdded
            | FactKind::DependencyCompleted
            | FactKind::DependencyCancelled
            | FactKind::DependencyUnlinked
            | FactKind::PresenceChanged
            | FactKind::DeliveryChanged
            | FactKind::SetUpChanged
            | FactKind::ContactChanged
            | FactKind::ContactMerged
            | FactKind::OrganizationChanged
            | FactKind::ContactLinked
            | FactKind::Merged => {}
        }
    }

    fn state_changed(&mut self, fact: &Fact) {
        let told = &mut self.told;
        let Some(Ok(to)) = fact.to.as_deref().map(str::parse::<State>) else {
            return self.breaks.push(format!("fact {} changes the state to {:?}", fact.seq, fact.to));
        };
        if fact.from.as_deref() != Some(told.state.as_str()) {
            let said = fact.from.as_deref().unwrap_or("nothing");
            self.breaks.push(format!("fact {} says the state was {said}, but it was {}", fact.seq, told.state));
        }
        told.state = to;
        told.reason = fact.text("reason").and_then(|reason| reason.parse().ok());
        told.state_since = fact.at;
        if to.is_closed() {
            told.closed_at = Some(fact.at);
            told.close_code = Some(code(self.row, to, told.first_response_at, self.stored_code));
        }
    }
}

/// The code that goes with how it ended.
fn code(row: i64, state: State, answered: Option<DateTime<Utc>>, stored: Option<CloseCode>) -> CloseCode {
    match row {
        9 | 20 | 24 | 33 => CloseCode::Complete,
        12 => CloseCode::Spam,
        21 => CloseCode::NoResponse,
        43 => CloseCode::Merged,
        44 | 45 if answered.is_some() => CloseCode::Complete,
        44 | 45 => CloseCode::Abandoned,
        _ => match stored.filter(|code| code.kind().state() == state) {
            Some(code) => code,
            None if state == State::ClosedAbandoned => CloseCode::Abandoned,
            None => CloseCode::Complete,
        },
    }
}

/// The work clock by the segments. A running clock is the same however its time is split between what is counted and
/// what runs.
fn worked(stored: WorkClock, facts: &[Fact]) -> WorkClock {
    let segments = work_segments(facts);
    let since = segments.iter().find(|segment| segment.until.is_none()).map(|segment| segment.since);
    let done: Vec<_> = segments.into_iter().filter(|segment| segment.until.is_some()).collect();
    let again = WorkClock { worked: duration(&done, DateTime::UNIX_EPOCH), since };
    let base = |clock: WorkClock| clock.since.map(|since| clock.worked - (since - DateTime::UNIX_EPOCH));
    let same: bool = match (base(again), base(stored)) {
        (Some(again), Some(stored)) => again == stored,
        (None, None) => again.worked == stored.worked,
        (Some(_), None) | (None, Some(_)) => false,
    };
    if same { stored } else { WorkClock { worked: again.worked.max(TimeDelta::zero()), since } }
}
