//! A table of the tests' own, to try the store with.

use chrono::DateTime;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;
use switchboard::store::{Access, At, Conn, D, Db, Error};

use super::database::Database;

diesel::table! {
    use diesel::sql_types::*;
    use switchboard::store::types::{Doc, Instant};
    probe (id) { id -> BigInt, word -> Text, doc -> Doc, at -> Instant, seen -> Nullable<Instant>, }
}

pub fn open(database: &Database) -> Db {
    let (db, _) = Db::open(&database.target(), Access::Server).unwrap();
    table(&db);
    db
}

pub fn table(db: &Db) {
    let columns = if db.is_postgres() {
        "(id BIGINT PRIMARY KEY, word TEXT NOT NULL, doc JSONB NOT NULL, at TIMESTAMPTZ NOT NULL, seen TIMESTAMPTZ)"
    } else {
        "(id INTEGER PRIMARY KEY, word TEXT NOT NULL, doc TEXT NOT NULL, at INTEGER NOT NULL, seen INTEGER) STRICT"
    };
    write(db, move |conn| conn.batch_execute(&format!("CREATE TABLE probe {columns}"))).unwrap();
}

pub fn write<T: Send + 'static>(
    db: &Db,
    mut f: impl FnMut(&mut Conn) -> QueryResult<T> + Send + 'static,
) -> Result<T, Error> {
    db.write(move |tx| Ok(f(tx.conn)?))
}

pub type Row = (i64, String, D, At, Option<At>);

#[derive(Insertable)]
#[diesel(table_name = probe)]
pub struct Values<'a> {
    pub id: i64,
    pub word: &'a str,
    pub doc: D,
    pub at: At,
    pub seen: Option<At>,
}

pub fn values(row: &Row) -> Values<'_> {
    Values { id: row.0, word: &row.1, doc: row.2.clone(), at: row.3, seen: row.4 }
}

pub fn insert(conn: &mut Conn, id: i64, word: &str) -> QueryResult<usize> {
    let row = (id, word.to_string(), D(json!({})), At(DateTime::UNIX_EPOCH), None);
    diesel::insert_into(probe::table).values(values(&row)).execute(conn)
}

/// Inserts a row with the next number.
pub fn next(conn: &mut Conn) -> QueryResult<i64> {
    if let Conn::Pg(conn) = conn {
        conn.batch_execute("LOCK TABLE probe")?;
    }
    let last: Option<i64> = probe::table.select(diesel::dsl::max(probe::id)).first(conn)?;
    let next = last.unwrap_or(0) + 1;
    insert(conn, next, "next").map(|_| next)
}

pub fn touch(conn: &mut Conn, id: i64) -> QueryResult<usize> {
    diesel::update(probe::table.find(id)).set(probe::word.eq("touched")).execute(conn)
}

pub fn words(db: &Db) -> Vec<String> {
    db.read(|conn| Ok::<_, Error>(probe::table.order(probe::id).select(probe::word).load(conn)?)).unwrap()
}

pub fn setting(conn: &mut Conn, name: &str) -> QueryResult<String> {
    #[derive(QueryableByName)]
    struct Value {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let ask = match conn {
        Conn::Pg(_) => format!("SELECT current_setting('{name}') AS value"),
        Conn::Sqlite(_) => format!(
            "SELECT CAST(\"{}\" AS TEXT) AS value FROM pragma_{name}",
            if name == "busy_timeout" { "timeout" } else { name }
        ),
    };
    Ok(diesel::sql_query(ask).get_result::<Value>(conn)?.value)
}
