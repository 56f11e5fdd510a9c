//! The log of facts: appended to, never changed.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::schema::facts;
use super::types::word;
use super::{At, Conn, D, Error, Tx};
use crate::domain::fact::{Data, Datum};
use crate::domain::state::State;
use crate::domain::{Actor, AgentId, ConversationId, Fact, FactKind, InteractionId, ProfileId, Stage};

#[derive(Queryable, Selectable)]
#[diesel(table_name = facts)]
pub(super) struct Stored {
    seq: i64,
    at: At,
    kind: String,
    actor: String,
    actor_id: Option<i64>,
    conversation_id: Option<i64>,
    interaction_id: Option<i64>,
    agent_id: Option<i64>,
    from_value: Option<String>,
    to_value: Option<String>,
    data: D,
}

#[derive(Insertable)]
#[diesel(table_name = facts, treat_none_as_default_value = false)]
struct New<'a> {
    at: At,
    kind: &'a str,
    actor: &'a str,
    actor_id: Option<i64>,
    conversation_id: Option<i64>,
    interaction_id: Option<i64>,
    agent_id: Option<i64>,
    from_value: Option<&'a str>,
    to_value: Option<&'a str>,
    data: D,
}

/// Appends facts, gives each its place, and announces them for after the commit.
pub fn append(tx: &mut Tx, mut new: Vec<Fact>) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let seqs = insert(tx.conn, new.iter().map(row).collect())?;
    for (fact, seq) in new.iter_mut().zip(seqs) {
        fact.seq = seq;
    }
    new.into_iter().for_each(|fact| tx.announce(fact));
    Ok(())
}

/// PostgreSQL takes them in one round trip. SQLite has none to save, and keeps the statement of one row prepared.
fn insert(conn: &mut Conn, rows: Vec<New>) -> QueryResult<Vec<i64>> {
    let into = diesel::insert_into(facts::table);
    match conn {
        Conn::Pg(conn) => into.values(&rows).returning(facts::seq).get_results(conn),
        Conn::Sqlite(conn) => rows.iter().map(|row| into.values(row).returning(facts::seq).get_result(conn)).collect(),
    }
}

/// A page of the facts of a conversation, oldest first: those after a place in the log.
pub fn of_conversation(conn: &mut Conn, id: ConversationId, after: i64, limit: i64) -> Result<Vec<Fact>, Error> {
    let own = facts::table.filter(facts::conversation_id.eq(id.0)).filter(facts::seq.gt(after));
    read(own.order(facts::seq).limit(limit).select(Stored::as_select()).load(conn)?)
}

/// The last facts of a conversation in a stretch of time (from a moment on, before another), oldest first.
pub fn between(
    conn: &mut Conn,
    id: ConversationId,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    limit: i64,
) -> Result<Vec<Fact>, Error> {
    let mut own = facts::table.filter(facts::conversation_id.eq(id.0)).into_boxed();
    if let Some(from) = from {
        own = own.filter(facts::at.ge(At(from)));
    }
    if let Some(until) = until {
        own = own.filter(facts::at.lt(At(until)));
    }
    last(own.order(facts::seq.desc()).limit(limit).select(Stored::as_select()).load(conn)?)
}

/// The changes of stage of a conversation, and what was taken back of them, oldest first: what its clocks are read from.
pub fn of_stages(conn: &mut Conn, id: ConversationId) -> Result<Vec<Fact>, Error> {
    let kinds = [FactKind::StageChanged, FactKind::DeliveryChanged].map(FactKind::as_str);
    let own = facts::table.filter(facts::conversation_id.eq(id.0)).filter(facts::kind.eq_any(kinds));
    read(own.order(facts::seq).select(Stored::as_select()).load(conn)?)
}

/// The last change of a conversation to a stage.
pub fn entering(conn: &mut Conn, id: ConversationId, stage: Stage) -> Result<Option<Fact>, Error> {
    let own = facts::table.filter(facts::conversation_id.eq(id.0)).filter(of_kind(FactKind::StageChanged));
    let own = own.filter(facts::to_value.eq(stage.as_str())).order(facts::seq.desc()).limit(1);
    Ok(read(own.select(Stored::as_select()).load(conn)?)?.pop())
}

/// The last facts of an interaction, oldest first.
pub fn of_interaction(conn: &mut Conn, id: InteractionId, limit: i64) -> Result<Vec<Fact>, Error> {
    let own = facts::table.filter(facts::interaction_id.eq(id.0)).order(facts::seq.desc()).limit(limit);
    last(own.select(Stored::as_select()).load(conn)?)
}

