//! `/sign-in` and `/sign-out`.

use std::time::{Duration, Instant};

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::pages::SignInPage;
use super::{attempt, browser, enter, gone, in_turn, page, place, second_step};
use crate::desk::Desk;
use crate::web::session::{InSession, signed_in};
use crate::web::work::work;
use crate::web::{Error, Site};

/// The one answer to a wrong password, to an unknown address, and to whoever may not come in.
const WRONG: &str = "This address and this password do not belong together.";

#[derive(Deserialize)]
pub struct Wanted {
    #[serde(rename = "return", default)]
    wanted: String,
}

#[derive(Deserialize)]
pub struct Key {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(rename = "next", default)]
    wanted: String,
}

/// Signing out: here, or everywhere.
#[derive(Deserialize)]
pub struct Leaving {
    #[serde(default)]
    everywhere: String,
}

/// `GET /sign-in?return=PATH`
pub async fn show(
    request: HttpRequest,
    query: web::Query<Wanted>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Error> {
    if signed_in(&request).await?.is_some() {
        return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place(Some(&query.wanted)))).finish());
    }
    door(StatusCode::OK, &desk, String::new(), query.into_inner().wanted, None).await
}

/// `POST /sign-in`
pub async fn sign_in(
    request: HttpRequest,
    site: web::Data<Site>,
    desk: web::Data<Desk>,
    form: web::Form<Key>,
) -> Result<HttpResponse, Error> {
    let Key { email, password, wanted } = form.into_inner();
    let attempt = attempt(&request, &site, &email);
    if let Err(wait) = site.sign_in_limits.allow(&attempt, Instant::now()) {
        tracing::warn!(target: "audit", address = %attempt.address, "too many sign-ins");
        return too_often(&desk, email, wanted, wait).await;
    }
    let (address, asked) = (email.clone(), desk.clone());
    let Some(agent) = in_turn(move || asked.check_password(&address, &password)).await? else {
        tracing::warn!(target: "audit", address = %attempt.address, "a sign-in failed");
        return door(StatusCode::UNPROCESSABLE_ENTITY, &desk, email, wanted, Some(WRONG.to_owned())).await;
    };
    match second_step::after_password(&desk, &agent, &wanted).await? {
        Some(page) => Ok(page),
        None => {
            site.sign_in_limits.succeeded(&attempt);
            enter(&request, &agent, Some(&wanted)).await
        }
    }
}

/// `POST /sign-out`
pub async fn sign_out(
    request: HttpRequest,
    site: web::Data<Site>,
    desk: web::Data<Desk>,
    me: InSession,
    form: web::Form<Leaving>,
) -> Result<HttpResponse, Error> {
    let (agent, id, everywhere) = (me.agent.clone(), me.session.id, !form.everywhere.is_empty());
    tracing::info!(target: "audit", agent = %agent.id, address = %browser(&request, &site).address, "signed out");
    let desk = desk.used_by(agent.id);
    work(move || if everywhere { desk.end_sessions(&agent, None) } else { desk.end_session(&agent, id) }).await?;
    Ok(HttpResponse::SeeOther()
        .cookie(gone(site.cookie_name(), &site))
        .insert_header(("clear-site-data", "\"cache\", \"storage\""))
        .insert_header((header::LOCATION, "/sign-in"))
        .finish())
}

pub(super) async fn too_often(
    desk: &web::Data<Desk>,
    email: String,
    next: String,
    wait: Duration,
) -> Result<HttpResponse, Error> {
    let minutes = wait.as_secs().div_ceil(60).max(1);
    let sentence = format!("Too many tries. Wait {minutes} min, then try again.");
    let mut response = door(StatusCode::TOO_MANY_REQUESTS, desk, email, next, Some(sentence)).await?;
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(wait.as_secs().max(1)));
    Ok(response)
}

pub(super) async fn door(
    status: StatusCode,
    desk: &web::Data<Desk>,
    email: String,
    next: String,
    problem: Option<String>,
) -> Result<HttpResponse, Error> {
    let desk = desk.clone();
    let (workspace, is_first) = work(move || Ok::<_, Error>((desk.workspace()?, desk.is_empty()?))).await?;
    page(status, &SignInPage { workspace, email, next, problem, notice: None, is_first })
}
