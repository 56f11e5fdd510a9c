//! What agents do with a conversation.

use chrono::TimeDelta;

use super::attachments::waiting;
use super::error::both;
use super::mentions::named;
use super::{Desk, Done, Error, not_before, unless_stale, visible_conversation};
use crate::domain::canned::no_open_blank;
use crate::domain::change::Seen;
use crate::domain::conversation::{Conversation, Ending, Reply};
use crate::domain::row::Row;
use crate::domain::{
    Action, Agent, AttachmentId, Change, ConversationId, FactKind, MessageId, OrganizationId, Refused, Stage,
};
use crate::store::conversations::Saved;
use crate::store::inbox::Filter;
use crate::store::{Conn, Tx, conversations, drafts, messages, people, queues};

/// A reply as a page or a program sends it.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub reply: Reply,
    /// Refuse if a colleague answered after what the writer has seen (pages do, until the agent insists).
    pub guarded: bool,
    /// Made by the form: the same one twice is sent once.
    pub submit_key: Option<String>,
    /// How long it can be taken back, on a channel that sends outward.
    pub undo_for: TimeDelta,
    /// History: what was sent was sent, blanks and all.
    pub as_it_is: bool,
}

impl Desk {
    /// A public reply.
    pub fn reply(&self, by: &Agent, id: ConversationId, answer: Answer) -> Done<Saved> {
        let (agent, clock, key) = (by.clone(), self.clock.clone(), answer.submit_key.clone());
        let undo_for = answer.undo_for;
        let saved = self.write_once(by, id, "reply", key.as_deref(), undo_for, move |tx, conversation| {
            if answer.guarded {
                nothing_newer(tx.conn, &agent, &conversation, answer.reply.seen)?;
            }
            waiting(tx.conn, &agent, id, &answer.reply.attachments)?;
            let at = not_before(&conversation, clock.now());
            let change = conversation.reply(&agent, &answer.reply, at)?;
            if !answer.as_it_is {
                no_open_blank(&answer.reply.body)?;
            }
            Ok(change)
        })?;
        self.ring_for(saved.conversation.channel);
        Ok(saved)
    }

    /// An internal note. The same `submit_key` twice is kept once.
    pub fn note(&self, by: &Agent, id: ConversationId, body: &str, submit_key: Option<&str>) -> Done<Saved> {
        self.note_with_files(by, id, body, Vec::new(), submit_key)
    }

    /// The same with files of the writer's that wait to be sent.
    pub fn note_with_files(
        &self,
        by: &Agent,
        id: ConversationId,
        body: &str,
        files: Vec<AttachmentId>,
        submit_key: Option<&str>,
    ) -> Done<Saved> {
        let (agent, clock, body) = (by.clone(), self.clock.clone(), body.to_owned());
        let colleagues = if body.contains('@') { self.directory()?.named_agents() } else { Vec::new() };
        self.write_once(by, id, "note", submit_key, TimeDelta::zero(), move |tx, conversation| {
            waiting(tx.conn, &agent, id, &files)?;
            let at = not_before(&conversation, clock.now());
            let named = named(tx.conn, &conversation, &body, &colleagues)?;
            let mut change = conversation.note(&agent, &body, &files, at)?;
            if let Some(note) = change.messages.last_mut() {
                note.mentions = named;
            }
            Ok(change)
        })
    }

    /// What a form sends is written once, and its draft is forgotten with it.
    fn write_once(
        &self,
        by: &Agent,
        id: ConversationId,
        draft: &'static str,
        submit_key: Option<&str>,
        undo_for: TimeDelta,
        write: impl Fn(&mut Tx, Conversation) -> Done<Change> + Send + 'static,
    ) -> Done<Saved> {
        let (by, limits, key) = (by.clone(), self.limits, submit_key.map(|key| message_key(by, id, key)));
        let mailroom = self.mailroom();
        self.db.write(move |tx| {
            let conversation = conversations::hold(tx, id)?;
            visible_conversation(tx.conn, &by, &conversation)?;
            if let Some(sent) = sent_before(tx.conn, &conversation, key.as_deref())? {
                return Ok::<_, Error>(Saved { conversation, messages: vec![sent] });
            }
            let mut change = write(tx, conversation)?;
            if let Some(message) = change.messages.last_mut() {
                message.channel_key = key.clone();
            }
            let envelope = mailroom.address(tx, &mut change, undo_for)?;
            drafts::forget(tx.conn, by.id, id, draft)?;
            let saved = conversations::save(tx, change, &limits)?;
            mailroom.post(tx, envelope, &saved)?;
            Ok(saved)
        })
    }

