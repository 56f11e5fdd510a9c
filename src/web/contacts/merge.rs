//! `/contacts/{id}/merge`: two records of one person become one.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::page::MergeContactsPage;
use super::whose::{described, matches};
use crate::desk::people::Contact;
use crate::desk::{self};
use crate::domain::{ContactId, Refused};
use crate::web::Error;
use crate::web::chrome::Toast;
use crate::web::conversations::forms::Problem;
use crate::web::page::{Answer, Page, Place, goes_saying, number};

/// Into whom: one of the list, or somebody by name or address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    into: String,
    called: String,
    /// `find`: only look who answers to `called`.
    #[serde(rename = "do")]
    verb: String,
    version: String,
}

const FIELDS: &[(&str, &str)] = &[("into", "called")];

/// `GET /contacts/{id}/merge`
pub async fn form(page: Page, id: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let contact = page.desk.contact(ContactId(number(&id)?))?;
        render(page, &contact, Typed::default(), None, StatusCode::OK)
    })
    .await
}

/// `POST /contacts/{id}/merge`
pub async fn merge(page: Page, id: web::Path<String>, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let (asked, typed) = (ContactId(number(&id)?), form.into_inner());
        let contact = page.desk.contact(asked)?;
        if typed.verb == "find" {
            let none = matches(page, &typed.called)?.iter().all(|choice| choice.id == contact.id.to_string());
            let refused = Refused::invalid("into", "Nobody else on record has this name or address.");
            let problem = none.then(|| Problem::of(&refused, FIELDS));
            return render(page, &contact, Typed { into: String::new(), ..typed }, problem, StatusCode::OK);
        }
        let into = typed.into.trim().parse().map(ContactId);
        let merged = match into {
            Ok(into) => {
                let version = Some(typed.version.trim()).filter(|text| !text.is_empty());
                page.desk.merge_contacts(&page.me, asked, into, version.map(|text| text.parse().unwrap_or(0)))
            }
            Err(_) => Err(Refused::invalid("into", "Choose the contact that is left.").into()),
        };
        match merged {
            Ok(kept) => {
                let said = format!("{} is merged into {}.", contact.name, kept.name);
                goes_saying(format!("/contacts/{}", kept.id), Toast::done(said))
            }
            Err(desk::Error::Refused(refused)) => {
                let status = crate::web::Problem::of(&refused).status;
                let mut problem = Problem::of(&refused, FIELDS);
                if refused == Refused::Stale {
                    problem = Problem::whole("Somebody changed one of the two meanwhile. Look again before you merge.");
                }
                render(page, &contact, typed, Some(problem), status)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

fn render(
    page: &Page,
    contact: &Contact,
    typed: Typed,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let mut alike = page.desk.alike(contact)?;
    // Who was chosen stays to be chosen.
    let chosen = typed.into.trim().parse().ok().and_then(|id| page.desk.contact(ContactId(id)).ok());
    alike.extend(chosen.filter(|chosen| chosen.id != contact.id && alike.iter().all(|one| one.id != chosen.id)));
    let mut choices = described(page, alike.iter().map(|one| (one, "")), "")?;
    let known: Vec<String> = choices.iter().map(|choice| choice.id.clone()).collect();
    let found = matches(page, &typed.called)?.into_iter();
    choices.extend(found.filter(|one| !known.contains(&one.id) && one.id != contact.id.to_string()));
    let form = MergeContactsPage {
        chrome: page.chrome(Place { current: "contacts", ..Place::default() })?,
        id: contact.id.0,
        version: contact.version,
        name: contact.name.clone(),
        into: if typed.into.is_empty() && choices.len() == 1 {
            choices.first().map(|one| one.id.clone()).unwrap_or_default()
        } else {
            typed.into
        },
        choices,
        called: typed.called,
        problem,
    };
    page.shows_as(status, &form)
}
