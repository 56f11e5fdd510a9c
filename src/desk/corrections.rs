//! Messages written anew, and messages whose text is removed.

use chrono::{DateTime, Utc};

use super::mailroom::fits;
use super::mentions::named;
use super::{Desk, Done, Error, not_before, visible_conversation};
use crate::domain::change::MessageKind;
use crate::domain::conversation::{Conversation, REMOVED, made_of};
use crate::domain::delivery::{Delivery, Letter};
use crate::domain::message::{Earlier, Message};
use crate::domain::{Agent, ConversationId, InteractionId, MessageId, Refused};
use crate::store::{Conn, Tx, conversations, corrections, dialect, forgetting, mentions, messages, outbox};

impl Desk {
    /// A message with what it said before, oldest first.
    pub fn message_and_trace(&self, by: &Agent, id: MessageId) -> Done<(ConversationId, Message, Vec<Earlier>)> {
        self.db.read(|conn| {
            let (conversation, message) = seen(conn, by, id)?;
            Ok((conversation.id, message, corrections::trace(conn, id)?))
        })
    }

    /// Whether the words of a message are a letter's that was tried: they stay as they are.
    pub fn is_frozen(&self, id: MessageId) -> Done<bool> {
        let letter = self.db.read(|conn| Ok::<_, Error>(outbox::of_message(conn, id)?))?;
        Ok(letter.is_some_and(|letter| may_be_rewritten(&letter, "").is_err()))
    }

    /// Writes a message anew. What it said stays in its trace. `read` is when it was last written anew as the writer read
    /// it, where they say so: a later edit is not written over.
    pub fn edit_message(
        &self,
        by: &Agent,
        id: MessageId,
        body: &str,
        read: Option<Option<DateTime<Utc>>>,
    ) -> Done<ConversationId> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        let (body, colleagues) = (body.trim_end().to_owned(), self.directory()?.named_agents());
        self.db.write(move |tx| {
            let (conversation, message) = held(tx, &by, id)?;
            if read.is_some_and(|read| read != message.edited_at) {
                return Err(Refused::Stale.into());
            }
            let at = not_before(&conversation, clock.now());
            let (home, last) = (conversation.id, is_last(tx.conn, &conversation, id)?);
            let named = match message.kind {
                MessageKind::Note => named(tx.conn, &conversation, &body, &colleagues)?,
                _ => Vec::new(),
            };
            let change = conversation.correct(&by, &message, &body, last, at)?;
            if change.log.facts.is_empty() {
                return Ok(home);
            }
            dialect::lock_letter(tx.conn, id)?;
            if let Some(letter) = outbox::of_message(tx.conn, id)? {
                may_be_rewritten(&letter, &body)?;
            }
            corrections::edit(tx.conn, id, &by, &body, at)?;
            if message.kind == MessageKind::Note {
                mentions::forget(tx.conn, id)?;
                mentions::set(tx.conn, id, home, &named)?;
            }
            conversations::save(tx, change, &limits)?;
            Ok(home)
        })
    }

    /// Removes the text and the files of a message for good, wherever they are kept.
    pub fn redact_message(&self, by: &Agent, id: MessageId) -> Done<ConversationId> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let (conversation, message) = held(tx, &by, id)?;
            let (home, at) = (conversation.id, not_before(&conversation, clock.now()));
            let trace = corrections::trace(tx.conn, id)?.into_iter().map(|one| one.body);
            let texts: Vec<String> = trace.chain([message.body.clone()]).collect();
            let (last, earlier) = (is_last(tx.conn, &conversation, id)?, conversation.clone());
            let change = conversation.redact(&by, &message, &texts, last, at)?;
            if change.log.facts.is_empty() {
                return Ok(home);
            }
            forget(tx.conn, &earlier, &message, &texts)?;
            if let Some(own) = message.conversation.filter(|own| *own != home) {
                // It was merged, and is still called by its first words.
                let own = conversations::hold(tx, own)?;
                forget(tx.conn, &own, &message, &texts)?;
                let last = is_last(tx.conn, &own, id)?;
                conversations::save(tx, own.forget(&by, &texts, last, at), &limits)?;
            }
            corrections::redact(tx.conn, id, &by, at)?;
            conversations::save(tx, change, &limits)?;
            Ok(home)
        })
    }
}

