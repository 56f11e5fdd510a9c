//! Visitors of the chat widget, and what of a conversation can be told to them.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::schema::{conversations, interactions, messages, visitors};
use super::types::word;
use super::{At, Conn, Error};
use crate::domain::change::MessageKind;
use crate::domain::{ChannelId, ConversationId, MessageId, ProfileId, QueueId, Stage};

/// A conversation as the list of its visitor shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub id: ConversationId,
    pub stage: Stage,
    pub created_at: DateTime<Utc>,
    pub last_message_at: DateTime<Utc>,
    /// The visitor's first words.
    pub words: String,
}

/// What a line is made of, for the wait of somebody in it.
#[derive(Debug, Clone, Default)]
pub struct Served {
    /// How long each was served, newest first.
    pub service: Vec<TimeDelta>,
    /// How long each waited, newest first.
    pub waits: Vec<TimeDelta>,
}

/// Most conversations a visitor is shown.
const LISTED: i64 = 50;
/// Closed interactions that say how long a line takes.
const LOOKED_AT: i64 = 50;

/// The name under which the holder of a secret writes on a channel.
pub fn identifier(conn: &mut Conn, channel: ChannelId, hash: &str) -> Result<Option<String>, Error> {
    let known = visitors::channel_id.eq(channel.0).and(visitors::secret_hash.eq(hash));
    Ok(visitors::table.filter(known).select(visitors::identifier).first(conn).optional()?)
}

/// Keeps a new visitor; a secret or a name that is there already is a unique violation.
pub fn insert(
    conn: &mut Conn,
    channel: ChannelId,
    hash: &str,
    identifier: &str,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let row = (
        visitors::channel_id.eq(channel.0),
        visitors::secret_hash.eq(hash),
        visitors::identifier.eq(identifier),
        visitors::created_at.eq(At(at)),
    );
    diesel::insert_into(visitors::table).values(row).execute(conn)?;
    Ok(())
}

/// Notes that these visitors are there, or that nobody waits for them any more.
pub fn set_here(
    conn: &mut Conn,
    channel: ChannelId,
    identifiers: &[String],
    at: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    let known = visitors::channel_id.eq(channel.0).and(visitors::identifier.eq_any(identifiers));
    diesel::update(visitors::table.filter(known)).set(visitors::here_at.eq(at.map(At))).execute(conn)?;
    Ok(())
}

/// The visitors last seen before a moment: channel and name.
pub fn gone(conn: &mut Conn, before: DateTime<Utc>, limit: i64) -> Result<Vec<(ChannelId, String)>, Error> {
    let rows: Vec<(i64, String)> = visitors::table
        .filter(visitors::here_at.le(At(before)))
        .order(visitors::here_at)
        .limit(limit)
        .select((visitors::channel_id, visitors::identifier))
        .load(conn)?;
    Ok(rows.into_iter().map(|(channel, identifier)| (ChannelId(channel), identifier)).collect())
}

/// The conversations of a profile that its visitor may see, the last used first.
pub fn conversations(conn: &mut Conn, profile: ProfileId) -> Result<Vec<Kept>, Error> {
    let hidden = [Stage::Archived.as_str(), Stage::Suspended.as_str()];
    let rows: Vec<(i64, String, At, At)> = conversations::table
        .filter(conversations::profile_id.eq(profile.0).and(conversations::stage.ne_all(hidden)))
        .order((conversations::last_message_at.desc(), conversations::id.desc()))
        .limit(LISTED)
        .select((conversations::id, conversations::stage, conversations::created_at, conversations::last_message_at))
        .load(conn)?;
    let mut words = first_words(conn, profile, &rows.iter().map(|row| row.0).collect::<Vec<_>>())?;
    let kept = rows.into_iter().map(|(id, stage, created, last)| {
        let words = words.remove(&id).unwrap_or_default();
        let (created_at, last_message_at) = (created.0, last.0);
        Ok(Kept { id: ConversationId(id), stage: word(&stage)?, created_at, last_message_at, words })
    });
    kept.collect()
}

