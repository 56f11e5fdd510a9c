//! Priority rank: 0 escalated, 1 existing organization, 2 new or unidentified.

use chrono::{DateTime, TimeDelta, Utc};

use super::conversation::Conversation;
use super::tag::Tag;

/// After this long unanswered, rank 2 counts as 1.
pub const GUARD: TimeDelta = TimeDelta::hours(4);

/// The rank of a conversation at a moment. Lists and offers order by (rank, oldest unanswered).
pub fn rank(conversation: &Conversation, now: DateTime<Utc>) -> i16 {
    if conversation.tags.iter().any(Tag::escalates) {
        0
    } else if conversation.existing || guard_passed(conversation, now) {
        1
    } else {
        2
    }
}

fn guard_passed(conversation: &Conversation, now: DateTime<Utc>) -> bool {
    guard_due(conversation).is_some_and(|due| due <= now)
}

/// When the guard lifts the rank: four hours after the oldest unanswered message, while an answer is owed.
pub fn guard_due(conversation: &Conversation) -> Option<DateTime<Utc>> {
    let owed = conversation.stage.owes_reply();
    conversation.unanswered_since.filter(|_| owed).map(|since| since + GUARD)
}