    /// Keeps what an agent has begun to write, unless the form it stands in was sent meanwhile.
    pub fn keep_draft(
        &self,
        by: &Agent,
        id: ConversationId,
        kind: &'static str,
        body: String,
        submit_key: Option<&str>,
    ) -> Done<()> {
        let conversation = self.conversation(by, id)?;
        let (agent, clock, key) = (by.id, self.clock.clone(), submit_key.map(|key| message_key(by, id, key)));
        self.db.write(move |tx| {
            if sent_before(tx.conn, &conversation, key.as_deref())?.is_some() {
                return Ok(());
            }
            Ok(drafts::keep(tx.conn, agent, id, kind, &body, clock.now())?)
        })
    }

    /// A response given elsewhere, logged here.
    pub fn log_external_response(&self, by: &Agent, id: ConversationId, body: &str) -> Done<Saved> {
        let (agent, body) = (by.clone(), body.to_owned());
        self.on_conversation(by, id, None, move |_, c, at| Ok(c.external_response(&agent, &body, at)?))
    }

    /// Resolves it with one of the resolutions of the set-up; its organization is known from now on.
    pub fn resolve(&self, by: &Agent, id: ConversationId, ending: Ending, version: Option<i64>) -> Done<Saved> {
        let agent = by.clone();
        let resolved = self.on_conversation(by, id, version, move |tx, conversation, at| {
            if !conversation.stage.allows(Action::Resolve) {
                return Err(Refused::IllegalTransition { from: conversation.stage, action: Action::Resolve }.into());
            }
            // The short description is looked at also where the resolution is missing.
            let named = resolution(tx.conn, &ending.resolution);
            let resolution = named.as_deref().unwrap_or_default().to_owned();
            let change = conversation.resolve(&agent, &Ending { resolution, ..ending.clone() }, at);
            let (change, _) = both(change.map_err(Error::from), named)?;
            Ok(change)
        })?;
        let before = &resolved.conversation;
        if let Some(organization) = before.organization.filter(|_| !before.existing) {
            self.rank_anew(organization)?;
        }
        Ok(resolved)
    }

    /// Reopens it, for the agent who does.
    pub fn reopen(&self, by: &Agent, id: ConversationId, note: &str, version: Option<i64>) -> Done<Saved> {
        let (agent, note) = (by.clone(), note.to_owned());
        self.on_conversation(by, id, version, move |_, c, at| Ok(c.reopen(&agent, &note, at)?))
    }

    /// The customer answered elsewhere.
    pub fn mark_needs_response(&self, by: &Agent, id: ConversationId, note: &str, version: Option<i64>) -> Done<Saved> {
        let (agent, note) = (by.clone(), note.to_owned());
        self.on_conversation(by, id, version, move |_, c, at| Ok(c.mark_needs_response(&agent, &note, at)?))
    }

    /// Over for good.
    pub fn archive(&self, by: &Agent, id: ConversationId, version: Option<i64>) -> Done<Saved> {
        let agent = by.clone();
        self.on_conversation(by, id, version, move |_, c, at| Ok(c.archive(&agent, at)?))
    }

    /// Sets a tag.
    pub fn put_tag(
        &self,
        by: &Agent,
        id: ConversationId,
        name: &str,
        value: Option<&str>,
        version: Option<i64>,
    ) -> Done<Saved> {
        let (agent, name, value) = (by.clone(), name.to_owned(), value.map(str::to_owned));
        self.on_conversation(by, id, version, move |_, c, at| Ok(c.put_tag(&agent, &name, value.as_deref(), at)?))
    }

    /// Removes a tag.
    pub fn remove_tag(&self, by: &Agent, id: ConversationId, name: &str, version: Option<i64>) -> Done<Saved> {
        let (agent, name) = (by.clone(), name.to_owned());
        self.on_conversation(by, id, version, move |_, c, at| Ok(c.remove_tag(&agent, &name, at)?))
    }

    /// Gives it another title.
    pub fn rename(&self, by: &Agent, id: ConversationId, title: &str, version: Option<i64>) -> Done<Saved> {
        let (agent, title) = (by.clone(), title.to_owned());
        self.on_conversation(by, id, version, move |_, c, at| Ok(c.rename(&agent, &title, at)?))
    }

    /// Gives it a title and exactly these tags besides the system's.
    pub fn file(
        &self,
        by: &Agent,
        id: ConversationId,
        title: &str,
        tags: Vec<(String, Option<String>)>,
        version: Option<i64>,
    ) -> Done<Saved> {
        let (agent, title) = (by.clone(), title.to_owned());
        self.on_conversation(by, id, version, move |_, c, at| Ok(c.file(&agent, &title, &tags, at)?))
    }

    /// The open conversations of the same person that this one can be merged into.
    pub fn merge_targets(&self, by: &Agent, id: ConversationId) -> Done<Vec<Row>> {
        let conversation = self.conversation(by, id)?;
        let filter = match (conversation.contact, conversation.profile) {
            (Some(contact), _) => Filter { contact: Some(contact), ..Filter::default() },
            (None, Some(profile)) => Filter { profile: Some(profile), ..Filter::default() },
            (None, None) => return Ok(Vec::new()),
        };
        let mut rows = self.page(by, filter, None, 50)?.rows;
        rows.retain(|row| row.id != id);
        Ok(rows)
    }

