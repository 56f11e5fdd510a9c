//! The second step of signing in: the secret that an agent's phone holds too, and the codes for whoever has lost it.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::schema::{agents, second_factors, spare_codes};
use super::types::At;
use super::{Conn, Error};
use crate::domain::{AgentId, Role};

/// No code of a clock that is right is further ahead of another, in half minutes.
const AHEAD: i64 = 2;

/// An agent's second step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    /// The secret, sealed with the key of the house.
    pub sealed: String,
    /// Whether a code that it made was typed once: before that it is an offer.
    pub confirmed: bool,
    /// The last half minute since 1970 whose code was used.
    pub last_step: i64,
}

/// The second step of an agent, or the offer of one.
pub fn find(conn: &mut Conn, agent: AgentId) -> Result<Option<Factor>, Error> {
    let columns = (second_factors::sealed, second_factors::confirmed_at, second_factors::last_step);
    let row: Option<(String, Option<At>, i64)> =
        second_factors::table.find(agent.0).select(columns).first(conn).optional()?;
    Ok(row.map(|(sealed, at, last_step)| Factor { sealed, confirmed: at.is_some(), last_step }))
}

/// Keeps an offer in place of an earlier one.
pub fn offer(conn: &mut Conn, agent: AgentId, sealed: &str) -> Result<(), Error> {
    diesel::delete(second_factors::table.find(agent.0)).execute(conn)?;
    let values =
        (second_factors::agent_id.eq(agent.0), second_factors::sealed.eq(sealed), second_factors::last_step.eq(0));
    diesel::insert_into(second_factors::table).values(values).execute(conn)?;
    Ok(())
}

/// Makes an offer count, with its spare codes. Of two who come at once, one is told that there is no offer.
pub fn confirm(conn: &mut Conn, agent: AgentId, step: i64, spare: &[String], at: DateTime<Utc>) -> Result<(), Error> {
    let offer = second_factors::table.find(agent.0).filter(second_factors::confirmed_at.is_null());
    let now = (second_factors::confirmed_at.eq(At(at)), second_factors::last_step.eq(step));
    if diesel::update(offer).set(now).execute(conn)? != 1 {
        return Err(Error::NotFound);
    }
    diesel::delete(spare_codes::table.filter(spare_codes::agent_id.eq(agent.0))).execute(conn)?;
    for code in spare {
        let values = (spare_codes::code_hash.eq(code), spare_codes::agent_id.eq(agent.0));
        diesel::insert_into(spare_codes::table).values(values).execute(conn)?;
    }
    Ok(())
}

/// Uses the code of a half minute up; whether it was still unused. A last one that is well ahead of it was noted while
/// the clock was: it does not count.
pub fn use_step(conn: &mut Conn, agent: AgentId, step: i64) -> Result<bool, Error> {
    let unused = second_factors::last_step.lt(step).or(second_factors::last_step.gt(step + AHEAD));
    let earlier = second_factors::table.find(agent.0).filter(unused);
    Ok(diesel::update(earlier).set(second_factors::last_step.eq(step)).execute(conn)? == 1)
}

/// Uses a spare code up; whether there was one.
pub fn use_spare(conn: &mut Conn, agent: AgentId, code_hash: &str) -> Result<bool, Error> {
    let code = spare_codes::table.find(code_hash).filter(spare_codes::agent_id.eq(agent.0));
    Ok(diesel::delete(code).execute(conn)? == 1)
}

/// How many spare codes an agent has left.
pub fn spare_left(conn: &mut Conn, agent: AgentId) -> Result<i64, Error> {
    Ok(spare_codes::table.filter(spare_codes::agent_id.eq(agent.0)).count().get_result(conn)?)
}

/// Forgets an agent's second step and its spare codes.
pub fn remove(conn: &mut Conn, agent: AgentId) -> Result<(), Error> {
    diesel::delete(spare_codes::table.filter(spare_codes::agent_id.eq(agent.0))).execute(conn)?;
    diesel::delete(second_factors::table.find(agent.0)).execute(conn)?;
    Ok(())
}

/// Agents of these roles who sign in with a password alone.
pub fn without(conn: &mut Conn, roles: &[Role]) -> Result<Vec<AgentId>, Error> {
    let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    let all: Vec<i64> = agents::table.filter(agents::role.eq_any(names)).select(agents::id).load(conn)?;
    let confirmed = second_factors::table.filter(second_factors::confirmed_at.is_not_null());
    let with: Vec<i64> = confirmed.select(second_factors::agent_id).load(conn)?;
    let with: HashSet<i64> = with.into_iter().collect();
    Ok(all.into_iter().filter(|id| !with.contains(id)).map(AgentId).collect())
}
