//! What is known of one conversation or interaction, for a page or a program: read in one look, as far as the viewer
//! may see.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Desk, Done, Error, seen_interaction, visible_conversation};
use crate::domain::attachment::Attachment;
use crate::domain::clocks::{Stay, initial_response, stays, time_in_stage};
use crate::domain::conversation::{Conversation, StartedBy};
use crate::domain::interaction::Interaction;
use crate::domain::message::Message;
use crate::domain::people::OpenedFor;
use crate::domain::row::Row;
use crate::domain::view::Eyes;
use crate::domain::{Agent, ConversationId, Fact, FactKind, InteractionId, MessageId, ProfileId, Stage};
use crate::store::people::{Contact, Organization, Profile};
use crate::store::{Conn, attachments, conversations, drafts, facts, inbox, interactions, messages, people};

/// Messages of a thread that are shown at once.
const THREAD: i64 = 100;
/// Lines between those messages, and of a record's timeline, that are shown at most.
const LINES: i64 = 1_000;
/// Channel profiles of a contact that its page shows.
const PROFILES: i64 = 200;
/// Facts that are looked at for what happened last.
const LATELY: i64 = 50;
/// Interactions of a person that are shown.
const HISTORY: i64 = 50;

/// A conversation with everything its page shows.
#[derive(Debug, Clone)]
pub struct Opened {
    pub conversation: Conversation,
    pub row: Row,
    /// The newest page of the thread, in the order it is shown.
    pub messages: Vec<Message>,
    /// There are earlier messages than these.
    pub has_earlier: bool,
    /// What happened between these messages, oldest first.
    pub facts: Vec<Fact>,
    /// All its changes of stage, oldest first.
    pub stages: Vec<Fact>,
    /// The interactions that began between these messages.
    pub interactions: Vec<Interaction>,
    pub who: Who,
    /// (reply, note) the viewer has begun.
    pub drafts: (String, String),
    /// Files that wait in the draft.
    pub files: Vec<Attachment>,
}

/// Whom a record is about.
#[derive(Debug, Clone, Default)]
pub struct Who {
    pub profile: Option<Profile>,
    pub contact: Option<Contact>,
    pub organization: Option<Organization>,
    /// Contacts that an ambiguous profile could be.
    pub candidates: Vec<Contact>,
    /// Their other interactions, newest first; no one else's.
    pub history: Vec<Interaction>,
    /// Their open conversations.
    pub open: Vec<Row>,
    /// The latest that are over, on the page of a contact.
    pub closed: Vec<Row>,
}

/// The clocks of a conversation at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// Time to initial response by both methods; None if never answered or started by an agent.
    pub initial_response: Option<(TimeDelta, TimeDelta)>,
    pub time_in_stage: std::collections::BTreeMap<Stage, TimeDelta>,
    pub stays: Vec<Stay>,
    pub reopen_count: i64,
}

/// An interaction with everything its page shows.
#[derive(Debug, Clone)]
pub struct OpenedRecord {
    pub interaction: Interaction,
    pub conversation: Option<Opened>,
    pub who: Who,
    /// Its last facts, oldest first.
    pub facts: Vec<Fact>,
    /// Work notes, where there is no conversation.
    pub notes: Vec<Message>,
}

impl Metrics {
    /// From the facts of a conversation alone.
    pub fn of(started_by: StartedBy, reopen_count: i64, facts: &[Fact], at: DateTime<Utc>) -> Self {
        let stays = stays(facts);
        let ours = started_by == StartedBy::Agent;
        Metrics {
            initial_response: initial_response(&stays).filter(|_| !ours),
            time_in_stage: time_in_stage(&stays, at),
            stays,
            reopen_count,
        }
    }
}

