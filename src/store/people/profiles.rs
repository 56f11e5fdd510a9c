//! Channel profiles: who writes, by the identity they have on one channel.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::view::Eyes;
use crate::domain::{AgentId, ChannelId, ContactId, ConversationId, ProfileId};
use crate::store::schema::{conversations, profiles};
use crate::store::{At, Conn, Error, eyes};

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
    /// Who said whose it is, or that it is nobody's on record. That is not guessed again.
    pub said_by: Option<AgentId>,
    pub said_at: Option<DateTime<Utc>>,
    pub version: i64,
}

impl Profile {
    /// Somebody said that it is nobody on record.
    pub fn is_nobodys(&self) -> bool {
        self.contact.is_none() && self.said_by.is_some()
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = profiles)]
struct Row {
    id: i64,
    channel_id: i64,
    identifier: String,
    contact_id: Option<i64>,
    ambiguous: bool,
    blocked: bool,
    said_by_id: Option<i64>,
    said_at: Option<At>,
    version: i64,
}

impl From<Row> for Profile {
    fn from(row: Row) -> Self {
        Profile {
            id: ProfileId(row.id),
            channel: ChannelId(row.channel_id),
            identifier: row.identifier,
            contact: row.contact_id.map(ContactId),
            ambiguous: row.ambiguous,
            blocked: row.blocked,
            said_by: row.said_by_id.map(AgentId),
            said_at: row.said_at.map(|at| at.0),
            version: row.version,
        }
    }
}

/// The profile of an identifier on a channel.
pub fn profile(conn: &mut Conn, channel: ChannelId, identifier: &str) -> Result<Option<Profile>, Error> {
    let known = profiles::channel_id.eq(channel.0).and(profiles::identifier.eq(identifier));
    let row: Option<Row> = profiles::table.filter(known).select(Row::as_select()).first(conn).optional()?;
    Ok(row.map(Profile::from))
}

/// The profile of an id.
pub fn profile_by_id(conn: &mut Conn, id: ProfileId) -> Result<Profile, Error> {
    let row: Row = profiles::table.find(id.0).select(Row::as_select()).first(conn)?;
    Ok(row.into())
}

/// The profiles of a contact, oldest first.
pub fn profiles_of(conn: &mut Conn, contact: ContactId) -> Result<Vec<Profile>, Error> {
    let own = profiles::table.filter(profiles::contact_id.eq(contact.0)).order(profiles::id);
    let rows: Vec<Row> = own.select(Row::as_select()).load(conn)?;
    Ok(rows.into_iter().map(Profile::from).collect())
}

/// The profiles with one of these identifiers that are nobody's, and of which nobody has said so, in the order in which
/// they are served.
pub fn unclaimed(conn: &mut Conn, identifiers: &[String]) -> Result<Vec<Profile>, Error> {
    let nobodys = profiles::contact_id.is_null().and(profiles::said_by_id.is_null());
    let rows: Vec<Row> = profiles::table
        .filter(profiles::identifier.eq_any(identifiers).and(nobodys))
        .order((profiles::identifier, profiles::channel_id))
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Profile::from).collect())
}

/// Profiles by id, after one: of a contact, or of nobody on record; as far as these eyes see what they wrote.
pub fn profiles_page(
    conn: &mut Conn,
    contact: Option<Option<ContactId>>,
    eyes: &Eyes,
    after: ProfileId,
    limit: i64,
) -> Result<Vec<Profile>, Error> {
    let mut query = profiles::table.select(Row::as_select()).filter(profiles::id.gt(after.0)).into_boxed();
    query = match contact {
        Some(Some(contact)) => query.filter(profiles::contact_id.eq(contact.0)),
        Some(None) => query.filter(profiles::contact_id.is_null()),
        None => query,
    };
    if let Some(seen) = eyes::profiles(eyes) {
        query = query.filter(seen);
    }
    let rows: Vec<Row> = query.order(profiles::id).limit(limit).load(conn)?;
    Ok(rows.into_iter().map(Profile::from).collect())
}

/// A profile, if these eyes see who writes there.
pub fn seen_profile(conn: &mut Conn, eyes: &Eyes, id: ProfileId) -> Result<Profile, Error> {
    let mut query = profiles::table.select(Row::as_select()).filter(profiles::id.eq(id.0)).into_boxed();
    if let Some(seen) = eyes::profiles(eyes) {
        query = query.filter(seen);
    }
    let row: Row = query.first(conn)?;
    Ok(row.into())
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

/// Writes whose a profile is, and who said so, with its conversations that are archived. One that is guessed stays open to
/// be said.
pub fn link_profile(
    conn: &mut Conn,
    id: ProfileId,
    contact: Option<ContactId>,
    said: Option<(AgentId, DateTime<Utc>)>,
) -> Result<(), Error> {
    let contact = contact.map(|id| id.0);
    let link = (
        profiles::contact_id.eq(contact),
        profiles::ambiguous.eq(false),
        profiles::said_by_id.eq(said.map(|(by, _)| by.0)),
        profiles::said_at.eq(said.map(|(_, at)| At(at))),
        profiles::version.eq(profiles::version + 1),
    );
    diesel::update(profiles::table.find(id.0)).set(link).execute(conn)?;
    let over = conversations::profile_id.eq(id.0).and(conversations::turn.gt(3));
    let version = conversations::version.eq(conversations::version + 1);
    diesel::update(conversations::table.filter(over))
        .set((conversations::contact_id.eq(contact), version))
        .execute(conn)?;
    Ok(())
}

/// Writes whether several could be meant.
pub fn mark_ambiguous(conn: &mut Conn, id: ProfileId, ambiguous: bool) -> Result<(), Error> {
    diesel::update(profiles::table.find(id.0)).set(profiles::ambiguous.eq(ambiguous)).execute(conn)?;
    Ok(())
}

/// The conversations of a profile that are not over, in order.
pub fn open_of_profile(conn: &mut Conn, id: ProfileId) -> Result<Vec<ConversationId>, Error> {
    of_profile(conn, id, 2)
}

/// The conversations of a profile that are not archived, in order.
pub fn live_of_profile(conn: &mut Conn, id: ProfileId) -> Result<Vec<ConversationId>, Error> {
    of_profile(conn, id, 3)
}

fn of_profile(conn: &mut Conn, id: ProfileId, turn: i16) -> Result<Vec<ConversationId>, Error> {
    let own = conversations::profile_id.eq(id.0).and(conversations::turn.le(turn));
    let own = conversations::table.filter(own).order(conversations::id).select(conversations::id);
    let ids: Vec<i64> = own.load(conn)?;
    Ok(ids.into_iter().map(ConversationId).collect())
}
