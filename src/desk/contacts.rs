//! People as pages list them, keep them, and tell who an interaction is about.

use chrono::{DateTime, Utc};

use super::assignment::{hold, save_alone};
use super::error::both;
use super::organizations::{NewOrganization, checked as checked_organization, known as known_organization};
use super::people::{NewContact, checked, identify, settled};
use super::senders::{identified, match_again, serve, told_of};
use super::{Desk, Done, Error, custom_fields, not_before, seen_interaction};
use crate::domain::change::Log;
use crate::domain::custom_field::{Subject, Written};
use crate::domain::due::Limits;
use crate::domain::fact::FactKind;
use crate::domain::folded::folded;
use crate::domain::interaction::Interaction;
use crate::domain::people::OpenedFor;
use crate::domain::{Actor, Agent, ContactId, FieldId, InteractionId, OrganizationId, Refused};
use crate::store::contact_list;
pub use crate::store::contact_list::{Listed, Sought};
use crate::store::people::{Contact, Profile};
use crate::store::{Conn, Tx, conversations, dialect, inbox, people};

/// A page of people.
#[derive(Debug, Clone, Default)]
pub struct People {
    pub listed: Vec<Listed>,
    /// Where the next page begins.
    pub next: Option<(String, ContactId)>,
}

/// A person as the form of a contact writes them; the organization by name.
#[derive(Debug, Clone, Default)]
pub struct Card {
    pub name: String,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    /// What stands on their badge.
    pub badge: String,
    /// One that is not known yet is made; empty for none.
    pub organization: String,
    /// What is to be written into fields of the house's own.
    pub fields: Written,
}

/// Whom an interaction is about.
#[derive(Debug, Clone)]
pub enum Whom {
    Known(ContactId),
    /// By name, e-mail address or phone number; exactly one must answer to it.
    Called(String),
    /// Nobody on record yet: a name.
    New(String),
    /// Nobody on record, and nobody is to be guessed.
    Nobody,
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

    /// One person; of somebody who was merged, who is left.
    pub fn contact(&self, id: ContactId) -> Done<Contact> {
        self.db.read(|conn| {
            let id = people::survivor(conn, id)?;
            Ok(people::contact(conn, id)?)
        })
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

    /// Adds a person.
    pub fn add_contact(&self, new: NewContact) -> Done<Contact> {
        let contact = checked(&new, ContactId(0), 0)?;
        let (by, clock, limits) = (self.actor(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            known_organization(tx.conn, contact.organization)?;
            let fields = custom_fields::read(tx.conn, Subject::Contact, &new.fields)?;
            on_record(tx, None, (&contact, &fields), by, (clock.now(), &limits))
        })
    }

    /// Writes a person anew, under the version the edit was based on.
    pub fn change_contact(&self, id: ContactId, new: NewContact, version: Option<i64>) -> Done<Contact> {
        let contact = checked(&new, id, 0)?;
        let (by, clock, limits) = (self.actor(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let known = unchanged(tx.conn, id, version)?;
            known_organization(tx.conn, contact.organization)?;
            let contact = Contact { version: known.version, ..contact.clone() };
            let fields = custom_fields::read(tx.conn, Subject::Contact, &new.fields)?;
            on_record(tx, Some(&known), (&contact, &fields), by, (clock.now(), &limits))
        })
    }

    /// Adds a person, or writes one anew under the version the edit was based on.
    pub fn save_card(&self, id: Option<ContactId>, card: Card, version: Option<i64>) -> Done<Contact> {
        let (by, clock, limits) = (self.actor(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let known = id.map(|id| unchanged(tx.conn, id, version)).transpose()?;
            let contact = written(&card, known.as_ref()).map_err(Error::from);
            let (mut contact, fields) = both(contact, custom_fields::read(tx.conn, Subject::Contact, &card.fields))?;
            contact.organization = organization(tx, &card.organization, clock.now())?;
            on_record(tx, known.as_ref(), (&contact, &fields), by, (clock.now(), &limits))
        })
    }

    /// Says whom an interaction is about: everything from its address is theirs from now on. `version` is that of the
    /// channel profile that was looked at. Gives who it is.
    pub fn identify(&self, by: &Agent, id: InteractionId, whom: Whom, version: Option<i64>) -> Done<Option<ContactId>> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let now = clock.now();
            let interaction = seen_interaction(tx.conn, &by, id)?;
            if let Some(profile) = interaction.profile {
                let profile = people::profile_by_id(tx.conn, profile)?;
                return Ok(said(tx, &by, &profile, &whom, version, (now, &limits))?.contact);
            }
            let contact = meant(tx, &whom, None, now)?.map(|id| settled(tx.conn, id)).transpose()?;
            let (_, mut interaction) = hold(tx, &by, id)?;
            if interaction.state.is_closed() && !by.role.leads() {
                return Err(Refused::Forbidden("This interaction is closed. A manager can correct it.").into());
            }
            let mut log = Log::new(Actor::Agent(by.id), now.max(interaction.state_since));
            let to = contact.map(|id| id.to_string());
            let fact = log.fact(FactKind::InteractionChanged).change(None, to.as_deref());
            log.push(fact.with("field", "opened_for"));
            interaction.opened_for = contact.map_or(OpenedFor::Nobody, OpenedFor::Contact);
            save_alone(tx, interaction, log)?;
            Ok(contact)
        })
    }
}

