//! `/interactions/{n}/contact`: whom an interaction is about.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::desk::record::OpenedRecord;
use crate::desk::{self};
use crate::domain::InteractionId;
use crate::web::Error;
use crate::web::chrome::Toast;
use crate::web::contacts::whose::{self, Subject, Typed};
use crate::web::page::{Page, came_from, can_be_shown, goes_saying, number};
use crate::web::shown;

/// `GET /interactions/{n}/contact`
pub async fn form(page: Page, request: HttpRequest, n: web::Path<String>) -> Result<HttpResponse, Error> {
    let back = came_from(&request).unwrap_or_default();
    let typed = Typed { back, ..Typed::default() };
    page.answer(move |page| {
        let subject = subject(page, number(&n)?, &typed)?;
        whose::render(page, subject, typed, None, StatusCode::OK)
    })
    .await
}

/// `POST /interactions/{n}/contact`
pub async fn link(page: Page, n: web::Path<String>, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let (id, typed) = (number::<InteractionId>(&n)?, form.into_inner());
        let subject = subject(page, id, &typed)?;
        if typed.verb == "find" {
            return whose::found(page, subject, typed);
        }
        let whom = typed.whom().map_err(desk::Error::from);
        match whom.and_then(|whom| page.desk.identify(&page.me, id, whom, typed.version())) {
            Ok(contact) => {
                let name = contact.map(|contact| page.desk.contact(contact)).transpose()?.map(|contact| contact.name);
                let name = name.unwrap_or_else(|| "nobody on record".to_owned());
                goes_saying(subject.back, Toast::done(format!("{id} is about {name}.")))
            }
            Err(error) => whose::again(page, subject, typed, error),
        }
    })
    .await
}

/// Where one was, if that is a page of ours; else the record.
fn back(typed: &Typed, id: InteractionId) -> String {
    let record = format!("/interactions/{id}");
    if can_be_shown(&typed.back) { typed.back.clone() } else { record }
}

fn subject(page: &Page, id: InteractionId, typed: &Typed) -> Result<Subject, Error> {
    let opened = page.desk.open_record(&page.me, id)?;
    Ok(Subject {
        action: format!("/interactions/{id}/contact"),
        back: back(typed, id),
        identifier: identifier(&opened),
        version: opened.who.profile.as_ref().map(|profile| profile.version),
        current: opened.who.contact,
        candidates: opened.who.candidates,
    })
}

fn identifier(opened: &OpenedRecord) -> String {
    match &opened.who.profile {
        Some(profile) => profile.identifier.clone(),
        None => shown::name(&opened.who, &opened.interaction.opened_for),
    }
}
