//! Interactions: lists, one, its fields, who has it, and the state of those without a conversation.

pub mod answer;
pub mod assignment;
pub mod fields;
pub mod lists;
pub mod looks;
pub mod states;

use actix_web::web::{Json, Path};

use super::body::Body;
use super::door::Me;
use crate::desk::{self, Desk};
use crate::domain::{self, Agent, InteractionId, Refused};
use crate::web::Error;

/// The interaction of a path. What is no number is nowhere.
fn number(path: &str) -> Result<InteractionId, Error> {
    path.parse().map_err(|()| Error::NotFound)
}

/// A body, or what is wrong: the record and whether it is closed come before the body.
async fn understood<T>(me: &Me, id: InteractionId, body: Body<T>) -> Result<T, Error> {
    match body.0 {
        Ok(body) => Ok(body),
        Err(wrong) => Err(rather(me, id, wrong).await),
    }
}

/// What is wrong before this: no such record, or a closed one.
async fn rather(me: &Me, id: InteractionId, wrong: Error) -> Error {
    let open = move |desk: &Desk, me: &Agent| match desk.interaction(me, id)?.state.is_closed() {
        true => Err(Refused::Closed.into()),
        false => Ok(()),
    };
    me.does(open).await.err().unwrap_or(wrong)
}

/// Does a verb, and answers with the interaction as it is then.
async fn changed(
    me: &Me,
    verb: impl FnOnce(&Desk, &Agent) -> desk::Done<domain::Interaction> + Send + 'static,
) -> Result<Json<answer::Interaction>, Error> {
    Ok(Json(me.does(move |desk, me| answer::told(desk, me, verb(desk, me)?)).await?))
}

/// A path with a number and nothing else.
type Number = Path<String>;
