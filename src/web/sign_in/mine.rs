//! `/me/sessions`: where one is signed in, ending that, and one's password.

use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::browser::named;
use super::in_turn;
use crate::desk;
use crate::desk::sign_in::{Kept, Session, SignedIn};
use crate::domain::Refused;
use crate::web::chrome::{Chrome, Toast};
use crate::web::conversations::forms::Problem;
use crate::web::limits::Attempt;
use crate::web::page::{Answer, Page, Place, goes, goes_saying};
use crate::web::session::InSession;
use crate::web::{Error, Site, assets, filters};

const HERE: &str = "/me/sessions";

#[derive(Template)]
#[template(path = "sign_in/mine.html")]
struct Mine {
    chrome: Chrome,
    /// Tells a keeper of passwords whose it is.
    email: String,
    current: i64,
    sessions: Vec<Line>,
    tokens: Vec<Kept>,
    problem: Option<Problem>,
}

/// A session as it is shown: its browser in words, and as it calls itself.
struct Line {
    session: Session,
    browser: String,
}

#[derive(Deserialize)]
pub struct Passwords {
    #[serde(default)]
    current: String,
    #[serde(default)]
    password: String,
}

/// `GET /me/sessions`
pub async fn show(page: Page, me: InSession) -> Result<HttpResponse, Error> {
    let current = me.session.id;
    page.answer(move |page| list(page, current, StatusCode::OK, None)).await
}

/// `POST /me/sessions/{id}/end`
pub async fn end(page: Page, id: web::Path<i64>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        page.desk.end_session(&page.me, *id)?;
        goes(HERE)
    })
    .await
}

/// `POST /me/tokens/{id}/revoke`
pub async fn revoke(page: Page, id: web::Path<i64>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        page.desk.revoke_token(*id, Some(page.me.id))?;
        goes_saying(HERE, Toast::done("That token opens nothing any more."))
    })
    .await
}

/// `POST /me/sessions/end`: signs out everywhere else.
pub async fn end_others(page: Page, me: InSession) -> Result<HttpResponse, Error> {
    let here = SignedIn::clone(&me);
    page.answer(move |page| {
        page.desk.end_sessions(&page.me, Some(&here))?;
        goes_saying(HERE, Toast::done("Signed out everywhere else."))
    })
    .await
}

/// `POST /me/password`
pub async fn change_password(
    request: HttpRequest,
    page: Page,
    me: InSession,
    site: web::Data<Site>,
    form: web::Form<Passwords>,
) -> Result<HttpResponse, Error> {
    // Whoever found an open browser may not guess the password there.
    let attempt = Attempt {
        account: me.agent.email.clone(),
        address: site.address(&request),
        known_browser: Some(format!("session {}", me.session.id)),
    };
    site.sign_in_limits.allow(&attempt, Instant::now()).map_err(Error::TooOften)?;
    let (here, desk) = (SignedIn::clone(&me), page.desk.clone());
    let current = here.session.id;
    let changed = in_turn(move || refusal(desk.change_password(&here, &form.current, &form.password)));
    if let Some(refused) = changed.await? {
        return page.answer(move |page| list(page, current, StatusCode::UNPROCESSABLE_ENTITY, Some(&refused))).await;
    }
    site.sign_in_limits.succeeded(&attempt);
    page.answer(|_| goes_saying(HERE, Toast::done("Your password is changed. Your other browsers are signed out.")))
        .await
}

/// What was refused, for the form to say.
fn refusal(done: Result<(), desk::Error>) -> Result<Option<Refused>, desk::Error> {
    match done {
        Ok(()) => Ok(None),
        Err(desk::Error::Refused(refused)) => Ok(Some(refused)),
        Err(error) => Err(error),
    }
}

fn list(page: &Page, current: i64, status: StatusCode, refused: Option<&Refused>) -> Result<Answer, Error> {
    let chrome = page.chrome(Place::default())?;
    let sessions = page.desk.sessions(&page.me)?.into_iter();
    let mut sessions: Vec<Line> = sessions.map(|session| Line { browser: named(&session.browser), session }).collect();
    sessions.sort_by_key(|line| line.session.id != current);
    let tokens = page.desk.tokens(Some(page.me.id))?;
    let problem = refused.map(|refused| Problem::of(refused, &[("current", "current"), ("password", "password")]));
    page.shows_as(status, &Mine { chrome, email: page.me.email.clone(), current, sessions, tokens, problem })
}
