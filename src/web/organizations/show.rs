//! `/organizations` and `/organizations/{id}`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::page::{OrganizationPage, OrganizationsPage};
use crate::desk::contacts::Sought;
use crate::desk::custom_fields::Of;
use crate::domain::{ContactId, OrganizationId};
use crate::web::page::{Page, Place, number};
use crate::web::{Error, fields, shown};

/// `?q=&after=&name=`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    /// Where the list goes on: the last id and name.
    after: String,
    name: String,
}

/// `GET /organizations`
pub async fn list(page: Page, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let Asked { q, after, name } = asked.into_inner();
        let after = after.parse().ok().map(|id| (name, OrganizationId(id)));
        let (organizations, next) = page.desk.organization_list(&q, after)?;
        let chrome = page.chrome(Place { current: "contacts", ..Place::default() })?;
        page.shows(&OrganizationsPage { chrome, organizations, next, q })
    })
    .await
}

/// `GET /organizations/{id}`
pub async fn organization(page: Page, id: web::Path<String>, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let Asked { after, name, .. } = asked.into_inner();
        let after = after.parse().ok().map(|id| (name, ContactId(id)));
        let sought = Sought { after, ..Sought::default() };
        let opened = page.desk.open_organization(&page.me, OrganizationId(number(&id)?), sought)?;
        let directory = page.desk.directory()?;
        let organization = opened.organization;
        page.shows(&OrganizationPage {
            chrome: page.chrome(Place { current: "contacts", ..Place::default() })?,
            id: organization.id.0,
            version: organization.version,
            name: organization.name,
            domains: organization.domains,
            existing: organization.existing,
            owner: organization.default_owner.map(|id| shown::named(&directory, id)),
            fields: fields::lines(
                page.desk.field_values(&[Of::Organization(organization.id)])?.pop().unwrap_or_default(),
            ),
            people: opened.people.listed,
            next: opened.people.next,
            conversations: opened.open.iter().map(shown::also_open).collect(),
            closed: opened.closed.iter().map(shown::also_open).collect(),
        })
    })
    .await
}
