//! Organizations: their domains, who gets what their people begin, and whether we know them.

use super::contacts::People;
use super::custom_fields::Of;
use super::error::both;
use super::people::{name, unique};
use super::senders::told_of;
use super::{Desk, Done, Error, custom_fields, not_before};
use crate::domain::custom_field::{Subject, Written};
use crate::domain::fact::FactKind;
use crate::domain::row::Row;
use crate::domain::{Agent, AgentId, ConversationId, FieldId, OrganizationId, Refused, Stage};
pub use crate::store::contact_list::ListedOrganization;
use crate::store::contact_list::{self, Sought};
pub use crate::store::people::Organization;
use crate::store::{self, Conn, agents, conversations, inbox, people};

/// Mail domains of which everybody may have an address: they say nothing about an organization. One to a line, in order.
const PUBLIC_MAIL: &str = include_str!("public_mail.txt");
/// Conversations whose rank is computed anew at once, and those a page shows.
const AT_ONCE: i64 = 500;
const SHOWN: i64 = 50;

/// An organization as a form or a program writes it.
#[derive(Debug, Clone, Default)]
pub struct NewOrganization {
    pub name: String,
    pub domains: Vec<String>,
    pub existing: bool,
    /// The e-mail address of an agent; empty for nobody, None for who it is already.
    pub default_owner: Option<String>,
    /// What is to be written into fields of the house's own.
    pub fields: Written,
}

/// An organization with its people and its conversations.
#[derive(Debug, Clone)]
pub struct OpenedOrganization {
    pub organization: Organization,
    pub people: People,
    pub open: Vec<Row>,
    /// The latest that are over.
    pub closed: Vec<Row>,
}

/// Whether everybody may have an address there.
pub(super) fn is_public_mail(domain: &str) -> bool {
    PUBLIC_MAIL.lines().any(|known| known == domain)
}

/// Where a list by name goes on: after this one.
pub type Shelf = (String, OrganizationId);

impl Desk {
    /// Adds an organization.
    pub fn add_organization(&self, new: NewOrganization) -> Done<Organization> {
        let organization = checked(&new, OrganizationId(0))?;
        let (by, clock) = (self.actor(), self.clock.clone());
        self.db.write(move |tx| {
            let owner = both_known(tx.conn, &organization, new.default_owner.as_deref(), None);
            let ((_, default_owner), fields) = both(owner, fields_of(tx.conn, &new))?;
            let organization = Organization { default_owner, ..organization.clone() };
            let id = people::insert_organization(tx.conn, &organization, clock.now()).map_err(domain_taken)?;
            custom_fields::write(tx.conn, Of::Organization(id), &fields)?;
            told_of(tx, FactKind::OrganizationChanged, by, clock.now(), ("organization", id.0), "added")?;
            Ok(people::organization(tx.conn, id)?)
        })
    }

    /// Writes an organization anew. Whether we know it decides the rank of what is open for it.
    pub fn change_organization(
        &self,
        id: OrganizationId,
        new: NewOrganization,
        version: Option<i64>,
    ) -> Done<Organization> {
        let organization = checked(&new, id)?;
        let (by, clock) = (self.actor(), self.clock.clone());
        let (before, after) = self.db.write(move |tx| {
            let known = people::organization(tx.conn, id)?;
            if version.is_some_and(|version| version != known.version) {
                return Err(Error::from(Refused::Stale));
            }
            let owner = new.default_owner.as_deref();
            let owner = both_known(tx.conn, &organization, owner, known.default_owner);
            let ((_, default_owner), fields) = both(owner, fields_of(tx.conn, &new))?;
            let changed = Organization { version: known.version, default_owner, ..organization.clone() };
            people::save_organization(tx.conn, &changed).map_err(domain_taken)?;
            custom_fields::write(tx.conn, Of::Organization(id), &fields)?;
            told_of(tx, FactKind::OrganizationChanged, by, clock.now(), ("organization", id.0), "changed")?;
            Ok((known, people::organization(tx.conn, id)?))
        })?;
        if before.existing != after.existing {
            self.rank_anew(id)?;
        }
        Ok(after)
    }

    /// An organization is known from now on, or is not: its open conversations get the rank of that, and lists hear of it.
    /// What this does not reach, because it ends before, gets it with its next change.
    pub(super) fn rank_anew(&self, organization: OrganizationId) -> Done<()> {
        let mut last = ConversationId(0);
        loop {
            let open = self.db.read(|conn| conversations::open_of(conn, organization, last, AT_ONCE))?;
            let Some(end) = open.last() else { return Ok(()) };
            last = *end;
            for id in open {
                let (clock, limits) = (self.clock.clone(), self.limits);
                self.db.write(move |tx| {
                    let conversation = conversations::hold(tx, id)?;
                    let at = not_before(&conversation, clock.now());
                    let ranked = conversation.reranked(limits.priority_guard, at);
                    conversations::save(tx, ranked, &limits).map_err(Error::from)
                })?;
            }
        }
    }

