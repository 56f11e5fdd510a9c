//! Channel profiles that are blocked.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::schema::{contacts, profiles};
use super::{At, Conn, Error, eyes};
use crate::domain::view::Eyes;
use crate::domain::{AgentId, ChannelId, ContactId, ProfileId};

/// A sender who is blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    pub id: ProfileId,
    pub channel: ChannelId,
    pub identifier: String,
    pub contact: Option<(ContactId, String)>,
    pub at: Option<DateTime<Utc>>,
    pub by: Option<AgentId>,
}

type Row = (i64, i64, String, Option<i64>, Option<String>, Option<At>, Option<i64>);

#[diesel::dsl::auto_type]
fn blocked() -> _ {
    profiles::table
        .left_join(contacts::table.on(contacts::id.nullable().eq(profiles::contact_id)))
        .filter(profiles::blocked.eq(true))
        .select((
            profiles::id,
            profiles::channel_id,
            profiles::identifier,
            profiles::contact_id,
            contacts::name.nullable(),
            profiles::blocked_at,
            profiles::blocked_by_id,
        ))
}

/// The blocked, newest profile first, before one, as far as these eyes see what they wrote.
pub fn page(conn: &mut Conn, eyes: &Eyes, before: Option<ProfileId>, limit: i64) -> Result<Vec<Blocked>, Error> {
    let before = before.map_or(i64::MAX, |id| id.0);
    let known = profiles::blocked.eq(true).and(profiles::id.lt(before));
    let mut ids = profiles::table.filter(known).select(profiles::id).into_boxed();
    if let Some(seen) = eyes::profiles(eyes) {
        ids = ids.filter(seen);
    }
    let ids: Vec<i64> = ids.order(profiles::id.desc()).limit(limit).load(conn)?;
    let rows: Vec<Row> = blocked().filter(profiles::id.eq_any(ids)).order(profiles::id.desc()).load(conn)?;
    Ok(rows.into_iter().map(read).collect())
}

/// One of them, if these eyes see what they wrote.
pub fn find(conn: &mut Conn, eyes: &Eyes, id: ProfileId) -> Result<Blocked, Error> {
    super::people::seen_profile(conn, eyes, id)?;
    Ok(read(blocked().filter(profiles::id.eq(id.0)).first(conn)?))
}

fn read((id, channel, identifier, contact, name, at, by): Row) -> Blocked {
    Blocked {
        id: ProfileId(id),
        channel: ChannelId(channel),
        identifier,
        contact: contact.map(|id| (ContactId(id), name.unwrap_or_default())),
        at: at.map(|at| at.0),
        by: by.map(AgentId),
    }
}
