//! `/me/codes`: one's own second step of signing in. Turning it on and off takes the password.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::in_turn;
use super::mine::{HERE, Problems, allow, list, refusal};
use super::pages::{OfferPage, SparePage};
use crate::desk;
use crate::web::chrome::Toast;
use crate::web::page::{Answer, Page, goes, goes_saying};
use crate::web::session::InSession;
use crate::web::{Error, Site};

const OFFER: &str = "/me/codes";

/// `current=` is the password.
#[derive(Deserialize)]
pub struct Proof {
    #[serde(default)]
    current: String,
}

#[derive(Deserialize)]
pub struct Code {
    #[serde(default)]
    code: String,
}

/// `GET /me/codes`: the secret that is offered, until a code was typed.
pub async fn show(page: Page) -> Result<HttpResponse, Error> {
    page.answer(|page| offered(page, StatusCode::OK, None)).await
}

/// `POST /me/codes`
pub async fn offer(
    request: HttpRequest,
    page: Page,
    me: InSession,
    site: web::Data<Site>,
    form: web::Form<Proof>,
) -> Result<HttpResponse, Error> {
    proven(&request, page, &me, &site, form, |page| {
        page.desk.offer_code(&page.me)?;
        goes(OFFER)
    })
    .await
}

/// `POST /me/codes/confirmation`
pub async fn confirm(
    request: HttpRequest,
    page: Page,
    me: InSession,
    site: web::Data<Site>,
    form: web::Form<Code>,
) -> Result<HttpResponse, Error> {
    let attempt = allow(&request, &site, &me)?;
    let limits = site.clone();
    page.answer(move |page| match page.desk.confirm_code(&page.me, &form.code, None) {
        Ok(codes) => {
            limits.sign_in_limits.succeeded(&attempt);
            page.shows(&SparePage { codes, next: HERE.to_owned() })
        }
        Err(desk::Error::Refused(refused)) => {
            offered(page, StatusCode::UNPROCESSABLE_ENTITY, Some(refused.to_string()))
        }
        Err(error) => Err(error.into()),
    })
    .await
}

/// `POST /me/codes/removal`
pub async fn turn_off(
    request: HttpRequest,
    page: Page,
    me: InSession,
    site: web::Data<Site>,
    form: web::Form<Proof>,
) -> Result<HttpResponse, Error> {
    let current = me.session.id;
    proven(&request, page, &me, &site, form, move |page| match refusal(page.desk.turn_code_off(&page.me))? {
        None => goes_saying(HERE, Toast::done("You sign in with your password alone.")),
        Some(refused) => list(page, current, StatusCode::CONFLICT, &Problems::of_codes(&refused)),
    })
    .await
}

/// Does what takes the password, or says at its field why it does not show that it is they.
async fn proven(
    request: &HttpRequest,
    page: Page,
    me: &InSession,
    site: &Site,
    form: web::Form<Proof>,
    verb: impl FnOnce(&Page) -> Result<Answer, Error> + Send + 'static,
) -> Result<HttpResponse, Error> {
    let attempt = allow(request, site, me)?;
    let (desk, agent, current) = (page.desk.clone(), page.me.clone(), me.session.id);
    let refused = in_turn(move || refusal(desk.check_own_password(&agent, &form.current))).await?;
    let Some(refused) = refused else {
        site.sign_in_limits.succeeded(&attempt);
        return page.answer(verb).await;
    };
    page.answer(move |page| list(page, current, StatusCode::UNPROCESSABLE_ENTITY, &Problems::of_codes(&refused))).await
}

fn offered(page: &Page, status: StatusCode, problem: Option<String>) -> Result<Answer, Error> {
    let Some(offer) = page.desk.offered_code(&page.me)? else { return goes(HERE) };
    let hidden = vec![("csrf", page.csrf().to_owned())];
    let action = "/me/codes/confirmation";
    page.shows_as(status, &OfferPage { offer, action, hidden, on_the_way_in: false, problem })
}
