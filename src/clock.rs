//! The only place that asks what time it is. Times are cut to microseconds, which is what both databases keep, so that a
//! time read back equals the time written.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

/// Where the time comes from: the system, or (in tests and replay) a hand that is moved. Beside it runs a time that
/// nobody can set, from when the clock was made.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { made_at: DateTime<Utc>, made: Instant },
    Fixed { hand: Arc<AtomicI64>, passed: Arc<AtomicI64> },
}

impl Clock {
    /// The time of this machine.
    pub fn system() -> Self {
        Clock(Source::System { made_at: machine(), made: Instant::now() })
    }

    /// A clock that stands at `at` until it is set or advanced. Clones share the hand.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        let hand = || Arc::new(AtomicI64::new(at.timestamp_micros()));
        Clock(Source::Fixed { hand: hand(), passed: hand() })
    }

    /// Now, in UTC, cut to microseconds.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System { .. } => machine(),
            Source::Fixed { hand, .. } => read(hand),
        }
    }

    /// The time that has come even if the machine's clock was set ahead while we run: what ends with time ends by this.
    pub fn surely(&self) -> DateTime<Utc> {
        let passed = match &self.0 {
            Source::System { made_at, made } => *made_at + made.elapsed(),
            Source::Fixed { passed, .. } => read(passed),
        };
        self.now().min(cut(passed))
    }

    /// Sets a fixed clock to `at`; no time passes. The system's clock is not ours to set: it stays.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Source::Fixed { hand, .. } = &self.0 {
            hand.store(at.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Lets time pass on a fixed clock.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Fixed { hand, passed } = &self.0 {
            let micros = by.num_microseconds().unwrap_or_default();
            hand.fetch_add(micros, Ordering::SeqCst);
            passed.fetch_add(micros, Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn machine() -> DateTime<Utc> {
    cut(Utc::now())
}

fn read(hand: &AtomicI64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(hand.load(Ordering::SeqCst)).unwrap_or_default()
}

fn cut(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(at)
}
