//! Reading and writing on both databases: what one write may do to another, what a reader may not do, and what happens
//! when the database is full, locked, busy or gone.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;
use switchboard::domain::{Actor, Fact, FactKind};
use switchboard::store::{Access, At, Conn, D, Db, Error, Target};

use crate::support::cluster::Cluster;
use crate::support::database::{Database, Engine};

both![
    moments_and_documents_come_back_as_they_went_in,
    a_reader_cannot_write,
    a_write_that_fails_or_panics_takes_no_other_with_it,
    a_refused_write_leaves_nothing_behind,
    what_is_announced_comes_after_the_commit_and_in_its_order,
    every_connection_has_its_settings,
    a_unique_key_is_told_from_other_errors,
    commands_work_beside_a_server,
    a_database_of_a_newer_version_is_left_alone,
];

diesel::table! {
    use diesel::sql_types::*;
    use switchboard::store::types::{Doc, Instant};
    probe (id) { id -> BigInt, word -> Text, doc -> Doc, at -> Instant, seen -> Nullable<Instant>, }
}

async fn moments_and_documents_come_back_as_they_went_in(engine: Engine) {
    let database = Database::empty(engine);
    let db = open(&database);
    let at: DateTime<Utc> = "2026-11-20T08:00:00.123456Z".parse().unwrap();
    let doc = json!({"name": "Zoë", "list": [1, null, {"deep": "\u{1F600}"}]});
    let row = (1, "one".to_string(), D(doc), At(at), Some(At(at)));
    let written = row.clone();
    write(&db, move |conn| diesel::insert_into(probe::table).values(values(&written)).execute(conn)).unwrap();
    let read: (i64, String, D, At, Option<At>) = db.read(|conn| Ok::<_, Error>(probe::table.first(conn)?)).unwrap();
    assert_eq!(read, row);
    let last: Option<At> =
        db.read(|conn| Ok::<_, Error>(probe::table.select(diesel::dsl::max(probe::at)).first(conn)?)).unwrap();
    assert_eq!(last, Some(At(at)));
}

async fn a_reader_cannot_write(engine: Engine) {
    let database = Database::empty(engine);
    let db = open(&database);
    let result = db.read(|conn| Ok(insert(conn, 1, "stray")?));
    assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
    assert_eq!(words(&db), [""; 0]);
}

async fn a_write_that_fails_or_panics_takes_no_other_with_it(engine: Engine) {
    let database = Database::empty(engine);
    let db = open(&database);
    let start = Arc::new(Barrier::new(32));
    let writers = (0..32).map(|n| {
        let (db, start) = (db.clone(), start.clone());
        thread::spawn(move || {
            start.wait();
            write(&db, move |conn| match n % 8 {
                3 => insert(conn, n, "failed").and_then(|_| diesel::sql_query("SELECT no_such_thing").execute(conn)),
                5 => conn.transaction(|conn| {
                    conn.transaction(|conn| {
                        insert(conn, n, "panicked")?;
                        panic!("as the test wants it")
                    })
                }),
                _ => insert(conn, n, "stored"),
            })
        })
    });
    let results: Vec<_> = writers.collect::<Vec<_>>().into_iter().map(|writer| writer.join().unwrap()).collect();
    for (n, result) in results.iter().enumerate() {
        assert_eq!(result.is_ok(), !matches!(n % 8, 3 | 5), "{n}: {result:?}");
    }
    assert_eq!(words(&db), ["stored"; 24]);
    write(&db, |conn| insert(conn, 100, "and on it goes")).unwrap();
}

async fn a_refused_write_leaves_nothing_behind(engine: Engine) {
    let database = Database::empty(engine);
    let db = open(&database);
    let refused = db.write(|tx| {
        insert(tx.conn, 1, "never")?;
        Err::<(), _>(Error::Stale)
    });
    assert!(matches!(refused, Err(Error::Stale)));
    assert_eq!(words(&db), [""; 0]);
}

