//! The check of a first message. It never keeps a message out: what cannot be checked in time is let through, and says so.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::folding::unaccented;
use crate::desk::{Desk, Done};
use crate::domain::ChannelId;
use crate::domain::spam::{Check, Learned, marks};
use crate::store::{self, Db, spam};

/// How long a check may take.
const PATIENCE: Duration = Duration::from_secs(2);

impl Desk {
    /// What the check makes of the first words of a stranger; None where the channel has not learned enough.
    pub(in crate::desk) fn check(&self, channel: ChannelId, text: &str) -> Option<Check> {
        let (db, text) = (self.db.clone(), text.to_owned());
        if db.is_in_bulk() {
            return check(&db, channel, &text).unwrap_or_else(|error| failed(&error));
        }
        in_time(PATIENCE, move || check(&db, channel, &text))
    }
}

fn check(db: &Db, channel: ChannelId, text: &str) -> Done<Option<Check>> {
    let texts = db.read(|conn| spam::texts(conn, channel))?;
    if !(Learned { texts, ..Learned::default() }).is_enough() {
        return Ok(None);
    }
    let marks = marks(&unaccented(text));
    let learned =
        db.read(|conn| Ok::<_, store::Error>(Learned { texts, marks: spam::counts(conn, channel, &marks)? }))?;
    Ok(learned.check(&marks))
}

/// What a check finds, if it does so in time.
fn in_time(patience: Duration, check: impl FnOnce() -> Done<Option<Check>> + Send + 'static) -> Option<Check> {
    let (tell, told) = mpsc::sync_channel(1);
    let begun = thread::Builder::new().name("spam-check".into()).spawn(move || drop(tell.send(check())));
    let found = begun.map_err(|error| failed(&error)).map(|_| told.recv_timeout(patience));
    match found {
        Ok(Ok(Ok(found))) => found,
        Ok(Ok(Err(error))) => failed(&error),
        Ok(Err(RecvTimeoutError::Timeout)) => failed(&"it took too long"),
        Ok(Err(RecvTimeoutError::Disconnected)) => failed(&"it ended without an answer"),
        Err(unchecked) => unchecked,
    }
}

fn failed(why: &dyn std::fmt::Display) -> Option<Check> {
    tracing::warn!(%why, "a first message was let through unchecked");
    metrics::counter!("spam_checks_failed").increment(1);
    Some(Check::unchecked("the spam check did not run"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::spam::Verdict;

    #[test]
    fn a_check_that_fails_or_takes_too_long_lets_the_message_through_and_says_so() {
        let soon = Duration::from_millis(20);
        let slow = in_time(soon, || {
            thread::sleep(Duration::from_millis(500));
            Ok(Some(Check::blocked()))
        });
        let broken = in_time(PATIENCE, || Err(crate::desk::Error::NotFound));
        let gone = in_time(PATIENCE, || panic!("a check that fails"));
        for unchecked in [slow, broken, gone] {
            assert_eq!(unchecked.map(|check| (check.verdict, check.score)), Some((Verdict::Unchecked, None)));
        }
        assert_eq!(in_time(PATIENCE, || Ok(Some(Check::blocked()))), Some(Check::blocked()));
        assert_eq!(in_time(PATIENCE, || Ok(None)), None);
    }
}
