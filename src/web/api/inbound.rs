//! The door of a channel: a message comes in, with the channel's own token.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, Responder, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{Body, plain};
use super::door::Visitor;
use crate::desk::Error as Refusal;
use crate::desk::intake::{Arrival, Receipt};
use crate::desk::sign_in::Holder;
use crate::domain::conversation::InboundKind;
use crate::domain::{Channel, ConversationId, Refused};
use crate::web::Error;

/// A message as a program hands it in.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Inbound {
    /// The provider's id: the same one twice is stored once. Without one, who, when and what make it up.
    pub provider_message_id: Option<String>,
    /// A phone number if it starts with +, an e-mail address if it holds @, else an id of the program's own.
    #[schema(required)]
    pub from: Option<String>,
    /// Of a receipt: delivered, read, or failed, with a reason after a colon.
    #[schema(required)]
    pub body: Option<String>,
    /// What the provider's clock said; orders the display only.
    pub sent_at: Option<DateTime<Utc>>,
    /// content (the default), auto_reply, reaction, receipt, edit or end.
    pub kind: Option<String>,
    /// The provider id that a reaction or an edit is about; the id of the answer that a receipt is about.
    pub of: Option<String>,
    /// The number of the conversation, on channels that have threads.
    pub thread: Option<String>,
}

/// What became of a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    /// A number, as in CONV-42; null where the message belongs to none.
    pub conversation: Option<String>,
    /// A number, as in IMS0000042.
    pub interaction: Option<String>,
    /// The id that `seen_upto` takes.
    pub message: Option<i64>,
    pub stage: Option<&'static str>,
    /// It was here before, and nothing was done.
    pub duplicate: bool,
}

impl From<Receipt> for Accepted {
    fn from(receipt: Receipt) -> Self {
        Accepted {
            conversation: receipt.conversation.map(|id| id.to_string()),
            interaction: receipt.interaction.map(|id| id.to_string()),
            message: receipt.message.map(|id| id.0),
            stage: receipt.stage.map(|stage| stage.as_str()),
            duplicate: receipt.duplicate,
        }
    }
}

/// Takes a message in: 201, or 200 if it was here before.
#[utoipa::path(
    tag = "intake",
    request_body = Inbound,
    responses((status = 201, body = Accepted), (status = 200, description = "A duplicate", body = Accepted))
)]
#[post("/inbound/{channel}")]
pub async fn receive(
    door: Visitor,
    path: Path<String>,
    body: Body<Inbound>,
) -> Result<CustomizeResponder<Json<Accepted>>, Error> {
    let channel = own_channel(&door, plain(&path)).await?;
    let arrival = arrival(body.0?)?;
    let in_thread = arrival.thread.is_some();
    let receipt = door.does(move |desk| match desk.receive(&channel, arrival) {
        Err(Refusal::NotFound) if in_thread => Err(Refused::invalid("thread", "No such conversation.").into()),
        receipt => receipt,
    });
    let receipt = receipt.await?;
    let status = if receipt.duplicate { StatusCode::OK } else { StatusCode::CREATED };
    Ok(Json(Accepted::from(receipt)).customize().with_status(status))
}

/// The channel of the path, if the token is its own.
async fn own_channel(door: &Visitor, slug: String) -> Result<Channel, Error> {
    if !matches!(door.caller.holder, Holder::Channel { .. }) {
        return Err(Error::SignedOut);
    }
    let own = door.caller.channel(&slug).is_ok();
    let channel = door.does(move |desk| desk.channel(&slug)).await?;
    if own { Ok(channel) } else { Err(Error::SignedOut) }
}

fn arrival(new: Inbound) -> Result<Arrival, Refused> {
    let kind = match new.kind.as_deref().map(str::parse) {
        None => InboundKind::Content,
        Some(Ok(kind)) => kind,
        Some(Err(_)) => {
            let sentence = "Choose content, auto_reply, reaction, receipt, edit or end.";
            return Err(Refused::invalid("kind", sentence));
        }
    };
    let thread = match new.thread.as_deref().map(str::parse::<ConversationId>) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(())) => return Err(Refused::invalid("thread", "No such conversation.")),
    };
    Ok(Arrival {
        provider_id: new.provider_message_id,
        from: new.from.unwrap_or_default(),
        body: new.body.unwrap_or_default(),
        sent_at: new.sent_at,
        kind,
        about: new.of,
        thread,
        files: Vec::new(),
    })
}