async fn what_is_announced_comes_after_the_commit_and_in_its_order(engine: Engine) {
    let database = Database::empty(engine);
    let (db, announced) = Db::open(&database.target(), Access::Server).unwrap();
    table(&db);
    let announce = |n: i64, ends: Result<(), Error>| {
        let mut ends = Some(ends);
        db.write(move |tx| {
            let seq = next(tx.conn)?;
            tx.announce(Fact {
                seq: n * 100 + seq,
                ..Fact::new(FactKind::Merged, Actor::System, DateTime::UNIX_EPOCH)
            });
            tx.announce(Fact { seq: n, ..Fact::new(FactKind::Merged, Actor::System, DateTime::UNIX_EPOCH) });
            ends.take().unwrap_or(Ok(()))
        })
    };
    announce(1, Ok(())).unwrap();
    announce(2, Err(Error::Stale)).unwrap_err();
    write(&db, next).unwrap();
    announce(3, Ok(())).unwrap();
    let order: Vec<Vec<i64>> =
        announced.try_iter().map(|one| one.facts.iter().map(|fact| fact.seq).collect()).collect();
    assert_eq!(order, [vec![101, 1], vec![303, 3]]);

    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let once = || {
                    db.write(|tx| {
                        let seq = next(tx.conn)?;
                        tx.announce(Fact { seq, ..Fact::new(FactKind::Merged, Actor::System, DateTime::UNIX_EPOCH) });
                        Ok::<_, Error>(())
                    })
                };
                (0..20).for_each(|_| once().unwrap());
            });
        }
    });
    let mut order: Vec<i64> = announced.try_iter().map(|one| one.facts[0].seq).collect();
    if engine == Engine::Postgres {
        order.sort();
    }
    assert_eq!(order, (4..164).collect::<Vec<_>>());
}

