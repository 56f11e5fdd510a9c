//! Messages of threads, and work notes of interactions without one.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::among::of_ids;
use super::schema::{agents, contacts, conversations, messages, profiles};
use super::types::word;
use super::{At, Conn, Error, attachments, corrections, mentions};
use crate::domain::change::{MessageKind, NewMessage};
pub use crate::domain::message::{About, Message};
use crate::domain::{Actor, AgentId, ChannelId, ConversationId, InteractionId, MessageId, ProfileId};
use crate::native;

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
struct Stored {
    id: i64,
    conversation_id: Option<i64>,
    interaction_id: Option<i64>,
    kind: String,
    class: String,
    agent_id: Option<i64>,
    profile_id: Option<i64>,
    body: String,
    at: At,
    sent_at: Option<At>,
    delivery: Option<String>,
    delivery_error: Option<String>,
    about_id: Option<i64>,
    edited_at: Option<At>,
    removed_at: Option<At>,
}

/// Where a message belongs.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub conversation: Option<ConversationId>,
    pub interaction: InteractionId,
    pub channel: Option<ChannelId>,
}

/// Stores a message; gives its id. A second one with the same key on a channel is a unique violation.
pub fn insert(conn: &mut Conn, place: Place, message: &NewMessage, at: DateTime<Utc>) -> Result<MessageId, Error> {
    let (agent, profile) = match message.actor {
        Actor::Agent(id) => (Some(id.0), None),
        Actor::Customer(id) => (None, Some(id.0)),
        Actor::System => (None, None),
    };
    let row = (
        messages::conversation_id.eq(place.conversation.map(|id| id.0)),
        messages::interaction_id.eq(place.interaction.0),
        messages::kind.eq(message.kind.as_str()),
        messages::class.eq(message.class),
        messages::agent_id.eq(agent),
        messages::profile_id.eq(profile),
        messages::body.eq(&message.body),
        messages::at.eq(At(at)),
        messages::sent_at.eq(message.sent_at.map(At)),
        messages::channel_id.eq(place.channel.map(|id| id.0)),
        messages::channel_key.eq(&message.channel_key),
        messages::about_id.eq(message.about.map(|id| id.0)),
        messages::delivery.eq(message.delivery.map(|delivery| delivery.as_str())),
    );
    let insert = diesel::insert_into(messages::table).values(row).returning(messages::id);
    Ok(MessageId(native!(conn, |c| insert.get_result(c))?))
}

/// The message a channel delivered under a key: its id and conversation.
pub fn by_key(conn: &mut Conn, channel: ChannelId, key: &str) -> Result<Option<(MessageId, ConversationId)>, Error> {
    let known = messages::channel_id.eq(channel.0).and(messages::channel_key.eq(key));
    let row: Option<(i64, Option<i64>)> =
        messages::table.filter(known).select((messages::id, messages::conversation_id)).first(conn).optional()?;
    Ok(row.and_then(|(id, conversation)| Some((MessageId(id), ConversationId(conversation?)))))
}

/// One page of a thread, oldest first: the messages after one, merged conversations included.
pub fn after(conn: &mut Conn, id: ConversationId, after: MessageId, limit: i64) -> Result<Vec<Message>, Error> {
    let threads = threads(conn, id)?;
    let query = joined().filter(messages::conversation_id.eq_any(threads).and(messages::id.gt(after.0)));
    let rows = query.order(messages::id).limit(limit).load(conn)?;
    read(conn, rows)
}

/// The first public reply after a message by anybody but this agent, merged conversations included.
pub fn reply_of_others(
    conn: &mut Conn,
    id: ConversationId,
    but: AgentId,
    after: MessageId,
) -> Result<Option<Message>, Error> {
    let threads = threads(conn, id)?;
    let theirs = messages::agent_id.is_null().or(messages::agent_id.ne(but.0));
    let replies = messages::kind.eq(MessageKind::Reply.as_str()).and(theirs.assume_not_null());
    let later = messages::conversation_id.eq_any(threads).and(messages::id.gt(after.0));
    let rows = joined().filter(later).filter(replies).order(messages::id).limit(1).load(conn)?;
    Ok(read(conn, rows)?.pop())
}

/// The newest page of a thread, oldest first: the messages before one (or the last).
pub fn latest(
    conn: &mut Conn,
    id: ConversationId,
    before: Option<MessageId>,
    limit: i64,
) -> Result<Vec<Message>, Error> {
    let threads = threads(conn, id)?;
    let before = before.map_or(i64::MAX, |id| id.0);
    let query = joined().filter(messages::conversation_id.eq_any(threads).and(messages::id.lt(before)));
    let rows = query.order(messages::id.desc()).limit(limit).load(conn)?;
    let mut page = read(conn, rows)?;
    page.reverse();
    Ok(page)
}

/// One message of a conversation.
pub fn find(conn: &mut Conn, id: ConversationId, message: MessageId) -> Result<Message, Error> {
    let threads = threads(conn, id)?;
    let query = joined().filter(messages::id.eq(message.0).and(messages::conversation_id.eq_any(threads)));
    let rows = query.load(conn)?;
    read(conn, rows)?.pop().ok_or(Error::NotFound)
}

