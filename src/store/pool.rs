//! How a connection of each role is set up, and how one is had: at once, or an outage is reported soon.

use super::{Conn, Error, Target};
use diesel::connection::SimpleConnection;
use diesel::r2d2::R2D2Connection;
use diesel::{Connection, PgConnection, SqliteConnection};
use r2d2::{ManageConnection, PooledConnection};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a caller waits for a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a connection is for. A reader cannot write, whatever a handler tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Read,
    Write,
}

/// Makes and checks connections.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    pub target: Target,
    pub role: Role,
    /// Whether statements may run as long as they need (commands) or are cut off (a server).
    pub patient: bool,
    outage: Arc<Outage>,
}

/// When and why the last connection could not be made.
#[derive(Debug, Default)]
struct Outage(Mutex<Option<(Instant, String)>>);

/// Connections of one role.
pub(super) struct Pool {
    pool: r2d2::Pool<Connector>,
    outage: Arc<Outage>,
}

impl Pool {
    /// Connects when first asked.
    pub fn new(connector: Connector, size: u32) -> Self {
        let outage = connector.outage.clone();
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .connection_timeout(PATIENCE)
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(connector);
        Pool { pool, outage }
    }

    /// A connection that answers. While the database is away only the first callers wait for it: the pool goes on
    /// trying by itself, and until it succeeds the others are told at once.
    pub fn get(&self) -> Result<PooledConnection<Connector>, Error> {
        if self.pool.state().connections == 0
            && let Some(reason) = self.outage.lasts()
        {
            return Err(Error::unavailable(reason));
        }
        self.pool.get().map_err(|error| Error::unavailable(self.outage.lasts().unwrap_or_else(|| error.to_string())))
    }
}

impl Connector {
    pub fn new(target: &Target, patient: bool) -> Self {
        Connector { target: target.clone(), role: Role::Read, patient, outage: Arc::default() }
    }

    /// The same for another role. They share what they know of an outage.
    pub fn role(&self, role: Role) -> Self {
        Connector { role, ..self.clone() }
    }

    fn establish(&self) -> Result<Conn, diesel::r2d2::Error> {
        let mut conn = match &self.target {
            Target::Postgres(_) => Conn::Pg(PgConnection::establish(&self.target.postgres_url().unwrap_or_default())?),
            Target::Sqlite(path) => Conn::Sqlite(SqliteConnection::establish(&path.to_string_lossy())?),
        };
        conn.batch_execute(&self.settings()).map_err(diesel::r2d2::Error::QueryError)?;
        conn.set_instrumentation(super::pooled::watch);
        Ok(conn)
    }

    fn settings(&self) -> String {
        match (&self.target, self.role) {
            (Target::Sqlite(_), Role::Read) => SQLITE_READER.to_string(),
            (Target::Sqlite(_), Role::Write) => SQLITE_WRITER.to_string(),
            (Target::Postgres(_), role) => postgres_settings(role, self.patient),
        }
    }
}

const SQLITE_READER: &str = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA query_only = ON;
    PRAGMA mmap_size = 268435456; PRAGMA cache_size = -8192;";

/// FULL: an acknowledged write is on the disk, not in a buffer.
const SQLITE_WRITER: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536;";

fn postgres_settings(role: Role, patient: bool) -> String {
    let role = match role {
        Role::Read => "SET default_transaction_read_only = on;",
        Role::Write => "SET synchronous_commit = on; SET idle_in_transaction_session_timeout = '60s';",
    };
    let limit = if patient { "0" } else { "15s" };
    format!("SET TIME ZONE 'UTC'; SET statement_timeout = '{limit}'; {role}")
}

impl ManageConnection for Connector {
    type Connection = Conn;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Conn, Self::Error> {
        let conn = self.establish();
        self.outage.note(conn.as_ref().err());
        conn
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), Self::Error> {
        match conn {
            Conn::Pg(conn) => conn.ping().map_err(diesel::r2d2::Error::QueryError),
            Conn::Sqlite(_) => Ok(()),
        }
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}

impl Outage {
    fn note(&self, error: Option<&diesel::r2d2::Error>) {
        let now = error.map(|error| (Instant::now(), error.to_string()));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// The reason, if a connection failed a moment ago and none has been made since.
    fn lasts(&self) -> Option<String> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(at, _)| at.elapsed() < 2 * PATIENCE).map(|(_, reason)| reason.clone())
    }
}
