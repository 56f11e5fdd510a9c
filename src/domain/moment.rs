//! Moments as others name them.

use chrono::{DateTime, Datelike, Utc};

/// The moment, if it is one that both databases keep and people can read: of the years 1970 to 9999.
pub fn plausible(at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    Some(at).filter(|at| (1970..=9999).contains(&at.year()))
}

/// The moment of so many microseconds since 1970, if it is plausible.
pub fn of_micros(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).and_then(plausible)
}
