//! What is written into a conversation: replies, internal notes, responses given elsewhere.

use actix_web::http::StatusCode;
use actix_web::web::Json;
use actix_web::{CustomizeResponder, Responder, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::body::Body;
use super::super::door::Me;
use super::answer::{self, Message};
use super::{Number, number, understood};
use crate::desk::conversations::Answer;
use crate::domain::change::Seen;
use crate::domain::conversation::Reply;
use crate::domain::{Action, AttachmentId, MessageId};
use crate::web::Error;

/// A message that was stored.
type Said = CustomizeResponder<Json<Message>>;

/// A public reply.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct NewReply {
    #[schema(required)]
    pub body: Option<String>,
    /// The id of the last message the writer has seen. A customer message after it leaves the conversation in Needs
    /// response.
    pub seen_upto: Option<i64>,
    /// On Hold: the stage stays. Ignored elsewhere.
    pub keep_hold: Option<bool>,
    /// On Resolved: wait for the user again. Ignored elsewhere.
    pub wait: Option<bool>,
    /// Ids of files that were sent to /attachments before; with them the body may be empty.
    pub attachments: Option<Vec<i64>>,
}

/// Words for colleagues.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct NewNote {
    #[schema(required)]
    pub body: Option<String>,
    /// Ids of files that were sent to /attachments before; with them the body may be empty.
    pub attachments: Option<Vec<i64>>,
}

/// A response that was given elsewhere.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct GivenElsewhere {
    #[schema(required)]
    pub body: Option<String>,
}

/// Replies to the customer.
#[utoipa::path(tag = "conversations", request_body = NewReply, responses((status = 201, body = Message)))]
#[post("/conversations/{number}/replies")]
pub async fn reply(me: Me, path: Number, body: Body<NewReply>) -> Result<Said, Error> {
    let id = number(&path)?;
    let new = understood(&me, id, Action::Reply, body).await?;
    let answered = Reply {
        body: new.body.unwrap_or_default(),
        attachments: files(new.attachments),
        seen: Seen(new.seen_upto.map(MessageId)),
        keep_hold: new.keep_hold.unwrap_or_default(),
        wait: new.wait.unwrap_or_default(),
    };
    let said = me.does(move |desk, me| {
        let saved = desk.reply(me, id, Answer { reply: answered, ..Answer::default() })?;
        answer::said(desk, me, saved.messages.last())
    });
    Ok(Json(said.await?).customize().with_status(StatusCode::CREATED))
}

/// Writes an internal note. It never reaches the customer and changes no stage.
#[utoipa::path(tag = "conversations", request_body = NewNote, responses((status = 201, body = Message)))]
#[post("/conversations/{number}/notes")]
pub async fn note(me: Me, path: Number, body: Body<NewNote>) -> Result<Said, Error> {
    let id = number(&path)?;
    let new = understood(&me, id, Action::Note, body).await?;
    let (text, files) = (new.body.unwrap_or_default(), files(new.attachments));
    let said = me.does(move |desk, me| {
        let saved = desk.note_with_files(me, id, &text, files, None)?;
        answer::said(desk, me, saved.messages.last())
    });
    Ok(Json(said.await?).customize().with_status(StatusCode::CREATED))
}

/// Logs a response that was given elsewhere: it answers the customer here.
#[utoipa::path(tag = "conversations", request_body = GivenElsewhere, responses((status = 201, body = Message)))]
#[post("/conversations/{number}/external-responses")]
pub async fn external_response(me: Me, path: Number, body: Body<GivenElsewhere>) -> Result<Said, Error> {
    let id = number(&path)?;
    let text = understood(&me, id, Action::ExternalResponse, body).await?.body.unwrap_or_default();
    let said =
        me.does(move |desk, me| answer::said(desk, me, desk.log_external_response(me, id, &text)?.messages.last()));
    Ok(Json(said.await?).customize().with_status(StatusCode::CREATED))
}

fn files(ids: Option<Vec<i64>>) -> Vec<AttachmentId> {
    ids.unwrap_or_default().into_iter().map(AttachmentId).collect()
}