impl Desk {
    /// A conversation as its page shows it; `before` asks for what stands before a message.
    pub fn open(&self, by: &Agent, id: ConversationId, before: Option<MessageId>) -> Done<Opened> {
        let eyes = self.eyes(by)?;
        self.db.read(|conn| {
            let conversation = conversations::find(conn, id)?;
            visible_conversation(conn, by, &conversation)?;
            opened(conn, by, &eyes, conversation, before)
        })
    }

    /// A conversation alone.
    pub fn conversation(&self, by: &Agent, id: ConversationId) -> Done<Conversation> {
        self.db.read(|conn| {
            let conversation = conversations::find(conn, id)?;
            visible_conversation(conn, by, &conversation)?;
            Ok(conversation)
        })
    }

    /// A conversation and its row, as lists show it.
    pub fn conversation_and_row(&self, by: &Agent, id: ConversationId) -> Done<(Conversation, Row)> {
        self.db.read(|conn| {
            let conversation = conversations::find(conn, id)?;
            visible_conversation(conn, by, &conversation)?;
            Ok((conversation, inbox::row(conn, id)?))
        })
    }

    /// The clocks of a conversation.
    pub fn metrics(&self, by: &Agent, id: ConversationId, at: DateTime<Utc>) -> Done<Metrics> {
        let conversation = self.conversation(by, id)?;
        let stages = self.db.read(|conn| Ok::<_, Error>(facts::of_stages(conn, id)?))?;
        Ok(Metrics::of(conversation.started_by, conversation.reopen_count, &stages, at))
    }

    /// A page of the facts of a conversation, oldest first: those after a place in the log.
    pub fn timeline(&self, by: &Agent, id: ConversationId, after: i64, limit: i64) -> Done<Vec<Fact>> {
        self.conversation(by, id)?;
        self.db.read(|conn| Ok(facts::of_conversation(conn, id, after, limit)?))
    }

    /// What happened last in a conversation, oldest first.
    pub fn lately(&self, by: &Agent, id: ConversationId) -> Done<Vec<Fact>> {
        self.conversation(by, id)?;
        self.db.read(|conn| Ok(facts::between(conn, id, None, None, LATELY)?))
    }

    /// A page of messages, oldest first.
    pub fn messages(&self, by: &Agent, id: ConversationId, after: MessageId, limit: i64) -> Done<Vec<Message>> {
        self.conversation(by, id)?;
        self.db.read(|conn| Ok(messages::after(conn, id, after, limit)?))
    }

    /// An interaction as its page shows it.
    pub fn open_record(&self, by: &Agent, id: InteractionId) -> Done<OpenedRecord> {
        let eyes = self.eyes(by)?;
        self.db.read(|conn| {
            let interaction = seen_interaction(conn, by, id)?;
            let conversation = match interaction.conversation {
                Some(conversation) => {
                    let conversation = conversations::find(conn, conversation)?;
                    Some(opened(conn, by, &eyes, conversation, None)?)
                }
                None => None,
            };
            let who = who(conn, &eyes, &interaction, None)?;
            let facts = facts::of_interaction(conn, id, LINES)?;
            let notes = match conversation {
                Some(_) => Vec::new(),
                None => messages::notes_of(conn, id)?,
            };
            Ok(OpenedRecord { interaction, conversation, who, facts, notes })
        })
    }

    /// A contact with their profiles, open conversations and interactions.
    pub fn open_contact(&self, by: &Agent, id: crate::domain::ContactId) -> Done<(Contact, Vec<Profile>, Who)> {
        let eyes = self.eyes(by)?;
        self.db.read(|conn| {
            let id = people::survivor(conn, id)?;
            let contact = people::contact(conn, id)?;
            let profiles = people::profiles_page(conn, Some(Some(id)), &eyes, ProfileId(0), PROFILES)?;
            let mut who = who_is(conn, &eyes, None, Some(contact.clone()), contact.organization)?;
            let stages = vec![Stage::Resolved, Stage::Archived];
            let over = inbox::Filter { contact: Some(id), stages, ..inbox::Filter::default() };
            who.closed = inbox::page(conn, &over, &eyes, None, 20)?;
            Ok((contact, profiles, who))
        })
    }
}

