//! What each line does: the verb of the desk that it names.

use serde_json::Value;

use super::line::stand_in;
use super::{Line, Replay, missing};
use crate::desk::assignment::Target;
use crate::desk::conversations::Answer;
use crate::desk::intake::Arrival;
use crate::desk::{Done, Error};
use crate::domain::change::Seen;
use crate::domain::conversation::{Ending, InboundKind, Reply};
use crate::domain::state::CloseCode;
use crate::domain::{Agent, ConversationId, DependencyId, InteractionId, MessageId, Presence, Refused};
use crate::store::conversations::{Saved, find};
use crate::store::{channels, people};

/// What agents do with the conversation of a `ref`.
const STAGE_ACTS: [&str; 14] = [
    "reply",
    "note",
    "external_response",
    "hold",
    "unhold",
    "resolve",
    "reopen",
    "needs_response",
    "suspend",
    "release",
    "spam",
    "archive",
    "merge",
    "tag",
];

impl Replay {
    pub(super) fn perform(&mut self, line: &Line) -> Done<()> {
        match line.act.as_str() {
            "tick" => Ok(()),
            "inbound" => self.inbound(line),
            "end_chat" => self.end_chat(line),
            "agent" => self.roster.enrol(&self.desk, line),
            "presence" => self.presence(line),
            "work_item" => self.work_item(line),
            "complete" => self.complete(line),
            "accept" | "take" | "assign" | "transfer" | "close" => self.on_interaction(line),
            act if STAGE_ACTS.contains(&act) => self.on_conversation(line),
            act => Err(Refused::invalid("do", format!("{act:?} is nothing that can be done")).into()),
        }
    }

    fn inbound(&mut self, line: &Line) -> Done<()> {
        let kind = match line.kind.as_deref().map(str::parse) {
            None => InboundKind::Content,
            Some(Ok(kind)) => kind,
            Some(Err(_)) => return Err(Refused::invalid("kind", "there is no such kind of message").into()),
        };
        self.arrive(line, line.from.clone().ok_or_else(|| missing("from"))?, kind)
    }

    fn arrive(&mut self, line: &Line, from: String, kind: InboundKind) -> Done<()> {
        let channel = self.roster.channel(&self.desk, line)?;
        let thread = line.thread.as_deref().map(|thread| self.threads.conversation(&self.desk, thread)).transpose()?;
        let arrival = Arrival {
            provider_id: line.id.clone(),
            from,
            body: line.body.clone().unwrap_or_default(),
            sent_at: line.sent_at,
            kind,
            about: line.about.clone(),
            thread,
            files: Vec::new(),
        };
        let receipt = self.desk.receive(&channel, arrival)?;
        if let Some(conversation) = receipt.conversation {
            self.threads.learn(line, conversation, receipt.message);
        }
        Ok(())
    }

    /// The customer ends the chat: named by the channel and the sender, or by any message of theirs.
    fn end_chat(&mut self, line: &Line) -> Done<()> {
        if let Some(from) = line.from.clone() {
            return self.arrive(line, from, InboundKind::End);
        }
        let id = self.conversation(line)?;
        let (channel, from) = self.desk.db.read(|conn| {
            let conversation = find(conn, id)?;
            let profile = conversation.profile.ok_or(Error::NotFound)?;
            let channel = channels::find(conn, conversation.channel)?;
            Ok::<_, Error>((channel.slug, people::profile_by_id(conn, profile)?.identifier))
        })?;
        let line = Line { channel: Some(channel), ..line.clone() };
        self.arrive(&line, from, InboundKind::End)
    }

    fn presence(&mut self, line: &Line) -> Done<()> {
        let state = line.state.as_deref().ok_or_else(|| missing("state"))?;
        let state: Presence =
            state.parse().map_err(|_| Refused::invalid("state", "state is available, away or offline"))?;
        let agent = line.agent.as_deref().ok_or_else(|| missing("agent"))?;
        self.roster.set_presence(&self.desk, agent, state)
    }

    fn work_item(&mut self, line: &Line) -> Done<()> {
        let id = line.id.as_deref().ok_or_else(|| missing("id"))?;
        self.roster.agent(&self.desk, &stand_in(id)).map(drop)
    }

    /// A review or a work item is done: in the conversation that is named, else wherever it is waited for.
    fn complete(&mut self, line: &Line) -> Done<()> {
        let who = match (&line.work_item, &line.review) {
            (Some(item), _) => stand_in(item),
            (None, Some(email)) => email.clone(),
            (None, None) => return Err(missing("review")),
        };
        let reviewer = self.roster.agent(&self.desk, &who)?;
        let by = match line.agent.as_deref() {
            Some(agent) => self.roster.agent(&self.desk, agent)?,
            None => reviewer.clone(),
        };
        let only = line.of.as_ref().map(|_| self.conversation(line)).transpose()?;
        let owed = self.desk.reviews(&reviewer)?;
        let owed = owed.iter().filter(|review| only.is_none_or(|id| id == review.conversation));
        let owed: Vec<DependencyId> = owed.map(|review| review.id).collect();
        if owed.is_empty() && line.work_item.is_none() {
            return Err(Refused::invalid("review", "nothing waits for this").into());
        }
        owed.into_iter().try_for_each(|id| self.desk.complete_review(&by, id).map(drop))
    }

