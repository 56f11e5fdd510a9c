//! Clocks: stays in stages, both methods of time to initial response, work segments. All from facts alone.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::fact::{Fact, FactKind};
use super::ids::AgentId;
use super::people::Presence;
use super::retelling::read;
use super::stage::Stage;
use super::state::State;

/// One stay of a conversation in a stage. `until` is None while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    pub stage: Stage,
    pub since: DateTime<Utc>,
    pub until: Option<DateTime<Utc>>,
    /// The reply that it began with was taken back.
    pub void: bool,
}

impl Stay {
    fn length(&self, now: DateTime<Utc>) -> TimeDelta {
        (self.until.unwrap_or(now).min(now) - self.since).max(TimeDelta::zero())
    }
}

/// The stays of a conversation, in order, from its facts in order.
pub fn stays(facts: &[Fact]) -> Vec<Stay> {
    let mut stays: Vec<Stay> = Vec::new();
    for fact in facts {
        if let (FactKind::DeliveryChanged, Some(sent)) = (fact.kind, read(fact, "sent_at")) {
            let begun = stays.iter_mut().filter(|stay| stay.stage == Stage::WaitingOnUser && stay.since == sent);
            begun.for_each(|stay| stay.void = true);
        }
        if fact.kind != FactKind::StageChanged {
            continue;
        }
        let Some(stage) = fact.to.as_deref().and_then(|to| to.parse().ok()) else { continue };
        if let Some(last) = stays.last_mut() {
            last.until = Some(fact.at);
        }
        stays.push(Stay { stage, since: fact.at, until: None, void: false });
    }
    stays
}

/// Time in each stage, in the order of the stages; an open stay counts to `now`. The stages sum to now - created.
pub fn time_in_stage(stays: &[Stay], now: DateTime<Utc>) -> BTreeMap<Stage, TimeDelta> {
    let mut sums = BTreeMap::new();
    for stay in stays {
        *sums.entry(stay.stage).or_insert_with(TimeDelta::zero) += stay.length(now);
    }
    sums
}

/// Time to initial response by both methods: (created to the first New -> Waiting on user, time spent in New until then).
/// A reply that was taken back was none: then it is the next one.
/// None if it never was answered; conversations an agent began have none by definition, which the caller knows.
pub fn initial_response(stays: &[Stay]) -> Option<(TimeDelta, TimeDelta)> {
    let created = stays.first()?.since;
    let (mut in_new, mut owed) = (TimeDelta::zero(), false);
    for (stay, next) in stays.iter().zip(stays.iter().skip(1)) {
        if stay.stage == Stage::New {
            in_new += next.since - stay.since;
        }
        if next.stage == Stage::WaitingOnUser && (owed || stay.stage == Stage::New) {
            if !next.void {
                return Some((next.since - created, in_new));
            }
            owed = true;
        }
    }
    None
}

/// A time an agent worked on an interaction. `until` is None while they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    pub agent: AgentId,
    pub since: DateTime<Utc>,
    pub until: Option<DateTime<Utc>>,
}

#[derive(Default)]
struct Work {
    in_progress: bool,
    assignee: Option<AgentId>,
    accepted: bool,
    running: Option<Segment>,
    done: Vec<Segment>,
}

impl Work {
    fn settle(&mut self, at: DateTime<Utc>, present: impl Fn(AgentId) -> bool) {
        let worker = self.assignee.filter(|agent| self.in_progress && self.accepted && present(*agent));
        if self.running.map(|segment| segment.agent) == worker {
            return;
        }
        if let Some(segment) = self.running.take() {
            self.done.push(Segment { until: Some(at), ..segment });
        }
        self.running = worker.map(|agent| Segment { agent, since: at, until: None });
    }
}

