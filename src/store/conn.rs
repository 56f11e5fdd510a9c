//! One connection type over the two databases, and how a connection of each role is set up.

use super::Target;
use diesel::connection::SimpleConnection;
use diesel::r2d2::R2D2Connection;
use diesel::{Connection, PgConnection, SqliteConnection};
use std::time::Duration;

/// A connection to whichever database this process was started on.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    Pg(PgConnection),
    Sqlite(SqliteConnection),
}

/// The same expression compiled for each database, for what the common dialect lacks: upserts, batch inserts, unions.
#[macro_export]
macro_rules! native {
    ($conn:expr, |$c:ident| $e:expr) => {
        match $conn {
            $crate::store::Conn::Pg($c) => $e,
            $crate::store::Conn::Sqlite($c) => $e,
        }
    };
}
pub use crate::native;

/// What a connection is for. A reader cannot write, whatever a handler tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Read,
    Write,
}

/// Makes and checks the connections of a pool.
#[derive(Clone, Debug)]
pub struct Manager {
    pub target: Target,
    pub role: Role,
    /// Whether statements may run as long as they need (commands) or are cut off (a server).
    pub patient: bool,
}

pub type Pool = r2d2::Pool<Manager>;

impl Manager {
    /// A pool that connects when first asked, and gives up after three seconds.
    pub fn pool(self, size: u32) -> Pool {
        r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .connection_timeout(Duration::from_secs(3))
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(self)
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

impl r2d2::ManageConnection for Manager {
    type Connection = Conn;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Conn, Self::Error> {
        let mut conn = match &self.target {
            Target::Postgres(_) => Conn::Pg(PgConnection::establish(&self.target.postgres_url().unwrap_or_default())?),
            Target::Sqlite(path) => Conn::Sqlite(SqliteConnection::establish(&path.to_string_lossy())?),
        };
        conn.batch_execute(&self.settings()).map_err(diesel::r2d2::Error::QueryError)?;
        conn.set_instrumentation(super::pooled::watch);
        Ok(conn)
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
