//! Lists of people and organizations by name.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::schema::{contact_identifiers, contacts, organization_domains, organizations};
use super::{Conn, Error};
use crate::domain::folded::folded;
use crate::domain::{ContactId, OrganizationId};

/// A person as lists name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: ContactId,
    pub name: String,
    pub organization: Option<String>,
}

/// What a list of people shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sought {
    /// Part of a name, or the beginning of an address.
    pub words: Option<String>,
    pub organization: Option<OrganizationId>,
    /// Where the list goes on: the last name and its id.
    pub after: Option<(String, ContactId)>,
}

/// People by name, a page.
pub fn people(conn: &mut Conn, sought: &Sought, limit: i64) -> Result<Vec<Listed>, Error> {
    let mut query = contacts::table
        .left_join(organizations::table.on(organizations::id.nullable().eq(contacts::organization_id)))
        .select((contacts::id, contacts::name, organizations::name.nullable()))
        .filter(contacts::merged_into_id.is_null())
        .into_boxed();
    if let Some(words) = &sought.words {
        let named = contacts::folded.like(format!("%{}%", literal(words))).escape('\\');
        let known = contact_identifiers::contact_id.eq(contacts::id);
        let known = known.and(contact_identifiers::value.like(format!("{}%", literal(words))).escape('\\'));
        query = query.filter(named.assume_not_null().or(exists(contact_identifiers::table.filter(known))));
    }
    if let Some(organization) = sought.organization {
        query = query.filter(contacts::organization_id.eq(organization.0));
    }
    if let Some((name, id)) = &sought.after {
        let (form, name) = (contacts::folded.assume_not_null(), folded(name));
        query = query.filter(form.gt(name.clone()).or(form.eq(name).and(contacts::id.gt(id.0))));
    }
    let rows: Vec<(i64, String, Option<String>)> =
        query.order((contacts::folded, contacts::id)).limit(limit).load(conn)?;
    Ok(rows.into_iter().map(|(id, name, organization)| Listed { id: ContactId(id), name, organization }).collect())
}

/// The people of exactly this name, in any case; at most a few.
pub fn named(conn: &mut Conn, name: &str) -> Result<Vec<ContactId>, Error> {
    let same = contacts::folded.eq(folded(name.trim())).and(contacts::merged_into_id.is_null());
    let ids: Vec<i64> = contacts::table.filter(same).order(contacts::id).limit(5).select(contacts::id).load(conn)?;
    Ok(ids.into_iter().map(ContactId).collect())
}

/// The organization of exactly this name, in any case.
pub fn organization_named(conn: &mut Conn, name: &str) -> Result<Option<OrganizationId>, Error> {
    let same = organizations::folded.eq(folded(name.trim()));
    let id: Option<i64> =
        organizations::table.filter(same).order(organizations::id).select(organizations::id).first(conn).optional()?;
    Ok(id.map(OrganizationId))
}

/// An organization as lists name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedOrganization {
    pub id: OrganizationId,
    pub name: String,
    pub existing: bool,
    pub domains: Vec<String>,
}

/// Organizations by name, a page: those whose name holds the words, or a domain of which begins with them.
pub fn organizations(
    conn: &mut Conn,
    words: Option<&str>,
    after: Option<&(String, OrganizationId)>,
    limit: i64,
) -> Result<Vec<ListedOrganization>, Error> {
    let mut query =
        organizations::table.select((organizations::id, organizations::name, organizations::existing)).into_boxed();
    if let Some(words) = words {
        let named = organizations::folded.like(format!("%{}%", literal(words))).escape('\\');
        let own = organization_domains::organization_id.eq(organizations::id);
        let own = own.and(organization_domains::domain.like(format!("{}%", literal(words))).escape('\\'));
        query = query.filter(named.assume_not_null().or(exists(organization_domains::table.filter(own))));
    }
    if let Some((name, id)) = after {
        let (form, name) = (organizations::folded.assume_not_null(), folded(name));
        query = query.filter(form.gt(name.clone()).or(form.eq(name).and(organizations::id.gt(id.0))));
    }
    let rows: Vec<(i64, String, bool)> =
        query.order((organizations::folded, organizations::id)).limit(limit).load(conn)?;
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let domains: Vec<(i64, String)> = organization_domains::table
        .filter(organization_domains::organization_id.eq_any(ids))
        .order(organization_domains::domain)
        .select((organization_domains::organization_id, organization_domains::domain))
        .load(conn)?;
    let listed = |(id, name, existing): (i64, String, bool)| {
        let domains = domains.iter().filter(|(of, _)| *of == id).map(|(_, domain)| domain.clone()).collect();
        ListedOrganization { id: OrganizationId(id), name, existing, domains }
    };
    Ok(rows.into_iter().map(listed).collect())
}

/// Names of organizations to choose from.
pub fn organization_names(conn: &mut Conn, limit: i64) -> Result<Vec<String>, Error> {
    Ok(organizations::table.order(organizations::folded).limit(limit).select(organizations::name).load(conn)?)
}

/// As many letters of what is sought as are looked for. No name is longer, and no pattern may be of any length.
const LETTERS: usize = 200;

/// Words as a pattern that means nothing but them, in the form in which names are looked for.
pub(super) fn literal(words: &str) -> String {
    let words: String = words.trim().chars().filter(|letter| *letter != '\0').take(LETTERS).collect();
    let mut pattern = String::new();
    for letter in folded(&words).chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}
