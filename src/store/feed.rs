//! The feed of facts: whoever stores the last place misses nothing and sees nothing twice, whoever writes meanwhile.
//!
//! SQLite has one writer, so the order of the log is the order of the commits. On PostgreSQL a transaction takes its
//! places in the log before it commits; facts are fed in the order of their transactions, and only those before the
//! oldest transaction that still runs.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::facts;
use super::inbox::Eyes;
use super::schema::{conversations, interactions};
use super::{Conn, Error};
use crate::domain::{Fact, QueueId};

/// A place in the feed. `tx` is the transaction on PostgreSQL, and zero on SQLite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    pub tx: u64,
    pub seq: i64,
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    tx: String,
}

const PAGE: &str = "SELECT seq, tx::text AS tx FROM facts \
    WHERE (tx, seq) > ($1::text::xid8, $2) AND tx < pg_snapshot_xmin(pg_current_snapshot()) \
    ORDER BY facts.tx, facts.seq LIMIT $3";
const HEAD: &str = "SELECT 9223372036854775807 AS seq, pg_snapshot_xmin(pg_current_snapshot())::text AS tx";

/// The facts after a place, in the order of the feed, each with its place.
pub fn after(conn: &mut Conn, after: Position, limit: i64) -> Result<Vec<(Position, Fact)>, Error> {
    let places: Vec<Position> = match conn {
        Conn::Sqlite(conn) => {
            use super::schema::facts::dsl;
            let query = dsl::facts.filter(dsl::seq.gt(after.seq)).order(dsl::seq).limit(limit).select(dsl::seq);
            query.load::<i64>(conn)?.into_iter().map(|seq| Position { tx: 0, seq }).collect()
        }
        Conn::Pg(conn) => {
            let query = diesel::sql_query(PAGE).bind::<Text, _>(after.tx.to_string());
            let rows: Vec<Place> = query.bind::<BigInt, _>(after.seq).bind::<BigInt, _>(limit).load(conn)?;
            rows.iter().map(position).collect::<Result<_, _>>()?
        }
    };
    let seqs: Vec<i64> = places.iter().map(|place| place.seq).collect();
    let mut facts: HashMap<i64, Fact> = facts::by_seq(conn, &seqs)?.into_iter().map(|fact| (fact.seq, fact)).collect();
    Ok(places.into_iter().filter_map(|place| Some((place, facts.remove(&place.seq)?))).collect())
}

/// The place after everything that is fed now.
pub fn head(conn: &mut Conn) -> Result<Position, Error> {
    match conn {
        Conn::Sqlite(conn) => {
            use super::schema::facts::dsl;
            let last: Option<i64> = dsl::facts.select(diesel::dsl::max(dsl::seq)).first(conn)?;
            Ok(Position { tx: 0, seq: last.unwrap_or_default() })
        }
        Conn::Pg(conn) => {
            let oldest = position(&diesel::sql_query(HEAD).get_result(conn)?)?;
            Ok(Position { tx: oldest.tx.saturating_sub(1), ..oldest })
        }
    }
}

/// Which of these facts these eyes see: those of records whose queue is not hidden from them, as of now.
pub fn seen(conn: &mut Conn, facts: &[Fact], eyes: &Eyes) -> Result<Vec<bool>, Error> {
    if eyes.hidden.is_empty() {
        return Ok(vec![true; facts.len()]);
    }
    let threads: Vec<i64> = facts.iter().filter_map(|f| f.conversation).map(|id| id.0).collect();
    let rows: Vec<(i64, Option<i64>, Option<i64>)> = conversations::table
        .filter(conversations::id.eq_any(&threads))
        .select((conversations::id, conversations::queue_id, conversations::assignee_id))
        .load(conn)?;
    let threads: HashMap<i64, bool> = rows.into_iter().map(|row| visible(row, eyes)).collect();
    let alone: Vec<i64> =
        facts.iter().filter(|f| f.conversation.is_none()).filter_map(|f| f.interaction).map(|id| id.0).collect();
    let rows: Vec<(i64, Option<i64>, Option<i64>)> = interactions::table
        .filter(interactions::id.eq_any(&alone))
        .select((interactions::id, interactions::queue_id, interactions::assignee_id))
        .load(conn)?;
    let alone: HashMap<i64, bool> = rows.into_iter().map(|row| visible(row, eyes)).collect();
    let known = |seen: &HashMap<i64, bool>, id: i64| seen.get(&id).copied().unwrap_or(false);
    let seen = |fact: &Fact| match (fact.conversation, fact.interaction) {
        (Some(id), _) => known(&threads, id.0),
        (None, Some(id)) => known(&alone, id.0),
        (None, None) => true,
    };
    Ok(facts.iter().map(seen).collect())
}

fn visible((id, queue, assignee): (i64, Option<i64>, Option<i64>), eyes: &Eyes) -> (i64, bool) {
    let hidden = queue.is_some_and(|queue| eyes.hidden.contains(&QueueId(queue)));
    (id, !hidden || assignee == Some(eyes.agent.0))
}

fn position(place: &Place) -> Result<Position, Error> {
    let tx = place.tx.parse().map_err(|_| Error::Corrupt(format!("a transaction called {:?}", place.tx)))?;
    Ok(Position { tx, seq: place.seq })
}
