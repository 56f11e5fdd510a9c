//! Replay: what happened, line by line in order of time, through the same verbs with the clock set to each moment.
//! Nothing is sent out. It is how history moves in, how the demo is made, and how the clocks are checked.

mod acts;
mod line;
mod roster;
mod threads;

use chrono::{DateTime, Utc};

pub use line::{Awaits, Line};

use super::{Desk, Done, Error};
use crate::clock::Clock;
use crate::domain::Refused;
use crate::store::{self, Db};
use roster::Roster;
use threads::Threads;

/// A replay in progress.
pub struct Replay {
    desk: Desk,
    last: DateTime<Utc>,
    roster: Roster,
    threads: Threads,
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// An earlier line of the same conversation was bad.
    Skipped,
    /// Why it was not done; the rest of its conversation is skipped.
    Bad(String),
}

impl Replay {
    /// Onto a database, best one opened in bulk. Timers due before the first line fire when it comes.
    pub fn onto(db: Db) -> Self {
        Replay::at(Desk::new(db, Clock::fixed(DateTime::UNIX_EPOCH)))
    }

    /// At a desk whose clock runs by itself: what a line says happens now.
    pub fn at(desk: Desk) -> Self {
        Replay {
            desk: desk.silent(),
            last: DateTime::UNIX_EPOCH,
            roster: Roster::default(),
            threads: Threads::default(),
        }
    }

    /// The desk whose clock stands at the last line.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Reads a line of JSON and does it. An error is the database's, and the end.
    pub fn read(&mut self, text: &str) -> Done<Outcome> {
        match serde_json::from_str(text) {
            Ok(line) => self.play(&line),
            Err(error) => {
                if let Ok(line) = serde_json::from_str::<line::Rest>(text) {
                    self.threads.lose(&self.desk, &line.into())?;
                }
                Ok(Outcome::Bad(unreadable(&error)))
            }
        }
    }

    /// Does a line: first what was due by its moment, each at its own, then what it says.
    pub fn play(&mut self, line: &Line) -> Done<Outcome> {
        if line.at < self.last {
            self.threads.lose(&self.desk, line)?;
            return Ok(Outcome::Bad(format!("earlier than the line before, which is of {}", self.last)));
        }
        self.last = line.at;
        self.desk.clock.set(line.at);
        self.desk.tick(line.at)?;
        if self.threads.is_lost(&self.desk, line)? {
            self.threads.lose(&self.desk, line)?;
            return Ok(Outcome::Skipped);
        }
        match self.perform(line) {
            Ok(()) => Ok(Outcome::Done),
            Err(Error::Store(outage @ store::Error::Unavailable(_))) => Err(outage.into()),
            Err(error) => {
                self.threads.lose(&self.desk, line)?;
                Ok(Outcome::Bad(error.to_string()))
            }
        }
    }

    /// Makes durable what was done so far.
    pub fn commit(&self) -> Done<()> {
        Ok(self.desk.db.commit()?)
    }
}

fn unreadable(error: &serde_json::Error) -> String {
    let said = error.to_string();
    // The place within a line of one line says nothing.
    said.split(" at line ").next().unwrap_or(&said).to_owned()
}

fn missing(field: &'static str) -> Error {
    Refused::invalid(field, format!("`{field}` is missing")).into()
}
