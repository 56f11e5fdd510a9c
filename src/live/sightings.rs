//! Who is seen at a conversation on one node, as the other nodes on the same database are told of it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::Scope;
use super::presence::{Doing, Person};
use crate::domain::{AgentId, ConversationId, QueueId};

/// A notice of PostgreSQL holds 8,000 bytes; with names of [`NAME`] characters so many sightings fit.
const A_NOTICE: usize = 20;
/// Characters of a name that are told.
const NAME: usize = 40;
/// What is kept between two notices. More is not told: who stays is seen again.
const KEPT: usize = 1000;

/// One page at one conversation, seen now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    conversation: i64,
    queue: Option<i64>,
    assignee: Option<i64>,
    /// Its number on its node.
    pub(super) socket: u64,
    agent: i64,
    name: String,
    /// None: the page is gone.
    pub(super) doing: Option<Doing>,
}

impl Sighting {
    pub(super) fn of(at: (ConversationId, Scope), socket: u64, person: &Person, doing: Option<Doing>) -> Sighting {
        let (conversation, scope) = at;
        Sighting {
            conversation: conversation.0,
            queue: scope.queue.map(|id| id.0),
            assignee: scope.assignee.map(|id| id.0),
            socket,
            agent: person.id.0,
            name: person.name.chars().take(NAME).collect(),
            doing,
        }
    }

    pub(super) fn at(&self) -> (ConversationId, Scope) {
        let scope = Scope { queue: self.queue.map(QueueId), assignee: self.assignee.map(AgentId) };
        (ConversationId(self.conversation), scope)
    }

    pub(super) fn person(&self) -> Person {
        Person { id: AgentId(self.agent), name: self.name.as_str().into() }
    }
}

/// What was seen here since others were told. Nothing is kept as long as nobody listens.
#[derive(Default)]
pub struct Sightings(Mutex<Option<Vec<Sighting>>>);

impl Sightings {
    /// From now on others are told.
    pub fn share(&self) {
        self.seen().get_or_insert_default();
    }

    pub(super) fn add(&self, sighting: impl FnOnce() -> Sighting) {
        if let Some(seen) = self.seen().as_mut().filter(|seen| seen.len() < KEPT) {
            seen.push(sighting());
        }
    }

    /// What to tell now, each part small enough for one notice.
    pub fn take(&self) -> Vec<Vec<Sighting>> {
        let seen = self.seen().as_mut().map(std::mem::take).unwrap_or_default();
        seen.chunks(A_NOTICE).map(<[Sighting]>::to_vec).collect()
    }

    fn seen(&self) -> MutexGuard<'_, Option<Vec<Sighting>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
