//! What other nodes on the same PostgreSQL have changed. Each transaction there tells its facts by NOTIFY; one thread
//! here listens.
//!
//! A notice is `NODE SEQ,SEQ,...`: which node wrote, and which facts. `NODE *` stands for more than fit. After the
//! connection was lost, notices may have been missed: the thread connects, listens, and only then says `Missed`, so
//! that whatever is committed after that moment is heard.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

/// How often notices are looked for; looking costs two tenths of a percent of a core and nobody sees the delay.
const LOOK: Duration = Duration::from_millis(10);
/// How often a silent connection is tried: a cut cable says nothing.
const TRY: Duration = Duration::from_secs(5);
/// How long to wait before connecting again.
const AGAIN: Duration = Duration::from_millis(500);
/// The channel that transactions notify.
pub const CHANNEL: &str = "live";

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Another node committed these facts, in this order.
    Facts(Vec<i64>),
    /// The sessions, the role or the queues of somebody have changed on another node: look again who may watch.
    Access,
    /// Something may have passed unheard: every page must fetch its content again.
    Missed,
}

/// The listening thread. Dropping it ends the thread.
pub struct Relay {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Listens at `url` for everybody but `node`, and hands on what it hears, on its own thread.
    pub fn listen(url: String, node: String, hear: impl FnMut(Heard) + Send + 'static) -> std::io::Result<Relay> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut listener = Listener { url, node, stop: stop.clone(), hear };
        let thread = thread::Builder::new().name("relay".into()).spawn(move || listener.run())?;
        Ok(Relay { stop, thread: Some(thread) })
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Listener<H> {
    url: String,
    node: String,
    stop: Arc<AtomicBool>,
    hear: H,
}

impl<H: FnMut(Heard)> Listener<H> {
    fn run(&mut self) {
        while !self.stopped() {
            if let Err(error) = self.connected() {
                tracing::warn!(%error, "the connection that listens to other nodes is gone; connecting again");
            }
            let again = Instant::now() + AGAIN;
            while !self.stopped() && Instant::now() < again {
                thread::sleep(LOOK);
            }
        }
    }

    fn connected(&mut self) -> Result<(), Box<dyn std::error::Error>> {
        let mut conn = PgConnection::establish(&self.url)?;
        conn.batch_execute(&format!("LISTEN {CHANNEL}"))?;
        (self.hear)(Heard::Missed);
        let mut tried = Instant::now();
        while !self.stopped() {
            let notices = conn.notifications_iter().collect::<Result<Vec<_>, _>>()?;
            for notice in notices {
                if let Some(heard) = read(&notice.payload, &self.node) {
                    (self.hear)(heard);
                }
            }
            if tried.elapsed() > TRY {
                conn.batch_execute("SELECT 1")?;
                tried = Instant::now();
            }
            thread::sleep(LOOK);
        }
        Ok(())
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

/// The words of a notice; none if it is our own. What cannot be read counts as missed.
fn read(payload: &str, node: &str) -> Option<Heard> {
    match payload.split_once(' ') {
        Some((from, _)) if from == node => None,
        Some((_, "access")) => Some(Heard::Access),
        Some((_, seqs)) => {
            let seqs = seqs.split(',').map(str::parse).collect::<Result<Vec<i64>, _>>();
            Some(seqs.map_or(Heard::Missed, Heard::Facts))
        }
        None => Some(Heard::Missed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_of_others_are_heard_and_our_own_are_not() {
        assert_eq!(read("b 7,8", "a"), Some(Heard::Facts(vec![7, 8])));
        assert_eq!(read("b *", "a"), Some(Heard::Missed));
        assert_eq!(read("b access", "a"), Some(Heard::Access));
        assert_eq!(read("a 7,8", "a"), None);
        assert_eq!(read("nonsense", "a"), Some(Heard::Missed));
    }
}
