//! `/set-up/{token}`: the link that the first start prints. It makes the admin, once.

use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::pages::{SetUpPage, UsedLinkPage};
use super::{enter, in_turn, page};
use crate::desk::{self, Desk};
use crate::web::work::work;
use crate::web::{Error, Site};

#[derive(Deserialize)]
pub struct Admin {
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

/// `GET /set-up/{token}`
pub async fn show(
    request: HttpRequest,
    token: web::Path<String>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Error> {
    let token = token.into_inner();
    let asked = (desk.clone(), token.clone());
    if work(move || asked.0.is_used_first_link(&asked.1)).await? {
        return page(StatusCode::GONE, &UsedLinkPage);
    }
    works(desk, token).await?;
    let action = request.path().to_owned();
    page(StatusCode::OK, &SetUpPage { action, name: String::new(), email: String::new(), problem: None })
}

/// `POST /set-up/{token}`. Anybody may ask: no hash is made for a link that does not work.
pub async fn make_admin(
    request: HttpRequest,
    token: web::Path<String>,
    site: web::Data<Site>,
    desk: web::Data<Desk>,
    form: web::Form<Admin>,
) -> Result<HttpResponse, Error> {
    site.sign_in_limits.allow_address(site.address(&request), Instant::now()).map_err(Error::TooOften)?;
    let token = token.into_inner();
    works(desk.clone(), token.clone()).await?;
    let Admin { email, name, password } = form.into_inner();
    let (typed_email, typed_name) = (email.clone(), name.clone());
    let made = in_turn(move || match desk.make_first_admin(&token, &typed_email, &typed_name, &password) {
        Ok(agent) => Ok(Ok(agent)),
        Err(desk::Error::Refused(refused)) => Ok(Err(refused)),
        Err(error) => Err(error),
    });
    let made = made.await?;
    match made {
        Ok(agent) => enter(&request, &agent, None).await,
        Err(refused) => {
            let problem = Some((field(refused.field()), refused.to_string()));
            page(
                StatusCode::UNPROCESSABLE_ENTITY,
                &SetUpPage { action: request.path().to_owned(), name, email, problem },
            )
        }
    }
}

/// Not found, unless the link works.
async fn works(desk: web::Data<Desk>, token: String) -> Result<(), Error> {
    work(move || desk.is_first_link(&token)).await?.then_some(()).ok_or(Error::NotFound)
}

/// The field of the form that a sentence stands at.
fn field(named: Option<&str>) -> &'static str {
    ["name", "email", "password"].into_iter().find(|field| named == Some(field)).unwrap_or("name")
}
