//! `/contacts` and `/contacts/{id}`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::page::{ContactPage, ContactsPage, LinkedProfile, MergedContact};
use super::profiles::Address;
use crate::desk::contacts::Sought;
use crate::desk::custom_fields::Of;
use crate::desk::directory::Directory;
use crate::desk::interactions::Wanted;
use crate::desk::merging::Merged;
use crate::desk::people::{Contact, Profile};
use crate::desk::record::Who;
use crate::domain::people::OpenedFor;
use crate::domain::{ContactId, InteractionId};
use crate::web::conversations::forms::Problem;
use crate::web::conversations::page::Person;
use crate::web::page::{Answer, Page, Place, goes, number};
use crate::web::{Error, fields, shown};

/// Interactions on one page, as many as the desk reads of a person.
const AT_ONCE: i64 = 50;

/// `?q=&after=&name=`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    /// Where the list goes on: the last person's id and name.
    after: String,
    name: String,
}

/// `GET /contacts`
pub async fn list(page: Page, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let Asked { q, after, name } = asked.into_inner();
        let after = after.parse().ok().map(|id| (name, ContactId(id)));
        let people = page.desk.people(Sought { words: Some(q.clone()), after, organization: None })?;
        page.shows(&ContactsPage {
            chrome: page.chrome(Place { current: "contacts", ..Place::default() })?,
            people: people.listed,
            next: people.next,
            q,
        })
    })
    .await
}

/// Where the list of interactions goes on.
#[derive(Debug, Default, Deserialize)]
pub struct Before {
    before: Option<String>,
}

/// `GET /contacts/{id}`: of somebody who was merged, who is left.
pub async fn contact(page: Page, id: web::Path<String>, asked: web::Query<Before>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let before = asked.before.as_deref().map(number).transpose()?;
        let id = ContactId(number(&id)?);
        let now = page.desk.contact(id)?.id;
        if now != id {
            return goes(format!("/contacts/{now}"));
        }
        render(page, (now, before), Address::default(), None, StatusCode::OK)
    })
    .await
}

/// The page of a contact, with an address that is to be linked.
pub fn render(
    page: &Page,
    (id, before): (ContactId, Option<InteractionId>),
    address: Address,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (contact, profiles, who) = page.desk.open_contact(&page.me, id)?;
    let directory = page.desk.directory()?;
    let history = match before {
        Some(_) => {
            let wanted = Wanted { opened_for: Some(id), ..Wanted::default() };
            page.desk.interactions(&page.me, wanted, before, AT_ONCE)?
        }
        None => who.history.clone(),
    };
    let full = i64::try_from(history.len()) == Ok(AT_ONCE);
    let shown = ContactPage {
        closed: who.closed.iter().map(shown::also_open).collect(),
        earlier: history.last().map(|last| last.id).filter(|_| full),
        chrome: page.chrome(Place { current: "contacts", ..Place::default() })?,
        id: contact.id.0,
        version: contact.version,
        person: person(&contact, &who),
        fields: fields::lines(page.desk.field_values(&[Of::Contact(contact.id)])?.pop().unwrap_or_default()),
        profiles: profiles.into_iter().map(|profile| linked(profile, &directory)).collect(),
        channels: directory.channels.iter().map(|one| (one.slug.clone(), one.name.clone())).collect(),
        address,
        problem,
        conversations: who.open.iter().map(shown::also_open).collect(),
        interactions: history.iter().map(|one| shown::past_interaction(one, None)).collect(),
        merged: page.desk.merged_into(id)?.into_iter().map(|one| merged(one, &directory)).collect(),
    };
    page.shows_as(status, &shown)
}

fn linked(profile: Profile, directory: &Directory) -> LinkedProfile {
    let channel = directory.channels.iter().find(|channel| channel.id == profile.channel);
    let (icon, identifier) = shown::address(&profile);
    LinkedProfile {
        id: profile.id.0,
        version: profile.version,
        icon,
        identifier,
        channel: channel.map(|channel| channel.name.clone()).unwrap_or_default(),
        by: profile.said_by.map(|id| shown::named(directory, id)),
        blocked: profile.blocked,
    }
}

fn merged(one: Merged, directory: &Directory) -> MergedContact {
    MergedContact { name: one.name, at: one.at, by: one.by.map(|id| shown::named(directory, id)) }
}

fn person(contact: &Contact, who: &Who) -> Person {
    let organization = who.organization.as_ref();
    Person {
        name: shown::name(who, &OpenedFor::Contact(contact.id)),
        url: None,
        organization: organization.map(|organization| organization.name.clone()),
        organization_url: organization.map(|organization| format!("/organizations/{}", organization.id)),
        addresses: shown::addresses(who),
        link_url: None,
        candidates: Vec::new(),
    }
}