    /// Organizations by name, as many as a page shows, and where the next page begins.
    pub fn organization_list(
        &self,
        words: &str,
        after: Option<Shelf>,
    ) -> Done<(Vec<ListedOrganization>, Option<Shelf>)> {
        self.db.read(|conn| {
            let words = Some(words.trim()).filter(|words| !words.is_empty());
            let mut listed = contact_list::organizations(conn, words, after.as_ref(), SHOWN + 1)?;
            let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
            let more = listed.len() > shown;
            listed.truncate(shown);
            let next = listed.last().filter(|_| more).map(|last| (last.name.clone(), last.id));
            Ok((listed, next))
        })
    }

    /// An organization as its page shows it; its people after one of them.
    pub fn open_organization(&self, by: &Agent, id: OrganizationId, sought: Sought) -> Done<OpenedOrganization> {
        let eyes = self.eyes(by)?;
        let organization = self.db.read(|conn| Ok::<_, Error>(people::organization(conn, id)?))?;
        let people = self.people(Sought { organization: Some(id), ..sought })?;
        self.db.read(|conn| {
            let filter = inbox::Filter { organization: Some(id), ..inbox::Filter::default() };
            let over = inbox::Filter { stages: vec![Stage::Resolved, Stage::Archived], ..filter.clone() };
            let open = inbox::page(conn, &filter, &eyes, None, SHOWN)?;
            let closed = inbox::page(conn, &over, &eyes, None, 20)?;
            Ok(OpenedOrganization { organization, people, open, closed })
        })
    }
}

/// An organization whose fields can be what they say, each by itself.
pub(super) fn checked(new: &NewOrganization, id: OrganizationId) -> Result<Organization, Refused> {
    let (name, domains) = Refused::both(name(&new.name), domains(&new.domains))?;
    Ok(Organization { id, name, existing: new.existing, domains, default_owner: None, version: 0 })
}

fn domains(typed: &[String]) -> Result<Vec<String>, Refused> {
    let plain = |text: &String| text.trim().trim_start_matches('@').to_lowercase();
    let domains: Vec<String> = typed.iter().map(plain).filter(|domain| !domain.is_empty()).collect();
    if let Some(wrong) = domains.iter().find(|domain| !is_domain(domain)) {
        let wrong: String = wrong.chars().take(80).collect();
        return Err(Refused::invalid("domains", format!("“{wrong}” is not a domain, as in example.com.")));
    }
    if let Some(free) = domains.iter().find(|domain| is_public_mail(domain)) {
        let sentence = format!("Everybody can have an address at {free}. Leave it out.");
        return Err(Refused::invalid("domains", sentence));
    }
    Ok(unique(domains))
}

/// Whether mail could go there: labels of letters, digits and hyphens, two at least. Letters of every script.
fn is_domain(text: &str) -> bool {
    let written = |c: char| match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || c == '-',
        false => !c.is_whitespace() && !c.is_control(),
    };
    let plain = |label: &str| {
        label.chars().all(written)
            && !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(plain)
}

/// The domains are nobody else's, and the owner works here.
fn both_known(
    conn: &mut Conn,
    organization: &Organization,
    owner: Option<&str>,
    before: Option<AgentId>,
) -> Done<((), Option<AgentId>)> {
    let domains = free(conn, organization);
    let owner = match owner.map(str::trim) {
        None => Ok(before),
        Some("") => Ok(None),
        Some(email) => match agents::by_email(conn, email) {
            Err(store::Error::NotFound) => Err(Refused::invalid("default_owner", "No such agent.").into()),
            agent => agent.map(|agent| Some(agent.id)).map_err(Error::from),
        },
    };
    both(domains, owner)
}

fn fields_of(conn: &mut Conn, new: &NewOrganization) -> Done<Vec<(FieldId, Option<String>)>> {
    custom_fields::read(conn, Subject::Organization, &new.fields)
}

fn free(conn: &mut Conn, organization: &Organization) -> Done<()> {
    for domain in &organization.domains {
        if let Some(other) = people::by_domain(conn, domain)?.filter(|other| *other != organization.id) {
            let name = people::organization(conn, other)?.name;
            return Err(Refused::invalid("domains", format!("{domain} belongs to {name} already.")).into());
        }
    }
    Ok(())
}

/// An organization that an answer or a form names.
pub(super) fn known(conn: &mut Conn, id: Option<OrganizationId>) -> Done<()> {
    match id.map(|id| people::organization(conn, id)) {
        Some(Err(store::Error::NotFound)) => Err(Refused::invalid("organization", "No such organization.").into()),
        Some(Err(error)) => Err(error.into()),
        Some(Ok(_)) | None => Ok(()),
    }
}

/// Two wrote the same domain at once.
fn domain_taken(error: store::Error) -> Error {
    if error.is_unique_violation() {
        return Refused::invalid("domains", "Another organization has one of these domains.").into();
    }
    error.into()
}
