//! What programs were answered under an Idempotency-Key, so that a repeat is answered the same and does nothing.
//!
//! The key is taken in the transaction of the verb itself: what was done under a key is done once, whatever crashes.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::schema::idempotency_keys::{self as keys, dsl};
use super::{At, Conn, Error, Tx};
use crate::domain::MessageId;
use crate::native;

/// How long a key is remembered.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// A key of one caller on one path, with a hash of what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub owner: String,
    pub path: String,
    pub key: String,
    pub request: String,
    pub at: DateTime<Utc>,
}

/// One request under a key: its first write takes the key, in its own transaction.
#[derive(Debug)]
pub struct Once {
    pub claim: Claim,
    ours: AtomicBool,
    lost: AtomicBool,
}

impl Once {
    /// A request that has written nothing yet.
    pub fn new(claim: Claim) -> Self {
        Once { claim, ours: AtomicBool::new(false), lost: AtomicBool::new(false) }
    }

    /// Whether this request did something under its key.
    pub fn is_ours(&self) -> bool {
        self.ours.load(Ordering::Acquire)
    }

    /// Whether another request did it first: this one has changed nothing.
    pub fn is_repeat(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    pub(super) fn mark_ours(&self) {
        self.ours.store(true, Ordering::Release);
    }

    pub(super) fn take(&self, conn: &mut Conn) -> Result<(), Error> {
        let free = take(conn, &self.claim)?;
        self.lost.store(!free, Ordering::Release);
        if free { Ok(()) } else { Err(Error::Stale) }
    }

    /// Until the answer is kept, the message stands in its place: after a crash its writer can still be told of it.
    pub(super) fn wrote(&self, tx: &mut Tx) -> Result<(), Error> {
        let Some(message) = tx.written() else { return Ok(()) };
        let own = keys::table.find((&self.claim.owner, &self.claim.path, &self.claim.key));
        diesel::update(own).set(dsl::answer.eq(message.to_string())).execute(tx.conn)?;
        Ok(())
    }
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    pub request: String,
    /// Status and body; None until the first request was answered.
    pub answer: Option<(u16, String)>,
    /// The message the first request wrote, as long as it was not answered.
    pub message: Option<MessageId>,
    pub at: DateTime<Utc>,
}

/// What happened under a key before.
pub fn find(conn: &mut Conn, claim: &Claim) -> Result<Option<Earlier>, Error> {
    let query =
        keys::table.find((&claim.owner, &claim.path, &claim.key)).filter(dsl::created_at.gt(At(claim.at - KEPT)));
    let row: Option<(String, i64, String, At)> =
        query.select((dsl::request_hash, dsl::status, dsl::answer, dsl::created_at)).first(conn).optional()?;
    Ok(row.map(|(request, status, body, at)| Earlier {
        request,
        message: body.parse().ok().filter(|_| status == 0).map(MessageId),
        answer: u16::try_from(status).ok().filter(|status| *status > 0).map(|status| (status, body)),
        at: at.0,
    }))
}

/// Takes a key; whether it was free. Waits for another transaction that is taking it.
fn take(conn: &mut Conn, claim: &Claim) -> Result<bool, Error> {
    let own = keys::table.find((&claim.owner, &claim.path, &claim.key));
    diesel::delete(own.filter(dsl::created_at.le(At(claim.at - KEPT)))).execute(conn)?;
    insert(conn, claim, 0, "")
}

/// Keeps the answer of a key, taken or not.
pub fn answer(conn: &mut Conn, claim: &Claim, status: u16, body: &str) -> Result<(), Error> {
    let expired = keys::table.filter(dsl::created_at.le(At(claim.at - KEPT)));
    diesel::delete(expired).execute(conn)?;
    if insert(conn, claim, status, body)? {
        return Ok(());
    }
    let open = keys::table.find((&claim.owner, &claim.path, &claim.key)).filter(dsl::status.eq(0));
    let row = (dsl::status.eq(i64::from(status)), dsl::answer.eq(body));
    diesel::update(open).set(row).execute(conn)?;
    Ok(())
}

fn insert(conn: &mut Conn, claim: &Claim, status: u16, body: &str) -> Result<bool, Error> {
    let row = (
        dsl::owner.eq(&claim.owner),
        dsl::path.eq(&claim.path),
        dsl::key.eq(&claim.key),
        dsl::request_hash.eq(&claim.request),
        dsl::status.eq(i64::from(status)),
        dsl::answer.eq(body),
        dsl::created_at.eq(At(claim.at)),
    );
    let inserted = native!(conn, |c| diesel::insert_into(keys::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(inserted == 1)
}
