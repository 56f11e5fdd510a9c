//! What was held back: the review of suspended conversations.

use std::collections::HashMap;

use super::{Desk, Done, visible_conversation};
use crate::domain::change::MessageKind;
use crate::domain::row::Row;
use crate::domain::spam::Check;
use crate::domain::{Agent, ChannelId, ConversationId, Fact, MessageId, OrganizationId, Stage};
use crate::store::blocked::{self, Blocked};
use crate::store::{conversations, eyes, facts, inbox, messages, people, spam};

/// A suspended conversation, and the fact that suspended it.
#[derive(Debug, Clone)]
pub struct Held {
    pub row: Row,
    pub by: Option<Fact>,
}

/// A suspended conversation with what its sender wrote.
#[derive(Debug, Clone)]
pub struct OpenedHeld {
    pub held: Held,
    /// Where it came from.
    pub address: String,
    /// The sender's messages, oldest first.
    pub bodies: Vec<String>,
    /// The channel it came on.
    pub channel: ChannelId,
    /// Whose it is, where we know.
    pub organization: Option<OrganizationId>,
    /// Who blocked the sender, and when, if they are blocked.
    pub blocked: Option<Blocked>,
}

/// Shown at once; the rest follows as these are decided.
const HELD: i64 = 50;

impl Desk {
    /// What the checks of the first messages of these conversations found.
    pub fn spam_checks(&self, ids: &[ConversationId]) -> Done<HashMap<ConversationId, Check>> {
        self.db.read(|conn| Ok(spam::checks(conn, ids)?))
    }

    /// The suspended conversations an agent may see, in the order of lists.
    pub fn held(&self, by: &Agent) -> Done<Vec<Held>> {
        let eyes = self.eyes(by)?;
        self.db.read(|conn| {
            let filter = inbox::Filter { stages: vec![Stage::Suspended], ..inbox::Filter::default() };
            let rows = inbox::page(conn, &filter, &eyes, None, HELD)?;
            let held = |row: Row| {
                let by = facts::entering(conn, row.id, Stage::Suspended)?;
                Ok(Held { row, by })
            };
            rows.into_iter().map(held).collect()
        })
    }

    /// One of them, to be read.
    pub fn open_held(&self, by: &Agent, id: ConversationId) -> Done<OpenedHeld> {
        self.db.read(|conn| {
            let conversation = conversations::find(conn, id)?;
            visible_conversation(conn, by, &conversation)?;
            let profile = conversation.profile.map(|id| people::profile_by_id(conn, id)).transpose()?;
            let messages = messages::after(conn, id, MessageId(0), 20)?;
            let theirs = messages.into_iter().filter(|message| message.kind == MessageKind::Customer);
            let eyes = eyes::of(conn, Some(by))?;
            let by = facts::entering(conn, id, Stage::Suspended)?;
            let blocked = match conversation.profile.map(|id| blocked::find(conn, &eyes, id)) {
                Some(Ok(blocked)) => Some(blocked),
                Some(Err(crate::store::Error::NotFound)) | None => None,
                Some(Err(error)) => return Err(error.into()),
            };
            Ok(OpenedHeld {
                held: Held { row: inbox::row(conn, id)?, by },
                channel: conversation.channel,
                organization: conversation.organization,
                blocked,
                address: profile.map(|profile| profile.identifier).unwrap_or_default(),
                bodies: theirs.map(|message| message.body).collect(),
            })
        })
    }
}
