//! What can be asked of a database about itself. Nothing here changes it.

use super::pool::{Connector, Role};
use super::{Conn, Error, Target, migrate};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use r2d2::ManageConnection;

/// What a database says about itself.
#[derive(Debug)]
pub struct Health {
    /// "SQLite 3.53.2" or "PostgreSQL 15.14".
    pub version: String,
    pub bytes: u64,
    /// The schema's steps that are done and those that are not; none when it was never opened by a server.
    pub applied: Vec<String>,
    pub pending: Vec<String>,
    /// Damage found, in the database's words.
    pub damage: Vec<String>,
}

#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Text)]
    words: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Looks at the database at `target`, which must be there.
pub fn examine(target: &Target) -> Result<Health, Error> {
    target.check().map_err(Error::Unavailable)?;
    let mut conn = Connector::new(target, true).role(Role::Read).connect()?;
    let conn = &mut conn;
    let (version, bytes) = match conn {
        Conn::Sqlite(_) => (
            "SELECT 'SQLite ' || sqlite_version() AS words",
            "SELECT page_count * page_size AS number FROM pragma_page_count, pragma_page_size",
        ),
        Conn::Pg(_) => (
            "SELECT 'PostgreSQL ' || current_setting('server_version') AS words",
            "SELECT pg_database_size(current_database()) AS number",
        ),
    };
    let version = diesel::sql_query(version).get_result::<Words>(conn)?.words;
    let bytes = diesel::sql_query(bytes).get_result::<Number>(conn)?.number.try_into().unwrap_or(0);
    let applied = migrate::applied(conn)?;
    let pending = migrate::pending(conn)?;
    Ok(Health { version, bytes, applied, pending, damage: damage(conn)? })
}

/// Damage to pages and indexes, and rows that refer to nothing. PostgreSQL looks after its pages itself.
fn damage(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let Conn::Sqlite(conn) = conn else { return Ok(Vec::new()) };
    let pages = "SELECT integrity_check AS words FROM pragma_integrity_check WHERE integrity_check <> 'ok' LIMIT 20";
    let keys =
        "SELECT \"table\" || ' refers to missing rows of ' || parent AS words FROM pragma_foreign_key_check LIMIT 20";
    let mut found: Vec<Words> = diesel::sql_query(pages).load(conn)?;
    found.extend(diesel::sql_query(keys).load::<Words>(conn)?);
    Ok(found.into_iter().map(|found| found.words).collect())
}
