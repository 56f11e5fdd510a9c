//! The form of an organization: `/organizations/new` and `/organizations/{id}/edit`; and whether we know it.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::page::OrganizationFormPage;
use crate::desk::custom_fields::Of;
use crate::desk::directory::Directory;
use crate::desk::organizations::{NewOrganization, Organization};
use crate::desk::{self};
use crate::domain::{OrganizationId, Refused};
use crate::web::chrome::Toast;
use crate::web::conversations::forms::Problem;
use crate::web::page::{Answer, Page, Place, goes_saying, number};
use crate::web::{Error, fields};

/// The fields; domains by commas or lines.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub version: String,
    pub name: String,
    pub domains: String,
    pub default_owner: String,
    /// `true`, or nothing.
    pub existing: String,
    /// Those of the house's own, among them.
    #[serde(flatten)]
    pub sent: BTreeMap<String, String>,
}

/// Whether we know it, as its button says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Mark {
    version: Option<i64>,
    existing: bool,
}

/// What the desk calls the fields of the form.
const FIELDS: &[(&str, &str)] = &[("name", "name"), ("domains", "domains"), ("default_owner", "default_owner")];

/// `GET /organizations/new`
pub async fn new(page: Page) -> Result<HttpResponse, Error> {
    page.answer(|page| render(page, None, Typed::default(), (None, None), StatusCode::OK)).await
}

/// `POST /organizations/new`
pub async fn add(page: Page, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| save(page, None, form.into_inner())).await
}

/// `GET /organizations/{id}/edit`
pub async fn edit(page: Page, id: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let known = page.desk.organization(OrganizationId(number(&id)?))?;
        let typed = stored(&known, &*page.desk.directory()?);
        render(page, Some(known.id), typed, (None, None), StatusCode::OK)
    })
    .await
}

/// `POST /organizations/{id}/edit`
pub async fn change(page: Page, id: web::Path<String>, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let known = page.desk.organization(OrganizationId(number(&id)?))?;
        save(page, Some(known.id), form.into_inner())
    })
    .await
}

/// `POST /organizations/{id}/existing`
pub async fn mark(page: Page, id: web::Path<String>, form: web::Form<Mark>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let known = page.desk.organization(OrganizationId(number(&id)?))?;
        let back = format!("/organizations/{}", known.id);
        let new = NewOrganization {
            name: known.name.clone(),
            domains: known.domains.clone(),
            existing: form.existing,
            ..NewOrganization::default()
        };
        match page.desk.change_organization(known.id, new, form.version) {
            Ok(now) => {
                let word = if now.existing { "an existing" } else { "a new" };
                goes_saying(back, Toast::done(format!("{} is {word} organization.", now.name)))
            }
            Err(desk::Error::Refused(refused)) => goes_saying(back, Toast::refused(refused.to_string())),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

fn save(page: &Page, id: Option<OrganizationId>, typed: Typed) -> Result<Answer, Error> {
    let version = Some(typed.version.trim()).filter(|text| !text.is_empty()).map(|text| text.parse().unwrap_or(0));
    let new = NewOrganization {
        name: typed.name.clone(),
        domains: typed.domains.split([',', ';', '\n', ' ']).map(str::to_owned).collect(),
        existing: typed.existing == "true",
        fields: fields::typed(&typed.sent),
        default_owner: Some(typed.default_owner.clone()),
    };
    let saved = match id {
        Some(id) => page.desk.change_organization(id, new, version),
        None => page.desk.add_organization(new),
    };
    match saved {
        Ok(saved) => {
            let said = format!("{} is saved.", saved.name);
            goes_saying(format!("/organizations/{}", saved.id), Toast::done(said))
        }
        Err(desk::Error::Refused(refused)) => {
            let status = crate::web::Problem::of(&refused).status;
            let (problem, version) = problem(page, id, &refused)?;
            render(page, id, Typed { version, ..typed }, (Some(problem), Some(&refused)), status)
        }
        Err(error) => Err(error.into()),
    }
}

/// Why it came back; with what is newer, and the version of that.
fn problem(page: &Page, id: Option<OrganizationId>, refused: &Refused) -> Result<(Problem, String), Error> {
    let mut problem = Problem::of(refused, FIELDS);
    let Some(id) = id else { return Ok((problem, String::new())) };
    let now = stored(&page.desk.organization(id)?, &*page.desk.directory()?);
    if *refused == Refused::Stale {
        let existing = if now.existing == "true" { "existing" } else { "new" };
        let lines = [("Name", now.name), ("Domains", now.domains), ("Default owner", now.default_owner)];
        problem.newer.extend(lines.into_iter().chain([("Known", existing.to_owned())]).map(|(label, value)| {
            let value = if value.is_empty() { "none".to_owned() } else { value };
            format!("{label} now: {value}")
        }));
    }
    Ok((problem, now.version))
}

fn stored(known: &Organization, directory: &Directory) -> Typed {
    let owner = known.default_owner.and_then(|id| directory.agent(id));
    Typed {
        version: known.version.to_string(),
        name: known.name.clone(),
        domains: known.domains.join(", "),
        default_owner: owner.map(|agent| agent.email.clone()).unwrap_or_default(),
        existing: if known.existing { "true".to_owned() } else { String::new() },
        sent: BTreeMap::new(),
    }
}

fn render(
    page: &Page,
    id: Option<OrganizationId>,
    written: Typed,
    (problem, refused): (Option<Problem>, Option<&Refused>),
    status: StatusCode,
) -> Result<Answer, Error> {
    let of = Of::Organization(id.unwrap_or(OrganizationId(0)));
    let filled = page.desk.field_values(&[of])?.pop().unwrap_or_default();
    let form = OrganizationFormPage {
        inputs: fields::inputs(filled, &fields::typed(&written.sent), refused),
        chrome: page.chrome(Place { current: "contacts", ..Place::default() })?,
        action: id.map_or_else(|| "/organizations/new".to_owned(), |id| format!("/organizations/{id}/edit")),
        back: id.map_or_else(|| "/organizations".to_owned(), |id| format!("/organizations/{id}")),
        heading: if id.is_some() { "Change this organization".to_owned() } else { "New organization".to_owned() },
        agents: page.desk.directory()?.named_agents(),
        fields: written,
        problem,
    };
    page.shows_as(status, &form)
}
