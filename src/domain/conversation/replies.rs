//! Answers and notes: rows 6, 7, 14, 18, 19, 22, 23, 30, 31, 39.

use chrono::{DateTime, Utc};

use super::super::change::{Change, MessageKind, NewMessage, Seen};
use super::super::fact::FactKind;
use super::super::ids::{AttachmentId, MessageId};
use super::super::people::Agent;
use super::super::refused::Refused;
use super::super::retelling::{self, Without};
use super::super::stage::{Action, Stage, Trigger};
use super::super::state::Direction;
use super::{Conversation, may_reply, written};

/// A public reply as an agent sends it.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub body: String,
    /// Files that wait to be sent.
    pub attachments: Vec<AttachmentId>,
    /// The last message the writer had seen.
    pub seen: Seen,
    /// On Hold: a holding update, the stage stays. Ignored elsewhere.
    pub keep_hold: bool,
    /// On Resolved: wait for the user again, with a new interaction. Ignored elsewhere.
    pub wait: bool,
}

impl Conversation {
    /// A public reply. Claims an unassigned interaction, stamps the first response once, and waits for the user; if the
    /// customer wrote what the writer had not seen, the conversation ends in Needs response.
    pub fn reply(self, by: &Agent, reply: &Reply, at: DateTime<Utc>) -> Result<Change, Refused> {
        let trigger = match self.stage {
            Stage::Hold if reply.keep_hold => Trigger::ReplyKeepHold,
            Stage::Resolved if reply.wait => Trigger::ReplyAndWait,
            _ => Trigger::Reply,
        };
        let step = self.step(trigger, Action::Reply, by)?;
        let reopens = trigger == Trigger::ReplyAndWait;
        if self.stage != Stage::Resolved {
            may_reply(&self.interaction, by)?;
        }
        let body = said(&reply.body, &reply.attachments, "Message is empty.")?;
        let crossed = self.stage.owes_reply() && reply.seen.misses(self.last_customer_message);
        let crossed_at = self.last_customer_at;

        let mut change = self.changed_by(by, at);
        if reopens {
            change.reopen_interaction();
            // We write first: nobody waits for us.
            change.conversation.interaction.direction = Direction::Outbound;
        }
        change.claim(by);
        change.conversation.interaction.answered(&mut change.log);
        change.say(NewMessage::written(MessageKind::Reply, by.id, body).with_files(&reply.attachments));
        change.follow(step);
        if crossed {
            change.go(Stage::NeedsResponse, 22);
            change.conversation.unanswered_since = crossed_at;
        }
        Ok(change.done())
    }

    /// A response given elsewhere, logged here.
    pub fn external_response(self, by: &Agent, body: &str, at: DateTime<Utc>) -> Result<Change, Refused> {
        let step = self.step(Trigger::ExternalResponse, Action::ExternalResponse, by)?;
        may_reply(&self.interaction, by)?;
        let body = written("body", body, "Write something first.")?;
        let mut change = self.changed_by(by, at);
        change.claim(by);
        change.conversation.interaction.answered(&mut change.log);
        change.say(NewMessage::written(MessageKind::ExternalResponse, by.id, body));
        change.follow(step);
        Ok(change.done())
    }

    /// An internal note. By the assignee it counts as accepting the work.
    pub fn note(
        self,
        by: &Agent,
        body: &str,
        attachments: &[AttachmentId],
        at: DateTime<Utc>,
    ) -> Result<Change, Refused> {
        self.step(Trigger::Note, Action::Note, by)?;
        let body = said(body, attachments, "Write something first.")?;
        let mut change = self.changed_by(by, at);
        let Change { conversation, log, .. } = &mut change;
        if conversation.interaction.is_with(by.id) && !conversation.interaction.state.is_closed() {
            conversation.interaction.accept("first work note", log);
        }
        change.say(NewMessage::written(MessageKind::Note, by.id, body).with_files(attachments));
        Ok(change.done())
    }

    /// A reply is taken back before it was sent, and everything stands as it would without it: who waits, and since when;
    /// that nobody answered yet. Where something else would stand, `without` says what.
    pub fn take_back(self, by: &Agent, message: MessageId, without: Option<&Without>, at: DateTime<Utc>) -> Change {
        let mut change = self.changed_by(by, at);
        let mut fact = change.log.fact(FactKind::DeliveryChanged).change(Some("queued"), Some("withdrawn"));
        fact = fact.with("message", message.0);
        let current = change.conversation.interaction.id;
        if let Some(without) = without.filter(|without| without.interaction == Some(current)) {
            if let Some(stage) = stage_without(change.conversation.stage, without.stage) {
                change.go(stage, 0);
            }
            change.conversation.unanswered_since = without.unanswered_since;
            change.conversation.last_agent_at = without.last_agent_at;
            change.conversation.reminded_at = without.reminded_at;
            if without.was_first {
                change.conversation.interaction.first_response_at = None;
            }
            fact = fact
                .with("restored", true)
                .with("was_first", without.was_first)
                .with("sent_at", retelling::written(Some(without.sent_at)))
                .with("unanswered_since", retelling::written(without.unanswered_since))
                .with("last_agent_at", retelling::written(without.last_agent_at))
                .with("reminded_at", retelling::written(without.reminded_at));
        }
        change.log.push(fact);
        change.done()
    }

    /// The customer answered elsewhere: it is our turn again.
    pub fn mark_needs_response(self, by: &Agent, note: &str, at: DateTime<Utc>) -> Result<Change, Refused> {
        let step = self.step(Trigger::NeedsResponse, Action::NeedsResponse, by)?;
        let note = written("note", note, "Write something first.")?;
        let mut change = self.changed_by(by, at);
        change.say(NewMessage::written(MessageKind::Note, by.id, note));
        change.conversation.unanswered_since = Some(at);
        change.follow(step);
        Ok(change.done())
    }
}

/// Where a conversation goes that stands in `now`, and would stand in `before` without a reply: never answered, it is
/// New again; else it is our turn, unless we waited for the customer already.
const fn stage_without(now: Stage, before: Option<Stage>) -> Option<Stage> {
    match (now, before) {
        (Stage::WaitingOnUser | Stage::NeedsResponse, Some(Stage::New)) => Some(Stage::New),
        (Stage::WaitingOnUser, Some(Stage::WaitingOnUser)) => None,
        (Stage::WaitingOnUser, _) => Some(Stage::NeedsResponse),
        _ => None,
    }
}

/// Files may stand alone; without them there must be words.
pub(super) fn said<'a>(body: &'a str, attachments: &[AttachmentId], sentence: &str) -> Result<&'a str, Refused> {
    if attachments.is_empty() { written("body", body, sentence) } else { Ok(body) }
}

impl Change {
    /// Answering claims what nobody has, and accepts what was not accepted.
    fn claim(&mut self, by: &Agent) {
        let Change { conversation, log, .. } = self;
        let interaction = &mut conversation.interaction;
        if interaction.state.is_closed() {
            return;
        }
        let assignee = interaction.assignee.unwrap_or_else(|| by.into());
        interaction.place(Some(assignee), interaction.queue, true, "answered", log);
    }
}
