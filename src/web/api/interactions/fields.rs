//! Records made by hand, and the fields of any record.

use actix_web::http::StatusCode;
use actix_web::web::Json;
use actix_web::{CustomizeResponder, Responder, patch, post};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::super::body::{Body, given};
use super::super::door::Me;
use super::super::patch::{Fixed, read};
use super::answer::{self, Interaction};
use super::{Number, changed, number};
use crate::desk::interactions::{Edit, NewInteraction};
use crate::desk::{Desk, Done};
use crate::domain::people::OpenedFor;
use crate::domain::state::ContactType;
use crate::domain::{Agent, ContactId, InteractionId, Refused};
use crate::web::Error;

/// A record to make by hand.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct NewRecord {
    /// walk-up, messaging or chat; phone while the telephony plug-in is active.
    #[serde(rename = "type")]
    #[schema(required)]
    pub kind: Option<String>,
    /// The id of a contact.
    pub opened_for: Option<i64>,
    /// The name of somebody who is not on record.
    pub guest_name: Option<String>,
    /// May be empty now.
    pub short_description: Option<String>,
    /// A slug: it waits there. Without one it is mine.
    pub queue: Option<String>,
    /// The slug of a location.
    pub location: Option<String>,
}

/// What an edit of an interaction writes; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InteractionChange {
    /// At most 160 characters; without one nothing is saved.
    pub short_description: Option<String>,
    /// The id of a contact; null is nobody.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    pub opened_for: Option<Option<i64>>,
    pub guest_name: Option<String>,
    /// Appended as an internal note.
    pub work_notes: Option<String>,
    pub version: Option<i64>,
}

/// What is on an interaction and written in other ways, or not at all.
const FIXED: &[Fixed] = &[
    ("number", ""),
    ("conversation", ""),
    ("type", "The type is fixed after creation."),
    ("direction", ""),
    ("channel_profile", ""),
    ("queue", "Use the assignment."),
    ("assigned_to", "Use the assignment."),
    ("routed_by", ""),
    ("opened_at", ""),
    ("accepted_at", ""),
    ("first_response_at", ""),
    ("closed_at", ""),
    ("close_code", "Use the closing."),
    ("wait_time", "Wait time is calculated."),
    ("duration", "Duration is calculated."),
    ("abandoned_after", "This is calculated."),
    ("short_description_auto", ""),
    ("state", "Use take, hold and closing."),
    ("state_reason", "State reason is only for messaging interactions."),
    ("reason", ""),
    ("visit_number", ""),
    ("location", ""),
    ("desk", ""),
    ("called_at", ""),
    ("caller", ""),
    ("call_id", ""),
    ("talk_time", ""),
    ("held_time", ""),
    ("wrap_up_time", ""),
];

/// Makes a record by hand.
#[utoipa::path(tag = "interactions", request_body = NewRecord, responses((status = 201, body = Interaction)))]
#[post("/interactions")]
pub async fn create(me: Me, body: Body<NewRecord>) -> Result<CustomizeResponder<Json<Interaction>>, Error> {
    let new = body.0?;
    let kind = new.kind.as_deref().map(str::parse);
    let Some(Ok(kind)) = kind else {
        return Err(Refused::invalid("type", "Choose walk-up, messaging or chat.").into());
    };
    if new.location.is_some() && kind != ContactType::Phone {
        return Err(Refused::invalid("location", "No such location.").into());
    }
    let record = NewInteraction {
        kind,
        opened_for: whom(new.opened_for.map(Some), new.guest_name)?.unwrap_or(OpenedFor::Nobody),
        short_description: new.short_description.unwrap_or_default(),
        queue: new.queue,
    };
    let made = me.does(move |desk, me| answer::told(desk, me, desk.create_interaction(me, record)?));
    Ok(Json(made.await?).customize().with_status(StatusCode::CREATED))
}

/// Saves the record. The short description is required, now or before.
#[utoipa::path(tag = "interactions", request_body = InteractionChange, responses((status = 200, body = Interaction)))]
#[patch("/interactions/{number}")]
pub async fn change(me: Me, path: Number, body: Body<Map<String, Value>>) -> Result<Json<Interaction>, Error> {
    let id = number(&path)?;
    let writes_state = body.0.as_ref().is_ok_and(|fields| fields.contains_key("state"));
    let version = body.0.as_ref().ok().and_then(|fields| fields.get("version")?.as_i64());
    let edit = body.0.and_then(|fields| read::<InteractionChange, Interaction>(fields, FIXED)).and_then(edit);
    match edit {
        Ok((edit, version)) => changed(&me, move |desk, me| desk.edit_interaction(me, id, edit, version)).await,
        Err(wrong) => {
            let before = move |desk: &Desk, me: &Agent| comes_first(desk, me, id, writes_state, version);
            Err(me.does(before).await.err().unwrap_or(wrong))
        }
    }
}

fn edit(fields: InteractionChange) -> Result<(Edit, Option<i64>), Error> {
    let edit = Edit {
        short_description: fields.short_description,
        opened_for: whom(fields.opened_for, fields.guest_name)?,
        work_note: fields.work_notes,
    };
    Ok((edit, fields.version))
}

/// Whom it is about: None leaves it as it is.
fn whom(contact: Option<Option<i64>>, guest: Option<String>) -> Result<Option<OpenedFor>, Refused> {
    let guest = guest.map(|name| name.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|n| !n.is_empty());
    match (contact, guest) {
        (Some(Some(_)), Some(_)) => Err(Refused::invalid("guest_name", "Choose a contact or write a name.")),
        (_, Some(name)) if name.chars().count() > 120 => {
            Err(Refused::invalid("guest_name", "Use at most 120 characters."))
        }
        (Some(Some(id)), None) => Ok(Some(OpenedFor::Contact(ContactId(id)))),
        (Some(None) | None, Some(name)) => Ok(Some(OpenedFor::Guest(name))),
        (Some(None), None) => Ok(Some(OpenedFor::Nobody)),
        (None, None) => Ok(None),
    }
}

/// What is wrong before the fields of an edit are.
fn comes_first(desk: &Desk, me: &Agent, id: InteractionId, writes_state: bool, version: Option<i64>) -> Done<()> {
    let interaction = desk.interaction(me, id)?;
    if interaction.state.is_closed() && !me.role.leads() {
        return Err(Refused::Forbidden("This interaction is closed. A manager can correct it.").into());
    }
    if writes_state && interaction.conversation.is_some() {
        return Err(Refused::StateFollowsStage.into());
    }
    if version.is_some_and(|version| version != interaction.version) {
        return Err(Refused::Stale.into());
    }
    Ok(())
}
