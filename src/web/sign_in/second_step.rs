//! `/sign-in/code` and `/sign-in/set-up`: the second step of signing in. Between the steps nobody is signed in: the form
//! carries a pass that works once, for some minutes, for this step alone.

use std::time::Instant;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::door::{door, too_often};
use super::pages::{CodePage, OfferPage, SparePage};
use super::{attempt, begin, enter, page, place};
use crate::desk::sign_in::codes::Next;
use crate::desk::{self, Desk};
use crate::domain::Agent;
use crate::web::work::work;
use crate::web::{Error, Site};

/// The pass does not work any more.
const TOO_LATE: &str = "That took too long, or was done already. Sign in again.";

#[derive(Deserialize)]
pub struct Step {
    #[serde(default)]
    pass: String,
    #[serde(default)]
    code: String,
    #[serde(rename = "next", default)]
    wanted: String,
}

/// Who has come how far.
struct Between {
    agent: Agent,
    step: Step,
}

/// The page of the second step, if there is one.
pub async fn after_password(
    desk: &web::Data<Desk>,
    agent: &Agent,
    wanted: &str,
) -> Result<Option<HttpResponse>, Error> {
    let (asked, of) = (desk.clone(), agent.clone());
    let next = work(move || asked.after_password(&of)).await?;
    let wanted = wanted.to_owned();
    match next {
        Next::Enter => Ok(None),
        Next::Code { pass } => page(StatusCode::OK, &CodePage { pass, next: wanted, problem: None }).map(Some),
        Next::SetUp { pass } => {
            let (asked, of) = (desk.clone(), agent.clone());
            let offer = work(move || asked.offer_code(&of)).await?;
            let hidden = vec![("pass", pass), ("next", wanted)];
            page(StatusCode::OK, &OfferPage { offer, action: SET_UP, hidden, on_the_way_in: true, problem: None })
                .map(Some)
        }
    }
}

const SET_UP: &str = "/sign-in/set-up";

/// `GET`: whoever loads the second step again begins with the first.
pub async fn again() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, "/sign-in")).finish()
}

/// `POST /sign-in/code`
pub async fn enter_code(
    request: HttpRequest,
    site: web::Data<Site>,
    desk: web::Data<Desk>,
    form: web::Form<Step>,
) -> Result<HttpResponse, Error> {
    let Between { agent, step } = match between(&request, &site, &desk, form.into_inner()).await? {
        Ok(between) => between,
        Err(answer) => return Ok(answer),
    };
    let (asked, pass, code) = (desk.clone(), step.pass.clone(), step.code);
    match work(move || refusal(asked.enter_code(&pass, &code))).await? {
        Ok(agent) => {
            site.sign_in_limits.entered(&attempt(&request, &site, &agent.email));
            enter(&request, &agent, Some(&step.wanted)).await
        }
        Err(Some(sentence)) => {
            tracing::warn!(target: "audit", agent = %agent.id, address = %site.address(&request), "a code was wrong");
            let problem = Some(sentence);
            page(StatusCode::UNPROCESSABLE_ENTITY, &CodePage { pass: step.pass, next: step.wanted, problem })
        }
        Err(None) => too_late(&desk, step.wanted).await,
    }
}

/// `POST /sign-in/set-up`
pub async fn set_up(
    request: HttpRequest,
    site: web::Data<Site>,
    desk: web::Data<Desk>,
    form: web::Form<Step>,
) -> Result<HttpResponse, Error> {
    let Between { agent, step } = match between(&request, &site, &desk, form.into_inner()).await? {
        Ok(between) => between,
        Err(answer) => return Ok(answer),
    };
    let (asked, of, pass, code) = (desk.clone(), agent.clone(), step.pass.clone(), step.code);
    match work(move || refusal(asked.confirm_code(&of, &code, Some(&pass)))).await? {
        Ok(codes) => {
            site.sign_in_limits.entered(&attempt(&request, &site, &agent.email));
            let cookies = begin(&request, &agent).await?;
            let mut response = page(StatusCode::OK, &SparePage { codes, next: place(Some(&step.wanted)) })?;
            for cookie in &cookies {
                response.add_cookie(cookie).map_err(|error| Error::Broken(error.to_string()))?;
            }
            Ok(response)
        }
        Err(Some(sentence)) => {
            let (asked, of) = (desk.clone(), agent);
            let Some(offer) = work(move || asked.offered_code(&of)).await? else {
                return too_late(&desk, step.wanted).await;
            };
            let hidden = vec![("pass", step.pass), ("next", step.wanted)];
            let problem = Some(sentence);
            page(
                StatusCode::UNPROCESSABLE_ENTITY,
                &OfferPage { offer, action: SET_UP, hidden, on_the_way_in: true, problem },
            )
        }
        Err(None) => too_late(&desk, step.wanted).await,
    }
}

/// Who is at the second step, if they may try: a code has as few tries as a password.
async fn between(
    request: &HttpRequest,
    site: &Site,
    desk: &web::Data<Desk>,
    step: Step,
) -> Result<Result<Between, HttpResponse>, Error> {
    let (asked, pass) = (desk.clone(), step.pass.clone());
    let Some(agent) = work(move || asked.between_steps(&pass)).await? else {
        site.sign_in_limits.allow_address(site.address(request), Instant::now()).map_err(Error::TooOften)?;
        return too_late(desk, step.wanted).await.map(Err);
    };
    match site.sign_in_limits.allow_code(&attempt(request, site, &agent.email), Instant::now()) {
        Ok(()) => Ok(Ok(Between { agent, step })),
        Err(wait) => too_often(desk, agent.email, step.wanted, wait).await.map(Err),
    }
}

/// What was done; or the sentence of what was refused; or nothing, when the pass does not work any more.
fn refusal<T>(done: Result<T, desk::Error>) -> Result<Result<T, Option<String>>, desk::Error> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(desk::Error::Refused(refused)) => Ok(Err(Some(refused.to_string()))),
        Err(desk::Error::NotFound) => Ok(Err(None)),
        Err(error) => Err(error),
    }
}

async fn too_late(desk: &web::Data<Desk>, wanted: String) -> Result<HttpResponse, Error> {
    door(StatusCode::UNPROCESSABLE_ENTITY, desk, String::new(), wanted, Some(TOO_LATE.to_owned())).await
}
