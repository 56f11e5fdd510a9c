//! Priority rank: 0 escalated, 1 existing organization, 2 new or unidentified.

use chrono::{DateTime, TimeDelta, Utc};

use super::conversation::Conversation;
use super::tag::Tag;

/// The rank of a conversation at a moment. Lists and offers order by (rank, oldest unanswered). After `guard` unanswered,
/// rank 2 counts as 1.
pub fn rank(conversation: &Conversation, guard: TimeDelta, now: DateTime<Utc>) -> i16 {
    let passed = || guard_due(conversation, guard).is_some_and(|due| due <= now);
    if conversation.tags.iter().any(Tag::escalates) {
        0
    } else if conversation.existing || passed() {
        1
    } else {
        2
    }
}

/// When the guard lifts the rank: so long after the oldest unanswered message, while an answer is owed.
pub fn guard_due(conversation: &Conversation, guard: TimeDelta) -> Option<DateTime<Utc>> {
    let owed = conversation.stage.owes_reply();
    conversation.unanswered_since.filter(|_| owed).map(|since| since + guard)
}
