//! What a visitor writes, and that they end a chat.

use super::threads::own;
use super::{Desk, Done, Error, GIVEN, Visitor, Who, own_profile};
use crate::desk::intake::{Arrival, In, Receipt};
use crate::domain::attachment::Upload;
use crate::domain::conversation::InboundKind;
use crate::domain::visitor::{VISITOR_TEXT, told};
use crate::domain::{ConversationId, Refused};
use crate::store::{self, visitors};

/// A message of a visitor.
#[derive(Debug, Clone)]
pub struct Words {
    pub body: String,
    pub files: Vec<Upload>,
    pub place: Place,
    /// Made by the page: the same one twice is stored once. Without one, every message is a new one.
    pub id: Option<String>,
}

/// Where a visitor writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In this conversation of theirs.
    In(ConversationId),
    /// Wherever they write already; else a new conversation.
    Ongoing,
    /// About something else: a new conversation.
    Anew,
}

impl Desk {
    /// Takes in what a visitor writes. The answer tells no more of the stage than visitors may know.
    pub fn visitor_writes(&self, visitor: &Visitor, words: Words) -> Done<Receipt> {
        if words.body.trim().is_empty() && words.files.is_empty() {
            return Err(Refused::invalid("body", "Write a message first.").into());
        }
        if words.body.chars().count() > VISITOR_TEXT {
            return Err(
                Refused::invalid("body", "This is too long. Send it in parts of at most 8,000 characters.").into()
            );
        }
        let id = words.id.map_or_else(fresh, |id| checked(&id))?;
        if let Place::In(asked) = words.place {
            // Even what is archived may be answered (a new conversation follows), but nothing of anybody else's.
            self.db.read(|conn| {
                let profile = own_profile(conn, visitor)?.id;
                let theirs = store::conversations::find(conn, asked)?.profile == Some(profile);
                if theirs { Ok(()) } else { Err(Error::NotFound) }
            })?;
        }
        let from = self.visitor_name(visitor)?;
        let place = match words.place {
            Place::In(id) => In::Own(id),
            Place::Ongoing => In::Ongoing,
            Place::Anew => In::Anew,
        };
        let arrival = arrival(InboundKind::Content, &from, words.body, format!("{from}:{id}"));
        let arrival = Arrival { files: words.files, ..arrival };
        let mut receipt = self.receive_in(&visitor.channel, arrival, place)?;
        receipt.stage = receipt.stage.map(told);
        self.joined(visitor, receipt.conversation)?;
        Ok(receipt)
    }

    /// Ends a chat for its visitor.
    pub fn visitor_ends(&self, visitor: &Visitor, id: ConversationId) -> Done<Receipt> {
        let (interaction, id) = self.db.read(|conn| {
            let (_, conversation) = own(conn, visitor, id)?;
            Ok::<_, Error>((conversation.interaction.id, conversation.id))
        })?;
        let from = self.visitor_name(visitor)?;
        // Ended once for each time it was opened.
        let arrival = arrival(InboundKind::End, &from, String::new(), format!("end:{from}:{interaction}"));
        let mut receipt = self.receive_in(&visitor.channel, arrival, In::Own(id))?;
        receipt.stage = receipt.stage.map(told);
        Ok(receipt)
    }

    /// The name a visitor writes under; an anonymous one is given one with their first message.
    fn visitor_name(&self, visitor: &Visitor) -> Done<String> {
        let hash = match &visitor.who {
            Who::Named(identifier) => return Ok(identifier.clone()),
            Who::Holder(hash) => hash.clone(),
        };
        let channel = visitor.channel.id;
        let known = || self.db.read(|conn| Ok::<_, Error>(visitors::identifier(conn, channel, &hash)?));
        if let Some(identifier) = known()? {
            return Ok(identifier);
        }
        let mut letters = [0; 5];
        getrandom::fill(&mut letters).map_err(no_randomness)?;
        let mut given = GIVEN.to_owned() + &hex::encode_upper(letters);
        given.replace_range(0..1, "V");
        let (clock, name, key) = (self.clock.clone(), given.clone(), hash.clone());
        let kept = self.db.write(move |tx| visitors::insert(tx.conn, channel, &key, &name, clock.now()));
        match kept {
            Ok(()) => Ok(given),
            // Two first messages at once: the other one gave the name.
            Err(error) if error.is_unique_violation() => known()?.ok_or_else(|| error.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Their open pages may not know the conversation yet.
    fn joined(&self, visitor: &Visitor, conversation: Option<ConversationId>) -> Done<()> {
        let Some(conversation) = conversation.filter(|_| !self.hub.visitors().is_empty()) else { return Ok(()) };
        let profile = self.db.read(|conn| own_profile(conn, visitor))?;
        self.hub.visitors().joined(profile.id, conversation);
        self.hub.visitors().changed(&[conversation]);
        Ok(())
    }
}

fn arrival(kind: InboundKind, from: &str, body: String, id: String) -> Arrival {
    Arrival {
        provider_id: Some(id),
        from: from.to_owned(),
        body,
        sent_at: None,
        kind,
        about: None,
        thread: None,
        files: Vec::new(),
    }
}

/// A page's own id of a message: short and plain, so that it cannot reach into another visitor's.
fn checked(id: &str) -> Done<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if id.is_empty() || id.len() > 64 || !id.chars().all(plain) {
        return Err(Refused::invalid("id", "Use at most 64 letters, digits, hyphens and underscores.").into());
    }
    Ok(id.to_owned())
}

fn fresh() -> Done<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(no_randomness)?;
    Ok(hex::encode(bytes))
}

fn no_randomness(error: getrandom::Error) -> Error {
    store::Error::Unavailable(format!("no randomness: {error}")).into()
}
