//! What happens to a write when the database is full, locked, busy or gone: in the store, and behind a server.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::json;
use switchboard::store::{Access, Db, Error, Target};

use crate::support::binary;
use crate::support::cluster::Cluster;
use crate::support::database::{Database, Engine};
use crate::support::page::{Answer, Form};
use crate::support::probe::{insert, open, probe, setting, table, touch, words, write};
use crate::support::run;
use crate::support::world::World;

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

/// The three ways in for words: a page, the API, a channel. Each sends a long text, and a short one of its own afterwards.
async fn writes(world: &World, number: &str, body: &str) -> [Answer; 3] {
    let path = format!("/conversations/{number}");
    let csrf = world.ben.page.csrf().await;
    let form = Form {
        action: format!("{path}/notes"),
        method: "post".to_owned(),
        fields: vec![("csrf".to_owned(), csrf), ("body".to_owned(), body.to_owned())],
    };
    let (page, api, intake) = tokio::join!(
        world.ben.page.submits(&form),
        world.ada.api.post(&form.action, json!({ "body": body })),
        world.uma.sends(body),
    );
    [page, api, intake]
}

/// Nobody is served, and everybody is told when to come again; what is there can be read.
async fn nothing_is_written_and_all_is_read(world: &World, number: &str, answers: &[Answer; 3]) {
    for answer in answers {
        assert_eq!(answer.status, 503, "{}: {}", answer.asked, answer.body);
        assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0), "{}", answer.asked);
    }
    assert!(answers[0].page().has("h1, h2, title") && !answers[0].body.to_lowercase().contains("sqlite"));
    assert!(answers[1].json()["message"].as_str().is_some_and(|text| text.ends_with('.')), "{}", answers[1].body);
    let page = world.ada.page.sees(&format!("/conversations/{number}")).await;
    assert!(page.words().contains("Before"));
    assert!(!world.root.api.all("/conversations").await.is_empty());
    world.visitor().get("/healthz").await.expect(200);
}

async fn all_is_written_again(world: &World, number: &str) {
    let [page, api, intake] = writes(world, number, "After").await;
    page.expect(303);
    api.expect(201);
    intake.expect(201);
    binary::prints(&world.db, &["verify"]);
}

#[test]
fn behind_a_full_disk_all_ways_in_say_when_to_come_again() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.uma.writes("Before").await;
        let limit = |pages: String| {
            write(&world.desk().db, move |conn| conn.batch_execute(&format!("PRAGMA max_page_count = {pages}")))
                .unwrap();
        };
        limit(write(&world.desk().db, |conn| setting(conn, "page_count")).unwrap());
        // What is free inside the file is used up first.
        let mut answers = writes(&world, &number, &"x".repeat(30_000)).await;
        for _ in 0..10 {
            if answers.iter().all(|answer| answer.status == 503) {
                break;
            }
            answers = writes(&world, &number, &"x".repeat(30_000)).await;
        }
        nothing_is_written_and_all_is_read(&world, &number, &answers).await;
        limit("1000000".to_owned());
        all_is_written_again(&world, &number).await;
    });
}

#[test]
fn behind_a_lock_that_is_held_all_ways_in_say_when_to_come_again() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.uma.writes("Before").await;
        let mut other = SqliteConnection::establish(&world.db.file().unwrap().to_string_lossy()).unwrap();
        other.batch_execute("BEGIN IMMEDIATE").unwrap();
        let answers = writes(&world, &number, "Too late").await;
        nothing_is_written_and_all_is_read(&world, &number, &answers).await;
        other.batch_execute("ROLLBACK").unwrap();
        all_is_written_again(&world, &number).await;
        let thread = world.root.api.all(&format!("/conversations/{number}/messages")).await;
        assert!(!thread.iter().any(|message| message["body"] == "Too late"), "an answer is the truth");
    });
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