    /// Says whose organization it is, or that it is unidentified.
    pub fn set_organization(
        &self,
        by: &Agent,
        id: ConversationId,
        organization: Option<OrganizationId>,
        version: Option<i64>,
    ) -> Done<Saved> {
        let agent = by.clone();
        self.on_conversation(by, id, version, move |tx, conversation, at| {
            let existing = match organization.map(|id| people::organization(tx.conn, id)) {
                Some(Err(crate::store::Error::NotFound)) => {
                    return Err(Refused::invalid("organization", "No such organization.").into());
                }
                Some(organization) => organization?.existing,
                None => false,
            };
            Ok(conversation.belong_to(&agent, organization, existing, at)?)
        })
    }

    /// Takes the most urgent conversation nobody has: rank, then oldest unanswered. None if there is none.
    pub fn take_next(&self, by: &Agent) -> Done<Option<ConversationId>> {
        let filter =
            Filter { stages: vec![Stage::New, Stage::NeedsResponse], assignee: Some(None), ..Filter::default() };
        for row in self.page(by, filter, None, 20)?.rows {
            match self.take(by, row.interaction) {
                Ok(_) => return Ok(Some(row.id)),
                // A colleague was faster: the next one.
                Err(Error::Refused(Refused::AlreadyAssigned(_) | Refused::Closed)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Merges it into another of the same person; gives that one.
    pub fn merge(&self, by: &Agent, id: ConversationId, into: ConversationId, version: Option<i64>) -> Done<Saved> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let (source, target) = pair(tx, id, into)?;
            visible_conversation(tx.conn, &by, &source)?;
            let known = source.version;
            let at = not_before(&source, not_before(target.as_ref().unwrap_or(&source), clock.now()));
            let first = messages::first_words(tx.conn, source.interaction.id)?;
            let merged = match target {
                Some(target) if visible_conversation(tx.conn, &by, &target).is_ok() => {
                    source.merge(target, &by, &first, at).map_err(Error::from)
                }
                Some(_) | None if !source.stage.allows(Action::Merge) => {
                    Err(Refused::IllegalTransition { from: source.stage, action: Action::Merge }.into())
                }
                Some(_) | None => Err(Refused::invalid("into", "No such conversation.").into()),
            };
            let (gone, kept) = unless_stale(merged, version, known)?;
            conversations::save(tx, gone, &limits)?;
            conversations::follow_merge(tx.conn, id, into)?;
            Ok(conversations::save(tx, kept, &limits)?)
        })
    }
}

/// Two conversations held in the order of their numbers, so that two merges cannot wait for each other.
fn pair(tx: &mut Tx, id: ConversationId, into: ConversationId) -> Done<(Conversation, Option<Conversation>)> {
    let target = |tx: &mut Tx| match conversations::hold(tx, into) {
        Ok(target) => Ok(Some(target)),
        Err(crate::store::Error::NotFound) => Ok(None),
        Err(error) => Err(Error::from(error)),
    };
    if id < into {
        let source = conversations::hold(tx, id)?;
        Ok((source, target(tx)?))
    } else {
        let target = target(tx)?;
        Ok((conversations::hold(tx, id)?, target))
    }
}

/// Under what a message of a form is stored, so that the form is sent once.
pub(super) fn message_key(by: &Agent, id: ConversationId, submit_key: &str) -> String {
    format!("submit:{}:{}:{submit_key}", by.id, id.0)
}

/// The message a form's key already sent.
pub(super) fn sent_before(conn: &mut Conn, conversation: &Conversation, key: Option<&str>) -> Done<Option<MessageId>> {
    let Some(key) = key else { return Ok(None) };
    Ok(messages::by_key(conn, conversation.channel, key)?.map(|(id, _)| id))
}

/// Refuses if somebody else answered in public after what the writer has seen.
pub(super) fn nothing_newer(conn: &mut Conn, by: &Agent, conversation: &Conversation, seen: Seen) -> Done<()> {
    let Some(seen) = seen.0 else { return Ok(()) };
    match messages::reply_of_others(conn, conversation.id, by.id, seen)? {
        Some(reply) => Err(Error::Newer { author: reply.author }),
        None => Ok(()),
    }
}

/// The resolution of that name, in the spelling of the set-up.
fn resolution(conn: &mut Conn, name: &str) -> Done<String> {
    let all = queues::resolutions(conn)?;
    let found = all.into_iter().find(|known| known.eq_ignore_ascii_case(name.trim()));
    found.ok_or_else(|| Refused::invalid("resolution", "Choose a resolution.").into())
}

/// Whether a change of a conversation is news for whoever has it: stage, assignment or a customer's message.
pub fn is_news(kind: FactKind) -> bool {
    matches!(kind, FactKind::StageChanged | FactKind::AssignmentChanged | FactKind::MessageAdded)
}
