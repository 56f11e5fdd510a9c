//! What a page can watch.

use std::str::FromStr;

use crate::domain::{AgentId, ConversationId, InteractionId, LocationId, QueueId};

/// One stream of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Every row of the work list.
    Inbox,
    Conversation(ConversationId),
    Interaction(InteractionId),
    Queue(QueueId),
    Location(LocationId),
    /// The managers' board.
    Board,
    /// What concerns one person: offers, calls, notices.
    Me(AgentId),
}

/// A topic as a page names it, before the database has said which queue a slug is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Inbox,
    Conversation(ConversationId),
    Interaction(InteractionId),
    Queue(String),
    Location(String),
    Board,
    Me,
}

impl FromStr for Asked {
    type Err = ();

    /// Reads `inbox`, `conversation:CONV-1`, `interaction:IMS0000001`, `queue:SLUG`, `location:SLUG`, `board`, `me`.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.trim().split_once(':') {
            None => match text.trim() {
                "inbox" => Ok(Asked::Inbox),
                "board" => Ok(Asked::Board),
                "me" => Ok(Asked::Me),
                _ => Err(()),
            },
            Some(("conversation", number)) => number.parse().map(Asked::Conversation),
            Some(("interaction", number)) => number.parse().map(Asked::Interaction),
            Some(("queue", slug)) if !slug.is_empty() => Ok(Asked::Queue(slug.to_owned())),
            Some(("location", slug)) if !slug.is_empty() => Ok(Asked::Location(slug.to_owned())),
            Some(_) => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_as_the_spec_writes_them() {
        assert_eq!("inbox".parse(), Ok(Asked::Inbox));
        assert_eq!("conversation:CONV-1".parse(), Ok(Asked::Conversation(ConversationId(1))));
        assert_eq!("interaction:IMS0000001".parse(), Ok(Asked::Interaction(InteractionId(1))));
        assert_eq!("queue:billing".parse(), Ok(Asked::Queue("billing".into())));
        for bad in ["", "all", "conversation:", "conversation:1", "queue:", "inbox:1", "me:2"] {
            assert_eq!(bad.parse::<Asked>(), Err(()), "{bad}");
        }
    }
}
