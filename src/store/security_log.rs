//! Who changed accounts, rights and set-up. Lines are added and never changed: the database sees to that.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::schema::{agents, security_log};
use super::{At, Conn, Error};
use crate::domain::AgentId;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: i64,
    pub at: DateTime<Utc>,
    /// The e-mail address of who did it; none for the command line, and for whoever was not signed in.
    pub by: Option<String>,
    pub action: String,
    pub object: String,
}

/// Adds a line.
pub fn note(conn: &mut Conn, at: DateTime<Utc>, by: Option<AgentId>, action: &str, object: &str) -> Result<(), Error> {
    let values = (
        security_log::at.eq(At(at)),
        security_log::agent_id.eq(by.map(|agent| agent.0)),
        security_log::action.eq(action),
        security_log::object.eq(object),
    );
    diesel::insert_into(security_log::table).values(values).execute(conn)?;
    Ok(())
}

/// Lines, the latest first, from before a line on.
pub fn latest(conn: &mut Conn, before: Option<i64>, limit: i64) -> Result<Vec<Entry>, Error> {
    let lines = security_log::table
        .left_join(agents::table.on(agents::id.nullable().eq(security_log::agent_id)))
        .filter(security_log::id.lt(before.unwrap_or(i64::MAX)))
        .order(security_log::id.desc())
        .limit(limit)
        .select((
            (security_log::id, security_log::at),
            agents::email.nullable(),
            security_log::action,
            security_log::object,
        ));
    type Line = ((i64, At), Option<String>, String, String);
    let lines: Vec<Line> = lines.load(conn)?;
    Ok(lines.into_iter().map(|((id, at), by, action, object)| Entry { id, at: at.0, by, action, object }).collect())
}
