//! Routing rules, in their order.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::schema::{conversations, interactions, messages, organizations, rules};
use super::{At, Conn, Error, settings};
use crate::domain::routing::{Destination, Rule};
use crate::domain::{AgentId, ConversationId, OrganizationId, QueueId, RuleId};

/// The setting that is another one after every change of a rule.
const EDITION: &str = "rules_edition";

type Row = (i64, i64, String, Option<i64>, Option<i64>, i64);
const COLUMNS: (rules::id, rules::position, rules::keywords, rules::agent_id, rules::queue_id, rules::version) =
    (rules::id, rules::position, rules::keywords, rules::agent_id, rules::queue_id, rules::version);

/// A name of the rules as they are: another one after each change.
pub fn edition(conn: &mut Conn) -> Result<String, Error> {
    Ok(settings::get(conn, EDITION)?.unwrap_or_default())
}

/// Gives the rules a new name, because they were changed.
pub fn republish(conn: &mut Conn) -> Result<(), Error> {
    settings::set(conn, EDITION, &uuid::Uuid::now_v7().simple().to_string())
}

/// Every rule, in order.
pub fn all(conn: &mut Conn) -> Result<Vec<Rule>, Error> {
    let rows: Vec<Row> = rules::table.order((rules::position, rules::id)).select(COLUMNS).load(conn)?;
    rows.into_iter().map(read).collect()
}

/// One rule.
pub fn find(conn: &mut Conn, id: RuleId) -> Result<Rule, Error> {
    read(rules::table.find(id.0).select(COLUMNS).first(conn)?)
}

/// How many there are.
pub fn count(conn: &mut Conn) -> Result<i64, Error> {
    Ok(rules::table.count().get_result(conn)?)
}

/// Adds a rule at its position, which is free.
pub fn insert(conn: &mut Conn, rule: &Rule, at: DateTime<Utc>) -> Result<RuleId, Error> {
    let (agent, queue) = destination(rule.to);
    let row = (
        rules::position.eq(rule.position),
        rules::keywords.eq(rule.keywords.join("\n")),
        rules::agent_id.eq(agent),
        rules::queue_id.eq(queue),
        rules::created_at.eq(At(at)),
        rules::version.eq(1),
    );
    Ok(RuleId(diesel::insert_into(rules::table).values(row).returning(rules::id).get_result(conn)?))
}

/// Writes a changed rule under its version.
pub fn save(conn: &mut Conn, rule: &Rule) -> Result<(), Error> {
    let (agent, queue) = destination(rule.to);
    let row = (
        rules::position.eq(rule.position),
        rules::keywords.eq(rule.keywords.join("\n")),
        rules::agent_id.eq(agent),
        rules::queue_id.eq(queue),
        rules::version.eq(rule.version + 1),
    );
    let known = rules::id.eq(rule.id.0).and(rules::version.eq(rule.version));
    match diesel::update(rules::table.filter(known)).set(row).execute(conn)? {
        1 => Ok(()),
        _ => Err(Error::Stale),
    }
}

/// Removes a rule.
pub fn remove(conn: &mut Conn, id: RuleId) -> Result<(), Error> {
    match diesel::delete(rules::table.find(id.0)).execute(conn)? {
        1 => Ok(()),
        _ => Err(Error::NotFound),
    }
}

/// Moves the rules from one position to another, both included, by so many places.
pub fn shift(conn: &mut Conn, from: i64, to: i64, by: i64) -> Result<(), Error> {
    let between = rules::table.filter(rules::position.between(from, to));
    diesel::update(between).set(rules::position.eq(rules::position + by)).execute(conn)?;
    Ok(())
}

/// The default owner of an organization, with its name.
pub fn owner(conn: &mut Conn, id: OrganizationId) -> Result<Option<(AgentId, String)>, Error> {
    let row = organizations::table.find(id.0).select((organizations::default_owner_id, organizations::name));
    let (owner, name): (Option<i64>, String) = row.first(conn)?;
    Ok(owner.map(|owner| (AgentId(owner), name)))
}

/// How a conversation began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    pub id: ConversationId,
    pub title: String,
    pub at: DateTime<Utc>,
    pub first_message: String,
}

/// Conversations that were routed when they began, newest first, before one and not older than a moment; the smallest
/// number looked at, to go on from there, or None at the end.
pub fn openings(
    conn: &mut Conn,
    before: ConversationId,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<(Vec<Opening>, Option<ConversationId>), Error> {
    let rows: Vec<(i64, String, At, String, String)> = conversations::table
        .inner_join(interactions::table.on(interactions::id.nullable().eq(conversations::interaction_id)))
        .filter(conversations::id.lt(before.0).and(conversations::created_at.ge(At(since))))
        .order(conversations::id.desc())
        .limit(limit)
        .select((
            conversations::id,
            conversations::title,
            conversations::created_at,
            conversations::started_by,
            interactions::routed_by,
        ))
        .load(conn)?;
    let (Some(newest), Some(oldest)) = (rows.first().map(|row| row.0), rows.last().map(|row| row.0)) else {
        return Ok((Vec::new(), None));
    };
    let mut words = first_messages(conn, oldest, newest)?;
    let routed = rows.into_iter().filter(|(_, _, _, by, why)| by != "agent" && why != "held for review");
    let opening = |(id, title, at, _, _): (i64, String, At, String, String)| {
        let first_message = words.remove(&id)?;
        Some(Opening { id: ConversationId(id), title, at: at.0, first_message })
    };
    Ok((routed.filter_map(opening).collect(), Some(ConversationId(oldest))))
}

fn first_messages(conn: &mut Conn, from: i64, to: i64) -> Result<std::collections::HashMap<i64, String>, Error> {
    let theirs = messages::conversation_id.between(from, to).and(messages::kind.eq("customer"));
    let first: Vec<Option<i64>> = messages::table
        .filter(theirs)
        .group_by(messages::conversation_id)
        .select(diesel::dsl::min(messages::id))
        .load(conn)?;
    let ids: Vec<i64> = first.into_iter().flatten().collect();
    let rows = messages::table.filter(messages::id.eq_any(ids)).select((messages::conversation_id, messages::body));
    let rows: Vec<(Option<i64>, String)> = rows.load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, body)| Some((id?, body))).collect())
}

const fn destination(to: Destination) -> (Option<i64>, Option<i64>) {
    match to {
        Destination::Agent(AgentId(id)) => (Some(id), None),
        Destination::Queue(QueueId(id)) => (None, Some(id)),
    }
}

fn read((id, position, keywords, agent, queue, version): Row) -> Result<Rule, Error> {
    let to = match (agent, queue) {
        (Some(agent), _) => Destination::Agent(AgentId(agent)),
        (None, Some(queue)) => Destination::Queue(QueueId(queue)),
        (None, None) => return Err(Error::Corrupt(format!("rule {id} leads nowhere"))),
    };
    let keywords = keywords.lines().map(str::to_owned).collect();
    Ok(Rule { id: RuleId(id), position, keywords, to, version })
}
