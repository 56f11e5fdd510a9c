//! People as pages list them, keep them, and tell who an interaction is about.

use super::assignment::{hold, save_alone};
use super::people::{NewContact, NewOrganization, checked, checked_organization, identify};
use super::senders::identified;
use super::{Desk, Done, Error, seen_interaction};
use crate::domain::change::Log;
use crate::domain::fact::FactKind;
use crate::domain::folded::folded;
use crate::domain::interaction::Interaction;
use crate::domain::people::OpenedFor;
use crate::domain::row::Row;
use crate::domain::{Actor, Agent, ContactId, InteractionId, OrganizationId, Refused};
use crate::store::contact_list;
pub use crate::store::contact_list::{Listed, Sought};
use crate::store::people::{Contact, Organization};
use crate::store::{Tx, dialect, inbox, people};

/// A page of people.
#[derive(Debug, Clone, Default)]
pub struct People {
    pub listed: Vec<Listed>,
    /// Where the next page begins.
    pub next: Option<(String, ContactId)>,
}

/// An organization with its people and what is open for it.
#[derive(Debug, Clone)]
pub struct OpenedOrganization {
    pub organization: Organization,
    pub people: Vec<Listed>,
    pub open: Vec<Row>,
}

/// A person as the form of a contact writes them; the organization by name.
#[derive(Debug, Clone, Default)]
pub struct Card {
    pub name: String,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    /// One that is not known yet is made; empty for none.
    pub organization: String,
}

/// Whom an interaction is about.
#[derive(Debug, Clone)]
pub enum Whom {
    Known(ContactId),
    /// By name, e-mail address or phone number; exactly one must answer to it.
    Called(String),
    /// Nobody on record yet: a name.
    New(String),
}

/// People shown at once.
const PEOPLE: i64 = 50;

impl Desk {
    /// People by name, as many as a page shows.
    pub fn people(&self, mut sought: Sought) -> Done<People> {
        sought.words = sought.words.filter(|words| !words.trim().is_empty());
        self.db.read(|conn| {
            let mut listed = contact_list::people(conn, &sought, PEOPLE + 1)?;
            let more = listed.len() > usize::try_from(PEOPLE).unwrap_or(usize::MAX);
            listed.truncate(usize::try_from(PEOPLE).unwrap_or(usize::MAX));
            let next = listed.last().filter(|_| more).map(|last| (last.name.clone(), last.id));
            Ok(People { listed, next })
        })
    }

    /// One person.
    pub fn contact(&self, id: ContactId) -> Done<Contact> {
        self.db.read(|conn| Ok(people::contact(conn, id)?))
    }

    /// What each of these interactions calls its person (a name, a guest's name, an address), and what its conversation
    /// is called, where there is one.
    pub fn names_of(&self, interactions: &[Interaction]) -> Done<Vec<(String, String)>> {
        self.db.read(|conn| {
            let ids: Vec<i64> = interactions.iter().filter_map(|one| one.conversation).map(|id| id.0).collect();
            let rows = inbox::rows(conn, &ids)?;
            let names = |one: &Interaction| {
                let row = rows.iter().find(|row| Some(row.id) == one.conversation);
                let title = row.map(|row| row.title.clone()).unwrap_or_default();
                let who = match (&one.opened_for, row) {
                    (OpenedFor::Contact(id), _) => people::contact(conn, *id)?.name,
                    (OpenedFor::Guest(name), _) => name.clone(),
                    (OpenedFor::Nobody, Some(row)) => row.who.clone(),
                    (OpenedFor::Nobody, None) => "Nobody on record".to_owned(),
                };
                Ok((who, title))
            };
            interactions.iter().map(names).collect()
        })
    }

    /// Names of organizations, for choosing.
    pub fn organization_names(&self) -> Done<Vec<String>> {
        self.db.read(|conn| Ok(contact_list::organization_names(conn, 200)?))
    }

    /// An organization as its page shows it.
    pub fn open_organization(&self, by: &Agent, id: OrganizationId) -> Done<OpenedOrganization> {
        let eyes = self.eyes(by)?;
        self.db.read(|conn| {
            let organization = people::organization(conn, id)?;
            let sought = Sought { organization: Some(id), ..Sought::default() };
            let filter = inbox::Filter { organization: Some(id), ..inbox::Filter::default() };
            let open = inbox::page(conn, &filter, &eyes, None, PEOPLE)?;
            Ok(OpenedOrganization { organization, people: contact_list::people(conn, &sought, PEOPLE)?, open })
        })
    }

