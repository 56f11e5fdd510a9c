//! Verify: every projection and clock computed again from the facts, and compared with what is stored.

use std::collections::{BTreeSet, HashMap};

use super::{Desk, Done};
use crate::domain::due::Limits;
use crate::domain::retelling::{retell, retell_record};
use crate::domain::{Agent, AgentId, ConversationId, Fact, FactKind, InteractionId, Presence};
use crate::store::audit::{self, Difference, Kept};
use crate::store::{Conn, dialect};

/// Records that are looked at together.
const STRETCH: i64 = 500;

/// Something that is not as the facts say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The number of the record.
    pub record: String,
    pub what: String,
}

/// Where findings and progress go.
pub trait Watcher {
    /// Something is wrong.
    fn found(&mut self, finding: Finding);
    /// So many of so many records were looked at.
    fn looked_at(&mut self, done: i64, of: i64);
}

impl Desk {
    /// Compares everything stored with what the facts say, as of one moment, whatever others write meanwhile. Gives how
    /// many records there are.
    pub fn verify(&self, watcher: &mut dyn Watcher) -> Done<i64> {
        let limits = self.limits;
        self.db.read(|conn| dialect::in_snapshot(conn, |conn| verify(conn, &limits, watcher)))
    }
}

fn verify(conn: &mut Conn, limits: &Limits, watcher: &mut dyn Watcher) -> Done<i64> {
    let (conversations, alone) = audit::totals(conn)?;
    let (total, mut done) = (conversations + alone, 0);
    let presence = Presences(audit::presence(conn)?);
    for agent in audit::agents(conn)? {
        presence.check(&agent, watcher);
    }
    let mut last = ConversationId(0);
    loop {
        let stretch = audit::conversations(conn, last, STRETCH)?;
        let Some(end) = stretch.last() else { break };
        last = end.conversation.id;
        done += i64::try_from(stretch.len()).unwrap_or_default();
        stretch.iter().for_each(|kept| check(kept, &presence, limits, watcher));
        watcher.looked_at(done, total);
    }
    let mut last = InteractionId(0);
    loop {
        let stretch = audit::alone(conn, last, STRETCH)?;
        let Some((end, _)) = stretch.last() else { break };
        last = end.id;
        done += i64::try_from(stretch.len()).unwrap_or_default();
        for (stored, facts) in &stretch {
            let (told, breaks) = retell_record(stored, None, facts, &presence.beside(facts));
            tell(watcher, &stored.id.to_string(), audit::differences(stored, &told), breaks);
        }
        watcher.looked_at(done, total);
    }
    Ok(total)
}

fn check(kept: &Kept, presence: &Presences, limits: &Limits, watcher: &mut dyn Watcher) {
    let stored = &kept.conversation;
    let mut told = retell(stored, &kept.interactions, &kept.facts, |own| presence.beside(own));
    told.conversation.preview = kept.said.clone().unwrap_or_default();
    for interaction in &kept.interactions {
        if let Some(told) = told.interactions.get(&interaction.id) {
            tell(watcher, &interaction.id.to_string(), audit::differences(interaction, told), Vec::new());
        }
    }
    let mut breaks = std::mem::take(&mut told.breaks);
    if told.messages != kept.messages {
        breaks.push(format!("{} messages are stored, the facts speak of {}", kept.messages, told.messages));
    }
    breaks.extend(messages_twice(&kept.facts));
    let open = kept.interactions.iter().filter(|one| one.closed_at.is_none());
    let astray = open.filter(|one| one.id != stored.interaction.id);
    breaks.extend(astray.map(|one| format!("{} is open beside the current one", one.id)));
    if told.conversation.tags != stored.tags {
        let names = |tags: &[crate::domain::tag::Tag]| {
            let show = |tag: &crate::domain::tag::Tag| match &tag.value {
                Some(value) => format!("{}: {value}", tag.name),
                None => tag.name.clone(),
            };
            format!("[{}]", tags.iter().map(show).collect::<Vec<_>>().join(", "))
        };
        breaks.push(format!("tags are {}, the facts say {}", names(&stored.tags), names(&told.conversation.tags)));
    }
    for (stored, told) in stored.dependencies.iter().zip(&told.conversation.dependencies) {
        if stored != told {
            breaks.push(format!("dependency {} is {}, the facts say {}", stored.id, stored.state, told.state));
        }
    }
    tell(watcher, &stored.id.to_string(), kept.differences(&told.conversation, limits), breaks);
}

fn messages_twice(facts: &[Fact]) -> Option<String> {
    let mut seen = BTreeSet::new();
    let said = facts.iter().filter(|fact| fact.kind == FactKind::MessageAdded);
    let mut ids = said.filter_map(|fact| fact.number("message"));
    ids.find(|id| !seen.insert(*id)).map(|id| format!("two facts speak of message {id}"))
}

fn tell(watcher: &mut dyn Watcher, record: &str, differences: Vec<Difference>, breaks: Vec<String>) {
    let said = |d: Difference| format!("{} is {}, the facts say {}", d.field, d.stored, d.told);
    for what in differences.into_iter().map(said).chain(breaks) {
        watcher.found(Finding { record: record.to_owned(), what });
    }
}

/// Every change of presence, by agent.
struct Presences(HashMap<AgentId, Vec<Fact>>);

impl Presences {
    /// The facts of an interaction together with those of its agents' presence that bear on it, in order.
    fn beside(&self, own: &[Fact]) -> Vec<Fact> {
        let mut all = own.to_vec();
        let (Some(first), Some(last)) = (own.first(), own.last()) else { return all };
        let closed = own.iter().rev().find(|fact| fact.kind == FactKind::StateChanged);
        let closed = closed.and_then(|fact| fact.to.as_deref()).is_some_and(|to| to.starts_with("closed"));
        let end = if closed { last.seq } else { i64::MAX };
        let assigned = own.iter().filter(|fact| fact.kind == FactKind::AssignmentChanged);
        let agents: BTreeSet<AgentId> =
            assigned.filter_map(|fact| fact.to.as_deref()?.parse().ok()).map(AgentId).collect();
        for facts in agents.iter().filter_map(|agent| self.0.get(agent)) {
            let from = facts.partition_point(|fact| fact.seq < first.seq).saturating_sub(1);
            let until = facts.partition_point(|fact| fact.seq <= end);
            all.extend(facts.get(from..until.max(from)).unwrap_or_default().iter().cloned());
        }
        all.sort_by_key(|fact| fact.seq);
        all
    }

    fn check(&self, agent: &Agent, watcher: &mut dyn Watcher) {
        let last = self.0.get(&agent.id).and_then(|facts| facts.last());
        let told = last.and_then(|fact| fact.to.as_deref()?.parse().ok()).unwrap_or(Presence::Offline);
        let since = last.map_or(agent.presence_since, |fact| fact.at);
        if (agent.presence, agent.presence_since) != (told, since) {
            let what = format!(
                "presence is {} since {}, the facts say {told} since {since}",
                agent.presence, agent.presence_since
            );
            watcher.found(Finding { record: agent.email.clone(), what });
        }
    }
}
