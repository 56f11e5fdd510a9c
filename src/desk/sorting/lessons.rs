//! What people's judgements teach: one lesson for each conversation, and another judgement takes it back.

use chrono::{DateTime, Utc};

use super::folding::unaccented;
use crate::desk::Done;
use crate::domain::Conversation;
use crate::domain::spam::marks;
use crate::store::spam::{self, Lesson};
use crate::store::{Tx, dialect, messages};

/// Somebody judged a conversation: its channel learns from its first message, and forgets what it learned before.
pub(in crate::desk) fn judged(tx: &mut Tx, conversation: &Conversation, as_spam: bool, at: DateTime<Utc>) -> Done<()> {
    let known = spam::lesson(tx.conn, conversation.id)?;
    if known.as_ref().is_some_and(|lesson| lesson.spam == as_spam) {
        return Ok(());
    }
    let first = messages::opening(tx.conn, conversation.id)?;
    let marks = marks(&unaccented(&first));
    // Two lessons of one channel write the same words: one after the other, or each would wait for the other.
    dialect::lock(tx.conn, &format!("lessons:{}", conversation.channel))?;
    if let Some(lesson) = known {
        spam::teach(tx.conn, conversation.channel, &lesson, -1)?;
    }
    let lesson = Lesson { spam: as_spam, marks };
    spam::teach(tx.conn, conversation.channel, &lesson, 1)?;
    Ok(spam::keep_lesson(tx.conn, conversation, &lesson, at)?)
}
