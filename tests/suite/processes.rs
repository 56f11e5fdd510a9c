//! The process and what it stands on: two servers on one database, a database that goes away, commands beside a server.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::app::Program;
use crate::support::binary::{self, Served, free_port, switchboard};
use crate::support::cast::email;
use crate::support::cluster::Cluster;
use crate::support::database::{Database, Engine};
use crate::support::live::Socket;
use crate::support::run;
use crate::support::world::{Customer, World};

both![
    commands_work_while_the_server_runs,
    a_new_password_from_the_command_line_signs_out_everywhere,
    a_backup_taken_under_way_restores,
    health_is_told,
    an_idle_server_takes_no_60_megabytes,
    a_server_starts_in_ten_seconds_after_a_crash
];

async fn commands_work_while_the_server_runs(engine: Engine) {
    let world = World::apart(engine).await;
    binary::hires(&world.db, "late@desk.example", "agent");
    let late = Program::with(&world.base, &binary::token(&world.db, "late@desk.example"));
    late.get("/conversations").await.expect(200);
    let twice = binary::output(
        &world.db,
        &["user", "add", "late@desk.example", "--name", "Late", "--role", "agent", "--password", "long enough for all"],
    );
    assert!(!twice.status.success());
    let told = String::from_utf8_lossy(&twice.stderr).into_owned();
    assert!(told.lines().count() == 1 && told.contains("late@desk.example"), "{told}");
}

async fn a_new_password_from_the_command_line_signs_out_everywhere(engine: Engine) {
    let world = World::apart(engine).await;
    let (ada, old) = (email("ada"), binary::password(&email("ada")));
    assert!(world.ada.page.is_signed_in().await);
    let told = binary::prints(&world.db, &["user", "passwd", &ada, "--password", "a brand new password"]);
    assert_eq!(told, format!("{ada} has a new password and is signed out everywhere"));
    assert!(!world.ada.page.is_signed_in().await, "an open session ends");
    assert_ne!(world.visitor().signs_in(&ada, &old).await.status, 303);
    world.visitor().signs_in(&ada, "a brand new password").await.expect(303);
    // Or on standard input, where no list of processes shows it.
    let mut command = switchboard(&world.db.url, &["user", "passwd", &ada]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"one more new password\n").unwrap();
    assert!(child.wait().unwrap().success());
    world.visitor().signs_in(&ada, "one more new password").await.expect(303);
    for (who, new, says) in
        [("nobody@desk.example", "a brand new password", "nobody@desk.example"), (ada.as_str(), "short", "")]
    {
        let refused = binary::output(&world.db, &["user", "passwd", who, "--password", new]);
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && told.lines().count() == 1 && told.contains(says), "{told}");
    }
    world.visitor().signs_in(&ada, "one more new password").await.expect(303);
}

async fn a_backup_taken_under_way_restores(engine: Engine) {
    let world = World::apart(engine).await;
    for _ in 0..5 {
        world.conversation_in("hold").await;
    }
    let copy = world.db.beside("backup");
    binary::prints(&world.db, &["backup", copy.to_str().unwrap()]);
    world.uma.writes("After the backup").await;
    let other = Database::nothing(engine);
    binary::prints(&other, &["restore", copy.to_str().unwrap()]);
    binary::prints(&other, &["verify"]);
    let server = Served::start(&other);
    let root = Program::with(&server.base, &world.keys.tokens["root"]);
    assert_eq!(root.all("/conversations").await.len(), 5);
}

async fn health_is_told(engine: Engine) {
    let world = World::apart(engine).await;
    for path in ["/healthz", "/readyz"] {
        world.visitor().get(path).await.expect(200);
    }
    let metrics = world.visitor().get("/metrics").await.expect(200);
    assert!(metrics.body.contains("# TYPE"), "{}", metrics.body);
}

async fn an_idle_server_takes_no_60_megabytes(engine: Engine) {
    let world = World::apart(engine).await;
    world.ada.page.sees("/inbox").await;
    assert!(world.server().memory() < 60 * 1024, "{} KiB", world.server().memory());
}

