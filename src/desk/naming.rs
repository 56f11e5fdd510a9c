//! What an answer to a program is made of: records whole, and the names of what they refer to.

use super::inbox::{Cursor, Filter};
use super::people::candidates;
use super::{Desk, Done, Error};
use crate::domain::message::Message;
use crate::domain::names::{Names, Wanted};
use crate::domain::{Agent, Conversation, MessageId, OrganizationId};
use crate::store::people::{Contact, Organization};
use crate::store::{conversations, eyes, messages, names, people};

impl Desk {
    /// The names of what is wanted, as far as this agent may know them; without one, as far as everybody may.
    pub fn names(&self, by: Option<&Agent>, wanted: &Wanted) -> Done<Names> {
        self.db.read(|conn| {
            let eyes = eyes::of(conn, by)?;
            Ok(names::of(conn, wanted, &eyes)?)
        })
    }

    /// One page of conversations, each whole, and where the next one begins.
    pub fn conversations(
        &self,
        viewer: &Agent,
        filter: Filter,
        after: Option<Cursor>,
        limit: i64,
    ) -> Done<(Vec<Conversation>, Option<Cursor>)> {
        let page = self.page(viewer, filter, after, limit)?;
        let ids: Vec<i64> = page.rows.iter().map(|row| row.id.0).collect();
        Ok((self.db.read(|conn| Ok::<_, Error>(conversations::many(conn, &ids)?))?, page.next))
    }

    /// A message that was just stored.
    pub fn message(&self, id: MessageId) -> Done<Message> {
        self.db.read(|conn| messages::by_id(conn, &[id.0])?.pop().ok_or(Error::NotFound))
    }

    /// The contacts an identifier could be.
    pub fn candidates(&self, identifier: &str) -> Done<Vec<Contact>> {
        self.db.read(|conn| candidates(conn, identifier))
    }

    /// One page of contacts, by id.
    pub fn contacts(&self, named: Option<&str>, after: i64, limit: i64) -> Done<Vec<Contact>> {
        self.db.read(|conn| {
            let page = people::contacts(conn, named, after, limit)?;
            page.into_iter().map(|(id, _)| Ok(people::contact(conn, id)?)).collect()
        })
    }

    /// One organization.
    pub fn organization(&self, id: OrganizationId) -> Done<Organization> {
        self.db.read(|conn| Ok(people::organization(conn, id)?))
    }

    /// One page of organizations, by id.
    pub fn organizations(&self, after: i64, limit: i64) -> Done<Vec<Organization>> {
        self.db.read(|conn| {
            let page = people::organizations(conn, after, limit)?;
            page.into_iter().map(|id| Ok(people::organization(conn, id)?)).collect()
        })
    }
}
