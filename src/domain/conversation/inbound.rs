//! What the customer does: rows 8, 13, 17, 25, 32, 37, 42, 44, 45.

use chrono::{DateTime, Utc};

use super::super::change::{Change, MessageKind, NewMessage};
use super::super::people::{Actor, Assignee};
use super::super::stage::{Stage, Step, Trigger};
use super::super::state::{CloseCode, ContactType};
use super::super::words::words;
use super::{Action, Conversation, Refused};
use crate::domain::ids::{AttachmentId, MessageId, ProfileId};
use crate::domain::spam::Check;
use crate::domain::tag::{RESOLUTION, Tag};

words!(
    /// What a channel says an inbound message is. Only content changes a stage.
    InboundKind {
        Content = "content" / "Message",
        AutoReply = "auto_reply" / "Automatic reply",
        Reaction = "reaction" / "Reaction",
        Receipt = "receipt" / "Receipt",
        Edit = "edit" / "Edit",
        End = "end" / "Chat ended",
    }
);

/// A message as it arrived.
#[derive(Debug, Clone)]
pub struct Inbound {
    pub kind: InboundKind,
    pub profile: ProfileId,
    pub body: String,
    pub sent_at: Option<DateTime<Utc>>,
    /// Identifies it on its channel.
    pub key: String,
    /// Its files, stored already.
    pub attachments: Vec<AttachmentId>,
    /// The message that a reaction or an edit is about.
    pub about: Option<MessageId>,
}

impl Inbound {
    /// The line that says the customer has ended the chat. Stored under its key, so that a repeat ends nothing again.
    pub fn farewell(&self) -> NewMessage {
        NewMessage { kind: MessageKind::Event, body: "The customer ended the chat.".to_owned(), ..self.message() }
    }

    /// The message to store.
    pub fn message(&self) -> NewMessage {
        NewMessage {
            kind: MessageKind::Customer,
            actor: Actor::Customer(self.profile),
            body: self.body.trim_end().to_owned(),
            sent_at: self.sent_at,
            channel_key: Some(self.key.clone()),
            class: self.kind.as_str(),
            attachments: self.attachments.clone(),
            about: self.about,
            delivery: None,
            mentions: Vec::new(),
        }
    }
}

/// What became of a customer's message.
#[derive(Debug)]
pub enum Written {
    Changed(Box<Change>),
    /// The conversation is over for good: a new one begins, following this one.
    Anew,
}

impl Conversation {
    /// The first message of a conversation that begins: facts of its creation, then the message. `stage` is New, or
    /// Suspended where the message was not valid.
    pub fn created(self, first: NewMessage, stage: Stage, at: DateTime<Utc>) -> Change {
        let row = if stage == Stage::Suspended { 2 } else { 1 };
        let mut change = self.change(first.actor, at);
        change.born(stage, row);
        change.say(first);
        change
    }

    /// A conversation an agent begins: its facts, with the interaction theirs and accepted. Their message follows.
    pub fn opened_by(self, by: &super::Agent, queue: crate::domain::QueueId, at: DateTime<Utc>) -> Change {
        let mut change = self.changed_by(by, at);
        change.born(Stage::New, 3);
        let Change { conversation, log, .. } = &mut change;
        conversation.interaction.routed_by = "started by an agent".to_owned();
        conversation.interaction.place(Some(by.into()), Some(queue), true, "started by an agent", log);
        change.done()
    }

    /// The customer writes. Content moves the stage by the table; anything else is stored and changes nothing.
    pub fn customer_writes(self, inbound: &Inbound, at: DateTime<Utc>) -> Written {
        let content = inbound.kind == InboundKind::Content;
        let step = self.stage.on(Trigger::CustomerWrites);
        if content && matches!(step, Step::BeginAnew(_)) {
            return Written::Anew;
        }
        let reopens = self.stage == Stage::Resolved && content;
        let mut change = self.change(Actor::Customer(inbound.profile), at);
        if reopens {
            let last = change.reopen_interaction();
            change.prefer(last);
        }
        change.say(inbound.message());
        if content {
            change.follow(step);
            change.give_back_if_offline();
        }
        Written::Changed(Box::new(change.done()))
    }

