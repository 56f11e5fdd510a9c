//! The state of an interaction without a conversation, which agents move by hand.

use actix_web::web::Json;
use actix_web::{delete, put};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::body::{Body, IfMatch};
use super::super::conversations::stages::Version;
use super::super::door::Me;
use super::answer::Interaction;
use super::{Number, changed, number};
use crate::desk::{Desk, Done};
use crate::domain::state::CloseCode;
use crate::domain::{Agent, InteractionId, Refused};
use crate::web::Error;

/// How an interaction is closed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Closing {
    /// Required unless the record has one.
    pub short_description: Option<String>,
    /// complete (the default), abandoned, no_show, left or no_response.
    pub close_code: Option<String>,
    pub version: Option<i64>,
}

/// Puts an interaction on hold.
#[utoipa::path(tag = "interactions", request_body = Version, responses((status = 200, body = Interaction)))]
#[put("/interactions/{number}/hold")]
pub async fn hold(me: Me, path: Number, body: Body<Version>) -> Result<Json<Interaction>, Error> {
    let id = number(&path)?;
    let version = by_hand(&me, id, body.0).await?.version;
    changed(&me, move |desk, me| desk.hold_interaction(me, id, true, version)).await
}

/// Goes on with an interaction that was on hold.
#[utoipa::path(tag = "interactions", responses((status = 200, body = Interaction)))]
#[delete("/interactions/{number}/hold")]
pub async fn unhold(me: Me, path: Number, version: IfMatch) -> Result<Json<Interaction>, Error> {
    let id = number(&path)?;
    let version = by_hand(&me, id, version.0).await?;
    changed(&me, move |desk, me| desk.hold_interaction(me, id, false, version)).await
}

/// Closes an interaction.
#[utoipa::path(tag = "interactions", request_body = Closing, responses((status = 200, body = Interaction)))]
#[put("/interactions/{number}/closing")]
pub async fn close(me: Me, path: Number, body: Body<Closing>) -> Result<Json<Interaction>, Error> {
    let id = number(&path)?;
    let closing = by_hand(&me, id, body.0).await?;
    let code = by_hand(&me, id, code(closing.close_code.as_deref()).map_err(Error::from)).await?;
    let Closing { short_description, version, .. } = closing;
    changed(&me, move |desk, me| desk.close_interaction(me, id, short_description, code, version)).await
}

fn code(text: Option<&str>) -> Result<CloseCode, Refused> {
    let chosen = text.map_or(Ok(CloseCode::Complete), str::parse);
    match chosen {
        Ok(CloseCode::Merged | CloseCode::Spam | CloseCode::Auto) | Err(_) => {
            Err(Refused::invalid("close_code", "Choose complete, abandoned, no_show, left or no_response."))
        }
        Ok(code) => Ok(code),
    }
}

/// What was sent, or what is wrong: the record, what moves its state, and whether it is closed come first.
async fn by_hand<T>(me: &Me, id: InteractionId, sent: Result<T, Error>) -> Result<T, Error> {
    let wrong = match sent {
        Ok(sent) => return Ok(sent),
        Err(wrong) => wrong,
    };
    let movable = move |desk: &Desk, me: &Agent| -> Done<()> {
        let interaction = desk.interaction(me, id)?;
        match (interaction.conversation, interaction.state.is_closed()) {
            (Some(_), _) => Err(Refused::StateFollowsStage.into()),
            (None, true) => Err(Refused::Closed.into()),
            (None, false) => Ok(()),
        }
    };
    Err(me.does(movable).await.err().unwrap_or(wrong))
}