/// Says whose a channel profile is.
pub(super) fn said(
    tx: &mut Tx,
    by: &Agent,
    profile: &Profile,
    whom: &Whom,
    version: Option<i64>,
    (now, limits): (DateTime<Utc>, &Limits),
) -> Done<Profile> {
    let already = match whom {
        Whom::Known(contact) => profile.contact == Some(*contact),
        Whom::Nobody => profile.is_nobodys(),
        Whom::Called(_) | Whom::New(_) => false,
    };
    match version.is_some_and(|version| version != profile.version) {
        // Sent twice.
        true if already => return Ok(profile.clone()),
        true => return Err(Refused::Stale.into()),
        false => {}
    }
    let contact = meant(tx, whom, Some(&profile.identifier), now)?;
    identified(tx, Actor::Agent(by.id), profile.id, contact, version, (now, limits))
}

/// The person who is meant; a new one is reached where they wrote from.
fn meant(tx: &mut Tx, whom: &Whom, address: Option<&str>, now: DateTime<Utc>) -> Done<Option<ContactId>> {
    Ok(match whom {
        Whom::Known(contact) => Some(*contact),
        Whom::Called(words) => Some(called(tx, words)?),
        Whom::New(name) => {
            let contact = written(&Card { name: name.clone(), ..reached_at(address) }, None)?;
            Some(people::insert_contact(tx.conn, &contact, now)?)
        }
        Whom::Nobody => None,
    })
}

/// A person as they are known, if the edit was based on that.
pub(super) fn unchanged(conn: &mut Conn, id: ContactId, version: Option<i64>) -> Done<Contact> {
    let known = people::contact(conn, id)?;
    if known.merged_into.is_some() || version.is_some_and(|version| version != known.version) {
        return Err(Refused::Stale.into());
    }
    Ok(known)
}

/// Writes a person down: another name is told wherever it stands. Who wrote from one of their addresses and was nobody on record is matched at once.
fn on_record(
    tx: &mut Tx,
    known: Option<&Contact>,
    (contact, fields): (&Contact, &[(FieldId, Option<String>)]),
    by: Actor,
    (now, limits): (DateTime<Utc>, &Limits),
) -> Done<Contact> {
    let addresses: Vec<String> = known.into_iter().chain([contact]).flat_map(Contact::addresses).collect();
    let waiting = people::unclaimed(tx.conn, &addresses)?;
    for profile in &waiting {
        serve(tx.conn, profile.channel, &profile.identifier)?;
    }
    let id = match known {
        Some(known) => {
            people::save_contact(tx.conn, contact)?;
            known.id
        }
        None => people::insert_contact(tx.conn, contact, now)?,
    };
    custom_fields::write(tx.conn, custom_fields::Of::Contact(id), fields)?;
    if let Some(known) = known.filter(|known| known.name != contact.name) {
        for id in people::latest_about(tx.conn, known.id)? {
            let conversation = conversations::hold(tx, id)?;
            let at = not_before(&conversation, now);
            conversations::save(tx, conversation.person_renamed(by, &known.name, &contact.name, at), limits)?;
        }
    }
    for profile in waiting {
        let profile = people::profile_by_id(tx.conn, profile.id)?;
        match_again(tx, profile, now, limits)?;
    }
    told_of(
        tx,
        FactKind::ContactChanged,
        by,
        now,
        ("contact", id.0),
        if known.is_some() { "changed" } else { "added" },
    )?;
    Ok(people::contact(tx.conn, id)?)
}

fn written(card: &Card, known: Option<&Contact>) -> Result<Contact, Refused> {
    let new = NewContact {
        name: card.name.clone(),
        emails: card.emails.clone(),
        phones: card.phones.clone(),
        organization: None,
        vip: known.is_some_and(|known| known.vip),
        badge: card.badge.clone(),
        fields: Written::new(),
    };
    checked(&new, known.map_or(ContactId(0), |known| known.id), known.map_or(0, |known| known.version))
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

fn organization(tx: &mut Tx, name: &str, now: DateTime<Utc>) -> Done<Option<OrganizationId>> {
    if name.trim().is_empty() {
        return Ok(None);
    }
    // Two who name a new one at once mean the same.
    dialect::lock(tx.conn, &format!("organization:{}", folded(name.trim())))?;
    if let Some(known) = contact_list::organization_named(tx.conn, name)? {
        return Ok(Some(known));
    }
    let new = NewOrganization { name: name.to_owned(), ..NewOrganization::default() };
    let new = checked_organization(&new, OrganizationId(0)).map_err(|refused| match refused {
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
