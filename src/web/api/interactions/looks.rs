//! One interaction: itself, the work on it, the tasks that came of it.

use actix_web::web::Json;
use actix_web::{get, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::body::Body;
use super::super::door::Me;
use super::super::list::List;
use super::super::refs::{AgentRef, Refs};
use super::answer::Interaction;
use super::{Number, changed, number, understood};
use crate::domain::Refused;
use crate::domain::names::Wanted;
use crate::web::Error;

/// Shows an interaction.
#[utoipa::path(tag = "interactions", responses((status = 200, body = Interaction)))]
#[get("/interactions/{number}")]
pub async fn show(me: Me, path: Number) -> Result<Json<Interaction>, Error> {
    let id = number(&path)?;
    changed(&me, move |desk, me| desk.interaction(me, id)).await
}

/// A time an agent worked on it.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkSegment {
    pub agent: AgentRef,
    pub started_at: DateTime<Utc>,
    /// Null while it runs.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Lists the times agents worked on it. They add up to its duration.
#[utoipa::path(tag = "interactions", responses((status = 200, body = List<WorkSegment>)))]
#[get("/interactions/{number}/work-segments")]
pub async fn work_segments(me: Me, path: Number) -> Result<Json<List<WorkSegment>>, Error> {
    let id = number(&path)?;
    let segments = me.does(move |desk, me| {
        let segments = desk.work_segments(me, id)?;
        let mut wanted = Wanted::default();
        wanted.agents.extend(segments.iter().map(|segment| segment.agent.0));
        let names = desk.names(Some(me), &wanted)?;
        let segment = |segment: crate::domain::clocks::Segment| WorkSegment {
            agent: names.agent(segment.agent),
            started_at: segment.since,
            ended_at: segment.until,
        };
        Ok(List::whole(segments.into_iter().map(segment).collect()))
    });
    Ok(Json(segments.await?))
}

/// A work item that was viewed, made or linked here.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelatedTask {
    /// created, associated, updated or viewed.
    pub operation: String,
    pub count: i64,
    pub blocking: bool,
    pub at: DateTime<Utc>,
}

/// A work item to make or to link.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct NewRelatedTask {
    /// incident, case, request, ticket or issue.
    pub kind: Option<String>,
    pub short_description: Option<String>,
    /// The number of one that exists.
    pub work_item: Option<String>,
}

/// Lists the related tasks of an interaction.
#[utoipa::path(tag = "interactions", responses((status = 200, body = List<RelatedTask>)))]
#[get("/interactions/{number}/related-tasks")]
pub async fn related_tasks(me: Me, path: Number) -> Result<Json<List<RelatedTask>>, Error> {
    let id = number(&path)?;
    me.does(move |desk, me| desk.interaction(me, id)).await?;
    Ok(Json(List::whole(Vec::new())))
}

/// Makes or links a work item. There are no work items yet: always refused.
#[utoipa::path(tag = "interactions", request_body = NewRelatedTask, responses((status = 201, body = RelatedTask)))]
#[post("/interactions/{number}/related-tasks")]
pub async fn relate(me: Me, path: Number, body: Body<NewRelatedTask>) -> Result<Json<RelatedTask>, Error> {
    let id = number(&path)?;
    let new = understood(&me, id, body).await?;
    let interaction = me.does(move |desk, me| desk.interaction(me, id)).await?;
    if interaction.short_description.is_empty() {
        return Err(Refused::needs_short_description().into());
    }
    let refused = match new.work_item {
        Some(_) => Refused::invalid("work_item", "No such work item."),
        None => Refused::invalid("kind", "Work items cannot be made yet."),
    };
    Err(refused.into())
}
