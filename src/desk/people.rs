//! People who ask: who a sender is, contacts and organizations, linking by hand.

use rlibphonenumber::{NumberLengthType, PhoneNumber, PhoneNumberFormat, Region};

use super::Done;
use super::organizations::is_public_mail;
use crate::domain::custom_field::Written;
use crate::domain::{Channel, ChannelId, ContactId, OrganizationId, Refused};
pub use crate::store::people::{Contact, Organization, Profile};
use crate::store::{self, Conn, channels, people};

/// The normal form of a sender: a phone number in E.164, an e-mail address in lower case, else as it is.
pub fn identify(text: &str) -> Result<String, Refused> {
    let text = text.trim();
    // A provider's prefix (`whatsapp:`) is the channel's affair.
    let bare = text.rsplit_once(':').filter(|(_, rest)| rest.starts_with('+')).map_or(text, |(_, rest)| rest);
    let bad = || Refused::BadIdentifier(text.chars().take(80).collect());
    if bare.is_empty() || bare.chars().count() > 254 || bare.chars().any(char::is_control) {
        return Err(bad());
    }
    // The plus of East Asian keyboards is one, too.
    if bare.starts_with(['+', '＋']) {
        return phone(bare).ok_or_else(bad);
    }
    match bare.split_once('@') {
        Some((name, domain)) if plausible(name, domain) => Ok(bare.to_lowercase()),
        Some(_) => Err(bad()),
        None => Ok(bare.to_owned()),
    }
}

/// The normal form of a sender of this channel: there, a number may be written as the channel's own country does.
pub fn identify_on(channel: &Channel, text: &str) -> Result<String, Refused> {
    let country = channel.settings.country.parse().ok();
    match country.and_then(|country| national(country, text.trim())) {
        Some(number) => Ok(number),
        None => identify(text),
    }
}

/// The normal form of an address that somebody names on a channel.
pub(super) fn address_on(conn: &mut Conn, channel: ChannelId, address: &str) -> Done<String> {
    let channel = match channels::find(conn, channel) {
        Err(store::Error::NotFound) => return Err(Refused::invalid("channel", "Choose a channel.").into()),
        found => found?,
    };
    let wrong = |_| Refused::invalid("identifier", "This is no address that could write to us.");
    Ok(identify_on(&channel, address).map_err(wrong)?)
}

/// A number as its country writes it, in E.164; none where it is something else: a short code, an id, an address.
fn national(country: Region, text: &str) -> Option<String> {
    let begins = text.starts_with(|c: char| c == '(' || c.is_numeric());
    if !begins || text.contains(['@', ':', '_']) {
        return None;
    }
    let number = PhoneNumber::parse(text, Some(country)).ok()?;
    let whole = number.is_possible_with_reason().ok()? == NumberLengthType::IsPossible;
    whole.then(|| e164(&number))
}

fn e164(number: &PhoneNumber) -> String {
    number.format_as(PhoneNumberFormat::E164).into_owned()
}

/// Whether these two letters are a country with phone numbers of its own; none at all is fine too.
pub(super) fn is_country(letters: &str) -> bool {
    letters.is_empty() || letters.parse::<Region>().is_ok()
}

fn plausible(name: &str, domain: &str) -> bool {
    let clean = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace) && !part.contains('@');
    clean(name) && clean(domain) && !domain.starts_with('.') && !domain.ends_with('.')
}

/// A phone number in E.164, if it can be one.
pub fn phone(text: &str) -> Option<String> {
    let number = PhoneNumber::parse(text, None).ok()?;
    number.is_possible_with_reason().ok()?;
    Some(e164(&number))
}

/// The contacts an identifier could be.
pub(super) struct Match(Vec<ContactId>);

impl Match {
    /// Looks for contacts with this phone number or e-mail address; an opaque id matches nobody.
    pub fn of(conn: &mut Conn, identifier: &str) -> Done<Self> {
        let kind = if identifier.starts_with('+') {
            "phone"
        } else if identifier.contains('@') {
            "email"
        } else {
            return Ok(Match(Vec::new()));
        };
        Ok(Match(people::matching(conn, kind, identifier)?))
    }

