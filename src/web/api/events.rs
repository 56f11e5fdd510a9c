//! The fact feed: a program that stores the last `next` misses nothing and sees nothing twice.

use actix_web::get;
use actix_web::web::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::door::Me;
use super::facts::{self, Fact};
use super::list::{Asked, Paged, strange, written};
use crate::desk::feed::Position;
use crate::web::Error;

/// A page of the feed. It has no end: `next` is never null.
#[derive(Debug, Serialize, ToSchema)]
pub struct Events {
    pub items: Vec<Fact>,
    /// What to ask `after` for what happens next.
    pub next: String,
}

/// Reads what happened after a cursor, oldest first. Without a cursor from the beginning; `after=latest` answers the
/// cursor of the head and nothing else. An agent's token reads of what the agent may see, an admin's of everything.
#[utoipa::path(tag = "events", params(Paged), responses((status = 200, body = Events)))]
#[get("/events")]
pub async fn events(me: Me, asked: Asked) -> Result<Json<Events>, Error> {
    if asked.one("after") == Some("latest") {
        let head = me.does(|desk, _| desk.feed_head()).await?;
        return Ok(Json(Events { items: Vec::new(), next: cursor(head) }));
    }
    let after: Option<Position> = asked.after()?.map(|text| text.parse().map_err(|()| strange())).transpose()?;
    let limit = usize::try_from(asked.limit()?).unwrap_or(usize::MAX);
    let page = me.does(move |desk, me| {
        let (found, next) = desk.feed(me, after, limit)?;
        Ok(Events { items: facts::told(desk, me, found)?, next: cursor(next) })
    });
    Ok(Json(page.await?))
}

fn cursor(at: Position) -> String {
    written(&at.to_string())
}
