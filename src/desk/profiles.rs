//! Channel profiles, linked to a contact and unlinked by hand. What was said by hand is not guessed again.

use super::contacts::{Whom, said};
use super::people::{address_on, candidates};
use super::senders::{profile_of, serve};
use super::{Desk, Done};
use crate::domain::{Agent, ChannelId, ContactId, ProfileId, Refused};
pub use crate::store::people::{Contact, Profile};
use crate::store::{Conn, eyes, people};

/// Whose profiles a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Of {
    #[default]
    Anybody,
    Contact(ContactId),
    /// Nobody on record.
    Nobody,
}

impl Desk {
    /// A channel profile with those it could be, where several have its address.
    pub fn channel_profile(&self, by: &Agent, id: ProfileId) -> Done<(Profile, Vec<Contact>)> {
        self.db.read(|conn| {
            let profile = seen(conn, by, id)?;
            let candidates = if profile.ambiguous { candidates(conn, &profile.identifier)? } else { Vec::new() };
            Ok((profile, candidates))
        })
    }

    /// A page of channel profiles by id, as far as this agent sees what they wrote.
    pub fn channel_profiles(&self, by: &Agent, of: Of, after: ProfileId, limit: i64) -> Done<Vec<Profile>> {
        let contact = match of {
            Of::Anybody => None,
            Of::Contact(contact) => Some(Some(contact)),
            Of::Nobody => Some(None),
        };
        self.db.read(|conn| {
            let eyes = eyes::of(conn, Some(by))?;
            let contact = match contact {
                Some(Some(contact)) => Some(Some(people::survivor(conn, contact)?)),
                contact => contact,
            };
            Ok(people::profiles_page(conn, contact, &eyes, after, limit)?)
        })
    }

    /// Says whose a channel profile is, or that it is nobody's on record.
    pub fn link_profile(&self, by: &Agent, id: ProfileId, whom: Whom, version: Option<i64>) -> Done<Profile> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let profile = seen(tx.conn, &by, id)?;
            said(tx, &by, &profile, &whom, version, (clock.now(), &limits))
        })
    }

    /// Says that an address on a channel is this contact's, whether it ever wrote or not. What is somebody else's is
    /// unlinked there first.
    pub fn link_address(&self, by: &Agent, contact: ContactId, channel: ChannelId, address: &str) -> Done<Profile> {
        let address = address.to_owned();
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let identifier = address_on(tx.conn, channel, &address)?;
            let contact = people::survivor(tx.conn, contact)?;
            serve(tx.conn, channel, &identifier)?;
            let known = people::profile(tx.conn, channel, &identifier)?;
            if let Some(known) = &known {
                seen(tx.conn, &by, known.id).map_err(|error| match error {
                    super::Error::NotFound => {
                        Refused::invalid("identifier", "This address cannot be linked by you.").into()
                    }
                    error => error,
                })?;
            }
            let before = known.and_then(|profile| profile.contact);
            if let Some(other) = before.filter(|other| *other != contact) {
                let name = people::contact(tx.conn, other)?.name;
                return Err(Refused::invalid("identifier", format!("This is {name}’s. Unlink it there first.")).into());
            }
            let profile = profile_of(tx, channel, &identifier, clock.now(), &limits)?;
            said(tx, &by, &profile, &Whom::Known(contact), None, (clock.now(), &limits))
        })
    }
}

/// A profile, if it is there for this agent.
fn seen(conn: &mut Conn, by: &Agent, id: ProfileId) -> Done<Profile> {
    let eyes = eyes::of(conn, Some(by))?;
    Ok(people::seen_profile(conn, &eyes, id)?)
}
