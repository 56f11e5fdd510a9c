//! The real binary: its commands, and a server of its own process for what only a process can show.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use super::app::Person;
use super::database::Database;

/// A command of the product on this database, with nothing of our environment but PATH.
pub fn switchboard(url: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.args(args).env_clear().env("DATABASE_URL", url).env("PATH", "/usr/bin:/bin");
    command.stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn output(db: &Database, args: &[&str]) -> Output {
    switchboard(&db.url, args).output().unwrap()
}

/// What a command that succeeds prints, trimmed.
#[track_caller]
pub fn prints(db: &Database, args: &[&str]) -> String {
    let done = output(db, args);
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "switchboard {} ended with {}:\n{errors}", args.join(" "), done.status);
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// Makes a person by the command line; the password is their e-mail address.
pub fn hires(db: &Database, email: &str, role: &str) {
    let name = email.split('@').next().unwrap();
    prints(db, &["user", "add", email, "--name", name, "--role", role, "--password", &password(email)]);
}

pub fn password(email: &str) -> String {
    format!("{email} is in the house")
}

/// A token of this person, by the command line.
pub fn token(db: &Database, email: &str) -> String {
    prints(db, &["token", "create", "--user", email])
}

/// `switchboard serve` as a process of its own; killed with this value.
pub struct Served {
    pub base: String,
    child: Child,
    errors: std::sync::Arc<std::sync::Mutex<String>>,
}

impl Served {
    pub fn start(db: &Database) -> Served {
        Served::start_with(db, &[])
    }

    /// With further settings, as environment.
    pub fn start_with(db: &Database, settings: &[(&str, &str)]) -> Served {
        Served::start_as(db, settings, free_port())
    }

    /// At the address of one that has stopped.
    pub fn start_on(db: &Database, port: u16) -> Served {
        Served::start_as(db, &[], port)
    }

    fn start_as(db: &Database, settings: &[(&str, &str)], port: u16) -> Served {
        let mut command = switchboard(&db.url, &["serve"]);
        command.env("SWITCHBOARD_BIND", format!("127.0.0.1:{port}"));
        command.envs(settings.iter().copied()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let errors = drain(child.stderr.take().unwrap());
        let until = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let gone = child.try_wait().unwrap();
            assert!(
                gone.is_none() && Instant::now() < until,
                "serve did not start ({gone:?}): {}",
                errors.lock().unwrap()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        Served { base: format!("http://127.0.0.1:{port}"), child, errors }
    }

    pub fn visitor(&self) -> Person {
        Person::at(&self.base)
    }

    /// What it has logged so far.
    pub fn errors(&self) -> String {
        self.errors.lock().unwrap().clone()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The memory it holds, in KiB, without the program itself: a debug build is several times the size of the other.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; how it ended and how long that took.
    pub fn terminate(mut self) -> (ExitStatus, Duration) {
        let started = Instant::now();
        signal("-TERM", self.pid());
        (self.child.wait().unwrap(), started.elapsed())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal(name: &str, pid: u32) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success());
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Reads what a process writes, so that it never waits for us; kept for the message of a failure.
fn drain(from: impl Read + Send + 'static) -> std::sync::Arc<std::sync::Mutex<String>> {
    let text = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let kept = text.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            kept.lock().unwrap().push_str(&format!("{line}\n"));
        }
    });
    text
}
