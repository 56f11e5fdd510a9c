//! What other processes on the same PostgreSQL tell by NOTIFY. One thread listens.
//!
//! After the connection was lost, notices may have been missed: the thread connects, listens, and only then says
//! `Missed`, so that whatever is committed after that moment is heard.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

use super::Target;

/// How often notices are looked for; looking costs two tenths of a percent of a core and nobody sees the delay.
const LOOK: Duration = Duration::from_millis(10);
/// How often a silent connection is tried: a cut cable says nothing.
const TRY: Duration = Duration::from_secs(5);
/// How long to wait before connecting again.
const AGAIN: Duration = Duration::from_millis(500);

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The words of one notice, in the order of commits.
    Said(String),
    /// Any number of notices may have passed unheard.
    Missed,
}

/// The listening thread. Dropping it ends the thread.
pub struct Listener {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Listens to everybody, also to ourselves, and hands on what it hears on its own thread. On SQLite nobody speaks:
    /// there is no listener.
    pub fn start(target: &Target, hear: impl FnMut(Notice) + Send + 'static) -> std::io::Result<Option<Listener>> {
        let Some(url) = target.postgres_url() else { return Ok(None) };
        let stop = Arc::new(AtomicBool::new(false));
        let mut ear = Ear { url, stop: stop.clone(), hear };
        let thread = thread::Builder::new().name("listener".into()).spawn(move || ear.run())?;
        Ok(Some(Listener { stop, thread: Some(thread) }))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Ear<H> {
    url: String,
    stop: Arc<AtomicBool>,
    hear: H,
}

impl<H: FnMut(Notice)> Ear<H> {
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
        conn.batch_execute("LISTEN live")?;
        (self.hear)(Notice::Missed);
        let mut tried = Instant::now();
        while !self.stopped() {
            let notices = conn.notifications_iter().collect::<Result<Vec<_>, _>>()?;
            for notice in notices {
                (self.hear)(Notice::Said(notice.payload));
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
