//! The few statements that differ between the databases. Nowhere else asks which one it is.

use super::{Conn, Error};
use crate::domain::MessageId;
use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

type Manager = <Conn as Connection>::TransactionManager;

/// Opens a writing transaction. SQLite takes the write lock at once instead of when it is too late to wait for it.
/// PostgreSQL runs READ COMMITTED: after waiting for a row or a [`lock`], a statement sees what the other has committed,
/// which is what versions, conditional updates and unique keys are written for; stricter levels would answer the
/// same races with retries of whole transactions.
pub fn begin(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Pg(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN ISOLATION LEVEL READ COMMITTED"),
        Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"),
    }
}

/// Opens a savepoint inside the transaction.
pub fn savepoint(conn: &mut Conn) -> QueryResult<()> {
    Manager::begin_transaction(conn)
}

/// Commits the innermost transaction or savepoint.
pub fn commit(conn: &mut Conn) -> QueryResult<()> {
    Manager::commit_transaction(conn)
}

/// Undoes savepoints and the transaction until only `depth` of them are open.
pub fn rollback_to(conn: &mut Conn, depth: u32) -> QueryResult<()> {
    while self::depth(conn)? > depth {
        Manager::rollback_transaction(conn)?;
    }
    Ok(())
}

/// How many transactions and savepoints are open.
pub fn depth(conn: &mut Conn) -> QueryResult<u32> {
    let depth = Manager::transaction_manager_status_mut(conn).transaction_depth()?;
    Ok(depth.map_or(0, |depth| depth.get()))
}

/// Waits until no other transaction holds the same key, and holds it until this one ends: for rules over rows that do
/// not exist yet ("one profile for one address"). On SQLite there is only one writer anyway.
pub fn lock(conn: &mut Conn, key: &str) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Pg(conn) => diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind::<Text, _>(key)
            .execute(conn)
            .map(drop),
    }
}

/// Tells the other processes on this database, once the transaction commits.
pub fn notify(conn: &mut Conn, payload: &str) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Pg(conn) => {
            diesel::sql_query("SELECT pg_notify('live', $1)").bind::<Text, _>(payload).execute(conn).map(drop)
        }
    }
}

/// The texts of an array that is the fourth thing bound, as JSON: rows with a column `value`.
pub const fn texts_of_fourth(conn: &Conn) -> &'static str {
    match conn {
        Conn::Pg(_) => "json_array_elements_text($4::json) AS value",
        Conn::Sqlite(_) => "json_each($4)",
    }
}

#[derive(QueryableByName)]
struct One {
    #[diesel(sql_type = BigInt)]
    one: i64,
}

/// The shortest question that shows the database answers.
pub fn ping(conn: &mut Conn) -> QueryResult<bool> {
    let row: One = diesel::sql_query("SELECT CAST(1 AS BIGINT) AS one").get_result(conn)?;
    Ok(row.one == 1)
}

/// Holds a conversation's row until the transaction ends. On SQLite there is only one writer anyway.
pub fn lock_conversation(conn: &mut Conn, id: i64) -> QueryResult<()> {
    use super::schema::conversations::dsl;
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Pg(conn) => dsl::conversations.find(id).select(dsl::id).for_update().first::<i64>(conn).map(drop),
    }
}

/// Holds a letter of the outbox until the transaction ends, so that no sender claims it meanwhile.
pub fn lock_letter(conn: &mut Conn, of: MessageId) -> QueryResult<()> {
    use super::schema::outbox::dsl;
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Pg(conn) => {
            let letter = dsl::outbox.filter(dsl::message_id.eq(of.0)).select(dsl::id).for_update();
            letter.first::<i64>(conn).optional().map(drop)
        }
    }
}

/// Runs `f` in a read-only transaction that sees one moment, however long it takes and whatever others write.
pub fn in_snapshot<T, E: From<Error>>(conn: &mut Conn, f: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
    let begun = match conn {
        Conn::Pg(conn) => {
            AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        }
        Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN"),
    };
    begun.map_err(Error::from)?;
    let result = f(conn);
    rollback_to(conn, 0).map_err(Error::from)?;
    result
}

/// Holds an interaction's row until the transaction ends.
pub fn lock_interaction(conn: &mut Conn, id: i64) -> QueryResult<()> {
    use super::schema::interactions::dsl;
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Pg(conn) => dsl::interactions.find(id).select(dsl::id).for_update().first::<i64>(conn).map(drop),
    }
}

/// Makes a connection ready for very many writes. SQLite takes its log back into the file less often. PostgreSQL would
/// plan by the sizes it knows, which are those from before, and go on reading whole tables that were empty then.
pub fn expect_much(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(conn) => conn.batch_execute("PRAGMA wal_autocheckpoint = 16000"),
        Conn::Pg(conn) => conn.batch_execute("SET enable_seqscan = off"),
    }
}

/// Whom a contact was merged into; what is found stays so until the transaction ends.
pub fn lock_contact(conn: &mut Conn, id: i64) -> QueryResult<Option<i64>> {
    use super::schema::contacts::dsl;
    let row = dsl::contacts.find(id).select(dsl::merged_into_id);
    match conn {
        Conn::Sqlite(conn) => row.first(conn),
        Conn::Pg(conn) => row.for_share().first(conn),
    }
}

/// Holds the rows of contacts until the transaction ends, the smaller number first: nobody is linked to them meanwhile.
pub fn hold_contacts(conn: &mut Conn, ids: &[i64]) -> QueryResult<()> {
    use super::schema::contacts::dsl;
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Pg(conn) => {
            let rows = dsl::contacts.filter(dsl::id.eq_any(ids)).order(dsl::id).select(dsl::id);
            rows.for_no_key_update().load::<i64>(conn).map(drop)
        }
    }
}
