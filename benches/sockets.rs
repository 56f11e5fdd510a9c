//! One change to many open pages: `cargo bench --bench sockets`.
//!
//! Opens 1,000 and then 5,000 sockets on the inbox of a real server, has customers write one message after the other, and
//! prints how long it took from the verb's call until each page had the frame, and the memory of one socket. The
//! pages are another process on the same machine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a measurement")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser;
use futures_util::StreamExt;
use switchboard::cli::serve::House;
use switchboard::config::Config;
use switchboard::config::limits::SOCKETS_EACH;
use switchboard::desk::channels::NewChannel;
use switchboard::desk::intake::Arrival;
use switchboard::desk::setup::NewQueue;
use switchboard::desk::sign_in::Token;
use switchboard::domain::conversation::InboundKind;
use switchboard::domain::state::ContactType;
use switchboard::domain::{Actor, Role};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const ROUNDS: usize = 30;

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|first| first == "pages") {
        return pages(&args[2], &args[3], args[4].parse().unwrap());
    }
    println!("{:>8} {:>9} {:>9} {:>9} {:>12} {:>12}", "sockets", "p50 ms", "p99 ms", "max ms", "idle MB", "KiB/socket");
    for sockets in [1000, 5000] {
        measure(sockets);
    }
}

fn measure(sockets: usize) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("bench.db").display());
    let words = ["bench", "--database-url", &url, "--bind", "127.0.0.1:0"];
    let house = House::open(&Settings::parse_from(words).config).unwrap();
    let desk = &house.desk;
    let root = desk.add_agent("root@desk.example", "Root", Role::Admin, None).unwrap();
    // A token may hold only so many.
    let tokens = (0..sockets.div_ceil(SOCKETS_EACH)).map(|_| desk.create_token(Token::Agent(root.id)).unwrap());
    let tokens = tokens.collect::<Vec<_>>().join(",");
    let types = vec![ContactType::Messaging];
    desk.add_queue(NewQueue { slug: "support".into(), name: "Support".into(), types, ..NewQueue::default() }).unwrap();
    let contact_type = ContactType::Messaging;
    let (slug, kind) = ("sms".to_owned(), "api".to_owned());
    let (name, queue) = (slug.clone(), Some("support".into()));
    let new = NewChannel { name, slug, kind, contact_type, queue, ..NewChannel::default() };
    let channel = desk.add_channel(Actor::System, new).unwrap();
    let idle = memory();
    let base = format!("ws://{}/api/v1/live?topics=inbox&view=open", house.running.addr);
    let mut there = There::open(&base, &tokens, sockets);
    let each = (memory() - idle) as f64 / sockets as f64;
    let mut took = Vec::new();
    for round in 0..ROUNDS {
        let (started, now) = (clock(), Instant::now());
        let from = format!("+1415555{round:04}");
        let (provider_id, body) = (Some(format!("m{round}")), "Hello, is anybody there?".to_owned());
        let kind = InboundKind::Content;
        let arrival =
            Arrival { provider_id, from, body, sent_at: None, kind, about: None, thread: None, files: Vec::new() };
        desk.receive(&channel, arrival).unwrap();
        took.extend(there.arrivals().into_iter().map(|at| at.saturating_sub(started) as f64 / 1000.0));
        std::thread::sleep(Duration::from_millis(300).saturating_sub(now.elapsed()));
    }
    took.sort_by(f64::total_cmp);
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
    let idle = idle as f64 / 1024.0;
    println!("{sockets:>8} {:>9.1} {:>9.1} {:>9.1} {idle:>12.1} {each:>12.1}", at(0.5), at(0.99), at(1.0));
    drop(there);
    house.close().unwrap();
}

/// The process that holds the pages.
struct There {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl There {
    fn open(base: &str, tokens: &str, sockets: usize) -> There {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["pages", base, tokens, &sockets.to_string()]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "open");
        There { child, lines }
    }

    /// When each page had the message, in microseconds of the system's clock.
    fn arrivals(&mut self) -> Vec<u64> {
        let line = self.lines.next().unwrap().unwrap();
        line.split(' ').map(|at| at.parse().unwrap()).collect()
    }
}

impl Drop for There {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pages(base: &str, tokens: &str, sockets: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let arrived = Arc::new(Mutex::new(Vec::with_capacity(sockets)));
    runtime.block_on(async {
        for token in tokens.split(',').flat_map(|token| [token; SOCKETS_EACH]).take(sockets) {
            let mut request = base.into_client_request().unwrap();
            request.headers_mut().insert("Authorization", format!("Bearer {token}").parse().unwrap());
            let (mut stream, _) = tokio_tungstenite::connect_async(request).await.unwrap();
            stream.next().await.unwrap().unwrap();
            let arrived = arrived.clone();
            tokio::spawn(async move {
                while let Some(Ok(message)) = stream.next().await {
                    if matches!(&message, Message::Text(text) if text.contains("\"message.added\"")) {
                        note(&arrived, sockets);
                    }
                }
            });
        }
        println!("open");
        std::future::pending::<()>().await;
    });
}

fn note(arrived: &Mutex<Vec<u64>>, sockets: usize) {
    let mut arrived = arrived.lock().unwrap();
    arrived.push(clock());
    if arrived.len() == sockets {
        let line: Vec<String> = arrived.drain(..).map(|at| at.to_string()).collect();
        println!("{}", line.join(" "));
        std::io::stdout().flush().unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "two processes compare their clocks")]
fn clock() -> u64 {
    chrono::Utc::now().timestamp_micros().unsigned_abs()
}

/// Resident memory of this process in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
