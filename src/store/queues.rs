//! Queues and their members.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::schema::{queue_members, queues, resolutions};
use super::types::word;
use super::{At, Conn, Error};
use crate::domain::row::NamedQueue;
use crate::domain::state::ContactType;
use crate::domain::{AgentId, QueueId};

/// A routing pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    pub id: QueueId,
    pub slug: String,
    pub name: String,
    pub restricted: bool,
    /// What it takes; empty is everything.
    pub types: Vec<ContactType>,
    pub target: Option<TimeDelta>,
    pub version: i64,
}

impl Queue {
    /// Whether interactions of a type belong here.
    pub fn takes(&self, kind: ContactType) -> bool {
        self.types.is_empty() || self.types.contains(&kind)
    }

    /// As lists name it.
    pub fn named(&self) -> NamedQueue {
        NamedQueue {
            id: self.id,
            name: self.name.clone(),
            slug: self.slug.clone(),
            restricted: self.restricted,
            target: self.target,
        }
    }
}

type Row = (i64, String, String, bool, String, Option<i64>, i64);
const COLUMNS: (
    queues::id,
    queues::slug,
    queues::name,
    queues::restricted,
    queues::types,
    queues::target_seconds,
    queues::version,
) = (
    queues::id,
    queues::slug,
    queues::name,
    queues::restricted,
    queues::types,
    queues::target_seconds,
    queues::version,
);

/// Every queue, by name.
pub fn all(conn: &mut Conn) -> Result<Vec<Queue>, Error> {
    let rows: Vec<Row> = queues::table.order((queues::name, queues::id)).select(COLUMNS).load(conn)?;
    rows.into_iter().map(read).collect()
}

/// The queue of an id.
pub fn find(conn: &mut Conn, id: QueueId) -> Result<Queue, Error> {
    read(queues::table.find(id.0).select(COLUMNS).first(conn)?)
}

/// The queue of a slug.
pub fn by_slug(conn: &mut Conn, slug: &str) -> Result<Queue, Error> {
    read(queues::table.filter(queues::slug.eq(slug)).select(COLUMNS).first(conn)?)
}

/// Adds a queue; a slug that is taken is a unique violation.
pub fn insert(conn: &mut Conn, queue: &Queue, at: DateTime<Utc>) -> Result<QueueId, Error> {
    let row = (
        queues::slug.eq(&queue.slug),
        queues::name.eq(&queue.name),
        queues::restricted.eq(queue.restricted),
        queues::types.eq(types(&queue.types)),
        queues::target_seconds.eq(queue.target.map(|t| t.num_seconds())),
        queues::created_at.eq(At(at)),
        queues::version.eq(1),
    );
    Ok(QueueId(diesel::insert_into(queues::table).values(row).returning(queues::id).get_result(conn)?))
}

/// Writes a changed queue under its version.
pub fn update(conn: &mut Conn, queue: &Queue) -> Result<(), Error> {
    let row = (
        queues::slug.eq(&queue.slug),
        queues::name.eq(&queue.name),
        queues::restricted.eq(queue.restricted),
        queues::types.eq(types(&queue.types)),
        queues::target_seconds.eq(queue.target.map(|t| t.num_seconds())),
        queues::version.eq(queue.version + 1),
    );
    let known = queues::id.eq(queue.id.0).and(queues::version.eq(queue.version));
    match diesel::update(queues::table.filter(known)).set(row).execute(conn)? {
        1 => Ok(()),
        _ => Err(Error::Stale),
    }
}

/// The members of a queue.
pub fn members(conn: &mut Conn, id: QueueId) -> Result<Vec<AgentId>, Error> {
    let ids: Vec<i64> = queue_members::table
        .filter(queue_members::queue_id.eq(id.0))
        .order(queue_members::agent_id)
        .select(queue_members::agent_id)
        .load(conn)?;
    Ok(ids.into_iter().map(AgentId).collect())
}

/// Writes the members of a queue.
pub fn set_members(conn: &mut Conn, id: QueueId, members: &[AgentId]) -> Result<(), Error> {
    diesel::delete(queue_members::table.filter(queue_members::queue_id.eq(id.0))).execute(conn)?;
    members.iter().try_for_each(|agent| add_member(conn, id, *agent))
}

/// Adds a member who is not there yet.
pub fn add_member(conn: &mut Conn, id: QueueId, agent: AgentId) -> Result<(), Error> {
    let known = queue_members::queue_id.eq(id.0).and(queue_members::agent_id.eq(agent.0));
    if diesel::select(diesel::dsl::exists(queue_members::table.filter(known))).get_result::<bool>(conn)? {
        return Ok(());
    }
    let row = (queue_members::queue_id.eq(id.0), queue_members::agent_id.eq(agent.0));
    diesel::insert_into(queue_members::table).values(row).execute(conn)?;
    Ok(())
}

/// The resolutions an agent may choose, in their order.
pub fn resolutions(conn: &mut Conn) -> Result<Vec<String>, Error> {
    Ok(resolutions::table.order(resolutions::position).select(resolutions::name).load(conn)?)
}

fn types(types: &[ContactType]) -> String {
    types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" ")
}

fn read((id, slug, name, restricted, types, target, version): Row) -> Result<Queue, Error> {
    let types = types.split_whitespace().map(word).collect::<Result<_, Error>>()?;
    let target = target.map(TimeDelta::seconds);
    Ok(Queue { id: QueueId(id), slug, name, restricted, types, target, version })
}
