//! `/set-up/{token}`: the link that the first start prints. It makes the admin, once.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::pages::SetUpPage;
use super::{enter, page, turn};
use crate::desk::{self, Desk};
use crate::web::Error;
use crate::web::work::work;

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
    if !work(move || desk.is_first_link(&token)).await? {
        return Err(Error::NotFound);
    }
    let action = request.path().to_owned();
    page(StatusCode::OK, &SetUpPage { action, name: String::new(), email: String::new(), problem: None })
}

/// `POST /set-up/{token}`
pub async fn make_admin(
    request: HttpRequest,
    token: web::Path<String>,
    desk: web::Data<Desk>,
    form: web::Form<Admin>,
) -> Result<HttpResponse, Error> {
    let Admin { email, name, password } = form.into_inner();
    let made = {
        let _turn = turn().await?;
        let (email, name) = (email.clone(), name.clone());
        work(move || match desk.make_first_admin(&token, &email, &name, &password) {
            Ok(agent) => Ok(Ok(agent)),
            Err(desk::Error::Refused(refused)) => Ok(Err(refused)),
            Err(error) => Err(error),
        })
        .await?
    };
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

/// The field of the form that a sentence stands at.
fn field(named: Option<&str>) -> &'static str {
    ["name", "email", "password"].into_iter().find(|field| named == Some(field)).unwrap_or("name")
}
