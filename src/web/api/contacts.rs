//! People who ask.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, Responder, delete, get, patch, post, put};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::body::{Body, IfMatch, given};
use super::custom_fields;
use super::door::Me;
use super::list::{Asked, List, Paged};
use super::patch::{Fixed, read};
use super::refs::{OrganizationRef, Refs};
use crate::desk::custom_fields::{Filled, Of};
use crate::desk::people::{self, NewContact};
use crate::desk::{Desk, Done};
use crate::domain::names::Wanted;
use crate::domain::{ContactId, OrganizationId, Refused};
use crate::web::Error;

/// A person who asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contact {
    pub id: i64,
    pub name: String,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub organization: Option<OrganizationRef>,
    pub vip: bool,
    /// What stands on their badge, which they are known by at a desk; null without one.
    pub badge: Option<String>,
    /// What stands in the fields of the house's own, by their slugs; null where nothing does.
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
    pub version: i64,
}

/// A person to put on record, or what to change of one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct ContactFields {
    pub name: Option<String>,
    pub emails: Option<Vec<String>>,
    pub phones: Option<Vec<String>>,
    /// The id of an organization; null is none.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    pub organization: Option<Option<i64>>,
    pub vip: Option<bool>,
    /// At most 60 characters; null is none.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub badge: Option<Option<String>>,
    /// What to write into fields of the house's own; null takes out what stands there, what is absent stays.
    #[schema(value_type = Option<Object>)]
    pub fields: Option<Map<String, Value>>,
    pub version: Option<i64>,
}

/// Whom a contact is merged into.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Merging {
    /// The id of the contact that is left.
    pub into: Option<i64>,
    pub version: Option<i64>,
}

/// What a list of contacts may be asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query for the document")]
pub struct Named {
    /// A part of the name.
    name: Option<String>,
}

const FIXED: &[Fixed] = &[];

fn all(desk: &Desk, contacts: Vec<people::Contact>) -> Done<Vec<Contact>> {
    let mut wanted = Wanted::default();
    wanted.organizations.extend(contacts.iter().filter_map(|contact| contact.organization).map(|id| id.0));
    let names = desk.names(None, &wanted)?;
    let of: Vec<Of> = contacts.iter().map(|contact| Of::Contact(contact.id)).collect();
    let fields = desk.field_values(&of)?;
    let one = |(contact, fields): (people::Contact, Vec<Filled>)| Contact {
        id: contact.id.0,
        name: contact.name,
        emails: contact.emails,
        phones: contact.phones,
        organization: contact.organization.map(|id| names.organization(id)),
        vip: contact.vip,
        badge: Some(contact.badge).filter(|badge| !badge.is_empty()),
        fields: custom_fields::shown(fields),
        version: contact.version,
    };
    Ok(contacts.into_iter().zip(fields).map(one).collect())
}

fn told(desk: &Desk, contact: people::Contact) -> Done<Contact> {
    all(desk, vec![contact])?.pop().ok_or(crate::desk::Error::NotFound)
}

async fn of_path(me: &Me, path: &str) -> Result<people::Contact, Error> {
    let id = number(path)?;
    me.does(move |desk, _| desk.contact(id)).await
}

fn number(path: &str) -> Result<ContactId, Error> {
    path.parse().map(ContactId).map_err(|_| Error::NotFound)
}

/// Lists contacts.
#[utoipa::path(tag = "people", params(Named, Paged), responses((status = 200, body = List<Contact>)))]
#[get("/contacts")]
pub async fn list(me: Me, asked: Asked) -> Result<Json<List<Contact>>, Error> {
    let (limit, after) = (asked.limit()?, asked.after_id()?.unwrap_or_default());
    let page = me.does(move |desk, _| {
        let items = all(desk, desk.contacts(asked.one("name"), after, limit + 1)?)?;
        Ok(List::by_id(items, limit, |contact: &Contact| contact.id))
    });
    Ok(Json(page.await?))
}

/// Shows a contact; at the address of somebody who was merged, who is left.
#[utoipa::path(tag = "people", responses((status = 200, body = Contact)))]
#[get("/contacts/{id}")]
pub async fn show(me: Me, path: Path<String>) -> Result<Json<Contact>, Error> {
    let contact = of_path(&me, &path).await?;
    Ok(Json(me.does(move |desk, _| told(desk, contact)).await?))
}

/// Puts a person on record.
#[utoipa::path(tag = "people", request_body = ContactFields, responses((status = 201, body = Contact)))]
#[post("/contacts")]
pub async fn create(me: Me, body: Body<ContactFields>) -> Result<CustomizeResponder<Json<Contact>>, Error> {
    let fields = body.0?;
    let new = NewContact {
        name: fields.name.unwrap_or_default(),
        emails: fields.emails.unwrap_or_default(),
        phones: fields.phones.unwrap_or_default(),
        organization: fields.organization.flatten().map(OrganizationId),
        vip: fields.vip.unwrap_or_default(),
        badge: fields.badge.flatten().unwrap_or_default(),
        fields: custom_fields::written(fields.fields)?,
    };
    let made = me.does(move |desk, _| told(desk, desk.add_contact(new)?));
    Ok(Json(made.await?).customize().with_status(StatusCode::CREATED))
}

/// Changes a contact.
#[utoipa::path(tag = "people", request_body = ContactFields, responses((status = 200, body = Contact)))]
#[patch("/contacts/{id}")]
pub async fn change(me: Me, path: Path<String>, body: Body<Map<String, Value>>) -> Result<Json<Contact>, Error> {
    let known = of_path(&me, &path).await?;
    let fields = read::<ContactFields, Contact>(body.0?, FIXED)?;
    let organization = fields.organization.map_or(known.organization, |id| id.map(OrganizationId));
    let new = NewContact {
        name: fields.name.unwrap_or(known.name),
        emails: fields.emails.unwrap_or(known.emails),
        phones: fields.phones.unwrap_or(known.phones),
        organization,
        vip: fields.vip.unwrap_or(known.vip),
        badge: fields.badge.map_or(known.badge, Option::unwrap_or_default),
        fields: custom_fields::written(fields.fields)?,
    };
    let version = fields.version;
    let changed = me.does(move |desk, _| told(desk, desk.change_contact(known.id, new, version)?));
    Ok(Json(changed.await?))
}

/// Merges a contact into another. Answers with who is left, to whom the address of who was merged leads from now on.
#[utoipa::path(tag = "people", request_body = Merging, responses((status = 200, body = Contact)))]
#[put("/contacts/{id}/merge")]
pub async fn merge(me: Me, path: Path<String>, body: Body<Merging>) -> Result<Json<Contact>, Error> {
    let id = number(&path)?;
    me.does(move |desk, _| desk.contact(id)).await?;
    let Merging { into, version } = body.0?;
    let into = ContactId(into.ok_or_else(|| Refused::invalid("into", "Choose another contact."))?);
    Ok(Json(me.does(move |desk, me| told(desk, desk.merge_contacts(me, id, into, version)?)).await?))
}

/// Removes a contact without records.
#[utoipa::path(tag = "people", responses((status = 200, body = Contact)))]
#[delete("/contacts/{id}")]
pub async fn remove(me: Me, path: Path<String>, version: IfMatch) -> Result<Json<Contact>, Error> {
    let known = of_path(&me, &path).await?;
    if known.id != number(&path)? {
        return Err(Error::NotFound);
    }
    me.leads()?;
    let version = version.0?;
    let gone = me.does(move |desk, _| {
        let gone = told(desk, known)?;
        desk.remove_contact(ContactId(gone.id), version)?;
        Ok(gone)
    });
    Ok(Json(gone.await?))
}
