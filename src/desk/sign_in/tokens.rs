//! Tokens of programs.

use std::sync::Arc;

use super::{Holder, Kept, access, found_or_none, hash, secret};
use crate::desk::{Desk, Error};
use crate::domain::{AgentId, Refused};
use crate::store::tokens::{self, For};
use crate::store::{self, Conn};

/// What a new token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// All that this person may do.
    Agent(AgentId),
    /// The messages of the channel with this slug.
    Channel(String),
    /// Checking in at the location with this slug.
    Kiosk(String),
    /// Telephony events.
    Telephony,
}

impl Desk {
    /// Makes a token for a program; its text is shown once.
    pub fn create_token(&self, of: Token) -> Result<String, Error> {
        let (text, now) = (secret()?, self.clock.now());
        let key = hash(&text);
        self.noted("token made", of.told(), move |tx| {
            let of = resolve(tx.conn, &of)?;
            Ok(tokens::insert(tx.conn, &key, of, now)?)
        })?;
        Ok(text)
    }

    /// The tokens there are, of one agent or of all, oldest first. What they open is known to nobody but their holders.
    pub fn tokens(&self, of: Option<AgentId>) -> Result<Vec<Kept>, Error> {
        Ok(self.db.read(|conn| tokens::all(conn, of))?)
    }

    /// Ends a token, of one agent or anybody's, and its sockets: here at once, elsewhere as soon as they hear of it.
    pub fn revoke_token(&self, id: i64, of: Option<AgentId>) -> Result<(), Error> {
        let node = self.db.node().to_owned();
        let key = self.noted("token revoked", format!("token {id}"), move |tx| {
            access::tell(tx.conn, &node)?;
            Ok(tokens::remove(tx.conn, id, of)?)
        })?;
        self.hub.revoke(|owner| *owner.key == *key);
        Ok(())
    }

    /// Whose token this is, and the hash by which its sockets are known; none if it is nobody's.
    pub fn holder(&self, token: &str) -> Result<Option<(Holder, Arc<str>)>, Error> {
        let key = hash(token);
        let found = found_or_none(self.db.read(|conn| tokens::find(conn, &key)))?;
        Ok(found.map(|holder| (holder, key.into())))
    }
}

impl Token {
    /// As the security log tells it.
    fn told(&self) -> String {
        match self {
            Token::Agent(agent) => format!("for agent {}", agent.0),
            Token::Channel(slug) => format!("for channel {slug}"),
            Token::Kiosk(location) => format!("for a kiosk at {location}"),
            Token::Telephony => "for telephony".to_owned(),
        }
    }
}

fn resolve<'a>(conn: &mut Conn, of: &'a Token) -> Result<For<'a>, Error> {
    match of {
        Token::Agent(agent) => Ok(For::Agent(*agent)),
        Token::Kiosk(location) => Ok(For::Kiosk { location }),
        Token::Telephony => Ok(For::Telephony),
        Token::Channel(slug) => match tokens::channel(conn, slug) {
            Ok(channel) => Ok(For::Channel(channel)),
            Err(store::Error::NotFound) => Err(Refused::invalid("channel", "There is no such channel.").into()),
            Err(error) => Err(error.into()),
        },
    }
}
