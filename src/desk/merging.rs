//! Two records of one person become one.

use chrono::{DateTime, Utc};

use super::assignment::save_alone;
use super::contacts::unchanged;
use super::senders::{match_again, serve, told_of};
use super::{Desk, Done, not_before};
use crate::domain::change::Log;
use crate::domain::conversation::{Conversation, Whose};
use crate::domain::due::Limits;
use crate::domain::fact::FactKind;
use crate::domain::people::OpenedFor;
use crate::domain::{Actor, Agent, ContactId, Refused};
pub use crate::store::people::Merged;
use crate::store::people::{Contact, Profile};
use crate::store::{self, Conn, Tx, contact_list, conversations, custom_fields, dialect, interactions, people};

impl Desk {
    /// Merges a contact into another: channel profiles, conversations and interactions with their notes and tags,
    /// addresses. Who was merged leads to who is left. Gives that one.
    pub fn merge_contacts(&self, by: &Agent, id: ContactId, into: ContactId, version: Option<i64>) -> Done<Contact> {
        let (by, clock, limits) = (by.id, self.clock.clone(), self.limits);
        let actor = Actor::Agent(by);
        self.db.write(move |tx| {
            let now = clock.now();
            let into = other(tx.conn, id, into)?;
            // In the order in which a message takes them: its sender, the contact, the conversation.
            let waiting = served(tx, id, into)?;
            dialect::hold_contacts(tx.conn, &[id.0, into.0]).map_err(store::Error::from)?;
            let gone = unchanged(tx.conn, id, version)?;
            let kept = unchanged(tx.conn, into, None)?;
            let merged = joined(&gone, &kept);
            let whose = whose(tx.conn, &gone, &merged)?;
            conversations_move(tx, actor, id, &whose, (now, &limits))?;
            interactions_move(tx, actor, id, into, now)?;
            people::hand_over(tx.conn, id, into)?;
            custom_fields::hand_over(tx.conn, id, into)?;
            people::mark_merged(tx.conn, id, into, by, now)?;
            people::save_contact(tx.conn, &merged)?;
            for profile in waiting {
                match_again(tx, profile, now, &limits)?;
            }
            told_of(tx, FactKind::ContactMerged, actor, now, ("contact", into.0), &gone.name)?;
            Ok(people::contact(tx.conn, into)?)
        })
    }

    /// Others who may be the same person: of the same name, or with one of the addresses.
    pub fn alike(&self, contact: &Contact) -> Done<Vec<Contact>> {
        self.db.read(|conn| {
            let mut found = contact_list::named(conn, &contact.name)?;
            for (kind, all) in [("phone", &contact.phones), ("email", &contact.emails)] {
                for address in all {
                    found.extend(people::matching(conn, kind, address)?);
                }
            }
            found.sort();
            found.dedup();
            found.retain(|id| *id != contact.id);
            found.into_iter().take(8).map(|id| Ok(people::contact(conn, id)?)).collect()
        })
    }

    /// Who was merged into a contact, latest first.
    pub fn merged_into(&self, id: ContactId) -> Done<Vec<Merged>> {
        self.db.read(|conn| Ok(people::merged_into(conn, id)?))
    }
}

/// Whom it is merged into: somebody else, who is there.
fn other(conn: &mut Conn, id: ContactId, into: ContactId) -> Done<ContactId> {
    people::contact(conn, id)?;
    match people::survivor(conn, into) {
        Err(store::Error::NotFound) => Err(Refused::invalid("into", "No such contact.").into()),
        Ok(into) if into == id => Err(Refused::invalid("into", "Choose another contact.").into()),
        into => Ok(into?),
    }
}

/// Everybody who writes as one of the two, or could be either, is served here and nowhere else. Gives those of whom it
/// may be plain by now who they are.
fn served(tx: &mut Tx, id: ContactId, into: ContactId) -> Done<Vec<Profile>> {
    let addresses = people::contact(tx.conn, id)?.addresses();
    let waiting = people::unclaimed(tx.conn, &addresses)?;
    let mut all = people::profiles_of(tx.conn, id)?;
    all.extend(people::profiles_of(tx.conn, into)?);
    all.extend(waiting.iter().cloned());
    all.sort_by(|a, b| (&a.identifier, a.channel.0).cmp(&(&b.identifier, b.channel.0)));
    for profile in all {
        serve(tx.conn, profile.channel, &profile.identifier)?;
    }
    Ok(people::unclaimed(tx.conn, &addresses)?)
}

/// The card of who is left.
fn joined(gone: &Contact, kept: &Contact) -> Contact {
    let both = |one: &[String], other: &[String]| {
        let mut all = one.to_vec();
        all.extend(other.iter().filter(|address| !one.contains(address)).cloned());
        all
    };
    Contact {
        emails: both(&kept.emails, &gone.emails),
        phones: both(&kept.phones, &gone.phones),
        organization: kept.organization.or(gone.organization),
        vip: kept.vip || gone.vip,
        badge: if kept.badge.is_empty() { gone.badge.clone() } else { kept.badge.clone() },
        ..kept.clone()
    }
}

fn whose(conn: &mut Conn, gone: &Contact, merged: &Contact) -> Done<Whose> {
    let organization = merged.organization.map(|id| people::organization(conn, id)).transpose()?;
    Ok(Whose {
        contact: Some(merged.id),
        name: merged.name.clone(),
        organization: organization.map(|one| (one.id, one.existing)),
        before: gone.organization,
    })
}

/// What is not archived hears of it; the rest is handed over in silence.
fn conversations_move(
    tx: &mut Tx,
    actor: Actor,
    from: ContactId,
    whose: &Whose,
    (now, limits): (DateTime<Utc>, &Limits),
) -> Done<()> {
    let about = people::conversations_about(tx.conn, from)?;
    for id in &about {
        dialect::lock_conversation(tx.conn, id.0).map_err(store::Error::from)?;
    }
    for id in people::not_archived(tx.conn, &about)? {
        let conversation = conversations::find(tx.conn, id)?;
        if concerns(&conversation, from) {
            let at = not_before(&conversation, now);
            conversations::save(tx, conversation.person_merged(actor, from, whose, at), limits)?;
        }
    }
    Ok(())
}

fn concerns(conversation: &Conversation, from: ContactId) -> bool {
    conversation.contact == Some(from) || conversation.interaction.opened_for == OpenedFor::Contact(from)
}

fn interactions_move(tx: &mut Tx, actor: Actor, from: ContactId, to: ContactId, now: DateTime<Utc>) -> Done<()> {
    for id in people::open_alone(tx.conn, from)? {
        dialect::lock_interaction(tx.conn, id.0).map_err(store::Error::from)?;
        let mut interaction = interactions::find(tx.conn, id)?;
        let mut log = Log::new(actor, now.max(interaction.state_since));
        let fact = log.fact(FactKind::InteractionChanged).change(Some(&from.to_string()), Some(&to.to_string()));
        log.push(fact.with("field", "opened_for"));
        interaction.opened_for = OpenedFor::Contact(to);
        save_alone(tx, interaction, log)?;
    }
    Ok(())
}
