//! The database: every read and every write goes through here.

use super::bulk::Bulk;
use super::pool::{Connector, Pool, Role};
use super::pooled::Pooled;
use super::repeats::Once;
use super::transaction::{Committed, Tx};
use super::writer::Writer;
use super::{Conn, Error, Target, dialect, lockfile, migrate};
use r2d2::ManageConnection;
use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

/// Who opens the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A server: on SQLite there is one at a time.
    Server,
    /// A command, which may run beside a server and takes the time it needs.
    Tool,
}

/// An open database. Clones share it; the last one to go closes it.
#[derive(Clone)]
pub struct Db {
    open: Arc<Open>,
    /// The key under which this handle writes.
    once: Option<Arc<Once>>,
}

/// An open database, seen by somebody who does not keep it open.
#[derive(Clone)]
pub struct Weak(std::sync::Weak<Open>);

impl Weak {
    /// The database, if anybody still keeps it open.
    pub fn upgrade(&self) -> Option<Db> {
        self.0.upgrade().map(|open| Db { open, once: None })
    }

    pub fn is_open(&self) -> bool {
        self.0.strong_count() > 0
    }
}

struct Open {
    target: Target,
    node: String,
    readers: Pool,
    writers: Writers,
}

enum Writers {
    Thread(Writer),
    Pool(Pooled),
    Bulk(Bulk),
}

impl Db {
    /// Opens and migrates. What committed transactions announce comes out of the receiver, in commit order.
    pub fn open(target: &Target, access: Access) -> Result<(Db, Receiver<Committed>), Error> {
        let (connector, conn, lock) = connect(target, access)?;
        let (announce, committed) = channel();
        let node = node();
        let writers = match target {
            Target::Postgres(_) => {
                Writers::Pool(Pooled { pool: Pool::new(connector.role(Role::Write), 8), node: node.clone(), announce })
            }
            Target::Sqlite(_) => Writers::Thread(writer(connector.role(Role::Write), conn, lock, access, announce)?),
        };
        let readers = Pool::new(connector.role(Role::Read), if target.is_postgres() { 8 } else { 4 });
        let open = Arc::new(Open { target: target.clone(), node, readers, writers });
        Ok((Db { open, once: None }, committed))
    }

    /// Opens for moving in much at once: what is written becomes durable with [`Db::commit`], and not before.
    pub fn open_in_bulk(target: &Target) -> Result<Db, Error> {
        let (connector, conn, _) = connect(target, Access::Tool)?;
        let node = node();
        let writers = Writers::Bulk(Bulk::new(conn, node.clone())?);
        let readers = Pool::new(connector.role(Role::Read), 1);
        let open = Arc::new(Open { target: target.clone(), node, readers, writers });
        Ok(Db { open, once: None })
    }

    /// Makes durable what was written in bulk. Elsewhere every write is durable by itself.
    pub fn commit(&self) -> Result<(), Error> {
        match &self.open.writers {
            Writers::Bulk(bulk) => bulk.commit(),
            Writers::Thread(_) | Writers::Pool(_) => Ok(()),
        }
    }

    /// Reads, on a connection that cannot write. Blocks.
    pub fn read<T, E: From<Error>>(&self, f: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        if let Writers::Bulk(bulk) = &self.open.writers {
            return bulk.read(f);
        }
        let since = Instant::now();
        let mut conn = self.open.readers.get()?;
        let result = f(&mut conn);
        metrics::histogram!("database_seconds", "what" => "read").record(since.elapsed());
        result
    }

    /// Writes, in one transaction, and returns when it is durable. Blocks. `f` may run more than once, each time on a
    /// clean transaction: it changes nothing but the database.
    pub fn write<T, E>(&self, mut f: impl FnMut(&mut Tx) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let Some(once) = self.once.as_ref().filter(|once| !once.is_ours()) else { return self.transact(f) };
        let key = once.clone();
        let result = self.transact(move |tx| {
            key.take(tx.conn)?;
            let done = f(tx)?;
            key.wrote(tx)?;
            Ok(done)
        });
        if result.is_ok() {
            once.mark_ours();
        }
        result
    }

    /// This database for one request under an Idempotency-Key: its first write takes the key, or fails because somebody
    /// has it.
    pub fn once(&self, once: Arc<Once>) -> Db {
        Db { once: Some(once), ..self.clone() }
    }

    fn transact<T, E>(&self, f: impl FnMut(&mut Tx) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let since = Instant::now();
        let result = match &self.open.writers {
            Writers::Thread(writer) => writer.write(f),
            Writers::Pool(pool) => pool.write(f),
            Writers::Bulk(bulk) => bulk.write(f),
        };
        metrics::histogram!("database_seconds", "what" => "write").record(since.elapsed());
        result
    }

    /// Whether one connection does everything here, one thing after the other.
    pub fn is_in_bulk(&self) -> bool {
        matches!(self.open.writers, Writers::Bulk(_))
    }

    /// This database without keeping it open.
    pub fn downgrade(&self) -> Weak {
        Weak(Arc::downgrade(&self.open))
    }

    /// The name of this process among those on the database, new at every start.
    pub fn node(&self) -> &str {
        &self.open.node
    }

    pub fn target(&self) -> &Target {
        &self.open.target
    }

    pub fn is_postgres(&self) -> bool {
        self.open.target.is_postgres()
    }

    /// Whether the database answers now.
    pub fn alive(&self) -> bool {
        self.read(|conn| Ok::<_, Error>(dialect::ping(conn)?)).unwrap_or(false)
    }
}

/// The writing connection, on a schema that is up to date, with the lock of the file if it was free.
fn connect(target: &Target, access: Access) -> Result<(Connector, Conn, Option<File>), Error> {
    target.check().map_err(Error::Unavailable)?;
    let connector = Connector::new(target, access == Access::Tool);
    let lock = lockfile::take(target, access)?;
    let mut conn = connector.role(Role::Write).connect().map_err(|error| cannot_open(target, &error.into()))?;
    migrate::prepare(&mut conn, target, lock.is_some())?;
    Ok((connector, conn, lock))
}

/// A name that no other process has.
fn node() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

fn writer(
    connector: Connector,
    conn: Conn,
    lock: Option<File>,
    access: Access,
    announce: Sender<Committed>,
) -> Result<Writer, Error> {
    let lock = lock.filter(|_| access == Access::Server);
    Writer::start(connector, conn, lock, announce)
}

fn cannot_open(target: &Target, error: &Error) -> Error {
    let reason = match error {
        Error::Unavailable(reason) => reason.clone(),
        error => error.to_string(),
    };
    Error::Unavailable(format!("cannot open {target}: {reason}"))
}
