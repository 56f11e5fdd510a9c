//! The feed of facts for programs: everything that happens, once, in an order that stays.

use super::{Desk, Done};
use crate::domain::{Agent, Fact};
use crate::store::feed;
pub use crate::store::feed::Position;

/// Facts that are looked at for one page, when most of them are not for these eyes.
const LOOKED_AT: i64 = 500;
/// How often is looked again before a short page is answered.
const LOOKS: usize = 20;

impl Desk {
    /// The facts after a place that this agent may see, and the place to ask after next time.
    pub fn feed(&self, by: &Agent, after: Position, limit: usize) -> Done<(Vec<Fact>, Position)> {
        let eyes = self.eyes(by)?;
        let (mut next, mut found) = (after, Vec::with_capacity(limit));
        let at_once = if eyes.hidden.is_empty() { i64::try_from(limit).unwrap_or(LOOKED_AT) } else { LOOKED_AT };
        for _ in 0..LOOKS {
            let (places, facts, seen) = self.db.read(|conn| {
                let (places, facts): (Vec<_>, Vec<_>) = feed::after(conn, next, at_once)?.into_iter().unzip();
                let seen = feed::seen(conn, &facts, &eyes)?;
                Ok::<_, super::Error>((places, facts, seen))
            })?;
            let is_last = i64::try_from(places.len()).unwrap_or(i64::MAX) < at_once;
            for ((place, fact), seen) in places.into_iter().zip(facts).zip(seen) {
                if found.len() == limit {
                    return Ok((found, next));
                }
                next = place;
                found.extend(Some(fact).filter(|_| seen));
            }
            if is_last || found.len() == limit {
                break;
            }
        }
        Ok((found, next))
    }

    /// The place after everything that has happened.
    pub fn feed_head(&self) -> Done<Position> {
        self.db.read(|conn| Ok(feed::head(conn)?))
    }
}
