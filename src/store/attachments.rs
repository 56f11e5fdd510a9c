//! Files of messages, and files that wait to be sent with one.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::among::of_ids;
use super::schema::{attachment_bytes, attachments, messages};
use super::{At, Conn, Error};
use crate::domain::attachment::{Attachment, Upload};
use crate::domain::{Actor, AgentId, AttachmentId, ConversationId, InteractionId, MessageId, ProfileId};
use crate::native;

type Row = (i64, String, String, String, i64, Option<i64>, Option<i64>);

const COLUMNS: (
    attachments::id,
    attachments::name,
    attachments::file_name,
    attachments::kind,
    attachments::size,
    attachments::width,
    attachments::height,
) = (
    attachments::id,
    attachments::name,
    attachments::file_name,
    attachments::kind,
    attachments::size,
    attachments::width,
    attachments::height,
);

/// Where a stored file belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Home {
    /// Who brought it: an agent or a customer.
    pub by: Actor,
    /// The message it was sent with; none while it waits.
    pub message: Option<MessageId>,
    /// The conversation of that message.
    pub conversation: Option<ConversationId>,
    /// The interaction of that message.
    pub interaction: Option<InteractionId>,
    /// An internal note: not for customers.
    pub internal: bool,
}

/// Stores a file that belongs to no message yet. `by` is an agent, or the profile of a customer; a file of an agent may
/// wait in the draft of a conversation.
pub fn insert(
    conn: &mut Conn,
    by: Actor,
    draft: Option<ConversationId>,
    upload: &Upload,
    at: DateTime<Utc>,
) -> Result<Attachment, Error> {
    let mut random = [0; 18];
    getrandom::fill(&mut random).map_err(|error| Error::Unavailable(error.to_string()))?;
    let name = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, random);
    let (agent, profile) = match by {
        Actor::Agent(id) => (Some(id.0), None),
        Actor::Customer(id) => (None, Some(id.0)),
        Actor::System => (None, None),
    };
    let size = i64::try_from(upload.bytes.len()).unwrap_or(i64::MAX);
    let row = (
        attachments::name.eq(&name),
        attachments::conversation_id.eq(draft.map(|id| id.0)),
        attachments::agent_id.eq(agent),
        attachments::profile_id.eq(profile),
        attachments::file_name.eq(&upload.file_name),
        attachments::kind.eq(upload.kind),
        attachments::size.eq(size),
        attachments::width.eq(upload.pixels.map(|(width, _)| width)),
        attachments::height.eq(upload.pixels.map(|(_, height)| height)),
        attachments::created_at.eq(At(at)),
    );
    let insert = diesel::insert_into(attachments::table).values(row).returning(attachments::id);
    let id: i64 = native!(&mut *conn, |c| insert.get_result(c))?;
    let bytes = (attachment_bytes::attachment_id.eq(id), attachment_bytes::bytes.eq(upload.bytes.as_slice()));
    diesel::insert_into(attachment_bytes::table).values(bytes).execute(conn)?;
    let (file_name, kind, pixels) = (upload.file_name.clone(), upload.kind.to_owned(), upload.pixels);
    Ok(Attachment { id: AttachmentId(id), name, file_name, kind, size, pixels })
}

/// How many bytes somebody who writes to us has left here in files since a moment.
pub fn left_by(conn: &mut Conn, profile: ProfileId, since: DateTime<Utc>) -> Result<i64, Error> {
    let theirs = attachments::profile_id.eq(profile.0).and(attachments::created_at.gt(At(since)));
    let sum = sql::<BigInt>("CAST(COALESCE(SUM(attachments.size), 0) AS BIGINT)");
    Ok(attachments::table.filter(theirs).select(sum).first(conn)?)
}

/// Whether all of these wait with this agent, in the draft of that conversation or in none.
pub fn wait(conn: &mut Conn, agent: AgentId, id: ConversationId, ids: &[AttachmentId]) -> Result<bool, Error> {
    if ids.is_empty() {
        return Ok(true);
    }
    let asked: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let here = attachments::conversation_id.is_null().or(attachments::conversation_id.eq(id.0).assume_not_null());
    let waiting = attachments::table
        .filter(attachments::id.eq_any(asked).and(attachments::message_id.is_null()))
        .filter(attachments::agent_id.eq(agent.0))
        .filter(here)
        .select(count_star());
    let found: i64 = waiting.first(conn)?;
    Ok(usize::try_from(found) == Ok(ids.len()))
}

/// Gives waiting files to the message they were sent with. Whether all of them still waited, with whom it says.
pub fn send(conn: &mut Conn, by: Actor, ids: &[AttachmentId], message: MessageId) -> Result<bool, Error> {
    if ids.is_empty() {
        return Ok(true);
    }
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let waiting = attachments::table.filter(attachments::id.eq_any(&ids).and(attachments::message_id.is_null()));
    let set = attachments::message_id.eq(message.0);
    let sent = match by {
        Actor::Agent(id) => diesel::update(waiting.filter(attachments::agent_id.eq(id.0))).set(set).execute(conn)?,
        Actor::Customer(id) => {
            diesel::update(waiting.filter(attachments::profile_id.eq(id.0))).set(set).execute(conn)?
        }
        Actor::System => 0,
    };
    Ok(sent == ids.len())
}

