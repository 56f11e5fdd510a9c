//! Where else a text stands that is removed: everything that was made of it goes with it.

use diesel::prelude::*;
use serde_json::Value;

use super::schema::{drafts, facts, idempotency_keys, interactions, spam_checks, spam_lessons, spam_words};
use super::spam::{self, Lesson};
use super::{Conn, D, Error, dialect};
use crate::domain::{ChannelId, ConversationId, InteractionId, MessageId};

/// A shorter text inside a draft is no quotation of it.
const QUOTED: usize = 12;

/// A title that was the beginning of the text: what is told of it names it no more.
pub fn title(conn: &mut Conn, id: ConversationId, title: &str) -> Result<(), Error> {
    let told = facts::table.filter(facts::conversation_id.eq(id.0));
    diesel::update(told.filter(facts::from_value.eq(title))).set(facts::from_value.eq("")).execute(conn)?;
    diesel::update(told.filter(facts::to_value.eq(title))).set(facts::to_value.eq("")).execute(conn)?;
    Ok(())
}

/// What was once made of the text, under whatever name the record goes now: what is told of it names it no more.
pub fn excerpts(conn: &mut Conn, id: ConversationId, made: &[String]) -> Result<(), Error> {
    let own = interactions::table.filter(interactions::conversation_id.eq(id.0)).select(interactions::id);
    let own: Vec<i64> = own.load(conn)?;
    let told = facts::conversation_id.eq(id.0).or(facts::interaction_id.eq_any(own));
    let from = facts::table.filter(told.clone()).filter(facts::from_value.eq_any(made));
    diesel::update(from).set(facts::from_value.eq("")).execute(conn)?;
    let to = facts::table.filter(told).filter(facts::to_value.eq_any(made));
    diesel::update(to).set(facts::to_value.eq("")).execute(conn)?;
    Ok(())
}

/// The short description an interaction was given by itself, if it was.
pub fn automatic_description(conn: &mut Conn, id: InteractionId) -> Result<Option<String>, Error> {
    let own = interactions::table.filter(interactions::id.eq(id.0).and(interactions::short_description_auto.eq(true)));
    Ok(own.select(interactions::short_description).first(conn).optional()?)
}

/// Gives it another, here and in what is told of it.
pub fn describe(conn: &mut Conn, id: InteractionId, old: &str, new: &str) -> Result<(), Error> {
    diesel::update(interactions::table.find(id.0)).set(interactions::short_description.eq(new)).execute(conn)?;
    let told = facts::table.filter(facts::interaction_id.eq(id.0).and(facts::to_value.eq(old)));
    diesel::update(told).set(facts::to_value.eq(new)).execute(conn)?;
    Ok(())
}

/// What a check of the text found, in the words of the text, and what was learned from it.
pub fn judgement(conn: &mut Conn, channel: ChannelId, id: ConversationId) -> Result<(), Error> {
    diesel::update(spam_checks::table.find(id.0)).set(spam_checks::reasons.eq("")).execute(conn)?;
    let told = facts::table.filter(facts::conversation_id.eq(id.0).and(facts::kind.eq("stage.changed")));
    for (seq, D(mut data)) in told.select((facts::seq, facts::data)).load::<(i64, D)>(conn)? {
        if let Some(reasons) = data.get_mut("reasons").filter(|reasons| reasons.as_str() != Some("")) {
            *reasons = "".into();
            diesel::update(facts::table.find(seq)).set(facts::data.eq(D(data))).execute(conn)?;
        }
    }
    match spam::lesson(conn, id)? {
        Some(lesson) => unlearned(conn, channel, id, &lesson),
        None => Ok(()),
    }
}

fn unlearned(conn: &mut Conn, channel: ChannelId, id: ConversationId, lesson: &Lesson) -> Result<(), Error> {
    dialect::lock(conn, &format!("lessons:{channel}"))?;
    spam::teach(conn, channel, lesson, -1)?;
    diesel::delete(spam_lessons::table.find(id.0)).execute(conn)?;
    let nowhere = spam_words::spam.le(0).and(spam_words::genuine.le(0));
    for marks in lesson.marks.chunks(500) {
        let theirs = spam_words::channel_id.eq(channel.0).and(spam_words::word.eq_any(marks.to_vec()));
        diesel::delete(spam_words::table.filter(theirs.and(nowhere))).execute(conn)?;
    }
    Ok(())
}

/// Answers under a key are kept for a day: those about this message or its conversation say these texts no more.
pub fn answers(conn: &mut Conn, id: MessageId, of: ConversationId, texts: &[String]) -> Result<(), Error> {
    let (message, conversation) = (format!("%\"id\":{},%", id.0), format!("%\"{of}\"%"));
    let about = idempotency_keys::answer.like(message).or(idempotency_keys::answer.like(conversation));
    let kept: Vec<(String, String, String, String)> = idempotency_keys::table
        .filter(about)
        .select((idempotency_keys::owner, idempotency_keys::path, idempotency_keys::key, idempotency_keys::answer))
        .load(conn)?;
    for (owner, path, key, answer) in kept {
        let Ok(mut answer) = serde_json::from_str::<Value>(&answer) else { continue };
        if silenced(&mut answer, texts) {
            let one = idempotency_keys::table.find((owner, path, key));
            diesel::update(one).set(idempotency_keys::answer.eq(answer.to_string())).execute(conn)?;
        }
    }
    Ok(())
}

/// Drafts of the conversation that hold one of the texts: one that was taken back is its writer's draft again.
pub fn drafts(conn: &mut Conn, of: ConversationId, texts: &[String]) -> Result<(), Error> {
    let kept = drafts::table.filter(drafts::conversation_id.eq(of.0));
    for (agent, kind, body) in
        kept.select((drafts::agent_id, drafts::kind, drafts::body)).load::<(i64, String, String)>(conn)?
    {
        let told = |text: &&String| body.trim() == text.trim() || (text.len() >= QUOTED && body.contains(text.trim()));
        let Some(text) = texts.iter().filter(|text| !text.trim().is_empty()).find(told) else { continue };
        let one = drafts::agent_id.eq(agent).and(drafts::conversation_id.eq(of.0)).and(drafts::kind.eq(kind));
        match body.replace(text.trim(), "") {
            rest if rest.trim().is_empty() => diesel::delete(drafts::table.filter(one)).execute(conn)?,
            rest => diesel::update(drafts::table.filter(one)).set(drafts::body.eq(rest)).execute(conn)?,
        };
    }
    Ok(())
}

/// Empties every string that is one of these texts; says whether there was one.
fn silenced(value: &mut Value, texts: &[String]) -> bool {
    match value {
        Value::String(said) if !said.is_empty() && texts.contains(said) => {
            said.clear();
            true
        }
        Value::Array(all) => all.iter_mut().map(|one| silenced(one, texts)).max().unwrap_or(false),
        Value::Object(all) => all.values_mut().map(|one| silenced(one, texts)).max().unwrap_or(false),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
