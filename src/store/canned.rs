//! Canned responses.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::schema::canned_responses as canned;
use super::{At, Conn, Error};
use crate::domain::canned::{Audience, Canned};
use crate::domain::{AgentId, CannedId, QueueId};
use crate::native;

type Row = (i64, String, Option<String>, String, Option<i64>, Option<i64>, i64);

const COLUMNS: (
    canned::id,
    canned::name,
    canned::shortcut,
    canned::body,
    canned::queue_id,
    canned::agent_id,
    canned::version,
) = (canned::id, canned::name, canned::shortcut, canned::body, canned::queue_id, canned::agent_id, canned::version);

/// All of them, by name.
pub fn all(conn: &mut Conn) -> Result<Vec<Canned>, Error> {
    let rows: Vec<Row> = canned::table.order((canned::name, canned::id)).select(COLUMNS).load(conn)?;
    Ok(rows.into_iter().map(read).collect())
}

/// One of them.
pub fn find(conn: &mut Conn, id: CannedId) -> Result<Canned, Error> {
    Ok(read(canned::table.find(id.0).select(COLUMNS).first(conn)?))
}

/// Adds one; its id is given here. A shortcut that is taken is a unique violation.
pub fn insert(conn: &mut Conn, new: &Canned, at: DateTime<Utc>) -> Result<CannedId, Error> {
    let (queue, agent) = owner(new.audience);
    let row = (
        canned::name.eq(&new.name),
        canned::shortcut.eq(&new.shortcut),
        canned::body.eq(&new.body),
        canned::owner.eq(new.audience.key()),
        canned::queue_id.eq(queue),
        canned::agent_id.eq(agent),
        canned::created_at.eq(At(at)),
    );
    let insert = diesel::insert_into(canned::table).values(row).returning(canned::id);
    Ok(CannedId(native!(conn, |c| insert.get_result(c))?))
}

/// Writes one anew, if it still has the version that was read.
pub fn save(conn: &mut Conn, changed: &Canned) -> Result<(), Error> {
    let (queue, agent) = owner(changed.audience);
    let known = canned::table.filter(canned::id.eq(changed.id.0).and(canned::version.eq(changed.version)));
    let row = (
        canned::name.eq(&changed.name),
        canned::shortcut.eq(&changed.shortcut),
        canned::body.eq(&changed.body),
        canned::owner.eq(changed.audience.key()),
        canned::queue_id.eq(queue),
        canned::agent_id.eq(agent),
        canned::version.eq(changed.version + 1),
    );
    match diesel::update(known).set(row).execute(conn)? {
        1 => Ok(()),
        _ => Err(Error::Stale),
    }
}

/// Takes one away.
pub fn remove(conn: &mut Conn, id: CannedId) -> Result<(), Error> {
    match diesel::delete(canned::table.find(id.0)).execute(conn)? {
        1 => Ok(()),
        _ => Err(Error::NotFound),
    }
}

const fn owner(audience: Audience) -> (Option<i64>, Option<i64>) {
    match audience {
        Audience::Everyone => (None, None),
        Audience::Queue(id) => (Some(id.0), None),
        Audience::Own(id) => (None, Some(id.0)),
    }
}

fn read((id, name, shortcut, body, queue, agent, version): Row) -> Canned {
    let audience = match (queue, agent) {
        (_, Some(agent)) => Audience::Own(AgentId(agent)),
        (Some(queue), None) => Audience::Queue(QueueId(queue)),
        (None, None) => Audience::Everyone,
    };
    Canned { id: CannedId(id), name, shortcut, body, audience, version }
}
