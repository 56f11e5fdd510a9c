//! A transaction as the desk sees it: a connection to write through, and facts to announce once it is durable.

use super::{Conn, Error, dialect};
use crate::domain::{Fact, FactKind};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What one committed transaction announced.
#[derive(Debug)]
pub struct Committed {
    pub facts: Vec<Fact>,
}

/// A transaction in the making.
pub struct Tx<'a> {
    pub conn: &'a mut Conn,
    facts: Vec<Fact>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(conn: &'a mut Conn) -> Self {
        Tx { conn, facts: Vec::new() }
    }

    /// Hands `fact` on to whoever watches, after the commit and in commit order.
    pub fn announce(&mut self, fact: Fact) {
        self.facts.push(fact);
    }

    /// The last message that was written in it.
    pub(super) fn written(&self) -> Option<i64> {
        self.facts.iter().rev().find(|fact| fact.kind == FactKind::MessageAdded)?.number("message")
    }
}

/// How an attempt ended.
pub(super) enum Attempt<T, E> {
    /// Done, ready to be committed.
    Ready(T, Vec<Fact>),
    /// The verb said no (or panicked); everything it did is undone.
    Refused(E),
    /// The connection's transaction is no longer what we think it is.
    Broken(Error),
}

/// Runs `f` on top of the open transaction. Whatever it leaves open, also by a panic in the middle of a transaction of
/// its own, is undone unless it ends well.
pub(super) fn attempt<T, E: From<Error>>(
    conn: &mut Conn,
    f: &mut impl FnMut(&mut Tx) -> Result<T, E>,
) -> Attempt<T, E> {
    let open = match dialect::depth(conn) {
        Ok(depth) => depth,
        Err(error) => return Attempt::Broken(error.into()),
    };
    let mut tx = Tx::new(conn);
    let result = catch_unwind(AssertUnwindSafe(|| f(&mut tx)));
    let facts = tx.facts;
    match result {
        Ok(Ok(value)) if dialect::depth(conn).is_ok_and(|depth| depth == open) => Attempt::Ready(value, facts),
        Ok(Ok(_)) => Attempt::Broken(Error::Corrupt("a verb left a transaction open".to_string())),
        Ok(Err(refusal)) => undone(conn, open, refusal),
        Err(panic) => undone(conn, open, Error::panicked(panic.as_ref()).into()),
    }
}

/// The attempt's own (outermost) level is left to the caller.
fn undone<T, E>(conn: &mut Conn, open: u32, refusal: E) -> Attempt<T, E> {
    match dialect::rollback_to(conn, open) {
        Ok(()) => Attempt::Refused(refusal),
        Err(error) => Attempt::Broken(error.into()),
    }
}
