//! Reading and writing on both databases: what one write may do to another, and what a reader may not do.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::json;
use switchboard::domain::{Actor, Fact, FactKind};
use switchboard::store::{Access, At, D, Db, Error};

use crate::support::database::{Database, Engine};
use crate::support::probe::{insert, next, open, probe, setting, table, values, words, write};

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

#[test]
fn a_write_inside_a_write_is_refused_and_not_waited_for() {
    let db = open(&Database::empty(Engine::Sqlite));
    let inner = db.clone();
    let result = db.write(move |_| inner.write(|tx| Ok::<_, Error>(insert(tx.conn, 1, "inner")?)));
    assert!(matches!(result, Err(Error::Corrupt(_))), "{result:?}");
}
