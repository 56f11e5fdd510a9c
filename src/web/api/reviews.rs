//! Reviews that conversations on hold wait for.

use actix_web::web::{Json, Path};
use actix_web::{get, put};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::conversations::answer::{Dependency, waited_for};
use super::door::Me;
use super::list::List;
use super::refs::ConversationRef;
use crate::desk;
use crate::domain::DependencyId;
use crate::domain::names::Wanted;
use crate::web::Error;

/// A review that is mine to do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Review {
    pub id: i64,
    pub conversation: ConversationRef,
    /// The label of the role in which I was asked.
    #[serde(rename = "as")]
    pub role: Option<String>,
    pub since: DateTime<Utc>,
}

/// Lists my open reviews, oldest first.
#[utoipa::path(tag = "reviews", responses((status = 200, body = List<Review>)))]
#[get("/reviews")]
pub async fn list(me: Me) -> Result<Json<List<Review>>, Error> {
    let reviews = me.does(|desk, me| desk.reviews(me)).await?.into_iter().map(|review| Review {
        id: review.id.0,
        conversation: ConversationRef {
            id: review.conversation.0,
            number: review.conversation.to_string(),
            name: review.title,
        },
        role: review.role,
        since: review.since,
    });
    Ok(Json(List::whole(reviews.collect())))
}

/// Finishes a review. The last one ends the hold; doing it twice changes nothing.
#[utoipa::path(tag = "reviews", responses((status = 200, body = Dependency)))]
#[put("/reviews/{id}/completion")]
pub async fn complete(me: Me, path: Path<String>) -> Result<Json<Dependency>, Error> {
    let id = DependencyId(path.parse().map_err(|_| Error::NotFound)?);
    let done = me.does(move |desk, me| {
        let conversation = desk.complete_review(me, id)?.conversation;
        let review = conversation.dependencies.iter().find(|dependency| dependency.id == id);
        let review = review.ok_or(desk::Error::NotFound)?;
        let mut wanted = Wanted::default();
        wanted.awaited(&review.awaited);
        Ok(waited_for(review, &desk.names(Some(me), &wanted)?))
    });
    Ok(Json(done.await?))
}
