//! `/me/sessions`: where one is signed in, ending that, and one's password.

use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::browser::named;
use super::in_turn;
use crate::desk;
use crate::desk::sign_in::codes::Standing;
use crate::desk::sign_in::{Kept, Session, SignedIn};
use crate::domain::Refused;
use crate::web::chrome::{Chrome, Toast};
use crate::web::conversations::forms::Problem;
use crate::web::limits::Attempt;
use crate::web::page::{Answer, Page, Place, goes, goes_saying};
use crate::web::session::InSession;
use crate::web::{Error, Site, assets, filters};

pub(super) const HERE: &str = "/me/sessions";

#[derive(Template)]
#[template(path = "sign_in/mine.html")]
struct Mine {
    chrome: Chrome,
    /// Tells a keeper of passwords whose it is.
    email: String,
    current: i64,
    sessions: Vec<Line>,
    tokens: Vec<Kept>,
    codes: Standing,
    problem: Option<Problem>,
    codes_problem: Option<Problem>,
}

/// What was refused, in which of the forms.
#[derive(Default)]
pub(super) struct Problems {
    password: Option<Problem>,
    codes: Option<Problem>,
}

impl Problems {
    fn of_password(refused: &Refused) -> Problems {
        let problem = Problem::of(refused, &[("current", "current"), ("password", "password")]);
        Problems { password: Some(problem), codes: None }
    }

    pub(super) fn of_codes(refused: &Refused) -> Problems {
        Problems { password: None, codes: Some(Problem::of(refused, &[("current", "codes-current")])) }
    }
}

/// A session as it is shown: its browser in words, and as it calls itself.
struct Line {
    session: Session,
    browser: String,
}

/// `keys=on` or nothing.
#[derive(Deserialize)]
pub struct Keys {
    #[serde(default)]
    keys: String,
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
    page.answer(move |page| list(page, current, StatusCode::OK, &Problems::default())).await
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

/// `POST /me/keys`
pub async fn choose_keys(page: Page, form: web::Form<Keys>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let keys = form.keys == "on";
        page.desk.choose_keys(&page.me, keys)?;
        goes_saying(HERE, Toast::done(if keys { "Single keys are on." } else { "Single keys are off." }))
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
    let attempt = allow(&request, &site, &me)?;
    let (here, desk) = (SignedIn::clone(&me), page.desk.clone());
    let current = here.session.id;
    let changed = in_turn(move || refusal(desk.change_password(&here, &form.current, &form.password)));
    if let Some(refused) = changed.await? {
        return page
            .answer(move |page| list(page, current, StatusCode::UNPROCESSABLE_ENTITY, &Problems::of_password(&refused)))
            .await;
    }
    site.sign_in_limits.succeeded(&attempt);
    page.answer(|_| goes_saying(HERE, Toast::done("Your password is changed. Your other browsers are signed out.")))
        .await
}

/// One try at one's own secrets: whoever found an open browser may not guess them there.
pub(super) fn allow(request: &HttpRequest, site: &Site, me: &InSession) -> Result<Attempt, Error> {
    let attempt = Attempt {
        account: me.agent.email.clone(),
        address: site.address(request),
        known_browser: Some(format!("session {}", me.session.id)),
    };
    site.sign_in_limits.allow(&attempt, Instant::now()).map_err(Error::TooOften)?;
    Ok(attempt)
}

/// What was refused, for the form to say.
pub(super) fn refusal(done: Result<(), desk::Error>) -> Result<Option<Refused>, desk::Error> {
    match done {
        Ok(()) => Ok(None),
        Err(desk::Error::Refused(refused)) => Ok(Some(refused)),
        Err(error) => Err(error),
    }
}

pub(super) fn list(page: &Page, current: i64, status: StatusCode, problems: &Problems) -> Result<Answer, Error> {
    let chrome = page.chrome(Place::default())?;
    let sessions = page.desk.sessions(&page.me)?.into_iter();
    let mut sessions: Vec<Line> = sessions.map(|session| Line { browser: named(&session.browser), session }).collect();
    sessions.sort_by_key(|line| line.session.id != current);
    let (tokens, codes) = (page.desk.tokens(Some(page.me.id))?, page.desk.second_factor(&page.me)?);
    let (problem, codes_problem) = (problems.password.clone(), problems.codes.clone());
    let email = page.me.email.clone();
    page.shows_as(status, &Mine { chrome, email, current, sessions, tokens, codes, problem, codes_problem })
}
