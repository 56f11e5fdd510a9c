//! Writing in bulk: one connection and one transaction for many verbs, each in a savepoint of its own. For commands that
//! move in a whole history: what is read in between sees what was written, and the disk is waited for once in a while.

use std::sync::{Mutex, MutexGuard};

use super::transaction::{Attempt, Tx, attempt};
use super::{Conn, Error, dialect};

/// The one connection. One thread at a time works here, and never inside its own work.
pub(super) struct Bulk {
    node: String,
    held: Mutex<Held>,
}

struct Held {
    conn: Conn,
    /// Facts were written since the last commit.
    changed: bool,
}

impl Bulk {
    pub fn new(mut conn: Conn, node: String) -> Result<Self, Error> {
        dialect::expect_much(&mut conn)?;
        Ok(Bulk { node, held: Mutex::new(Held { conn, changed: false }) })
    }

    /// Reads what was written so far, committed or not.
    pub fn read<T, E: From<Error>>(&self, f: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        f(&mut self.held()?.conn)
    }

    /// Writes on top of the open transaction; a refusal undoes only itself.
    pub fn write<T, E: From<Error>>(&self, mut f: impl FnMut(&mut Tx) -> Result<T, E>) -> Result<T, E> {
        let mut held = self.held()?;
        if dialect::depth(&mut held.conn).map_err(Error::from)? == 0 {
            dialect::begin(&mut held.conn).map_err(Error::from)?;
        }
        dialect::savepoint(&mut held.conn).map_err(Error::from)?;
        match attempt(&mut held.conn, &mut f) {
            Attempt::Ready(value, facts) => {
                dialect::commit(&mut held.conn).map_err(Error::from)?;
                held.changed |= !facts.is_empty();
                Ok(value)
            }
            Attempt::Refused(refusal) => {
                dialect::rollback_to(&mut held.conn, 1).map_err(Error::from)?;
                Err(refusal)
            }
            Attempt::Broken(error) => Err(error.into()),
        }
    }

    /// Makes durable what was written. Servers on the same database are told to look at everything again.
    pub fn commit(&self) -> Result<(), Error> {
        let mut held = self.held()?;
        if dialect::depth(&mut held.conn)? == 0 {
            return Ok(());
        }
        if std::mem::take(&mut held.changed) {
            dialect::notify(&mut held.conn, &format!("{} *", self.node))?;
        }
        Ok(dialect::commit(&mut held.conn)?)
    }

    fn held(&self) -> Result<MutexGuard<'_, Held>, Error> {
        self.held.try_lock().map_err(|_| Error::Corrupt("two at once on a connection for bulk writing".to_owned()))
    }
}