/// Work segments of an interaction from its facts and the presence facts of its agents, together in order of the log.
/// A segment runs while the state is Work in Progress, an agent is assigned and accepted, and is not Offline.
///
/// Presence before the first fact is Offline. Segments of no length are left out.
pub fn work_segments(facts: &[Fact]) -> Vec<Segment> {
    let mut work = Work::default();
    let mut presence: BTreeMap<AgentId, Presence> = BTreeMap::new();
    let mut facts = facts.iter().peekable();
    while let Some(fact) = facts.next() {
        match fact.kind {
            FactKind::PresenceChanged => {
                if let (Some(agent), Some(Ok(to))) = (fact.agent, fact.to.as_deref().map(str::parse)) {
                    presence.insert(agent, to);
                }
            }
            FactKind::StateChanged => {
                work.in_progress = fact.to.as_deref() == Some(State::WorkInProgress.as_str());
            }
            FactKind::AssignmentChanged => {
                work.assignee = fact.to.as_deref().and_then(|id| id.parse().ok()).map(AgentId);
                work.accepted = fact.flag("accepted");
            }
            _ => {}
        }
        // What happened at one moment is one change: only its outcome counts.
        if facts.peek().is_none_or(|next| next.at != fact.at) {
            work.settle(fact.at, |agent| presence.get(&agent).is_some_and(|p| *p != Presence::Offline));
        }
    }
    work.done.extend(work.running);
    work.done.retain(|segment| segment.until != Some(segment.since));
    work.done
}

/// The sum of segments; a running one counts to `now`. Overlaps with other interactions count in full.
pub fn duration(segments: &[Segment], now: DateTime<Utc>) -> TimeDelta {
    segments.iter().map(|s| (s.until.unwrap_or(now) - s.since).max(TimeDelta::zero())).sum()
}

/// An agent's busy time over several interactions: the union of their segments.
pub fn busy(mut segments: Vec<Segment>, now: DateTime<Utc>) -> TimeDelta {
    segments.sort_by_key(|segment| segment.since);
    let mut total = TimeDelta::zero();
    let mut reached: Option<DateTime<Utc>> = None;
    for segment in segments {
        let end = segment.until.unwrap_or(now);
        let start = reached.map_or(segment.since, |reached| reached.max(segment.since));
        total += (end - start).max(TimeDelta::zero());
        reached = Some(reached.map_or(end, |reached| reached.max(end)));
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::people::Actor;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn stage(minute: i64, to: Stage) -> Fact {
        Fact::new(FactKind::StageChanged, Actor::System, at(minute)).change(None, Some(to.as_str()))
    }

    #[test]
    fn both_methods_differ_exactly_by_the_time_suspended() {
        let facts = [stage(0, Stage::Suspended), stage(45, Stage::New), stage(50, Stage::WaitingOnUser)];
        let stays = stays(&facts);
        assert_eq!(initial_response(&stays), Some((TimeDelta::minutes(50), TimeDelta::minutes(5))));
        let sums = time_in_stage(&stays, at(60));
        assert_eq!(sums.values().sum::<TimeDelta>(), TimeDelta::minutes(60));
    }

    #[test]
    fn a_reply_that_was_taken_back_is_no_initial_response() {
        let back = Fact::new(FactKind::DeliveryChanged, Actor::System, at(6));
        let back = back.with("sent_at", crate::domain::retelling::written(Some(at(5))));
        let facts = [stage(0, Stage::New), stage(5, Stage::WaitingOnUser), stage(6, Stage::New), back];
        assert_eq!(initial_response(&stays(&facts)), None);
        let again = [facts.to_vec(), vec![stage(20, Stage::WaitingOnUser)]].concat();
        assert_eq!(initial_response(&stays(&again)), Some((TimeDelta::minutes(20), TimeDelta::minutes(19))));
    }

    #[test]
    fn busy_time_is_the_union() {
        let segment = |since, until| Segment { agent: AgentId(1), since: at(since), until: Some(at(until)) };
        let segments = vec![segment(0, 10), segment(4, 12)];
        assert_eq!(duration(&segments, at(99)), TimeDelta::minutes(18));
        assert_eq!(busy(segments, at(99)), TimeDelta::minutes(12));
    }
}