/// Messages by id, in order.
pub fn by_id(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Message>, Error> {
    let rows = of_ids!(messages::id, ids, |these| joined().filter(these).order(messages::id).load(conn))?;
    read(conn, rows)
}

/// The work notes of an interaction without a conversation, oldest first.
pub fn notes_of(conn: &mut Conn, id: InteractionId) -> Result<Vec<Message>, Error> {
    let query = joined().filter(messages::interaction_id.eq(id.0));
    let rows = query.order(messages::id).limit(500).load(conn)?;
    read(conn, rows)
}

/// The words an interaction began with; empty if there are none.
pub fn first_words(conn: &mut Conn, id: InteractionId) -> Result<String, Error> {
    let customer = messages::interaction_id.eq(id.0).and(messages::kind.eq(MessageKind::Customer.as_str()));
    let body = messages::table.filter(customer).order(messages::id).select(messages::body).first(conn).optional()?;
    Ok(body.unwrap_or_default())
}

/// The words a conversation began with; empty if there are none.
pub fn opening(conn: &mut Conn, id: ConversationId) -> Result<String, Error> {
    let customer = messages::conversation_id.eq(id.0).and(messages::kind.eq(MessageKind::Customer.as_str()));
    let body = messages::table.filter(customer).order(messages::id).select(messages::body).first(conn).optional()?;
    Ok(body.unwrap_or_default())
}

/// A conversation and those merged into it.
fn threads(conn: &mut Conn, id: ConversationId) -> Result<Vec<Option<i64>>, Error> {
    let merged = conversations::table.filter(conversations::merged_into.eq(id.0)).select(conversations::id);
    let mut all: Vec<Option<i64>> = merged.load::<i64>(conn)?.into_iter().map(Some).collect();
    all.push(Some(id.0));
    Ok(all)
}

type Joined = (Stored, Option<String>, Option<String>, Option<String>);

#[diesel::dsl::auto_type]
fn joined() -> _ {
    let message: diesel::dsl::AsSelect<Stored, super::conn::MultiBackend> = Stored::as_select();
    messages::table
        .left_join(agents::table.on(agents::id.nullable().eq(messages::agent_id)))
        .left_join(profiles::table.on(profiles::id.nullable().eq(messages::profile_id)))
        .left_join(contacts::table.on(contacts::id.nullable().eq(profiles::contact_id.nullable())))
        .select((message, agents::name.nullable(), contacts::name.nullable(), profiles::identifier.nullable()))
}

fn read(conn: &mut Conn, rows: Vec<Joined>) -> Result<Vec<Message>, Error> {
    let ids: Vec<i64> = rows.iter().map(|row| row.0.id).collect();
    let mut files = attachments::of_messages(conn, &ids)?;
    let of = |wanted: fn(&Stored) -> bool| -> Vec<i64> {
        rows.iter().map(|row| &row.0).filter(|row| wanted(row)).map(|row| row.id).collect()
    };
    let (notes, removed) = (of(|row| row.kind == "note"), of(|row| row.removed_at.is_some()));
    let mut named = mentions::of_messages(conn, &notes)?;
    let removals = corrections::removals(conn, &removed)?;
    let about = about(conn, rows.iter().filter_map(|row| row.0.about_id).collect())?;
    let beside = |row: Joined| {
        let (id, of) = (row.0.id, row.0.about_id);
        let mut message = message(row)?;
        message.attachments = files.remove(&id).unwrap_or_default();
        message.about = of.and_then(|of| Some(About { id: MessageId(of), body: about.get(&of)?.clone() }));
        message.mentions = named.remove(&id).unwrap_or_default();
        message.removal = removals.iter().find(|(of, _)| *of == id).map(|(_, removal)| removal.clone());
        Ok(message)
    };
    rows.into_iter().map(beside).collect()
}

/// What messages say that others are about.
fn about(conn: &mut Conn, wanted: Vec<i64>) -> Result<HashMap<i64, String>, Error> {
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let said = messages::table.filter(messages::id.eq_any(wanted)).select((messages::id, messages::body));
    Ok(said.load::<(i64, String)>(conn)?.into_iter().collect())
}

fn message((row, agent, contact, address): Joined) -> Result<Message, Error> {
    let actor = match (row.agent_id, row.profile_id) {
        (Some(id), _) => Actor::Agent(AgentId(id)),
        (None, Some(id)) => Actor::Customer(ProfileId(id)),
        (None, None) => Actor::System,
    };
    Ok(Message {
        id: MessageId(row.id),
        conversation: row.conversation_id.map(ConversationId),
        interaction: row.interaction_id.map(InteractionId),
        kind: word(&row.kind)?,
        class: row.class,
        actor,
        author: agent.or(contact).or(address).unwrap_or_else(|| "Switchboard".to_owned()),
        body: row.body,
        at: row.at.0,
        sent_at: row.sent_at.map(|at| at.0),
        delivery: row.delivery,
        delivery_error: row.delivery_error,
        attachments: Vec::new(),
        about: None,
        mentions: Vec::new(),
        edited_at: row.edited_at.map(|at| at.0),
        removal: None,
    })
}
