//! What channels have learned of spam, and what the check of each conversation's first message found.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::schema::{spam_checks, spam_lessons, spam_words};
use super::types::word;
use super::{At, Conn, Error, dialect};
use crate::domain::spam::{Check, Counts};
use crate::domain::{ChannelId, Conversation, ConversationId};

/// The word under which the texts themselves are counted.
const TEXTS: &str = "";

/// What was learned from one conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    pub spam: bool,
    pub marks: Vec<String>,
}

/// How many texts a channel has learned.
pub fn texts(conn: &mut Conn, channel: ChannelId) -> Result<Counts, Error> {
    let row = spam_words::table.find((channel.0, TEXTS)).select((spam_words::spam, spam_words::genuine));
    let counts: Option<(i64, i64)> = row.first(conn).optional()?;
    Ok(counts.map(|(spam, genuine)| Counts { spam, genuine }).unwrap_or_default())
}

/// In how many texts of a channel each of these marks stood.
pub fn counts(conn: &mut Conn, channel: ChannelId, marks: &[String]) -> Result<HashMap<String, Counts>, Error> {
    let known = spam_words::channel_id.eq(channel.0).and(spam_words::word.eq_any(marks.to_vec()));
    let rows: Vec<(String, i64, i64)> =
        spam_words::table.filter(known).select((spam_words::word, spam_words::spam, spam_words::genuine)).load(conn)?;
    Ok(rows.into_iter().map(|(word, spam, genuine)| (word, Counts { spam, genuine })).collect())
}

/// Counts the marks of a lesson `times` more, or less.
pub fn teach(conn: &mut Conn, channel: ChannelId, lesson: &Lesson, times: i64) -> Result<(), Error> {
    let marks: Vec<&str> = lesson.marks.iter().map(String::as_str).chain([TEXTS]).collect();
    let marks = serde_json::to_string(&marks).map_err(|error| Error::Corrupt(error.to_string()))?;
    let (spam, genuine) = if lesson.spam { (times, 0) } else { (0, times) };
    let statement = format!(
        "INSERT INTO spam_words (channel_id, word, spam, genuine) SELECT $1, value, $2, $3 FROM {} WHERE true
         ON CONFLICT (channel_id, word) DO UPDATE
         SET spam = spam_words.spam + excluded.spam, genuine = spam_words.genuine + excluded.genuine",
        dialect::texts_of_fourth(conn)
    );
    diesel::sql_query(statement)
        .bind::<BigInt, _>(channel.0)
        .bind::<BigInt, _>(spam)
        .bind::<BigInt, _>(genuine)
        .bind::<Text, _>(marks)
        .execute(conn)?;
    Ok(())
}

/// What was learned from a conversation, if anything was.
pub fn lesson(conn: &mut Conn, id: ConversationId) -> Result<Option<Lesson>, Error> {
    let row = spam_lessons::table.find(id.0).select((spam_lessons::spam, spam_lessons::words));
    let row: Option<(bool, String)> = row.first(conn).optional()?;
    Ok(row.map(|(spam, words)| Lesson { spam, marks: words.lines().map(str::to_owned).collect() }))
}

/// Keeps what was learned from a conversation, instead of what was learned before.
pub fn keep_lesson(conn: &mut Conn, of: &Conversation, lesson: &Lesson, at: DateTime<Utc>) -> Result<(), Error> {
    let row = (
        spam_lessons::conversation_id.eq(of.id.0),
        spam_lessons::channel_id.eq(of.channel.0),
        spam_lessons::spam.eq(lesson.spam),
        spam_lessons::words.eq(lesson.marks.join("\n")),
        spam_lessons::learned_at.eq(At(at)),
    );
    diesel::delete(spam_lessons::table.find(of.id.0)).execute(conn)?;
    diesel::insert_into(spam_lessons::table).values(row).execute(conn)?;
    Ok(())
}

/// Keeps what the check of a first message found.
pub fn keep_check(conn: &mut Conn, id: ConversationId, check: &Check) -> Result<(), Error> {
    let row = (
        spam_checks::conversation_id.eq(id.0),
        spam_checks::verdict.eq(check.verdict.as_str()),
        spam_checks::score.eq(check.score),
        spam_checks::reasons.eq(check.reasons.join("\n")),
    );
    diesel::insert_into(spam_checks::table).values(row).execute(conn)?;
    Ok(())
}

/// What the checks of these conversations found.
pub fn checks(conn: &mut Conn, ids: &[ConversationId]) -> Result<HashMap<ConversationId, Check>, Error> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(i64, String, Option<i64>, String)> =
        spam_checks::table.filter(spam_checks::conversation_id.eq_any(ids)).load(conn)?;
    let read = |(id, verdict, score, reasons): (i64, String, Option<i64>, String)| {
        let reasons = reasons.lines().map(str::to_owned).collect();
        Ok((ConversationId(id), Check { verdict: word(&verdict)?, score, reasons }))
    };
    rows.into_iter().map(read).collect()
}
