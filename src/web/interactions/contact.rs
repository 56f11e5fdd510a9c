//! `/interactions/{n}/contact`: whom an interaction is about.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::desk::contacts::{Listed, Sought, Whom};
use crate::desk::people::Contact;
use crate::desk::record::OpenedRecord;
use crate::desk::{self};
use crate::domain::{ContactId, InteractionId, Refused};
use crate::web::Error;
use crate::web::chrome::Toast;
use crate::web::contacts::page::{Choice, LinkContactPage};
use crate::web::conversations::forms::Problem;
use crate::web::page::{Answer, Page, Place, came_from, can_be_shown, goes_saying, number};
use crate::web::shown;

/// One of three: somebody from the list, somebody by name or address, or a new contact.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    contact: String,
    called: String,
    name: String,
    /// `find`: only look who answers to `called`.
    #[serde(rename = "do")]
    verb: String,
    /// The page of ours to go back to.
    back: String,
}

/// What the desk calls the fields of the form.
const FIELDS: &[(&str, &str)] = &[
    ("contact", "called"),
    ("name", "name"),
    ("called", "called"),
    ("from", "called"),
    ("emails", "called"),
    ("phones", "called"),
];
/// People offered at once.
const OFFERED: usize = 8;

/// `GET /interactions/{n}/contact`
pub async fn form(page: Page, request: HttpRequest, n: web::Path<String>) -> Result<HttpResponse, Error> {
    let back = came_from(&request).unwrap_or_default();
    let typed = Typed { back, ..Typed::default() };
    page.answer(move |page| render(page, number(&n)?, typed, None, StatusCode::OK)).await
}

/// `POST /interactions/{n}/contact`
pub async fn link(page: Page, n: web::Path<String>, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let (id, typed) = (number::<InteractionId>(&n)?, form.into_inner());
        page.desk.interaction(&page.me, id)?;
        if typed.verb == "find" {
            let found = matches(page, &typed.called)?;
            let nobody = Refused::invalid("called", "Nobody on record has this name or address.");
            let problem = found.is_empty().then(|| Problem::of(&nobody, FIELDS));
            return render(page, id, Typed { contact: String::new(), ..typed }, problem, StatusCode::OK);
        }
        let linked = whom(&typed).map_err(desk::Error::from);
        match linked.and_then(|whom| page.desk.identify(&page.me, id, whom)) {
            Ok(contact) => {
                let name = page.desk.contact(contact)?.name;
                goes_saying(back(&typed, id), Toast::done(format!("{id} is about {name}.")))
            }
            Err(desk::Error::Refused(refused)) => {
                let status = crate::web::Problem::of(&refused).status;
                let mut problem = Problem::of(&refused, FIELDS);
                if problem.field == "called" && !matches(page, &typed.called)?.is_empty() {
                    problem.message = "Pick who it is.".to_owned();
                }
                render(page, id, typed, Some(problem), status)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// Where one was, if that is a page of ours; else the record.
fn back(typed: &Typed, id: InteractionId) -> String {
    let record = format!("/interactions/{id}");
    if can_be_shown(&typed.back) { typed.back.clone() } else { record }
}

/// Who on record may be meant by a part of a name, or the beginning of an address.
fn matches(page: &Page, called: &str) -> Result<Vec<Choice>, Error> {
    if called.trim().is_empty() {
        return Ok(Vec::new());
    }
    let sought = Sought { words: Some(called.to_owned()), ..Sought::default() };
    let people = page.desk.people(sought)?.listed.into_iter().take(OFFERED);
    let choice = |person: Listed| Choice {
        id: person.id.to_string(),
        name: person.name,
        word: person.organization.unwrap_or_else(|| "organization not identified".to_owned()),
    };
    Ok(people.map(choice).collect())
}

fn whom(typed: &Typed) -> Result<Whom, Refused> {
    let given = |text: &str| !text.trim().is_empty();
    if given(&typed.contact) {
        let id = typed.contact.trim().parse().map_err(|_| Refused::invalid("contact", "No such contact."))?;
        return Ok(Whom::Known(ContactId(id)));
    }
    if given(&typed.called) {
        return Ok(Whom::Called(typed.called.clone()));
    }
    if given(&typed.name) {
        return Ok(Whom::New(typed.name.clone()));
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
    let mut contacts = candidates(&opened);
    let known: Vec<String> = contacts.iter().map(|choice| choice.id.clone()).collect();
    contacts.extend(matches(page, &typed.called)?.into_iter().filter(|choice| !known.contains(&choice.id)));
    let form = LinkContactPage {
        chrome: page.chrome(Place::default())?,
        action: format!("/interactions/{id}/contact"),
        back: back(&typed, id),
        identifier: identifier(&opened),
        contacts,
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

fn candidates(opened: &OpenedRecord) -> Vec<Choice> {
    let candidates = opened.who.candidates.iter().map(|contact| (contact, "has this address"));
    let current = opened.who.contact.iter().map(|contact| (contact, "as it is now"));
    let choice = |(contact, word): (&Contact, &str)| Choice {
        id: contact.id.to_string(),
        name: contact.name.clone(),
        word: word.to_owned(),
    };
    current.chain(candidates).map(choice).collect()
}
