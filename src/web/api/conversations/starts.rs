//! Conversations that begin with us.

use actix_web::http::StatusCode;
use actix_web::web::Json;
use actix_web::{CustomizeResponder, Responder, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::body::Body;
use super::super::door::Visitor;
use super::answer::{self, Conversation};
use crate::desk::sign_in::Holder;
use crate::desk::starts::Start;
use crate::desk::{Desk, Done, Error as Refusal};
use crate::domain::conversation::StartedBy;
use crate::domain::{Agent, Channel, Refused, Role};
use crate::web::Error;

/// A conversation to begin: by an agent with `to`, by the system with `from` and `started_by`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct NewConversation {
    /// The slug of a channel.
    #[schema(required)]
    pub channel: Option<String>,
    /// Whom the agent writes to, on that channel.
    pub to: Option<String>,
    /// In whose name the system writes, on that channel.
    pub from: Option<String>,
    #[schema(required)]
    pub body: Option<String>,
    pub title: Option<String>,
    /// agent (the default) or system, which takes an admin's token or the channel's own.
    pub started_by: Option<String>,
}

/// Who may begin this one.
enum Starter {
    Agent(Agent),
    /// By an admin's token, or by the channel's own.
    System(Option<Agent>),
}

/// Begins a conversation.
#[utoipa::path(tag = "conversations", request_body = NewConversation, responses((status = 201, body = Conversation)))]
#[post("/conversations")]
pub async fn start(
    door: Visitor,
    body: Body<NewConversation>,
) -> Result<CustomizeResponder<Json<Conversation>>, Error> {
    if matches!(door.caller.holder, Holder::Kiosk { .. } | Holder::Telephony) {
        return Err(Error::Forbidden("This token is for something else.".to_owned()));
    }
    let new = body.0?;
    let starter = starter(&door.caller.holder, &new)?;
    let begun = door.does(move |desk| {
        let channel = channel(desk, new.channel.as_deref())?;
        let address = if matches!(starter, Starter::System(_)) { new.from } else { new.to };
        let start =
            Start { address: address.unwrap_or_default(), body: new.body.unwrap_or_default(), title: new.title };
        let saved = match &starter {
            Starter::Agent(agent) => desk.start_conversation(agent, &channel, start)?,
            Starter::System(_) => desk.start_by_system(&channel, start)?,
        };
        let me = match &starter {
            Starter::Agent(agent) => Some(agent),
            Starter::System(agent) => agent.as_ref(),
        };
        answer::told(desk, me, saved.conversation)
    });
    Ok(Json(begun.await?).customize().with_status(StatusCode::CREATED))
}

fn starter(holder: &Holder, new: &NewConversation) -> Result<Starter, Error> {
    let by = new.started_by.as_deref().map_or(Ok(StartedBy::Agent), str::parse);
    match (holder, by) {
        (Holder::Agent(agent), Ok(StartedBy::Agent)) => Ok(Starter::Agent(agent.clone())),
        (Holder::Agent(agent), Ok(StartedBy::System)) if agent.role == Role::Admin => {
            Ok(Starter::System(Some(agent.clone())))
        }
        (Holder::Agent(_), Ok(StartedBy::System)) => {
            Err(Error::Forbidden("The system's conversations are started by admins and channels.".to_owned()))
        }
        (Holder::Channel { slug, .. }, Ok(StartedBy::System)) if Some(slug) == new.channel.as_ref() => {
            Ok(Starter::System(None))
        }
        (Holder::Channel { .. } | Holder::Kiosk { .. } | Holder::Telephony, _) => Err(Error::SignedOut),
        (Holder::Agent(_), Ok(StartedBy::Customer) | Err(_)) => {
            Err(Refused::invalid("started_by", "Choose agent or system.").into())
        }
    }
}

fn channel(desk: &Desk, slug: Option<&str>) -> Done<Channel> {
    let missing = || Refused::invalid("channel", "No such channel.");
    match desk.channel(slug.ok_or_else(missing)?) {
        Err(Refusal::NotFound) => Err(missing().into()),
        channel => channel,
    }
}
