//! One conversation: itself, its thread, its facts, its clocks.

use std::collections::BTreeMap;

use actix_web::get;
use actix_web::web::Json;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::super::door::Me;
use super::super::facts::{self, Fact};
use super::super::list::{Asked, List, Paged};
use super::answer::{self, Conversation, Message};
use super::{Number, changed, number};
use crate::domain::moment::plausible;
use crate::domain::names::Wanted;
use crate::domain::{MessageId, Refused};
use crate::web::Error;

/// Shows a conversation.
#[utoipa::path(tag = "conversations", responses((status = 200, body = Conversation)))]
#[get("/conversations/{number}")]
pub async fn show(me: Me, path: Number) -> Result<Json<Conversation>, Error> {
    let id = number(&path)?;
    changed(&me, move |desk, me| desk.conversation(me, id)).await
}

/// Lists the messages of a conversation, oldest first, those of conversations merged into it included.
#[utoipa::path(tag = "conversations", params(Paged), responses((status = 200, body = List<Message>)))]
#[get("/conversations/{number}/messages")]
pub async fn messages(me: Me, path: Number, asked: Asked) -> Result<Json<List<Message>>, Error> {
    let id = number(&path)?;
    me.does(move |desk, me| desk.conversation(me, id)).await?;
    let (limit, after) = (asked.limit()?, MessageId(asked.after_id()?.unwrap_or_default()));
    let page = me.does(move |desk, me| {
        let page = desk.messages(me, id, after, limit + 1)?;
        let mut wanted = Wanted::default();
        page.iter().for_each(|message| wanted.message(message));
        let names = desk.names(Some(me), &wanted)?;
        let items = page.into_iter().map(|message| answer::written(message, &names)).collect();
        Ok(List::by_id(items, limit, |message: &Message| message.id))
    });
    Ok(Json(page.await?))
}

/// Lists the facts of a conversation, oldest first.
#[utoipa::path(tag = "conversations", params(Paged), responses((status = 200, body = List<Fact>)))]
#[get("/conversations/{number}/timeline")]
pub async fn timeline(me: Me, path: Number, asked: Asked) -> Result<Json<List<Fact>>, Error> {
    let id = number(&path)?;
    me.does(move |desk, me| desk.conversation(me, id)).await?;
    let (limit, after) = (asked.limit()?, asked.after_id()?.unwrap_or_default());
    let page = me.does(move |desk, me| {
        let page = desk.timeline(me, id, after, limit + 1)?;
        Ok(List::by_id(facts::told(desk, me, page)?, limit, |fact| fact.seq))
    });
    Ok(Json(page.await?))
}

/// The clocks of a conversation, in seconds.
#[derive(Debug, Serialize, ToSchema)]
pub struct Metrics {
    /// From its creation to the first answer; null if never answered or started by an agent.
    pub initial_response_1: Option<i64>,
    /// Of that, the time it spent in New.
    pub initial_response_2: Option<i64>,
    /// By stage; an open stay counts to the moment asked for.
    pub time_in_stage: BTreeMap<String, i64>,
    pub reopen_count: i64,
}

/// When the clocks are read.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query for the document")]
pub struct Moment {
    /// RFC 3339; now by default.
    at: Option<DateTime<Utc>>,
}

/// Reads the clocks of a conversation.
#[utoipa::path(tag = "conversations", params(Moment), responses((status = 200, body = Metrics)))]
#[get("/conversations/{number}/metrics")]
pub async fn metrics(me: Me, path: Number, asked: Asked) -> Result<Json<Metrics>, Error> {
    let id = number(&path)?;
    let read = me.does(move |desk, me| {
        desk.conversation(me, id)?;
        let read = desk.metrics(me, id, moment(&asked).unwrap_or_else(|| Ok(desk.clock.now()))?)?;
        let seconds = read.time_in_stage.iter().map(|(stage, time)| (stage.to_string(), time.num_seconds()));
        Ok(Metrics {
            initial_response_1: read.initial_response.map(|(whole, _)| whole.num_seconds()),
            initial_response_2: read.initial_response.map(|(_, in_new)| in_new.num_seconds()),
            time_in_stage: seconds.collect(),
            reopen_count: read.reopen_count,
        })
    });
    Ok(Json(read.await?))
}

/// A plus in an address is a blank; in a moment it stands before the offset.
fn moment(asked: &Asked) -> Option<Result<DateTime<Utc>, Refused>> {
    let text = asked.one("at")?.replace(' ', "+");
    let read = DateTime::parse_from_rfc3339(&text).ok().and_then(|at| plausible(at.with_timezone(&Utc)));
    Some(read.ok_or_else(|| Refused::invalid("at", "Write a moment as in 2025-03-03T09:00:00Z.")))
}
