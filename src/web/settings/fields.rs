//! `/settings/fields`: fields of the house's own on contacts and organizations.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use super::{Sections, enter, may_enter};
use crate::desk::custom_fields::NewField;
use crate::desk::{self, Done};
use crate::domain::custom_field::{CustomField, FieldKind, Subject};
use crate::domain::{FieldId, Refused};
use crate::web::chrome::{Chrome, Toast};
use crate::web::conversations::forms::Problem;
use crate::web::page::{Answer, Page, goes_saying, number};
use crate::web::{Error, assets, filters};

/// The key of the section.
const FIELDS: &str = "fields";
/// What the desk calls the fields of the form.
const NAMES: &[(&str, &str)] =
    &[("name", "name"), ("subject", "subject"), ("kind", "kind"), ("choices", "choices"), ("position", "position")];

/// `/settings/fields`.
#[derive(Template)]
#[template(path = "settings/fields.html")]
pub struct FieldsPage {
    pub chrome: Chrome,
    pub sections: Sections,
    pub subjects: Vec<(Subject, Vec<CustomField>)>,
}

/// `/settings/fields/new` and `/settings/fields/{id}`. Removing: `POST /settings/fields/{id}/removal` with `version`, and
/// `with_values` where something stands in it.
#[derive(Template)]
#[template(path = "settings/field.html")]
pub struct FieldPage {
    pub chrome: Chrome,
    pub sections: Sections,
    /// The field that is changed, and in how many records something stands in it; none for a new one.
    pub known: Option<(CustomField, i64)>,
    pub fields: Typed,
    pub problem: Option<Problem>,
}

/// The form, as it is typed; choices on lines.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub version: String,
    pub name: String,
    pub subject: String,
    pub kind: String,
    pub choices: String,
    pub position: String,
}

/// What the button that removes it sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Removal {
    version: Option<i64>,
    with_values: Option<String>,
}

/// Addresses of the section.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/settings/fields").get(list))
        .service(web::resource("/settings/fields/new").get(new).post(add))
        .service(web::resource("/settings/fields/{id}").get(show).post(change))
        .service(web::resource("/settings/fields/{id}/removal").post(remove));
}

async fn list(page: Page) -> Result<HttpResponse, Error> {
    page.answer(|page| {
        let (chrome, sections) = enter(page, FIELDS)?;
        let all = page.desk.custom_fields()?;
        let of = |subject: Subject| all.iter().filter(|field| field.subject == subject).cloned().collect();
        let subjects = Subject::ALL.iter().map(|subject| (*subject, of(*subject))).collect();
        page.shows(&FieldsPage { chrome, sections, subjects })
    })
    .await
}

async fn new(page: Page) -> Result<HttpResponse, Error> {
    page.answer(|page| render(page, None, Typed::default(), None, StatusCode::OK)).await
}

async fn add(page: Page, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, FIELDS)?;
        let typed = form.into_inner();
        let wrong = |field, sentence| move |_| Refused::invalid(field, sentence);
        let both = Refused::both(
            typed.subject.parse().map_err(wrong("subject", "Choose what it is about.")),
            typed.kind.parse().map_err(wrong("kind", "Choose a kind.")),
        );
        let made = Refused::both(both, typed.read()).map_err(desk::Error::from);
        let made = made.and_then(|((subject, kind), new)| page.desk.add_custom_field(subject, kind, new));
        saved(page, None, typed, made, "is there")
    })
    .await
}

async fn show(page: Page, id: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, FIELDS)?;
        let known = page.desk.custom_field(FieldId(number(&id)?))?;
        let typed = Typed {
            version: known.0.version.to_string(),
            name: known.0.name.clone(),
            choices: known.0.choices.join("\n"),
            position: known.0.position.to_string(),
            ..Typed::default()
        };
        render(page, Some(known), typed, None, StatusCode::OK)
    })
    .await
}

async fn change(page: Page, id: web::Path<String>, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, FIELDS)?;
        let known = page.desk.custom_field(FieldId(number(&id)?))?;
        let typed = form.into_inner();
        let version = Some(typed.version.trim()).filter(|text| !text.is_empty()).map(|text| text.parse().unwrap_or(0));
        let changed = typed.read().map_err(desk::Error::from);
        let changed = changed.and_then(|new| page.desk.change_custom_field(known.0.id, new, version));
        saved(page, Some(known), typed, changed, "is saved")
    })
    .await
}

async fn remove(page: Page, id: web::Path<String>, form: web::Form<Removal>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, FIELDS)?;
        let (field, used) = page.desk.custom_field(FieldId(number(&id)?))?;
        if used > 0 && form.with_values.is_none() {
            let back = format!("/settings/fields/{}", field.id);
            return goes_saying(back, Toast::refused("Something stands in this field. Say that it may go too."));
        }
        match page.desk.remove_custom_field(field.id, form.version) {
            Ok(gone) => goes_saying("/settings/fields", Toast::done(format!("{} is removed.", gone.name))),
            Err(desk::Error::Refused(refused)) => {
                goes_saying(format!("/settings/fields/{}", field.id), Toast::refused(refused.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

fn saved(
    page: &Page,
    known: Option<(CustomField, i64)>,
    typed: Typed,
    field: Done<CustomField>,
    what: &str,
) -> Result<Answer, Error> {
    match field {
        Ok(field) => goes_saying("/settings/fields", Toast::done(format!("{} {what}.", field.name))),
        Err(desk::Error::Refused(refused)) => {
            let problem = match refused {
                Refused::Stale => Problem::whole("Somebody changed this field meanwhile. Save again to write over it."),
                ref refused => Problem::of(refused, NAMES),
            };
            let version = known.as_ref().map(|(field, _)| field.version.to_string()).unwrap_or_default();
            let status = crate::web::Problem::of(&refused).status;
            render(page, known, Typed { version, ..typed }, Some(problem), status)
        }
        Err(error) => Err(error.into()),
    }
}

fn render(
    page: &Page,
    known: Option<(CustomField, i64)>,
    fields: Typed,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (chrome, sections) = enter(page, FIELDS)?;
    page.shows_as(status, &FieldPage { chrome, sections, known, fields, problem })
}

impl Typed {
    fn read(&self) -> Result<NewField, Refused> {
        let position = match self.position.trim() {
            "" => None,
            text => Some(text.parse().map_err(|_| Refused::invalid("position", "Write a number, 1 for the first."))?),
        };
        let choices = self.choices.lines().map(str::to_owned).collect();
        Ok(NewField { name: self.name.clone(), choices, position })
    }
}

impl FieldPage {
    pub(in crate::web) fn action(&self) -> String {
        match &self.known {
            Some((field, _)) => format!("/settings/fields/{}", field.id),
            None => "/settings/fields/new".to_owned(),
        }
    }

    /// A new one may become a choice.
    pub(in crate::web) fn has_choices(&self) -> bool {
        self.known.as_ref().is_none_or(|(field, _)| field.kind == FieldKind::Choice)
    }
}
