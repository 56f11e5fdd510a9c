//! Canned responses: one's own, those of one's queues, and everybody's.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, Responder, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::{Body, IfMatch};
use super::conversations;
use super::door::Me;
use super::list::{Asked, List, Paged};
use super::patch::{Fixed, read};
use super::refs::QueueRef;
use crate::desk::canned::NewCanned;
use crate::desk::directory::Directory;
use crate::desk::{Desk, Done};
use crate::domain::canned::{self, Audience, Filled};
use crate::domain::{Agent, CannedId, Refused};
use crate::web::Error;

/// A text that is written once and sent often.
#[derive(Debug, Serialize, ToSchema)]
pub struct CannedResponse {
    pub id: i64,
    pub name: String,
    /// What is typed after the `/`.
    pub shortcut: Option<String>,
    /// `{{contact.first_name}}` and the like are filled in; `[[order number]]` is a blank that somebody fills.
    pub body: String,
    /// `everyone`, `queue` or `own`.
    pub scope: &'static str,
    /// Whose members use it, where the scope is a queue.
    pub queue: Option<QueueRef>,
    pub version: i64,
}

/// A response to make, or what to change of one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct CannedFields {
    pub name: Option<String>,
    pub shortcut: Option<String>,
    pub body: Option<String>,
    /// `everyone`, `queue` or `own`; without one, a queue's where one is named, else one's own.
    pub scope: Option<String>,
    /// A slug.
    pub queue: Option<String>,
    pub version: Option<i64>,
}

/// What a response says in a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilledResponse {
    pub id: i64,
    pub name: String,
    pub shortcut: Option<String>,
    /// As it would stand in the draft.
    pub text: String,
    /// What is left to fill in before it can be sent.
    pub blanks: Vec<String>,
}

const FIXED: &[Fixed] = &[];

fn told(canned: canned::Canned, directory: &Directory) -> CannedResponse {
    let (scope, queue) = match canned.audience {
        Audience::Everyone => ("everyone", None),
        Audience::Own(_) => ("own", None),
        Audience::Queue(id) => (
            "queue",
            directory.queue(id).map(|queue| QueueRef { id: id.0, name: queue.name.clone(), slug: queue.slug.clone() }),
        ),
    };
    let canned::Canned { id, name, shortcut, body, version, .. } = canned;
    CannedResponse { id: id.0, name, shortcut, body, scope, queue, version }
}

fn number(path: &str) -> Result<CannedId, Error> {
    path.parse().map(CannedId).map_err(|_| Error::NotFound)
}

/// The fields over what is there already.
fn written(desk: &Desk, me: &Agent, fields: CannedFields, known: Option<&canned::Canned>) -> Done<NewCanned> {
    let text = |given: Option<String>, old: Option<&str>| given.unwrap_or_else(|| old.unwrap_or_default().to_owned());
    let audience = match (fields.scope.as_deref().map(str::trim), &fields.queue, known) {
        (None | Some("queue"), Some(slug), _) => {
            let directory = desk.directory()?;
            let queue = directory.queues_of(me).find(|queue| queue.slug == slug.trim().to_lowercase());
            Audience::Queue(queue.ok_or_else(|| Refused::invalid("queue", "No such queue."))?.id)
        }
        (None, None, Some(known)) => known.audience,
        (Some("everyone"), None, _) => Audience::Everyone,
        (None | Some("own"), None, _) => Audience::Own(me.id),
        (Some("queue"), None, _) => return Err(Refused::invalid("queue", "Name a queue.").into()),
        (Some("everyone" | "own"), Some(_), _) => {
            return Err(Refused::invalid("queue", "Only the scope queue has a queue.").into());
        }
        (Some(_), _, _) => return Err(Refused::invalid("scope", "Use everyone, queue or own.").into()),
    };
    Ok(NewCanned {
        name: text(fields.name, known.map(|known| known.name.as_str())),
        shortcut: text(fields.shortcut, known.and_then(|known| known.shortcut.as_deref())),
        body: text(fields.body, known.map(|known| known.body.as_str())),
        audience,
    })
}

