//! `/me/sessions`: where one is signed in, ending that, and one's password.

use std::time::Instant;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::turn;
use crate::desk::sign_in::{Session, SignedIn};
use crate::desk::{self, Desk};
use crate::domain::Refused;
use crate::web::limits::Attempt;
use crate::web::session::{Csrf, InSession};
use crate::web::work::work;
use crate::web::{Error, Site, assets};

#[derive(Template)]
#[template(path = "sign_in/mine.html")]
struct Mine<'a> {
    csrf: &'a str,
    name: &'a str,
    current: i64,
    sessions: &'a [Session],
    /// The field that is wrong, and why.
    problem: Option<(String, String)>,
}

#[derive(Deserialize)]
pub struct Passwords {
    #[serde(default)]
    current: String,
    #[serde(default)]
    password: String,
}

/// `GET /me/sessions`
pub async fn show(me: InSession, csrf: Csrf, desk: web::Data<Desk>) -> Result<HttpResponse, Error> {
    page(StatusCode::OK, &me, &csrf, desk, None).await
}

/// `POST /me/sessions/{id}/end`
pub async fn end(me: InSession, id: web::Path<i64>, desk: web::Data<Desk>) -> Result<HttpResponse, Error> {
    let (agent, id) = (me.agent.clone(), *id);
    work(move || desk.end_session(&agent, id)).await?;
    Ok(back())
}

/// `POST /me/sessions/end`: signs out everywhere else.
pub async fn end_others(me: InSession, desk: web::Data<Desk>) -> Result<HttpResponse, Error> {
    let here = SignedIn::clone(&me);
    work(move || desk.end_sessions(&here.agent, Some(&here))).await?;
    Ok(back())
}

/// `POST /me/password`
pub async fn change_password(
    request: HttpRequest,
    me: InSession,
    csrf: Csrf,
    (site, desk): (web::Data<Site>, web::Data<Desk>),
    form: web::Form<Passwords>,
) -> Result<HttpResponse, Error> {
    // Whoever found an open browser may not guess the password there.
    let attempt = Attempt {
        account: me.agent.email.clone(),
        address: site.address(&request),
        known_browser: Some(format!("session {}", me.session.id)),
    };
    site.sign_in_limits.allow(&attempt, Instant::now()).map_err(Error::TooOften)?;
    let changed = {
        let _turn = turn().await?;
        let (here, desk, form) = (SignedIn::clone(&me), desk.clone(), form.into_inner());
        work(move || match desk.change_password(&here, &form.current, &form.password) {
            Ok(()) => Ok(None),
            Err(desk::Error::Refused(refused)) => Ok(Some(refused)),
            Err(error) => Err(error),
        })
        .await?
    };
    match changed {
        None => {
            site.sign_in_limits.succeeded(&attempt);
            tracing::info!(target: "audit", agent = %me.agent.id, "changed the password");
            Ok(back())
        }
        Some(refused) => page(StatusCode::UNPROCESSABLE_ENTITY, &me, &csrf, desk, Some(refused)).await,
    }
}

async fn page(
    status: StatusCode,
    me: &InSession,
    csrf: &Csrf,
    desk: web::Data<Desk>,
    refused: Option<Refused>,
) -> Result<HttpResponse, Error> {
    let agent = me.agent.clone();
    let sessions = work(move || desk.sessions(&agent)).await?;
    let problem = refused.map(|refused| (refused.field().unwrap_or_default().to_owned(), refused.to_string()));
    let (name, current) = (me.agent.name.as_str(), me.session.id);
    let page = Mine { csrf: &csrf.0, name, current, sessions: &sessions, problem };
    let html = page.render().map_err(|error| Error::Broken(error.to_string()))?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html))
}

fn back() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, "/me/sessions")).finish()
}
