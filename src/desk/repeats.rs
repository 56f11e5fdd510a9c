//! Requests under an Idempotency-Key: done once, answered the same again.

use std::sync::Arc;

use super::{Desk, Done};
use crate::store::repeats;
pub use crate::store::repeats::{Claim, Earlier, Once};

impl Desk {
    /// This desk for one request under a key: its first write takes the key, or fails because somebody has it.
    pub fn once(&self, once: &Arc<Once>) -> Desk {
        Desk { db: self.db.once(once.clone()), ..self.clone() }
    }

    /// What happened under a key before.
    pub fn earlier(&self, claim: &Claim) -> Done<Option<Earlier>> {
        self.db.read(|conn| Ok(repeats::find(conn, claim)?))
    }

    /// Keeps what a request under a key was answered.
    pub fn keep_answer(&self, claim: Claim, status: u16, body: String) -> Done<()> {
        self.db.write(move |tx| Ok(repeats::answer(tx.conn, &claim, status, &body)?))
    }
}
