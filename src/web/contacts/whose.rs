//! The chooser: who is it that an interaction is about, or that a channel profile belongs to.

use actix_web::http::StatusCode;
use serde::Deserialize;

use super::page::{Choice, LinkContactPage};
use crate::desk::contacts::{Listed, Sought, Whom};
use crate::desk::people::Contact;
use crate::desk::{self};
use crate::domain::names::Wanted;
use crate::domain::{ContactId, Refused};
use crate::web::Error;
use crate::web::conversations::forms::Problem;
use crate::web::page::{Answer, Page, Place};

/// One of four: somebody from the list, nobody, somebody by name or address, or a new contact.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub contact: String,
    pub called: String,
    pub name: String,
    /// `find`: only look who answers to `called`.
    #[serde(rename = "do")]
    pub verb: String,
    /// What the form was based on.
    pub version: String,
    /// The page of ours to go back to.
    pub back: String,
}

/// What the form asks about.
pub struct Subject {
    /// Where the form goes.
    pub action: String,
    pub back: String,
    /// The address they write from, or what they are called.
    pub identifier: String,
    /// Whose it is now.
    pub current: Option<Contact>,
    /// Those who have the address, where it is not said yet whose it is.
    pub candidates: Vec<Contact>,
    /// Of the channel profile.
    pub version: Option<i64>,
}

/// The radio of nobody on record.
const NOBODY: &str = "nobody";
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

impl Typed {
    /// What the form was based on. One that is no number is older than everything.
    pub fn version(&self) -> Option<i64> {
        Some(self.version.trim()).filter(|text| !text.is_empty()).map(|text| text.parse().unwrap_or(0))
    }

    /// Who was chosen.
    pub fn whom(&self) -> Result<Whom, Refused> {
        let given = |text: &str| !text.trim().is_empty();
        if self.contact == NOBODY {
            return Ok(Whom::Nobody);
        }
        if given(&self.contact) {
            let id = self.contact.trim().parse().map_err(|_| Refused::invalid("contact", "No such contact."))?;
            return Ok(Whom::Known(ContactId(id)));
        }
        if given(&self.called) {
            return Ok(Whom::Called(self.called.clone()));
        }
        if given(&self.name) {
            return Ok(Whom::New(self.name.clone()));
        }
        Err(Refused::invalid("called", "Say who it is."))
    }
}

/// The form, with whom was looked for.
pub fn found(page: &Page, subject: Subject, typed: Typed) -> Result<Answer, Error> {
    let nobody = Refused::invalid("called", "Nobody on record has this name or address.");
    let problem = matches(page, &typed.called)?.is_empty().then(|| Problem::of(&nobody, FIELDS));
    render(page, subject, Typed { contact: String::new(), ..typed }, problem, StatusCode::OK)
}

/// The form as it was typed, and why it came back.
pub fn again(page: &Page, subject: Subject, typed: Typed, error: desk::Error) -> Result<Answer, Error> {
    let desk::Error::Refused(refused) = error else { return Err(error.into()) };
    let status = crate::web::Problem::of(&refused).status;
    let mut problem = Problem::of(&refused, FIELDS);
    if refused == Refused::Stale {
        let now = subject.current.as_ref().map_or("nobody on record", |contact| contact.name.as_str());
        problem = Problem::whole("Somebody said who this is meanwhile.");
        problem.newer.push(format!("Now: {now}"));
    } else if problem.field == "called" && !matches(page, &typed.called)?.is_empty() {
        problem.message = "Pick who it is.".to_owned();
    }
    render(page, subject, typed, Some(problem), status)
}

/// The form.
pub fn render(
    page: &Page,
    subject: Subject,
    typed: Typed,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let mut contacts = known(page, &subject)?;
    let listed: Vec<String> = contacts.iter().map(|choice| choice.id.clone()).collect();
    contacts.extend(matches(page, &typed.called)?.into_iter().filter(|choice| !listed.contains(&choice.id)));
    let form = LinkContactPage {
        chrome: page.chrome(Place::default())?,
        several: subject.candidates.len(),
        may_be_nobody: subject.current.is_some() || !subject.candidates.is_empty(),
        action: subject.action,
        back: subject.back,
        identifier: subject.identifier,
        version: subject.version.map(|version| version.to_string()).unwrap_or_default(),
        contacts,
        contact: typed.contact,
        called: typed.called,
        name: typed.name,
        problem,
    };
    page.shows_as(status, &form)
}

/// Who on record may be meant by a part of a name, or the beginning of an address.
pub fn matches(page: &Page, called: &str) -> Result<Vec<Choice>, Error> {
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

/// Who it is now, and who it could be.
fn known(page: &Page, subject: &Subject) -> Result<Vec<Choice>, Error> {
    let candidates = subject.candidates.iter().map(|one| (one, ""));
    described(page, subject.current.iter().map(|one| (one, "now")).chain(candidates), &subject.identifier)
}

/// People to choose from, each with what tells one from the other; an address that all of them have tells nothing.
pub fn described<'a>(
    page: &Page,
    people: impl Iterator<Item = (&'a Contact, &'a str)>,
    common: &str,
) -> Result<Vec<Choice>, Error> {
    let people: Vec<_> = people.collect();
    let mut wanted = Wanted::default();
    wanted.organizations.extend(people.iter().filter_map(|(contact, _)| contact.organization).map(|id| id.0));
    let names = page.desk.names(None, &wanted)?;
    let choice = |(contact, word): (&Contact, &str)| {
        let organization = contact.organization.and_then(|id| names.organizations.get(&id)).cloned();
        let other = contact.addresses().into_iter().find(|address| *address != common);
        let said = [Some(word.to_owned()), organization, other].into_iter().flatten().filter(|part| !part.is_empty());
        let said = said.collect::<Vec<_>>().join(" · ");
        let word = if said.is_empty() { "nothing else is known".to_owned() } else { said };
        Choice { id: contact.id.to_string(), name: contact.name.clone(), word }
    };
    Ok(people.into_iter().map(choice).collect())
}