async fn every_connection_has_its_settings(engine: Engine) {
    let database = Database::empty(engine);
    let db = open(&database);
    type Settings = &'static [(&'static str, &'static str)];
    let writer: Settings = match database.is_postgres() {
        true => &[("timezone", "UTC"), ("synchronous_commit", "on"), ("transaction_isolation", "read committed")],
        false => &[("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("busy_timeout", "5000")],
    };
    let reader: Settings = match database.is_postgres() {
        true => &[("timezone", "UTC"), ("transaction_read_only", "on")],
        false => &[("query_only", "1"), ("foreign_keys", "1"), ("busy_timeout", "5000"), ("journal_mode", "wal")],
    };
    for (name, value) in writer {
        assert_eq!(write(&db, move |conn| setting(conn, name)).unwrap(), *value, "{name} of the writer");
    }
    let held: Vec<_> = (0..3)
        .map(|_| {
            let db = db.clone();
            thread::spawn(move || {
                db.read(|conn| {
                    thread::sleep(Duration::from_millis(100));
                    reader.iter().map(|(name, _)| Ok::<_, Error>(setting(conn, name)?)).collect::<Result<Vec<_>, _>>()
                })
            })
        })
        .collect();
    for found in held {
        let found = found.join().unwrap().unwrap();
        assert_eq!(found, reader.iter().map(|(_, value)| value.to_string()).collect::<Vec<_>>());
    }
}

async fn a_unique_key_is_told_from_other_errors(engine: Engine) {
    let database = Database::empty(engine);
    let db = open(&database);
    write(&db, |conn| insert(conn, 1, "first")).unwrap();
    assert!(write(&db, |conn| insert(conn, 1, "second")).unwrap_err().is_unique_violation());
    assert!(!write(&db, |conn| conn.batch_execute("SELECT nothing FROM nowhere")).unwrap_err().is_unique_violation());
}

async fn commands_work_beside_a_server(engine: Engine) {
    let database = Database::empty(engine);
    let server = open(&database);
    let (command, _) = Db::open(&database.target(), Access::Tool).unwrap();
    let both = [server.clone(), command]
        .map(|db| thread::spawn(move || (0..50).for_each(|_| assert!(write(&db, next).unwrap() > 0))));
    both.into_iter().for_each(|one| one.join().unwrap());
    assert_eq!(words(&server).len(), 100);
}

async fn a_database_of_a_newer_version_is_left_alone(engine: Engine) {
    let database = Database::empty(engine);
    let db = open(&database);
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    write(&db, move |conn| conn.batch_execute(newer)).unwrap();
    drop(db);
    let error = Db::open(&database.target(), Access::Server).map(drop).unwrap_err().to_string();
    assert!(error.contains("made by a newer version"), "{error}");
}

#[test]
fn one_server_at_a_time_on_a_sqlite_file() {
    let database = Database::empty(Engine::Sqlite);
    let first = open(&database);
    let second = Db::open(&database.target(), Access::Server).map(drop).unwrap_err().to_string();
    assert!(second.contains("already serving"), "{second}");
    drop(first);
    Db::open(&database.target(), Access::Server).unwrap();
}

/// A key that is checked at the commit fails the whole group; the others are done again without it.
#[test]
fn a_commit_that_fails_for_one_succeeds_for_the_others() {
    let database = Database::empty(Engine::Sqlite);
    let db = open(&database);
    let tables = "CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED) STRICT;";
    write(&db, move |conn| conn.batch_execute(tables)).unwrap();
    let start = Arc::new(Barrier::new(16));
    let writers: Vec<_> = (0..16)
        .map(|n| {
            let (db, start) = (db.clone(), start.clone());
            thread::spawn(move || {
                start.wait();
                write(&db, move |conn| match n {
                    7 => conn.batch_execute("INSERT INTO child VALUES (42)").map(|()| 0),
                    n => insert(conn, n, "stored"),
                })
            })
        })
        .collect();
    let failed: Vec<usize> =
        writers.into_iter().enumerate().filter_map(|(n, w)| w.join().unwrap().is_err().then_some(n)).collect();
    assert_eq!(failed, [7]);
    assert_eq!(words(&db).len(), 15);
}

#[test]
fn a_full_disk_is_an_outage_that_passes() {
    let database = Database::empty(Engine::Sqlite);
    let db = open(&database);
    let text = "x".repeat(100_000);
    let pages = write(&db, |conn| setting(conn, "page_count")).unwrap();
    write(&db, move |conn| conn.batch_execute(&format!("PRAGMA max_page_count = {pages}"))).unwrap();
    let writers: Vec<_> = (0..8)
        .map(|n| {
            let (db, text) = (db.clone(), text.clone());
            thread::spawn(move || write(&db, move |conn| insert(conn, n, &text)))
        })
        .collect();
    let results: Vec<_> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
    let refused = results.iter().filter(|result| matches!(result, Err(Error::Unavailable(_)))).count();
    let stored = results.iter().filter(|result| result.is_ok()).count();
    assert!(refused >= 1 && refused + stored == 8, "{results:?}");
    assert_eq!(words(&db).len(), stored, "an answer is the truth");
    write(&db, |conn| conn.batch_execute("PRAGMA max_page_count = 1000000")).unwrap();
    write(&db, move |conn| insert(conn, 100, &text)).unwrap();
}

#[test]
fn a_lock_that_is_held_too_long_is_an_outage() {
    let database = Database::empty(Engine::Sqlite);
    let db = open(&database);
    let mut other = SqliteConnection::establish(&database.file().unwrap().to_string_lossy()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let waited = Instant::now();
    let error = write(&db, |conn| insert(conn, 1, "late")).unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(waited.elapsed() >= Duration::from_secs(4));
    assert_eq!(words(&db).len(), 0, "reads go on");
    other.batch_execute("ROLLBACK").unwrap();
    write(&db, |conn| insert(conn, 1, "in time")).unwrap();
}

#[test]
fn a_write_inside_a_write_is_refused_and_not_waited_for() {
    let db = open(&Database::empty(Engine::Sqlite));
    let inner = db.clone();
    let result = db.write(move |_| inner.write(|tx| Ok::<_, Error>(insert(tx.conn, 1, "inner")?)));
    assert!(matches!(result, Err(Error::Corrupt(_))), "{result:?}");
}

/// Two transactions take the same two rows in opposite order; PostgreSQL ends one, and it is tried again.
#[test]
fn a_deadlock_is_tried_again() {
    let database = Database::empty(Engine::Postgres);
    let db = open(&database);
    write(&db, |conn| insert(conn, 1, "a").and_then(|_| insert(conn, 2, "b"))).unwrap();
    let (meet, tries) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    let both = [[1, 2], [2, 1]].map(|order| {
        let (db, meet, tries) = (db.clone(), meet.clone(), tries.clone());
        thread::spawn(move || {
            let mut first = true;
            write(&db, move |conn| {
                tries.fetch_add(1, Ordering::SeqCst);
                touch(conn, order[0])?;
                if std::mem::take(&mut first) {
                    meet.wait();
                }
                touch(conn, order[1])
            })
        })
    });
    both.into_iter().for_each(|one| assert_eq!(one.join().unwrap().unwrap(), 1));
    assert_eq!(tries.load(Ordering::SeqCst), 3);
}

#[test]
fn a_serialization_failure_is_tried_again() {
    let database = Database::empty(Engine::Postgres);
    let db = open(&database);
    let sums: Vec<_> = (0..6)
        .map(|n| {
            let db = db.clone();
            thread::spawn(move || {
                write(&db, move |conn| {
                    conn.batch_execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")?;
                    let count: i64 = probe::table.count().get_result(conn)?;
                    thread::sleep(Duration::from_millis(5));
                    insert(conn, n, &count.to_string())
                })
            })
        })
        .collect();
    sums.into_iter().for_each(|one| assert_eq!(one.join().unwrap().unwrap(), 1));
    let mut counts = words(&db);
    counts.sort();
    assert_eq!(counts, ["0", "1", "2", "3", "4", "5"], "as if one after the other");
}

#[test]
fn a_postgres_that_goes_away_is_an_outage_and_comes_back() {
    let mut cluster = Cluster::start();
    let target: Target = cluster.url("postgres").parse().unwrap();
    let (db, _) = Db::open(&target, Access::Server).unwrap();
    table(&db);
    write(&db, |conn| insert(conn, 1, "before")).unwrap();
    cluster.batch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'postgres'",
    );
    assert_eq!(words(&db).len(), 1, "a lost connection is replaced");
    write(&db, |conn| insert(conn, 2, "between")).unwrap();

    cluster.stop();
    for limit in [8_000, 100, 100] {
        let asked = Instant::now();
        let gone = write(&db, |conn| insert(conn, 3, "never")).unwrap_err();
        assert!(matches!(gone, Error::Unavailable(_)), "{gone:?}");
        assert!(!db.alive());
        assert!(asked.elapsed() < Duration::from_millis(limit), "{:?}", asked.elapsed());
    }
    let sentence = Db::open(&target, Access::Server).map(drop).unwrap_err().to_string();
    assert!(sentence.contains("cannot open postgres://"), "{sentence}");

    cluster.start_again();
    let until = Instant::now() + Duration::from_secs(10);
    while !db.alive() {
        assert!(Instant::now() < until, "it does not come back");
        thread::sleep(Duration::from_millis(50));
    }
    write(&db, |conn| insert(conn, 3, "after")).unwrap();
    assert_eq!(words(&db), ["before", "between", "after"]);
}

fn open(database: &Database) -> Db {
    let (db, _) = Db::open(&database.target(), Access::Server).unwrap();
    table(&db);
    db
}

fn table(db: &Db) {
    let columns = if db.is_postgres() {
        "(id BIGINT PRIMARY KEY, word TEXT NOT NULL, doc JSONB NOT NULL, at TIMESTAMPTZ NOT NULL, seen TIMESTAMPTZ)"
    } else {
        "(id INTEGER PRIMARY KEY, word TEXT NOT NULL, doc TEXT NOT NULL, at INTEGER NOT NULL, seen INTEGER) STRICT"
    };
    write(db, move |conn| conn.batch_execute(&format!("CREATE TABLE probe {columns}"))).unwrap();
}

fn write<T: Send + 'static>(
    db: &Db,
    mut f: impl FnMut(&mut Conn) -> QueryResult<T> + Send + 'static,
) -> Result<T, Error> {
    db.write(move |tx| Ok(f(tx.conn)?))
}

type Row = (i64, String, D, At, Option<At>);

#[derive(Insertable)]
#[diesel(table_name = probe)]
struct Values<'a> {
    id: i64,
    word: &'a str,
    doc: D,
    at: At,
    seen: Option<At>,
}

