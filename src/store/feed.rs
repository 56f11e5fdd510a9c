//! The feed of facts: whoever stores the last place misses nothing and sees nothing twice, whoever writes meanwhile.
//!
//! SQLite has one writer, so the order of the log is the order of the commits. On PostgreSQL a transaction takes its
//! places in the log before it commits, and they may appear in any order: there the feed goes from snapshot to snapshot,
//! and gives the facts whose transactions are visible in the later one and were not in the earlier one.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::facts;
use super::schema::{conversations, interactions};
use super::{Conn, Error, eyes};
use crate::domain::Fact;
use crate::domain::view::Eyes;

/// A place in the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// SQLite: after this place in the log.
    Log(i64),
    /// PostgreSQL: everything visible in `from` is behind; what is visible in `to` is on its way, as far as `(tx, seq)`.
    Between { from: Snapshot, to: Option<Snapshot>, tx: u64, seq: i64 },
}

/// Which transactions are over, as PostgreSQL writes it: the oldest that runs, the first that has not begun, and those
/// between them that run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot(String);

/// Facts with the place of each, and the place after all of them.
pub struct Page {
    pub facts: Vec<(Position, Fact)>,
    pub end: Position,
    /// There may be more at once.
    pub more: bool,
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    tx: String,
}

#[derive(QueryableByName)]
struct Now {
    #[diesel(sql_type = Text)]
    snapshot: String,
}

const PAGE: &str = "SELECT seq, tx::text AS tx FROM facts \
    WHERE (tx, seq) > ($1::text::xid8, $2) AND NOT pg_visible_in_snapshot(tx, $3::text::pg_snapshot) \
    AND pg_visible_in_snapshot(tx, $4::text::pg_snapshot) ORDER BY facts.tx, facts.seq LIMIT $5";

impl Snapshot {
    /// Before everything.
    fn first() -> Self {
        Snapshot("1:1:".to_owned())
    }

    fn now(conn: &mut diesel::PgConnection) -> Result<Self, Error> {
        let now: Now = diesel::sql_query("SELECT pg_current_snapshot()::text AS snapshot").get_result(conn)?;
        Ok(Snapshot(now.snapshot))
    }

    /// The oldest transaction that was not over.
    fn oldest(&self) -> u64 {
        self.0.split(':').next().and_then(|text| text.parse().ok()).unwrap_or_default()
    }
}

impl FromStr for Snapshot {
    type Err = ();

    /// Takes only what PostgreSQL takes: three parts, numbers in order.
    fn from_str(text: &str) -> Result<Self, ()> {
        let parts: Vec<&str> = text.split(':').collect();
        let [oldest, next, running] = parts.as_slice() else { return Err(()) };
        let (oldest, next): (u64, u64) = (oldest.parse().map_err(|_| ())?, next.parse().map_err(|_| ())?);
        let listed = running.split(',').filter(|part| !part.is_empty() || running.contains(','));
        let running: Vec<u64> = listed.map(|id| id.parse().map_err(|_| ())).collect::<Result<_, _>>()?;
        let in_order = running.is_sorted_by(|a, b| a < b);
        let fine = oldest > 0 && oldest <= next && running.iter().all(|id| (oldest..next).contains(id)) && in_order;
        if fine { Ok(Snapshot(text.to_owned())) } else { Err(()) }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Position::Log(seq) => write!(f, "{seq}"),
            Position::Between { from, to, tx, seq } => {
                let to = to.as_ref().map_or("", |to| to.0.as_str());
                write!(f, "{} {to} {tx} {seq}", from.0)
            }
        }
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let parts: Vec<&str> = text.split(' ').collect();
        match parts.as_slice() {
            [seq] => Ok(Position::Log(seq.parse().ok().filter(|seq| *seq >= 0).ok_or(())?)),
            [from, to, tx, seq] => Ok(Position::Between {
                from: from.parse()?,
                to: if to.is_empty() { None } else { Some(to.parse()?) },
                tx: tx.parse().map_err(|_| ())?,
                seq: seq.parse().map_err(|_| ())?,
            }),
            _ => Err(()),
        }
    }
}

/// The facts after a place (None: from the beginning). A place of the other kind of database is NotFound.
pub fn after(conn: &mut Conn, after: Option<&Position>, limit: i64) -> Result<Page, Error> {
    match conn {
        Conn::Sqlite(_) => match after {
            None => in_the_log(conn, 0, limit),
            Some(Position::Log(seq)) => in_the_log(conn, *seq, limit),
            Some(Position::Between { .. }) => Err(Error::NotFound),
        },
        Conn::Pg(_) => match after.cloned() {
            None => between(conn, Snapshot::first(), None, (0, 0), limit),
            Some(Position::Between { from, to, tx, seq }) => between(conn, from, to, (tx, seq), limit),
            Some(Position::Log(_)) => Err(Error::NotFound),
        },
    }
}

