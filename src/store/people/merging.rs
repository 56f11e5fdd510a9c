//! Two records of one person become one. Who was merged keeps the name and leads to who is left.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::{AgentId, ContactId, ConversationId, InteractionId};
use crate::store::schema::{contact_identifiers, contacts, conversations, interactions, profiles};
use crate::store::{At, Conn, Error, dialect};

/// Somebody who was merged into somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    pub id: ContactId,
    pub name: String,
    pub at: DateTime<Utc>,
    pub by: Option<AgentId>,
}

/// Who a contact is now, after merges.
pub fn survivor(conn: &mut Conn, id: ContactId) -> Result<ContactId, Error> {
    let merged: Option<i64> = contacts::table.find(id.0).select(contacts::merged_into_id).first(conn)?;
    Ok(merged.map_or(id, ContactId))
}

/// Who a contact is now; nobody merges them until this transaction ends.
pub fn stands(conn: &mut Conn, id: ContactId) -> Result<ContactId, Error> {
    match dialect::lock_contact(conn, id.0)? {
        None => Ok(id),
        // Whoever was merged leads to who is left, never to who was merged too; but that one may be merged just now.
        Some(other) => Ok(ContactId(dialect::lock_contact(conn, other)?.unwrap_or(other))),
    }
}

/// The conversations that are about a contact, or hold an interaction that is, by number.
pub fn conversations_about(conn: &mut Conn, id: ContactId) -> Result<Vec<ConversationId>, Error> {
    let own = conversations::table.filter(conversations::contact_id.eq(id.0)).select(conversations::id);
    let mut all: Vec<i64> = own.load(conn)?;
    let opened = interactions::opened_for_id.eq(id.0).and(interactions::conversation_id.is_not_null());
    let of = interactions::table.filter(opened).select(interactions::conversation_id.assume_not_null());
    all.extend(of.load::<i64>(conn)?);
    all.sort_unstable();
    all.dedup();
    Ok(all.into_iter().map(ConversationId).collect())
}

/// Those of them that are not archived, by number.
pub fn not_archived(conn: &mut Conn, ids: &[ConversationId]) -> Result<Vec<ConversationId>, Error> {
    let mut found: Vec<i64> = Vec::new();
    for some in ids.chunks(1_000) {
        let some = conversations::id.eq_any(some.iter().map(|id| id.0));
        let live = conversations::table.filter(some.and(conversations::turn.le(3)));
        found.extend(live.order(conversations::id).select(conversations::id).load::<i64>(conn)?);
    }
    Ok(found.into_iter().map(ConversationId).collect())
}

/// The latest conversations about a contact that are not archived, by number: those that lists show.
pub fn latest_about(conn: &mut Conn, id: ContactId) -> Result<Vec<ConversationId>, Error> {
    let live = conversations::contact_id.eq(id.0).and(conversations::turn.le(3));
    let ids = conversations::table.filter(live).order(conversations::id.desc()).limit(200).select(conversations::id);
    let mut ids: Vec<i64> = ids.load(conn)?;
    ids.reverse();
    Ok(ids.into_iter().map(ConversationId).collect())
}

/// The open interactions without a conversation that were opened for a contact, by number.
pub fn open_alone(conn: &mut Conn, id: ContactId) -> Result<Vec<InteractionId>, Error> {
    let own = interactions::opened_for_id.eq(id.0).and(interactions::conversation_id.is_null());
    let open = own.and(interactions::closed_at.is_null());
    let ids: Vec<i64> = interactions::table.filter(open).order(interactions::id).select(interactions::id).load(conn)?;
    Ok(ids.into_iter().map(InteractionId).collect())
}

/// What one contact has becomes the other's: channel profiles, conversations and interactions. The addresses stand on the
/// other's card by then.
pub fn hand_over(conn: &mut Conn, from: ContactId, to: ContactId) -> Result<(), Error> {
    let own = contact_identifiers::table.filter(contact_identifiers::contact_id.eq(from.0));
    diesel::delete(own).execute(conn)?;
    let to = to.0;
    let theirs = profiles::table.filter(profiles::contact_id.eq(from.0));
    let version = profiles::version.eq(profiles::version + 1);
    diesel::update(theirs).set((profiles::contact_id.eq(to), version)).execute(conn)?;
    let theirs = conversations::table.filter(conversations::contact_id.eq(from.0));
    diesel::update(theirs).set(conversations::contact_id.eq(to)).execute(conn)?;
    let theirs = interactions::table.filter(interactions::opened_for_id.eq(from.0));
    diesel::update(theirs).set(interactions::opened_for_id.eq(to)).execute(conn)?;
    Ok(())
}

/// Writes that somebody was merged, and whoever was merged into them before. Their card is another version then.
pub fn mark_merged(
    conn: &mut Conn,
    from: ContactId,
    to: ContactId,
    by: AgentId,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let earlier = contacts::table.filter(contacts::merged_into_id.eq(from.0));
    diesel::update(earlier).set(contacts::merged_into_id.eq(to.0)).execute(conn)?;
    let merged = (
        contacts::merged_into_id.eq(to.0),
        contacts::merged_at.eq(At(at)),
        contacts::merged_by_id.eq(by.0),
        contacts::version.eq(contacts::version + 1),
    );
    diesel::update(contacts::table.find(from.0)).set(merged).execute(conn)?;
    Ok(())
}

/// Who was merged into a contact, latest first.
pub fn merged_into(conn: &mut Conn, id: ContactId) -> Result<Vec<Merged>, Error> {
    let rows: Vec<(i64, String, Option<At>, Option<i64>)> = contacts::table
        .filter(contacts::merged_into_id.eq(id.0))
        .order((contacts::merged_at.desc(), contacts::id.desc()))
        .limit(50)
        .select((contacts::id, contacts::name, contacts::merged_at, contacts::merged_by_id))
        .load(conn)?;
    let read = |(id, name, at, by): (i64, String, Option<At>, Option<i64>)| {
        Some(Merged { id: ContactId(id), name, at: at?.0, by: by.map(AgentId) })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}
