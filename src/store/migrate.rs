//! The schema's history, compiled in: the same steps for both databases.

use super::{Conn, Error, Target, catalogue, folding};
use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::time::Duration;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The tables that the steps themselves fill.
pub(super) const FILLED: &[&str] = &["resolutions"];

/// The number of our lock on PostgreSQL ("switchbd").
const LOCK: i64 = 0x7377_6974_6368_6264;

/// Brings the schema up to date. On SQLite that needs the file to ourselves (`alone`); if somebody else has it, they
/// may be doing just that.
pub(super) fn prepare(conn: &mut Conn, target: &Target, alone: bool) -> Result<(), Error> {
    refuse_newer(conn, target)?;
    if target.is_postgres() || alone {
        return run(conn);
    }
    for _ in 0..50 {
        if pending(conn)?.is_empty() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err(Error::Unavailable(format!("{target} must be migrated, but another process uses it: stop that one first")))
}

/// The steps that are not yet done, oldest first, by version.
pub fn pending(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let applied = applied(conn)?;
    Ok(known(conn)?.into_iter().filter(|version| !applied.contains(version)).collect())
}

/// The steps that are done, oldest first, by version; also on a connection that cannot write.
pub fn applied(conn: &mut Conn) -> Result<Vec<String>, Error> {
    #[derive(diesel::QueryableByName)]
    struct Version {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }
    if !catalogue::has_table(conn, "__diesel_schema_migrations")? {
        return Ok(Vec::new());
    }
    let ask = "SELECT version FROM __diesel_schema_migrations ORDER BY version";
    let versions: Vec<Version> = diesel::sql_query(ask).load(conn)?;
    Ok(versions.into_iter().map(|row| row.version).collect())
}

/// Runs what is pending, each step in a transaction of its own, one process at a time.
pub(super) fn run(conn: &mut Conn) -> Result<(), Error> {
    while_locked(conn, |conn| {
        let done = match conn {
            Conn::Pg(conn) => conn.run_pending_migrations(POSTGRES).map_err(failed)?.len(),
            Conn::Sqlite(conn) => conn.run_pending_migrations(SQLITE).map_err(failed)?.len(),
        };
        folding::fill(conn)?;
        if done > 0 {
            conn.batch_execute("ANALYZE")?;
        }
        Ok(())
    })
}

/// Brings a new database to exactly these steps.
pub(super) fn to(conn: &mut Conn, versions: &[String]) -> Result<(), Error> {
    let known = known(conn)?;
    if let Some(unknown) = versions.iter().find(|version| !known.contains(version)) {
        return Err(Error::Unavailable(format!(
            "the backup is of a newer version (migration {unknown}); use that version"
        )));
    }
    if applied(conn)?.iter().any(|version| !versions.contains(version)) {
        return Err(Error::Unavailable(
            "the backup is of an older version; restore it into a database without tables".to_string(),
        ));
    }
    while_locked(conn, |conn| {
        while applied(conn)?.len() < versions.len() {
            match conn {
                Conn::Pg(conn) => drop(conn.run_next_migration(POSTGRES).map_err(failed)?),
                Conn::Sqlite(conn) => drop(conn.run_next_migration(SQLITE).map_err(failed)?),
            }
        }
        Ok(())
    })
}

fn while_locked<T>(conn: &mut Conn, f: impl FnOnce(&mut Conn) -> Result<T, Error>) -> Result<T, Error> {
    if let Conn::Pg(conn) = conn {
        conn.batch_execute(&format!("SET statement_timeout = 0; SELECT pg_advisory_lock({LOCK})"))?;
    }
    let result = f(conn);
    let unlocked = match conn {
        Conn::Pg(conn) => conn.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK})")),
        Conn::Sqlite(_) => Ok(()),
    };
    let value = result?;
    unlocked?;
    Ok(value)
}

/// A database that a newer version has changed is not ours to write to.
fn refuse_newer(conn: &mut Conn, target: &Target) -> Result<(), Error> {
    let known = known(conn)?;
    match applied(conn)?.into_iter().find(|version| !known.contains(version)) {
        None => Ok(()),
        Some(version) => Err(Error::Unavailable(format!(
            "{target} was made by a newer version (migration {version}); use that version"
        ))),
    }
}

/// The versions of the steps compiled in, oldest first.
fn known(conn: &Conn) -> Result<Vec<String>, Error> {
    match conn {
        Conn::Pg(_) => versions::<Pg>(&POSTGRES),
        Conn::Sqlite(_) => versions::<Sqlite>(&SQLITE),
    }
}

fn versions<DB: Backend>(source: &impl MigrationSource<DB>) -> Result<Vec<String>, Error> {
    let mut versions: Vec<String> =
        source.migrations().map_err(failed)?.iter().map(|one| one.name().version().to_string()).collect();
    versions.sort();
    Ok(versions)
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    match error.downcast::<diesel::result::Error>() {
        Ok(error) => Error::from(*error),
        Err(error) => Error::Corrupt(format!("migration: {error}")),
    }
}
