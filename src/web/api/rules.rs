//! Routing rules.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, Responder, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::{Body, IfMatch};
use super::door::Me;
use super::list::{Asked, List, Paged};
use super::patch::{Fixed, read};
use super::refs::{AgentRef, QueueRef};
use crate::desk::assignment::Target;
use crate::desk::directory::Directory;
use crate::desk::rules::{NewRule, RuleEdit};
use crate::domain::routing::{self, Destination};
use crate::domain::{Agent, Refused, RuleId};
use crate::web::Error;

/// Words that send a new conversation somewhere. The first rule that fits counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rule {
    pub id: i64,
    /// 1 for the first.
    pub position: i64,
    /// Words and phrases: case and accents do not matter, and only whole words are found.
    pub keywords: Vec<String>,
    /// To whom it assigns; else null.
    pub agent: Option<AgentRef>,
    /// Into which queue it puts; else null.
    pub queue: Option<QueueRef>,
    pub version: i64,
}

/// A rule to make, or what to change of one: an agent or a queue, not both.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct RuleFields {
    pub keywords: Option<Vec<String>>,
    /// An e-mail address.
    pub agent: Option<String>,
    /// A slug.
    pub queue: Option<String>,
    /// 1 for the first; a new rule without one is the last.
    pub position: Option<i64>,
    pub version: Option<i64>,
}

const FIXED: &[Fixed] = &[];

/// A queue that is not mine to know is told by its id alone.
fn told(rule: &routing::Rule, directory: &Directory, me: &Agent) -> Rule {
    let (agent, queue) = match rule.to {
        Destination::Agent(id) => (directory.agent(id).map(AgentRef::from).or_else(|| Some(gone(id.0))), None),
        Destination::Queue(id) => (None, Some((id.0, directory.queues_of(me).find(|queue| queue.id == id)))),
    };
    let queue = queue.map(|(id, known)| {
        let (name, slug) = known.map(|queue| (queue.name.clone(), queue.slug.clone())).unwrap_or_default();
        QueueRef { id, name, slug }
    });
    Rule {
        id: rule.id.0,
        position: rule.position,
        keywords: rule.keywords.clone(),
        agent,
        queue,
        version: rule.version,
    }
}

/// Somebody who does not work here any more.
fn gone(id: i64) -> AgentRef {
    AgentRef { id, name: String::new(), email: String::new() }
}

fn target(fields: &RuleFields) -> Result<Option<Target>, Refused> {
    match (fields.agent.clone(), fields.queue.clone()) {
        (Some(_), Some(_)) => Err(Refused::invalid("queue", "A rule names an agent or a queue, not both.")),
        (Some(email), None) => Ok(Some(Target::Agent(email))),
        (None, Some(slug)) => Ok(Some(Target::Queue(slug))),
        (None, None) => Ok(None),
    }
}

fn number(path: &str) -> Result<RuleId, Error> {
    path.parse().map(RuleId).map_err(|_| Error::NotFound)
}

/// Lists the rules in their order.
#[utoipa::path(tag = "set-up", params(Paged), responses((status = 200, body = List<Rule>)))]
#[get("/rules")]
pub async fn list(me: Me, asked: Asked) -> Result<Json<List<Rule>>, Error> {
    let (limit, after) = (asked.limit()?, asked.after_id()?.unwrap_or_default());
    let page = me.does(move |desk, me| {
        let directory = desk.directory()?;
        let rules = desk.rules()?;
        let items = rules.iter().filter(|rule| rule.position > after).map(|rule| told(rule, &directory, me));
        Ok(List::by_id(items.collect(), limit, |rule: &Rule| rule.position))
    });
    Ok(Json(page.await?))
}

/// Shows a rule.
#[utoipa::path(tag = "set-up", responses((status = 200, body = Rule)))]
#[get("/rules/{id}")]
pub async fn show(me: Me, path: Path<String>) -> Result<Json<Rule>, Error> {
    let id = number(&path)?;
    let shown = me.does(move |desk, me| Ok(told(&desk.rule(id)?, &*desk.directory()?, me)));
    Ok(Json(shown.await?))
}

/// Makes a rule.
#[utoipa::path(tag = "set-up", request_body = RuleFields, responses((status = 201, body = Rule)))]
#[post("/rules")]
pub async fn create(me: Me, body: Body<RuleFields>) -> Result<CustomizeResponder<Json<Rule>>, Error> {
    me.sets_up()?;
    let fields = body.0?;
    let nowhere = || Refused::invalid("queue", "Name an agent or a queue.");
    let to = target(&fields)?.ok_or_else(nowhere)?;
    let new = NewRule { keywords: fields.keywords.unwrap_or_default(), to, position: fields.position };
    let made = me.does(move |desk, me| Ok(told(&desk.add_rule(me, new)?, &*desk.directory()?, me)));
    Ok(Json(made.await?).customize().with_status(StatusCode::CREATED))
}

/// Changes a rule, or moves it.
#[utoipa::path(tag = "set-up", request_body = RuleFields, responses((status = 200, body = Rule)))]
#[patch("/rules/{id}")]
pub async fn change(me: Me, path: Path<String>, body: Body<Map<String, Value>>) -> Result<Json<Rule>, Error> {
    let id = number(&path)?;
    me.does(move |desk, _| desk.rule(id)).await?;
    me.sets_up()?;
    let fields = read::<RuleFields, Rule>(body.0?, FIXED)?;
    let edit = RuleEdit { to: target(&fields)?, keywords: fields.keywords, position: fields.position };
    let version = fields.version;
    let changed = me.does(move |desk, me| Ok(told(&desk.change_rule(me, id, edit, version)?, &*desk.directory()?, me)));
    Ok(Json(changed.await?))
}

/// Removes a rule; those after it move up.
#[utoipa::path(tag = "set-up", responses((status = 200, body = Rule)))]
#[delete("/rules/{id}")]
pub async fn remove(me: Me, path: Path<String>, version: IfMatch) -> Result<Json<Rule>, Error> {
    let id = number(&path)?;
    me.does(move |desk, _| desk.rule(id)).await?;
    me.sets_up()?;
    let version = version.0?;
    let gone = me.does(move |desk, me| Ok(told(&desk.remove_rule(me, id, version)?, &*desk.directory()?, me)));
    Ok(Json(gone.await?))
}
