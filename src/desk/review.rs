//! Judgements of what is valid: suspend, release, confirm spam. Each teaches the channel.

use super::sorting::{Text, judged};
use super::{Desk, Done};
use crate::domain::conversation::excerpt;
use crate::domain::{Agent, Conversation, ConversationId, ProfileId, Refused};
use crate::store::conversations::Saved;
use crate::store::{Tx, channels, messages, people};

impl Desk {
    /// Holds it out of routing, for review.
    pub fn suspend(&self, by: &Agent, id: ConversationId, version: Option<i64>) -> Done<Saved> {
        let agent = by.clone();
        self.on_conversation(by, id, version, move |tx, conversation, at| {
            let change = conversation.suspend(&agent, at)?;
            judged(tx, &change.conversation, true, at)?;
            Ok(change)
        })
    }

    /// It is valid: routed now. A sender who was blocked is blocked no more.
    pub fn release(&self, by: &Agent, id: ConversationId, version: Option<i64>) -> Done<Saved> {
        let (agent, router) = (by.clone(), self.router());
        self.on_conversation(by, id, version, move |tx, conversation, at| {
            let change = conversation.release(&agent, at)?;
            if let Some(sender) = change.conversation.profile {
                people::unblock(tx.conn, sender)?;
            }
            judged(tx, &change.conversation, false, at)?;
            let channel = channels::find(tx.conn, change.conversation.channel)?;
            let first = messages::opening(tx.conn, id)?;
            let title = change.conversation.title.clone();
            // A title that is the beginning of the message may end in the middle of a word.
            let subject = if excerpt(&first, title.chars().count()) == title { "" } else { &title };
            router.released(tx, change, &channel, Text { subject, first_message: &first })
        })
    }

    /// It is spam: archived, out of all metrics.
    pub fn confirm_spam(&self, by: &Agent, id: ConversationId, version: Option<i64>) -> Done<Saved> {
        self.confirm(by, id, version, |_, _, _| Ok(()))
    }

    /// The same, and later first messages of this sender are suspended.
    pub fn confirm_spam_and_block(&self, by: &Agent, id: ConversationId, version: Option<i64>) -> Done<Saved> {
        let agent = by.clone();
        self.confirm(by, id, version, move |tx, sender, at| Ok(people::block(tx.conn, sender, agent.id, at)?))
    }

    fn confirm(
        &self,
        by: &Agent,
        id: ConversationId,
        version: Option<i64>,
        block: impl Fn(&mut Tx, ProfileId, chrono::DateTime<chrono::Utc>) -> Done<()> + Send + 'static,
    ) -> Done<Saved> {
        let agent = by.clone();
        self.on_conversation(by, id, version, move |tx, conversation, at| {
            let first = messages::first_words(tx.conn, conversation.interaction.id)?;
            let change = conversation.confirm_spam(&agent, &first, at)?;
            judged(tx, &change.conversation, true, at)?;
            if let Some(sender) = change.conversation.profile {
                block(tx, sender, at)?;
            }
            Ok(change)
        })
    }

    /// Blocks the sender of a suspended conversation, which stays for review.
    pub fn block_sender_of(&self, by: &Agent, id: ConversationId) -> Done<()> {
        let (agent, clock) = (by.clone(), self.clock.clone());
        let conversation: Conversation = self.conversation(by, id)?;
        let sender = conversation.profile.ok_or_else(|| Refused::invalid("sender", "Nobody wrote this."))?;
        self.db.write(move |tx| Ok(people::block(tx.conn, sender, agent.id, clock.now())?))
    }
}
