//! What leaves the house: frozen rows, claimed by one sender each.

use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::dsl::{exists, not, sql};
use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool};
use serde_json::{Value, json};

use super::eyes::standing;
use super::schema::{conversations, messages, opt_outs, outbox};
use super::types::word;
use super::{At, Conn, D, Error};
use crate::domain::delivery::{Delivery, Letter};
use crate::domain::view::Eyes;
use crate::domain::{ChannelId, ConversationId, MessageId, ProfileId};

diesel::alias!(const EARLIER: Alias<Earlier> = outbox as earlier);

/// How many are looked at for one that can be claimed.
const LOOKED_AT: i64 = 8;
/// What somebody may still have to look at: word for word as its index says it, or no database uses that. A type of its
/// own, so that the statement stays prepared.
#[derive(Debug, Clone, Copy, QueryId)]
struct Open;

impl Expression for Open {
    type SqlType = Bool;
}

impl<S> AppearsOnTable<S> for Open {}

impl<G> ValidGrouping<G> for Open {
    type IsAggregate = is_aggregate::No;
}

impl<DB: Backend> QueryFragment<DB> for Open {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("outbox.state IN ('queued', 'sending', 'failed', 'unknown')");
        Ok(())
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
struct Stored {
    id: i64,
    message_id: i64,
    conversation_id: i64,
    channel_id: i64,
    recipient: String,
    body: String,
    attachments: D,
    submit_key: String,
    state: String,
    not_before: At,
    due_at: Option<At>,
    attempts: i64,
    claimed_by: Option<String>,
    provider_id: Option<String>,
    error: Option<String>,
    created_at: At,
}

/// Freezes a letter.
pub fn insert(conn: &mut Conn, new: &Letter) -> Result<(), Error> {
    let row = (
        outbox::message_id.eq(new.message.0),
        outbox::conversation_id.eq(new.conversation.0),
        outbox::channel_id.eq(new.channel.0),
        outbox::recipient.eq(&new.recipient),
        outbox::body.eq(&new.body),
        outbox::attachments.eq(D(json!(new.attachments))),
        outbox::submit_key.eq(&new.submit_key),
        outbox::state.eq(new.state.as_str()),
        outbox::not_before.eq(At(new.not_before)),
        outbox::due_at.eq(new.due_at.map(At)),
        outbox::attempts.eq(new.attempts),
        outbox::created_at.eq(At(new.created_at)),
    );
    diesel::insert_into(outbox::table).values(row).execute(conn)?;
    Ok(())
}

/// Whether an earlier letter of the same conversation is still to be sent: one after the other.
macro_rules! is_behind_another {
    () => {{
        let state = EARLIER.field(outbox::state);
        exists(
            EARLIER
                .filter(EARLIER.field(outbox::conversation_id).eq(outbox::conversation_id))
                .filter(EARLIER.field(outbox::id).lt(outbox::id))
                .filter(state.eq("queued").or(state.eq("sending"))),
        )
    }};
}

/// Takes the letter that is due first, for this sender alone; none if nothing can be sent now.
pub fn claim(conn: &mut Conn, sender: &str, now: DateTime<Utc>) -> Result<Option<Letter>, Error> {
    let due = outbox::table.filter(outbox::due_at.le(At(now))).filter(not(is_behind_another!()));
    let due = due.order((outbox::due_at, outbox::id)).limit(LOOKED_AT).select(outbox::id);
    for id in due.load::<i64>(conn)? {
        let still = outbox::id.eq(id).and(outbox::state.eq(Delivery::Queued.as_str()));
        let claimed = (
            outbox::state.eq(Delivery::Sending.as_str()),
            outbox::due_at.eq(None::<At>),
            outbox::attempts.eq(outbox::attempts + 1),
            outbox::claimed_by.eq(sender),
            outbox::claimed_at.eq(At(now)),
        );
        if diesel::update(outbox::table.filter(still)).set(claimed).execute(conn)? == 1 {
            return Ok(Some(find(conn, id)?));
        }
    }
    Ok(None)
}

/// Nobody knows what became of anything that waited: the house may have lived on elsewhere.
pub fn doubt(conn: &mut Conn, why: &str) -> Result<(), Error> {
    let unknown = Delivery::Unknown.as_str();
    let waits = ["queued", "sending"];
    let shown = (messages::delivery.eq(unknown), messages::delivery_error.eq(why));
    diesel::update(messages::table.filter(messages::delivery.eq_any(waits))).set(shown).execute(conn)?;
    let row = (
        outbox::state.eq(unknown),
        outbox::due_at.eq(None::<At>),
        outbox::claimed_at.eq(None::<At>),
        outbox::error.eq(why),
    );
    diesel::update(outbox::table.filter(outbox::state.eq_any(waits))).set(row).execute(conn)?;
    Ok(())
}

/// When the next letter that waits for nothing but its moment is due.
pub fn next_due(conn: &mut Conn) -> Result<Option<DateTime<Utc>>, Error> {
    let waiting = outbox::table.filter(outbox::due_at.is_not_null()).filter(not(is_behind_another!()));
    let first: Option<Option<At>> =
        waiting.order((outbox::due_at, outbox::id)).select(outbox::due_at).first(conn).optional()?;
    Ok(first.flatten().map(|at| at.0))
}

/// Claims that are older than a moment, or another sender's where there can be no other: nobody knows what became of them.
pub fn lost(conn: &mut Conn, before: DateTime<Utc>, but: Option<&str>) -> Result<Vec<Letter>, Error> {
    let sending = outbox::table.filter(Open).filter(outbox::state.eq(Delivery::Sending.as_str())).order(outbox::id);
    let rows: Vec<Stored> = match but {
        Some(sender) => sending
            .filter(outbox::claimed_at.lt(At(before)).or(outbox::claimed_by.ne(sender)))
            .select(Stored::as_select())
            .load(conn)?,
        None => sending.filter(outbox::claimed_at.lt(At(before))).select(Stored::as_select()).load(conn)?,
    };
    rows.into_iter().map(read).collect()
}

/// A letter by its id.
pub fn find(conn: &mut Conn, id: i64) -> Result<Letter, Error> {
    read(outbox::table.find(id).select(Stored::as_select()).first(conn)?)
}

/// The letter of a message.
pub fn of_message(conn: &mut Conn, message: MessageId) -> Result<Option<Letter>, Error> {
    let row =
        outbox::table.filter(outbox::message_id.eq(message.0)).select(Stored::as_select()).first(conn).optional()?;
    row.map(read).transpose()
}

/// The letter a provider has under an id.
pub fn at_the_provider(conn: &mut Conn, channel: ChannelId, id: &str) -> Result<Option<Letter>, Error> {
    let known = outbox::channel_id.eq(channel.0).and(outbox::provider_id.eq(id));
    let row = outbox::table.filter(known).select(Stored::as_select()).first(conn).optional()?;
    row.map(read).transpose()
}

/// Writes what became of a letter, on it and on its message. The claim ends.
pub fn save(conn: &mut Conn, letter: &Letter) -> Result<(), Error> {
    let row = (
        outbox::state.eq(letter.state.as_str()),
        outbox::due_at.eq(letter.due_at.map(At)),
        outbox::attempts.eq(letter.attempts),
        outbox::claimed_at.eq(None::<At>),
        outbox::provider_id.eq(&letter.provider_id),
        outbox::error.eq(&letter.error),
    );
    diesel::update(outbox::table.find(letter.id)).set(row).execute(conn)?;
    let shown = (messages::delivery.eq(letter.state.as_str()), messages::delivery_error.eq(&letter.error));
    diesel::update(messages::table.find(letter.message.0)).set(shown).execute(conn)?;
    Ok(())
}

/// What stands on the message while its letter is under way.
pub fn show(conn: &mut Conn, message: MessageId, state: Delivery) -> Result<(), Error> {
    diesel::update(messages::table.find(message.0)).set(messages::delivery.eq(state.as_str())).execute(conn)?;
    Ok(())
}

/// What a program told of a message that it carries itself.
pub fn tell(conn: &mut Conn, message: MessageId, state: Delivery, error: Option<&str>) -> Result<(), Error> {
    let told = (messages::delivery.eq(state.as_str()), messages::delivery_error.eq(error));
    diesel::update(messages::table.find(message.0)).set(told).execute(conn)?;
    Ok(())
}

/// The class of a message that was taken back.
pub fn withdraw(conn: &mut Conn, message: MessageId) -> Result<(), Error> {
    diesel::update(messages::table.find(message.0)).set(messages::class.eq("withdrawn")).execute(conn)?;
    Ok(())
}

/// Everything that waits on a channel waits until then: its provider does not answer.
pub fn pause(conn: &mut Conn, channel: ChannelId, until: DateTime<Utc>) -> Result<(), Error> {
    let waiting = outbox::channel_id.eq(channel.0).and(outbox::due_at.lt(At(until)));
    diesel::update(outbox::table.filter(waiting)).set(outbox::due_at.eq(At(until))).execute(conn)?;
    Ok(())
}

/// The provider answers again: what waited for nothing else goes now.
pub fn resume(conn: &mut Conn, channel: ChannelId, now: DateTime<Utc>) -> Result<(), Error> {
    let paused = outbox::channel_id.eq(channel.0).and(outbox::due_at.gt(At(now)));
    let untried = outbox::attempts.eq(0).and(outbox::not_before.le(At(now)));
    diesel::update(outbox::table.filter(paused.and(untried))).set(outbox::due_at.eq(At(now))).execute(conn)?;
    Ok(())
}

/// What is not accepted, oldest first, after a message, as far as these eyes see it; each with its conversation's title.
pub fn open(conn: &mut Conn, eyes: &Eyes, after: MessageId, limit: i64) -> Result<Vec<(Letter, String)>, Error> {
    let open = outbox::table.inner_join(conversations::table.on(conversations::id.eq(outbox::conversation_id)));
    // The plus keeps databases from walking all letters ever sent in the order of their messages.
    let later = sql::<Bool>("+outbox.message_id > ").bind::<BigInt, _>(after.0);
    let open = open.filter(Open).filter(later);
    let shown = open.filter(seen(eyes)).order(sql::<BigInt>("+outbox.message_id")).limit(limit);
    let rows: Vec<(Stored, String)> = shown.select((Stored::as_select(), conversations::title)).load(conn)?;
    rows.into_iter().map(|(row, title)| Ok((read(row)?, title))).collect()
}

/// How much of that there is.
pub fn count_open(conn: &mut Conn, eyes: &Eyes) -> Result<i64, Error> {
    if eyes.hidden.is_empty() {
        return Ok(outbox::table.filter(Open).count().get_result(conn)?);
    }
    let open = outbox::table.inner_join(conversations::table.on(conversations::id.eq(outbox::conversation_id)));
    Ok(open.filter(Open).filter(seen(eyes)).count().get_result(conn)?)
}

/// Whether a conversation stands where these eyes see.
fn seen(eyes: &Eyes) -> Box<dyn BoxableExpression<Joined, super::conn::MultiBackend, SqlType = Bool>> {
    Box::new(standing!(conversations, eyes))
}

type Joined = diesel::dsl::InnerJoinQuerySource<
    outbox::table,
    conversations::table,
    diesel::dsl::Eq<conversations::id, outbox::conversation_id>,
>;

/// Whether the customer of a conversation does not want to be written to.
pub fn has_opted_out(conn: &mut Conn, id: ConversationId) -> Result<bool, Error> {
    let profile = conversations::table.find(id.0).select(conversations::profile_id).single_value();
    let stopped = opt_outs::table.filter(opt_outs::profile_id.nullable().eq(profile));
    Ok(diesel::select(exists(stopped)).get_result(conn)?)
}

/// Since when somebody does not want to be written to.
pub fn opted_out(conn: &mut Conn, profile: ProfileId) -> Result<Option<DateTime<Utc>>, Error> {
    let at: Option<At> = opt_outs::table.find(profile.0).select(opt_outs::at).first(conn).optional()?;
    Ok(at.map(|at| at.0))
}

/// Somebody said STOP.
pub fn opt_out(conn: &mut Conn, profile: ProfileId, at: DateTime<Utc>) -> Result<(), Error> {
    let row = (opt_outs::profile_id.eq(profile.0), opt_outs::at.eq(At(at)));
    crate::native!(conn, |c| diesel::insert_into(opt_outs::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// The customer of a conversation said STOP elsewhere.
pub fn opt_out_of(conn: &mut Conn, id: ConversationId, at: DateTime<Utc>) -> Result<(), Error> {
    let profile: Option<i64> = conversations::table.find(id.0).select(conversations::profile_id).first(conn)?;
    profile.map_or(Ok(()), |profile| opt_out(conn, ProfileId(profile), at))
}

/// Somebody said START.
pub fn opt_in(conn: &mut Conn, profile: ProfileId) -> Result<(), Error> {
    diesel::delete(opt_outs::table.find(profile.0)).execute(conn)?;
    Ok(())
}

fn read(row: Stored) -> Result<Letter, Error> {
    let attachments = row.attachments.0.as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
    Ok(Letter {
        id: row.id,
        message: MessageId(row.message_id),
        conversation: ConversationId(row.conversation_id),
        channel: ChannelId(row.channel_id),
        recipient: row.recipient,
        body: row.body,
        attachments,
        submit_key: row.submit_key,
        state: word(&row.state)?,
        not_before: row.not_before.0,
        due_at: row.due_at.map(|at| at.0),
        attempts: row.attempts,
        claimed_by: row.claimed_by,
        provider_id: row.provider_id,
        error: row.error,
        created_at: row.created_at.0,
    })
}
