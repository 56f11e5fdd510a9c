//! People who ask: contacts, their organizations, and the channel profiles they write from.

mod merging;
mod organizations;
mod profiles;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

pub use merging::*;
pub use organizations::*;
pub use profiles::*;

use super::contact_list::literal;
use super::schema::{contact_identifiers, contacts};
use super::{At, Conn, Error};
use crate::domain::folded::folded;
use crate::domain::{ContactId, OrganizationId};

/// A person record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub id: ContactId,
    pub name: String,
    pub organization: Option<OrganizationId>,
    pub vip: bool,
    /// What stands on their badge; empty without one.
    pub badge: String,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    /// Who they are merged into; what was theirs is that one's.
    pub merged_into: Option<ContactId>,
    pub version: i64,
}

impl Contact {
    /// Everything they are reached at.
    pub fn addresses(&self) -> Vec<String> {
        self.phones.iter().chain(&self.emails).cloned().collect()
    }
}

/// The contacts that have an identifier, at most ten.
pub fn matching(conn: &mut Conn, kind: &str, value: &str) -> Result<Vec<ContactId>, Error> {
    let known = contact_identifiers::kind.eq(kind).and(contact_identifiers::value.eq(value));
    let ids: Vec<i64> = contact_identifiers::table
        .filter(known)
        .order(contact_identifiers::contact_id)
        .limit(10)
        .select(contact_identifiers::contact_id)
        .load(conn)?;
    Ok(ids.into_iter().map(ContactId).collect())
}

/// One contact.
pub fn contact(conn: &mut Conn, id: ContactId) -> Result<Contact, Error> {
    type Row = (String, Option<i64>, bool, String, Option<i64>, i64);
    let (name, organization, vip, badge, merged, version): Row = contacts::table
        .find(id.0)
        .select((
            contacts::name,
            contacts::organization_id,
            contacts::vip,
            contacts::badge,
            contacts::merged_into_id,
            contacts::version,
        ))
        .first(conn)?;
    let identifiers: Vec<(String, String)> = contact_identifiers::table
        .filter(contact_identifiers::contact_id.eq(id.0))
        .order(contact_identifiers::id)
        .select((contact_identifiers::kind, contact_identifiers::value))
        .load(conn)?;
    let of = |wanted: &str| {
        identifiers.iter().filter(|(kind, _)| kind == wanted).map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    Ok(Contact {
        id,
        name,
        organization: organization.map(OrganizationId),
        vip,
        badge,
        emails: of("email"),
        phones: of("phone"),
        merged_into: merged.map(ContactId),
        version,
    })
}

/// Contacts by name, after one, for lists and choosers.
pub fn contacts(
    conn: &mut Conn,
    named: Option<&str>,
    after: i64,
    limit: i64,
) -> Result<Vec<(ContactId, String)>, Error> {
    let mut query = contacts::table.select((contacts::id, contacts::name)).filter(contacts::id.gt(after)).into_boxed();
    query = query.filter(contacts::merged_into_id.is_null());
    if let Some(named) = named {
        let named = contacts::folded.like(format!("%{}%", literal(named))).escape('\\').assume_not_null();
        query = query.filter(named);
    }
    let rows: Vec<(i64, String)> = query.order(contacts::id).limit(limit).load(conn)?;
    Ok(rows.into_iter().map(|(id, name)| (ContactId(id), name)).collect())
}

/// Adds a contact with its addresses, which are in their normal form.
pub fn insert_contact(conn: &mut Conn, new: &Contact, at: DateTime<Utc>) -> Result<ContactId, Error> {
    let row = (
        contacts::name.eq(&new.name),
        contacts::organization_id.eq(new.organization.map(|id| id.0)),
        contacts::vip.eq(new.vip),
        contacts::badge.eq(&new.badge),
        contacts::created_at.eq(At(at)),
        contacts::version.eq(1),
        contacts::folded.eq(folded(&new.name)),
    );
    let id = ContactId(diesel::insert_into(contacts::table).values(row).returning(contacts::id).get_result(conn)?);
    write_identifiers(conn, id, new)?;
    Ok(id)
}

/// Writes a changed contact under its version.
pub fn save_contact(conn: &mut Conn, contact: &Contact) -> Result<(), Error> {
    let row = (
        contacts::name.eq(&contact.name),
        contacts::organization_id.eq(contact.organization.map(|id| id.0)),
        contacts::vip.eq(contact.vip),
        contacts::badge.eq(&contact.badge),
        contacts::version.eq(contact.version + 1),
        contacts::folded.eq(folded(&contact.name)),
    );
    let known = contacts::id.eq(contact.id.0).and(contacts::version.eq(contact.version));
    if diesel::update(contacts::table.filter(known)).set(row).execute(conn)? != 1 {
        return Err(Error::Stale);
    }
    let old = contact_identifiers::table.filter(contact_identifiers::contact_id.eq(contact.id.0));
    diesel::delete(old).execute(conn)?;
    write_identifiers(conn, contact.id, contact)
}

fn write_identifiers(conn: &mut Conn, id: ContactId, contact: &Contact) -> Result<(), Error> {
    let emails = contact.emails.iter().map(|value| ("email", value));
    for (kind, value) in emails.chain(contact.phones.iter().map(|value| ("phone", value))) {
        let row = (
            contact_identifiers::contact_id.eq(id.0),
            contact_identifiers::kind.eq(kind),
            contact_identifiers::value.eq(value),
        );
        diesel::insert_into(contact_identifiers::table).values(row).execute(conn)?;
    }
    Ok(())
}
