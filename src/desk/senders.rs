//! Who writes on a channel: a sender's profile, found or made, and the contact it belongs to.

use chrono::{DateTime, Utc};

use super::people::Match;
use super::{Done, not_before};
use crate::domain::due::Limits;
use crate::domain::{Actor, ChannelId, ContactId, OrganizationId, ProfileId, Refused};
use crate::store::people::Profile;
use crate::store::{Conn, Tx, conversations, dialect, people};

/// One sender on one channel is served by one transaction at a time: what they write, and who they are said to be.
/// Taken before any of their conversations is held.
pub(super) fn serve(conn: &mut Conn, channel: ChannelId, identifier: &str) -> Done<()> {
    Ok(dialect::lock(conn, &format!("sender:{channel}:{identifier}"))?)
}

/// The profile of a sender who is served: found, or made and matched to a contact.
pub(super) fn profile_of(
    tx: &mut Tx,
    channel: ChannelId,
    identifier: &str,
    now: DateTime<Utc>,
    limits: &Limits,
) -> Done<Profile> {
    match people::profile(tx.conn, channel, identifier)? {
        Some(profile) if profile.contact.is_some() => Ok(profile),
        Some(profile) => match_again(tx, profile, now, limits),
        None => {
            let found = Match::of(tx.conn, identifier)?;
            let (contact, ambiguous) = (found.one(), found.is_ambiguous());
            let (id, identifier) = (ProfileId(0), identifier.to_owned());
            let mut profile = Profile { id, channel, identifier, contact, ambiguous, blocked: false };
            profile.id = people::insert_profile(tx.conn, &profile, now)?;
            Ok(profile)
        }
    }
}

/// A profile without a contact is matched anew when it writes: somebody may be on record by now.
fn match_again(tx: &mut Tx, profile: Profile, now: DateTime<Utc>, limits: &Limits) -> Done<Profile> {
    match Match::of(tx.conn, &profile.identifier)?.one() {
        Some(contact) => attached(tx, Actor::System, profile.id, contact, now, limits),
        None => Ok(profile),
    }
}

/// Says who a sender is.
pub(super) fn identified(
    tx: &mut Tx,
    actor: Actor,
    profile: ProfileId,
    contact: ContactId,
    now: DateTime<Utc>,
    limits: &Limits,
) -> Done<Profile> {
    let known = people::profile_by_id(tx.conn, profile)?;
    serve(tx.conn, known.channel, &known.identifier)?;
    attached(tx, actor, profile, contact, now, limits)
}

/// Everything from this sender is the contact's. What is open hears of it, and belongs to the contact's organization
/// from now on unless somebody has said whose it is.
fn attached(
    tx: &mut Tx,
    actor: Actor,
    profile: ProfileId,
    contact: ContactId,
    now: DateTime<Utc>,
    limits: &Limits,
) -> Done<Profile> {
    let organization = organization_of(tx.conn, contact)?;
    people::link_profile(tx.conn, profile, contact)?;
    for id in people::open_of_profile(tx.conn, profile)? {
        let conversation = conversations::hold(tx, id)?;
        let at = not_before(&conversation, now);
        conversations::save(tx, conversation.linked(actor, contact, organization, at), limits)?;
    }
    Ok(people::profile_by_id(tx.conn, profile)?)
}

/// The organization of a contact, and whether we know that one.
fn organization_of(conn: &mut Conn, contact: ContactId) -> Done<Option<(OrganizationId, bool)>> {
    let known = match people::contact(conn, contact) {
        Err(crate::store::Error::NotFound) => return Err(Refused::invalid("contact", "No such contact.").into()),
        known => known?,
    };
    let Some(id) = known.organization else { return Ok(None) };
    Ok(Some((id, people::organization(conn, id)?.existing)))
}
