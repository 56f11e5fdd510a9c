//! Commands of the binary that a person types first: demo, serve on an empty database, help.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::app::Person;
use crate::support::binary::{free_port, switchboard};
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
