//! The only place that asks what time it is. Times are cut to microseconds, which is what both databases keep, so that a
//! time read back equals the time written.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Where the time comes from: the system, or (in tests and replay) a hand that is moved.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// The time of this machine.
    pub fn system() -> Self {
        Clock(Source::System)
    }

    /// A clock that stands at `at` until it is set or advanced. Clones share the hand.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Clock(Source::Fixed(Arc::new(AtomicI64::new(at.timestamp_micros()))))
    }

    /// Now, in UTC, cut to microseconds.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => cut(Utc::now()),
            Source::Fixed(hand) => DateTime::from_timestamp_micros(hand.load(Ordering::SeqCst)).unwrap_or_default(),
        }
    }

    /// Moves a fixed clock to `at`. The system's clock is not ours to move: it stays.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Source::Fixed(hand) = &self.0 {
            hand.store(at.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Moves a fixed clock by `by`.
    pub fn advance(&self, by: TimeDelta) {
        self.set(self.now() + by);
    }
}

fn cut(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(at)
}
