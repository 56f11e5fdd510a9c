//! What a page is told of a change: a frame of JSON, rendered once for all the pages that are told the same.

use bytestring::ByteString;
use serde_json::{Map, Value, json};

use crate::desk::watching::Watched;
use crate::domain::Agent;
use crate::domain::row::Row;
use crate::live::Update;
use crate::live::presence::{Changed, Person};

/// The ways to tell one change; each is rendered at most once.
#[derive(Clone, Copy)]
enum Kind {
    /// To a page that shows no list.
    Plain,
    /// To a list that the row belongs to now.
    Put,
    /// To a list that the row does not belong to.
    Leave,
    /// To whoever could see it and may not any more: nothing but that it is gone.
    Gone,
}

/// The frame for a page of this agent; none if it is not for their eyes.
pub fn for_page(agent: &Agent, watched: &Watched, update: &Update) -> Option<ByteString> {
    let kind = if update.scope.visible_to(agent) {
        match (watched.view, &update.row) {
            (Some(view), Some(row)) if view.includes(row, agent) => Kind::Put,
            (Some(_), Some(_)) => Kind::Leave,
            _ => Kind::Plain,
        }
    } else if update.before.is_some_and(|before| before.visible_to(agent)) {
        Kind::Gone
    } else {
        return None;
    };
    Some(update.frame(kind as usize, |update| frame(kind, update)))
}

/// Tells that something may have been missed.
pub fn refresh(seq: u64) -> String {
    json!({ "seq": seq, "type": "refresh" }).to_string()
}

/// Tells who is looking at a conversation and who is typing in it.
pub fn company(seq: u64, changed: &Changed) -> String {
    let people = |people: &[Person]| -> Value {
        people.iter().map(|person| json!({ "id": person.id.0, "name": &*person.name })).collect()
    };
    json!({
        "seq": seq,
        "type": "presence",
        "id": changed.conversation.to_string(),
        "viewing": people(&changed.company.viewing),
        "typing": people(&changed.company.typing),
    })
    .to_string()
}

fn frame(kind: Kind, update: &Update) -> String {
    let fact = &update.fact;
    let id = fact.conversation.map(|id| id.to_string()).or(fact.interaction.map(|id| id.to_string()));
    let mut frame = Map::new();
    frame.insert("seq".into(), update.seq.into());
    frame.insert("type".into(), fact.kind.as_str().into());
    frame.insert("id".into(), id.or(fact.agent.map(|id| id.to_string())).into());
    match kind {
        Kind::Plain => {}
        Kind::Put => drop(frame.insert("op".into(), "put".into())),
        Kind::Leave | Kind::Gone => drop(frame.insert("op".into(), "leave".into())),
    }
    if let (Some(row), Kind::Plain | Kind::Put | Kind::Leave) = (&update.row, kind) {
        frame.insert("version".into(), row.version.into());
        frame.insert("data".into(), data(row));
    }
    Value::Object(frame).to_string()
}

fn data(row: &Row) -> Value {
    let assignee = row.assignee.as_ref();
    let assignee = assignee.map(|agent| json!({ "id": agent.id.0, "name": agent.name, "email": agent.email }));
    json!({ "stage": row.stage.as_str(), "assignee": assignee })
}
