//! Queues, their members, and channels that lead to them.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::schema::{channels, queue_members, queues, resolutions};
use super::types::word;
use super::{At, Conn, Error};
use crate::domain::row::NamedQueue;
use crate::domain::state::ContactType;
use crate::domain::{AgentId, ChannelId, QueueId};

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

/// A source of contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    pub id: ChannelId,
    pub slug: String,
    pub name: String,
    pub kind: String,
    /// The type of the interactions it makes.
    pub contact_type: ContactType,
    pub queue: QueueId,
    pub version: i64,
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

type ChannelRow = (i64, String, String, String, String, i64, i64);
const CHANNEL: (
    channels::id,
    channels::slug,
    channels::name,
    channels::kind,
    channels::contact_type,
    channels::queue_id,
    channels::version,
) = (
    channels::id,
    channels::slug,
    channels::name,
    channels::kind,
    channels::contact_type,
    channels::queue_id,
    channels::version,
);

/// Every channel, by name.
pub fn channels(conn: &mut Conn) -> Result<Vec<Channel>, Error> {
    let rows: Vec<ChannelRow> = channels::table.order((channels::name, channels::id)).select(CHANNEL).load(conn)?;
    rows.into_iter().map(channel).collect()
}

/// The channel of a slug.
pub fn channel_by_slug(conn: &mut Conn, slug: &str) -> Result<Channel, Error> {
    channel(channels::table.filter(channels::slug.eq(slug)).select(CHANNEL).first(conn)?)
}

/// The channel of an id.
pub fn channel_by_id(conn: &mut Conn, id: ChannelId) -> Result<Channel, Error> {
    channel(channels::table.find(id.0).select(CHANNEL).first(conn)?)
}

/// Adds a channel; a slug that is taken is a unique violation.
pub fn insert_channel(conn: &mut Conn, new: &Channel, at: DateTime<Utc>) -> Result<ChannelId, Error> {
    let row = (
        channels::slug.eq(&new.slug),
        channels::name.eq(&new.name),
        channels::kind.eq(&new.kind),
        channels::contact_type.eq(new.contact_type.as_str()),
        channels::queue_id.eq(new.queue.0),
        channels::created_at.eq(At(at)),
        channels::version.eq(1),
    );
    Ok(ChannelId(diesel::insert_into(channels::table).values(row).returning(channels::id).get_result(conn)?))
}

/// Writes a changed channel under its version.
pub fn save_channel(conn: &mut Conn, changed: &Channel) -> Result<(), Error> {
    let row = (
        channels::name.eq(&changed.name),
        channels::contact_type.eq(changed.contact_type.as_str()),
        channels::queue_id.eq(changed.queue.0),
        channels::version.eq(changed.version + 1),
    );
    let known = channels::id.eq(changed.id.0).and(channels::version.eq(changed.version));
    match diesel::update(channels::table.filter(known)).set(row).execute(conn)? {
        1 => Ok(()),
        _ => Err(Error::Stale),
    }
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

fn channel((id, slug, name, kind, contact_type, queue, version): ChannelRow) -> Result<Channel, Error> {
    Ok(Channel {
        id: ChannelId(id),
        slug,
        name,
        kind,
        contact_type: word(&contact_type)?,
        queue: QueueId(queue),
        version,
    })
}