/// The place after everything that has happened.
pub fn head(conn: &mut Conn) -> Result<Position, Error> {
    match conn {
        Conn::Sqlite(conn) => {
            use super::schema::facts::dsl;
            let last: Option<i64> = dsl::facts.select(diesel::dsl::max(dsl::seq)).first(conn)?;
            Ok(Position::Log(last.unwrap_or_default()))
        }
        Conn::Pg(conn) => Ok(Position::Between { from: Snapshot::now(conn)?, to: None, tx: 0, seq: 0 }),
    }
}

fn in_the_log(conn: &mut Conn, after: i64, limit: i64) -> Result<Page, Error> {
    let facts: Vec<(Position, Fact)> =
        facts::in_log(conn, after, limit)?.into_iter().map(|fact| (Position::Log(fact.seq), fact)).collect();
    let end = facts.last().map_or(Position::Log(after), |(place, _)| place.clone());
    let more = i64::try_from(facts.len()).is_ok_and(|n| n == limit);
    Ok(Page { facts, end, more })
}

fn between(
    conn: &mut Conn,
    from: Snapshot,
    to: Option<Snapshot>,
    after: (u64, i64),
    limit: i64,
) -> Result<Page, Error> {
    let goes_on = to.is_some();
    let (to, rows) = {
        let Conn::Pg(conn) = &mut *conn else { return Err(Error::NotFound) };
        let to = match to {
            Some(to) => to,
            None => Snapshot::now(conn)?,
        };
        // Nothing older than the oldest that ran can be new.
        let (tx, seq) = after.max((from.oldest().saturating_sub(1), i64::MAX));
        let query = diesel::sql_query(PAGE).bind::<Text, _>(tx.to_string()).bind::<BigInt, _>(seq);
        let query = query.bind::<Text, _>(&from.0).bind::<Text, _>(&to.0).bind::<BigInt, _>(limit);
        let rows: Vec<Place> = query.load(conn)?;
        (to, rows)
    };
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let mut known: HashMap<i64, Fact> = facts::by_seq(conn, &seqs)?.into_iter().map(|fact| (fact.seq, fact)).collect();
    let mut facts = Vec::with_capacity(rows.len());
    for row in rows {
        let tx = row.tx.parse().map_err(|_| Error::Corrupt(format!("a transaction called {:?}", row.tx)))?;
        let place = Position::Between { from: from.clone(), to: Some(to.clone()), tx, seq: row.seq };
        facts.extend(known.remove(&row.seq).map(|fact| (place, fact)));
    }
    let full = i64::try_from(facts.len()).is_ok_and(|n| n == limit);
    let end = match facts.last() {
        Some((place, _)) if full => place.clone(),
        _ => Position::Between { from: to, to: None, tx: 0, seq: 0 },
    };
    Ok(Page { facts, end, more: full || goes_on })
}

/// Which of these facts these eyes see: those of records whose queue is not hidden from them, as of now.
pub fn seen(conn: &mut Conn, facts: &[&Fact], eyes: &Eyes) -> Result<Vec<bool>, Error> {
    if eyes.hidden.is_empty() {
        return Ok(vec![true; facts.len()]);
    }
    let of = |fact: &&Fact| match (fact.conversation, fact.interaction) {
        (Some(id), _) => (Some(id.0), None),
        (None, interaction) => (None, interaction.map(|id| id.0)),
    };
    let (threads, alone): (Vec<_>, Vec<_>) = facts.iter().map(of).unzip();
    let mut seen = conversations::table.select(conversations::id).into_boxed();
    seen = seen.filter(conversations::id.eq_any(threads.iter().flatten().copied().collect::<Vec<i64>>()));
    if let Some(condition) = eyes::conversations(eyes) {
        seen = seen.filter(condition);
    }
    let seen_threads: HashSet<i64> = seen.load(conn)?.into_iter().collect();
    let mut seen = interactions::table.select(interactions::id).into_boxed();
    seen = seen.filter(interactions::id.eq_any(alone.iter().flatten().copied().collect::<Vec<i64>>()));
    if let Some(condition) = eyes::interactions(eyes) {
        seen = seen.filter(condition);
    }
    let seen_alone: HashSet<i64> = seen.load(conn)?.into_iter().collect();
    let known = |(thread, alone): (Option<i64>, Option<i64>)| {
        thread.is_none_or(|id| seen_threads.contains(&id)) && alone.is_none_or(|id| seen_alone.contains(&id))
    };
    Ok(threads.into_iter().zip(alone).map(known).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_as_it_was_written_and_nonsense_is_refused() {
        let from = Snapshot("10:20:11,15".to_owned());
        for place in [
            Position::Log(42),
            Position::Between { from: from.clone(), to: None, tx: 0, seq: 0 },
            Position::Between { from, to: Some(Snapshot("20:20:".to_owned())), tx: 17, seq: 5 },
        ] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for bad in
            ["", "x", "1 2", "0:1:  0 0", "5:4:  0 0", "1:9:3,2  0 0", "1:9:,  0 0", "1:9:9  0 0", "1:1 1:1: 0 0"]
        {
            assert_eq!(bad.parse::<Position>(), Err(()), "{bad}");
        }
    }
}
