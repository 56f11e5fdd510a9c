//! Providers that left a letter without an answer. Such a one is asked how it is before it gets the next letter, so that
//! not every letter becomes unknown while it is away.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::desk::outbox::Outcome;
use crate::domain::ChannelId;

/// Clones are the same.
#[derive(Clone, Default)]
pub struct Doubts(Arc<Mutex<HashSet<ChannelId>>>);

impl Doubts {
    /// Sends, if the provider is there; `is_there` is asked only where that is doubted.
    pub fn through(
        &self,
        channel: ChannelId,
        is_there: impl FnOnce() -> bool,
        send: impl FnOnce() -> Outcome,
    ) -> Option<Outcome> {
        if self.all().contains(&channel) && !is_there() {
            return None;
        }
        let outcome = send();
        match &outcome {
            Outcome::Unsure(_) => self.all().insert(channel),
            _ => self.all().remove(&channel),
        };
        Some(outcome)
    }

    fn all(&self) -> MutexGuard<'_, HashSet<ChannelId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
