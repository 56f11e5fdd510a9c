//! The fields of a conversation that people write, in one edit.

use super::{Desk, Done, Error, not_before, unless_stale, visible_conversation};
use crate::domain::conversation::Conversation;
use crate::domain::{Agent, Change, ConversationId, OrganizationId, Refused};
use crate::store::conversations::Saved;
use crate::store::{Conn, conversations, people};

/// What an edit writes. None leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct ConversationEdit {
    pub title: Option<String>,
    /// Some(None) is: unidentified.
    pub organization: Option<Option<OrganizationId>>,
}

impl Desk {
    /// Writes title and organization, all or nothing.
    pub fn edit_conversation(
        &self,
        by: &Agent,
        id: ConversationId,
        edit: ConversationEdit,
        version: Option<i64>,
    ) -> Done<Saved> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let conversation = conversations::hold(tx, id)?;
            visible_conversation(tx.conn, &by, &conversation)?;
            let (known, at) = (conversation.version, not_before(&conversation, clock.now()));
            let title = edit.title.clone().unwrap_or_else(|| conversation.title.clone());
            let renamed = conversation.rename(&by, &title, at).map_err(Error::from);
            let saved = conversations::save(tx, unless_stale(renamed, version, known)?, &limits)?;
            let Some(organization) = edit.organization else { return Ok(saved) };
            let change = belongs(tx.conn, saved.conversation, &by, organization, at)?;
            Ok(conversations::save(tx, change, &limits)?)
        })
    }
}

fn belongs(
    conn: &mut Conn,
    conversation: Conversation,
    by: &Agent,
    organization: Option<OrganizationId>,
    at: chrono::DateTime<chrono::Utc>,
) -> Done<Change> {
    let existing = match organization.map(|id| people::organization(conn, id)) {
        Some(Err(crate::store::Error::NotFound)) => {
            return Err(Refused::invalid("organization", "No such organization.").into());
        }
        Some(known) => known?.existing,
        None => false,
    };
    Ok(conversation.belong_to(by, organization, existing, at)?)
}
