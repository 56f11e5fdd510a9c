//! Who is who: sessions, passwords, tokens, and the link that makes the first admin.
//!
//! Secrets that we make ourselves (sessions, tokens, links) have 192 random bits and are stored as SHA-256; passwords
//! are stored as argon2id. A session ends when its owner signs out, by its limits, and when the password changes; its
//! sockets end with it, here at once, on other nodes as soon as they hear of it.

pub(in crate::desk) mod access;
pub mod codes;
mod links;
mod passwords;
mod tokens;

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use super::{Desk, Error};
use crate::domain::{Agent, AgentId};
use crate::store::sessions::{self, Beginning};
use crate::store::{self};

pub use crate::store::sessions::Session;
pub use crate::store::tokens::Holder;
pub use crate::store::tokens::Kept;
pub use tokens::Token;

pub(super) use links::WORKSPACE;

/// A session is noted as used at most this often; a write for every page would be too much.
const TOUCH: TimeDelta = TimeDelta::minutes(5);
/// As much of a browser's description as is kept.
const NAME_CHARS: usize = 200;

/// Where a browser is and what it says it is.
#[derive(Debug, Clone)]
pub struct Browser {
    pub address: IpAddr,
    pub name: String,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub agent: Agent,
    pub session: Session,
    /// The stored hash of the session, by which its sockets are known.
    pub key: Arc<str>,
}

impl Desk {
    /// Begins a session; gives the text of its cookie.
    pub fn begin_session(&self, agent: AgentId, browser: &Browser) -> Result<String, Error> {
        let (text, now) = (secret()?, self.clock.surely());
        let key = hash(&text);
        let address = browser.address.to_string();
        let name: String = browser.name.chars().take(NAME_CHARS).collect();
        self.db.write(move |tx| {
            sessions::sweep(tx.conn, now)?;
            let beginning = Beginning { token_hash: &key, agent, address: &address, browser: &name };
            Ok::<_, Error>(sessions::begin(tx.conn, &beginning, now)?)
        })?;
        Ok(text)
    }

    /// Who is behind a session cookie, as of now; none if the session has ended.
    pub fn signed_in(&self, cookie: &str) -> Result<Option<SignedIn>, Error> {
        let (key, now) = (hash(cookie), self.clock.surely());
        let found = self.db.read(|conn| sessions::find(conn, &key, now));
        let signed_in = |(session, agent)| SignedIn { agent, session, key: key.into() };
        Ok(found_or_none(found)?.map(signed_in))
    }

    /// Whether the session's use should be noted again.
    pub fn is_due_for_touch(&self, session: &Session) -> bool {
        self.clock.surely() - session.seen_at >= TOUCH
    }

    /// Notes that a session is in use.
    pub fn touch_session(&self, id: i64) -> Result<(), Error> {
        let now = self.clock.surely();
        self.db.write(move |tx| Ok(sessions::touch(tx.conn, id, now)?))
    }

    /// An agent's sessions, the last used first.
    pub fn sessions(&self, agent: &Agent) -> Result<Vec<Session>, Error> {
        let now = self.clock.surely();
        Ok(self.db.read(|conn| sessions::of_agent(conn, agent.id, now))?)
    }

    /// Ends one of the agent's own sessions, and its sockets.
    pub fn end_session(&self, agent: &Agent, id: i64) -> Result<(), Error> {
        let (email, agent, node) = (agent.email.clone(), agent.id, self.db.node().to_owned());
        let key = self.noted("session ended", email, move |tx| {
            access::tell(tx.conn, &node)?;
            Ok(sessions::end(tx.conn, agent, id)?)
        })?;
        self.hub.revoke(|owner| *owner.key == *key);
        Ok(())
    }

    /// Signs out everywhere, except where `but` says.
    pub fn end_sessions(&self, agent: &Agent, but: Option<&SignedIn>) -> Result<(), Error> {
        let (id, node, kept) = (agent.id, self.db.node().to_owned(), but.map(|but| but.session.id));
        self.noted("sessions ended", agent.email.clone(), move |tx| {
            access::tell(tx.conn, &node)?;
            Ok(sessions::end_all(tx.conn, id, kept)?)
        })?;
        self.close_sockets(agent.id, but);
        Ok(())
    }
}

/// A new secret of 192 random bits, as text.
fn secret() -> Result<String, Error> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|error| store::Error::Unavailable(format!("no randomness: {error}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// How a secret is stored and looked up.
fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

fn found_or_none<T>(found: Result<T, store::Error>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(store::Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
