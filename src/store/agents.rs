//! People who work here.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::schema::{agents, queue_members};
use super::types::word;
use super::{At, Conn, Error};
use crate::domain::{Agent, AgentId, Presence, QueueId, Role};

pub(super) type Row = (i64, String, String, String, String, At);
pub(super) const COLUMNS: (
    agents::id,
    agents::email,
    agents::name,
    agents::role,
    agents::presence,
    agents::presence_since,
) = (agents::id, agents::email, agents::name, agents::role, agents::presence, agents::presence_since);

/// One agent who may sign in.
pub fn find(conn: &mut Conn, id: AgentId) -> Result<Agent, Error> {
    let active = agents::id.eq(id.0).and(agents::disabled_at.is_null());
    let row = agents::table.filter(active).select(COLUMNS).first(conn)?;
    one(conn, row)
}

/// The agent of an e-mail address, in any case.
pub fn by_email(conn: &mut Conn, email: &str) -> Result<Agent, Error> {
    let email = email.trim().to_lowercase();
    let active = agents::email.eq(email).and(agents::disabled_at.is_null());
    let row = agents::table.filter(active).select(COLUMNS).first(conn)?;
    one(conn, row)
}

/// Every agent who may sign in, by name.
pub fn all(conn: &mut Conn) -> Result<Vec<Agent>, Error> {
    let rows: Vec<Row> = agents::table
        .filter(agents::disabled_at.is_null())
        .order((agents::name, agents::id))
        .select(COLUMNS)
        .load(conn)?;
    let members: Vec<(i64, i64)> =
        queue_members::table.select((queue_members::agent_id, queue_members::queue_id)).load(conn)?;
    let mut queues: HashMap<i64, Vec<QueueId>> = HashMap::new();
    for (agent, queue) in members {
        queues.entry(agent).or_default().push(QueueId(queue));
    }
    rows.into_iter().map(|row| read(row, &mut queues)).collect()
}

/// Adds a person. The e-mail address is kept in lower case; one that is taken is a unique violation.
pub fn insert(
    conn: &mut Conn,
    email: &str,
    name: &str,
    role: Role,
    password_hash: Option<&str>,
    at: DateTime<Utc>,
) -> Result<AgentId, Error> {
    let row = (
        agents::email.eq(email.trim().to_lowercase()),
        agents::name.eq(name.trim()),
        agents::role.eq(role.as_str()),
        agents::password_hash.eq(password_hash),
        agents::presence.eq(Presence::Offline.as_str()),
        agents::presence_since.eq(At(at)),
        agents::theme.eq("system"),
        agents::single_keys.eq(true),
        agents::created_at.eq(At(at)),
        agents::version.eq(1),
    );
    Ok(AgentId(diesel::insert_into(agents::table).values(row).returning(agents::id).get_result(conn)?))
}

/// The stored hash of an agent's password, if there is one.
pub fn password_hash(conn: &mut Conn, id: AgentId) -> Result<Option<String>, Error> {
    Ok(agents::table.find(id.0).select(agents::password_hash).first(conn)?)
}

/// Stores the hash of a new password.
pub fn set_password(conn: &mut Conn, id: AgentId, hash: &str) -> Result<(), Error> {
    let changed = diesel::update(agents::table.find(id.0)).set(agents::password_hash.eq(hash)).execute(conn)?;
    if changed == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// Whether anybody works here.
pub fn any(conn: &mut Conn) -> Result<bool, Error> {
    Ok(agents::table.select(agents::id).first::<i64>(conn).optional()?.is_some())
}

/// Writes presence; whether it was another one before.
pub fn set_presence(conn: &mut Conn, id: AgentId, presence: Presence, at: DateTime<Utc>) -> Result<bool, Error> {
    let other = agents::id.eq(id.0).and(agents::presence.ne(presence.as_str()));
    let now = (agents::presence.eq(presence.as_str()), agents::presence_since.eq(At(at)));
    Ok(diesel::update(agents::table.filter(other)).set(now).execute(conn)? == 1)
}

pub(super) fn one(conn: &mut Conn, row: Row) -> Result<Agent, Error> {
    let queues: Vec<i64> = queue_members::table
        .filter(queue_members::agent_id.eq(row.0))
        .order(queue_members::queue_id)
        .select(queue_members::queue_id)
        .load(conn)?;
    let mut queues = HashMap::from([(row.0, queues.into_iter().map(QueueId).collect())]);
    read(row, &mut queues)
}

fn read(
    (id, email, name, role, presence, since): Row,
    queues: &mut HashMap<i64, Vec<QueueId>>,
) -> Result<Agent, Error> {
    Ok(Agent {
        id: AgentId(id),
        email,
        name,
        role: word(&role)?,
        presence: word(&presence)?,
        presence_since: since.0,
        queues: queues.remove(&id).unwrap_or_default(),
    })
}

/// Writes name and role.
pub fn update(conn: &mut Conn, id: AgentId, name: &str, role: Role) -> Result<(), Error> {
    let row = (agents::name.eq(name), agents::role.eq(role.as_str()), agents::version.eq(agents::version + 1));
    diesel::update(agents::table.find(id.0)).set(row).execute(conn)?;
    Ok(())
}

/// Ends a person's access; what they did stays theirs.
pub fn disable(conn: &mut Conn, id: AgentId, at: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(agents::table.find(id.0)).set(agents::disabled_at.eq(At(at))).execute(conn)?;
    Ok(())
}

/// How an agent's pages look, `light`, `dark` or `system`, and whether single keys press anything on them.
pub fn habits(conn: &mut Conn, id: AgentId) -> Result<(String, bool), Error> {
    Ok(agents::table.find(id.0).select((agents::theme, agents::single_keys)).first(conn)?)
}

/// Writes whether single keys press anything.
pub fn choose_keys(conn: &mut Conn, id: AgentId, keys: bool) -> Result<(), Error> {
    diesel::update(agents::table.find(id.0)).set(agents::single_keys.eq(keys)).execute(conn)?;
    Ok(())
}

/// Writes how an agent's pages look.
pub fn choose_theme(conn: &mut Conn, id: AgentId, theme: &str) -> Result<(), Error> {
    diesel::update(agents::table.find(id.0)).set(agents::theme.eq(theme)).execute(conn)?;
    Ok(())
}
