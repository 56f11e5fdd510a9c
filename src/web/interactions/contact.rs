//! `/interactions/{n}/contact`: whom an interaction is about.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::desk::contacts::Whom;
use crate::desk::record::OpenedRecord;
use crate::desk::{self};
use crate::domain::{ContactId, InteractionId, Refused};
use crate::web::Error;
use crate::web::chrome::Toast;
use crate::web::contacts::page::LinkContactPage;
use crate::web::conversations::forms::Problem;
use crate::web::page::{Answer, Page, Place, goes_saying, number};
use crate::web::shown;

/// One of three: somebody from the list, somebody by name or address, or a new contact.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    contact: String,
    called: String,
    name: String,
}

/// `GET /interactions/{n}/contact`
pub async fn form(page: Page, n: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| render(page, number(&n)?, Typed::default(), None, StatusCode::OK)).await
}

/// `POST /interactions/{n}/contact`
pub async fn link(page: Page, n: web::Path<String>, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let (id, typed) = (number::<InteractionId>(&n)?, form.into_inner());
        page.desk.interaction(&page.me, id)?;
        let linked = whom(&typed).map_err(desk::Error::from);
        match linked.and_then(|whom| page.desk.identify(&page.me, id, whom)) {
            Ok(contact) => {
                let name = page.desk.contact(contact)?.name;
                goes_saying(format!("/interactions/{id}"), Toast::done(format!("{id} is about {name}.")))
            }
            Err(desk::Error::Refused(refused)) => {
                let status = crate::web::Problem::of(&refused).status;
                let field = match refused.field() {
                    Some("contact") => "contact",
                    Some("name") => "name",
                    Some("called" | "from" | "emails" | "phones") => "called",
                    Some(_) | None => "",
                };
                let problem = Problem { field, message: refused.to_string(), newer: Vec::new() };
                render(page, id, typed, Some(problem), status)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

fn whom(typed: &Typed) -> Result<Whom, Refused> {
    let given = |text: &str| !text.trim().is_empty();
    if given(&typed.called) {
        return Ok(Whom::Called(typed.called.clone()));
    }
    if given(&typed.name) {
        return Ok(Whom::New(typed.name.clone()));
    }
    if given(&typed.contact) {
        let id = typed.contact.trim().parse().map_err(|_| Refused::invalid("contact", "No such contact."))?;
        return Ok(Whom::Known(ContactId(id)));
    }
    Err(Refused::invalid("called", "Say who it is."))
}

fn render(
    page: &Page,
    id: InteractionId,
    typed: Typed,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let opened = page.desk.open_record(&page.me, id)?;
    let form = LinkContactPage {
        chrome: page.chrome(Place::default())?,
        action: format!("/interactions/{id}/contact"),
        back: format!("/interactions/{id}"),
        identifier: identifier(&opened),
        contacts: candidates(&opened),
        contact: typed.contact,
        called: typed.called,
        name: typed.name,
        problem,
    };
    page.shows_as(status, &form)
}

fn identifier(opened: &OpenedRecord) -> String {
    match &opened.who.profile {
        Some(profile) => profile.identifier.clone(),
        None => shown::name(&opened.who, &opened.interaction.opened_for),
    }
}

fn candidates(opened: &OpenedRecord) -> Vec<(String, String, String)> {
    let candidates = opened.who.candidates.iter().map(|contact| (contact, "has this address"));
    let current = opened.who.contact.iter().map(|contact| (contact, "as it is now"));
    let line = |(contact, word): (&crate::desk::people::Contact, &str)| {
        (contact.id.to_string(), contact.name.clone(), word.to_owned())
    };
    current.chain(candidates).map(line).collect()
}
