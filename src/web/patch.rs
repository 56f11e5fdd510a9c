//! What a page is told of a change: a frame of JSON, rendered once for all the pages that are told the same.
//!
//! `op` says what becomes of the row in the list that the page shows; `ops` hold what scripts put into the page, as
//! templates/README.md lists them. Fragments are rendered for the last fact of a transaction only: one row is enough.

use std::time::Instant;

use askama::Template;
use bytestring::ByteString;
use serde_json::{Map, Value, json};

use super::conversations::page::{
    EpisodeFragment, EventFragment, MessageFragment, Other, OthersFragment, StageFragment,
};
use super::inbox::page::{RowFragment, RowHereFragment};
use super::interactions::page::RecordHereFragment;
use super::shown;
use super::text::{self, Names};
use crate::desk::Desk;
use crate::desk::watching::Watched;
use crate::domain::row::{NamedAgent, Row};
use crate::domain::view::Eyes;
use crate::domain::{AgentId, ConversationId, FactKind};
use crate::live::Update;
use crate::live::presence::{Changed, Company, Person};

/// What becomes of the row in the list of a page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    /// The page shows no list.
    None,
    Put,
    Leave,
}

/// The ways to tell one change; each is rendered at most once.
#[derive(Clone, Copy)]
enum Kind {
    /// To whoever may see it: for the list of the page, and for the thread if it is open there.
    Seen { list: List, open: bool },
    /// To whoever could see it and may not any more: nothing but that it is gone.
    Gone,
}

impl Kind {
    const fn number(self) -> usize {
        match self {
            Kind::Seen { list, open } => list as usize * 2 + open as usize,
            Kind::Gone => 6,
        }
    }
}

/// The frame for a page with these eyes; none if it is not for them. The desk is asked for names when a frame is
/// rendered, once for all pages that are told the same.
pub fn for_page(eyes: &Eyes, watched: &Watched, update: &Update, desk: &Desk) -> Option<ByteString> {
    let kind = if update.scope.visible_to(eyes) {
        let list = match (watched.view, &update.row) {
            (Some(view), Some(row)) if view.includes(row, eyes) => List::Put,
            (Some(_), Some(_)) => List::Leave,
            _ => List::None,
        };
        Kind::Seen { list, open: watched.conversations.iter().any(|known| Some(known.0) == update.fact.conversation) }
    } else if update.before.is_some_and(|before| before.visible_to(eyes)) {
        Kind::Gone
    } else {
        return None;
    };
    if let Some(sentence) = to_its_writer(eyes, update) {
        // For one person alone: nobody else is told the same.
        let mut own = frame(kind, update, desk);
        let tell = json!({ "op": "tell", "text": sentence });
        match own.get_mut("ops").and_then(Value::as_array_mut) {
            Some(ops) => ops.push(tell),
            None => drop(own.as_object_mut().map(|own| own.insert("ops".into(), json!([tell])))),
        }
        return Some(own.to_string().into());
    }
    Some(update.frame(kind.number(), |update| frame(kind, update, desk).to_string()))
}

/// What the writer of a message is told wherever they are, when it was not sent.
fn to_its_writer(eyes: &Eyes, update: &Update) -> Option<String> {
    let fact = &update.fact;
    let bad = matches!(fact.to.as_deref(), Some("failed" | "unknown"));
    if fact.kind != FactKind::DeliveryChanged || !bad || fact.agent.is_none() || fact.agent != eyes.agent {
        return None;
    }
    let (who, number) = (&update.row.as_ref()?.who, fact.conversation?);
    Some(format!("Your message to {who} ({number}) was not sent, or nobody knows. Look into the Outbox."))
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
    let (id, others) = (changed.conversation, &others(&changed.company));
    let ops = [
        op("swap", &format!("others-{}", id.0), &OthersFragment { id, others }),
        op("swap", &format!("row-here-{}", id.0), &RowHereFragment { id, others }),
        op("swap", &format!("record-here-{}", id.0), &RecordHereFragment { id, others }),
    ];
    json!({
        "seq": seq,
        "type": "company.changed",
        "id": changed.conversation.to_string(),
        "viewing": people(&changed.company.viewing),
        "typing": people(&changed.company.typing),
        "customer_typing": changed.company.customer,
        "ops": ops.into_iter().flatten().collect::<Vec<_>>(),
    })
    .to_string()
}

/// Who is there, as a page shows them: in one order on every page, whoever came first.
pub fn others(company: &Company) -> Vec<Other> {
    let other = |person: &Person| Other {
        agent: NamedAgent { id: person.id, name: person.name.to_string(), email: String::new() },
        writing: company.typing.contains(person),
    };
    let agent = || NamedAgent { id: AgentId(0), name: "Customer".to_owned(), email: String::new() };
    let customer = company.customer.then(|| Other { agent: agent(), writing: true });
    let mut others: Vec<Other> = company.viewing.iter().map(other).collect();
    others.sort_by_key(|other| other.agent.id);
    others.into_iter().chain(customer).collect()
}