/// Gives the files of a message that was taken back to the draft of the agent who sent them. Others' stay where they are.
pub fn take_back(conn: &mut Conn, agent: AgentId, id: ConversationId, message: MessageId) -> Result<(), Error> {
    let theirs = attachments::message_id.eq(message.0).and(attachments::agent_id.eq(agent.0));
    let back = (attachments::message_id.eq(None::<i64>), attachments::conversation_id.eq(id.0));
    diesel::update(attachments::table.filter(theirs)).set(back).execute(conn)?;
    Ok(())
}

/// The files of messages, in the order they were added.
pub fn of_messages(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, Vec<Attachment>>, Error> {
    let mut all: HashMap<i64, Vec<Attachment>> = HashMap::new();
    if ids.is_empty() {
        return Ok(all);
    }
    let files = attachments::table.order(attachments::id).select((attachments::message_id, COLUMNS));
    let rows: Vec<(Option<i64>, Row)> = of_ids!(attachments::message_id, ids, |these| files.filter(these).load(conn))?;
    for (message, row) in rows {
        all.entry(message.unwrap_or_default()).or_default().push(read(row));
    }
    Ok(all)
}

/// What waits in an agent's draft.
pub fn of_draft(conn: &mut Conn, agent: AgentId, id: ConversationId) -> Result<Vec<Attachment>, Error> {
    let waiting = attachments::agent_id.eq(agent.0).and(attachments::conversation_id.eq(id.0));
    let rows: Vec<Row> = attachments::table
        .filter(waiting.and(attachments::message_id.is_null()))
        .order(attachments::id)
        .select(COLUMNS)
        .load(conn)?;
    Ok(rows.into_iter().map(read).collect())
}

/// How many files of an agent wait anywhere.
pub fn waiting(conn: &mut Conn, agent: AgentId) -> Result<i64, Error> {
    let theirs = attachments::agent_id.eq(agent.0).and(attachments::message_id.is_null());
    Ok(attachments::table.filter(theirs).select(count_star()).first(conn)?)
}

/// A file by its random name, and where it belongs: who may see that may see the file.
pub fn find(conn: &mut Conn, name: &str) -> Result<(Attachment, Home), Error> {
    type Place = (Option<i64>, Option<i64>, Option<String>);
    let (row, agent, profile, message, place): (Row, Option<i64>, Option<i64>, Option<i64>, Place) = attachments::table
        .left_join(messages::table.on(messages::id.nullable().eq(attachments::message_id)))
        .filter(attachments::name.eq(name))
        .select((
            COLUMNS,
            attachments::agent_id,
            attachments::profile_id,
            attachments::message_id,
            (messages::conversation_id.nullable(), messages::interaction_id.nullable(), messages::kind.nullable()),
        ))
        .first(conn)?;
    let by = match (agent, profile) {
        (Some(id), _) => Actor::Agent(AgentId(id)),
        (None, Some(id)) => Actor::Customer(ProfileId(id)),
        (None, None) => Actor::System,
    };
    let (conversation, interaction, kind) = place;
    let home = Home {
        by,
        message: message.map(MessageId),
        conversation: conversation.map(ConversationId),
        interaction: interaction.map(InteractionId),
        internal: kind.as_deref() == Some("note"),
    };
    Ok((read(row), home))
}

/// The bytes of a file.
pub fn bytes(conn: &mut Conn, id: AttachmentId) -> Result<Vec<u8>, Error> {
    Ok(attachment_bytes::table.find(id.0).select(attachment_bytes::bytes).first(conn)?)
}

/// Takes a waiting file of an agent away. Whether there was one.
pub fn withdraw(conn: &mut Conn, agent: AgentId, id: AttachmentId) -> Result<bool, Error> {
    let theirs = attachments::id.eq(id.0).and(attachments::agent_id.eq(agent.0));
    let ids = attachments::table.filter(theirs.and(attachments::message_id.is_null())).select(attachments::id);
    let ids = ids.load(conn)?;
    remove(conn, &ids).map(|gone| gone > 0)
}

/// Takes the files of a message away, for good.
pub fn remove_of(conn: &mut Conn, message: MessageId) -> Result<usize, Error> {
    let ids = attachments::table.filter(attachments::message_id.eq(message.0)).select(attachments::id).load(conn)?;
    remove(conn, &ids)
}

/// The oldest files that were never sent, from before a moment.
pub fn unsent(conn: &mut Conn, before: DateTime<Utc>, limit: i64) -> Result<Vec<i64>, Error> {
    let old = attachments::message_id.is_null().and(attachments::created_at.lt(At(before)));
    let ids = attachments::table.filter(old).order(attachments::created_at).limit(limit).select(attachments::id);
    Ok(ids.load(conn)?)
}

/// Takes files that were never sent away; how many that were.
pub fn sweep(conn: &mut Conn, ids: &[i64]) -> Result<usize, Error> {
    let waiting = attachments::id.eq_any(ids).and(attachments::message_id.is_null());
    let ids: Vec<i64> = attachments::table.filter(waiting).select(attachments::id).load(conn)?;
    remove(conn, &ids)
}

fn remove(conn: &mut Conn, ids: &[i64]) -> Result<usize, Error> {
    diesel::delete(attachment_bytes::table.filter(attachment_bytes::attachment_id.eq_any(ids))).execute(conn)?;
    Ok(diesel::delete(attachments::table.filter(attachments::id.eq_any(ids))).execute(conn)?)
}

fn read((id, name, file_name, kind, size, width, height): Row) -> Attachment {
    Attachment { id: AttachmentId(id), name, file_name, kind, size, pixels: width.zip(height) }
}
