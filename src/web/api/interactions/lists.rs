//! Interactions in lists.

use actix_web::get;
use actix_web::web::Json;
use utoipa::IntoParams;

use super::super::door::Me;
use super::super::list::{Asked, List, Paged, written};
use super::answer::{self, Interaction};
use crate::desk::interactions::Wanted;
use crate::desk::{Desk, Done};
use crate::domain::{Agent, ContactId, InteractionId, Refused};
use crate::web::Error;

/// What a list of interactions may be asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query for the document")]
pub struct Filters {
    state: Option<String>,
    #[param(rename = "type")]
    kind: Option<String>,
    /// A slug.
    queue: Option<String>,
    /// An e-mail address.
    assigned_to: Option<String>,
    /// A number, as in CONV-42.
    conversation: Option<String>,
    /// The id of a contact.
    opened_for: Option<i64>,
}

/// Lists interactions, newest first.
#[utoipa::path(tag = "interactions", params(Filters, Paged), responses((status = 200, body = List<Interaction>)))]
#[get("/interactions")]
pub async fn list(me: Me, asked: Asked) -> Result<Json<List<Interaction>>, Error> {
    let (limit, before) = (asked.limit()?, asked.after_id()?.map(InteractionId));
    let page = me.does(move |desk, me| {
        let mut page = desk.interactions(me, wanted(desk, me, &asked)?, before, limit + 1)?;
        let room = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = page.len() > room;
        page.truncate(room);
        let next = page.last().filter(|_| more).map(|last| written(&last.id.0.to_string()));
        Ok(List { items: answer::all(desk, me, page)?, next })
    });
    Ok(Json(page.await?))
}

fn wanted(desk: &Desk, me: &Agent, asked: &Asked) -> Done<Wanted> {
    let directory = desk.directory()?;
    let mut wanted = Wanted {
        state: read(asked, "state", "There is no such state.")?,
        kind: read(asked, "type", "There is no such type.")?,
        conversation: read(asked, "conversation", "No such conversation.")?,
        opened_for: read(asked, "opened_for", "This is no id of a contact.")?.map(ContactId),
        ..Wanted::default()
    };
    if let Some(slug) = asked.one("queue") {
        let queue = directory.queues_of(me).find(|queue| queue.slug == slug.to_lowercase());
        wanted.queue = Some(queue.ok_or_else(|| Refused::invalid("queue", "No such queue."))?.id);
    }
    for name in ["assigned_to", "assignee"] {
        let Some(email) = asked.one(name) else { continue };
        let agent = directory.agents.iter().find(|agent| agent.email == email.to_lowercase());
        wanted.assignee = Some(agent.ok_or_else(|| Refused::invalid("assigned_to", "No such agent."))?.id);
    }
    Ok(wanted)
}

fn read<T: std::str::FromStr>(asked: &Asked, name: &'static str, wrong: &str) -> Done<Option<T>> {
    let read = asked.one(name).map(str::parse).transpose();
    read.map_err(|_| Refused::invalid(name, wrong).into())
}
