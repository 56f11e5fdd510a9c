//! Lists of people and organizations by name.

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::schema::{contact_identifiers, contacts, organizations};
use super::{Conn, Error};
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
        .into_boxed();
    if let Some(words) = &sought.words {
        let named = sql::<Bool>("lower(contacts.name) LIKE ").bind::<Text, _>(format!("%{}%", literal(words)));
        let named = named.sql(" ESCAPE '\\'");
        let known = contact_identifiers::contact_id.eq(contacts::id);
        let known = known.and(contact_identifiers::value.like(format!("{}%", literal(words))).escape('\\'));
        query = query.filter(named.or(exists(contact_identifiers::table.filter(known))));
    }
    if let Some(organization) = sought.organization {
        query = query.filter(contacts::organization_id.eq(organization.0));
    }
    if let Some((name, id)) = &sought.after {
        let same = contacts::name.eq(name.clone()).and(contacts::id.gt(id.0));
        query = query.filter(contacts::name.gt(name.clone()).or(same));
    }
    let rows: Vec<(i64, String, Option<String>)> =
        query.order((contacts::name, contacts::id)).limit(limit).load(conn)?;
    Ok(rows.into_iter().map(|(id, name, organization)| Listed { id: ContactId(id), name, organization }).collect())
}

/// The people of exactly this name, in any case; at most a few.
pub fn named(conn: &mut Conn, name: &str) -> Result<Vec<ContactId>, Error> {
    let same = sql::<Bool>("lower(contacts.name) = ").bind::<Text, _>(name.trim().to_lowercase());
    let ids: Vec<i64> = contacts::table.filter(same).order(contacts::id).limit(5).select(contacts::id).load(conn)?;
    Ok(ids.into_iter().map(ContactId).collect())
}

/// The organization of exactly this name, in any case.
pub fn organization_named(conn: &mut Conn, name: &str) -> Result<Option<OrganizationId>, Error> {
    let same = sql::<Bool>("lower(organizations.name) = ").bind::<Text, _>(name.trim().to_lowercase());
    let id: Option<i64> =
        organizations::table.filter(same).order(organizations::id).select(organizations::id).first(conn).optional()?;
    Ok(id.map(OrganizationId))
}

/// Names of organizations to choose from.
pub fn organization_names(conn: &mut Conn, limit: i64) -> Result<Vec<String>, Error> {
    Ok(organizations::table.order(organizations::name).limit(limit).select(organizations::name).load(conn)?)
}

/// As many letters of what is sought as are looked for. No name is longer, and no pattern may be of any length.
const LETTERS: usize = 200;

/// Words as a pattern that means nothing but them, in lower case.
pub(super) fn literal(words: &str) -> String {
    let letters = words.trim().chars().filter(|letter| *letter != '\0').take(LETTERS);
    let mut pattern = String::new();
    for letter in letters.flat_map(char::to_lowercase) {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}
