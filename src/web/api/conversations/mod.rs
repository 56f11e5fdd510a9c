//! Conversations: lists, one, what stands in it, and every action on it.

pub mod answer;
pub mod fields;
pub mod holds;
pub mod lists;
pub mod looks;
pub mod replies;
pub mod stages;
pub mod starts;

use actix_web::web::{Json, Path};

use super::body::{Body, IfMatch};
use super::door::Me;
use crate::desk::{self, Desk};
use crate::domain::{self, Action, Agent, ConversationId, Refused};
use crate::web::Error;

/// The conversation of a path. What is no number is nowhere.
pub(super) fn number(path: &str) -> Result<ConversationId, Error> {
    path.parse().map_err(|()| Error::NotFound)
}

/// A body, or what is wrong: the record and its stage come before the body.
async fn understood<T>(me: &Me, id: ConversationId, action: Action, body: Body<T>) -> Result<T, Error> {
    match body.0 {
        Ok(body) => Ok(body),
        Err(wrong) => Err(rather(me, id, action, wrong).await),
    }
}

/// What is wrong before this: no such record, or a stage that does not allow it.
async fn rather(me: &Me, id: ConversationId, action: Action, wrong: Error) -> Error {
    let allowed = move |desk: &Desk, me: &Agent| {
        let from = desk.conversation(me, id)?.stage;
        if from.allows(action) { Ok(()) } else { Err(Refused::IllegalTransition { from, action }.into()) }
    };
    me.does(allowed).await.err().unwrap_or(wrong)
}

/// The version of the header, where what is wrong with it comes after what is wrong with the record.
async fn as_of(me: &Me, id: ConversationId, action: Action, version: IfMatch) -> Result<Option<i64>, Error> {
    match version.0 {
        Ok(version) => Ok(version),
        Err(wrong) => Err(rather(me, id, action, wrong).await),
    }
}

/// Does a verb, and answers with the conversation as it is then.
async fn changed<S>(
    me: &Me,
    verb: impl FnOnce(&Desk, &Agent) -> desk::Done<S> + Send + 'static,
) -> Result<Json<answer::Conversation>, Error>
where
    S: Into<domain::Conversation>,
{
    Ok(Json(me.does(move |desk, me| answer::told(desk, Some(me), verb(desk, me)?.into())).await?))
}

/// A path with a number and nothing else.
type Number = Path<String>;
