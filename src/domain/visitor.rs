//! What somebody at the chat widget is shown: their own words and public answers, first names, no stage of ours, no note.

use chrono::{DateTime, Utc};

use super::attachment::Attachment;
use super::change::MessageKind;
use super::conversation::{REMOVED, preview};
use super::fact::{Fact, FactKind};
use super::ids::{AgentId, MessageId, ProfileId};
use super::message::Message;
use super::people::Actor;
use super::stage::Stage;

/// Longest message of a visitor, in characters.
pub const VISITOR_TEXT: usize = 8000;

/// One entry of a thread, as its visitor sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The message; None for what happened.
    pub message: Option<MessageId>,
    /// The place of what happened in the log; zero for a message.
    pub seq: i64,
    pub by: Speaker,
    pub text: String,
    pub files: Vec<Attachment>,
    pub at: DateTime<Utc>,
}

/// Who speaks in a thread, as far as its visitor is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speaker {
    Visitor,
    /// By the first name.
    Agent(AgentId, String),
    /// The house itself: a reminder, or what became of the conversation.
    House,
}

/// Whether visitors see conversations of this stage: Archived and Suspended ones are not there for them.
pub const fn shows(stage: Stage) -> bool {
    !matches!(stage, Stage::Archived | Stage::Suspended)
}

/// The stage as a visitor is told it: that something is held, or under review, is ours to know.
pub const fn told(stage: Stage) -> Stage {
    match stage {
        Stage::Hold => Stage::NeedsResponse,
        Stage::Suspended => Stage::New,
        Stage::Archived => Stage::Resolved,
        Stage::New | Stage::NeedsResponse | Stage::WaitingOnUser | Stage::Resolved => stage,
    }
}

/// The part of a name by which people are called.
pub fn first_name(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

/// A message as its visitor sees it; None if it is not for their eyes.
pub fn said(message: &Message, visitor: ProfileId) -> Option<Line> {
    let by = match (message.kind, message.actor) {
        (MessageKind::Customer, Actor::Customer(profile)) if profile == visitor => Speaker::Visitor,
        (MessageKind::Reply, Actor::Agent(id)) => Speaker::Agent(id, first_name(&message.author).to_owned()),
        (MessageKind::Reply, Actor::System) => Speaker::House,
        (MessageKind::Event, Actor::System) if message.class == "automatic" => Speaker::House,
        (MessageKind::Customer | MessageKind::Reply | MessageKind::Event, _)
        | (MessageKind::Note | MessageKind::ExternalResponse, _) => return None,
    };
    let (body, count) = (&message.body, message.attachments.len());
    let (text, files) = match (message.removal.is_some(), body.trim().is_empty()) {
        (true, _) => (REMOVED.to_owned(), Vec::new()),
        (false, true) => (preview("", count), message.attachments.clone()),
        (false, false) => (body.clone(), message.attachments.clone()),
    };
    Some(Line { message: Some(message.id), seq: 0, by, text, files, at: message.at })
}

/// What became of the conversation, in words for its visitor. `name` gives an agent's full name; `helper` is who was told
/// when it was reopened.
pub fn happened(fact: &Fact, name: impl Fn(AgentId) -> String, helper: Option<AgentId>) -> Option<Line> {
    if fact.kind != FactKind::StageChanged {
        return None;
    }
    let stage = |text: &Option<String>| text.as_deref().and_then(|stage| stage.parse::<Stage>().ok());
    let first = |id| first_name(&name(id)).to_owned();
    let text = match (stage(&fact.from), stage(&fact.to), fact.actor) {
        (Some(_), Some(Stage::Resolved), Actor::Agent(id)) => format!("{} marked this as resolved", first(id)),
        (Some(_), Some(Stage::Resolved), Actor::Customer(_)) => "You ended this chat".to_owned(),
        (Some(_), Some(Stage::Resolved), Actor::System) => "Closed, because nobody wrote for a while".to_owned(),
        (Some(Stage::Resolved), Some(_), Actor::Agent(id)) => format!("{} opened this again", first(id)),
        (Some(Stage::Resolved), Some(_), _) => match helper {
            Some(id) => format!("Open again. {} has been told.", first(id)),
            None => "Open again. The team has been told.".to_owned(),
        },
        _ => return None,
    };
    Some(Line { message: None, seq: fact.seq, by: Speaker::House, text, files: Vec::new(), at: fact.at })
}

/// Whether a fact shows that an agent has seen what was written before it, and its visitor may know.
pub fn shows_seen(fact: &Fact) -> bool {
    let told = match fact.kind {
        FactKind::MessageAdded => fact.to.as_deref() == Some(MessageKind::Reply.as_str()),
        kind => matches!(kind, FactKind::StageChanged | FactKind::AssignmentChanged),
    };
    told && fact.actor.agent().is_some()
}

/// Whether a fact can change what the visitor of its conversation sees.
pub fn is_news(fact: &Fact) -> bool {
    match fact.kind {
        FactKind::MessageAdded | FactKind::MessageEdited | FactKind::MessageRedacted => {
            matches!(fact.to.as_deref(), Some("customer" | "reply" | "event"))
        }
        kind => matches!(kind, FactKind::StageChanged | FactKind::AssignmentChanged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: MessageKind, class: &str, actor: Actor) -> Message {
        Message {
            id: MessageId(1),
            conversation: None,
            interaction: None,
            kind,
            class: class.to_owned(),
            actor,
            author: "Maya Lindqvist".to_owned(),
            body: "Hello".to_owned(),
            at: DateTime::default(),
            sent_at: None,
            delivery: None,
            delivery_error: None,
            attachments: Vec::new(),
            about: None,
            mentions: Vec::new(),
            edited_at: None,
            removal: None,
        }
    }

    #[test]
    fn a_visitor_sees_their_own_words_public_answers_and_nothing_else() {
        let (me, other, maya) = (ProfileId(1), ProfileId(2), Actor::Agent(AgentId(1)));
        let seen = |kind, class, actor| said(&message(kind, class, actor), me).map(|line| line.by);
        assert_eq!(seen(MessageKind::Customer, "content", Actor::Customer(me)), Some(Speaker::Visitor));
        assert_eq!(seen(MessageKind::Reply, "content", maya), Some(Speaker::Agent(AgentId(1), "Maya".to_owned())));
        assert_eq!(seen(MessageKind::Event, "automatic", Actor::System), Some(Speaker::House));
        for (kind, actor) in [
            (MessageKind::Note, maya),
            (MessageKind::ExternalResponse, maya),
            (MessageKind::Event, maya),
            (MessageKind::Customer, Actor::Customer(other)),
        ] {
            assert_eq!(seen(kind, "content", actor), None, "{kind:?}");
        }
    }

    #[test]
    fn what_is_held_or_under_review_is_not_told() {
        assert_eq!((told(Stage::Hold), told(Stage::Suspended)), (Stage::NeedsResponse, Stage::New));
        assert!(shows(Stage::Resolved) && !shows(Stage::Archived) && !shows(Stage::Suspended));
    }
}
