//! What an agent began to write and did not send yet.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::schema::drafts;
use super::{At, Conn, Error};
use crate::domain::{AgentId, ConversationId};
use crate::native;

/// The drafts of an agent in a conversation: (reply, note), empty where there is none.
pub fn find(conn: &mut Conn, agent: AgentId, id: ConversationId) -> Result<(String, String), Error> {
    let mine = drafts::agent_id.eq(agent.0).and(drafts::conversation_id.eq(id.0));
    let rows: Vec<(String, String)> = drafts::table.filter(mine).select((drafts::kind, drafts::body)).load(conn)?;
    let of = |kind: &str| rows.iter().find(|(k, _)| k == kind).map(|(_, body)| body.clone()).unwrap_or_default();
    Ok((of("reply"), of("note")))
}

/// Keeps a draft; an empty one is forgotten.
pub fn keep(
    conn: &mut Conn,
    agent: AgentId,
    id: ConversationId,
    kind: &str,
    body: &str,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    if body.trim().is_empty() {
        return forget(conn, agent, id, kind);
    }
    let row = (
        drafts::agent_id.eq(agent.0),
        drafts::conversation_id.eq(id.0),
        drafts::kind.eq(kind),
        drafts::body.eq(body),
        drafts::updated_at.eq(At(at)),
    );
    native!(conn, |c| diesel::insert_into(drafts::table)
        .values(row)
        .on_conflict((drafts::agent_id, drafts::conversation_id, drafts::kind))
        .do_update()
        .set((drafts::body.eq(body), drafts::updated_at.eq(At(at))))
        .execute(c))?;
    Ok(())
}

/// Forgets a draft, because it was sent or emptied.
pub fn forget(conn: &mut Conn, agent: AgentId, id: ConversationId, kind: &str) -> Result<(), Error> {
    let known = drafts::agent_id.eq(agent.0).and(drafts::conversation_id.eq(id.0)).and(drafts::kind.eq(kind));
    diesel::delete(drafts::table.filter(known)).execute(conn)?;
    Ok(())
}