/// What the page of a conversation shows of who is there now.
pub fn here(desk: &Desk, id: ConversationId) -> Vec<Other> {
    others(&desk.hub.presence().company(id, Instant::now()))
}

fn frame(kind: Kind, update: &Update, desk: &Desk) -> Value {
    let fact = &update.fact;
    let id = fact.conversation.map(|id| id.to_string()).or(fact.interaction.map(|id| id.to_string()));
    let mut frame = Map::new();
    frame.insert("seq".into(), update.seq.into());
    frame.insert("type".into(), fact.kind.as_str().into());
    let person = ["contact", "organization"].iter().find_map(|name| fact.number(name)).map(|id| id.to_string());
    frame.insert("id".into(), id.or(fact.agent.map(|id| id.to_string())).or(person).into());
    match (kind, &update.row) {
        (Kind::Seen { list, open }, Some(row)) => {
            frame.insert("version".into(), row.version.into());
            frame.insert("data".into(), data(update, row));
            match list {
                List::None => {}
                List::Put => drop(frame.insert("op".into(), "put".into())),
                List::Leave => drop(frame.insert("op".into(), "leave".into())),
            }
            frame.insert("ops".into(), ops(list, open, update, row, desk));
        }
        (Kind::Seen { .. }, None) => {}
        (Kind::Gone, _) => {
            let row = fact.conversation.map(|id| format!("conversation-{}", id.0));
            frame.insert("op".into(), "leave".into());
            frame.insert("ops".into(), json!([{ "op": "leave", "id": row }]));
        }
    }
    Value::Object(frame)
}

/// The stage is the fact's own where it is about stages: others may have followed it by now.
fn data(update: &Update, row: &Row) -> Value {
    let stage = update.fact.to.as_deref().filter(|_| update.fact.kind == FactKind::StageChanged);
    let assignee = row.assignee.as_ref();
    let assignee = assignee.map(|agent| json!({ "id": agent.id.0, "name": agent.name, "email": agent.email }));
    json!({ "stage": stage.unwrap_or(row.stage.as_str()), "assignee": assignee })
}

fn ops(list: List, open: bool, update: &Update, row: &Row, desk: &Desk) -> Value {
    let mut ops = if open { lines(update, row, desk) } else { Vec::new() };
    if update.is_last {
        let id = format!("conversation-{}", row.id.0);
        match list {
            List::None => {}
            List::Put => ops.extend(op("put", &id, &RowFragment { row, here: &here(desk, row.id) })),
            List::Leave => ops.extend(op("leave", &id, &RowFragment { row, here: &here(desk, row.id) })),
        }
        if open {
            let badge = StageFragment { id: row.id, version: row.version, stage: row.stage };
            ops.extend(op("swap", &format!("stage-{}", row.id.0), &badge));
        }
    }
    Value::Array(ops)
}

/// What an open thread gains by a fact: its message, or its line.
fn lines(update: &Update, row: &Row, desk: &Desk) -> Vec<Value> {
    let mut lines = Vec::new();
    if let Some(interaction) = &update.episode {
        lines.extend(add(&EpisodeFragment { episode: &shown::episode(interaction) }));
    }
    if let Some(message) = &update.message {
        let fragment = MessageFragment { message: &shown::message(message, row.stage) };
        // A message that reads otherwise does so where it is shown; it is no news of the thread.
        lines.extend(match update.fact.kind {
            FactKind::MessageAdded => add(&fragment),
            _ => op("swap", &format!("message-{}", message.id), &fragment),
        });
    }
    if let Some(directory) = desk.last_directory()
        && let Some(event) = text::event(&update.fact, Names { directory: &directory, who: &row.who })
    {
        lines.extend(add(&EventFragment { event: &event }));
    }
    if let (FactKind::AssignmentChanged, Some(agent)) = (update.fact.kind, &row.assignee) {
        lines.push(json!({ "op": "say", "text": format!("{} has this conversation", agent.name) }));
    }
    lines
}

fn add(fragment: &impl Template) -> Option<Value> {
    let mut added = op("add", "", fragment)?;
    added.as_object_mut()?.insert("to".into(), "messages".into());
    Some(added)
}

fn op(op: &str, id: &str, fragment: &impl Template) -> Option<Value> {
    match fragment.render() {
        Ok(html) => Some(json!({ "op": op, "id": id, "html": html })),
        Err(error) => {
            tracing::error!(%error, id, "a fragment could not be rendered; the page shows it when it loads again");
            None
        }
    }
}