    fn on_interaction(&mut self, line: &Line) -> Done<()> {
        let (by, id) = (self.by(line)?, self.interaction(line)?);
        match line.act.as_str() {
            "take" => self.desk.take(&by, id),
            "accept" if self.is_with(&by, id)? => self.desk.accept(&by, id),
            "accept" => self.desk.take(&by, id),
            "close" => self.close(&by, id, line),
            _ => {
                let target = self.target(line)?;
                self.desk.assign(&by, id, target, None)
            }
        }
        .map(drop)
    }

    fn close(&self, by: &Agent, id: InteractionId, line: &Line) -> Done<crate::domain::Interaction> {
        let code = line.close_code.as_deref().map_or(Ok(CloseCode::Complete), str::parse);
        let code = code.map_err(|_| Refused::invalid("close_code", "there is no such close code"))?;
        self.desk.close_interaction(by, id, line.short_description.clone(), code, None)
    }

    fn on_conversation(&mut self, line: &Line) -> Done<()> {
        let (by, id) = (self.by(line)?, self.conversation(line)?);
        let (desk, body, note) = (self.desk.clone(), line.body.as_deref(), line.note.as_deref());
        let said = body.or(note).unwrap_or_default();
        let saved = match line.act.as_str() {
            "reply" => desk.reply(&by, id, self.answer(line)?),
            "note" => desk.note(&by, id, said, None),
            "external_response" => desk.log_external_response(&by, id, said),
            "hold" => self.hold(&by, id, line),
            "unhold" => desk.unhold(&by, id, None),
            "resolve" => {
                let resolution = line.resolution.clone().unwrap_or_default();
                let ending = Ending { resolution, short_description: line.short_description.clone() };
                desk.resolve(&by, id, ending, None)
            }
            "reopen" => desk.reopen(&by, id, note.or(body).unwrap_or("Reopened."), None),
            "needs_response" => desk.mark_needs_response(&by, id, note.or(body).unwrap_or("Answered elsewhere."), None),
            "suspend" => desk.suspend(&by, id, None),
            "release" => desk.release(&by, id, None),
            "spam" if line.block_sender => desk.confirm_spam_and_block(&by, id, None),
            "spam" => desk.confirm_spam(&by, id, None),
            "archive" => desk.archive(&by, id, None),
            "tag" => {
                let name = line.name.as_deref().ok_or_else(|| missing("name"))?;
                desk.put_tag(&by, id, name, line.value.as_deref(), None)
            }
            "merge" => {
                let into = line.into.as_deref().ok_or_else(|| missing("into"))?;
                let into = self.threads.conversation(&desk, into)?;
                let saved = desk.merge(&by, id, into, None)?;
                self.threads.merge(id, into);
                Ok(saved)
            }
            _ => return Ok(()),
        }?;
        self.threads.learn(line, saved.conversation.id, saved.messages.first().copied());
        Ok(())
    }

    fn hold(&mut self, by: &Agent, id: ConversationId, line: &Line) -> Done<Saved> {
        let nothing = || Refused::invalid("on", "a hold waits for a work_item, a review or a moment");
        let wanted: Option<Vec<_>> = line.on.iter().map(super::Awaits::wanted).collect();
        let wanted = wanted.ok_or_else(nothing)?;
        for one in &wanted {
            if let crate::desk::holds::Wanted::Review { email, .. } = one {
                self.roster.agent(&self.desk, email)?;
            }
        }
        self.desk.hold(by, id, wanted, None)
    }

    fn answer(&self, line: &Line) -> Done<Answer> {
        let seen = match &line.seen_upto {
            None | Some(Value::Null) => None,
            Some(Value::String(reference)) => Some(self.threads.message(&self.desk, reference)?),
            Some(number) => Some(MessageId(number.as_i64().ok_or_else(|| missing("seen_upto"))?)),
        };
        let body = line.body.clone().unwrap_or_default();
        let reply =
            Reply { body, attachments: Vec::new(), seen: Seen(seen), keep_hold: line.keep_hold, wait: line.wait };
        Ok(Answer { reply, as_it_is: true, ..Answer::default() })
    }

    fn by(&mut self, line: &Line) -> Done<Agent> {
        let email = line.agent.as_deref().ok_or_else(|| missing("agent"))?;
        self.roster.agent(&self.desk, email)
    }

    fn conversation(&self, line: &Line) -> Done<ConversationId> {
        self.threads.conversation(&self.desk, line.of.as_deref().ok_or_else(|| missing("ref"))?)
    }

    fn interaction(&self, line: &Line) -> Done<InteractionId> {
        let id = self.conversation(line)?;
        self.desk.db.read(|conn| Ok(find(conn, id)?.interaction.id))
    }

    fn is_with(&self, by: &Agent, id: InteractionId) -> Done<bool> {
        self.desk.db.read(|conn| Ok(crate::store::interactions::find(conn, id)?.is_with(by.id)))
    }

    fn target(&mut self, line: &Line) -> Done<Target> {
        match (&line.to, &line.queue) {
            (Some(email), _) => {
                self.roster.agent(&self.desk, email)?;
                Ok(Target::Agent(email.clone()))
            }
            (None, Some(slug)) => {
                self.roster.queue(&self.desk, slug)?;
                Ok(Target::Queue(slug.clone()))
            }
            (None, None) => Err(missing("to")),
        }
    }
}
