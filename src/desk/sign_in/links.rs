//! The link of the first start, and the key of the house.

use chrono::TimeDelta;

use super::passwords::Newcomer;
use super::{found_or_none, hash, secret};
use crate::desk::{Desk, Error};
use crate::domain::{Agent, Role};
use crate::store::{self, agents, sessions, settings};

/// How long the link of the first start works.
const LASTS: TimeDelta = TimeDelta::hours(24);
/// What it is for.
const PURPOSE: &str = "first_admin";
/// The setting that holds the key of the house.
const KEY: &str = "secret";
/// The setting that holds the name of the organisation.
pub(in crate::desk) const WORKSPACE: &str = "workspace";

impl Desk {
    /// While nobody works here: a token that makes the admin, once, within a day.
    pub fn first_link(&self) -> Result<Option<String>, Error> {
        if self.db.read(agents::any)? {
            return Ok(None);
        }
        let (text, now) = (secret()?, self.clock.now());
        let key = hash(&text);
        self.db.write(move |tx| Ok::<_, Error>(sessions::offer_link(tx.conn, &key, PURPOSE, None, now + LASTS)?))?;
        Ok(Some(text))
    }

    /// Whether that is a link of the first start that still works.
    pub fn is_first_link(&self, token: &str) -> Result<bool, Error> {
        let (key, now) = (hash(token), self.clock.now());
        let works = |conn: &mut store::Conn| {
            sessions::link(conn, &key, PURPOSE, now)?;
            Ok::<_, store::Error>(!agents::any(conn)?)
        };
        Ok(found_or_none(self.db.read(works))?.unwrap_or(false))
    }

    /// Whether that was one, and has made its admin.
    pub fn is_used_first_link(&self, token: &str) -> Result<bool, Error> {
        let key = hash(token);
        Ok(self.db.read(|conn| sessions::was_used(conn, &key, PURPOSE))?)
    }

    /// Whether nobody works here yet.
    pub fn is_empty(&self) -> Result<bool, Error> {
        Ok(!self.db.read(agents::any)?)
    }

    /// Uses the link of the first start up: makes the admin.
    pub fn make_first_admin(&self, token: &str, email: &str, name: &str, password: &str) -> Result<Agent, Error> {
        let new = Newcomer::new(email, name, Role::Admin, Some(password))?;
        let (key, now) = (hash(token), self.clock.now());
        self.noted("first admin made", new.told(), move |tx| {
            sessions::use_link(tx.conn, &key, PURPOSE, now)?;
            if agents::any(tx.conn)? {
                return Err(store::Error::NotFound.into());
            }
            new.insert(tx.conn, now)
        })
    }

    /// The name of the organisation that works here.
    pub fn workspace(&self) -> Result<String, Error> {
        let name = self.db.read(|conn| settings::get(conn, WORKSPACE))?;
        Ok(name.unwrap_or_else(|| "Switchboard".to_owned()))
    }

    /// The key of the house, which signs form tokens and cookies: from the settings, or made once and kept.
    pub fn key(&self, given: Option<&[u8]>) -> Result<Vec<u8>, Error> {
        let key = match given {
            Some(key) => key.to_vec(),
            None => {
                let new = secret()?;
                let key = self.db.write(move |tx| Ok::<_, Error>(settings::get_or_set(tx.conn, KEY, &new)?))?;
                key.into_bytes()
            }
        };
        self.keyring.know(&key);
        Ok(key)
    }
}
