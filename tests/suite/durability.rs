//! kill -9 at random moments under load: what was acknowledged is there, once, and the facts agree with the records. What
//! was not acknowledged is sent again, as its writer must, and is there once as well.

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
    let mut writers: Vec<Writer> = (0..WRITERS).map(Writer::new).collect();
    for round in 0..rounds() {
        let server = Served::start(&db);
        let over = Arc::new(AtomicBool::new(false));
        let at_work: Vec<_> = writers
            .into_iter()
            .map(|writer| {
                let programs = Programs::at(&server, &keys);
                tokio::spawn(writer.writes(programs, round, over.clone(), acknowledged.clone()))
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
        writers = vec![];
        for writer in at_work {
            writers.push(writer.await.unwrap());
        }
    }
    let server = Served::start(&db);
    for writer in &mut writers {
        writer.sends_again(&Programs::at(&server, &keys), &acknowledged).await;
    }
    drop(server);
    let (again, known) =
        writers.iter().fold((0, 0), |(again, known), writer| (again + writer.again, known + writer.known));
    println!("{again} writes were sent again; of the customers' {known} had been stored before the kill");
    assert!(again >= rounds() && known > 0, "only {again} writes were cut off by {} kills, {known} stored", rounds());
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

/// A provider's program and an agent's.
struct Programs {
    customer: Program,
    agent: Program,
}

impl Programs {
    fn at(server: &Served, keys: &Keys) -> Programs {
        let (customer, agent) = (&keys.channels["sms"], &keys.tokens["max"]);
        Programs { customer: Program::with(&server.base, customer), agent: Program::with(&server.base, agent) }
    }
}

/// One message, with what tells the server that it is the same one.
struct Letter {
    body: String,
    /// The conversation it answers; none for a customer's.
    answers: Option<String>,
}

/// A customer, or for every fourth writer an agent, who writes until the server is gone.
struct Writer {
    number: usize,
    conversation: Option<String>,
    /// Sent, and not answered.
    open: Option<Letter>,
    /// How many were sent again, and how many of those the server had already and said so.
    again: usize,
    known: usize,
}

impl Writer {
    fn new(number: usize) -> Writer {
        Writer { number, conversation: None, open: None, again: 0, known: 0 }
    }

    async fn writes(
        mut self,
        programs: Programs,
        round: usize,
        over: Arc<AtomicBool>,
        acknowledged: Acknowledged,
    ) -> Writer {
        if self.open.is_some() && !self.sends_again(&programs, &acknowledged).await {
            return self;
        }
        for number in 0.. {
            if over.load(Ordering::Relaxed) {
                break;
            }
            let answers = self.conversation.clone().filter(|_| self.number.is_multiple_of(4) && number % 2 == 1);
            self.open = Some(Letter { body: format!("{round}-{}-{number}", self.number), answers });
            match self.sends(&programs, &acknowledged).await {
                Some(status) => assert_eq!(status, 201, "what is new is stored"),
                None => break,
            }
        }
        self
    }

    /// What was not answered is sent once more: with the same id, or under the same key. Whether it was answered now.
    async fn sends_again(&mut self, programs: &Programs, acknowledged: &Acknowledged) -> bool {
        let Some(of_a_customer) = self.open.as_ref().map(|letter| letter.answers.is_none()) else { return true };
        let Some(status) = self.sends(programs, acknowledged).await else { return false };
        assert!(status == 201 || of_a_customer && status == 200, "sent again, and answered {status}");
        (self.again, self.known) = (self.again + 1, self.known + usize::from(status == 200));
        true
    }

    /// Sends the open letter; the status of its answer, if there is one.
    async fn sends(&mut self, programs: &Programs, acknowledged: &Acknowledged) -> Option<u16> {
        let letter = self.open.as_ref()?;
        let body = &letter.body;
        let request = match &letter.answers {
            Some(conversation) => {
                let path = format!("/conversations/{conversation}/replies");
                let request = programs.agent.request(reqwest::Method::POST, &path).header("Idempotency-Key", body);
                request.json(&json!({ "body": body }))
            }
            None => {
                let from = format!("+1415557{:04}", self.number);
                let message = json!({ "provider_message_id": body, "from": from, "body": body });
                programs.customer.request(reqwest::Method::POST, "/inbound/sms").json(&message)
            }
        };
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let answer: serde_json::Value = answer.json().await.ok()?;
        assert!([200, 201].contains(&status), "{body}: {status} {answer}");
        assert!(letter.answers.is_none() || answer["body"] == body.as_str(), "another's answer: {answer}");
        if let Some(number) = answer["conversation"].as_str() {
            self.conversation = Some(number.to_owned());
        }
        acknowledged.lock().unwrap().insert(body.clone(), self.conversation.clone().unwrap());
        self.open = None;
        Some(status)
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
