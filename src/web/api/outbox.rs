//! What leaves the house: what is not accepted yet, sending again, taking back.

use actix_web::web::{Json, Path};
use actix_web::{delete, get, post};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::conversations::answer::{Message, said, written};
use super::door::Me;
use super::list::{Asked, List, Paged};
use super::refs::{ChannelRef, ConversationRef};
use crate::desk::outbox::{Letter, Posted};
use crate::domain::MessageId;
use crate::domain::names::{Names, Wanted};
use crate::web::Error;

/// A message that no provider has accepted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Waiting {
    #[serde(flatten)]
    pub message: Message,
    pub conversation: ConversationRef,
    pub channel: ChannelRef,
    /// Where it goes.
    pub to: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next; null where nobody will without being asked.
    pub next_try: Option<DateTime<Utc>>,
}

/// Lists what is not accepted by its provider, oldest first.
#[utoipa::path(tag = "outbox", params(Paged), responses((status = 200, body = List<Waiting>)))]
#[get("/outbox")]
pub async fn list(me: Me, asked: Asked) -> Result<Json<List<Waiting>>, Error> {
    let (limit, after) = (asked.limit()?, asked.after_id()?.unwrap_or_default());
    let page = me.does(move |desk, me| {
        let posted = desk.outbox(me, MessageId(after), limit + 1)?;
        let mut wanted = Wanted::default();
        for one in &posted {
            wanted.message(&one.message);
            wanted.channels.extend([one.letter.channel.0]);
        }
        let names = desk.names(Some(me), &wanted)?;
        let items = posted.into_iter().map(|one| waiting(one, &names)).collect();
        Ok(List::by_id(items, limit, |one: &Waiting| one.message.id))
    });
    Ok(Json(page.await?))
}

/// Sends a message again that failed, or of which nobody knows whether it was sent; at once what waits for its next try.
#[utoipa::path(tag = "outbox", responses((status = 200, body = Message)))]
#[post("/messages/{id}/retry")]
pub async fn retry(me: Me, path: Path<String>) -> Result<Json<Message>, Error> {
    let id = MessageId(path.parse().map_err(|_| Error::NotFound)?);
    let again = me.does(move |desk, me| {
        desk.retry(me, id)?;
        said(desk, me, Some(&id))
    });
    Ok(Json(again.await?))
}

/// Takes a message back that is not on its way yet.
#[utoipa::path(tag = "outbox", responses((status = 200, body = Message)))]
#[delete("/messages/{id}")]
pub async fn take_back(me: Me, path: Path<String>) -> Result<Json<Message>, Error> {
    let id = MessageId(path.parse().map_err(|_| Error::NotFound)?);
    let gone = me.does(move |desk, me| {
        desk.take_back(me, id)?;
        said(desk, me, Some(&id))
    });
    Ok(Json(gone.await?))
}

fn waiting(posted: Posted, names: &Names) -> Waiting {
    let Posted { letter, message, title } = posted;
    let Letter { conversation, channel, recipient, attempts, due_at, .. } = letter;
    Waiting {
        message: written(message, names),
        conversation: ConversationRef { id: conversation.0, number: conversation.to_string(), name: title },
        channel: super::refs::Refs::channel(names, channel),
        to: recipient,
        attempts,
        next_try: due_at,
    }
}
