//! `/contacts`, `/contacts/{id}` and `/organizations/{id}`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::page::{ContactPage, ContactsPage, OrganizationPage};
use crate::desk::contacts::Sought;
use crate::desk::people::{Contact, Profile};
use crate::desk::record::Who;
use crate::domain::people::OpenedFor;
use crate::domain::{ContactId, OrganizationId};
use crate::web::Error;
use crate::web::conversations::page::Person;
use crate::web::page::{Page, Place, number};
use crate::web::shown;

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

/// `GET /contacts/{id}`
pub async fn contact(page: Page, id: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let (contact, profiles, who) = page.desk.open_contact(&page.me, ContactId(number(&id)?))?;
        page.shows(&ContactPage {
            chrome: page.chrome(Place { current: "contacts", ..Place::default() })?,
            id: contact.id.0,
            person: person(&contact, &profiles, &who),
            conversations: who.open.iter().map(shown::also_open).collect(),
            interactions: who.history.iter().map(|one| shown::past_interaction(one, None)).collect(),
        })
    })
    .await
}

/// `GET /organizations/{id}`
pub async fn organization(page: Page, id: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let opened = page.desk.open_organization(&page.me, OrganizationId(number(&id)?))?;
        page.shows(&OrganizationPage {
            chrome: page.chrome(Place { current: "contacts", ..Place::default() })?,
            name: opened.organization.name,
            domains: opened.organization.domains,
            people: opened.people,
            conversations: opened.open.iter().map(shown::also_open).collect(),
        })
    })
    .await
}

fn person(contact: &Contact, profiles: &[Profile], who: &Who) -> Person {
    let organization = who.organization.as_ref();
    let mut addresses = shown::addresses(who);
    for address in profiles.iter().map(shown::address) {
        if addresses.iter().all(|(_, known)| *known != address.1) {
            addresses.push(address);
        }
    }
    Person {
        name: shown::name(who, &OpenedFor::Contact(contact.id)),
        url: None,
        organization: organization.map(|organization| organization.name.clone()),
        organization_url: organization.map(|organization| format!("/organizations/{}", organization.id)),
        addresses,
        link_url: None,
        candidates: Vec::new(),
    }
}
