//! Interactions: one row each, loaded with the presence of who has it.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::prepared::update_under_version;
use super::schema::{agents, interactions};
use super::types::{word, word_or_none};
use super::{At, Conn, Error};
use crate::domain::interaction::{Interaction, WorkClock};
use crate::domain::people::{Assignee, OpenedFor};
use crate::domain::state::State;
use crate::domain::view::Eyes;
use crate::domain::{AgentId, ContactId, ConversationId, InteractionId, ProfileId, QueueId};
use crate::native;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = interactions, treat_none_as_default_value = false)]
pub(super) struct Stored {
    pub version: i64,
    pub conversation_id: Option<i64>,
    pub kind: String,
    pub direction: String,
    pub state: String,
    pub state_reason: Option<String>,
    pub state_since: At,
    pub opened_for_id: Option<i64>,
    pub guest_name: Option<String>,
    pub profile_id: Option<i64>,
    pub queue_id: Option<i64>,
    pub assignee_id: Option<i64>,
    pub preferred_id: Option<i64>,
    pub accepted_at: Option<At>,
    pub opened_at: At,
    pub first_response_at: Option<At>,
    pub closed_at: Option<At>,
    pub close_code: Option<String>,
    pub short_description: String,
    pub short_description_auto: bool,
    pub routed_by: String,
    pub worked_micros: i64,
    pub working_since: Option<At>,
}

update_under_version!(
    /// Writes an interaction.
    Update of Stored, interactions:
        version, conversation_id, kind, direction, state, state_reason, state_since, opened_for_id,
        guest_name, profile_id, queue_id, assignee_id, preferred_id, accepted_at, opened_at,
        first_response_at, closed_at, close_code, short_description, short_description_auto,
        routed_by, worked_micros, working_since
);

/// One interaction.
pub fn find(conn: &mut Conn, id: InteractionId) -> Result<Interaction, Error> {
    let joined = agents::table.on(agents::id.nullable().eq(interactions::assignee_id));
    let (row, presence): (Stored, Option<String>) = native!(conn, |c| interactions::table
        .left_join(joined)
        .filter(interactions::id.eq(id.0))
        .select((Stored::as_select(), agents::presence.nullable()))
        .first(c))?;
    read(id, row, presence.as_deref())
}

/// Stores a new interaction, or a changed one under its version; gives its id.
pub fn save(conn: &mut Conn, interaction: &Interaction) -> Result<InteractionId, Error> {
    let row = Stored::from(interaction);
    if interaction.id.0 == 0 {
        let insert = diesel::insert_into(interactions::table).values(&row).returning(interactions::id);
        return Ok(InteractionId(native!(conn, |c| insert.get_result(c))?));
    }
    let update = Update { row: &row, id: interaction.id.0, version: interaction.version };
    let changed = native!(conn, |c| update.execute(c))?;
    match changed {
        1 => Ok(interaction.id),
        _ => Err(Error::Stale),
    }
}

/// The open interactions an agent has: those whose work clock their presence moves.
pub fn open_of(conn: &mut Conn, agent: AgentId) -> Result<Vec<Interaction>, Error> {
    let ids = interactions::table
        .filter(interactions::assignee_id.eq(agent.0).and(interactions::closed_at.is_null()))
        .order(interactions::id)
        .select(interactions::id);
    let ids = ids.load(conn)?;
    many(conn, ids)
}

/// How many interactions in New or Work in Progress an agent has.
pub fn in_use(conn: &mut Conn, agent: AgentId) -> Result<i64, Error> {
    let theirs = interactions::assignee_id.eq(agent.0).and(interactions::closed_at.is_null());
    let busy = interactions::state.eq(State::New.as_str()).or(interactions::state.eq(State::WorkInProgress.as_str()));
    Ok(interactions::table.filter(theirs.and(busy)).count().get_result(conn)?)
}

/// Interactions by id, in the order asked for.
pub fn many(conn: &mut Conn, ids: Vec<i64>) -> Result<Vec<Interaction>, Error> {
    let rows: Vec<(i64, Stored, Option<String>)> = interactions::table
        .left_join(agents::table.on(agents::id.nullable().eq(interactions::assignee_id)))
        .filter(interactions::id.eq_any(&ids))
        .select((interactions::id, Stored::as_select(), agents::presence.nullable()))
        .load(conn)?;
    let mut all = std::collections::HashMap::with_capacity(rows.len());
    for (id, row, presence) in rows {
        all.insert(id, read(InteractionId(id), row, presence.as_deref())?);
    }
    Ok(ids.iter().filter_map(|id| all.remove(id)).collect())
}

