//! Organizations that contacts belong to.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, Responder, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::{Body, IfMatch};
use super::door::Me;
use super::list::{Asked, List, Paged};
use super::patch::{Fixed, read};
use crate::desk::people::{self, NewOrganization};
use crate::domain::OrganizationId;
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
    pub version: i64,
}

/// An organization to put on record, or what to change of one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct OrganizationFields {
    pub name: Option<String>,
    pub domains: Option<Vec<String>>,
    pub existing: Option<bool>,
    pub version: Option<i64>,
}

const FIXED: &[Fixed] = &[("id", "")];

impl From<people::Organization> for Organization {
    fn from(known: people::Organization) -> Self {
        Organization {
            id: known.id.0,
            name: known.name,
            domains: known.domains,
            existing: known.existing,
            version: known.version,
        }
    }
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
    let page = me.does(move |desk, _| desk.organizations(after, limit + 1)).await?;
    let items = page.into_iter().map(Organization::from).collect();
    Ok(Json(List::by_id(items, limit, |organization| organization.id)))
}

/// Shows an organization.
#[utoipa::path(tag = "people", responses((status = 200, body = Organization)))]
#[get("/organizations/{id}")]
pub async fn show(me: Me, path: Path<String>) -> Result<Json<Organization>, Error> {
    Ok(Json(of_path(&me, &path).await?.into()))
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
    };
    let made = me.does(move |desk, _| desk.add_organization(new)).await?;
    Ok(Json(Organization::from(made)).customize().with_status(StatusCode::CREATED))
}

/// Changes an organization.
#[utoipa::path(tag = "people", request_body = OrganizationFields, responses((status = 200, body = Organization)))]
#[patch("/organizations/{id}")]
pub async fn change(me: Me, path: Path<String>, body: Body<Map<String, Value>>) -> Result<Json<Organization>, Error> {
    let known = of_path(&me, &path).await?;
    let fields: OrganizationFields = read(body.0?, FIXED)?;
    let new = NewOrganization {
        name: fields.name.unwrap_or(known.name),
        domains: fields.domains.unwrap_or(known.domains),
        existing: fields.existing.unwrap_or(known.existing),
    };
    let version = fields.version;
    Ok(Json(me.does(move |desk, _| desk.change_organization(known.id, new, version)).await?.into()))
}

/// Removes an organization without people and conversations.
#[utoipa::path(tag = "people", responses((status = 200, body = Organization)))]
#[delete("/organizations/{id}")]
pub async fn remove(me: Me, path: Path<String>, version: IfMatch) -> Result<Json<Organization>, Error> {
    let known = of_path(&me, &path).await?;
    me.leads()?;
    let version = version.0?;
    let id = known.id;
    me.does(move |desk, _| desk.remove_organization(id, version)).await?;
    Ok(Json(known.into()))
}
