//! Ends and beginnings: rows 5, 9, 11, 12, 20, 21, 24, 26, 33, 38, 40.

use chrono::{DateTime, Utc};

use super::super::change::{Change, MessageKind, NewMessage};
use super::super::people::{Actor, Agent};
use super::super::refused::Refused;
use super::super::stage::{Action, Stage, Step, Trigger};
use super::super::state::CloseCode;
use super::super::tag::{RESOLUTION, Tag};
use super::{Conversation, written};

/// How an agent resolves.
#[derive(Debug, Clone)]
pub struct Ending {
    /// One of the resolutions of the set-up.
    pub resolution: String,
    /// Written now; None keeps what the record says.
    pub short_description: Option<String>,
}

impl Conversation {
    /// Resolves it: the interaction closes complete, with a resolution and a short description.
    pub fn resolve(self, by: &Agent, ending: &Ending, at: DateTime<Utc>) -> Result<Change, Refused> {
        let step = self.step(Trigger::Resolve, Action::Resolve, by)?;
        let mut change = self.changed_by(by, at);
        let Change { conversation, log, .. } = &mut change;
        let interaction = &mut conversation.interaction;
        match &ending.short_description {
            Some(text) => interaction.describe(text, log)?,
            None if interaction.short_description.is_empty() => return Err(Refused::needs_short_description()),
            None => {}
        }
        interaction.ended(CloseCode::Complete, log);
        change.tag(Tag { name: RESOLUTION.to_owned(), value: Some(ending.resolution.clone()) });
        change.follow(step);
        change.conversation.unanswered_since = None;
        Ok(change.done())
    }

    /// The user went silent: resolved without a response. `first` is the first message of the interaction.
    pub fn fall_silent(self, first: &str, at: DateTime<Utc>) -> Option<Change> {
        let step = self.stage.on(Trigger::SilenceLimit);
        let Step::To(..) = step else { return None };
        let mut change = self.change(Actor::System, at);
        change.close_by_system(CloseCode::NoResponse, "No response", first);
        change.follow(step);
        Some(change.done())
    }

    /// Reopens it, with a new interaction assigned to who reopens.
    pub fn reopen(self, by: &Agent, note: &str, at: DateTime<Utc>) -> Result<Change, Refused> {
        let step = self.step(Trigger::Reopen, Action::Reopen, by)?;
        let note = written("note", note, "Write something first.")?;
        let mut change = self.changed_by(by, at);
        change.reopen_interaction();
        let Change { conversation, log, .. } = &mut change;
        let queue = conversation.interaction.queue;
        conversation.interaction.place(Some(by.into()), queue, true, "reopened", log);
        conversation.unanswered_since = Some(at);
        change.say(NewMessage::written(MessageKind::Note, by.id, note));
        change.follow(step);
        Ok(change.done())
    }

    /// Holds it out of routing. After a public answer only a lead may.
    pub fn suspend(self, by: &Agent, at: DateTime<Utc>) -> Result<Change, Refused> {
        let step = self.step(Trigger::Suspend, Action::Suspend, by)?;
        if self.is_answered() && !by.role.leads() {
            return Err(Refused::Forbidden("A manager can suspend a conversation that was answered."));
        }
        let mut change = self.changed_by(by, at);
        let Change { conversation, log, .. } = &mut change;
        let queue = conversation.interaction.queue;
        conversation.interaction.place(None, queue, false, "suspended", log);
        change.follow(step);
        Ok(change.done())
    }

    /// It is valid: New, to be routed by whoever calls this.
    pub fn release(self, by: &Agent, at: DateTime<Utc>) -> Result<Change, Refused> {
        let step = self.step(Trigger::Release, Action::Release, by)?;
        let mut change = self.changed_by(by, at);
        change.follow(step);
        Ok(change.done())
    }

    /// It is spam: archived, out of all metrics. `first` is the first message.
    pub fn confirm_spam(self, by: &Agent, first: &str, at: DateTime<Utc>) -> Result<Change, Refused> {
        let step = self.step(Trigger::ConfirmSpam, Action::ConfirmSpam, by)?;
        let mut change = self.changed_by(by, at);
        change.close_by_system(CloseCode::Spam, "Spam", first);
        change.follow(step);
        change.conversation.unanswered_since = None;
        Ok(change.done())
    }

    /// Over for good: read-only. Not while somebody has written since it was resolved; then it waits for its time.
    pub fn archive(self, by: &Agent, at: DateTime<Utc>) -> Result<Change, Refused> {
        let step = self.step(Trigger::Archive, Action::Archive, by)?;
        if self.last_agent_at.max(self.last_customer_at).is_some_and(|said| said > self.stage_since) {
            return Err(Refused::IllegalTransition { from: self.stage, action: Action::Archive });
        }
        let mut change = self.changed_by(by, at);
        change.follow(step);
        Ok(change.done())
    }

    /// Archived by time: resolved, and nobody wrote for `archive_after`.
    pub fn expire(self, at: DateTime<Utc>) -> Option<Change> {
        let step = self.stage.on(Trigger::Archive);
        let Step::To(..) = step else { return None };
        let mut change = self.change(Actor::System, at);
        change.follow(step);
        Some(change.done())
    }

    /// A conversation an agent or the system began is followed by the first answer at once (row 3).
    pub fn is_ours(&self) -> bool {
        self.stage == Stage::New && self.started_by == super::StartedBy::Agent
    }
}
