//! Conversations in lists.

use actix_web::get;
use actix_web::web::Json;
use utoipa::IntoParams;

use super::super::door::Me;
use super::super::list::{Asked, List, Paged, strange, written};
use super::answer::{self, Conversation};
use crate::desk::inbox::{Cursor, Filter};
use crate::desk::{Desk, Done};
use crate::domain::tag::canonical;
use crate::domain::view::{View, ViewName};
use crate::domain::{Agent, ContactId, ConversationId, OrganizationId, Refused, Stage, moment};
use crate::web::Error;

/// What a list of conversations may be asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query for the document")]
pub struct Filters {
    /// mine, queue (nobody has them), review (suspended), missed or all. Without one: open and in progress.
    view: Option<String>,
    /// Searches all stages for this one. May stand there several times, or hold several with commas.
    stage: Option<String>,
    /// A slug.
    queue: Option<String>,
    /// An e-mail address, or none.
    assignee: Option<String>,
    tag: Option<String>,
    /// The id of a contact.
    contact: Option<i64>,
    /// The id of an organization.
    organization: Option<i64>,
}

/// Lists conversations, most urgent first.
#[utoipa::path(tag = "conversations", params(Filters, Paged), responses((status = 200, body = List<Conversation>)))]
#[get("/conversations")]
pub async fn list(me: Me, asked: Asked) -> Result<Json<List<Conversation>>, Error> {
    let (limit, after) = (asked.limit()?, asked.after()?.map(|text| cursor(&text).ok_or_else(strange)).transpose()?);
    let page = me.does(move |desk, me| {
        let (page, next) = desk.conversations(me, filter(desk, me, &asked)?, after, limit)?;
        Ok(List { items: answer::all(desk, me, page)?, next: next.map(place) })
    });
    Ok(Json(page.await?))
}

fn filter(desk: &Desk, me: &Agent, asked: &Asked) -> Done<Filter> {
    let mut filter = Filter::default();
    match asked.one("view").map(str::to_lowercase).as_deref() {
        None => {}
        Some("mine") => filter.assignee = Some(Some(me.id)),
        Some("queue") => filter.assignee = Some(None),
        Some("review") => filter.stages = vec![Stage::Suspended],
        Some("missed") => (filter.stages, filter.missed) = (vec![Stage::Resolved], true),
        Some("mentions") => {
            let open = View::Named(ViewName::Mentions).stages();
            (filter.stages, filter.mentioned) = (open.to_vec(), Some(me.id));
        }
        Some("all") => filter.stages = Stage::ALL.to_vec(),
        Some(_) => return Err(Refused::invalid("view", "Choose mine, queue, mentions, review, missed or all.").into()),
    }
    let named = asked.all("stage").flat_map(|text| text.split(',')).map(str::parse);
    let stages: Vec<Stage> =
        named.collect::<Result<_, _>>().map_err(|_| Refused::invalid("stage", "There is no such stage."))?;
    if !stages.is_empty() {
        filter.stages = stages;
    }
    if let Some(slug) = asked.one("queue") {
        let directory = desk.directory()?;
        let queue = directory.queues_of(me).find(|queue| queue.slug == slug.to_lowercase());
        filter.queue = Some(queue.ok_or_else(|| Refused::invalid("queue", "No such queue."))?.id);
    }
    if let Some(email) = asked.one("assignee") {
        let directory = desk.directory()?;
        let agent = directory.agents.iter().find(|agent| agent.email == email.to_lowercase());
        filter.assignee = Some(match agent {
            Some(agent) => Some(agent.id),
            None if email.eq_ignore_ascii_case("none") => None,
            None => return Err(Refused::invalid("assignee", "No such agent.").into()),
        });
    }
    filter.tag = asked.one("tag").map(canonical);
    filter.contact = id(asked, "contact")?.map(ContactId);
    filter.organization = id(asked, "organization")?.map(OrganizationId);
    Ok(filter)
}

fn id(asked: &Asked, name: &'static str) -> Done<Option<i64>> {
    let read = asked.one(name).map(str::parse).transpose();
    read.map_err(|_| Refused::invalid(name, "This is no id.").into())
}

fn place(cursor: Cursor) -> String {
    written(&format!("{}.{}.{}", cursor.rank, cursor.at.timestamp_micros(), cursor.id.0))
}

fn cursor(text: &str) -> Option<Cursor> {
    let mut parts = text.split('.');
    let rank = parts.next()?.parse().ok()?;
    let at = moment::of_micros(parts.next()?.parse().ok()?)?;
    let id = ConversationId(parts.next()?.parse().ok()?);
    Some(Cursor { rank, at, id }).filter(|_| parts.next().is_none())
}
