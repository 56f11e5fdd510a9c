//! A conversation: a thread with a stage, and its current interaction. Every verb takes the conversation and gives a
//! [`Change`], or says why not. Pure: no clock, no SQL, no HTTP, no HTML.

mod assignment;
mod corrections;
mod ending;
mod hold;
mod inbound;
mod marks;
mod merge;
mod replies;
mod sender;

use chrono::{DateTime, TimeDelta, Utc};

pub use corrections::{REMOVED, made_of};
pub use ending::Ending;
pub use inbound::{Inbound, InboundKind, Written};
pub use replies::Reply;
pub use sender::Whose;

use super::change::{Change, Log, MessageKind, NewMessage, TagChange};
use super::dependency::Dependency;
use super::due::Silence;
use super::fact::{Fact, FactKind};
use super::ids::{ChannelId, ContactId, ConversationId, MessageId, OrganizationId, ProfileId};
use super::interaction::Interaction;
use super::people::{Actor, Agent, Assignee, OpenedFor};
use super::priority;
use super::refused::Refused;
use super::stage::{Action, Stage, Step, Trigger, Who};
use super::state::project;
use super::tag::{BLOCKED, RESOLUTION, Tag};
use super::words::words;

words!(
    /// Who began a conversation.
    StartedBy { Customer = "customer" / "Customer", Agent = "agent" / "Agent", System = "system" / "System" }
);

/// A conversation with its current interaction (or the latest), tags and dependencies. Its id is zero until stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    pub id: ConversationId,
    pub version: i64,
    pub title: String,
    pub stage: Stage,
    pub stage_since: DateTime<Utc>,
    pub channel: ChannelId,
    pub profile: Option<ProfileId>,
    pub contact: Option<ContactId>,
    pub organization: Option<OrganizationId>,
    /// The organization is known: marked so by staff, or helped before.
    pub existing: bool,
    pub started_by: StartedBy,
    pub created_at: DateTime<Utc>,
    /// 0 escalated, 1 existing organization, 2 new or unidentified.
    pub rank: i16,
    pub reopen_count: i64,
    pub follow_up_of: Option<ConversationId>,
    pub merged_into: Option<ConversationId>,
    /// Receipt of the oldest customer message nobody answered.
    pub unanswered_since: Option<DateTime<Utc>>,
    pub last_message: Option<MessageId>,
    pub last_message_at: DateTime<Utc>,
    /// The newest customer content.
    pub last_customer_message: Option<MessageId>,
    pub last_customer_at: Option<DateTime<Utc>>,
    /// The newest public message of ours; drives the silence limit.
    pub last_agent_at: Option<DateTime<Utc>>,
    /// The reminder of the silence limit was sent.
    pub reminded_at: Option<DateTime<Utc>>,
    /// The start of the last message, for lists.
    pub preview: String,
    /// How long its channel lets the customer be silent.
    pub silence: Silence,
    pub interaction: Interaction,
    pub tags: Vec<Tag>,
    pub dependencies: Vec<Dependency>,
}

/// Longest preview in lists, in characters.
const PREVIEW: usize = 120;
/// Default title: the beginning of the first message, in characters.
const TITLE: usize = 60;

/// What lists show of a message.
pub fn preview(body: &str, files: usize) -> String {
    match (excerpt(body, PREVIEW), files) {
        (words, 0) => words,
        (words, _) if !words.is_empty() => words,
        (_, 1) => "Sent a file".to_owned(),
        (_, files) => format!("Sent {files} files"),
    }
}

/// The first characters of a text, on one line.
pub fn excerpt(text: &str, limit: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > limit * 4 {
            break;
        }
    }
    line.chars().take(limit).collect()
}

