//! A backup is everything as of one moment, made while people work, and fills a new database of either kind.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use chrono::DateTime;
use diesel::prelude::*;
use serde_json::{Value, json};
use switchboard::store::schema::{agents, facts, organizations};
use switchboard::store::{Access, At, Conn, D, Db, Error, archive};

use crate::support::binary;
use crate::support::database::{Database, Engine};

both![
    a_backup_fills_a_new_database_of_either_kind,
    a_backup_under_load_is_one_moment,
    a_restore_never_mixes_two_workspaces,
    a_damaged_backup_fills_nothing,
    the_commands_make_and_take_a_file,
    the_doctor_changes_nothing_and_finds_nothing,
    only_the_named_tables_are_filled_by_migrations,
];

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

async fn a_backup_fills_a_new_database_of_either_kind(engine: Engine) {
    let database = Database::empty(engine);
    let (db, _) = Db::open(&database.target(), Access::Server).unwrap();
    (1..=30).for_each(|n| store(&db, n));
    db.write(|tx| Ok::<_, Error>(diesel::delete(organizations::table.find(30)).execute(tx.conn)?)).unwrap();
    let before = dump(&db);
    for other in ENGINES {
        let copy = Database::nothing(other);
        let rows = archive::load(&copy.target(), &mut before.as_slice(), &mut |_, _| ()).unwrap();
        assert!(rows > 90, "{rows}");
        let (copied, _) = Db::open(&copy.target(), Access::Server).unwrap();
        assert_eq!(contents(&dump(&copied)), contents(&before), "{engine:?} to {other:?}");
        assert_eq!(organization(&copied, "next"), 31, "a number is not used twice, even when its row is gone");
    }
}

/// An agent and a fact are written together, by four writers, all the time.
async fn a_backup_under_load_is_one_moment(engine: Engine) {
    let database = Database::empty(engine);
    let (db, _) = Db::open(&database.target(), Access::Server).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (db, stop) = (db.clone(), stop.clone());
            thread::spawn(move || {
                let numbers = (1..).map(|n| n * 4 + writer).take_while(|_| !stop.load(Ordering::Relaxed));
                numbers.for_each(|n| store(&db, n));
            })
        })
        .collect();
    let (command, _) = Db::open(&database.target(), Access::Tool).unwrap();
    let archives: Vec<_> = (1..=5)
        .map(|n| {
            while facts_in(&command) < 20 * n {
                thread::yield_now();
            }
            dump(&command)
        })
        .collect();
    stop.store(true, Ordering::Relaxed);
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    for archive in &archives {
        let tables = contents(archive);
        assert_eq!(tables["agents"].len(), tables["facts"].len());
    }
    assert!(contents(&archives[4])["facts"].len() > contents(&archives[0])["facts"].len(), "work went on");
    let copy = Database::nothing(engine);
    archive::load(&copy.target(), &mut archives[4].as_slice(), &mut |_, _| ()).unwrap();
    let (copied, _) = Db::open(&copy.target(), Access::Server).unwrap();
    assert_eq!(contents(&dump(&copied)), contents(&archives[4]));
}

async fn a_restore_never_mixes_two_workspaces(engine: Engine) {
    let database = Database::empty(engine);
    let (db, _) = Db::open(&database.target(), Access::Server).unwrap();
    store(&db, 1);
    let archive = dump(&db);
    drop(db);
    let refused = archive::load(&database.target(), &mut archive.as_slice(), &mut |_, _| ()).unwrap_err().to_string();
    assert!(refused.contains("is not empty"), "{refused}");
}

async fn a_damaged_backup_fills_nothing(engine: Engine) {
    let database = Database::empty(engine);
    let (db, _) = Db::open(&database.target(), Access::Server).unwrap();
    (1..=3).for_each(|n| store(&db, n));
    let whole = dump(&db);
    let text = String::from_utf8(whole.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let is_first = |line: &&str| line.starts_with("[1,") && line.contains("agent1@");
    let row = text.split_inclusive('\n').find(is_first).unwrap();
    let copy = Database::nothing(engine);
    let orphan = text.replace("\"facts\"", "\"fiction\"");
    let lost = text.replacen(row, &row.replacen('1', "77", 1), 1);
    let damages = [
        (lines[..lines.len() - 1].join("\n"), "cut off"),
        (lines[..lines.len() / 2].join("\n"), "cut off"),
        (text.replacen(row, "", 1), "rows of"),
        (orphan, "no table fiction"),
        (lost, "the backup is damaged"),
        ("hello".to_string(), "not a backup"),
        (String::new(), "not a backup"),
        (text.replacen("[\"0001\"", "[\"9999\"", 1), "newer version"),
    ];
    for (damaged, reason) in damages {
        let error = archive::load(&copy.target(), &mut damaged.as_bytes(), &mut |_, _| ()).unwrap_err();
        let said = format!("{error:#}");
        assert!(said.contains(reason), "{reason}: {said}");
    }
    archive::load(&copy.target(), &mut whole.as_slice(), &mut |_, _| ()).unwrap();
}

async fn the_commands_make_and_take_a_file(engine: Engine) {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::empty(engine);
    let (db, _) = Db::open(&database.target(), Access::Server).unwrap();
    store(&db, 1);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.jsonl.gz");
    let file = file.to_str().unwrap();
    let said = binary::prints(&database, &["backup", file]);
    assert!(said.contains("rows of"), "{said}");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half done is left");
    let again = binary::output(&database, &["backup", file]);
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("exists already"));

    let copy = Database::nothing(engine);
    binary::prints(&copy, &["restore", file]);
    let (copied, _) = Db::open(&copy.target(), Access::Server).unwrap();
    assert_eq!(contents(&dump(&copied)), contents(&dump(&db)));
}

