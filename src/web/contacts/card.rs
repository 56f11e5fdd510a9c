//! The form of a contact: `/contacts/new` and `/contacts/{id}/edit`.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::page::ContactFormPage;
use crate::desk::contacts::Card;
use crate::desk::custom_fields::Of;
use crate::desk::people::Contact;
use crate::desk::{self};
use crate::domain::{ContactId, Refused};
use crate::web::chrome::Toast;
use crate::web::conversations::forms::Problem;
use crate::web::page::{Answer, Page, Place, goes_saying, number};
use crate::web::{Error, fields};

/// The fields; addresses by commas.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    version: String,
    name: String,
    emails: String,
    phones: String,
    badge: String,
    organization: String,
    /// Those of the house's own, among them.
    #[serde(flatten)]
    sent: BTreeMap<String, String>,
}

/// `GET /contacts/new`
pub async fn new(page: Page) -> Result<HttpResponse, Error> {
    page.answer(|page| render(page, None, Typed::default(), (None, None), StatusCode::OK)).await
}

/// `POST /contacts/new`
pub async fn add(page: Page, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| save(page, None, form.into_inner())).await
}

/// `GET /contacts/{id}/edit`
pub async fn edit(page: Page, id: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let contact = page.desk.contact(ContactId(number(&id)?))?;
        let typed = stored(page, &contact)?;
        render(page, Some(contact.id), typed, (None, None), StatusCode::OK)
    })
    .await
}

/// `POST /contacts/{id}/edit`
pub async fn change(page: Page, id: web::Path<String>, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let contact = page.desk.contact(ContactId(number(&id)?))?;
        save(page, Some(contact.id), form.into_inner())
    })
    .await
}

fn save(page: &Page, id: Option<ContactId>, typed: Typed) -> Result<Answer, Error> {
    let version = Some(typed.version.trim()).filter(|text| !text.is_empty()).map(|text| text.parse().unwrap_or(0));
    let card = Card {
        name: typed.name.clone(),
        emails: several(&typed.emails),
        phones: several(&typed.phones),
        badge: typed.badge.clone(),
        organization: typed.organization.clone(),
        fields: fields::typed(&typed.sent),
    };
    match page.desk.save_card(id, card, version) {
        Ok(contact) => {
            goes_saying(format!("/contacts/{}", contact.id), Toast::done(format!("{} is saved.", contact.name)))
        }
        Err(desk::Error::Refused(refused)) => {
            let status = crate::web::Problem::of(&refused).status;
            let problem = problem(page, id, &refused)?;
            let version = id.map(|id| page.desk.contact(id)).transpose()?.map(|contact| contact.version);
            let typed = Typed { version: version.map(|version| version.to_string()).unwrap_or_default(), ..typed };
            render(page, id, typed, (Some(problem), Some(&refused)), status)
        }
        Err(error) => Err(error.into()),
    }
}

fn problem(page: &Page, id: Option<ContactId>, refused: &Refused) -> Result<Problem, Error> {
    const FIELDS: &[(&str, &str)] = &[
        ("name", "name"),
        ("emails", "emails"),
        ("phones", "phones"),
        ("badge", "badge"),
        ("organization", "organization"),
    ];
    let mut problem = Problem::of(refused, FIELDS);
    if let (Refused::Stale, Some(id)) = (refused, id) {
        let now = page.desk.contact(id)?;
        let now = stored(page, &now)?;
        let lines = [
            ("Name", now.name),
            ("E-mail", now.emails),
            ("Phone", now.phones),
            ("Badge", now.badge),
            ("Organization", now.organization),
        ];
        problem.newer.extend(lines.into_iter().map(|(label, value)| {
            let value = if value.is_empty() { "none".to_owned() } else { value };
            format!("{label} now: {value}")
        }));
    }
    Ok(problem)
}

fn stored(page: &Page, contact: &Contact) -> Result<Typed, Error> {
    let organization = contact.organization.map(|id| page.desk.organization(id)).transpose()?;
    Ok(Typed {
        version: contact.version.to_string(),
        name: contact.name.clone(),
        emails: contact.emails.join(", "),
        phones: contact.phones.join(", "),
        badge: contact.badge.clone(),
        organization: organization.map(|organization| organization.name).unwrap_or_default(),
        sent: BTreeMap::new(),
    })
}

fn several(text: &str) -> Vec<String> {
    text.split([',', ';', '\n']).map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

fn render(
    page: &Page,
    id: Option<ContactId>,
    typed: Typed,
    (problem, refused): (Option<Problem>, Option<&Refused>),
    status: StatusCode,
) -> Result<Answer, Error> {
    let filled = page.desk.field_values(&[Of::Contact(id.unwrap_or(ContactId(0)))])?.pop().unwrap_or_default();
    let form = ContactFormPage {
        inputs: fields::inputs(filled, &fields::typed(&typed.sent), refused),
        chrome: page.chrome(Place { current: "contacts", ..Place::default() })?,
        action: id.map_or_else(|| "/contacts/new".to_owned(), |id| format!("/contacts/{id}/edit")),
        back: id.map_or_else(|| "/contacts".to_owned(), |id| format!("/contacts/{id}")),
        heading: if id.is_some() { "Change this contact".to_owned() } else { "New contact".to_owned() },
        version: typed.version,
        name: typed.name,
        emails: typed.emails,
        phones: typed.phones,
        badge: typed.badge,
        organization: typed.organization,
        organizations: page.desk.organization_names()?,
        problem,
    };
    page.shows_as(status, &form)
}