impl Conversation {
    /// A conversation that begins now, in stage New, with its first interaction.
    pub fn begin(channel: ChannelId, started_by: StartedBy, first: &str, interaction: Interaction) -> Self {
        let at = interaction.opened_at;
        Conversation {
            id: ConversationId(0),
            version: 0,
            title: excerpt(first, TITLE),
            stage: Stage::New,
            stage_since: at,
            channel,
            profile: interaction.profile,
            contact: None,
            organization: None,
            existing: false,
            started_by,
            created_at: at,
            rank: 2,
            reopen_count: 0,
            follow_up_of: None,
            merged_into: None,
            unanswered_since: Some(at),
            last_message: None,
            last_message_at: at,
            last_customer_message: None,
            last_customer_at: None,
            last_agent_at: None,
            reminded_at: None,
            preview: String::new(),
            silence: Silence::default(),
            interaction,
            tags: Vec::new(),
            dependencies: Vec::new(),
        }
    }

    /// The dependencies still waited for.
    pub fn open_dependencies(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|d| d.is_open())
    }

    /// A person answered in public at least once.
    pub const fn is_answered(&self) -> bool {
        self.last_agent_at.is_some()
    }

    /// The value of the Resolution tag.
    pub fn resolution(&self) -> Option<&str> {
        self.tags.iter().find(|t| t.is(RESOLUTION)).and_then(|t| t.value.as_deref())
    }

    /// What lists order by after the rank: the oldest unanswered message, else since when the stage is what it is.
    pub fn sort_at(&self) -> DateTime<Utc> {
        match self.stage {
            Stage::New | Stage::NeedsResponse | Stage::Suspended => self.unanswered_since.unwrap_or(self.stage_since),
            Stage::WaitingOnUser | Stage::Hold | Stage::Resolved | Stage::Archived => self.stage_since,
        }
    }

    /// What the stage says to an action, before any question of who: 409 or the step.
    fn step(&self, trigger: Trigger, action: Action, by: &Agent) -> Result<Step, Refused> {
        match self.stage.on(trigger) {
            Step::Refused => Err(Refused::IllegalTransition { from: self.stage, action }),
            Step::To(_, Who::Lead, _) if !by.role.leads() => {
                Err(Refused::Forbidden("A manager can do this after the first answer."))
            }
            step => Ok(step),
        }
    }

    /// Whether its organization is known has changed, or somebody new has waited for long: another rank is told.
    pub fn reranked(self, guard: TimeDelta, at: DateTime<Utc>) -> Change {
        let before = self.rank;
        let mut change = self.change(Actor::System, at);
        let now = priority::rank(&change.conversation, guard, at);
        if now != before {
            let fact = change.log.fact(FactKind::ConversationChanged).with("field", "rank");
            change.log.push(fact.change(Some(&before.to_string()), Some(&now.to_string())));
        }
        change.done()
    }

    fn change(self, actor: Actor, at: DateTime<Utc>) -> Change {
        Change {
            conversation: self,
            log: Log::new(actor, at),
            messages: Vec::new(),
            tags: Vec::new(),
            closed_dependencies: Vec::new(),
        }
    }

    fn changed_by(self, by: &Agent, at: DateTime<Utc>) -> Change {
        self.change(Actor::Agent(by.id), at)
    }
}

impl Change {
    /// Follows a step of the table.
    fn follow(&mut self, step: Step) {
        if let Step::To(next, _, row) = step {
            self.go(next, row);
        }
    }

    /// Moves the stage: one fact, and the tags that are bound to it.
    fn go(&mut self, next: Stage, row: u8) {
        let from = self.conversation.stage;
        if from == next {
            return;
        }
        let mut fact = self.log.fact(FactKind::StageChanged).change(Some(from.as_str()), Some(next.as_str()));
        let first = self.log.facts.iter().find(|fact| fact.kind == FactKind::FirstResponse);
        if let Some(wait) = first.and_then(|first| first.number("wait")).filter(|_| next == Stage::WaitingOnUser) {
            fact = fact.with("wait", wait);
        }
        self.log.push(fact.with("row", i64::from(row)));
        if next == Stage::Hold {
            self.tag(Tag::named(BLOCKED));
        } else {
            self.untag(BLOCKED);
        }
        if !next.is_closed() {
            self.untag(RESOLUTION);
        }
        self.conversation.stage = next;
        self.conversation.stage_since = self.log.at;
    }

