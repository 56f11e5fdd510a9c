//! Writing an archive, from one snapshot, while everybody goes on working.

use super::{Ending, FORMAT, Heading, Progress, Section, sql};
use crate::store::catalogue::{self, Table};
use crate::store::{Conn, Db, Error, dialect, migrate};
use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::Serialize;
use std::io::Write;

/// Writes everything in `db` to `out` and returns the number of rows.
pub fn dump(db: &Db, out: &mut dyn Write, progress: Progress) -> anyhow::Result<u64> {
    db.read(|conn| dialect::in_snapshot(conn, |conn| everything(conn, out, progress)))
}

fn everything(conn: &mut Conn, out: &mut dyn Write, progress: Progress) -> anyhow::Result<u64> {
    let tables = catalogue::tables(conn)?;
    let total = tables.iter().map(|table| sql::rows_in(conn, &table.name)).sum::<Result<u64, Error>>()?;
    let migrations = migrate::applied(conn)?;
    let version = env!("CARGO_PKG_VERSION").to_string();
    line(out, &Heading { switchboard: version, format: FORMAT, migrations, rows: total })?;
    let mut done = 0;
    for table in &tables {
        let last = sql::last_number(conn, &table.name)?;
        let columns = table.columns.iter().map(|column| column.name.clone()).collect();
        line(out, &Section { table: table.name.clone(), columns, last })?;
        each_row(conn, table, |row| {
            done += 1;
            progress(done, total);
            writeln!(out, "{row}").map_err(anyhow::Error::from)
        })?;
    }
    line(out, &Ending { end: done })?;
    Ok(done)
}

fn line(out: &mut dyn Write, value: &impl Serialize) -> anyhow::Result<()> {
    Ok(writeln!(out, "{}", serde_json::to_string(value)?)?)
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    row: String,
}

/// Row by row: a table need not fit into memory.
fn each_row(conn: &mut Conn, table: &Table, mut to: impl FnMut(&str) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let query = diesel::sql_query(sql::select(conn, table));
    match conn {
        Conn::Pg(conn) => {
            for row in query.load_iter::<Row, PgRowByRowLoadingMode>(conn)? {
                to(&row?.row)?;
            }
        }
        Conn::Sqlite(conn) => {
            for row in query.load_iter::<Row, DefaultLoadingMode>(conn)? {
                to(&row?.row)?;
            }
        }
    }
    Ok(())
}