fn values(row: &Row) -> Values<'_> {
    Values { id: row.0, word: &row.1, doc: row.2.clone(), at: row.3, seen: row.4 }
}

fn insert(conn: &mut Conn, id: i64, word: &str) -> QueryResult<usize> {
    let row = (id, word.to_string(), D(json!({})), At(DateTime::UNIX_EPOCH), None);
    diesel::insert_into(probe::table).values(values(&row)).execute(conn)
}

/// Inserts a row with the next number.
fn next(conn: &mut Conn) -> QueryResult<i64> {
    if let Conn::Pg(conn) = conn {
        conn.batch_execute("LOCK TABLE probe")?;
    }
    let last: Option<i64> = probe::table.select(diesel::dsl::max(probe::id)).first(conn)?;
    let next = last.unwrap_or(0) + 1;
    insert(conn, next, "next").map(|_| next)
}

fn touch(conn: &mut Conn, id: i64) -> QueryResult<usize> {
    diesel::update(probe::table.find(id)).set(probe::word.eq("touched")).execute(conn)
}

fn words(db: &Db) -> Vec<String> {
    db.read(|conn| Ok::<_, Error>(probe::table.order(probe::id).select(probe::word).load(conn)?)).unwrap()
}

fn setting(conn: &mut Conn, name: &str) -> QueryResult<String> {
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
