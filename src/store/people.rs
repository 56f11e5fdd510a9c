//! People who ask: contacts, their organizations, and the channel profiles they write from.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::contact_list::literal;
use super::schema::{contact_identifiers, contacts, conversations, organization_domains, organizations, profiles};
use super::{At, Conn, Error};
use crate::domain::folded::folded;
use crate::domain::{AgentId, ChannelId, ContactId, ConversationId, OrganizationId, ProfileId};

/// A person record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub id: ContactId,
    pub name: String,
    pub organization: Option<OrganizationId>,
    pub vip: bool,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub version: i64,
}

/// An organization that contacts belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    pub id: OrganizationId,
    pub name: String,
    pub existing: bool,
    pub domains: Vec<String>,
    pub version: i64,
}

/// An identity on one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub id: ProfileId,
    pub channel: ChannelId,
    pub identifier: String,
    pub contact: Option<ContactId>,
    /// Two or more contacts match; nobody was guessed.
    pub ambiguous: bool,
    /// Their first messages are suspended.
    pub blocked: bool,
}

type ProfileRow = (i64, i64, String, Option<i64>, bool, bool);
const PROFILE: (
    profiles::id,
    profiles::channel_id,
    profiles::identifier,
    profiles::contact_id,
    profiles::ambiguous,
    profiles::blocked,
) = (
    profiles::id,
    profiles::channel_id,
    profiles::identifier,
    profiles::contact_id,
    profiles::ambiguous,
    profiles::blocked,
);

/// The profile of an identifier on a channel.
pub fn profile(conn: &mut Conn, channel: ChannelId, identifier: &str) -> Result<Option<Profile>, Error> {
    let known = profiles::channel_id.eq(channel.0).and(profiles::identifier.eq(identifier));
    let row: Option<ProfileRow> = profiles::table.filter(known).select(PROFILE).first(conn).optional()?;
    Ok(row.map(read_profile))
}

/// The profile of an id.
pub fn profile_by_id(conn: &mut Conn, id: ProfileId) -> Result<Profile, Error> {
    Ok(read_profile(profiles::table.find(id.0).select(PROFILE).first(conn)?))
}

/// The profiles of a contact.
pub fn profiles_of(conn: &mut Conn, contact: ContactId) -> Result<Vec<Profile>, Error> {
    let rows: Vec<ProfileRow> =
        profiles::table.filter(profiles::contact_id.eq(contact.0)).order(profiles::id).select(PROFILE).load(conn)?;
    Ok(rows.into_iter().map(read_profile).collect())
}

/// Adds a profile; the same identifier on the same channel is a unique violation.
pub fn insert_profile(conn: &mut Conn, new: &Profile, at: DateTime<Utc>) -> Result<ProfileId, Error> {
    let row = (
        profiles::channel_id.eq(new.channel.0),
        profiles::identifier.eq(&new.identifier),
        profiles::contact_id.eq(new.contact.map(|id| id.0)),
        profiles::ambiguous.eq(new.ambiguous),
        profiles::blocked.eq(new.blocked),
        profiles::created_at.eq(At(at)),
    );
    Ok(ProfileId(diesel::insert_into(profiles::table).values(row).returning(profiles::id).get_result(conn)?))
}

/// Blocks a sender. One who is blocked already stays so, by whom they were.
pub fn block(conn: &mut Conn, id: ProfileId, by: AgentId, at: DateTime<Utc>) -> Result<(), Error> {
    let free = profiles::table.filter(profiles::id.eq(id.0).and(profiles::blocked.eq(false)));
    let blocked = (profiles::blocked.eq(true), profiles::blocked_at.eq(At(at)), profiles::blocked_by_id.eq(by.0));
    diesel::update(free).set(blocked).execute(conn)?;
    Ok(())
}

/// Blocks a sender no more.
pub fn unblock(conn: &mut Conn, id: ProfileId) -> Result<(), Error> {
    let nobody =
        (profiles::blocked.eq(false), profiles::blocked_at.eq(None::<At>), profiles::blocked_by_id.eq(None::<i64>));
    diesel::update(profiles::table.find(id.0)).set(nobody).execute(conn)?;
    Ok(())
}

/// Links a profile to a contact, with its conversations that are over.
pub fn link_profile(conn: &mut Conn, id: ProfileId, contact: ContactId) -> Result<(), Error> {
    diesel::update(profiles::table.find(id.0))
        .set((profiles::contact_id.eq(contact.0), profiles::ambiguous.eq(false)))
        .execute(conn)?;
    let over = conversations::profile_id.eq(id.0).and(conversations::turn.gt(2));
    let version = conversations::version.eq(conversations::version + 1);
    diesel::update(conversations::table.filter(over))
        .set((conversations::contact_id.eq(contact.0), version))
        .execute(conn)?;
    Ok(())
}

/// The conversations of a profile that are not over, in order.
pub fn open_of_profile(conn: &mut Conn, id: ProfileId) -> Result<Vec<ConversationId>, Error> {
    let open = conversations::profile_id.eq(id.0).and(conversations::turn.le(2));
    let open = conversations::table.filter(open).order(conversations::id).select(conversations::id);
    let ids: Vec<i64> = open.load(conn)?;
    Ok(ids.into_iter().map(ConversationId).collect())
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
    let (name, organization, vip, version): (String, Option<i64>, bool, i64) = contacts::table
        .find(id.0)
        .select((contacts::name, contacts::organization_id, contacts::vip, contacts::version))
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
        emails: of("email"),
        phones: of("phone"),
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

/// One organization.
pub fn organization(conn: &mut Conn, id: OrganizationId) -> Result<Organization, Error> {
    let (name, existing, version) = organizations::table
        .find(id.0)
        .select((organizations::name, organizations::existing, organizations::version))
        .first(conn)?;
    let domains = organization_domains::table
        .filter(organization_domains::organization_id.eq(id.0))
        .order(organization_domains::domain)
        .select(organization_domains::domain)
        .load(conn)?;
    Ok(Organization { id, name, existing, domains, version })
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

fn read_profile((id, channel, identifier, contact, ambiguous, blocked): ProfileRow) -> Profile {
    let (id, channel, contact) = (ProfileId(id), ChannelId(channel), contact.map(ContactId));
    Profile { id, channel, identifier, contact, ambiguous, blocked }
}
