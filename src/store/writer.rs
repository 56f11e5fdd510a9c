//! Writing on SQLite: one thread owns the only writing connection. What waits shares one transaction, and so one wait for
//! the disk; each job has a savepoint of its own.

use super::Conn;
use super::pool::Connector;
use super::transaction::{Attempt, Committed, Tx, attempt};
use super::{Error, dialect};
use crate::domain::Fact;
use r2d2::ManageConnection;
use std::fs::File;
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// How many jobs may share one commit.
const GROUP: usize = 64;
/// How many jobs may wait before callers do.
const QUEUE: usize = 1024;

/// The handle to the thread. Dropping the last one finishes what is queued and closes the database.
pub(super) struct Writer {
    queue: Option<SyncSender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on `conn`. It holds `lock` for as long as it may write.
    pub fn start(
        connector: Connector,
        conn: Conn,
        lock: Option<File>,
        announce: Sender<Committed>,
    ) -> Result<Self, Error> {
        let (queue, jobs) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new().name("writer".to_string()).spawn(move || {
            Desk { connector, conn: Some(conn), announce }.serve(&jobs);
            drop(lock);
        });
        let thread = thread.map_err(|error| Error::Unavailable(format!("cannot start the writer: {error}")))?;
        Ok(Writer { queue: Some(queue), thread: Some(thread) })
    }

    /// Queues `f` and waits until it is durable (or refused).
    pub fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    {
        if self.is_this_thread() {
            return Err(Error::Corrupt("a write inside a write".to_string()).into());
        }
        let (caller, answer) = sync_channel(1);
        let job = Box::new(Work { f, result: None, facts: Vec::new(), caller });
        let queued = self.queue.as_ref().is_some_and(|queue| queue.send(job).is_ok());
        match answer.recv() {
            Ok(result) if queued => result,
            _ => Err(Error::Unavailable("the writer has stopped".to_string()).into()),
        }
    }

    fn is_this_thread(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| thread.thread().id() == std::thread::current().id())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the writer ended by a panic");
        }
    }
}

/// Something to do in a group. It can be done again: a group that fails as a whole is done one by one.
trait Job: Send {
    /// Works in a savepoint of its own. An error means that the group's transaction is lost.
    fn run(&mut self, conn: &mut Conn) -> Result<(), Error>;
    /// What it announced.
    fn facts(&mut self) -> Vec<Fact>;
    /// Tells the caller, once it is known whether the commit was durable.
    fn answer(self: Box<Self>, outage: Option<Error>);
}

struct Work<T, E, F> {
    f: F,
    result: Option<Result<T, E>>,
    facts: Vec<Fact>,
    caller: SyncSender<Result<T, E>>,
}

impl<T, E, F> Job for Work<T, E, F>
where
    T: Send,
    E: From<Error> + Send,
    F: FnMut(&mut Tx) -> Result<T, E> + Send,
{
    fn run(&mut self, conn: &mut Conn) -> Result<(), Error> {
        self.result = None;
        self.facts.clear();
        let group = dialect::depth(conn)?;
        dialect::savepoint(conn)?;
        match attempt(conn, &mut self.f) {
            Attempt::Ready(value, facts) => {
                dialect::commit(conn)?;
                self.facts = facts;
                self.result = Some(Ok(value));
                Ok(())
            }
            Attempt::Refused(refusal) => {
                self.result = Some(Err(refusal));
                Ok(dialect::rollback_to(conn, group)?)
            }
            Attempt::Broken(error) => Err(error),
        }
    }

    fn facts(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.facts)
    }

    fn answer(self: Box<Self>, outage: Option<Error>) {
        let result = match (self.result, outage) {
            (Some(Err(refusal)), _) => Err(refusal),
            (_, Some(outage)) => Err(outage.into()),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(Error::Unavailable("the writer did not come to it".to_string()).into()),
        };
        // A caller that has gone away needs no answer.
        let _ = self.caller.send(result);
    }
}

/// The thread's side.
struct Desk {
    connector: Connector,
    conn: Option<Conn>,
    announce: Sender<Committed>,
}

impl Desk {
    fn serve(mut self, queue: &Receiver<Box<dyn Job>>) {
        while let Ok(job) = queue.recv() {
            let mut jobs = vec![job];
            match self.together(&mut jobs, || queue.try_recv().ok()) {
                Ok(()) => self.acknowledge(jobs),
                Err(outage) => self.one_by_one(jobs, outage),
            }
        }
    }

    /// A group that failed as a whole (a full disk undoes everything) has one culprit at most.
    fn one_by_one(&mut self, mut jobs: Vec<Box<dyn Job>>, outage: Error) {
        tracing::warn!("{} writes did not commit: {outage}", jobs.len());
        if jobs.len() == 1
            && let Some(job) = jobs.pop()
        {
            return job.answer(Some(outage));
        }
        for job in jobs {
            let mut alone = vec![job];
            match self.together(&mut alone, || None) {
                Ok(()) => self.acknowledge(alone),
                Err(outage) => self.one_by_one(alone, outage),
            }
        }
    }

    /// Does `jobs` and what `next` brings meanwhile, in one transaction.
    fn together(&mut self, jobs: &mut Vec<Box<dyn Job>>, next: impl Fn() -> Option<Box<dyn Job>>) -> Result<(), Error> {
        let conn = self.connection()?;
        let done = run_and_commit(conn, jobs, next);
        if done.is_err() {
            self.recover();
        }
        done
    }

    fn acknowledge(&self, mut jobs: Vec<Box<dyn Job>>) {
        for job in &mut jobs {
            let facts = job.facts();
            if !facts.is_empty() {
                // Nobody listens in a command; that is fine.
                let _ = self.announce.send(Committed { facts });
            }
        }
        jobs.into_iter().for_each(|job| job.answer(None));
    }

    fn connection(&mut self) -> Result<&mut Conn, Error> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.connector.connect()?,
        };
        Ok(self.conn.insert(conn))
    }

    /// After a failure: back to no transaction, or to a new connection.
    fn recover(&mut self) {
        let Some(mut conn) = self.conn.take() else { return };
        if dialect::rollback_to(&mut conn, 0).is_ok() && !self.connector.has_broken(&mut conn) {
            self.conn = Some(conn);
        }
    }
}

fn run_and_commit(
    conn: &mut Conn,
    jobs: &mut Vec<Box<dyn Job>>,
    next: impl Fn() -> Option<Box<dyn Job>>,
) -> Result<(), Error> {
    dialect::begin(conn)?;
    while let Some(job) = jobs.last_mut() {
        job.run(conn)?;
        match if jobs.len() < GROUP { next() } else { None } {
            Some(job) => jobs.push(job),
            None => break,
        }
    }
    Ok(dialect::commit(conn)?)
}
