//! What happens to a write when the database is full, locked, busy or gone.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use switchboard::store::{Access, Db, Error, Target};

use crate::support::cluster::Cluster;
use crate::support::database::{Database, Engine};
use crate::support::probe::{insert, open, probe, setting, table, touch, words, write};

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