/// Lists the responses one may use, by id; `q` those whose name or shortcut holds it.
#[utoipa::path(tag = "canned responses", params(Paged), responses((status = 200, body = List<CannedResponse>)))]
#[get("/canned-responses")]
pub async fn list(me: Me, asked: Asked) -> Result<Json<List<CannedResponse>>, Error> {
    let (limit, after) = (asked.limit()?, asked.after_id()?.unwrap_or_default());
    let q = asked.one("q").unwrap_or_default().to_owned();
    let page = me.does(move |desk, me| {
        let directory = desk.directory()?;
        let mut all = desk.canned_of(me, &q)?;
        all.retain(|canned| canned.id.0 > after);
        all.sort_by_key(|canned| canned.id);
        let items = all.into_iter().map(|canned| told(canned, &directory)).collect();
        Ok(List::by_id(items, limit, |canned: &CannedResponse| canned.id))
    });
    Ok(Json(page.await?))
}

/// Shows a response.
#[utoipa::path(tag = "canned responses", responses((status = 200, body = CannedResponse)))]
#[get("/canned-responses/{id}")]
pub async fn show(me: Me, path: Path<String>) -> Result<Json<CannedResponse>, Error> {
    let id = number(&path)?;
    let shown = me.does(move |desk, me| Ok(told(desk.canned(me, id)?, &*desk.directory()?)));
    Ok(Json(shown.await?))
}

/// Makes a response. What others use is made by managers.
#[utoipa::path(tag = "canned responses", request_body = CannedFields, responses((status = 201, body = CannedResponse)))]
#[post("/canned-responses")]
pub async fn create(me: Me, body: Body<CannedFields>) -> Result<CustomizeResponder<Json<CannedResponse>>, Error> {
    let fields = body.0?;
    let made = me.does(move |desk, me| {
        let new = written(desk, me, fields, None)?;
        Ok(told(desk.add_canned(me, new)?, &*desk.directory()?))
    });
    Ok(Json(made.await?).customize().with_status(StatusCode::CREATED))
}

/// Changes a response.
#[utoipa::path(tag = "canned responses", request_body = CannedFields, responses((status = 200, body = CannedResponse)))]
#[patch("/canned-responses/{id}")]
pub async fn change(me: Me, path: Path<String>, body: Body<Map<String, Value>>) -> Result<Json<CannedResponse>, Error> {
    let id = number(&path)?;
    let known = me.does(move |desk, me| {
        let known = desk.canned(me, id)?;
        crate::desk::canned::may_write(me, known.audience)?;
        Ok(known)
    });
    let known = known.await?;
    let fields = read::<CannedFields, CannedResponse>(body.0?, FIXED)?;
    let changed = me.does(move |desk, me| {
        let version = fields.version;
        let new = written(desk, me, fields, Some(&known))?;
        Ok(told(desk.change_canned(me, id, new, version)?, &*desk.directory()?))
    });
    Ok(Json(changed.await?))
}

/// Removes a response.
#[utoipa::path(tag = "canned responses", responses((status = 200, body = CannedResponse)))]
#[delete("/canned-responses/{id}")]
pub async fn remove(me: Me, path: Path<String>, version: IfMatch) -> Result<Json<CannedResponse>, Error> {
    let id = number(&path)?;
    me.does(move |desk, me| desk.canned(me, id)).await?;
    let version = version.0?;
    let gone = me.does(move |desk, me| Ok(told(desk.remove_canned(me, id, version)?, &*desk.directory()?)));
    Ok(Json(gone.await?))
}

/// Lists what the responses say in a conversation, the best first; `q` those whose name or shortcut holds it.
#[utoipa::path(tag = "canned responses", responses((status = 200, body = List<FilledResponse>)))]
#[get("/conversations/{number}/canned-responses")]
pub async fn filled(me: Me, path: Path<String>, asked: Asked) -> Result<Json<List<FilledResponse>>, Error> {
    let id = conversations::number(&path)?;
    let limit = usize::try_from(asked.limit()?).unwrap_or(usize::MAX);
    let q = asked.one("q").unwrap_or_default().to_owned();
    let all = me.does(move |desk, me| {
        desk.conversation(me, id)?;
        let mut all = desk.canned_of(me, &q)?;
        all.truncate(limit);
        let filled = desk.filled(me, id, &all)?;
        Ok(all.into_iter().zip(filled).map(|(canned, pieces)| read_out(canned, &pieces)).collect())
    });
    Ok(Json(List::whole(all.await?)))
}

fn read_out(canned: canned::Canned, pieces: &[Filled]) -> FilledResponse {
    let blank = |piece: &Filled| match piece {
        Filled::Blank(name) => Some(name.clone()),
        Filled::Text(_) | Filled::Value(_) => None,
    };
    FilledResponse {
        id: canned.id.0,
        name: canned.name,
        shortcut: canned.shortcut,
        text: canned::draft(pieces),
        blanks: pieces.iter().filter_map(blank).collect(),
    }
}
