//! Forms about where a conversation belongs: assignment, tags and title, merge.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::forms::{AssignPage, MergePage, Problem, Subject, TagsPage};
use super::{Form, about, back_to, problem};
use crate::desk::assignment::Target;
use crate::desk::{self, Done};
use crate::domain::tag::{ESCALATED, Tag, is_system};
use crate::domain::{ConversationId, Refused};
use crate::web::Error;
use crate::web::chrome::Toast;
use crate::web::page::{Answer, Page, Place, goes_saying, number};

/// The fields of the assignment form. The version is the interaction's.
#[derive(Deserialize, Clone, Default)]
pub struct Assigning {
    #[serde(default)]
    agent: String,
    #[serde(default)]
    queue: String,
    seen: Option<i64>,
}

/// What the desk calls the fields of these forms.
const FIELDS: &[(&str, &str)] = &[
    ("agent", "agent"),
    ("assigned_to", "agent"),
    ("queue", "queue"),
    ("title", "title"),
    ("name", "tags"),
    ("value", "tags"),
    ("into", "into"),
];

/// `GET /conversations/{n}/assignment`
pub async fn assignment(page: Page, n: web::Path<String>) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    page.answer(move |page| assigning(page, id, None, None, StatusCode::OK)).await
}

/// `POST /conversations/{n}/assignment`
pub async fn assign(
    page: Page,
    request: HttpRequest,
    n: web::Path<String>,
    form: web::Form<Assigning>,
) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| {
        let typed = form.into_inner();
        match assigned(page, id, &typed) {
            Ok(said) => goes_saying(back, Toast::done(said)),
            Err(error) => {
                let (status, problem) = problem(page, &Form { id, seen: typed.seen, fields: FIELDS }, error)?;
                assigning(page, id, Some(typed), Some(problem), status)
            }
        }
    })
    .await
}

/// A queue first, then the agent in it; without either there is nothing to do.
fn assigned(page: &Page, id: ConversationId, typed: &Assigning) -> Done<String> {
    let interaction = page.desk.conversation(&page.me, id)?.interaction;
    let (agent, queue) = (typed.agent.trim(), typed.queue.trim());
    if agent.is_empty() && queue.is_empty() && interaction.queue.is_none() {
        return Err(Refused::invalid("agent", "Choose an agent or a queue.").into());
    }
    let directory = page.desk.directory()?;
    let current = interaction.queue.and_then(|id| directory.queue(id)).map(|queue| queue.slug.clone());
    let to_queue = if queue.is_empty() { current.clone() } else { Some(queue.to_owned()) };
    if let Some(slug) = to_queue.filter(|slug| agent.is_empty() || current.as_ref() != Some(slug)) {
        page.desk.assign(&page.me, interaction.id, Target::Queue(slug), None)?;
    }
    if agent.is_empty() {
        return Ok(format!("{id} waits in the queue."));
    }
    page.desk.assign(&page.me, interaction.id, Target::Agent(agent.to_owned()), None)?;
    let name = directory.agents.iter().find(|other| other.email == agent).map_or(agent, |other| other.name.as_str());
    Ok(format!("{id} is with {name}."))
}

fn assigning(
    page: &Page,
    id: ConversationId,
    typed: Option<Assigning>,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (conversation, subject) = about(page, id)?;
    let directory = page.desk.directory()?;
    let assignee = conversation.interaction.assignee.and_then(|a| directory.agent(a.id));
    let queue = conversation.interaction.queue.and_then(|id| directory.queue(id));
    let typed = typed.unwrap_or_else(|| Assigning {
        agent: assignee.map(|agent| agent.email.clone()).unwrap_or_default(),
        queue: queue.map(|queue| queue.slug.clone()).unwrap_or_default(),
        seen: None,
    });
    let counts = page.desk.counts()?;
    let load = |agent: &crate::domain::Agent| format!("{}, {} open", agent.presence.label(), counts.open_of(agent.id));
    let agents = directory.named_agents().into_iter().zip(directory.agents.iter().map(load)).collect();
    let queues = directory.queues_of(&page.me).map(|queue| (queue.name.clone(), queue.slug.clone())).collect();
    let chrome = page.chrome(Place::default())?;
    let Assigning { agent, queue, .. } = typed;
    page.shows_as(status, &AssignPage { chrome, subject, agents, queues, agent, queue, problem })
}

/// The fields of the tags form. `offered` stands there once for each tag of the set-up that is chosen.
#[derive(Clone, Default)]
struct Tagging {
    version: Option<i64>,
    title: String,
    offered: Vec<String>,
    tags: String,
    escalated: bool,
    seen: Option<i64>,
}

impl From<Vec<(String, String)>> for Tagging {
    fn from(fields: Vec<(String, String)>) -> Self {
        let mut typed = Tagging::default();
        for (name, value) in fields {
            match name.as_str() {
                "version" => typed.version = value.trim().parse().ok(),
                "seen" => typed.seen = value.trim().parse().ok(),
                "title" => typed.title = value,
                "tags" => typed.tags = value,
                "offered" => typed.offered.push(value),
                "escalated" => typed.escalated = value == "true",
                _ => {}
            }
        }
        typed
    }
}

