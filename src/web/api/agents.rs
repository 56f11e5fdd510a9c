//! People who work here, and the one who asks.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, Responder, delete, get, patch, post, put};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::{Body, plain};
use super::door::Me;
use super::list::{Asked, List, Paged};
use super::patch::{Fixed, read};
use super::refs::QueueRef;
use crate::desk::directory::Directory;
use crate::desk::setup::AgentEdit;
use crate::domain::{self, Actor, AgentId, Presence, Refused, Role};
use crate::web::Error;

/// A person who works here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Agent {
    pub id: i64,
    pub email: String,
    pub name: String,
    /// agent, desk, manager or admin.
    pub role: &'static str,
    /// available, away or offline.
    pub presence: &'static str,
    pub presence_since: DateTime<Utc>,
    /// The queues this person is a member of, as far as I may know them.
    pub queues: Vec<QueueRef>,
}

/// Somebody new.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct NewAgent {
    #[schema(required)]
    pub name: Option<String>,
    #[schema(required)]
    pub email: Option<String>,
    /// agent (the default), desk, manager or admin.
    pub role: Option<String>,
    /// Without one they cannot sign in yet.
    pub password: Option<String>,
}

/// What an edit of an agent writes; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct AgentChange {
    pub name: Option<String>,
    pub role: Option<String>,
    pub password: Option<String>,
}

/// Whether I am there for work.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct NewPresence {
    /// available, away or offline.
    #[schema(required)]
    pub state: Option<String>,
}

const FIXED: &[Fixed] =
    &[("presence", "Everybody sets their own presence."), ("queues", "Members are set on the queue.")];

fn told(agent: &domain::Agent, directory: &Directory, me: &domain::Agent) -> Agent {
    let named = directory.queues_of(me).filter(|queue| agent.queues.contains(&queue.id));
    let queue = |queue: &crate::desk::setup::Queue| QueueRef {
        id: queue.id.0,
        name: queue.name.clone(),
        slug: queue.slug.clone(),
    };
    Agent {
        id: agent.id.0,
        email: agent.email.clone(),
        name: agent.name.clone(),
        role: agent.role.as_str(),
        presence: agent.presence.as_str(),
        presence_since: agent.presence_since,
        queues: named.map(queue).collect(),
    }
}

/// The agent of a path, by id or e-mail address.
async fn of_path(me: &Me, path: &str) -> Result<AgentId, Error> {
    let asked = plain(path).to_lowercase();
    let found = me.does(move |desk, _| {
        let directory = desk.directory()?;
        let id = asked.parse().ok().map(AgentId);
        let agent = directory.agents.iter().find(|agent| Some(agent.id) == id || agent.email == asked);
        agent.map(|agent| agent.id).ok_or(crate::desk::Error::NotFound)
    });
    found.await
}

async fn shown(me: &Me, id: AgentId) -> Result<Agent, Error> {
    let found = me.does(move |desk, me| {
        let directory = desk.directory()?;
        directory.agent(id).map(|agent| told(agent, &directory, me)).ok_or(crate::desk::Error::NotFound)
    });
    found.await
}

fn role(text: Option<&str>) -> Result<Option<Role>, Refused> {
    let read = text.map(str::parse).transpose();
    read.map_err(|_| Refused::invalid("role", "Choose agent, desk, manager or admin."))
}

/// Lists the people who work here, by name.
#[utoipa::path(tag = "set-up", params(Paged), responses((status = 200, body = List<Agent>)))]
#[get("/agents")]
pub async fn list(me: Me, asked: Asked) -> Result<Json<List<Agent>>, Error> {
    let (limit, after) = (asked.limit()?, asked.after_id()?.unwrap_or_default());
    let page = me.does(move |desk, me| {
        let directory = desk.directory()?;
        let mut agents: Vec<&domain::Agent> = directory.agents.iter().filter(|agent| agent.id.0 > after).collect();
        agents.sort_by_key(|agent| agent.id);
        let items = agents.into_iter().map(|agent| told(agent, &directory, me)).collect();
        Ok(List::by_id(items, limit, |agent: &Agent| agent.id))
    });
    Ok(Json(page.await?))
}

