//! Messages by themselves: written anew with a trace, or their text removed for good.

use actix_web::web::{Json, Path};
use actix_web::{delete, get, patch};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::{Body, given};
use super::conversations::answer::{self, Message};
use super::door::Me;
use super::list::List;
use super::patch::{Fixed, read};
use crate::domain::{MessageId, message};
use crate::web::Error;

/// What an edit of a message writes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct MessageChange {
    #[schema(required)]
    pub body: Option<String>,
    /// As it was read. If the message was written anew since, nothing is changed (409 `stale`).
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub edited_at: Option<Option<DateTime<Utc>>>,
}

/// What a message said before.
#[derive(Debug, Serialize, ToSchema)]
pub struct Earlier {
    pub body: String,
    /// When it was written anew.
    pub until: DateTime<Utc>,
    /// By whom.
    pub by: EarlierBy,
}

/// Who wrote a message anew.
#[derive(Debug, Serialize, ToSchema)]
pub struct EarlierBy {
    pub id: i64,
    pub name: String,
}

impl From<message::Earlier> for Earlier {
    fn from(one: message::Earlier) -> Self {
        Earlier { body: one.body, until: one.until, by: EarlierBy { id: one.agent.0, name: one.name } }
    }
}

const FIXED: &[Fixed] = &[
    ("attachments", "Files stay as they were sent."),
    ("mentions", "Name colleagues in the text."),
    ("removed", "Delete the body instead."),
];

fn number(path: &str) -> Result<MessageId, Error> {
    path.parse().map(MessageId).map_err(|_| Error::NotFound)
}

/// Writes a message anew: one's own, or for managers any that was written here. What it said stays in its history.
#[utoipa::path(tag = "conversations", request_body = MessageChange, responses((status = 200, body = Message)))]
#[patch("/messages/{id}")]
pub async fn change(me: Me, path: Path<String>, body: Body<Map<String, Value>>) -> Result<Json<Message>, Error> {
    let id = number(&path)?;
    me.does(move |desk, me| desk.message_and_trace(me, id)).await?;
    let fields = read::<MessageChange, Message>(body.0?, FIXED)?;
    let changed = me.does(move |desk, me| {
        if let Some(body) = fields.body {
            desk.edit_message(me, id, &body, fields.edited_at)?;
        }
        answer::said(desk, me, Some(&id))
    });
    Ok(Json(changed.await?))
}

/// Removes the text and the files of a message for good: of one's own, or for managers of any.
#[utoipa::path(tag = "conversations", responses((status = 200, body = Message)))]
#[delete("/messages/{id}/body")]
pub async fn redact(me: Me, path: Path<String>) -> Result<Json<Message>, Error> {
    let id = number(&path)?;
    let gone = me.does(move |desk, me| {
        desk.redact_message(me, id)?;
        answer::said(desk, me, Some(&id))
    });
    Ok(Json(gone.await?))
}

/// Lists what a message said before, oldest first.
#[utoipa::path(tag = "conversations", responses((status = 200, body = List<Earlier>)))]
#[get("/messages/{id}/history")]
pub async fn history(me: Me, path: Path<String>) -> Result<Json<List<Earlier>>, Error> {
    let id = number(&path)?;
    let (_, _, trace) = me.does(move |desk, me| desk.message_and_trace(me, id)).await?;
    Ok(Json(List::whole(trace.into_iter().map(Earlier::from).collect())))
}