impl Tagging {
    /// All that is chosen and written, each once.
    fn wanted(&self) -> Vec<(String, Option<String>)> {
        let mut wanted = read_tags(&self.tags);
        for name in &self.offered {
            if !wanted.iter().any(|(written, _)| written.eq_ignore_ascii_case(name)) {
                wanted.push((name.clone(), None));
            }
        }
        if self.escalated {
            wanted.push((ESCALATED.to_owned(), None));
        }
        wanted
    }
}

/// `GET /conversations/{n}/tags`
pub async fn tags(page: Page, n: web::Path<String>) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    page.answer(move |page| tagging(page, id, None, None, StatusCode::OK)).await
}

/// `POST /conversations/{n}/tags`
pub async fn save_tags(
    page: Page,
    request: HttpRequest,
    n: web::Path<String>,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| {
        let typed = Tagging::from(form.into_inner());
        match page.desk.file(&page.me, id, &typed.title, typed.wanted(), typed.version) {
            Ok(_) => goes_saying(back, Toast::done("Saved.")),
            Err(error) => {
                let (status, problem) = problem(page, &Form { id, seen: typed.seen, fields: FIELDS }, error)?;
                tagging(page, id, Some(typed), Some(problem), status)
            }
        }
    })
    .await
}

/// Names, or `name: value`, with commas between.
fn read_tags(text: &str) -> Vec<(String, Option<String>)> {
    let tags = text.split(',').map(str::trim).filter(|tag| !tag.is_empty());
    let read = |tag: &str| match tag.split_once(':') {
        Some((name, value)) => (name.trim().to_owned(), Some(value.trim().to_owned())),
        None => (tag.to_owned(), None),
    };
    tags.map(read).collect()
}

fn tagging(
    page: &Page,
    id: ConversationId,
    typed: Option<Tagging>,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (conversation, mut subject) = about(page, id)?;
    let (system, own): (Vec<_>, Vec<_>) = conversation.tags.iter().cloned().partition(|tag| is_system(&tag.name));
    let mut offered: Vec<(String, bool)> =
        page.desk.directory()?.tags.iter().map(|name| (name.clone(), false)).collect();
    let (tags, escalated) = match typed {
        Some(typed) => {
            subject.title = typed.title;
            offered.iter_mut().for_each(|(name, chosen)| *chosen = typed.offered.contains(name));
            (typed.tags, typed.escalated)
        }
        None => {
            let escalated = own.iter().any(|tag| tag.is(ESCALATED));
            offered
                .iter_mut()
                .for_each(|(name, chosen)| *chosen = own.iter().any(|tag| tag.is(name) && tag.value.is_none()));
            let is_offered = |tag: &&Tag| tag.value.is_none() && offered.iter().any(|(name, _)| tag.is(name));
            let words = own.iter().filter(|tag| !tag.is(ESCALATED) && !is_offered(tag)).map(|tag| match &tag.value {
                Some(value) => format!("{}: {value}", tag.name),
                None => tag.name.clone(),
            });
            (words.collect::<Vec<_>>().join(", "), escalated)
        }
    };
    let chrome = page.chrome(Place::default())?;
    page.shows_as(status, &TagsPage { chrome, subject, system, offered, tags, escalated, problem })
}

/// The fields of the merge form.
#[derive(Deserialize, Clone, Default)]
pub struct Merging {
    version: Option<i64>,
    /// One that was offered.
    #[serde(default)]
    into: String,
    /// Another one, by its number.
    #[serde(default)]
    number: String,
    seen: Option<i64>,
}

/// `GET /conversations/{n}/merge`
pub async fn merging(page: Page, n: web::Path<String>) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    page.answer(move |page| merge_form(page, id, String::new(), None, StatusCode::OK)).await
}

/// `POST /conversations/{n}/merge`
pub async fn merge(page: Page, n: web::Path<String>, form: web::Form<Merging>) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    page.answer(move |page| {
        let mut typed = form.into_inner();
        if !typed.number.trim().is_empty() {
            typed.into = typed.number.trim().to_uppercase();
        }
        let merged = match typed.into.parse::<ConversationId>() {
            Ok(into) => page.desk.merge(&page.me, id, into, typed.version),
            Err(()) => Err(desk::Error::from(Refused::invalid("into", "Choose one, or write a number like CONV-42."))),
        };
        match merged {
            Ok(kept) => {
                let into = kept.conversation.id;
                goes_saying(format!("/conversations/{into}"), Toast::done(format!("{id} is merged into {into}.")))
            }
            Err(error) => {
                let (status, problem) = problem(page, &Form { id, seen: typed.seen, fields: FIELDS }, error)?;
                merge_form(page, id, typed.into, Some(problem), status)
            }
        }
    })
    .await
}

fn merge_form(
    page: &Page,
    id: ConversationId,
    into: String,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (_, subject) = about(page, id)?;
    let targets = page.desk.merge_targets(&page.me, id)?.into_iter().map(Subject::from).collect();
    let chrome = page.chrome(Place::default())?;
    page.shows_as(status, &MergePage { chrome, subject, targets, into, problem })
}