/// The words with which a visitor began each of these conversations.
pub fn first_words(conn: &mut Conn, profile: ProfileId, ids: &[i64]) -> Result<HashMap<i64, String>, Error> {
    let of: Vec<Option<i64>> = ids.iter().copied().map(Some).collect();
    let own = messages::profile_id.eq(profile.0).and(messages::kind.eq(MessageKind::Customer.as_str()));
    let firsts: Vec<Option<i64>> = messages::table
        .filter(messages::conversation_id.eq_any(of).and(own))
        .group_by(messages::conversation_id)
        .select(diesel::dsl::min(messages::id))
        .load(conn)?;
    let firsts: Vec<i64> = firsts.into_iter().flatten().collect();
    let rows: Vec<(Option<i64>, String)> = messages::table
        .filter(messages::id.eq_any(firsts))
        .select((messages::conversation_id, messages::body))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, body)| Some((id?, body))).collect())
}

/// The newest conversation of a profile that is not closed.
pub fn latest_open(conn: &mut Conn, profile: ProfileId) -> Result<Option<ConversationId>, Error> {
    let open = conversations::profile_id.eq(profile.0).and(conversations::turn.le(2));
    let id = conversations::table.filter(open).order(conversations::id.desc()).select(conversations::id);
    Ok(id.first::<i64>(conn).optional()?.map(ConversationId))
}

/// The conversations of which a visitor of this profile sees the messages: this one, and their own that were merged into it.
pub fn threads(conn: &mut Conn, id: ConversationId, profile: ProfileId) -> Result<Vec<ConversationId>, Error> {
    let merged = conversations::merged_into.eq(id.0).and(conversations::profile_id.eq(profile.0));
    let ids: Vec<i64> = conversations::table.filter(merged).select(conversations::id).load(conn)?;
    Ok(ids.into_iter().map(ConversationId).chain([id]).collect())
}

/// The newest messages of some threads, oldest first: those before one (or the last).
pub fn messages_of(
    conn: &mut Conn,
    threads: &[ConversationId],
    before: Option<MessageId>,
    limit: i64,
) -> Result<Vec<super::messages::Message>, Error> {
    let ids: Vec<Option<i64>> = threads.iter().map(|id| Some(id.0)).collect();
    let public = messages::kind.ne_all([MessageKind::Note.as_str(), MessageKind::ExternalResponse.as_str()]);
    let mut found: Vec<i64> = messages::table
        .filter(messages::conversation_id.eq_any(ids).and(public))
        .filter(messages::id.lt(before.map_or(i64::MAX, |id| id.0)))
        .order(messages::id.desc())
        .limit(limit)
        .select(messages::id)
        .load(conn)?;
    found.sort_unstable();
    super::messages::by_id(conn, &found)
}

/// How many wait in a queue before a conversation, in the order they are taken; and since when the first waits.
pub fn ahead(conn: &mut Conn, id: ConversationId, queue: QueueId) -> Result<(i64, Option<DateTime<Utc>>), Error> {
    let (rank, at): (i16, At) =
        conversations::table.find(id.0).select((conversations::order_rank, conversations::order_at)).first(conn)?;
    let line = || {
        let waiting = conversations::queue_id.eq(queue.0).and(conversations::turn.eq(0));
        let nobodys = conversations::stage.eq(Stage::New.as_str()).and(conversations::assignee_id.is_null());
        conversations::table.filter(waiting.and(nobodys))
    };
    let earlier = conversations::order_rank.lt(rank).or(conversations::order_rank
        .eq(rank)
        .and(conversations::order_at.lt(at).or(conversations::order_at.eq(at).and(conversations::id.lt(id.0)))));
    let ahead = line().filter(earlier).count().get_result(conn)?;
    let head: Option<At> =
        line().order(conversations::order_at).select(conversations::order_at).first(conn).optional()?;
    Ok((ahead, head.map(|at| at.0)))
}

/// How long the last ones in a queue waited and were served.
pub fn served(conn: &mut Conn, queue: QueueId) -> Result<Served, Error> {
    let answered = interactions::first_response_at.is_not_null().and(interactions::kind.eq("chat"));
    let closed = interactions::queue_id.eq(queue.0).and(interactions::state.eq("closed_complete"));
    let rows: Vec<(At, Option<At>, i64)> = interactions::table
        .filter(closed.and(answered))
        .order(interactions::id.desc())
        .limit(LOOKED_AT)
        .select((interactions::opened_at, interactions::first_response_at, interactions::worked_micros))
        .load(conn)?;
    let service = rows.iter().filter(|row| row.2 > 0).map(|row| TimeDelta::microseconds(row.2)).collect();
    let waits = rows.iter().filter_map(|row| Some(row.1?.0 - row.0.0)).collect();
    Ok(Served { service, waits })
}