async fn the_doctor_changes_nothing_and_finds_nothing(engine: Engine) {
    let database = Database::nothing(engine);
    let said = binary::prints(&database, &["doctor"]);
    assert!(said.contains("the first start makes"), "{said}");
    assert!(database.file().is_none_or(|file| !file.exists()));
    binary::prints(&database, &["migrate"]);
    let said = binary::prints(&database, &["doctor"]);
    assert!(said.contains("up to date") && said.contains("no damage found"), "{said}");
}

async fn only_the_named_tables_are_filled_by_migrations(engine: Engine) {
    let database = Database::empty(engine);
    let (db, _) = Db::open(&database.target(), Access::Server).unwrap();
    let tables = contents(&dump(&db));
    let filled: Vec<_> = tables.iter().filter(|(_, rows)| !rows.is_empty()).map(|(name, _)| name.as_str()).collect();
    assert_eq!(filled, ["resolutions"]);
}

/// An agent, an organization that is theirs, and a fact about them, with the values that are hard to carry.
fn store(db: &Db, n: i64) {
    db.write(move |tx| {
        let at = At(DateTime::from_timestamp_micros(1_763_600_000_123_456 + n).unwrap());
        let agent = (
            agents::id.eq(n),
            agents::email.eq(format!("agent{n}@example.com")),
            agents::name.eq("Zoë \"O'Neil\" \\ \n\t[1,2] \u{1F600}"),
            agents::role.eq("agent"),
            agents::password_hash.eq((n % 2 == 0).then_some("$argon2id$")),
            agents::presence.eq("away"),
            agents::presence_since.eq(at),
            agents::created_at.eq(At(DateTime::UNIX_EPOCH)),
        );
        diesel::insert_into(agents::table).values(agent).execute(tx.conn)?;
        organization_on(tx.conn, "Acme", n % 3 == 0)?;
        let fact = (
            facts::at.eq(at),
            facts::kind.eq("presence.changed"),
            facts::actor.eq("agent"),
            facts::actor_id.eq(i64::MAX - n),
            facts::agent_id.eq(n),
            facts::data.eq(D(json!({"n": n, "deep": [null, true, {"é": "\u{2028}"}]}))),
        );
        Ok::<_, Error>(diesel::insert_into(facts::table).values(fact).execute(tx.conn)?)
    })
    .unwrap();
}

fn facts_in(db: &Db) -> i64 {
    db.read(|conn| Ok::<_, Error>(facts::table.count().get_result(conn)?)).unwrap()
}

fn organization(db: &Db, name: &'static str) -> i64 {
    db.write(move |tx| Ok::<_, Error>(organization_on(tx.conn, name, true)?)).unwrap()
}

fn organization_on(conn: &mut Conn, name: &str, existing: bool) -> QueryResult<i64> {
    let row = (
        organizations::name.eq(name),
        organizations::existing.eq(existing),
        organizations::created_at.eq(At(DateTime::UNIX_EPOCH)),
        organizations::folded.eq(name.to_lowercase()),
    );
    diesel::insert_into(organizations::table).values(row).returning(organizations::id).get_result(conn)
}

fn dump(db: &Db) -> Vec<u8> {
    let mut archive = vec![];
    archive::dump(db, &mut archive, &mut |_, _| ()).unwrap();
    archive
}

/// The rows of each table, in a fixed order. Documents count by what they say.
fn contents(archive: &[u8]) -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut table = String::new();
    for line in String::from_utf8(archive.to_vec()).unwrap().lines().skip(1) {
        let mut line: Value = serde_json::from_str(line).unwrap();
        if let Some(name) = line["table"].as_str() {
            table = name.to_owned();
            tables.entry(table.clone()).or_default();
        } else if let Some(row) = line.as_array_mut() {
            row.iter_mut().for_each(read_document);
            tables.get_mut(&table).unwrap().push(line.to_string());
        }
    }
    tables.values_mut().for_each(|rows| rows.sort());
    tables
}

fn read_document(value: &mut Value) {
    let document = value.as_str().filter(|text| text.starts_with('{')).and_then(|text| serde_json::from_str(text).ok());
    if let Some(document) = document {
        *value = document;
    }
}
