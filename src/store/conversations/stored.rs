//! The row of a conversation, and what is read with it.

use diesel::prelude::*;

use super::super::prepared::update_under_version;
use super::super::schema::{conversations, dependencies};
use super::super::types::word;
use super::super::{At, D, Error, channels};
use crate::domain::conversation::Conversation;
use crate::domain::dependency::{Awaited, Dependency};
use crate::domain::due::{Limits, Silence};
use crate::domain::folded::folded;
use crate::domain::interaction::Interaction;
use crate::domain::state::CloseCode;
use crate::domain::tag::Tag;
use crate::domain::{
    AgentId, ChannelId, ContactId, ConversationId, DependencyId, MessageId, OrganizationId, ProfileId, Stage,
};

#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = conversations, treat_none_as_default_value = false)]
pub struct Stored {
    pub version: i64,
    pub title: String,
    pub stage: String,
    pub stage_since: At,
    pub turn: i16,
    pub order_rank: i16,
    pub order_at: At,
    pub due_at: Option<At>,
    pub channel_id: i64,
    pub profile_id: Option<i64>,
    pub contact_id: Option<i64>,
    pub organization_id: Option<i64>,
    pub started_by: String,
    pub created_at: At,
    pub rank: i16,
    pub reopen_count: i64,
    pub follow_up_of: Option<i64>,
    pub merged_into: Option<i64>,
    pub unanswered_since: Option<At>,
    pub last_message_id: Option<i64>,
    pub last_message_at: At,
    pub last_customer_message_id: Option<i64>,
    pub last_customer_at: Option<At>,
    pub last_agent_at: Option<At>,
    pub reminded_at: Option<At>,
    pub preview: String,
    pub missed: bool,
    pub interaction_id: Option<i64>,
    pub assignee_id: Option<i64>,
    pub queue_id: Option<i64>,
    pub title_folded: Option<String>,
}

update_under_version!(
    /// Writes a conversation.
    Update of Stored, conversations:
        version, title, stage, stage_since, turn, order_rank, order_at, due_at, channel_id,
        profile_id, contact_id, organization_id, started_by, created_at, rank, reopen_count,
        follow_up_of, merged_into, unanswered_since, last_message_id, last_message_at,
        last_customer_message_id, last_customer_at, last_agent_at, reminded_at, preview, missed,
        interaction_id, assignee_id, queue_id, title_folded
);

/// Whose turn it is, as lists read it: 0 ours, 1 theirs, 2 suspended, 3 resolved, 4 archived.
pub const fn turn(stage: Stage) -> i16 {
    match stage {
        Stage::New | Stage::NeedsResponse => 0,
        Stage::WaitingOnUser | Stage::Hold => 1,
        Stage::Suspended => 2,
        Stage::Resolved => 3,
        Stage::Archived => 4,
    }
}

/// What is read beside a row: whether its organization is known, and the settings of its channel.
pub struct Beside {
    pub existing: bool,
    pub silence: Silence,
}

impl Beside {
    /// Of what a query gave.
    pub fn of(existing: Option<bool>, settings: &D) -> Self {
        Beside { existing: existing.unwrap_or(false), silence: channels::silence(&settings.0) }
    }
}

impl Stored {
    /// The conversation of this row.
    pub fn read(
        self,
        id: ConversationId,
        beside: &Beside,
        interaction: Interaction,
        tags: Vec<Tag>,
        dependencies: Vec<Dependency>,
    ) -> Result<Conversation, Error> {
        Ok(Conversation {
            id,
            version: self.version,
            title: self.title,
            stage: word(&self.stage)?,
            stage_since: self.stage_since.0,
            channel: ChannelId(self.channel_id),
            profile: self.profile_id.map(ProfileId),
            contact: self.contact_id.map(ContactId),
            organization: self.organization_id.map(OrganizationId),
            existing: beside.existing,
            started_by: word(&self.started_by)?,
            created_at: self.created_at.0,
            rank: self.rank,
            reopen_count: self.reopen_count,
            follow_up_of: self.follow_up_of.map(ConversationId),
            merged_into: self.merged_into.map(ConversationId),
            unanswered_since: self.unanswered_since.map(|at| at.0),
            last_message: self.last_message_id.map(MessageId),
            last_message_at: self.last_message_at.0,
            last_customer_message: self.last_customer_message_id.map(MessageId),
            last_customer_at: self.last_customer_at.map(|at| at.0),
            last_agent_at: self.last_agent_at.map(|at| at.0),
            reminded_at: self.reminded_at.map(|at| at.0),
            preview: self.preview,
            silence: beside.silence,
            interaction,
            tags,
            dependencies,
        })
    }

