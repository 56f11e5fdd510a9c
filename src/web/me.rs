//! What is a person's own: their home, presence, theme, keys, the reviews they owe, and the rail.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::chrome::{Chrome, KeysPage, NavCounts, Toast};
use super::page::{Page, Place, came_from, goes, goes_saying, number};
use super::{Error, assets, filters, palette};
use crate::desk::{self, me};
use crate::domain::row::Row;
use crate::domain::{Actor, DependencyId, Presence, Stage};

/// Everything that is about the person who asks.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/").get(home))
        .service(web::resource("/nav").get(nav))
        .service(web::resource("/palette").get(palette::find))
        .service(web::resource("/keys").get(keys))
        .service(web::resource("/me/presence").post(presence))
        .service(web::resource("/me/theme").post(theme))
        .service(web::resource("/reviews").get(reviews))
        .service(web::resource("/reviews/{id}").post(done));
}

/// `/reviews`: what colleagues wait for this person to look at.
#[derive(Template)]
#[template(path = "reviews/index.html")]
pub struct ReviewsPage {
    pub chrome: Chrome,
    pub reviews: Vec<Asked>,
}

/// One review that is owed.
pub struct Asked {
    pub id: DependencyId,
    /// What they are asked as: `manager`.
    pub role: Option<String>,
    pub since: chrono::DateTime<chrono::Utc>,
    pub title: String,
    pub conversation: crate::domain::ConversationId,
    /// The conversation, where the reviewer may see it.
    pub row: Option<Row>,
}

/// `?current=`
#[derive(Deserialize)]
pub struct Current {
    #[serde(default)]
    current: String,
}

/// `state=`
#[derive(Deserialize)]
pub struct State {
    #[serde(default)]
    state: String,
}

/// `theme=`
#[derive(Deserialize)]
pub struct Theme {
    #[serde(default)]
    theme: String,
}

async fn home(page: Page) -> Result<HttpResponse, Error> {
    page.answer(|page| goes(me::home(page.me.role))).await
}

async fn nav(page: Page, asked: web::Query<Current>) -> Result<HttpResponse, Error> {
    page.answer(move |page| page.shows(&NavCounts { nav: &page.nav(&asked.current)? })).await
}

async fn keys(page: Page) -> Result<HttpResponse, Error> {
    page.answer(|page| {
        let chrome = page.chrome(Place::default())?;
        page.shows(&KeysPage { chrome })
    })
    .await
}

async fn presence(page: Page, request: HttpRequest, form: web::Form<State>) -> Result<HttpResponse, Error> {
    let back = came_from(&request).unwrap_or_else(|| "/inbox/mine".to_owned());
    page.answer(move |page| {
        let wrong = || Error::Malformed(StatusCode::UNPROCESSABLE_ENTITY, "Choose Available, Away or Offline.".into());
        let state: Presence = form.state.parse().map_err(|_| wrong())?;
        page.desk.set_presence(page.me.id, state, Actor::Agent(page.me.id))?;
        goes_saying(back, Toast::done(format!("You are {}.", state.label().to_lowercase())))
    })
    .await
}

async fn theme(page: Page, request: HttpRequest, form: web::Form<Theme>) -> Result<HttpResponse, Error> {
    let back = came_from(&request).unwrap_or_else(|| "/inbox/mine".to_owned());
    page.answer(move |page| {
        page.desk.choose_theme(&page.me, &form.theme)?;
        goes(back)
    })
    .await
}

async fn reviews(page: Page) -> Result<HttpResponse, Error> {
    page.answer(|page| {
        let reviews = page.desk.reviews(&page.me)?;
        let reviews = reviews.into_iter().map(|review| {
            let row = match page.desk.conversation_and_row(&page.me, review.conversation) {
                Ok((_, row)) => Some(row),
                Err(desk::Error::NotFound) => None,
                Err(error) => return Err(error.into()),
            };
            Ok(Asked {
                id: review.id,
                role: review.role,
                since: review.since,
                title: review.title,
                conversation: review.conversation,
                row,
            })
        });
        let reviews = reviews.collect::<Result<Vec<Asked>, Error>>()?;
        page.shows(&ReviewsPage { chrome: page.chrome(Place { current: "reviews", ..Place::default() })?, reviews })
    })
    .await
}

async fn done(page: Page, id: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let saved = page.desk.complete_review(&page.me, DependencyId(number(&id)?))?.conversation;
        let said = match saved.stage {
            Stage::Hold => format!("Done. {} waits for something else still.", saved.id),
            _ => format!("Done. {} goes on.", saved.id),
        };
        goes_saying("/reviews", Toast::done(said))
    })
    .await
}