/// Shows somebody who works here.
#[utoipa::path(tag = "set-up", responses((status = 200, body = Agent)))]
#[get("/agents/{id}")]
pub async fn show(me: Me, path: Path<String>) -> Result<Json<Agent>, Error> {
    let id = of_path(&me, &path).await?;
    Ok(Json(shown(&me, id).await?))
}

/// Adds somebody who works here.
#[utoipa::path(tag = "set-up", request_body = NewAgent, responses((status = 201, body = Agent)))]
#[post("/agents")]
pub async fn create(me: Me, body: Body<NewAgent>) -> Result<CustomizeResponder<Json<Agent>>, Error> {
    me.sets_up()?;
    let new = body.0?;
    let role = role(new.role.as_deref())?.unwrap_or(Role::Agent);
    let added = me.does(move |desk, me| {
        let (email, name) = (new.email.unwrap_or_default(), new.name.unwrap_or_default());
        let agent = desk.add_agent(&email, &name, role, new.password.as_deref())?;
        desk.forget_directory();
        Ok(told(&agent, &*desk.directory()?, me))
    });
    Ok(Json(added.await?).customize().with_status(StatusCode::CREATED))
}

/// Changes name, role or password. A new password ends their sessions.
#[utoipa::path(tag = "set-up", request_body = AgentChange, responses((status = 200, body = Agent)))]
#[patch("/agents/{id}")]
pub async fn change(me: Me, path: Path<String>, body: Body<Map<String, Value>>) -> Result<Json<Agent>, Error> {
    let id = of_path(&me, &path).await?;
    me.sets_up()?;
    let AgentChange { name, role: to, password } = read::<_, Agent>(body.0?, FIXED)?;
    let edit = AgentEdit { name, role: role(to.as_deref())?, disabled: None };
    me.does(move |desk, _| {
        let agent = desk.change_agent(id, edit)?;
        if let Some(password) = password {
            desk.set_password(&agent, &password, None)?;
        }
        Ok(())
    })
    .await?;
    Ok(Json(shown(&me, id).await?))
}

/// Ends somebody's access. What they did stays theirs.
#[utoipa::path(tag = "set-up", responses((status = 200, body = Agent)))]
#[delete("/agents/{id}")]
pub async fn remove(me: Me, path: Path<String>) -> Result<Json<Agent>, Error> {
    let id = of_path(&me, &path).await?;
    me.sets_up()?;
    if id == me.agent.id {
        return Err(Refused::invalid("id", "You cannot remove yourself.").into());
    }
    let gone = shown(&me, id).await?;
    me.does(move |desk, _| {
        let agent = desk.change_agent(id, AgentEdit { disabled: Some(true), ..AgentEdit::default() })?;
        desk.end_sessions(&agent, None)
    })
    .await?;
    Ok(Json(gone))
}

/// Shows who I am.
#[utoipa::path(tag = "me", responses((status = 200, body = Agent)))]
#[get("/me")]
pub async fn whoami(me: Me) -> Result<Json<Agent>, Error> {
    let shown = me.does(|desk, me| Ok(told(me, &*desk.directory()?, me)));
    Ok(Json(shown.await?))
}

/// Says whether I am there for work.
#[utoipa::path(tag = "me", request_body = NewPresence, responses((status = 200, body = Agent)))]
#[put("/me/presence")]
pub async fn presence(me: Me, body: Body<NewPresence>) -> Result<Json<Agent>, Error> {
    let state = body.0?.state;
    let state: Option<Presence> = state.as_deref().and_then(|text| text.parse().ok());
    let state = state.ok_or_else(|| Refused::invalid("state", "Choose available, away or offline."))?;
    let set = me.does(move |desk, me| {
        let agent = desk.set_presence(me.id, state, Actor::Agent(me.id))?;
        desk.forget_directory();
        Ok(told(&agent, &*desk.directory()?, me))
    });
    Ok(Json(set.await?))
}
