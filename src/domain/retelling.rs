//! A conversation told again from its facts alone, to be compared with what is stored of it. What no fact carries (who
//! wrote, on which channel, under which title) is taken over as it stands.

use std::collections::BTreeMap;

use super::conversation::{Conversation, StartedBy};
use super::dependency::DependencyState;
use super::fact::{Fact, FactKind};
use super::ids::{DependencyId, InteractionId, MessageId};
use super::interaction::Interaction;
use super::stage::Stage;
use super::state::project;
use super::tag::Tag;

mod record;
mod without;

pub use record::retell_record;
pub use without::{Without, read, without, written};

/// A conversation as its facts tell it.
#[derive(Debug, Clone)]
pub struct Retold {
    pub conversation: Conversation,
    /// All its interactions.
    pub interactions: BTreeMap<InteractionId, Interaction>,
    /// How many messages the facts speak of.
    pub messages: i64,
    /// Where the facts contradict each other.
    pub breaks: Vec<String>,
}

/// Rows of the stage table that end with an agent's words, so that nothing is left unanswered.
const SETTLED: [i64; 5] = [9, 12, 20, 24, 33];

/// Tells a conversation and its interactions again. `facts` are all of the conversation, in order; `work` gives the facts
/// of one interaction together with the presence of its agents.
pub fn retell(
    stored: &Conversation,
    interactions: &[Interaction],
    facts: &[Fact],
    work: impl Fn(&[Fact]) -> Vec<Fact>,
) -> Retold {
    let mut telling = Telling::of(stored);
    facts.iter().for_each(|fact| telling.hear(fact));
    let mut retold = telling.end(stored);
    let mut queue = None;
    for interaction in interactions {
        let own: Vec<Fact> = facts.iter().filter(|f| f.interaction == Some(interaction.id)).cloned().collect();
        // The next interaction begins in the queue of the one before.
        let (again, breaks) = retell_record(interaction, queue, &own, &work(&own));
        queue = again.queue;
        retold.breaks.extend(breaks);
        retold.interactions.insert(interaction.id, again);
    }
    match retold.interactions.get(&retold.conversation.interaction.id) {
        Some(current) => retold.conversation.interaction = current.clone(),
        None => retold.breaks.push("no interaction was opened".to_owned()),
    }
    retold.breaks.extend(against_projection(&retold.conversation));
    retold
}

/// State and state reason follow from the stage.
fn against_projection(told: &Conversation) -> Option<String> {
    let interaction = &told.interaction;
    let closed = interaction.close_code.map(|code| code.kind());
    let (state, reason) = project(told.stage, interaction.kind, interaction.accepted_at.is_some(), closed);
    let fits = (state, reason) == (interaction.state, interaction.reason);
    (!fits).then(|| format!("{} is {} while the stage is {}", interaction.id, interaction.state, told.stage))
}

struct Telling {
    told: Conversation,
    current: Option<InteractionId>,
    opened: i64,
    stage: Option<Stage>,
    /// A merge brings the other's unanswered time, which these facts do not know.
    merged_here: bool,
    merged: bool,
    added: usize,
    messages: i64,
    breaks: Vec<String>,
}

impl Telling {
    fn of(stored: &Conversation) -> Self {
        let mut told = stored.clone();
        told.unanswered_since = None;
        told.last_message = None;
        told.last_customer_message = None;
        told.last_customer_at = None;
        told.last_agent_at = None;
        told.reminded_at = None;
        told.tags.clear();
        told.dependencies.iter_mut().for_each(|dependency| {
            dependency.state = DependencyState::Open;
            dependency.closed_at = None;
        });
        Telling {
            told,
            current: None,
            opened: 0,
            stage: None,
            merged_here: false,
            merged: false,
            added: 0,
            messages: 0,
            breaks: Vec::new(),
        }
    }

    fn hear(&mut self, fact: &Fact) {
        match fact.kind {
            FactKind::ConversationCreated => self.created(fact),
            FactKind::InteractionOpened => {
                self.current = fact.interaction;
                self.opened += 1;
            }
            FactKind::ConversationChanged => {
                if let (Some("title"), Some(title)) = (fact.text("field"), &fact.to) {
                    self.told.title = title.clone();
                }
            }
            FactKind::StageChanged => self.stage_changed(fact),
            FactKind::MessageAdded => self.said(fact),
            FactKind::TagAdded => self.tagged(fact),
            FactKind::TagRemoved => {
                let name = fact.from.as_deref().unwrap_or_default();
                self.told.tags.retain(|tag| !tag.is(name));
            }
            FactKind::DependencyAdded => self.added += 1,
            FactKind::DependencyCompleted => self.ended(fact, DependencyState::Completed),
            FactKind::DependencyCancelled => self.ended(fact, DependencyState::Cancelled),
            FactKind::DependencyUnlinked => self.ended(fact, DependencyState::Unlinked),
            FactKind::Merged => {
                let own = Some(self.told.id.to_string());
                self.merged |= fact.from == own;
                self.merged_here |= fact.to == own;
            }
            FactKind::DeliveryChanged => self.taken_back(fact),
            FactKind::InteractionChanged
            | FactKind::StateChanged
            | FactKind::AssignmentChanged
            | FactKind::FirstResponse
            | FactKind::MessageEdited
            | FactKind::MessageRedacted
            | FactKind::PresenceChanged
            | FactKind::SetUpChanged
            | FactKind::ContactChanged
            | FactKind::ContactMerged
            | FactKind::OrganizationChanged
            | FactKind::ContactLinked => {}
        }
    }