    /// Writes state and state reason from the stage: the one projection.
    fn project(&mut self) {
        let Change { conversation, log, .. } = self;
        let interaction = &mut conversation.interaction;
        let closed = interaction.close_code.map(|code| code.kind());
        let (state, reason) = project(conversation.stage, interaction.kind, interaction.accepted_at.is_some(), closed);
        interaction.enter(state, reason, log);
    }

    /// Ends a verb: the projection last, so that each change writes it once.
    fn done(mut self) -> Change {
        self.project();
        self
    }

    /// Gives it the rank it has after this change.
    #[must_use]
    pub fn ranked(mut self, guard: TimeDelta) -> Change {
        self.conversation.rank = priority::rank(&self.conversation, guard, self.log.at);
        self
    }

    fn tag(&mut self, tag: Tag) {
        let tags = &mut self.conversation.tags;
        if tags.contains(&tag) {
            return;
        }
        tags.retain(|old| !old.is(&tag.name));
        tags.push(tag.clone());
        let fact = self.log.fact(FactKind::TagAdded).change(None, Some(&tag.name));
        self.log.push(fact.with("value", tag.value.clone()));
        self.tags.push(TagChange::Put(tag));
    }

    fn untag(&mut self, name: &str) {
        let Some(at) = self.conversation.tags.iter().position(|t| t.is(name)) else { return };
        let tag = self.conversation.tags.remove(at);
        let fact = self.log.fact(FactKind::TagRemoved).change(Some(&tag.name), None);
        self.log.push(fact.with("value", tag.value.clone()));
        self.tags.push(TagChange::Removed(tag.name));
    }

    /// Adds a message, and what lists show of it.
    fn say(&mut self, message: NewMessage) {
        let at = self.log.at;
        let conversation = &mut self.conversation;
        conversation.last_message_at = at;
        match message.kind {
            MessageKind::Customer => {
                conversation.preview = preview(&message.body, message.attachments.len());
                if message.class == "content" {
                    conversation.last_customer_at = Some(at);
                    conversation.unanswered_since = conversation.unanswered_since.or(Some(at));
                    conversation.reminded_at = None;
                }
            }
            MessageKind::Reply | MessageKind::ExternalResponse => {
                conversation.preview = preview(&message.body, message.attachments.len());
                conversation.last_agent_at = Some(at);
                conversation.unanswered_since = None;
                conversation.reminded_at = None;
            }
            MessageKind::Note | MessageKind::Event => {}
        }
        let fact = self.log.fact(FactKind::MessageAdded).change(None, Some(message.kind.as_str()));
        self.log.push(fact.with("class", message.class));
        self.messages.push(message);
    }

    /// Begins the next interaction on the same conversation, after the last one was closed; gives who had that one.
    fn reopen_interaction(&mut self) -> Option<Assignee> {
        let last = self.conversation.interaction.assignee;
        let mut next = self.conversation.interaction.next(self.log.at);
        // Who they are may have been said since.
        if let (OpenedFor::Nobody, Some(contact)) = (&next.opened_for, self.conversation.contact) {
            next.opened_for = OpenedFor::Contact(contact);
        }
        self.conversation.interaction = next;
        self.conversation.reopen_count += 1;
        self.log.push(self.log.fact(FactKind::InteractionOpened));
        last
    }
}

/// A text somebody must have written.
fn written<'a>(field: &'static str, text: &'a str, sentence: &str) -> Result<&'a str, Refused> {
    if text.trim().is_empty() { Err(Refused::invalid(field, sentence)) } else { Ok(text) }
}

/// Whether an agent may answer in public: own or unassigned; leads on any.
fn may_reply(interaction: &Interaction, by: &Agent) -> Result<(), Refused> {
    match interaction.assignee {
        Some(other) if other.id != by.id && !by.role.leads() => Err(Refused::NotAssignee(Some(other.id))),
        Some(_) | None => Ok(()),
    }
}
