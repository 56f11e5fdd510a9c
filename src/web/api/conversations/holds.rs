//! Hold, and what it waits for.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, Responder, delete, post, put};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::body::{Body, IfMatch};
use super::super::door::Me;
use super::answer::{Conversation, Dependency, waited_for};
use super::{Number, as_of, changed, number, rather, understood};
use crate::desk;
use crate::desk::holds::Wanted;
use crate::domain::names::Wanted as WantedNames;
use crate::domain::{Action, DependencyId, Refused};
use crate::web::Error;

/// Something to wait for: one of `review`, `until` and `work_item`.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NewDependency {
    /// The e-mail address of the reviewer.
    pub review: Option<String>,
    /// The label of the reviewer's role: SME, manager, PM, developer, other.
    #[serde(rename = "as")]
    pub role: Option<String>,
    pub until: Option<DateTime<Utc>>,
    /// The number of a work item.
    pub work_item: Option<String>,
}

/// A hold.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct NewHold {
    #[schema(required)]
    pub dependencies: Option<Vec<NewDependency>>,
    pub version: Option<i64>,
}

impl NewDependency {
    fn wanted(self) -> Result<Wanted, Refused> {
        let wrong = |sentence: &str| Err(Refused::invalid("dependencies", sentence));
        match (self.review, self.until, self.work_item) {
            (Some(email), None, None) => Ok(Wanted::Review { email, role: self.role }),
            (None, Some(until), None) => Ok(Wanted::Until(until)),
            (None, None, Some(_)) => wrong("No such work item."),
            (None, None, None) => wrong("Say what this is waiting for."),
            _ => wrong("Name one thing to wait for in each dependency."),
        }
    }
}

/// Puts a conversation on hold until all of this is done.
#[utoipa::path(tag = "conversations", request_body = NewHold, responses((status = 200, body = Conversation)))]
#[put("/conversations/{number}/hold")]
pub async fn hold(me: Me, path: Number, body: Body<NewHold>) -> Result<Json<Conversation>, Error> {
    let id = number(&path)?;
    let new = understood(&me, id, Action::Hold, body).await?;
    let on: Result<Vec<Wanted>, Refused> =
        new.dependencies.unwrap_or_default().into_iter().map(NewDependency::wanted).collect();
    match on {
        Ok(on) => changed(&me, move |desk, me| desk.hold(me, id, on, new.version)).await,
        Err(refused) => Err(rather(&me, id, Action::Hold, refused.into()).await),
    }
}

/// Takes a conversation off hold. What it waited for stays linked.
#[utoipa::path(tag = "conversations", responses((status = 200, body = Conversation)))]
#[delete("/conversations/{number}/hold")]
pub async fn unhold(me: Me, path: Number, version: IfMatch) -> Result<Json<Conversation>, Error> {
    let id = number(&path)?;
    let version = as_of(&me, id, Action::Unhold, version).await?;
    changed(&me, move |desk, me| desk.unhold(me, id, version)).await
}

/// Adds one more thing to wait for.
#[utoipa::path(tag = "conversations", request_body = NewDependency, responses((status = 201, body = Dependency)))]
#[post("/conversations/{number}/dependencies")]
pub async fn add_dependency(
    me: Me,
    path: Number,
    body: Body<NewDependency>,
) -> Result<CustomizeResponder<Json<Dependency>>, Error> {
    let id = number(&path)?;
    let wanted = match understood(&me, id, Action::Note, body).await?.wanted() {
        Ok(wanted) => wanted,
        Err(refused) => return Err(rather(&me, id, Action::Note, refused.into()).await),
    };
    let added = me.does(move |desk, me| {
        let conversation = desk.add_dependencies(me, id, vec![wanted], None)?.conversation;
        let added = conversation.dependencies.last().ok_or(desk::Error::NotFound)?;
        let mut wanted = WantedNames::default();
        wanted.awaited(&added.awaited);
        Ok(waited_for(added, &desk.names(Some(me), &wanted)?))
    });
    Ok(Json(added.await?).customize().with_status(StatusCode::CREATED))
}

/// Waits for this no more. When nothing is left to wait for, the hold ends.
#[utoipa::path(tag = "conversations", responses((status = 200, body = Conversation)))]
#[delete("/conversations/{number}/dependencies/{id}")]
pub async fn unlink(me: Me, path: Path<(String, String)>, version: IfMatch) -> Result<Json<Conversation>, Error> {
    let (of, dependency) = path.into_inner();
    let id = number(&of)?;
    let dependency = DependencyId(dependency.parse().map_err(|_| Error::NotFound)?);
    let version = as_of(&me, id, Action::Note, version).await?;
    changed(&me, move |desk, me| desk.unlink_dependency(me, id, dependency, version)).await
}