fn opened(
    conn: &mut Conn,
    by: &Agent,
    eyes: &Eyes,
    conversation: Conversation,
    before: Option<MessageId>,
) -> Done<Opened> {
    let id = conversation.id;
    let row = inbox::row(conn, id)?;
    let mut messages = messages::latest(conn, id, before, THREAD + 1)?;
    let has_earlier = messages.len() > usize::try_from(THREAD).unwrap_or(usize::MAX);
    if has_earlier {
        messages.remove(0);
    }
    let from = messages.iter().map(|message| message.at).min().filter(|_| has_earlier);
    let until = before.map(|before| messages::after(conn, id, MessageId(before.0.saturating_sub(1)), 1)).transpose()?;
    let until = until.unwrap_or_default().first().map(|next| next.at);
    messages.sort_by_key(|message| (message.shown_at(), message.id));
    let facts = facts::between(conn, id, from, until, LINES)?;
    let stages = facts::of_stages(conn, id)?;
    let began = facts.iter().filter(|fact| fact.kind == FactKind::InteractionOpened);
    let began = began.filter_map(|fact| fact.interaction).map(|id| id.0).collect();
    let interactions = interactions::many(conn, began)?;
    let who = who(conn, eyes, &conversation.interaction, conversation.organization)?;
    let drafts = drafts::find(conn, by.id, id)?;
    let files = attachments::of_draft(conn, by.id, id)?;
    Ok(Opened { conversation, row, messages, has_earlier, facts, stages, interactions, who, drafts, files })
}

fn who(
    conn: &mut Conn,
    eyes: &Eyes,
    interaction: &Interaction,
    organization: Option<crate::domain::OrganizationId>,
) -> Done<Who> {
    let profile = interaction.profile.map(|id| people::profile_by_id(conn, id)).transpose()?;
    let contact = match (&interaction.opened_for, &profile) {
        (OpenedFor::Contact(id), _) => Some(people::contact(conn, *id)?),
        (OpenedFor::Guest(_), _) | (OpenedFor::Nobody, None) => None,
        (OpenedFor::Nobody, Some(profile)) => profile.contact.map(|id| people::contact(conn, id)).transpose()?,
    };
    let organization = organization.or(contact.as_ref().and_then(|contact| contact.organization));
    who_is(conn, eyes, profile, contact, organization)
}

fn who_is(
    conn: &mut Conn,
    eyes: &Eyes,
    profile: Option<Profile>,
    contact: Option<Contact>,
    organization: Option<crate::domain::OrganizationId>,
) -> Done<Who> {
    let candidates = match &profile {
        Some(profile) if profile.ambiguous => super::people::candidates(conn, &profile.identifier)?,
        _ => Vec::new(),
    };
    let wanted = interactions::Wanted { opened_for: contact.as_ref().map(|c| c.id), ..Default::default() };
    let history = match (&contact, &profile) {
        (Some(_), _) => interactions::page(conn, &wanted, eyes, None, HISTORY)?,
        (None, Some(profile)) => {
            let wanted = interactions::Wanted { profile: Some(profile.id), ..Default::default() };
            interactions::page(conn, &wanted, eyes, None, HISTORY)?
        }
        (None, None) => Vec::new(),
    };
    let theirs = match (&contact, &profile) {
        (Some(contact), _) => Some(inbox::Filter { contact: Some(contact.id), ..inbox::Filter::default() }),
        (None, Some(profile)) => Some(inbox::Filter { profile: Some(profile.id), ..inbox::Filter::default() }),
        (None, None) => None,
    };
    let open = theirs.map(|filter| inbox::page(conn, &filter, eyes, None, 20)).transpose()?.unwrap_or_default();
    let organization = organization.map(|id| people::organization(conn, id)).transpose()?;
    Ok(Who { profile, contact, organization, candidates, history, open, closed: Vec::new() })
}
