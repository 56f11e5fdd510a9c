//! Blocked senders.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, Responder, delete, get, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Body;
use super::door::Me;
use super::list::{Asked, List, Paged};
use super::refs::{AgentRef, ChannelRef, ContactRef};
use crate::desk::blocking::Blocked;
use crate::desk::directory::Directory;
use crate::domain::{ProfileId, Refused};
use crate::web::Error;

/// A sender whose first messages are held for review.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlockedSender {
    /// Of the channel profile.
    pub id: i64,
    pub channel: Option<ChannelRef>,
    /// The phone number, e-mail address or id that writes.
    pub identifier: String,
    pub contact: Option<ContactRef>,
    pub blocked_at: Option<DateTime<Utc>>,
    pub blocked_by: Option<AgentRef>,
}

/// Whom to block.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct SenderFields {
    /// The slug of the channel.
    pub channel: Option<String>,
    pub identifier: Option<String>,
}

fn told(blocked: Blocked, directory: &Directory) -> BlockedSender {
    let channel = directory.channels.iter().find(|channel| channel.id == blocked.channel);
    BlockedSender {
        id: blocked.id.0,
        channel: channel.map(|c| ChannelRef { id: c.id.0, name: c.name.clone(), slug: c.slug.clone() }),
        identifier: blocked.identifier,
        contact: blocked.contact.map(|(id, name)| ContactRef { id: id.0, name }),
        blocked_at: blocked.at,
        blocked_by: blocked.by.and_then(|id| directory.agent(id)).map(AgentRef::from),
    }
}

/// Lists the blocked senders whose writing one sees, newest first.
#[utoipa::path(tag = "set-up", params(Paged), responses((status = 200, body = List<BlockedSender>)))]
#[get("/blocked-senders")]
pub async fn list(me: Me, asked: Asked) -> Result<Json<List<BlockedSender>>, Error> {
    let (limit, before) = (asked.limit()?, asked.after_id()?.map(ProfileId));
    let page = me.does(move |desk, me| {
        let directory = desk.directory()?;
        let blocked = desk.blocked(me, before, limit + 1)?;
        let items = blocked.into_iter().map(|blocked| told(blocked, &directory)).collect();
        Ok(List::by_id(items, limit, |sender: &BlockedSender| sender.id))
    });
    Ok(Json(page.await?))
}

/// Blocks a sender, whether they ever wrote or not.
#[utoipa::path(tag = "set-up", request_body = SenderFields, responses((status = 201, body = BlockedSender)))]
#[post("/blocked-senders")]
pub async fn create(me: Me, body: Body<SenderFields>) -> Result<CustomizeResponder<Json<BlockedSender>>, Error> {
    me.may_block()?;
    let fields = body.0?;
    let blocked = me.does(move |desk, me| {
        let directory = desk.directory()?;
        let slug = fields.channel.as_deref().unwrap_or_default().trim().to_lowercase();
        let channel = directory.channels.iter().find(|channel| channel.slug == slug);
        let channel = channel.ok_or_else(|| Refused::invalid("channel", "No such channel."))?;
        let address = fields.identifier.unwrap_or_default();
        Ok(told(desk.block_sender(me, channel.id, &address)?, &directory))
    });
    Ok(Json(blocked.await?).customize().with_status(StatusCode::CREATED))
}

/// Blocks a sender no more.
#[utoipa::path(tag = "set-up", responses((status = 200, body = BlockedSender)))]
#[delete("/blocked-senders/{id}")]
pub async fn remove(me: Me, path: Path<String>) -> Result<Json<BlockedSender>, Error> {
    let id = path.parse().map(ProfileId).map_err(|_| Error::NotFound)?;
    me.does(move |desk, me| desk.blocked_sender(me, id)).await?;
    me.may_block()?;
    let freed = me.does(move |desk, me| Ok(told(desk.unblock_sender(me, id)?, &*desk.directory()?)));
    Ok(Json(freed.await?))
}