impl From<&Interaction> for Stored {
    fn from(i: &Interaction) -> Self {
        let (contact, guest) = match &i.opened_for {
            OpenedFor::Contact(id) => (Some(id.0), None),
            OpenedFor::Guest(name) => (None, Some(name.clone())),
            OpenedFor::Nobody => (None, None),
        };
        Stored {
            version: i.version + 1,
            conversation_id: i.conversation.map(|id| id.0),
            kind: i.kind.to_string(),
            direction: i.direction.to_string(),
            state: i.state.to_string(),
            state_reason: i.reason.map(|reason| reason.to_string()),
            state_since: At(i.state_since),
            opened_for_id: contact,
            guest_name: guest,
            profile_id: i.profile.map(|id| id.0),
            queue_id: i.queue.map(|id| id.0),
            assignee_id: i.assignee.map(|a| a.id.0),
            preferred_id: i.preferred.map(|id| id.0),
            accepted_at: i.accepted_at.map(At),
            opened_at: At(i.opened_at),
            first_response_at: i.first_response_at.map(At),
            closed_at: i.closed_at.map(At),
            close_code: i.close_code.map(|code| code.to_string()),
            short_description: i.short_description.clone(),
            short_description_auto: i.short_description_auto,
            routed_by: i.routed_by.clone(),
            worked_micros: i.work.worked.num_microseconds().unwrap_or(i64::MAX),
            working_since: i.work.since.map(At),
        }
    }
}

pub(super) fn read(id: InteractionId, row: Stored, presence: Option<&str>) -> Result<Interaction, Error> {
    let assignee = match (row.assignee_id, presence) {
        (Some(agent), Some(presence)) => Some(Assignee::of(AgentId(agent), word(presence)?)),
        _ => None,
    };
    let opened_for = match (row.opened_for_id, row.guest_name) {
        (Some(contact), _) => OpenedFor::Contact(ContactId(contact)),
        (None, Some(name)) => OpenedFor::Guest(name),
        (None, None) => OpenedFor::Nobody,
    };
    Ok(Interaction {
        id,
        conversation: row.conversation_id.map(ConversationId),
        kind: word(&row.kind)?,
        direction: word(&row.direction)?,
        state: word(&row.state)?,
        reason: word_or_none(row.state_reason.as_deref())?,
        state_since: row.state_since.0,
        opened_for,
        profile: row.profile_id.map(ProfileId),
        queue: row.queue_id.map(QueueId),
        assignee,
        preferred: row.preferred_id.map(AgentId),
        accepted_at: row.accepted_at.map(|at| at.0),
        opened_at: row.opened_at.0,
        first_response_at: row.first_response_at.map(|at| at.0),
        closed_at: row.closed_at.map(|at| at.0),
        close_code: word_or_none(row.close_code.as_deref())?,
        short_description: row.short_description,
        short_description_auto: row.short_description_auto,
        routed_by: row.routed_by,
        work: WorkClock { worked: TimeDelta::microseconds(row.worked_micros), since: row.working_since.map(|at| at.0) },
        version: row.version,
    })
}

/// What a list of interactions shows.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub state: Option<crate::domain::state::State>,
    pub kind: Option<crate::domain::state::ContactType>,
    pub queue: Option<QueueId>,
    pub assignee: Option<AgentId>,
    pub conversation: Option<ConversationId>,
    pub opened_for: Option<ContactId>,
    pub profile: Option<ProfileId>,
}

/// A page of interactions, newest first, as far as these eyes see.
pub fn page(
    conn: &mut Conn,
    wanted: &Wanted,
    eyes: &Eyes,
    before: Option<InteractionId>,
    limit: i64,
) -> Result<Vec<Interaction>, Error> {
    let mut query = interactions::table.select(interactions::id).into_boxed();
    if let Some(state) = wanted.state {
        query = query.filter(interactions::state.eq(state.as_str()));
    }
    if let Some(kind) = wanted.kind {
        query = query.filter(interactions::kind.eq(kind.as_str()));
    }
    if let Some(queue) = wanted.queue {
        query = query.filter(interactions::queue_id.eq(queue.0));
    }
    if let Some(agent) = wanted.assignee {
        query = query.filter(interactions::assignee_id.eq(agent.0));
    }
    if let Some(conversation) = wanted.conversation {
        query = query.filter(interactions::conversation_id.eq(conversation.0));
    }
    if let Some(contact) = wanted.opened_for {
        query = query.filter(interactions::opened_for_id.eq(contact.0));
    }
    if let Some(profile) = wanted.profile {
        query = query.filter(interactions::profile_id.eq(profile.0));
    }
    if let Some(before) = before {
        query = query.filter(interactions::id.lt(before.0));
    }
    if let Some(seen) = super::eyes::interactions(eyes) {
        query = query.filter(seen);
    }
    let ids = query.order(interactions::id.desc()).limit(limit).load(conn)?;
    many(conn, ids)
}