    /// The same, whoever was merged by who is left; nobody merges them until this transaction ends.
    pub fn settled(conn: &mut Conn, identifier: &str) -> Done<Self> {
        let mut all = Vec::new();
        for id in Match::of(conn, identifier)?.0 {
            all.push(people::stands(conn, id)?);
        }
        all.sort();
        all.dedup();
        Ok(Match(all))
    }

    /// Exactly one: never guessed.
    pub fn one(&self) -> Option<ContactId> {
        match self.0.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// Two or more.
    pub fn is_ambiguous(&self) -> bool {
        self.0.len() > 1
    }
}

/// Who a contact is after merges; nobody merges them until this transaction ends.
pub(super) fn settled(conn: &mut Conn, id: ContactId) -> Done<ContactId> {
    match people::stands(conn, id) {
        Err(crate::store::Error::NotFound) => Err(Refused::invalid("contact", "No such contact.").into()),
        settled => Ok(settled?),
    }
}

/// The contacts an ambiguous identifier could be.
pub(super) fn candidates(conn: &mut Conn, identifier: &str) -> Done<Vec<Contact>> {
    let found = Match::of(conn, identifier)?;
    found.0.into_iter().map(|id| Ok(people::contact(conn, id)?)).collect()
}

/// The organization of a sender: the contact's, else by e-mail domain unless it is a public one.
pub(super) fn organization_of(conn: &mut Conn, profile: &Profile) -> Done<Option<OrganizationId>> {
    if let Some(contact) = profile.contact {
        let contact = people::contact(conn, contact)?;
        if contact.organization.is_some() {
            return Ok(contact.organization);
        }
    }
    match profile.identifier.split_once('@') {
        Some((_, domain)) if !is_public_mail(domain) => Ok(people::by_domain(conn, domain)?),
        _ => Ok(None),
    }
}

/// A person as a form or a program writes them.
#[derive(Debug, Clone, Default)]
pub struct NewContact {
    pub name: String,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub organization: Option<OrganizationId>,
    pub vip: bool,
    /// What stands on their badge; empty for none.
    pub badge: String,
    /// What is to be written into fields of the house's own.
    pub fields: Written,
}

pub(super) fn checked(new: &NewContact, id: ContactId, version: i64) -> Result<Contact, Refused> {
    let name = name(&new.name);
    let mail = |text: &String| match identify(text) {
        Ok(mail) if mail.contains('@') => Ok(mail),
        _ => Err(Refused::invalid("emails", format!("“{text}” is not an e-mail address."))),
    };
    let number = |text: &String| {
        phone(text).ok_or_else(|| Refused::invalid("phones", "Not a phone number. Example: +44 7700 900123."))
    };
    let emails = new.emails.iter().filter(|t| !t.trim().is_empty()).map(mail).collect::<Result<_, _>>();
    let phones = new.phones.iter().filter(|t| !t.trim().is_empty()).map(number).collect::<Result<_, _>>();
    let (name, (badge, (emails, phones))) =
        Refused::both(name, Refused::both(badge(&new.badge), Refused::both(emails, phones)))?;
    let (emails, phones) = (unique(emails), unique(phones));
    let (organization, vip) = (new.organization, new.vip);
    Ok(Contact { id, name, organization, vip, badge, emails, phones, merged_into: None, version })
}

/// What stands on a badge, as it is scanned: on one line.
fn badge(text: &str) -> Result<String, Refused> {
    let badge = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if badge.chars().count() > 60 {
        return Err(Refused::invalid("badge", "Use at most 60 characters."));
    }
    Ok(badge)
}

pub(super) fn name(text: &str) -> Result<String, Refused> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => Err(Refused::invalid("name", "Write a name.")),
        n if n > 120 => Err(Refused::invalid("name", "Use at most 120 characters.")),
        _ => Ok(name),
    }
}

pub(super) fn unique(mut all: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    all.retain(|one| seen.insert(one.clone()));
    all
}
