//! Organizations that contacts belong to.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::folded::folded;
use crate::domain::{AgentId, OrganizationId};
use crate::store::schema::{organization_domains, organizations};
use crate::store::{At, Conn, Error};

/// An organization that contacts belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    pub id: OrganizationId,
    pub name: String,
    /// Known to us: marked so by staff, or helped before.
    pub existing: bool,
    pub domains: Vec<String>,
    /// Who gets what its people begin.
    pub default_owner: Option<AgentId>,
    pub version: i64,
}

/// One organization.
pub fn organization(conn: &mut Conn, id: OrganizationId) -> Result<Organization, Error> {
    let (name, existing, owner, version): (String, bool, Option<i64>, i64) = organizations::table
        .find(id.0)
        .select((organizations::name, organizations::existing, organizations::default_owner_id, organizations::version))
        .first(conn)?;
    let domains = organization_domains::table
        .filter(organization_domains::organization_id.eq(id.0))
        .order(organization_domains::domain)
        .select(organization_domains::domain)
        .load(conn)?;
    Ok(Organization { id, name, existing, domains, default_owner: owner.map(AgentId), version })
}

/// Organizations in order of their ids, after one.
pub fn organizations(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<OrganizationId>, Error> {
    let ids: Vec<i64> = organizations::table
        .filter(organizations::id.gt(after))
        .order(organizations::id)
        .limit(limit)
        .select(organizations::id)
        .load(conn)?;
    Ok(ids.into_iter().map(OrganizationId).collect())
}

/// The organization of an e-mail domain, which is in lower case.
pub fn by_domain(conn: &mut Conn, domain: &str) -> Result<Option<OrganizationId>, Error> {
    let id: Option<i64> = organization_domains::table
        .find(domain)
        .select(organization_domains::organization_id)
        .first(conn)
        .optional()?;
    Ok(id.map(OrganizationId))
}

/// Adds an organization; a domain that is taken is a unique violation.
pub fn insert_organization(conn: &mut Conn, new: &Organization, at: DateTime<Utc>) -> Result<OrganizationId, Error> {
    let row = (
        organizations::name.eq(&new.name),
        organizations::existing.eq(new.existing),
        organizations::default_owner_id.eq(new.default_owner.map(|id| id.0)),
        organizations::created_at.eq(At(at)),
        organizations::version.eq(1),
        organizations::folded.eq(folded(&new.name)),
    );
    let insert = diesel::insert_into(organizations::table).values(row).returning(organizations::id);
    let id = OrganizationId(insert.get_result(conn)?);
    write_domains(conn, id, &new.domains)?;
    Ok(id)
}

/// Writes a changed organization under its version.
pub fn save_organization(conn: &mut Conn, changed: &Organization) -> Result<(), Error> {
    let row = (
        organizations::name.eq(&changed.name),
        organizations::existing.eq(changed.existing),
        organizations::default_owner_id.eq(changed.default_owner.map(|id| id.0)),
        organizations::version.eq(changed.version + 1),
        organizations::folded.eq(folded(&changed.name)),
    );
    let known = organizations::id.eq(changed.id.0).and(organizations::version.eq(changed.version));
    if diesel::update(organizations::table.filter(known)).set(row).execute(conn)? != 1 {
        return Err(Error::Stale);
    }
    let old = organization_domains::table.filter(organization_domains::organization_id.eq(changed.id.0));
    diesel::delete(old).execute(conn)?;
    write_domains(conn, changed.id, &changed.domains)
}

/// Somebody of this organization was helped: it exists for us from now on.
pub fn mark_existing(conn: &mut Conn, id: OrganizationId) -> Result<(), Error> {
    let new = organizations::id.eq(id.0).and(organizations::existing.eq(false));
    diesel::update(organizations::table.filter(new)).set(organizations::existing.eq(true)).execute(conn)?;
    Ok(())
}

fn write_domains(conn: &mut Conn, id: OrganizationId, domains: &[String]) -> Result<(), Error> {
    for domain in domains {
        let row = (organization_domains::domain.eq(domain), organization_domains::organization_id.eq(id.0));
        diesel::insert_into(organization_domains::table).values(row).execute(conn)?;
    }
    Ok(())
}
