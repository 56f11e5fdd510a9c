//! The colleagues that notes name.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::schema::{agents, conversations, mentions};
use super::{Conn, Error, eyes};
use crate::domain::row::NamedAgent;
use crate::domain::view::Eyes;
use crate::domain::{AgentId, ConversationId, MessageId, Stage};

/// Writes whom a note names, in the conversation where it is read.
pub fn set(conn: &mut Conn, message: MessageId, of: ConversationId, agents: &[AgentId]) -> Result<(), Error> {
    for agent in agents {
        let row =
            (mentions::message_id.eq(message.0), mentions::agent_id.eq(agent.0), mentions::conversation_id.eq(of.0));
        diesel::insert_into(mentions::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// A note names nobody any more.
pub fn forget(conn: &mut Conn, message: MessageId) -> Result<(), Error> {
    diesel::delete(mentions::table.filter(mentions::message_id.eq(message.0))).execute(conn)?;
    Ok(())
}

/// Whom notes name, by note.
pub fn of_messages(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, Vec<NamedAgent>>, Error> {
    let mut all: HashMap<i64, Vec<NamedAgent>> = HashMap::new();
    if ids.is_empty() {
        return Ok(all);
    }
    let rows: Vec<(i64, i64, String, String)> = mentions::table
        .inner_join(agents::table.on(agents::id.eq(mentions::agent_id)))
        .filter(mentions::message_id.eq_any(ids))
        .order((mentions::message_id, mentions::agent_id))
        .select((mentions::message_id, agents::id, agents::name, agents::email))
        .load(conn)?;
    for (message, id, name, email) in rows {
        all.entry(message).or_default().push(NamedAgent { id: AgentId(id), name, email });
    }
    Ok(all)
}

/// Who is named anywhere in conversations, by conversation.
pub fn in_conversations(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, Vec<AgentId>>, Error> {
    let rows: Vec<(i64, i64)> = mentions::table
        .filter(mentions::conversation_id.eq_any(ids))
        .order((mentions::conversation_id, mentions::agent_id))
        .select((mentions::conversation_id, mentions::agent_id))
        .distinct()
        .load(conn)?;
    let mut all: HashMap<i64, Vec<AgentId>> = HashMap::new();
    for (conversation, agent) in rows {
        all.entry(conversation).or_default().push(AgentId(agent));
    }
    Ok(all)
}

/// In how many conversations that are not over an agent is named, as far as they see them.
pub fn open_of(conn: &mut Conn, agent: AgentId, eyes: &Eyes) -> Result<i64, Error> {
    let named = mentions::table.filter(mentions::agent_id.eq(agent.0)).select(mentions::conversation_id);
    // In these words the statement is prepared once: a list of values would be read anew for every page.
    let over = |stage: Stage| conversations::stage.ne(stage.as_str());
    let open = over(Stage::Suspended).and(over(Stage::Resolved)).and(over(Stage::Archived));
    let open = conversations::id.eq_any(named).and(open);
    let mut open = conversations::table.filter(open).select(count_star()).into_boxed();
    if let Some(seen) = eyes::conversations(eyes) {
        open = open.filter(seen);
    }
    Ok(open.first(conn)?)
}

/// What was named in a conversation that was merged is named in the other now.
pub fn follow_merge(conn: &mut Conn, from: ConversationId, into: ConversationId) -> Result<(), Error> {
    let moved = mentions::table.filter(mentions::conversation_id.eq(from.0));
    diesel::update(moved).set(mentions::conversation_id.eq(into.0)).execute(conn)?;
    Ok(())
}
