//! What was written is written anew, or its text is removed for good. Neither changes a stage.

use chrono::{DateTime, Utc};

use super::super::change::{Change, MessageKind};
use super::super::fact::FactKind;
use super::super::interaction::DESCRIBED;
use super::super::message::Message;
use super::super::people::Agent;
use super::super::refused::Refused;
use super::super::stage::{Action, Stage, Trigger};
use super::replies::said;
use super::{Conversation, TITLE, excerpt, preview};

/// What stands where a text was removed.
pub const REMOVED: &str = "Message removed";

impl Conversation {
    /// A message of this thread reads otherwise from now on: one's own, or any that was written here for a lead. `last`
    /// says that lists show it.
    pub fn correct(
        self,
        by: &Agent,
        message: &Message,
        body: &str,
        last: bool,
        at: DateTime<Utc>,
    ) -> Result<Change, Refused> {
        self.step(Trigger::Note, Action::Note, by)?;
        may_correct(by, message)?;
        let body = body.trim_end();
        match message.kind {
            MessageKind::Reply | MessageKind::Note | MessageKind::ExternalResponse => {}
            MessageKind::Customer | MessageKind::Event => {
                return Err(Refused::invalid("body", "Only what was written here can be edited."));
            }
        }
        if message.removal.is_some() {
            return Err(Refused::invalid("body", "The text of this message was removed."));
        }
        let files: Vec<_> = message.attachments.iter().map(|file| file.id).collect();
        said(body, &files, "Message is empty.")?;
        let mut change = self.changed_by(by, at);
        if body == message.body {
            return Ok(change.done());
        }
        let fact = change.log.fact(FactKind::MessageEdited).change(None, Some(message.kind.as_str()));
        change.log.push(fact.with("message", message.id.0));
        if last {
            change.conversation.preview = preview(body, files.len());
        }
        Ok(change.done())
    }

    /// The text and the files of a message of this thread are gone for good: of one's own, or of any for a lead. A lead
    /// may remove them from what is archived as well: what must not be kept is not kept there either.
    /// `texts` are all it says and said.
    pub fn redact(
        self,
        by: &Agent,
        message: &Message,
        texts: &[String],
        last: bool,
        at: DateTime<Utc>,
    ) -> Result<Change, Refused> {
        if self.stage == Stage::Archived && !by.role.leads() {
            return Err(Refused::IllegalTransition { from: self.stage, action: Action::Note });
        }
        may_correct(by, message)?;
        if message.removal.is_some() {
            return Ok(self.changed_by(by, at).done());
        }
        let mut change = self.forget(by, texts, last, at);
        let fact = change.log.fact(FactKind::MessageRedacted).change(None, Some(message.kind.as_str()));
        change.log.push(fact.with("message", message.id.0));
        Ok(change.done())
    }

    /// What lists show of these texts goes with them.
    pub fn forget(self, by: &Agent, texts: &[String], last: bool, at: DateTime<Utc>) -> Change {
        let mut change = self.changed_by(by, at);
        if last {
            change.conversation.preview = REMOVED.to_owned();
        }
        if texts.iter().any(|text| change.conversation.is_titled_by(text)) {
            // Without what it was: that is what must go.
            let fact = change.log.fact(FactKind::ConversationChanged).change(None, Some(REMOVED));
            change.log.push(fact.with("field", "title"));
            change.conversation.title = REMOVED.to_owned();
        }
        change.done()
    }

    /// Whether the title is the beginning of this text.
    pub fn is_titled_by(&self, text: &str) -> bool {
        !self.title.is_empty() && self.title == excerpt(text, TITLE)
    }
}

/// What records are given of a text by themselves: titles and short descriptions.
pub fn made_of(text: &str) -> Vec<String> {
    let made = [excerpt(text, TITLE), format!("Auto: {}", excerpt(text, DESCRIBED))];
    made.into_iter().filter(|_| !text.trim().is_empty()).collect()
}

fn may_correct(by: &Agent, message: &Message) -> Result<(), Refused> {
    if by.role.leads() || message.actor.agent() == Some(by.id) {
        return Ok(());
    }
    Err(Refused::Forbidden("Only its writer or a manager can change a message."))
}
