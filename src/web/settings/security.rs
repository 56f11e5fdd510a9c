//! `/settings/security`: which roles need a second step of signing in, and who changed accounts, rights and set-up.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use super::{Sections, enter, may_enter};
use crate::desk;
use crate::desk::noted::Entry;
use crate::domain::Role;
use crate::web::chrome::{Chrome, Toast};
use crate::web::conversations::forms::Problem;
use crate::web::page::{Answer, Page, goes_saying};
use crate::web::{Error, assets, filters};

/// The key of the section.
const SECURITY: &str = "security";
/// Lines of the log on one page.
const AT_ONCE: i64 = 50;
const ROLES: [Role; 4] = [Role::Agent, Role::Desk, Role::Manager, Role::Admin];

/// `/settings/security?before=`. Requiring codes: `POST` with `roles`, repeatable.
#[derive(Template)]
#[template(path = "settings/security.html")]
pub struct SecurityPage {
    pub chrome: Chrome,
    pub sections: Sections,
    /// Every role, and whether it needs codes.
    pub roles: Vec<(Role, bool)>,
    pub log: Vec<Entry>,
    /// The next page goes on before this line.
    pub more: Option<i64>,
    pub problem: Option<Problem>,
}

/// `?before=`
#[derive(Deserialize)]
pub struct Asked {
    before: Option<i64>,
}

/// Addresses of the section.
pub fn routes(config: &mut ServiceConfig) {
    config.service(web::resource("/settings/security").get(show).post(require));
}

async fn show(page: Page, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, SECURITY)?;
        let roles = page.desk.second_factor_roles()?;
        render(page, asked.before, &roles, None, StatusCode::OK)
    })
    .await
}

async fn require(page: Page, form: web::Form<Vec<(String, String)>>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, SECURITY)?;
        let chosen = form.iter().filter(|(name, _)| name == "roles");
        let roles: Vec<Role> = chosen.filter_map(|(_, role)| role.parse().ok()).collect();
        match page.desk.require_second_factor(&page.me, &roles) {
            Ok(()) => goes_saying("/settings/security", Toast::done("Saved. It counts from the next sign-in on.")),
            Err(desk::Error::Refused(refused)) => {
                let problem = Problem::of(&refused, &[("roles", "roles")]);
                render(page, None, &roles, Some(problem), StatusCode::UNPROCESSABLE_ENTITY)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

fn render(
    page: &Page,
    before: Option<i64>,
    chosen: &[Role],
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (chrome, sections) = enter(page, SECURITY)?;
    let roles = ROLES.map(|role| (role, chosen.contains(&role))).to_vec();
    let log = page.desk.security_log(before, AT_ONCE)?;
    let full = i64::try_from(log.len()) == Ok(AT_ONCE);
    let more = log.last().map(|last| last.id).filter(|_| full);
    page.shows_as(status, &SecurityPage { chrome, sections, roles, log, more, problem })
}
