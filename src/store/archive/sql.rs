//! What reading and writing an archive says to each database.

use crate::store::catalogue::{Column, Table};
use crate::store::{Conn, Error};
use anyhow::Context;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Nullable<BigInt>)]
    number: Option<i64>,
}

/// Selects every row of a table as one JSON array.
pub(super) fn select(conn: &Conn, Table { name, columns }: &Table) -> String {
    let (array, value): (_, fn(&Column) -> String) = match conn {
        Conn::Pg(_) => ("json_build_array", from_postgres),
        Conn::Sqlite(_) => ("json_array", from_sqlite),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    format!("SELECT CAST({array}({}) AS TEXT) AS row FROM \"{name}\"", values.join(", "))
}

/// Inserts an array of such rows, bound as text.
pub(super) fn insert(conn: &Conn, table: &str, columns: &[&Column]) -> String {
    let names: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let value = match conn {
        Conn::Pg(_) => to_postgres,
        Conn::Sqlite(_) => to_sqlite,
    };
    let values: Vec<String> = columns.iter().enumerate().map(|(at, column)| value(at, &column.kind)).collect();
    let (names, values) = (names.join(", "), values.join(", "));
    match conn {
        Conn::Sqlite(_) => format!("INSERT INTO \"{table}\" ({names}) SELECT {values} FROM json_each($1)"),
        Conn::Pg(_) => format!(
            "INSERT INTO \"{table}\" ({names}) OVERRIDING SYSTEM VALUE
             SELECT {values} FROM json_array_elements($1::json) AS value"
        ),
    }
}

fn from_sqlite(Column { name, kind }: &Column) -> String {
    match kind.as_str() {
        "BLOB" => format!("hex(\"{name}\")"),
        _ => format!("\"{name}\""),
    }
}

fn to_sqlite(at: usize, kind: &str) -> String {
    match kind {
        "BLOB" => format!("unhex(value ->> {at})"),
        _ => format!("value ->> {at}"),
    }
}

fn from_postgres(Column { name, kind }: &Column) -> String {
    match kind.as_str() {
        "timestamp with time zone" => format!("(extract(epoch FROM \"{name}\") * 1000000)::bigint"),
        "boolean" => format!("\"{name}\"::int"),
        "json" | "jsonb" => format!("\"{name}\"::text"),
        "bytea" => format!("encode(\"{name}\", 'hex')"),
        _ => format!("\"{name}\""),
    }
}

fn to_postgres(at: usize, kind: &str) -> String {
    let value = format!("(value ->> {at})");
    match kind {
        "timestamp with time zone" => format!("'epoch'::timestamptz + {value}::bigint * interval '1 microsecond'"),
        "boolean" => format!("{value}::int <> 0"),
        "bytea" => format!("decode({value}, 'hex')"),
        kind => format!("{value}::{kind}"),
    }
}

pub(super) fn rows_in(conn: &mut Conn, table: &str) -> Result<u64, Error> {
    let count: Number = diesel::sql_query(format!("SELECT count(*) AS number FROM \"{table}\"")).get_result(conn)?;
    Ok(count.number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0))
}

/// The last number the database gave to a row of the table, also when that row is gone: numbers are not used twice.
pub(super) fn last_number(conn: &mut Conn, table: &str) -> Result<Option<i64>, Error> {
    let ask = match conn {
        Conn::Sqlite(_) => "SELECT max(seq) AS number FROM sqlite_sequence WHERE name = $1",
        Conn::Pg(_) => {
            "SELECT max(pg_sequence_last_value(objid)) AS number FROM pg_depend
             WHERE refobjid = to_regclass(quote_ident($1)) AND deptype IN ('i', 'a') AND classid = 'pg_class'::regclass
             AND objid IN (SELECT seqrelid FROM pg_sequence)"
        }
    };
    Ok(diesel::sql_query(ask).bind::<Text, _>(table).get_result::<Number>(conn)?.number)
}

/// Makes the table number its next row after `last`.
pub(super) fn number_after(conn: &mut Conn, table: &str, last: i64) -> Result<(), Error> {
    let go_on = match conn {
        Conn::Sqlite(conn) => {
            diesel::sql_query("DELETE FROM sqlite_sequence WHERE name = $1").bind::<Text, _>(table).execute(conn)?;
            "INSERT INTO sqlite_sequence (seq, name) VALUES ($1, $2)"
        }
        Conn::Pg(_) => {
            "SELECT setval(objid, $1) FROM pg_depend
             WHERE refobjid = to_regclass(quote_ident($2)) AND deptype IN ('i', 'a') AND classid = 'pg_class'::regclass
             AND objid IN (SELECT seqrelid FROM pg_sequence)"
        }
    };
    diesel::sql_query(go_on).bind::<BigInt, _>(last).bind::<Text, _>(table).execute(conn)?;
    Ok(())
}

/// Runs `f` with the foreign keys away, since rows come table by table, and checks them all at the end.
pub(super) fn without_foreign_keys<T>(
    conn: &mut Conn,
    f: impl FnOnce(&mut Conn) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let (away, back) = match conn {
        Conn::Pg(conn) => keys_of_postgres(conn)?,
        Conn::Sqlite(_) => ("PRAGMA defer_foreign_keys = ON".to_string(), String::new()),
    };
    conn.batch_execute(&away)?;
    let value = f(conn)?;
    conn.batch_execute(&back).context("the backup is damaged")?;
    Ok(value)
}

/// Statements that drop and make again every foreign key.
fn keys_of_postgres(conn: &mut PgConnection) -> QueryResult<(String, String)> {
    #[derive(QueryableByName)]
    struct Key {
        #[diesel(sql_type = Text)]
        away: String,
        #[diesel(sql_type = Text)]
        back: String,
    }
    let ask = "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I;', conrelid::regclass, conname) AS away,
        format('ALTER TABLE %s ADD CONSTRAINT %I %s;', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS back
        FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1";
    let keys: Vec<Key> = diesel::sql_query(ask).load(conn)?;
    Ok((keys.iter().map(|key| key.away.as_str()).collect(), keys.iter().map(|key| key.back.as_str()).collect()))
}
