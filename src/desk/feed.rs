//! The feed of facts for programs: everything that happens, once, in an order that stays.

use super::{Desk, Done, Error};
use crate::domain::{Agent, Fact, Refused};
pub use crate::store::feed::Position;
use crate::store::{self, feed};

/// Facts that are looked at for one page, when most of them may not be for these eyes.
const LOOKED_AT: i64 = 500;
/// How often is looked again before a short page is answered.
const LOOKS: usize = 20;

impl Desk {
    /// The facts after a place (None: from the beginning) that this agent may see, and the place to ask after next time.
    pub fn feed(&self, by: &Agent, after: Option<Position>, limit: usize) -> Done<(Vec<Fact>, Position)> {
        let eyes = self.eyes(by)?;
        let all = i64::try_from(limit).unwrap_or(LOOKED_AT);
        let at_once = if eyes.hidden.is_empty() { all } else { LOOKED_AT };
        let (mut place, mut found) = (after, Vec::with_capacity(limit));
        for _ in 0..LOOKS {
            let (page, seen) = self.db.read(|conn| {
                let page = feed::after(conn, place.as_ref(), at_once).map_err(of_another_database)?;
                let facts: Vec<&Fact> = page.facts.iter().map(|(_, fact)| fact).collect();
                let seen = feed::seen(conn, &facts, &eyes)?;
                Ok::<_, Error>((page, seen))
            })?;
            let mut facts = page.facts.into_iter().zip(seen);
            for ((at, fact), seen) in facts.by_ref() {
                found.extend(Some(fact).filter(|_| seen));
                place = Some(at);
                if found.len() == limit {
                    break;
                }
            }
            if facts.len() == 0 {
                place = Some(page.end);
            }
            if found.len() == limit || !page.more {
                break;
            }
        }
        let end = place.map_or_else(|| self.feed_head(), Ok)?;
        Ok((found, end))
    }

    /// The place after everything that has happened.
    pub fn feed_head(&self) -> Done<Position> {
        self.db.read(|conn| Ok(feed::head(conn)?))
    }
}

fn of_another_database(error: store::Error) -> Error {
    match error {
        store::Error::NotFound => Refused::invalid("after", "This is no cursor of this feed. Begin anew.").into(),
        error => error.into(),
    }
}
