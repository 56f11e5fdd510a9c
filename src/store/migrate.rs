//! The schema's history, compiled in: the same steps for both databases.

use super::{Conn, Error, Target};
use diesel::connection::SimpleConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
/// The number of our lock on PostgreSQL ("switchbd").
const LOCK: i64 = 0x7377_6974_6368_6264;

/// Brings the schema up to date. On SQLite that needs the file to ourselves (`alone`).
pub(super) fn prepare(conn: &mut Conn, target: &Target, alone: bool) -> Result<(), Error> {
    refuse_newer(conn, target)?;
    if target.is_postgres() || alone {
        return run(conn);
    }
    match pending(conn)?.len() {
        0 => Ok(()),
        n => Err(Error::Unavailable(format!(
            "{target} needs {n} migrations of this version while another process uses it: stop that one first"
        ))),
    }
}

/// The steps that are not yet done, by name.
pub fn pending(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let names = match conn {
        Conn::Pg(conn) => {
            conn.pending_migrations(POSTGRES).map(|all| all.iter().map(|one| one.name().to_string()).collect())
        }
        Conn::Sqlite(conn) => {
            conn.pending_migrations(SQLITE).map(|all| all.iter().map(|one| one.name().to_string()).collect())
        }
    };
    names.map_err(failed)
}

/// The steps that are done, newest first, by version.
pub fn applied(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let versions = crate::native!(conn, |conn| conn.applied_migrations().map_err(failed))?;
    Ok(versions.iter().map(ToString::to_string).collect())
}

fn run(conn: &mut Conn) -> Result<(), Error> {
    match conn {
        Conn::Sqlite(conn) => {
            if !conn.run_pending_migrations(SQLITE).map_err(failed)?.is_empty() {
                conn.batch_execute("ANALYZE")?;
            }
        }
        Conn::Pg(conn) => {
            conn.batch_execute(&format!("SET statement_timeout = 0; SELECT pg_advisory_lock({LOCK})"))?;
            if !conn.run_pending_migrations(POSTGRES).map_err(failed)?.is_empty() {
                conn.batch_execute("ANALYZE")?;
            }
            conn.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK})"))?;
        }
    }
    Ok(())
}

/// A database that a newer version has changed is not ours to write to.
fn refuse_newer(conn: &mut Conn, target: &Target) -> Result<(), Error> {
    use diesel::migration::{Migration, MigrationSource};
    let known: Vec<String> = match conn {
        Conn::Pg(_) => MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES)
            .map(|all| all.iter().map(|one| one.name().version().to_string()).collect()),
        Conn::Sqlite(_) => MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE)
            .map(|all| all.iter().map(|one| one.name().version().to_string()).collect()),
    }
    .map_err(failed)?;
    match applied(conn)?.into_iter().find(|version| !known.contains(version)) {
        None => Ok(()),
        Some(version) => Err(Error::Unavailable(format!(
            "{target} was made by a newer version (migration {version}); use that version"
        ))),
    }
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    match error.downcast::<diesel::result::Error>() {
        Ok(error) => Error::from(*error),
        Err(error) => Error::Corrupt(format!("migration: {error}")),
    }
}
