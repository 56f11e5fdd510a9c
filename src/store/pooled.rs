//! Writing on PostgreSQL: a pool, a transaction for each verb, and another try when two of them were in each other's way.

use super::Conn;
use super::pool::Pool;
use super::transaction::{Attempt, Committed, Tx, attempt};
use super::{Error, dialect};
use crate::domain::Fact;
use diesel::connection::InstrumentationEvent;
use diesel::result::{DatabaseErrorKind, Error as Diesel};
use std::cell::Cell;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// How often a transaction is tried before its caller hears of the conflict.
const TRIES: u32 = 6;
/// PostgreSQL takes less than 8,000 bytes.
const PAYLOAD: usize = 7_900;

pub(super) struct Pooled {
    pub pool: Pool,
    pub node: String,
    pub announce: Sender<Committed>,
}

impl Pooled {
    pub fn write<T, E: From<Error>>(&self, mut f: impl FnMut(&mut Tx) -> Result<T, E>) -> Result<T, E> {
        for tried in 1.. {
            let mut conn = self.pool.get()?;
            CONFLICT.set(false);
            let result = self.transact(&mut conn, &mut f);
            if result.is_ok() || !CONFLICT.get() || tried >= TRIES {
                return result;
            }
            drop(conn);
            tracing::debug!("two transactions were in each other's way: try {tried}");
            std::thread::sleep(pause(tried));
        }
        Err(Error::Unavailable("too many conflicts".to_string()).into())
    }

    fn transact<T, E: From<Error>>(
        &self,
        conn: &mut Conn,
        f: &mut impl FnMut(&mut Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        dialect::begin(conn).map_err(Error::from)?;
        match attempt(conn, f) {
            Attempt::Ready(value, facts) => {
                self.commit(conn, facts)?;
                Ok(value)
            }
            Attempt::Refused(refusal) => {
                // A connection that cannot even roll back is dropped by the pool.
                let _ = dialect::rollback_to(conn, 0);
                Err(refusal)
            }
            Attempt::Broken(error) => {
                let _ = dialect::rollback_to(conn, 0);
                Err(error.into())
            }
        }
    }

    fn commit(&self, conn: &mut Conn, facts: Vec<Fact>) -> Result<(), Error> {
        let told = if facts.is_empty() { Ok(()) } else { dialect::notify(conn, &payload(&self.node, &facts)) };
        if let Err(error) = told.and_then(|()| dialect::commit(conn)) {
            let _ = dialect::rollback_to(conn, 0);
            return Err(error.into());
        }
        if !facts.is_empty() {
            // Nobody listens in a command; that is fine.
            let _ = self.announce.send(Committed { facts });
        }
        Ok(())
    }
}

thread_local! {
    /// Whether a statement of this thread lost against another transaction.
    static CONFLICT: Cell<bool> = const { Cell::new(false) };
}

/// Watches a writing connection: a verb wraps the database's errors in its own, so conflicts are seen where they happen.
pub(super) fn watch(event: InstrumentationEvent<'_>) {
    if let InstrumentationEvent::FinishQuery { error: Some(error), .. } = event
        && is_conflict(error)
    {
        CONFLICT.set(true);
    }
}

fn is_conflict(error: &Diesel) -> bool {
    match error {
        Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        Diesel::DatabaseError(_, details) => details.message().contains("deadlock detected"),
        _ => false,
    }
}

/// Longer each time, and not the same for two that met.
fn pause(tried: u32) -> Duration {
    let jitter = getrandom::u32().unwrap_or_default() % 10;
    Duration::from_millis(u64::from(tried * tried * 5 + jitter))
}

/// `<node> <seq>,<seq>`, or `<node> *` (look at everything again) when that would be too long.
fn payload(node: &str, facts: &[Fact]) -> String {
    let seqs: Vec<String> = facts.iter().map(|fact| fact.seq.to_string()).collect();
    let payload = format!("{node} {}", seqs.join(","));
    if payload.len() < PAYLOAD { payload } else { format!("{node} *") }
}
