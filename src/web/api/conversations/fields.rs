//! What people write on a conversation: title, organization, tags.

use actix_web::web::{Json, Path};
use actix_web::{delete, patch, put};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::super::body::{Body, IfMatch, given, plain};
use super::super::door::Me;
use super::super::patch::{Fixed, read};
use super::answer::Conversation;
use super::{Number, as_of, changed, number, rather, understood};
use crate::desk::edits::ConversationEdit;
use crate::domain::{Action, OrganizationId};
use crate::web::Error;

/// What an edit of a conversation writes; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConversationChange {
    pub title: Option<String>,
    /// The id of an organization; null is unidentified.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    pub organization: Option<Option<i64>>,
    pub version: Option<i64>,
}

/// The value of a tag.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct TagValue {
    pub value: Option<String>,
    pub version: Option<i64>,
}

/// What is on a conversation and written in other ways, or not at all.
const FIXED: &[Fixed] = &[
    ("number", ""),
    ("channel", ""),
    ("started_by", ""),
    ("created_at", ""),
    ("stage", "The stage is changed by actions only."),
    ("group", "The group follows the stage."),
    ("assignee", "Assign the interaction instead."),
    ("queue", "Assign the interaction instead."),
    ("interaction", ""),
    ("priority_rank", "The rank is calculated."),
    ("reply_button", "This follows the stage."),
    ("wait", "Wait time is calculated."),
    ("reopen_count", "This is counted."),
    ("tags", "Put and delete tags one by one."),
    ("dependencies", "Hold and its dependencies have addresses of their own."),
    ("follow_up_of", ""),
    ("merged_into", "Merge the conversation instead."),
    ("spam", ""),
];

/// Changes title and organization.
#[utoipa::path(tag = "conversations", request_body = ConversationChange, responses((status = 200, body = Conversation)))]
#[patch("/conversations/{number}")]
pub async fn change(me: Me, path: Number, body: Body<Map<String, Value>>) -> Result<Json<Conversation>, Error> {
    let id = number(&path)?;
    let fields =
        understood(&me, id, Action::Note, body).await.and_then(|fields| read::<_, Conversation>(fields, FIXED));
    let ConversationChange { title, organization, version } = match fields {
        Ok(fields) => fields,
        Err(wrong) => return Err(rather(&me, id, Action::Note, wrong).await),
    };
    let organization = organization.map(|id| id.map(OrganizationId));
    let edit = ConversationEdit { title, organization };
    changed(&me, move |desk, me| desk.edit_conversation(me, id, edit, version)).await
}

/// Sets a tag.
#[utoipa::path(tag = "conversations", request_body = TagValue, responses((status = 200, body = Conversation)))]
#[put("/conversations/{number}/tags/{name}")]
pub async fn put_tag(me: Me, path: Path<(String, String)>, body: Body<TagValue>) -> Result<Json<Conversation>, Error> {
    let (of, name) = path.into_inner();
    let (id, name) = (number(&of)?, plain(&name));
    let tag = understood(&me, id, Action::Note, body).await?;
    changed(&me, move |desk, me| desk.put_tag(me, id, &name, tag.value.as_deref(), tag.version)).await
}

/// Removes a tag.
#[utoipa::path(tag = "conversations", responses((status = 200, body = Conversation)))]
#[delete("/conversations/{number}/tags/{name}")]
pub async fn remove_tag(me: Me, path: Path<(String, String)>, version: IfMatch) -> Result<Json<Conversation>, Error> {
    let (of, name) = path.into_inner();
    let (id, name) = (number(&of)?, plain(&name));
    let version = as_of(&me, id, Action::Note, version).await?;
    changed(&me, move |desk, me| desk.remove_tag(me, id, &name, version)).await
}
