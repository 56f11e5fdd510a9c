//! kill -9 at random moments under load: what was acknowledged is there, once, and the facts agree with the records.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::app::Program;
use crate::support::binary::{self, Served};
use crate::support::cast::{self, Keys};
use crate::support::database::{Database, Engine};

both![nothing_acknowledged_is_lost_when_the_process_is_killed];

/// Rounds of load and kill; KILL_ROUNDS for more.
fn rounds() -> usize {
    std::env::var("KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(50)
}

const WRITERS: usize = 32;

/// Message bodies that the server has acknowledged, by the conversation they went to.
type Acknowledged = Arc<Mutex<BTreeMap<String, String>>>;

async fn nothing_acknowledged_is_lost_when_the_process_is_killed(engine: Engine) {
    let db = Database::with_the_cast(engine);
    let keys = cast::keys(engine);
    let acknowledged = Acknowledged::default();
    for round in 0..rounds() {
        let server = Served::start(&db);
        let over = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                tokio::spawn(write(
                    server.base.clone(),
                    keys.clone(),
                    round,
                    writer,
                    over.clone(),
                    acknowledged.clone(),
                ))
            })
            .collect();
        let before = count(&acknowledged);
        let enough = before + fastrand::usize(1..200);
        let until = Instant::now() + Duration::from_secs(20);
        while count(&acknowledged) < enough {
            assert!(Instant::now() < until, "round {round}: only {} writes in 20 s", count(&acknowledged) - before);
            tokio::time::sleep(Duration::from_millis(fastrand::u64(1..10))).await;
        }
        server.kill();
        over.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.await.unwrap();
        }
    }
    let done = binary::output(&db, &["verify"]);
    assert!(
        done.status.success(),
        "verify: {}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    let acknowledged = std::mem::take(&mut *acknowledged.lock().unwrap());
    assert_all_there_once(&db, &keys, &acknowledged).await;
}

fn count(acknowledged: &Acknowledged) -> usize {
    acknowledged.lock().unwrap().len()
}

/// A customer, or for every fourth writer an agent, who writes until the server is gone.
async fn write(
    base: String,
    keys: Keys,
    round: usize,
    writer: usize,
    over: Arc<AtomicBool>,
    acknowledged: Acknowledged,
) {
    let customer = Program::with(&base, &keys.channels["sms"]);
    let agent = Program::with(&base, &keys.tokens["max"]);
    let mut conversation: Option<String> = None;
    for number in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let body = format!("{round}-{writer}-{number}");
        let (program, path, message) = match conversation
            .as_ref()
            .filter(|_| writer.is_multiple_of(4) && number % 2 == 1)
        {
            Some(conversation) => (&agent, format!("/conversations/{conversation}/replies"), json!({ "body": body })),
            None => {
                let from = format!("+1415557{writer:04}");
                (
                    &customer,
                    "/inbound/sms".to_owned(),
                    json!({ "provider_message_id": body, "from": from, "body": body }),
                )
            }
        };
        let Ok(answer) = program.request(reqwest::Method::POST, &path).json(&message).send().await else { return };
        let created = answer.status() == 201;
        let Ok(answer) = answer.json::<serde_json::Value>().await else { return };
        assert!(created, "{path}: {answer}");
        if let Some(number) = answer["conversation"].as_str() {
            conversation = Some(number.to_owned());
        }
        acknowledged.lock().unwrap().insert(body, conversation.clone().unwrap());
    }
}

async fn assert_all_there_once(db: &Database, keys: &Keys, acknowledged: &BTreeMap<String, String>) {
    let server = Served::start(db);
    let root = Program::with(&server.base, &keys.tokens["root"]);
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let conversations: std::collections::BTreeSet<&String> = acknowledged.values().collect();
    for conversation in conversations {
        for message in root.all(&format!("/conversations/{conversation}/messages?limit=100")).await {
            *found.entry(message["body"].as_str().unwrap_or("").to_owned()).or_default() += 1;
        }
    }
    let lost: Vec<&String> = acknowledged.keys().filter(|body| !found.contains_key(*body)).collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged writes are lost: {:?}",
        lost.len(),
        acknowledged.len(),
        &lost[..lost.len().min(10)]
    );
    let doubled: Vec<&String> = found.iter().filter(|(_, times)| **times > 1).map(|(body, _)| body).collect();
    assert!(doubled.is_empty(), "doubled: {doubled:?}");
}
