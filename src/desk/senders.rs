//! Who writes on a channel: a sender's profile, found or made, and the contact it belongs to.

use chrono::{DateTime, Utc};

use super::people::{Match, organization_of, settled};
use super::{Done, not_before};
use crate::domain::conversation::Whose;
use crate::domain::due::Limits;
use crate::domain::fact::FactKind;
use crate::domain::{Actor, ChannelId, ContactId, Fact, ProfileId, Refused};
use crate::store::people::{Contact, Profile};
use crate::store::{Conn, Tx, conversations, dialect, facts, people};

/// One sender on one channel is served by one transaction at a time: what they write, and who they are said to be.
/// Taken before any contact and any of their conversations is held.
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
        Some(profile) if profile.contact.is_some() || profile.said_by.is_some() => Ok(profile),
        Some(profile) => match_again(tx, profile, now, limits),
        None => {
            let found = Match::settled(tx.conn, identifier)?;
            let new = Profile {
                id: ProfileId(0),
                channel,
                identifier: identifier.to_owned(),
                contact: found.one(),
                ambiguous: found.is_ambiguous(),
                blocked: false,
                said_by: None,
                said_at: None,
                version: 1,
            };
            let id = people::insert_profile(tx.conn, &new, now)?;
            Ok(Profile { id, ..new })
        }
    }
}

/// A profile without a contact is matched anew when it writes: somebody may be on record by now.
pub(super) fn match_again(tx: &mut Tx, profile: Profile, now: DateTime<Utc>, limits: &Limits) -> Done<Profile> {
    let found = Match::settled(tx.conn, &profile.identifier)?;
    if found.one().is_some() {
        return attached(tx, Actor::System, &profile, found.one(), now, limits);
    }
    if found.is_ambiguous() != profile.ambiguous {
        people::mark_ambiguous(tx.conn, profile.id, found.is_ambiguous())?;
    }
    Ok(Profile { ambiguous: found.is_ambiguous(), ..profile })
}

/// Says who a sender is, or that it is nobody on record; under the version that was based on.
pub(super) fn identified(
    tx: &mut Tx,
    actor: Actor,
    profile: ProfileId,
    contact: Option<ContactId>,
    version: Option<i64>,
    (now, limits): (DateTime<Utc>, &Limits),
) -> Done<Profile> {
    let known = people::profile_by_id(tx.conn, profile)?;
    serve(tx.conn, known.channel, &known.identifier)?;
    let known = people::profile_by_id(tx.conn, profile)?;
    if version.is_some_and(|version| version != known.version) {
        return Err(Refused::Stale.into());
    }
    let contact = contact.map(|id| settled(tx.conn, id)).transpose()?;
    attached(tx, actor, &known, contact, now, limits)
}

/// Everything from this sender is the contact's, or nobody's. What is not archived hears of it. What is open is opened for
/// them, and belongs to their organization from now on unless somebody has said whose it is.
fn attached(
    tx: &mut Tx,
    actor: Actor,
    profile: &Profile,
    contact: Option<ContactId>,
    now: DateTime<Utc>,
    limits: &Limits,
) -> Done<Profile> {
    let whose = whose(tx.conn, profile, contact)?;
    people::link_profile(tx.conn, profile.id, contact, actor.agent().map(|by| (by, now)))?;
    for id in people::live_of_profile(tx.conn, profile.id)? {
        let conversation = conversations::hold(tx, id)?;
        let at = not_before(&conversation, now);
        conversations::save(tx, conversation.is_from(actor, &whose, at), limits)?;
    }
    for (one, what) in [(profile.contact, "unlinked"), (contact, "linked")] {
        if let Some(one) = one.filter(|_| profile.contact != contact) {
            told_of(tx, FactKind::ContactChanged, actor, now, ("contact", one.0), what)?;
        }
    }
    Ok(people::profile_by_id(tx.conn, profile.id)?)
}

fn whose(conn: &mut Conn, profile: &Profile, contact: Option<ContactId>) -> Done<Whose> {
    let card: Option<Contact> = contact.map(|id| people::contact(conn, id)).transpose()?;
    let before = organization_of(conn, profile)?;
    let organization = organization_of(conn, &Profile { contact, ..profile.clone() })?;
    let organization = organization.map(|id| people::organization(conn, id)).transpose()?;
    Ok(Whose {
        contact,
        name: card.map(|card| card.name).unwrap_or_default(),
        organization: organization.map(|one| (one.id, one.existing)),
        before,
    })
}

/// Tells every page, and the feed, that somebody on record is not as they were.
pub(super) fn told_of(
    tx: &mut Tx,
    kind: FactKind,
    actor: Actor,
    now: DateTime<Utc>,
    (subject, id): (&str, i64),
    what: &str,
) -> Done<()> {
    Ok(facts::append(tx, vec![Fact::new(kind, actor, now).with(subject, id).with("what", what)])?)
}
