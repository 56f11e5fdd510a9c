//! Who has an interaction.

use actix_web::web::Json;
use actix_web::{post, put};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::body::Body;
use super::super::conversations::stages::Version;
use super::super::door::Me;
use super::answer::Interaction;
use super::{Number, changed, number, understood};
use crate::desk::assignment::Target;
use crate::domain::Refused;
use crate::web::Error;

/// Where it goes: an agent or a queue.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Assignment {
    /// An e-mail address: handed over.
    pub agent: Option<String>,
    /// A slug: waits there, nobody has it.
    pub queue: Option<String>,
    pub version: Option<i64>,
}

/// Takes an interaction: it is mine, and I work on it.
#[utoipa::path(tag = "interactions", responses((status = 200, body = Interaction)))]
#[post("/interactions/{number}/take")]
pub async fn take(me: Me, path: Number) -> Result<Json<Interaction>, Error> {
    let id = number(&path)?;
    changed(&me, move |desk, me| desk.take(me, id)).await
}

/// Accepts what was assigned to me.
#[utoipa::path(tag = "interactions", request_body = Version, responses((status = 200, body = Interaction)))]
#[put("/interactions/{number}/acceptance")]
pub async fn accept(me: Me, path: Number, body: Body<Version>) -> Result<Json<Interaction>, Error> {
    let id = number(&path)?;
    let version = understood(&me, id, body).await?.version;
    changed(&me, move |desk, me| desk.accept_version(me, id, version)).await
}

/// Hands an interaction to an agent, or gives it to a queue.
#[utoipa::path(tag = "interactions", request_body = Assignment, responses((status = 200, body = Interaction)))]
#[put("/interactions/{number}/assignment")]
pub async fn assign(me: Me, path: Number, body: Body<Assignment>) -> Result<Json<Interaction>, Error> {
    let id = number(&path)?;
    let Assignment { agent, queue, version } = understood(&me, id, body).await?;
    let to = match (agent, queue) {
        (Some(agent), None) => Target::Agent(agent),
        (None, Some(queue)) => Target::Queue(queue),
        (None, None) | (Some(_), Some(_)) => {
            let refused = Refused::invalid("agent", "Choose an agent or a queue.");
            let mine = me.does(move |desk, me| Ok(desk.interaction(me, id)?.may_be_moved_by(me)?)).await;
            return Err(mine.err().unwrap_or_else(|| refused.into()));
        }
    };
    changed(&me, move |desk, me| desk.assign(me, id, to, version)).await
}
