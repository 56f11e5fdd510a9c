//! Organizations that contacts belong to.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, Responder, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::{Body, IfMatch, given};
use super::custom_fields;
use super::door::Me;
use super::list::{Asked, List, Paged};
use super::patch::{Fixed, read};
use super::refs::{AgentRef, Refs};
use crate::desk::custom_fields::{Filled, Of};
use crate::desk::organizations::NewOrganization;
use crate::desk::{Desk, Done, people};
use crate::domain::OrganizationId;
use crate::domain::names::Wanted;
use crate::web::Error;

/// An organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct Organization {
    pub id: i64,
    pub name: String,
    /// E-mail domains of its people.
    pub domains: Vec<String>,
    /// Known to us: its people come before strangers.
    pub existing: bool,
    /// Who gets what its people begin.
    pub default_owner: Option<AgentRef>,
    /// What stands in the fields of the house's own, by their slugs; null where nothing does.
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
    pub version: i64,
}

/// An organization to put on record, or what to change of one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct OrganizationFields {
    pub name: Option<String>,
    pub domains: Option<Vec<String>>,
    pub existing: Option<bool>,
    /// The e-mail address of an agent; null is nobody.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub default_owner: Option<Option<String>>,
    /// What to write into fields of the house's own; null takes out what stands there, what is absent stays.
    #[schema(value_type = Option<Object>)]
    pub fields: Option<Map<String, Value>>,
    pub version: Option<i64>,
}

const FIXED: &[Fixed] = &[];

fn all(desk: &Desk, known: Vec<people::Organization>) -> Done<Vec<Organization>> {
    let mut wanted = Wanted::default();
    wanted.agents.extend(known.iter().filter_map(|one| one.default_owner).map(|id| id.0));
    let names = desk.names(None, &wanted)?;
    let of: Vec<Of> = known.iter().map(|one| Of::Organization(one.id)).collect();
    let fields = desk.field_values(&of)?;
    let one = |(known, fields): (people::Organization, Vec<Filled>)| Organization {
        id: known.id.0,
        name: known.name,
        domains: known.domains,
        existing: known.existing,
        default_owner: known.default_owner.map(|id| names.agent(id)),
        fields: custom_fields::shown(fields),
        version: known.version,
    };
    Ok(known.into_iter().zip(fields).map(one).collect())
}

fn told(desk: &Desk, known: people::Organization) -> Done<Organization> {
    all(desk, vec![known])?.pop().ok_or(crate::desk::Error::NotFound)
}

async fn of_path(me: &Me, path: &str) -> Result<people::Organization, Error> {
    let id = OrganizationId(path.parse().map_err(|_| Error::NotFound)?);
    me.does(move |desk, _| desk.organization(id)).await
}

/// Lists organizations.
#[utoipa::path(tag = "people", params(Paged), responses((status = 200, body = List<Organization>)))]
#[get("/organizations")]
pub async fn list(me: Me, asked: Asked) -> Result<Json<List<Organization>>, Error> {
    let (limit, after) = (asked.limit()?, asked.after_id()?.unwrap_or_default());
    let page = me.does(move |desk, _| all(desk, desk.organizations(after, limit + 1)?)).await?;
    Ok(Json(List::by_id(page, limit, |organization| organization.id)))
}

/// Shows an organization.
#[utoipa::path(tag = "people", responses((status = 200, body = Organization)))]
#[get("/organizations/{id}")]
pub async fn show(me: Me, path: Path<String>) -> Result<Json<Organization>, Error> {
    let known = of_path(&me, &path).await?;
    Ok(Json(me.does(move |desk, _| told(desk, known)).await?))
}

/// Puts an organization on record.
#[utoipa::path(tag = "people", request_body = OrganizationFields, responses((status = 201, body = Organization)))]
#[post("/organizations")]
pub async fn create(me: Me, body: Body<OrganizationFields>) -> Result<CustomizeResponder<Json<Organization>>, Error> {
    let fields = body.0?;
    let new = NewOrganization {
        name: fields.name.unwrap_or_default(),
        domains: fields.domains.unwrap_or_default(),
        existing: fields.existing.unwrap_or_default(),
        default_owner: fields.default_owner.map(Option::unwrap_or_default),
        fields: custom_fields::written(fields.fields)?,
    };
    let made = me.does(move |desk, _| told(desk, desk.add_organization(new)?)).await?;
    Ok(Json(made).customize().with_status(StatusCode::CREATED))
}

/// Changes an organization.
#[utoipa::path(tag = "people", request_body = OrganizationFields, responses((status = 200, body = Organization)))]
#[patch("/organizations/{id}")]
pub async fn change(me: Me, path: Path<String>, body: Body<Map<String, Value>>) -> Result<Json<Organization>, Error> {
    let known = of_path(&me, &path).await?;
    let fields = read::<OrganizationFields, Organization>(body.0?, FIXED)?;
    let new = NewOrganization {
        name: fields.name.unwrap_or(known.name),
        domains: fields.domains.unwrap_or(known.domains),
        existing: fields.existing.unwrap_or(known.existing),
        default_owner: fields.default_owner.map(Option::unwrap_or_default),
        fields: custom_fields::written(fields.fields)?,
    };
    let version = fields.version;
    Ok(Json(me.does(move |desk, _| told(desk, desk.change_organization(known.id, new, version)?)).await?))
}

/// Removes an organization without people and conversations.
#[utoipa::path(tag = "people", responses((status = 200, body = Organization)))]
#[delete("/organizations/{id}")]
pub async fn remove(me: Me, path: Path<String>, version: IfMatch) -> Result<Json<Organization>, Error> {
    let known = of_path(&me, &path).await?;
    me.leads()?;
    let version = version.0?;
    let id = known.id;
    let gone = me.does(move |desk, _| {
        let gone = told(desk, known)?;
        desk.remove_organization(id, version)?;
        Ok(gone)
    });
    Ok(Json(gone.await?))
}
