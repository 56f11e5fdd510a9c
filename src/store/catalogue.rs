//! What tables there are, asked of the database itself: backup and restore follow the schema without being told.

use super::{Conn, Error};
use diesel::prelude::*;
use diesel::sql_types::Text;

/// A table of ours.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub name: String,
    pub columns: Vec<Column>,
}

/// A column that is stored, not computed.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub name: String,
    /// Its type, as this database calls it.
    pub kind: String,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct NameAndKind {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

const SQLITE_TABLES: &str = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
    AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY name";
const SQLITE_COLUMNS: &str = "SELECT name, type AS kind FROM pragma_table_xinfo($1) WHERE hidden = 0 ORDER BY cid";

const POSTGRES_TABLES: &str = "SELECT relname::text AS name FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname NOT LIKE '\\_\\_diesel%' ORDER BY 1";
/// A transaction number means nothing in another database, and the search column is computed.
const POSTGRES_COLUMNS: &str =
    "SELECT attname::text AS name, format_type(atttypid, atttypmod) AS kind FROM pg_attribute
    WHERE attrelid = to_regclass(quote_ident($1)) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    AND atttypid NOT IN ('xid8'::regtype, 'tsvector'::regtype) ORDER BY attnum";

/// Every table of ours, by name.
pub(super) fn tables(conn: &mut Conn) -> Result<Vec<Table>, Error> {
    let (tables, columns) = match conn {
        Conn::Pg(_) => (POSTGRES_TABLES, POSTGRES_COLUMNS),
        Conn::Sqlite(_) => (SQLITE_TABLES, SQLITE_COLUMNS),
    };
    let names: Vec<Name> = diesel::sql_query(tables).load(conn)?;
    let described = names.into_iter().map(|Name { name }| {
        let columns: Vec<NameAndKind> = diesel::sql_query(columns).bind::<Text, _>(&name).load(conn)?;
        let columns = columns.into_iter().map(|NameAndKind { name, kind }| Column { name, kind }).collect();
        Ok(Table { name, columns })
    });
    described.collect()
}

/// Whether there is a table of this name.
pub(super) fn has_table(conn: &mut Conn, name: &str) -> Result<bool, Error> {
    let ask = match conn {
        Conn::Pg(_) => "SELECT relname::text AS name FROM pg_class WHERE oid = to_regclass(quote_ident($1))",
        Conn::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $1",
    };
    Ok(diesel::sql_query(ask).bind::<Text, _>(name).get_result::<Name>(conn).optional()?.is_some())
}