    fn created(&mut self, fact: &Fact) {
        let told = &mut self.told;
        told.created_at = fact.at;
        told.last_message_at = fact.at;
        match fact.text("started_by").map(str::parse::<StartedBy>) {
            Some(Ok(by)) => told.started_by = by,
            _ => self.breaks.push(format!("fact {} does not say who began", fact.seq)),
        }
        told.unanswered_since = (told.started_by != StartedBy::Agent).then_some(fact.at);
    }

    fn stage_changed(&mut self, fact: &Fact) {
        let Some(Ok(to)) = fact.to.as_deref().map(str::parse::<Stage>) else {
            return self.breaks.push(format!("fact {} changes the stage to {:?}", fact.seq, fact.to));
        };
        if fact.from.as_deref() != self.stage.map(Stage::as_str) {
            let (said, was) = (fact.from.as_deref().unwrap_or("nothing"), self.stage.map_or("nothing", Stage::as_str));
            self.breaks.push(format!("fact {} says the stage was {said}, but it was {was}", fact.seq));
        }
        self.stage = Some(to);
        let told = &mut self.told;
        told.stage = to;
        told.stage_since = fact.at;
        match fact.number("row").unwrap_or_default() {
            row if SETTLED.contains(&row) => told.unanswered_since = None,
            22 if to == Stage::NeedsResponse => told.unanswered_since = told.last_customer_at,
            19 | 38 => told.unanswered_since = Some(fact.at),
            43 if to == Stage::Archived => told.unanswered_since = None,
            _ => {}
        }
    }

    /// A note on an interaction that is over concerns that record alone.
    fn said(&mut self, fact: &Fact) {
        self.messages += 1;
        if fact.interaction != self.current {
            return;
        }
        let told = &mut self.told;
        let message = fact.number("message").map(MessageId);
        told.last_message = message;
        told.last_message_at = fact.at;
        match (fact.to.as_deref(), fact.text("class")) {
            (Some("customer"), Some("content")) => {
                told.last_customer_message = message;
                told.last_customer_at = Some(fact.at);
                told.unanswered_since = told.unanswered_since.or(Some(fact.at));
                told.reminded_at = None;
            }
            (Some("reply" | "external_response"), _) => {
                told.last_agent_at = Some(fact.at);
                told.unanswered_since = None;
                told.reminded_at = None;
                self.merged_here = false;
            }
            (Some("event"), Some("automatic")) => told.reminded_at = Some(fact.at),
            _ => {}
        }
    }

    /// A reply that was taken back says what stands without it.
    fn taken_back(&mut self, fact: &Fact) {
        if fact.flag("restored") {
            self.told.unanswered_since = read(fact, "unanswered_since");
            self.told.last_agent_at = read(fact, "last_agent_at");
            self.told.reminded_at = read(fact, "reminded_at");
            self.merged_here = false;
        }
    }

    fn tagged(&mut self, fact: &Fact) {
        let name = fact.to.clone().unwrap_or_default();
        self.told.tags.retain(|tag| !tag.is(&name));
        self.told.tags.push(Tag { name, value: fact.text("value").map(str::to_owned) });
    }

    fn ended(&mut self, fact: &Fact, state: DependencyState) {
        let id = fact.number("dependency").map(DependencyId);
        match self.told.dependencies.iter_mut().find(|dependency| Some(dependency.id) == id) {
            Some(dependency) => {
                dependency.state = state;
                dependency.closed_at = Some(fact.at);
            }
            None => self.breaks.push(format!("fact {} ends a dependency that is not there", fact.seq)),
        }
    }

    fn end(mut self, stored: &Conversation) -> Retold {
        let told = &mut self.told;
        told.reopen_count = (self.opened - 1).max(0);
        if self.merged_here {
            told.unanswered_since = stored.unanswered_since;
        }
        told.merged_into = stored.merged_into.filter(|_| self.merged);
        if self.merged && told.merged_into.is_none() {
            self.breaks.push("it was merged, but into nothing".to_owned());
        }
        if self.added != told.dependencies.len() {
            let (stored, added) = (told.dependencies.len(), self.added);
            self.breaks.push(format!("{added} dependencies were added, {stored} are there"));
        }
        if self.stage.is_none() {
            self.breaks.push("no fact says how it began".to_owned());
        }
        told.rank = match (told.tags.iter().any(Tag::escalates), stored.rank) {
            (true, _) => 0,
            (false, 0) => 2,
            (false, rank) => rank,
        };
        if let Some(current) = self.current {
            told.interaction.id = current;
        }
        told.tags.sort_by(|a, b| a.name.cmp(&b.name));
        Retold { conversation: self.told, interactions: BTreeMap::new(), messages: self.messages, breaks: self.breaks }
    }
}
