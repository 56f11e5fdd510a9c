//! The record page: `/interactions/{n}`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::page::{Choices, Fields, InteractionPage, RecordTab, WorkNote};
use super::typed::Typed;
use crate::desk::directory::Directory;
use crate::desk::record::OpenedRecord;
use crate::desk::{self};
use crate::domain::change::MessageKind;
use crate::domain::people::OpenedFor;
use crate::domain::row::NamedAgent;
use crate::domain::{Fact, FactKind, InteractionId, Refused, message};
use crate::web::chrome::Toast;
use crate::web::conversations::forms::Problem;
use crate::web::conversations::page::{Event, Other, PastInteraction};
use crate::web::page::{Answer, Page, Place, goes_saying, number};
use crate::web::shown::{self, Scene};
use crate::web::text::{self, Names};
use crate::web::{Error, patch};

/// `?tab=`
#[derive(Deserialize)]
pub struct Shown {
    #[serde(default)]
    tab: String,
}

/// A form that comes back: what was typed, why, and how it is answered.
struct Rejected {
    typed: Typed,
    problem: Problem,
    status: StatusCode,
}

/// `GET /interactions/{n}`
pub async fn show(page: Page, n: web::Path<String>, shown: web::Query<Shown>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let opened = page.desk.open_record(&page.me, number(&n)?)?;
        render(page, &opened, tab(&shown.tab), None)
    })
    .await
}

/// `POST /interactions/{n}`
pub async fn save(page: Page, n: web::Path<String>, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let (id, typed) = (number::<InteractionId>(&n)?, form.into_inner());
        let opened = page.desk.open_record(&page.me, id)?;
        let directory = page.desk.directory()?;
        let known = fields(&opened, &directory);
        let saved = typed.saving(&known).map_err(desk::Error::from);
        let saved = saved.and_then(|saving| page.desk.save_record(&page.me, id, saving, typed.version()));
        match saved {
            Ok(_) => done(page, id, &typed),
            Err(error) => {
                let (status, problem) = refused(page, id, &typed, error)?;
                let tab = tab(&typed.tab);
                let opened = page.desk.open_record(&page.me, id)?;
                render(page, &opened, tab, Some(Rejected { typed, problem, status }))
            }
        }
    })
    .await
}

/// Back to the record; to the inbox if it is not for these eyes any more.
fn done(page: &Page, id: InteractionId, typed: &Typed) -> Result<Answer, Error> {
    let toast = Toast::done(typed.said(id));
    match page.desk.interaction(&page.me, id) {
        Ok(_) if typed.tab.is_empty() => goes_saying(format!("/interactions/{id}"), toast),
        Ok(_) => goes_saying(format!("/interactions/{id}?tab={}", tab(&typed.tab).key()), toast),
        Err(desk::Error::NotFound) => goes_saying("/inbox/mine", toast),
        Err(error) => Err(error.into()),
    }
}

/// What the desk calls the fields of the form.
const FIELDS: &[(&str, &str)] = &[
    ("short_description", "short_description"),
    ("opened_for", "opened_for"),
    ("agent", "assigned_to"),
    ("assigned_to", "assigned_to"),
    ("queue", "queue"),
    ("work_notes", "work_note"),
    ("body", "work_note"),
];

/// Why the form comes back. What no form can say is an error of its own.
fn refused(page: &Page, id: InteractionId, typed: &Typed, error: desk::Error) -> Result<(StatusCode, Problem), Error> {
    let desk::Error::Refused(refused) = error else { return Err(error.into()) };
    let status = crate::web::Problem::of(&refused).status;
    let mut problem = Problem::of(&refused, FIELDS);
    let directory = page.desk.directory()?;
    if let Refused::AlreadyAssigned(agent) = &refused {
        problem.message = format!("{} has taken this already.", text::agent_name(&directory, *agent));
    }
    if status == StatusCode::CONFLICT {
        let opened = page.desk.open_record(&page.me, id)?;
        let who = shown::name(&opened.who, &opened.interaction.opened_for);
        let names = Names { directory: &directory, who: &who };
        let messages = opened.conversation.as_ref().map_or(&opened.notes, |opened| &opened.messages);
        problem.newer = text::news(&opened.facts, messages, page.me.id, typed.seen(), names);
        problem.also = crossed(&opened, &directory, page, typed);
    }
    Ok((status, problem))
}

