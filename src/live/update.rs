//! One change on its way to the pages that show it.

use std::sync::{Arc, OnceLock};

use bytestring::ByteString;

use super::Topic;
use crate::domain::interaction::Interaction;
use crate::domain::message::Message;
use crate::domain::row::Row;
use crate::domain::view::Eyes;
use crate::domain::{AgentId, Fact, QueueId};

/// One fact, numbered by this node, with all that any page needs to show it.
pub struct Update {
    /// The number of its frame on this node; the hub gives it.
    pub seq: u64,
    pub topics: Vec<Topic>,
    pub fact: Fact,
    /// Who may see the record as it is now.
    pub scope: Scope,
    /// Who could see it before this fact, where that differs: their pages must let it go.
    pub before: Option<Scope>,
    /// The conversation as lists show it after the transaction, if the fact is about one.
    pub row: Option<Arc<Row>>,
    /// The message a message fact is about.
    pub message: Option<Arc<Message>>,
    /// The interaction whose line in the thread has changed.
    pub episode: Option<Arc<Interaction>>,
    /// Whether this is the transaction's last fact about the record: one rendering of the row is enough.
    pub is_last: bool,
    frames: [OnceLock<ByteString>; Update::FRAMES],
}

impl Update {
    /// How many ways there are to tell one change; the renderer names them.
    pub const FRAMES: usize = 8;

    /// A change that the hub has not numbered yet.
    pub fn new(fact: Fact, topics: Vec<Topic>, scope: Scope) -> Update {
        Update {
            seq: 0,
            topics,
            fact,
            scope,
            before: None,
            row: None,
            message: None,
            episode: None,
            is_last: true,
            frames: Default::default(),
        }
    }

    /// The frame of one kind, rendered when the first socket asks and shared by all that ask after it.
    pub fn frame(&self, kind: usize, render: impl FnOnce(&Update) -> String) -> ByteString {
        match self.frames.get(kind) {
            Some(frame) => frame.get_or_init(|| render(self).into()).clone(),
            None => render(self).into(),
        }
    }
}

/// Where a record stands, as far as that decides who may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    pub queue: Option<QueueId>,
    pub assignee: Option<AgentId>,
}

impl Scope {
    /// Whether these eyes see a record that stands there. A socket asks with its eyes as of its opening; it is closed
    /// when the session ends, or when role, membership or a queue's restriction make them other eyes.
    pub fn visible_to(self, eyes: &Eyes) -> bool {
        eyes.sees(self.queue, self.assignee)
    }
}

impl From<&Row> for Scope {
    fn from(row: &Row) -> Self {
        Scope { queue: row.queue.as_ref().map(|queue| queue.id), assignee: row.assignee.as_ref().map(|agent| agent.id) }
    }
}