async fn a_server_starts_in_ten_seconds_after_a_crash(engine: Engine) {
    let world = World::apart(engine).await;
    let number = world.uma.writes("Hello").await;
    let (server, db, keys) = world.into_server();
    server.kill();
    let started = Instant::now();
    let server = Served::start(&db);
    let root = Program::with(&server.base, &keys.tokens["root"]);
    root.get(&format!("/conversations/{number}")).await.expect(200);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_wrong_setting_stops_the_start_with_one_sentence() {
    let wrong = [
        ("DATABASE_URL", "mysql://localhost/desk"),
        ("DATABASE_URL", "postgres:///none?host=/nowhere&user=nobody"),
        ("DATABASE_URL", "sqlite:/proc/none/switchboard.db"),
        ("SWITCHBOARD_BIND", "somewhere"),
        ("SWITCHBOARD_PUBLIC_URL", "desk example"),
        ("SWITCHBOARD_SECRET", "short"),
    ];
    for (name, value) in wrong {
        let db = Database::empty(Engine::Sqlite);
        let mut command = switchboard(&db.url, &["serve"]);
        command.env("SWITCHBOARD_BIND", format!("127.0.0.1:{}", free_port())).env(name, value);
        let started = Instant::now();
        let done = command.output().unwrap();
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success(), "{name}={value} was accepted");
        assert!(told.lines().count() <= 2 && told.len() > 20 && !told.contains("panicked"), "{name}={value}: {told}");
        assert!(started.elapsed() < Duration::from_secs(15), "{name}={value} took {:?}", started.elapsed());
    }
}

#[test]
fn a_second_server_on_one_sqlite_file_is_refused() {
    let db = Database::empty(Engine::Sqlite);
    let _first = Served::start(&db);
    let second = switchboard(&db.url, &["serve"])
        .env("SWITCHBOARD_BIND", format!("127.0.0.1:{}", free_port()))
        .output()
        .unwrap();
    assert!(!second.status.success());
    assert_eq!(
        String::from_utf8_lossy(&second.stderr).lines().filter(|line| line.starts_with("switchboard: ")).count(),
        1
    );
}

#[test]
fn two_servers_on_one_postgres_see_each_others_changes_also_after_it_restarts() {
    run(async {
        let mut cluster = Cluster::start();
        cluster.batch("CREATE DATABASE desk");
        let db = Database::elsewhere(cluster.url("desk"));
        binary::prints(&db, &["migrate"]);
        crate::support::cast::hire_apart(&db);
        let (one, two) = (Served::start(&db), Served::start(&db));
        let root = Program::with(&one.base, &binary::token(&db, "root@desk.example"));
        let channel = binary::prints(&db, &["token", "create", "--user", "root@desk.example", "--channel", "sms"]);
        let uma = Customer::with("+14155550100", "sms", Program::with(&two.base, &channel));
        let mut page = Socket::of_program(&root, "inbox", None).await.unwrap();
        let number = uma.writes("Hello from the other node").await;
        assert_eq!(page.until("message.added").await["id"], number);
        let ada = one.visitor();
        ada.signs_in(&email("ada"), &binary::password(&email("ada"))).await.expect(303);
        let mut looks = Socket::of_page(&ada, &format!("conversation:{number}"), None).await.unwrap();
        let ben = two.visitor();
        ben.signs_in(&email("ben"), &binary::password(&email("ben"))).await.expect(303);
        let _there = Socket::of_page(&ben, &format!("conversation:{number}"), None).await.unwrap();
        loop {
            let told = looks.until("company.changed").await;
            if told["viewing"].as_array().unwrap().iter().any(|person| person["name"] == "ben") {
                break;
            }
        }

        cluster.stop();
        let away = root.get("/conversations").await;
        assert_eq!(away.status, 503, "{}", away.body);
        assert!(!away.header("retry-after").is_empty());
        root.get("/conversations/CONV-1").await.expect(503);
        uma.sends("Nobody hears me").await.expect(503);
        let door = one.visitor();
        door.get("/healthz").await.expect(200);
        door.get("/readyz").await.expect(503);
        cluster.start_again();

        let until = Instant::now() + Duration::from_secs(15);
        while !root.get("/conversations").await.status.is_success() {
            assert!(Instant::now() < until, "no recovery without a restart");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let mut page = Socket::of_program(&root, "inbox", None).await.unwrap();
        let until = Instant::now() + Duration::from_secs(15);
        loop {
            let sent = uma.sends("And again").await;
            if sent.status == 201 && page.next().await.is_some_and(|frame| frame["type"] == "message.added") {
                break;
            }
            assert!(Instant::now() < until, "the relay did not come back: {}", sent.body);
        }
        assert_eq!(root.get(&format!("/conversations/{number}")).await.expect(200).json()["number"], json!(number));
    });
}
