//! What moves a conversation from stage to stage.

use actix_web::web::Json;
use actix_web::{delete, put};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::super::body::{Body, IfMatch};
use super::super::door::Me;
use super::super::list::Asked;
use super::answer::Conversation;
use super::{Number, as_of, changed, number, rather, understood};
use crate::domain::conversation::Ending;
use crate::domain::{Action, ConversationId, Refused};
use crate::web::Error;

/// How a conversation is resolved.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Resolution {
    /// One of GET /resolutions.
    #[schema(required)]
    pub resolution: Option<String>,
    /// Required unless the interaction has one.
    pub short_description: Option<String>,
    pub version: Option<i64>,
}

/// The version an action is based on.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Version {
    pub version: Option<i64>,
}

/// A verdict of spam.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Verdict {
    /// Later first messages of this sender are suspended.
    pub block_sender: Option<bool>,
    pub version: Option<i64>,
}

/// What a conversation is merged into.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Merge {
    /// A number, as in CONV-42.
    #[schema(required)]
    pub into: Option<String>,
    pub version: Option<i64>,
}

/// Why it is our turn again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Why {
    #[schema(required)]
    pub note: Option<String>,
    pub version: Option<i64>,
}

/// Why a conversation is opened again.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query for the document")]
pub struct Note {
    note: String,
}

/// Resolves a conversation and closes its interaction.
#[utoipa::path(tag = "conversations", request_body = Resolution, responses((status = 200, body = Conversation)))]
#[put("/conversations/{number}/resolution")]
pub async fn resolve(me: Me, path: Number, body: Body<Resolution>) -> Result<Json<Conversation>, Error> {
    let id = number(&path)?;
    let Resolution { resolution, short_description, version } = understood(&me, id, Action::Resolve, body).await?;
    let ending = Ending { resolution: resolution.unwrap_or_default(), short_description };
    changed(&me, move |desk, me| desk.resolve(me, id, ending, version)).await
}

/// Opens a resolved conversation again, with a new interaction for whoever does.
#[utoipa::path(tag = "conversations", params(Note), responses((status = 200, body = Conversation)))]
#[delete("/conversations/{number}/resolution")]
pub async fn reopen(me: Me, path: Number, asked: Asked, version: IfMatch) -> Result<Json<Conversation>, Error> {
    let id = number(&path)?;
    let version = as_of(&me, id, Action::Reopen, version).await?;
    let note = asked.one("note").unwrap_or_default().to_owned();
    changed(&me, move |desk, me| desk.reopen(me, id, &note, version)).await
}

/// Holds a conversation out of routing, for review.
#[utoipa::path(tag = "conversations", request_body = Version, responses((status = 200, body = Conversation)))]
#[put("/conversations/{number}/suspension")]
pub async fn suspend(me: Me, path: Number, body: Body<Version>) -> Result<Json<Conversation>, Error> {
    let id = number(&path)?;
    let version = understood(&me, id, Action::Suspend, body).await?.version;
    changed(&me, move |desk, me| desk.suspend(me, id, version)).await
}

/// Releases a suspended conversation: it is valid, and routed now.
#[utoipa::path(tag = "conversations", responses((status = 200, body = Conversation)))]
#[delete("/conversations/{number}/suspension")]
pub async fn release(me: Me, path: Number, version: IfMatch) -> Result<Json<Conversation>, Error> {
    let id = number(&path)?;
    let version = as_of(&me, id, Action::Release, version).await?;
    changed(&me, move |desk, me| desk.release(me, id, version)).await
}

/// Confirms that a suspended conversation is spam.
#[utoipa::path(tag = "conversations", request_body = Verdict, responses((status = 200, body = Conversation)))]
#[put("/conversations/{number}/spam")]
pub async fn confirm_spam(me: Me, path: Number, body: Body<Verdict>) -> Result<Json<Conversation>, Error> {
    let id = number(&path)?;
    let verdict = understood(&me, id, Action::ConfirmSpam, body).await?;
    changed(&me, move |desk, me| match verdict.block_sender {
        Some(true) => desk.confirm_spam_and_block(me, id, verdict.version),
        Some(false) | None => desk.confirm_spam(me, id, verdict.version),
    })
    .await
}

/// Archives a resolved conversation: it is read-only from then on.
#[utoipa::path(tag = "conversations", request_body = Version, responses((status = 200, body = Conversation)))]
#[put("/conversations/{number}/archive")]
pub async fn archive(me: Me, path: Number, body: Body<Version>) -> Result<Json<Conversation>, Error> {
    let id = number(&path)?;
    let version = understood(&me, id, Action::Archive, body).await?.version;
    changed(&me, move |desk, me| desk.archive(me, id, version)).await
}

/// Merges a conversation into another of the same person. Answers with the one that is archived by this.
#[utoipa::path(tag = "conversations", request_body = Merge, responses((status = 200, body = Conversation)))]
#[put("/conversations/{number}/merge")]
pub async fn merge(me: Me, path: Number, body: Body<Merge>) -> Result<Json<Conversation>, Error> {
    let id = number(&path)?;
    let wanted = understood(&me, id, Action::Merge, body).await?;
    let Some(into) = wanted.into.as_deref().and_then(|text| text.parse::<ConversationId>().ok()) else {
        let refused = Refused::invalid("into", "No such conversation.");
        return Err(rather(&me, id, Action::Merge, refused.into()).await);
    };
    changed(&me, move |desk, me| {
        desk.merge(me, id, into, wanted.version)?;
        desk.conversation(me, id)
    })
    .await
}

/// Says that the customer answered elsewhere: it is our turn again.
#[utoipa::path(tag = "conversations", request_body = Why, responses((status = 200, body = Conversation)))]
#[put("/conversations/{number}/needs-response")]
pub async fn needs_response(me: Me, path: Number, body: Body<Why>) -> Result<Json<Conversation>, Error> {
    let id = number(&path)?;
    let Why { note, version } = understood(&me, id, Action::NeedsResponse, body).await?;
    let note = note.unwrap_or_default();
    changed(&me, move |desk, me| desk.mark_needs_response(me, id, &note, version)).await
}
