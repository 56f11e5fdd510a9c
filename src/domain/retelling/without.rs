//! A conversation told as if one reply had not been sent: what taking it back restores.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, Utc};

use super::Telling;
use crate::domain::conversation::Conversation;
use crate::domain::fact::{Fact, FactKind};
use crate::domain::ids::{InteractionId, MessageId};
use crate::domain::people::Actor;
use crate::domain::stage::Stage;

/// What would stand if a reply, and what was taken back around it, had not been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Without {
    /// Where the conversation stood before.
    pub stage: Option<Stage>,
    /// When the first of them was sent.
    pub sent_at: DateTime<Utc>,
    /// The interaction it was sent in.
    pub interaction: Option<InteractionId>,
    /// One of them is what counts as its first response.
    pub was_first: bool,
    pub unanswered_since: Option<DateTime<Utc>>,
    pub last_agent_at: Option<DateTime<Utc>>,
    pub reminded_at: Option<DateTime<Utc>>,
}

/// Tells it without a reply. None if another answer of ours stands after it: then the customer is answered all the same,
/// and nothing but the reply itself is taken back.
pub fn without(stored: &Conversation, facts: &[Fact], reply: MessageId) -> Option<Without> {
    let gone: BTreeSet<i64> = facts.iter().filter_map(taken_back).chain([reply.0]).collect();
    let mut again = Again { telling: Telling::of(stored), stage: None, stamp: None, of: None, group: None };
    facts.iter().for_each(|fact| again.hear(fact, &gone, reply));
    let group = again.group.filter(|group| group.has_it)?;
    let told = again.telling.told;
    Some(Without {
        stage: group.stage,
        sent_at: group.at,
        interaction: group.interaction,
        was_first: group.stamped,
        unanswered_since: told.unanswered_since,
        last_agent_at: told.last_agent_at,
        reminded_at: told.reminded_at,
    })
}

/// A change, by who made it and when.
type Of = (DateTime<Utc>, Actor);

struct Again {
    telling: Telling,
    /// Where it really stands.
    stage: Option<Stage>,
    /// The change of the last first response.
    stamp: Option<Of>,
    /// The change of an answer that is gone.
    of: Option<Of>,
    /// The answers that are gone, after the last one that stands.
    group: Option<Group>,
}

struct Group {
    stage: Option<Stage>,
    at: DateTime<Utc>,
    interaction: Option<InteractionId>,
    stamped: bool,
    has_it: bool,
}

impl Again {
    fn hear(&mut self, fact: &Fact, gone: &BTreeSet<i64>, reply: MessageId) {
        let message = fact.number("message").filter(|_| fact.kind == FactKind::MessageAdded);
        if message.is_some() {
            self.of = None;
        }
        match message.filter(|_| answers(fact)) {
            Some(id) if gone.contains(&id) => return self.leave_out(fact, id == reply.0),
            Some(_) => self.group = None,
            None => {}
        }
        let own = Some((fact.at, fact.actor));
        match fact.kind {
            FactKind::FirstResponse => self.stamp = own,
            FactKind::StageChanged => {
                self.stage = fact.to.as_deref().and_then(|to| to.parse().ok());
                if self.of == own && moves(fact) {
                    return;
                }
                self.moved();
            }
            FactKind::DeliveryChanged => {
                if fact.flag("restored") {
                    self.group = None;
                }
                return;
            }
            _ => {}
        }
        self.telling.hear(fact);
    }

    /// Something else has moved it since: that counts, but who was never answered is New whatever they write.
    fn moved(&mut self) {
        let unheard = (Some(Stage::New), Some(Stage::NeedsResponse));
        if let Some(group) = self.group.as_mut().filter(|group| (group.stage, self.stage) != unheard) {
            group.stage = self.stage;
        }
    }

    fn leave_out(&mut self, fact: &Fact, is_it: bool) {
        let (stage, own) = (self.stage, Some((fact.at, fact.actor)));
        let first = Group { stage, at: fact.at, interaction: fact.interaction, stamped: false, has_it: false };
        let group = self.group.get_or_insert(first);
        group.stamped |= self.stamp == own;
        group.has_it |= is_it;
        self.of = own;
    }
}

/// Whether a change of stage is a reply's own.
fn moves(fact: &Fact) -> bool {
    matches!(fact.number("row"), Some(6 | 22 | 30 | 39))
}

/// A public answer.
fn answers(fact: &Fact) -> bool {
    matches!(fact.to.as_deref(), Some("reply" | "external_response"))
}

/// The message that a fact takes back.
fn taken_back(fact: &Fact) -> Option<i64> {
    let gone = fact.kind == FactKind::DeliveryChanged && fact.to.as_deref() == Some("withdrawn");
    fact.number("message").filter(|_| gone)
}

/// A moment as a fact carries it.
pub fn written(at: Option<DateTime<Utc>>) -> Option<String> {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// A moment that a fact carries.
pub fn read(fact: &Fact, name: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(fact.text(name)?).ok()?;
    Some(at.with_timezone(&Utc))
}
