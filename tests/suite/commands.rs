//! Commands of the binary that a person types first: demo, serve on an empty database, help.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use switchboard::domain::Stage;

use crate::support::app::{Person, Program};
use crate::support::binary::{free_port, switchboard, token};
use crate::support::database::{Database, Engine};
use crate::support::run;

/// A command that keeps running; killed with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a command and waits for the line of its output that holds these words.
fn line_with(words: &str, args: &[&str], db: &Database) -> (Running, String) {
    let mut command = switchboard(&db.url, args);
    command.env("SWITCHBOARD_BIND", format!("127.0.0.1:{}", free_port())).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = Running(command.spawn().unwrap());
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut told = vec![];
    while let Some(line) = lines.next() {
        if line.contains(words) {
            // What else it says must find a reader: it would end with its terminal.
            std::thread::spawn(move || lines.for_each(drop));
            return (child, line);
        }
        told.push(line);
    }
    panic!("no line with {words:?}, only:\n{}", told.join("\n"));
}

#[test]
fn the_demo_is_filled_and_open_within_seconds() {
    run(async {
        let db = Database::nothing(Engine::Sqlite);
        let started = Instant::now();
        let (_demo, line) = line_with("Sign in at", &["demo"], &db);
        // Three seconds in the optimised build; this one is not, and the machine may be busy.
        assert!(started.elapsed() < Duration::from_secs(90), "the demo took {:?}", started.elapsed());
        let words: Vec<&str> = line.split_whitespace().collect();
        let after = |word: &str| words[words.iter().position(|w| *w == word).unwrap() + 1];
        let url = after("at").trim_end_matches('/');
        let base = &url[..url.find("/sign-in").unwrap_or(url.len())];
        let visitor = Person::at(base);
        visitor.signs_in(after("as"), after("with")).await.expect(303);
        let inbox = visitor.sees("/inbox/open").await;
        assert!(inbox.all("#rows .row").len() > 20, "{} rows", inbox.all("#rows .row").len());
        let tables = db.file().is_some_and(|file| file.exists() && std::fs::metadata(file).unwrap().len() > 0);
        assert!(!tables, "the demo is a throw-away: it leaves DATABASE_URL alone");
    });
}

#[test]
fn the_demo_has_every_stage_walk_ups_and_goes_on() {
    run(async {
        let db = Database::nothing(Engine::Sqlite);
        let (_demo, line) = line_with("admin)", &["demo", "--into", &db.url], &db);
        let words: Vec<&str> = line.split_whitespace().collect();
        let after = |word: &str| words[words.iter().position(|w| *w == word).unwrap() + 1];
        let base = after("at").split("/sign-in").next().unwrap();
        let root = Program::with(base, &token(&db, after("as")));
        let head = root.get("/events?after=latest").await.expect(200).json()["next"].as_str().unwrap().to_owned();
        let mut all = 0;
        for stage in Stage::ALL {
            let there = root.all(&format!("/conversations?limit=100&stage={stage}")).await.len();
            println!("{stage}: {there}");
            assert!(there >= 4, "{there} conversations in {stage}");
            all += there;
        }
        assert!((270..=360).contains(&all), "{all} conversations");
        let walk_ups = root.all("/interactions?limit=100&type=walk-up").await;
        for state in ["new", "work_in_progress", "closed_complete"] {
            assert!(walk_ups.iter().any(|one| one["state"] == state), "a walk-up is {state}");
        }
        assert!(root.all("/interactions?limit=100&state=work_in_progress").await.len() >= 5, "people are at work");
        // It goes on by itself: somebody writes.
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let told = root.get(&format!("/events?limit=100&after={head}")).await.expect(200).json();
            let told = told["items"].as_array().unwrap();
            if told.iter().any(|fact| fact["type"] == "message.added") {
                break;
            }
            assert!(Instant::now() < until, "nobody writes");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    });
}

#[test]
fn the_first_start_prints_a_link_that_makes_the_administrator_once() {
    run(async {
        let db = Database::nothing(Engine::Sqlite);
        let (_server, line) = line_with("http://", &["serve"], &db);
        let link = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
        let base = &link[..link[8..].find('/').unwrap() + 8];
        let visitor = Person::at(base);
        let form = visitor.sees(link).await.form("form[method=post]");
        let fields: Vec<String> = form.fields.iter().map(|(name, _)| name.clone()).collect();
        let mut filled = form.clone().with("email", "first@desk.example").with("password", "a long enough password");
        filled = filled.with("name", "First");
        for field in fields.iter().filter(|field| field.contains("password")) {
            filled = filled.with(field, "a long enough password");
        }
        visitor.submits(&filled).await.expect(303);
        let second = Person::at(base).get(link).await;
        assert!(second.status != 200 || !second.page().has("input[type=password]"), "the link works twice");
        Person::at(base).signs_in("first@desk.example", "a long enough password").await.expect(303);
    });
}

#[test]
fn help_names_every_command_and_setting() {
    let db = Database::nothing(Engine::Sqlite);
    let done = switchboard(&db.url, &["--help"]).output().unwrap();
    let help = String::from_utf8(done.stdout).unwrap();
    for word in [
        "serve",
        "demo",
        "migrate",
        "user",
        "token",
        "replay",
        "backup",
        "restore",
        "verify",
        "doctor",
        "DATABASE_URL",
        "SWITCHBOARD_BIND",
    ] {
        assert!(help.contains(word), "{word} is missing in:\n{help}");
    }
    assert!(!switchboard(&db.url, &["dance"]).output().unwrap().status.success());
}