/// The facts that move the work clock of an interaction, with the presence meanwhile of the agents they name, in order
/// of the log.
pub fn of_work(conn: &mut Conn, id: InteractionId) -> Result<Vec<Fact>, Error> {
    let kinds = [FactKind::StateChanged, FactKind::AssignmentChanged].map(FactKind::as_str);
    let own = facts::table.filter(facts::interaction_id.eq(id.0)).filter(facts::kind.eq_any(kinds));
    let mut all = read(own.order(facts::seq).select(Stored::as_select()).load(conn)?)?;
    let Some(first) = all.first().map(|fact| fact.seq) else { return Ok(all) };
    let assigned = all.iter().filter(|f| f.kind == FactKind::AssignmentChanged);
    let mut agents: Vec<AgentId> = assigned.filter_map(|f| f.to.as_deref()?.parse().ok()).map(AgentId).collect();
    agents.sort();
    agents.dedup();
    let state = all.iter().rev().find(|fact| fact.kind == FactKind::StateChanged).and_then(|fact| fact.to.as_deref());
    let over = state.and_then(|state| state.parse::<State>().ok()).is_some_and(State::is_closed);
    let last = all.last().filter(|_| over).map_or(i64::MAX, |fact| fact.seq);
    for agent in agents {
        all.extend(presence_in(conn, agent, first, last)?);
    }
    all.sort_by_key(|fact| fact.seq);
    Ok(all)
}

/// How an agent's presence changed between two places in the log, after what it was at the first.
fn presence_in(conn: &mut Conn, agent: AgentId, first: i64, last: i64) -> Result<Vec<Fact>, Error> {
    let own = || facts::table.filter(facts::agent_id.eq(agent.0)).filter(of_kind(FactKind::PresenceChanged));
    let before = own().filter(facts::seq.lt(first)).order(facts::seq.desc()).limit(1);
    let mut all = read(before.select(Stored::as_select()).load(conn)?)?;
    let after = own().filter(facts::seq.between(first, last)).order(facts::seq);
    all.extend(read(after.select(Stored::as_select()).load(conn)?)?);
    Ok(all)
}

#[diesel::dsl::auto_type]
fn of_kind(kind: FactKind) -> _ {
    let kind: &'static str = kind.as_str();
    facts::kind.eq(kind)
}

/// Facts that were asked for from the newest on, oldest first.
fn last(mut rows: Vec<Stored>) -> Result<Vec<Fact>, Error> {
    rows.reverse();
    read(rows)
}

/// The facts after a place in the log, oldest first.
pub fn in_log(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<Fact>, Error> {
    let query = facts::table.filter(facts::seq.gt(after)).order(facts::seq).limit(limit);
    read(query.select(Stored::as_select()).load(conn)?)
}

/// Facts by their places, in order: what another process announced.
pub fn by_seq(conn: &mut Conn, seqs: &[i64]) -> Result<Vec<Fact>, Error> {
    read(facts::table.filter(facts::seq.eq_any(seqs)).order(facts::seq).select(Stored::as_select()).load(conn)?)
}

fn row(fact: &Fact) -> New<'_> {
    let (actor, actor_id) = actor(fact.actor);
    New {
        at: At(fact.at),
        kind: fact.kind.as_str(),
        actor,
        actor_id,
        conversation_id: fact.conversation.map(|id| id.0),
        interaction_id: fact.interaction.map(|id| id.0),
        agent_id: fact.agent.map(|id| id.0),
        from_value: fact.from.as_deref(),
        to_value: fact.to.as_deref(),
        data: D(document(&fact.data)),
    }
}

const fn actor(actor: Actor) -> (&'static str, Option<i64>) {
    match actor {
        Actor::Customer(ProfileId(id)) => ("customer", Some(id)),
        Actor::Agent(AgentId(id)) => ("agent", Some(id)),
        Actor::System => ("system", None),
    }
}

fn document(data: &Data) -> serde_json::Value {
    let value = |datum: &Datum| match datum {
        Datum::Text(text) => text.clone().into(),
        Datum::Number(n) => (*n).into(),
        Datum::Flag(flag) => (*flag).into(),
        Datum::Null => serde_json::Value::Null,
    };
    data.iter().map(|(name, datum)| (name.clone(), value(datum))).collect::<serde_json::Map<_, _>>().into()
}

fn data(document: serde_json::Value) -> Data {
    let datum = |value| match value {
        serde_json::Value::String(text) => Datum::Text(text),
        serde_json::Value::Bool(flag) => Datum::Flag(flag),
        serde_json::Value::Number(n) => n.as_i64().map_or(Datum::Null, Datum::Number),
        _ => Datum::Null,
    };
    match document {
        serde_json::Value::Object(map) => map.into_iter().map(|(name, value)| (name, datum(value))).collect(),
        _ => Data::new(),
    }
}

pub(super) fn read(rows: Vec<Stored>) -> Result<Vec<Fact>, Error> {
    rows.into_iter().map(Fact::try_from).collect()
}

impl TryFrom<Stored> for Fact {
    type Error = Error;

    fn try_from(row: Stored) -> Result<Self, Error> {
        let actor = match (row.actor.as_str(), row.actor_id) {
            ("customer", Some(id)) => Actor::Customer(ProfileId(id)),
            ("agent", Some(id)) => Actor::Agent(AgentId(id)),
            ("system", _) => Actor::System,
            other => return Err(Error::Corrupt(format!("fact {} by {other:?}", row.seq))),
        };
        Ok(Fact {
            seq: row.seq,
            at: row.at.0,
            kind: word(&row.kind)?,
            actor,
            conversation: row.conversation_id.map(ConversationId),
            interaction: row.interaction_id.map(InteractionId),
            agent: row.agent_id.map(AgentId),
            from: row.from_value,
            to: row.to_value,
            data: data(row.data.0),
        })
    }
}