    /// Adds a person, or writes one anew under the version the edit was based on.
    pub fn save_card(&self, id: Option<ContactId>, card: Card, version: Option<i64>) -> Done<Contact> {
        let (clock, id) = (self.clock.clone(), id);
        self.db.write(move |tx| {
            let known = id.map(|id| people::contact(tx.conn, id)).transpose()?;
            if known.as_ref().is_some_and(|known| version.is_some_and(|version| version != known.version)) {
                return Err(Refused::Stale.into());
            }
            let mut contact = written(&card, known.as_ref())?;
            contact.organization = organization(tx, &card.organization, clock.now())?;
            let id = match &known {
                Some(known) => {
                    people::save_contact(tx.conn, &contact)?;
                    known.id
                }
                None => people::insert_contact(tx.conn, &contact, clock.now())?,
            };
            Ok::<_, Error>(people::contact(tx.conn, id)?)
        })
    }

    /// Says whom an interaction is about: everything from its address is theirs from now on.
    pub fn identify(&self, by: &Agent, id: InteractionId, whom: Whom) -> Done<ContactId> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let now = clock.now();
            let interaction = seen_interaction(tx.conn, &by, id)?;
            let profile = interaction.profile.map(|id| people::profile_by_id(tx.conn, id)).transpose()?;
            let address = profile.as_ref().map(|profile| profile.identifier.as_str());
            let contact = match &whom {
                Whom::Known(contact) => *contact,
                Whom::Called(words) => called(tx, words)?,
                Whom::New(name) => {
                    let contact = written(&Card { name: name.clone(), ..reached_at(address) }, None)?;
                    people::insert_contact(tx.conn, &contact, now)?
                }
            };
            if let Some(profile) = profile {
                identified(tx, Actor::Agent(by.id), profile.id, contact, now, &limits)?;
                return Ok(contact);
            }
            people::contact(tx.conn, contact).map_err(|_| Refused::invalid("contact", "No such contact."))?;
            let (_, mut interaction) = hold(tx, &by, id)?;
            if interaction.state.is_closed() && !by.role.leads() {
                return Err(Refused::Forbidden("This interaction is closed. A manager can correct it.").into());
            }
            let mut log = Log::new(Actor::Agent(by.id), now.max(interaction.state_since));
            let fact = log.fact(FactKind::InteractionChanged).change(None, Some(&contact.to_string()));
            log.push(fact.with("field", "opened_for"));
            interaction.opened_for = OpenedFor::Contact(contact);
            save_alone(tx, interaction, log)?;
            Ok(contact)
        })
    }
}

fn written(card: &Card, known: Option<&Contact>) -> Result<Contact, Refused> {
    let new = NewContact {
        name: card.name.clone(),
        emails: card.emails.clone(),
        phones: card.phones.clone(),
        organization: None,
        vip: known.is_some_and(|known| known.vip),
    };
    checked(new, known.map_or(ContactId(0), |known| known.id), known.map_or(0, |known| known.version))
}

/// A new person is reached where they wrote from.
fn reached_at(address: Option<&str>) -> Card {
    let mut card = Card::default();
    match address {
        Some(address) if address.starts_with('+') => card.phones.push(address.to_owned()),
        Some(address) if address.contains('@') => card.emails.push(address.to_owned()),
        Some(_) | None => {}
    }
    card
}

fn organization(tx: &mut Tx, name: &str, now: chrono::DateTime<chrono::Utc>) -> Done<Option<OrganizationId>> {
    if name.trim().is_empty() {
        return Ok(None);
    }
    // Two who name a new one at once mean the same.
    dialect::lock(tx.conn, &format!("organization:{}", folded(name.trim())))?;
    if let Some(known) = contact_list::organization_named(tx.conn, name)? {
        return Ok(Some(known));
    }
    let new = NewOrganization { name: name.to_owned(), ..NewOrganization::default() };
    let new = checked_organization(new, OrganizationId(0)).map_err(|refused| match refused {
        Refused::Invalid { message, .. } => Refused::invalid("organization", message),
        refused => refused,
    })?;
    Ok(Some(people::insert_organization(tx.conn, &new, now)?))
}

/// The one person who answers to a name or an address.
fn called(tx: &mut Tx, words: &str) -> Done<ContactId> {
    let mut found = contact_list::named(tx.conn, words)?;
    if let Ok(address) = identify(words) {
        found.extend(super::people::candidates(tx.conn, &address)?.into_iter().map(|contact| contact.id));
    }
    found.sort();
    found.dedup();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Refused::invalid("called", "Nobody on record has this name or address.").into()),
        _ => {
            Err(Refused::invalid("called", "Several people have this name. Write an e-mail address or a number.")
                .into())
        }
    }
}
