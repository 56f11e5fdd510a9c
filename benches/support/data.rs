//! 300,000 conversations and 1.5 million messages over sixty days, made by the product's own verbs; made once and kept
//! in `target/tmp`. BENCH_CONVERSATIONS makes fewer. On PostgreSQL they come out of a backup of the same.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use switchboard::desk::organizations::NewOrganization;
use switchboard::desk::replay::{Line, Outcome, Replay};
use switchboard::store::{Db, Target};

const DAYS: i64 = 60;
const QUEUES: [&str; 6] = ["payments", "hardware", "accounts", "onboarding", "returns", "partners"];
const AGENTS: u32 = 40;
const SHOPS: u32 = 3000;
/// One in so many is still open.
const OPEN: u32 = 25;
const STEPS: u32 = 6;
pub const ADMIN: &str = "root@bench.example";
pub const PASSWORD: &str = "measured-by-hand-17";

pub fn conversations() -> u32 {
    std::env::var("BENCH_CONVERSATIONS").map_or(300_000, |wish| wish.parse().expect("BENCH_CONVERSATIONS is a number"))
}

/// A copy of the data that a measurement may change, as `DATABASE_URL` takes it.
pub fn sqlite() -> String {
    let kept = kept();
    let copy = folder().join("bench-copy.db");
    for ending in ["", "-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(format!("{}{ending}", copy.display()));
    }
    std::fs::copy(kept, &copy).unwrap();
    format!("sqlite:{}", copy.display())
}

/// The same in the empty PostgreSQL database that BENCH_POSTGRES names, if it does.
pub fn postgres() -> Option<String> {
    let url = std::env::var("BENCH_POSTGRES").ok()?;
    let backup = kept().with_extension("jsonl.gz");
    if !backup.exists() {
        switchboard(&format!("sqlite:{}", kept().display()), &["backup", backup.to_str().unwrap()]);
    }
    eprintln!("filling PostgreSQL from the backup");
    switchboard(&url, &["restore", backup.to_str().unwrap()]);
    Some(url)
}

/// Runs a command of the product; what it prints.
pub fn switchboard(url: &str, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    let done = command.args(args).env("DATABASE_URL", url).output().unwrap();
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

fn kept() -> PathBuf {
    let file = folder().join(format!("bench-{}.db", conversations()));
    if !file.exists() {
        let partial = file.with_extension("partial");
        for ending in ["", "-wal", "-shm", ".lock"] {
            let _ = std::fs::remove_file(format!("{}{ending}", partial.display()));
        }
        make(&partial);
        let url = format!("sqlite:{}", partial.display());
        switchboard(&url, &["user", "add", ADMIN, "--name", "Root", "--role", "admin", "--password", PASSWORD]);
        std::fs::rename(partial, &file).unwrap();
    }
    file
}

/// Everything in order of time: a heap holds the next step of each conversation that goes on.
fn make(file: &Path) {
    let number = conversations();
    eprintln!("making {number} conversations in {}", file.display());
    let look = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} conversations, {eta} to go").unwrap();
    let bar = ProgressBar::new(u64::from(number)).with_style(look);
    let mut replay = Replay::onto(Db::open_in_bulk(&Target::Sqlite(file.to_owned())).unwrap());
    let now = switchboard::clock::Clock::system().now();
    let began = now - TimeDelta::days(DAYS);
    set_up(&mut replay, began);
    let apart = TimeDelta::days(DAYS) / i32::try_from(number).unwrap();
    let mut going: BinaryHeap<Reverse<(DateTime<Utc>, u32, u32)>> = BinaryHeap::new();
    let mut next = 0;
    loop {
        let starts = (next < number).then(|| began + apart * i32::try_from(next).unwrap());
        let goes_on = going.peek().map(|Reverse((at, ..))| *at);
        let (at, conversation, step) = match (starts, goes_on) {
            (Some(starts), goes_on) if goes_on.is_none_or(|at| starts <= at) => {
                bar.inc(1);
                next += 1;
                (starts, next - 1, 0)
            }
            (_, Some(_)) => going.pop().unwrap().0,
            (_, None) => break,
        };
        let outcome = replay.play(&line(at, conversation, step)).unwrap();
        assert_eq!(outcome, Outcome::Done, "{conversation}, step {step}");
        if step + 1 < ends_after(conversation) {
            let later = at + TimeDelta::seconds(i64::from(40 + (conversation * 7 + step * 31) % 240));
            going.push(Reverse((later.min(now), conversation, step + 1)));
        }
        if conversation.is_multiple_of(500) {
            replay.commit().unwrap();
        }
    }
    replay.commit().unwrap();
    bar.finish();
}

/// How many steps it has: most are resolved, the others stand anywhere.
fn ends_after(conversation: u32) -> u32 {
    if conversation.is_multiple_of(OPEN) { 1 + (conversation / OPEN) % (STEPS - 1) } else { STEPS }
}

fn set_up(replay: &mut Replay, at: DateTime<Utc>) {
    replay.desk().clock.set(at);
    for shop in 0..SHOPS {
        let (name, domains) = (format!("Shop {shop}"), vec![format!("shop{shop}.example")]);
        let new = NewOrganization { name, domains, existing: !shop.is_multiple_of(3), ..Default::default() };
        replay.desk().add_organization(new).unwrap();
    }
    for number in 0..AGENTS {
        let (agent, state) = (Some(agent(number)), Some("available".to_owned()));
        replay.play(&Line { at, act: "presence".to_owned(), agent, state, ..Line::default() }).unwrap();
    }
}

fn agent(number: u32) -> String {
    format!("agent{}@bench.example", number % AGENTS)
}

const WORDS: [&str; 8] = [
    "The card terminal shows an error since the update this morning and customers are waiting at the counter",
    "Could you look into the payout of last Friday, it is lower than the report of the day says",
    "Thank you, that worked at once",
    "I am sorry to hear that. Please hold the green key until the terminal restarts, then try a small payment",
    "We move to new premises next month; what do you need from us for the invoices?",
    "It has been sent today and should be with you tomorrow before noon",
    "The printer feeds blank paper, the roll is new",
    "Please find the receipt attached; the line for the second till is on page two",
];

fn line(at: DateTime<Utc>, conversation: u32, step: u32) -> Line {
    let words = WORDS[((conversation * 5 + step * 3) % 8) as usize];
    let body = Some(format!("{words} ({conversation})"));
    let agent = Some(agent(conversation * 13));
    let of = Some(format!("{conversation}-0"));
    let of_agent =
        |act: &str| Line { at, act: act.to_owned(), agent: agent.clone(), of: of.clone(), ..Line::default() };
    match step {
        0 | 2 | 4 => Line {
            at,
            act: "inbound".to_owned(),
            channel: Some(QUEUES[(conversation % 6) as usize].to_owned()),
            from: Some(format!("customer{conversation}@shop{}.example", conversation % (SHOPS * 2))),
            id: Some(format!("{conversation}-{step}")),
            body,
            ..Line::default()
        },
        1 | 3 => Line { body, ..of_agent("reply") },
        _ => {
            let (resolution, text) = (Some("Answered".to_owned()), Some(words.chars().take(60).collect()));
            Line { resolution, short_description: text, ..of_agent("resolve") }
        }
    }
}
