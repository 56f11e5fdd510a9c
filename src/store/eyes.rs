//! What somebody sees, as the database is asked: the one place where a restricted queue becomes a condition.

use diesel::dsl::{exists, not};
use diesel::expression::BoxableExpression;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::conn::MultiBackend;
use super::schema::{conversations, interactions, profiles, queues};
use super::{Conn, Error};
use crate::domain::view::Eyes;
use crate::domain::{Agent, AgentId, ConversationId, Interaction, QueueId};

/// A condition on the rows of a table.
type Condition<T> = Box<dyn BoxableExpression<T, MultiBackend, SqlType = Bool>>;

/// The eyes of somebody now; without one, those of nobody, which see no restricted queue. Never out of a cache.
pub fn of(conn: &mut Conn, agent: Option<&Agent>) -> Result<Eyes, Error> {
    match agent {
        Some(agent) if agent.role.leads() => Ok(Eyes::of(agent, &[])),
        Some(agent) => Ok(Eyes::of(agent, &restricted(conn)?)),
        None => Ok(Eyes { agent: None, hidden: restricted(conn)? }),
    }
}

/// The queues that only their members see, in order.
pub fn restricted(conn: &mut Conn) -> Result<Vec<QueueId>, Error> {
    let ids = queues::table.filter(queues::restricted.eq(true)).order(queues::id).select(queues::id);
    let ids: Vec<i64> = crate::native!(conn, |c| ids.load(c))?;
    Ok(ids.into_iter().map(QueueId).collect())
}

/// Whether they see an interaction: where it stands itself, and where the conversation stands that it belongs to.
pub fn see(conn: &mut Conn, eyes: &Eyes, interaction: &Interaction) -> Result<bool, Error> {
    if !eyes.sees(interaction.queue, interaction.assignee.map(|a| a.id)) {
        return Ok(false);
    }
    let Some(ConversationId(id)) = interaction.conversation.filter(|_| !eyes.hidden.is_empty()) else {
        return Ok(true);
    };
    let place = conversations::table.find(id).select((conversations::queue_id, conversations::assignee_id));
    let (queue, assignee): (Option<i64>, Option<i64>) = crate::native!(conn, |c| place.first(c))?;
    Ok(eyes.sees(queue.map(QueueId), assignee.map(AgentId)))
}

/// The rows of a table that stand where these eyes see: not in a hidden queue, or with their owner.
macro_rules! standing {
    ($table:ident, $eyes:expr) => {{
        let hidden: Vec<i64> = $eyes.hidden.iter().map(|id| id.0).collect();
        let agent = $eyes.agent.map_or(0, |agent| agent.0);
        let open = $table::queue_id.is_null().or($table::queue_id.ne_all(hidden).assume_not_null());
        open.or($table::assignee_id.eq(agent).assume_not_null())
    }};
}
pub(super) use standing;

/// The conversations they see; none if all.
pub(super) fn conversations(eyes: &Eyes) -> Option<Condition<conversations::table>> {
    if eyes.hidden.is_empty() { None } else { Some(Box::new(standing!(conversations, eyes))) }
}

/// The interactions they see, by the same rule as [`see`]; none if all.
pub(super) fn interactions(eyes: &Eyes) -> Option<Condition<interactions::table>> {
    if eyes.hidden.is_empty() {
        return None;
    }
    let its = conversations::id.nullable().eq(interactions::conversation_id).assume_not_null();
    let thread = conversations::table.filter(its.and(standing!(conversations, eyes)));
    let alone = interactions::conversation_id.is_null();
    Some(Box::new(standing!(interactions, eyes).and(alone.or(exists(thread)))))
}

/// The channel profiles they see: of who never wrote, and of who wrote what they see; none if all.
pub(super) fn profiles(eyes: &Eyes) -> Option<Condition<profiles::table>> {
    if eyes.hidden.is_empty() {
        return None;
    }
    let own = || conversations::profile_id.eq(profiles::id.nullable()).assume_not_null();
    let seen = exists(conversations::table.filter(own().and(standing!(conversations, eyes))));
    let silent = not(exists(conversations::table.filter(own())));
    Some(Box::new(seen.or(silent)))
}
