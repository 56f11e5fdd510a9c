//! Queues.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, Responder, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::{Body, IfMatch, given, plain};
use super::door::Me;
use super::list::{Asked, List, Paged};
use super::patch::{Fixed, read};
use super::refs::AgentRef;
use crate::desk::directory::Directory;
use crate::desk::setup::{self, NewQueue};
use crate::desk::{Desk, Done, Error as Refusal};
use crate::domain::Refused;
use crate::domain::state::ContactType;
use crate::web::Error;

/// A routing pool.
#[derive(Debug, Serialize, ToSchema)]
pub struct Queue {
    pub id: i64,
    pub slug: String,
    pub name: String,
    /// Only its members see what is in it.
    pub restricted: bool,
    pub members: Vec<AgentRef>,
    /// What it takes; empty is everything.
    pub types: Vec<&'static str>,
    /// The agreed wait, in seconds.
    pub target_wait: Option<i64>,
    pub version: i64,
}

/// A queue to make.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct QueueFields {
    /// Lower case letters, digits and hyphens.
    pub slug: Option<String>,
    pub name: Option<String>,
    pub restricted: Option<bool>,
    /// E-mail addresses.
    pub members: Option<Vec<String>>,
    /// chat, phone, walk-up, messaging; empty is everything.
    pub types: Option<Vec<String>>,
    /// Seconds; null is none.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    pub target_wait: Option<Option<i64>>,
    pub version: Option<i64>,
}

const FIXED: &[Fixed] = &[];

fn told(queue: &setup::Queue, directory: &Directory) -> Queue {
    let members = directory.agents.iter().filter(|agent| agent.queues.contains(&queue.id));
    Queue {
        id: queue.id.0,
        slug: queue.slug.clone(),
        name: queue.name.clone(),
        restricted: queue.restricted,
        members: members.map(AgentRef::from).collect(),
        types: queue.types.iter().map(|kind| kind.as_str()).collect(),
        target_wait: queue.target.map(|time| time.num_seconds()),
        version: queue.version,
    }
}

/// The queue of a path, by id or slug, if it is there for these eyes.
async fn of_path(me: &Me, path: &str) -> Result<setup::Queue, Error> {
    let asked = plain(path).to_lowercase();
    let found = me.does(move |desk, me| {
        let directory = desk.directory()?;
        let named = |queue: &&setup::Queue| queue.slug == asked || asked.parse() == Ok(queue.id.0);
        directory.queues_of(me).find(named).cloned().ok_or(Refusal::NotFound)
    });
    found.await
}

fn types(types: Vec<String>) -> Result<Vec<ContactType>, Refused> {
    let wrong = |_| Refused::invalid("types", "Choose of chat, phone, walk-up and messaging.");
    types.iter().map(|text| text.parse().map_err(wrong)).collect()
}

/// Lists the queues I may see.
#[utoipa::path(tag = "set-up", params(Paged), responses((status = 200, body = List<Queue>)))]
#[get("/queues")]
pub async fn list(me: Me, asked: Asked) -> Result<Json<List<Queue>>, Error> {
    let (limit, after) = (asked.limit()?, asked.after_id()?.unwrap_or_default());
    let page = me.does(move |desk, me| {
        let directory = desk.directory()?;
        let mut queues: Vec<&setup::Queue> = directory.queues_of(me).filter(|queue| queue.id.0 > after).collect();
        queues.sort_by_key(|queue| queue.id);
        let items = queues.into_iter().map(|queue| told(queue, &directory)).collect();
        Ok(List::by_id(items, limit, |queue: &Queue| queue.id))
    });
    Ok(Json(page.await?))
}

/// Shows a queue.
#[utoipa::path(tag = "set-up", responses((status = 200, body = Queue)))]
#[get("/queues/{id}")]
pub async fn show(me: Me, path: Path<String>) -> Result<Json<Queue>, Error> {
    let queue = of_path(&me, &path).await?;
    let shown = me.does(move |desk, _| Ok(told(&queue, &*desk.directory()?)));
    Ok(Json(shown.await?))
}

/// Makes a queue.
#[utoipa::path(tag = "set-up", request_body = QueueFields, responses((status = 201, body = Queue)))]
#[post("/queues")]
pub async fn create(me: Me, body: Body<QueueFields>) -> Result<CustomizeResponder<Json<Queue>>, Error> {
    me.sets_up()?;
    let fields = body.0?;
    let new = NewQueue {
        slug: fields.slug.unwrap_or_default(),
        name: fields.name.unwrap_or_default(),
        restricted: fields.restricted.unwrap_or_default(),
        types: types(fields.types.unwrap_or_default())?,
        target: fields.target_wait.flatten(),
        members: fields.members,
    };
    let made = me.does(move |desk, _| {
        let queue = desk.add_queue(new)?;
        Ok(told(&queue, &*desk.directory()?))
    });
    Ok(Json(made.await?).customize().with_status(StatusCode::CREATED))
}

/// Changes a queue. Who may see it is decided anew at once.
#[utoipa::path(tag = "set-up", request_body = QueueFields, responses((status = 200, body = Queue)))]
#[patch("/queues/{id}")]
pub async fn change(me: Me, path: Path<String>, body: Body<Map<String, Value>>) -> Result<Json<Queue>, Error> {
    let known = of_path(&me, &path).await?;
    me.sets_up()?;
    let fields = read::<QueueFields, Queue>(body.0?, FIXED)?;
    let types = fields.types.map(types).transpose()?.unwrap_or(known.types);
    let new = NewQueue {
        slug: fields.slug.unwrap_or(known.slug),
        name: fields.name.unwrap_or(known.name),
        restricted: fields.restricted.unwrap_or(known.restricted),
        types,
        target: fields.target_wait.unwrap_or(known.target.map(|time| time.num_seconds())),
        members: fields.members,
    };
    let changed = me.does(move |desk: &Desk, _| -> Done<Queue> {
        let queue = desk.change_queue(known.id, new, fields.version)?;
        Ok(told(&queue, &*desk.directory()?))
    });
    Ok(Json(changed.await?))
}

/// Removes a queue that is not in use.
#[utoipa::path(tag = "set-up", responses((status = 200, body = Queue)))]
#[delete("/queues/{id}")]
pub async fn remove(me: Me, path: Path<String>, version: IfMatch) -> Result<Json<Queue>, Error> {
    let known = of_path(&me, &path).await?;
    me.sets_up()?;
    let version = version.0?;
    let gone = me.does(move |desk, _| {
        let gone = told(&known, &*desk.directory()?);
        desk.remove_queue(known.id, version)?;
        Ok(gone)
    });
    Ok(Json(gone.await?))
}
