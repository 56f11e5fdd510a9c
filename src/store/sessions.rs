//! Sessions of browsers, and links that work once. Neither is stored as it is: only its hash.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::agents::{self, COLUMNS};
use super::schema::{self, one_time_links, sessions};
use super::types::At;
use super::{Conn, Error};
use crate::config::limits::{SESSION_IDLE, SESSION_TOTAL};
use crate::domain::{Agent, AgentId};

/// How long what is over is kept.
const KEPT: TimeDelta = TimeDelta::days(7);

/// A session as its owner sees it in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: i64,
    pub began_at: DateTime<Utc>,
    /// The last request, to within a few minutes.
    pub seen_at: DateTime<Utc>,
    pub address: String,
    /// What the browser says it is.
    pub browser: String,
}

/// A session that begins.
pub struct Beginning<'a> {
    pub token_hash: &'a str,
    pub agent: AgentId,
    pub address: &'a str,
    pub browser: &'a str,
}

pub fn begin(conn: &mut Conn, new: &Beginning, now: DateTime<Utc>) -> Result<(), Error> {
    let values = (
        sessions::token_hash.eq(new.token_hash),
        sessions::agent_id.eq(new.agent.0),
        sessions::created_at.eq(At(now)),
        sessions::seen_at.eq(At(now)),
        sessions::address.eq(new.address),
        sessions::browser.eq(new.browser),
    );
    diesel::insert_into(sessions::table).values(values).execute(conn)?;
    Ok(())
}

/// The session behind a cookie, if it has not ended, with its agent as of now: a role that changed counts at once.
pub fn find(conn: &mut Conn, token_hash: &str, now: DateTime<Utc>) -> Result<(Session, Agent), Error> {
    let owner = schema::agents::table.on(schema::agents::id.eq(sessions::agent_id));
    let alive = sessions::table.inner_join(owner).filter(sessions::token_hash.eq(token_hash));
    let alive = alive.filter(sessions::seen_at.gt(At(now - SESSION_IDLE)));
    let alive = alive.filter(sessions::created_at.gt(At(now - SESSION_TOTAL)));
    let alive = alive.filter(schema::agents::disabled_at.is_null());
    let (row, agent): (SessionRow, agents::Row) = alive.select((SESSION, COLUMNS)).first(conn)?;
    Ok((session(row), agents::one(conn, agent)?))
}

/// Notes that the session is in use.
pub fn touch(conn: &mut Conn, id: i64, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(sessions::table.find(id)).set(sessions::seen_at.eq(At(now))).execute(conn)?;
    Ok(())
}

/// An agent's sessions that have not ended, the last used first.
pub fn of_agent(conn: &mut Conn, agent: AgentId, now: DateTime<Utc>) -> Result<Vec<Session>, Error> {
    let alive = sessions::table.filter(sessions::agent_id.eq(agent.0));
    let alive = alive.filter(sessions::seen_at.gt(At(now - SESSION_IDLE)));
    let alive = alive.filter(sessions::created_at.gt(At(now - SESSION_TOTAL)));
    let rows: Vec<SessionRow> = alive.order(sessions::seen_at.desc()).select(SESSION).load(conn)?;
    Ok(rows.into_iter().map(session).collect())
}

/// Ends one of an agent's sessions; gives its hash.
pub fn end(conn: &mut Conn, agent: AgentId, id: i64) -> Result<String, Error> {
    let one = sessions::table.filter(sessions::id.eq(id)).filter(sessions::agent_id.eq(agent.0));
    let hash = one.select(sessions::token_hash).first(conn)?;
    diesel::delete(sessions::table.find(id)).execute(conn)?;
    Ok(hash)
}

/// Ends an agent's sessions, all but the one that asks for it, and what they have begun with links that work once.
pub fn end_all(conn: &mut Conn, agent: AgentId, but: Option<i64>) -> Result<(), Error> {
    diesel::delete(one_time_links::table.filter(one_time_links::agent_id.eq(agent.0))).execute(conn)?;
    let all = sessions::table.filter(sessions::agent_id.eq(agent.0)).filter(sessions::id.ne(but.unwrap_or(-1)));
    diesel::delete(all).execute(conn)?;
    Ok(())
}

/// Forgets sessions and links that are long over. Not at once: a clock that was set ahead may be set back.
pub fn sweep(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), Error> {
    let old = sessions::created_at.le(At(now - SESSION_TOTAL - KEPT));
    diesel::delete(sessions::table.filter(old)).execute(conn)?;
    diesel::delete(one_time_links::table.filter(one_time_links::expires_at.le(At(now - KEPT)))).execute(conn)?;
    Ok(())
}

/// Keeps a link that works once.
pub fn offer_link(
    conn: &mut Conn,
    token_hash: &str,
    purpose: &str,
    agent: Option<AgentId>,
    expires_at: DateTime<Utc>,
) -> Result<(), Error> {
    let values = (
        one_time_links::token_hash.eq(token_hash),
        one_time_links::purpose.eq(purpose),
        one_time_links::agent_id.eq(agent.map(|agent| agent.0)),
        one_time_links::expires_at.eq(At(expires_at)),
    );
    diesel::insert_into(one_time_links::table).values(values).execute(conn)?;
    Ok(())
}

/// Whom a link of that purpose is for, if it still works.
pub fn link(conn: &mut Conn, token_hash: &str, purpose: &str, now: DateTime<Utc>) -> Result<Option<AgentId>, Error> {
    let link = one_time_links::table.find(token_hash).filter(one_time_links::purpose.eq(purpose));
    let link = link.filter(one_time_links::used_at.is_null()).filter(one_time_links::expires_at.gt(At(now)));
    let agent: Option<i64> = link.select(one_time_links::agent_id).first(conn)?;
    Ok(agent.map(AgentId))
}

/// Whether a link of that purpose was used up.
pub fn was_used(conn: &mut Conn, token_hash: &str, purpose: &str) -> Result<bool, Error> {
    let link = one_time_links::table.find(token_hash).filter(one_time_links::purpose.eq(purpose));
    let used = link.filter(one_time_links::used_at.is_not_null()).count().get_result::<i64>(conn)?;
    Ok(used > 0)
}

/// Uses a link up. Of two who come at once, one is told that there is none.
pub fn use_link(
    conn: &mut Conn,
    token_hash: &str,
    purpose: &str,
    now: DateTime<Utc>,
) -> Result<Option<AgentId>, Error> {
    let agent = link(conn, token_hash, purpose, now)?;
    let unused = one_time_links::table.find(token_hash).filter(one_time_links::used_at.is_null());
    let used = diesel::update(unused).set(one_time_links::used_at.eq(At(now))).execute(conn)?;
    if used == 1 { Ok(agent) } else { Err(Error::NotFound) }
}

type SessionRow = (i64, At, At, String, String);

const SESSION: (sessions::id, sessions::created_at, sessions::seen_at, sessions::address, sessions::browser) =
    (sessions::id, sessions::created_at, sessions::seen_at, sessions::address, sessions::browser);

fn session((id, began_at, seen_at, address, browser): SessionRow) -> Session {
    Session { id, began_at: began_at.into(), seen_at: seen_at.into(), address, browser }
}
