//! The sender: takes letters from the outbox, one at a time, and hands them to their provider. Any number of processes
//! may have one; each letter is claimed in the database first.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::sms::{self, Doubts};
use crate::desk::Desk;
use crate::desk::outbox::{Letter, Outcome};

/// Letters that one process sends at the same time, each of another conversation.
const AT_ONCE: usize = 4;
/// How often is looked for letters of other processes, and for lost ones.
const LOOK: Duration = Duration::from_secs(1);
/// The shortest pause between two looks.
const BREATH: Duration = Duration::from_millis(20);
/// Looks between two for lost letters.
const LOST: u32 = 5;

/// Where providers reach us, and what proves that they were asked to.
#[derive(Clone)]
pub struct Outside {
    /// As https://desk.example.com; where nobody has set it, the address that is listened on.
    pub base: String,
    /// Whether the outside knows that address.
    pub is_public: bool,
    /// The key of the house.
    pub key: Vec<u8>,
}

/// A running sender. Dropping it stops it, after what is on its way.
pub struct Sender {
    desk: Desk,
    stopping: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Sender {
    /// Starts one, on threads of its own.
    pub fn start(desk: Desk, outside: Outside) -> io::Result<Sender> {
        let mut sender = Sender { desk, stopping: Arc::default(), threads: Vec::new() };
        let doubts = Doubts::default();
        for number in 0..AT_ONCE {
            let (desk, stopping) = (sender.desk.clone(), sender.stopping.clone());
            let (outside, doubts) = (outside.clone(), doubts.clone());
            let work = move || run(&desk, (&outside, &doubts), &stopping, number == 0);
            sender.threads.push(thread::Builder::new().name(format!("sender-{number}")).spawn(work)?);
        }
        Ok(sender)
    }

    /// Takes no more letters from now on.
    pub fn rest(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.desk.bell.ring();
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.rest();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn run(desk: &Desk, way: (&Outside, &Doubts), stopping: &AtomicBool, looks_for_lost: bool) {
    let mut fails = false;
    for look in 0_u32.. {
        if stopping.load(Ordering::SeqCst) {
            return;
        }
        let rung = desk.bell.rung();
        let lost = if looks_for_lost && look.is_multiple_of(LOST) { desk.give_up_lost_letters() } else { Ok(0) };
        match lost.and_then(|_| sent_all(desk, way, stopping)) {
            Ok(pause) => {
                fails = false;
                desk.bell.wait(rung, pause);
            }
            Err(error) => {
                // Said once, not every second.
                if !fails {
                    tracing::warn!(%error, "the outbox cannot be read; it is tried every second");
                }
                fails = true;
                desk.bell.wait(desk.bell.rung(), LOOK);
            }
        }
    }
}

/// Sends everything that is due; how long there is nothing more to do.
fn sent_all(desk: &Desk, (outside, doubts): (&Outside, &Doubts), stopping: &AtomicBool) -> crate::desk::Done<Duration> {
    while !stopping.load(Ordering::SeqCst) {
        let Some(letter) = desk.claim_letter()? else { break };
        let outcome = sms::send(desk, outside, doubts, &letter);
        told(desk, &letter, &outcome, stopping);
    }
    let Some(due) = desk.next_letter()? else { return Ok(LOOK) };
    let pause = (due - desk.clock.now()).to_std().unwrap_or_default();
    Ok(pause.clamp(BREATH, LOOK))
}

/// Writes down what came of a letter. Nobody else knows it: where the database is away, it is waited for.
fn told(desk: &Desk, letter: &Letter, outcome: &Outcome, stopping: &AtomicBool) {
    const PATIENCE: u32 = 60;
    const FAREWELL: u32 = 8;
    for again in 0..PATIENCE {
        if stopping.load(Ordering::SeqCst) && again > FAREWELL {
            break;
        }
        match desk.letter_tried(letter, outcome.clone()) {
            Ok(()) => return,
            Err(error) if again == 0 => tracing::warn!(%error, "what came of a letter is not written down yet"),
            Err(_) => {}
        }
        thread::sleep(Duration::from_millis(250));
    }
    tracing::error!(letter = letter.id, "what came of a letter could not be written down: it will be unknown");
}
