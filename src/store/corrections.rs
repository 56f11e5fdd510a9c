//! Messages written anew, with the trace of what they said, and messages whose text was removed, which leave none.

use chrono::{DateTime, Utc};
use diesel::dsl::max;
use diesel::prelude::*;

use super::schema::{agents, conversations, message_changes, messages, outbox};
use super::{At, Conn, Error, attachments, mentions};
use crate::domain::message::{Earlier, Removal};
use crate::domain::{Agent, AgentId, ConversationId, MessageId};

/// Writes a message anew; what it said stays in its trace. A letter that was never tried is sent as it reads now.
pub fn edit(conn: &mut Conn, id: MessageId, by: &Agent, body: &str, at: DateTime<Utc>) -> Result<(), Error> {
    let earlier: String = messages::table.find(id.0).select(messages::body).first(conn)?;
    note(conn, id, by, Some(&earlier), at)?;
    let row = (messages::body.eq(body), messages::edited_at.eq(At(at)));
    diesel::update(messages::table.find(id.0)).set(row).execute(conn)?;
    let untried = outbox::state.eq("queued").and(outbox::attempts.eq(0));
    let waiting = outbox::table.filter(outbox::message_id.eq(id.0).and(untried));
    diesel::update(waiting).set(outbox::body.eq(body)).execute(conn)?;
    Ok(())
}

/// Takes the text and the files of a message away for good, from its trace and from what waits to be sent as well.
pub fn redact(conn: &mut Conn, id: MessageId, by: &Agent, at: DateTime<Utc>) -> Result<(), Error> {
    attachments::remove_of(conn, id)?;
    let in_a_draft = taken_back(conn, id)?;
    attachments::sweep(conn, &in_a_draft)?;
    mentions::forget(conn, id)?;
    diesel::delete(message_changes::table.filter(message_changes::message_id.eq(id.0))).execute(conn)?;
    note(conn, id, by, None, at)?;
    let row = (messages::body.eq(""), messages::removed_at.eq(At(at)));
    diesel::update(messages::table.find(id.0)).set(row).execute(conn)?;
    let sent = outbox::table.filter(outbox::message_id.eq(id.0));
    let nothing = super::D(serde_json::json!([]));
    diesel::update(sent).set((outbox::body.eq(""), outbox::attachments.eq(nothing))).execute(conn)?;
    let waiting =
        outbox::table.filter(outbox::message_id.eq(id.0).and(outbox::state.eq_any(["queued", "failed", "unknown"])));
    let withdrawn = (outbox::state.eq("withdrawn"), outbox::due_at.eq(None::<At>));
    if diesel::update(waiting).set(withdrawn).execute(conn)? > 0 {
        let taken_back = (messages::delivery.eq("withdrawn"), messages::class.eq("withdrawn"));
        diesel::update(messages::table.find(id.0)).set(taken_back).execute(conn)?;
    }
    Ok(())
}

/// The files a message was frozen with: of one that was taken back they lie in the draft.
fn taken_back(conn: &mut Conn, id: MessageId) -> Result<Vec<i64>, Error> {
    let frozen: Option<super::D> =
        outbox::table.filter(outbox::message_id.eq(id.0)).select(outbox::attachments).first(conn).optional()?;
    Ok(frozen.and_then(|super::D(ids)| serde_json::from_value(ids).ok()).unwrap_or_default())
}

/// The last public message of a conversation itself.
pub fn last_public(conn: &mut Conn, id: ConversationId) -> Result<Option<MessageId>, Error> {
    let public = messages::kind.eq_any(["customer", "reply", "external_response"]);
    let last: Option<i64> =
        messages::table.filter(messages::conversation_id.eq(id.0).and(public)).select(max(messages::id)).first(conn)?;
    Ok(last.map(MessageId))
}

/// The conversation a message is shown in: its own, or the one that was merged into.
pub fn home(conn: &mut Conn, id: MessageId) -> Result<ConversationId, Error> {
    let (own, merged): (i64, Option<i64>) = messages::table
        .inner_join(conversations::table.on(conversations::id.nullable().eq(messages::conversation_id)))
        .filter(messages::id.eq(id.0))
        .select((conversations::id, conversations::merged_into))
        .first(conn)?;
    Ok(ConversationId(merged.unwrap_or(own)))
}

/// What a message said before, oldest first.
pub fn trace(conn: &mut Conn, id: MessageId) -> Result<Vec<Earlier>, Error> {
    let rows: Vec<(Option<String>, At, i64, String)> = message_changes::table
        .inner_join(agents::table.on(agents::id.eq(message_changes::agent_id)))
        .filter(message_changes::message_id.eq(id.0))
        .order(message_changes::id)
        .select((message_changes::body, message_changes::at, agents::id, agents::name))
        .load(conn)?;
    let read = |(body, at, agent, name): (Option<String>, At, i64, String)| {
        Some(Earlier { body: body?, until: at.0, agent: AgentId(agent), name })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Who removed the text of messages, by message.
pub fn removals(conn: &mut Conn, ids: &[i64]) -> Result<Vec<(i64, Removal)>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64, At, i64, String)> = message_changes::table
        .inner_join(agents::table.on(agents::id.eq(message_changes::agent_id)))
        .filter(message_changes::message_id.eq_any(ids).and(message_changes::body.is_null()))
        .select((message_changes::message_id, message_changes::at, agents::id, agents::name))
        .load(conn)?;
    let read = |(id, at, agent, name): (i64, At, i64, String)| (id, Removal { at: at.0, agent: AgentId(agent), name });
    Ok(rows.into_iter().map(read).collect())
}

fn note(conn: &mut Conn, id: MessageId, by: &Agent, body: Option<&str>, at: DateTime<Utc>) -> Result<(), Error> {
    let row = (
        message_changes::message_id.eq(id.0),
        message_changes::agent_id.eq(by.id.0),
        message_changes::body.eq(body),
        message_changes::at.eq(At(at)),
    );
    diesel::insert_into(message_changes::table).values(row).execute(conn)?;
    Ok(())
}