    /// The row of this conversation.
    pub fn of(c: &Conversation, limits: &Limits) -> Self {
        let interaction = &c.interaction;
        Stored {
            version: c.version,
            title: c.title.clone(),
            stage: c.stage.to_string(),
            stage_since: At(c.stage_since),
            turn: turn(c.stage),
            order_rank: if c.stage.is_closed() { 0 } else { c.rank },
            order_at: At(c.sort_at()),
            due_at: c.next_due(limits).map(|(at, _)| At(at)),
            channel_id: c.channel.0,
            profile_id: c.profile.map(|id| id.0),
            contact_id: c.contact.map(|id| id.0),
            organization_id: c.organization.map(|id| id.0),
            started_by: c.started_by.to_string(),
            created_at: At(c.created_at),
            rank: c.rank,
            reopen_count: c.reopen_count,
            follow_up_of: c.follow_up_of.map(|id| id.0),
            merged_into: c.merged_into.map(|id| id.0),
            unanswered_since: c.unanswered_since.map(At),
            last_message_id: c.last_message.map(|id| id.0),
            last_message_at: At(c.last_message_at),
            last_customer_message_id: c.last_customer_message.map(|id| id.0),
            last_customer_at: c.last_customer_at.map(At),
            last_agent_at: c.last_agent_at.map(At),
            reminded_at: c.reminded_at.map(At),
            preview: c.preview.clone(),
            missed: c.stage == Stage::Resolved && interaction.close_code == Some(CloseCode::Abandoned),
            interaction_id: Some(interaction.id.0).filter(|id| *id != 0),
            assignee_id: interaction.assignee.map(|a| a.id.0),
            queue_id: interaction.queue.map(|id| id.0),
            title_folded: Some(folded(&c.title)),
        }
    }
}

/// The columns of a dependency, its conversation first.
pub type DependencyRow = (i64, i64, String, Option<i64>, Option<String>, Option<At>, String, At, Option<At>);
pub const DEPENDENCY: (
    dependencies::conversation_id,
    dependencies::id,
    dependencies::kind,
    dependencies::reviewer_id,
    dependencies::role_label,
    dependencies::until,
    dependencies::state,
    dependencies::added_at,
    dependencies::closed_at,
) = (
    dependencies::conversation_id,
    dependencies::id,
    dependencies::kind,
    dependencies::reviewer_id,
    dependencies::role_label,
    dependencies::until,
    dependencies::state,
    dependencies::added_at,
    dependencies::closed_at,
);

/// A dependency, and the conversation it belongs to.
pub fn dependency(row: DependencyRow) -> Result<(ConversationId, Dependency), Error> {
    let (conversation, id, kind, reviewer, role, until, state, added, closed) = row;
    let awaited = match (reviewer, until) {
        (Some(reviewer), _) => Awaited::Review { reviewer: AgentId(reviewer), role },
        (None, Some(until)) => Awaited::Until(until.0),
        (None, None) => return Err(Error::Corrupt(format!("dependency {id} of kind {kind}"))),
    };
    let dependency = Dependency {
        id: DependencyId(id),
        awaited,
        state: word(&state)?,
        added_at: added.0,
        closed_at: closed.map(|at| at.0),
    };
    Ok((ConversationId(conversation), dependency))
}