    /// The customer ends the chat; `first` are the words it began with.
    pub fn customer_leaves(self, farewell: NewMessage, first: &str, at: DateTime<Utc>) -> Result<Change, Refused> {
        let step = self.stage.on(Trigger::CustomerEndsChat);
        if self.interaction.kind != ContactType::Chat || step == Step::Refused {
            return Err(Refused::IllegalTransition { from: self.stage, action: Action::Resolve });
        }
        let answered = self.interaction.first_response_at.is_some();
        let mut change = self.change(farewell.actor, at);
        change.say(farewell);
        if let Step::To(..) = step {
            let (code, resolution) =
                if answered { (CloseCode::Complete, "Ended by customer") } else { (CloseCode::Abandoned, "Abandoned") };
            change.close_by_system(code, resolution, first);
            change.follow(step);
        }
        Ok(change.done())
    }
}

impl Conversation {
    /// A visitor whom nobody answered stays away (row 45); `first` are the words it began with. None where nothing is to
    /// be done.
    pub fn stays_away(self, first: &str, at: DateTime<Utc>) -> Option<Change> {
        let step = self.stage.on(Trigger::VisitorDisconnects);
        let waits = self.interaction.kind == ContactType::Chat && self.interaction.first_response_at.is_none();
        let Step::To(..) = step else { return None };
        if !waits {
            return None;
        }
        let mut change = self.change(Actor::System, at);
        change.close_by_system(CloseCode::Abandoned, "Abandoned", first);
        change.follow(step);
        Some(change.done())
    }
}

impl Change {
    /// What the check of the first message found goes with the fact of the first stage.
    #[must_use]
    pub fn checked(mut self, check: &Check) -> Self {
        if let Some(fact) = self.log.facts.iter_mut().find(|fact| fact.kind == super::FactKind::StageChanged) {
            let said = std::mem::replace(fact, super::Fact::new(fact.kind, fact.actor, fact.at));
            let said = said.with("verdict", check.verdict.as_str()).with("score", check.score);
            *fact = said.with("reasons", check.reasons.join(", "));
        }
        self
    }

    /// The facts of a conversation that begins: its first stage fact comes from nowhere.
    fn born(&mut self, stage: Stage, row: i64) {
        self.conversation.stage = stage;
        let began = self.log.fact(super::FactKind::ConversationCreated);
        self.log.push(began.with("started_by", self.conversation.started_by.as_str()));
        self.log.push(self.log.fact(super::FactKind::InteractionOpened));
        let fact = self.log.fact(super::FactKind::StageChanged).change(None, Some(stage.as_str()));
        self.log.push(fact.with("row", row));
    }

    /// Closes the interaction without an agent: code, resolution, and a short description if there is none.
    pub(super) fn close_by_system(&mut self, code: CloseCode, resolution: &str, first: &str) {
        self.conversation.interaction.describe_automatically(first);
        self.conversation.interaction.ended(code, &self.log);
        self.tag(Tag { name: RESOLUTION.to_owned(), value: Some(resolution.to_owned()) });
    }

    /// A reopened conversation goes to who helped last, if they are available; else it waits in its queue.
    fn prefer(&mut self, last: Option<Assignee>) {
        let Change { conversation, log, .. } = self;
        if let Some(assignee) = last.filter(|assignee| assignee.available) {
            let queue = conversation.interaction.queue;
            conversation.interaction.place(Some(assignee), queue, false, "helped before", log);
        }
    }

    /// A conversation whose assignee went Offline returns to its queue when the customer writes.
    fn give_back_if_offline(&mut self) {
        let Change { conversation, log, .. } = self;
        let interaction = &mut conversation.interaction;
        if conversation.stage == Stage::NeedsResponse && interaction.assignee.is_some_and(|a| !a.present) {
            interaction.preferred = interaction.assignee.map(|a| a.id);
            interaction.place(None, interaction.queue, false, "assignee offline", log);
        }
    }
}
