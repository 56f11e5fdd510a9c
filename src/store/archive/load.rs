//! Reading an archive into a database that holds nothing yet, in one transaction: whole or not at all.

use super::{Ending, FORMAT, Heading, Progress, Section, sql};
use crate::store::catalogue::{self, Column, Table};
use crate::store::pool::{Connector, Role};
use crate::store::{Access, Conn, Error, Target, dialect, lockfile, migrate, outbox};
use anyhow::{Context, bail, ensure};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use r2d2::ManageConnection;
use std::io::BufRead;

/// Rows are handed to the database in bites of about this many bytes.
const BITE: usize = 1 << 20;

/// What is said of letters that waited.
const WAITED: &str =
    "This waited when the backup was made, and may have been sent since. Ask, before you send it again.";

/// Fills the database at `target` from `archive` and returns the number of rows.
pub fn load(target: &Target, archive: &mut dyn BufRead, progress: Progress) -> anyhow::Result<u64> {
    target.check().map_err(anyhow::Error::msg)?;
    let _lock = lockfile::take(target, Access::Server)?;
    let heading = heading(archive)?;
    let mut conn = Connector::new(target, true).role(Role::Write).connect().map_err(Error::from)?;
    migrate::to(&mut conn, &heading.migrations)?;
    refuse_unless_empty(&mut conn, target)?;
    dialect::begin(&mut conn)?;
    let rows = sql::without_foreign_keys(&mut conn, |conn| rows(conn, archive, heading.rows, progress))?;
    dialect::commit(&mut conn).context("the backup is damaged")?;
    migrate::run(&mut conn)?;
    outbox::doubt(&mut conn, WAITED)?;
    conn.batch_execute("ANALYZE")?;
    Ok(rows)
}

fn heading(archive: &mut dyn BufRead) -> anyhow::Result<Heading> {
    let mut line = String::new();
    archive.read_line(&mut line).context("this is not a backup of Switchboard")?;
    let heading: Heading = serde_json::from_str(&line).context("this is not a backup of Switchboard")?;
    ensure!(
        heading.format == FORMAT,
        "this backup was made by Switchboard {}; use that version or a newer one",
        heading.switchboard
    );
    Ok(heading)
}

fn refuse_unless_empty(conn: &mut Conn, target: &Target) -> anyhow::Result<()> {
    for table in catalogue::tables(conn)?.iter().filter(|table| !migrate::FILLED.contains(&table.name.as_str())) {
        let found = sql::rows_in(conn, &table.name)?;
        ensure!(found == 0, "{target} is not empty ({found} rows in {}); restore into a new database", table.name);
    }
    Ok(())
}

fn rows(conn: &mut Conn, archive: &mut dyn BufRead, total: u64, progress: Progress) -> anyhow::Result<u64> {
    let tables = catalogue::tables(conn)?;
    let mut done = 0;
    let mut section: Option<Filling> = None;
    for line in archive.lines() {
        let line = line.context("the backup is damaged")?;
        if line.starts_with('[') {
            let filling = section.as_mut().context("the backup is damaged: a row without a table")?;
            filling.take(conn, &line)?;
            done += 1;
            progress(done, total);
            continue;
        }
        if let Some(filling) = section.take() {
            filling.finish(conn)?;
        }
        if let Ok(Ending { end }) = serde_json::from_str(&line) {
            ensure!(end == done, "the backup is damaged: {done} rows of {end}");
            return Ok(done);
        }
        let next: Section = serde_json::from_str(&line).context("the backup is damaged")?;
        section = Some(Filling::new(conn, &tables, next)?);
    }
    bail!("the backup is cut off after {done} of {total} rows")
}

/// A table being filled.
struct Filling {
    insert: String,
    bite: String,
    table: String,
    last: Option<i64>,
}

impl Filling {
    fn new(conn: &mut Conn, tables: &[Table], section: Section) -> anyhow::Result<Self> {
        let Section { table, columns, last } = section;
        if migrate::FILLED.contains(&table.as_str()) {
            conn.batch_execute(&format!("DELETE FROM \"{table}\""))?;
        }
        let known = tables.iter().find(|known| known.name == table);
        let known = known.with_context(|| format!("there is no table {table} here"))?;
        let columns = columns.iter().map(|name| {
            let column = known.columns.iter().find(|column| column.name == *name);
            column.with_context(|| format!("there is no column {table}.{name} here"))
        });
        let columns = columns.collect::<anyhow::Result<Vec<&Column>>>()?;
        Ok(Filling { insert: sql::insert(conn, &table, &columns), bite: String::new(), table, last })
    }

    fn take(&mut self, conn: &mut Conn, row: &str) -> anyhow::Result<()> {
        self.bite.push(if self.bite.is_empty() { '[' } else { ',' });
        self.bite.push_str(row);
        if self.bite.len() > BITE { self.flush(conn) } else { Ok(()) }
    }

    fn flush(&mut self, conn: &mut Conn) -> anyhow::Result<()> {
        if self.bite.is_empty() {
            return Ok(());
        }
        let mut rows = std::mem::take(&mut self.bite);
        rows.push(']');
        let stored = diesel::sql_query(&self.insert).bind::<Text, _>(rows).execute(conn);
        stored.map(drop).with_context(|| format!("cannot fill {}", self.table))
    }

    fn finish(mut self, conn: &mut Conn) -> anyhow::Result<()> {
        self.flush(conn)?;
        let Some(last) = self.last else { return Ok(()) };
        Ok(sql::number_after(conn, &self.table, last)?)
    }
}
