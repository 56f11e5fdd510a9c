//! Facts as timelines and the feed show them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::refs::{ActorRef, AgentRef, ConversationRef, InteractionRef, Refs};
use crate::desk::{Desk, Done};
use crate::domain::fact::Datum;
use crate::domain::names::{Names, Wanted};
use crate::domain::{self, Agent, AgentId, ContactId, FactKind, QueueId};

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fact {
    /// Greater is later.
    pub seq: i64,
    pub at: DateTime<Utc>,
    /// As in stage.changed.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub actor: ActorRef,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction: Option<InteractionRef>,
    /// The agent a presence is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentRef>,
    /// A value, or a reference where the fact is about who has it; null where there was nothing.
    pub from: Value,
    pub to: Value,
    /// What goes with this type of fact.
    #[schema(value_type = Object)]
    pub data: Map<String, Value>,
}

/// Facts as answers show them, with the names of what they refer to.
pub fn told(desk: &Desk, me: &Agent, facts: Vec<domain::Fact>) -> Done<Vec<Fact>> {
    let mut wanted = Wanted::default();
    facts.iter().for_each(|fact| wanted.fact(fact));
    let names = desk.names(Some(me), &wanted)?;
    Ok(facts.into_iter().map(|fact| one(fact, &names)).collect())
}

fn one(fact: domain::Fact, names: &Names) -> Fact {
    let end = |end: &Option<String>| end.as_deref().map_or(Value::Null, |text| value(fact.kind, text, names));
    let (from, to) = (end(&fact.from), end(&fact.to));
    Fact {
        seq: fact.seq,
        at: fact.at,
        kind: fact.kind.as_str(),
        actor: names.actor(fact.actor),
        conversation: fact.conversation.map(|id| names.conversation(id)),
        interaction: fact.interaction.map(|id| names.interaction(id)),
        agent: fact.agent.map(|id| names.agent(id)),
        from,
        to,
        data: fact.data.into_iter().map(|(name, datum)| datum_of(name, datum, names)).collect(),
    }
}

/// An end of a change: a word as it is, an agent or a contact as a reference.
fn value(kind: FactKind, text: &str, names: &Names) -> Value {
    match (kind, text.parse()) {
        (FactKind::AssignmentChanged, Ok(id)) => json!(names.agent(AgentId(id))),
        (FactKind::ContactLinked, Ok(id)) => json!(names.contact(ContactId(id))),
        _ => text.into(),
    }
}

fn datum_of(name: String, datum: Datum, names: &Names) -> (String, Value) {
    let value = match datum {
        Datum::Number(id) if matches!(name.as_str(), "queue" | "queue_from") => json!(names.queue(QueueId(id))),
        Datum::Number(number) => number.into(),
        Datum::Text(text) => text.into(),
        Datum::Flag(flag) => flag.into(),
        Datum::Null => Value::Null,
    };
    (name, value)
}