/// What was sent, or may have been, stays as the customer has it; what is sent again is the same again.
fn may_be_rewritten(letter: &Letter, body: &str) -> Result<(), Refused> {
    let sentence = match letter.state {
        Delivery::Queued if letter.attempts == 0 => return fits(body),
        Delivery::Withdrawn => return Ok(()),
        Delivery::Accepted | Delivery::Delivered => "This was sent as it reads. Write another message to correct it.",
        Delivery::Failed => "This was tried as it reads, and is sent again as it reads. Write another message instead.",
        Delivery::Queued | Delivery::Sending | Delivery::Unknown => {
            "This may have been sent as it reads. Write another message to correct it."
        }
    };
    Err(Refused::IllegalState(sentence.to_owned()))
}

/// What was made of a message that said and says these texts goes with them.
fn forget(conn: &mut Conn, conversation: &Conversation, message: &Message, texts: &[String]) -> Done<()> {
    let titled = texts.iter().any(|text| conversation.is_titled_by(text));
    let title = titled.then(|| conversation.title.clone());
    if let Some(title) = &title {
        forgetting::title(conn, conversation.id, title)?;
    }
    let made: Vec<String> = texts.iter().flat_map(|text| made_of(text)).collect();
    forgetting::excerpts(conn, conversation.id, &made)?;
    if let Some(interaction) = message.interaction {
        forget_description(conn, interaction, texts)?;
    }
    if message.kind == MessageKind::Customer && messages::opening(conn, conversation.id)? == message.body {
        forgetting::judgement(conn, conversation.channel, conversation.id)?;
    }
    forgetting::drafts(conn, conversation.id, texts)?;
    let files = message.attachments.iter().map(|file| file.file_name.clone());
    let said: Vec<String> = texts.iter().cloned().chain(title).chain(files).collect();
    Ok(forgetting::answers(conn, message.id, conversation.id, &said)?)
}

/// A description the system made of a text says so no more.
fn forget_description(conn: &mut Conn, interaction: InteractionId, texts: &[String]) -> Done<()> {
    let Some(text) = forgetting::automatic_description(conn, interaction)? else { return Ok(()) };
    let made = text.strip_prefix("Auto: ").unwrap_or_default();
    let begins = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ").starts_with(made);
    if !made.is_empty() && texts.iter().any(begins) {
        forgetting::describe(conn, interaction, &text, &format!("Auto: {REMOVED}"))?;
    }
    Ok(())
}

/// The message and the conversation it is shown in, if that is there for these eyes.
fn seen(conn: &mut Conn, by: &Agent, id: MessageId) -> Done<(Conversation, Message)> {
    let home = corrections::home(conn, id)?;
    let conversation = conversations::find(conn, home)?;
    visible_conversation(conn, by, &conversation)?;
    let message = messages::find(conn, conversation.id, id)?;
    Ok((conversation, message))
}

/// The same, held until the transaction ends.
fn held(tx: &mut Tx, by: &Agent, id: MessageId) -> Done<(Conversation, Message)> {
    let home = corrections::home(tx.conn, id)?;
    let conversation = conversations::hold(tx, home)?;
    visible_conversation(tx.conn, by, &conversation)?;
    let message = messages::find(tx.conn, conversation.id, id)?;
    if message.conversation.is_none() {
        return Err(Error::NotFound);
    }
    Ok((conversation, message))
}

/// Whether lists show this message of the conversation.
fn is_last(conn: &mut Conn, conversation: &Conversation, id: MessageId) -> Done<bool> {
    Ok(corrections::last_public(conn, conversation.id)? == Some(id))
}