/// The fields that somebody else wrote meanwhile, each with what they made of it. What was typed stays in them.
fn crossed(opened: &OpenedRecord, directory: &Directory, page: &Page, typed: &Typed) -> Vec<(&'static str, String)> {
    let known = fields(opened, directory);
    let fields = typed.crossed(&known).into_iter().map(|(field, now)| {
        let by = opened.facts.iter().rev().find(|fact| writes(fact, field) && fact.actor.agent() != Some(page.me.id));
        let by = by.and_then(|fact| fact.actor.agent()).map(|id| text::agent_name(directory, id));
        let by = by.unwrap_or_else(|| "Somebody".to_owned());
        let now = called(field, now, opened, directory);
        (field, format!("{by} made this “{now}”. Yours is kept here: Save replaces theirs."))
    });
    fields.collect()
}

/// Whether a fact is about a field of the form.
fn writes(fact: &Fact, field: &str) -> bool {
    match fact.kind {
        FactKind::InteractionChanged => fact.text("field") == Some(field),
        FactKind::AssignmentChanged => matches!(field, "assigned_to" | "queue"),
        FactKind::ContactLinked => field == "opened_for",
        _ => false,
    }
}

/// The value of a field as its select shows it.
fn called(field: &str, value: &str, opened: &OpenedRecord, directory: &Directory) -> String {
    let name = match field {
        "assigned_to" => directory.agents.iter().find(|agent| agent.email == value).map(|agent| agent.name.clone()),
        "queue" => directory.queues.iter().find(|queue| queue.slug == value).map(|queue| queue.name.clone()),
        "opened_for" => opened.who.contact.as_ref().map(|contact| contact.name.clone()),
        _ => Some(value.to_owned()),
    };
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "nobody".to_owned())
}

fn render(page: &Page, opened: &OpenedRecord, tab: RecordTab, rejected: Option<Rejected>) -> Result<Answer, Error> {
    let directory = page.desk.directory()?;
    let scene = Scene { me: &page.me, directory: &directory, now: page.desk.clock.now() };
    let i = &opened.interaction;
    let tab = if tab == RecordTab::Conversation && i.conversation.is_none() { RecordTab::Details } else { tab };
    let known = fields(opened, &directory);
    let who = shown::name(&opened.who, &i.opened_for);
    let entries = opened.conversation.as_ref().filter(|_| tab == RecordTab::Conversation);
    let current = opened.conversation.as_ref().map(|opened| &opened.conversation);
    let mut status = StatusCode::OK;
    let (mut shown_fields, mut problem) = (known.clone(), None);
    if let Some(rejected) = rejected {
        status = rejected.status;
        shown_fields = rejected.typed.over(&known);
        problem = Some(rejected.problem);
    }
    let page_of = InteractionPage {
        chrome: page.chrome(Place { current: "", topics: topics(opened), view: "" })?,
        tab,
        record: shown::record_alone(opened, scene),
        choices: choices(page, opened, &directory),
        fields: shown_fields,
        was: known,
        problem,
        opened_at: i.opened_at,
        first_response_at: i.first_response_at,
        closed_at: i.closed_at,
        close_code: i.close_code,
        short_description_auto: i.short_description_auto,
        stage: current.filter(|conversation| conversation.interaction.id == i.id).map(|one| one.stage),
        editable: !i.state.is_closed() || page.me.role.leads(),
        movable: i.conversation.is_none() && !i.state.is_closed(),
        may_take: i.assignee.is_none() && !i.state.is_closed(),
        entries: entries.map(|opened| shown::entries(opened, Some(i.id), scene)).unwrap_or_default(),
        notes: notes(opened, &directory),
        timeline: timeline(opened, Names { directory: &directory, who: &who }),
        also_open: also_open(opened),
        also_open_records: also_open_records(opened),
        direction: i.direction,
        profile: profile(opened, &directory),
        others: others(page, opened),
    };
    page.shows_as(status, &page_of)
}

fn topics(opened: &OpenedRecord) -> Vec<String> {
    let mut topics = vec![format!("interaction:{}", opened.interaction.id)];
    topics.extend(opened.interaction.conversation.map(|id| format!("conversation:{id}")));
    topics
}

/// What stands in the fields when nobody has typed.
fn fields(opened: &OpenedRecord, directory: &Directory) -> Fields {
    let i = &opened.interaction;
    let assignee = i.assignee.and_then(|assignee| directory.agent(assignee.id));
    let queue = i.queue.and_then(|id| directory.queue(id));
    Fields {
        short_description: i.short_description.clone(),
        opened_for: match &i.opened_for {
            OpenedFor::Contact(id) => id.to_string(),
            OpenedFor::Guest(_) | OpenedFor::Nobody => String::new(),
        },
        guest_name: match &i.opened_for {
            OpenedFor::Guest(name) => name.clone(),
            OpenedFor::Contact(_) | OpenedFor::Nobody => String::new(),
        },
        assigned_to: assignee.map(|agent| agent.email.clone()).unwrap_or_default(),
        queue: queue.map(|queue| queue.slug.clone()).unwrap_or_default(),
        work_note: String::new(),
        seen: opened.facts.last().map_or(0, |fact| fact.seq),
    }
}

fn choices(page: &Page, opened: &OpenedRecord, directory: &Directory) -> Choices {
    let i = &opened.interaction;
    let place = i.queue.and_then(|id| directory.queue(id));
    let works = |agent: &crate::domain::Agent| place.is_none_or(|queue| agent.may_work(queue.id, queue.restricted));
    let has_it = |agent: &crate::domain::Agent| i.is_with(agent.id);
    let agents = directory.agents.iter().filter(|agent| has_it(agent) || works(agent));
    let queues = directory.queues_of(&page.me).filter(|queue| queue.takes(i.kind));
    let contacts = opened.who.contact.iter().chain(&opened.who.candidates);
    let mut contacts: Vec<_> = contacts.map(|contact| (contact.id.to_string(), contact.name.clone())).collect();
    contacts.dedup();
    Choices {
        contacts,
        agents: agents.map(|a| NamedAgent { id: a.id, name: a.name.clone(), email: a.email.clone() }).collect(),
        queues: queues.map(|queue| (queue.slug.clone(), queue.name.clone())).collect(),
    }
}

fn notes(opened: &OpenedRecord, directory: &Directory) -> Vec<WorkNote> {
    let ours =
        |note: &&message::Message| note.kind == MessageKind::Note && note.interaction == Some(opened.interaction.id);
    let thread = opened.conversation.iter().flat_map(|opened| &opened.messages).filter(ours);
    let notes = opened.notes.iter().chain(thread).filter_map(|note| {
        let by = shown::named(directory, note.actor.agent()?);
        Some(WorkNote { by, at: note.at, body: note.body.clone() })
    });
    notes.collect()
}

/// Newest first.
fn timeline(opened: &OpenedRecord, names: Names) -> Vec<Event> {
    opened.facts.iter().rev().filter_map(|fact| text::line(fact, names)).collect()
}

fn also_open(opened: &OpenedRecord) -> Vec<super::page::AlsoOpen> {
    let others = opened.who.open.iter().filter(|row| Some(row.id) != opened.interaction.conversation);
    others.map(shown::also_open).collect()
}

/// What they have open besides conversations.
fn also_open_records(opened: &OpenedRecord) -> Vec<PastInteraction> {
    let known = opened.interaction.id;
    let others = opened.who.history.iter();
    let others = others.filter(|i| i.conversation.is_none() && i.id != known && !i.state.is_closed());
    others.map(|i| shown::past_interaction(i, None)).collect()
}

/// Where they wrote from, and on which channel.
fn profile(opened: &OpenedRecord, directory: &Directory) -> String {
    let Some(profile) = &opened.who.profile else { return String::new() };
    let channel = directory.channels.iter().find(|channel| channel.id == profile.channel);
    channel.map_or_else(|| profile.identifier.clone(), |channel| format!("{} on {}", profile.identifier, channel.name))
}

/// Who has its conversation open.
fn others(page: &Page, opened: &OpenedRecord) -> Vec<Other> {
    opened.interaction.conversation.map(|id| patch::here(&page.desk, id)).unwrap_or_default()
}

/// The tab of an address.
fn tab(key: &str) -> RecordTab {
    match key {
        "conversation" => RecordTab::Conversation,
        "tasks" => RecordTab::Tasks,
        "history" => RecordTab::History,
        "timeline" => RecordTab::Timeline,
        _ => RecordTab::Details,
    }
}
