//! Set-up that nothing refers to may go. What is referred to stays: the database sees to that.

use diesel::prelude::*;

use super::schema::{
    api_tokens, channels, contact_identifiers, contacts, custom_values, organization_domains, organizations,
    queue_members, queues, spam_words,
};
use super::{Conn, Error};
use crate::domain::{ChannelId, ContactId, OrganizationId, QueueId};

/// Removes a queue and its memberships.
pub fn queue(conn: &mut Conn, id: QueueId) -> Result<(), Error> {
    diesel::delete(queue_members::table.filter(queue_members::queue_id.eq(id.0))).execute(conn)?;
    gone(diesel::delete(queues::table.find(id.0)).execute(conn)?)
}

/// Removes a channel, its tokens, and what it learned of spam.
pub fn channel(conn: &mut Conn, id: ChannelId) -> Result<(), Error> {
    diesel::delete(api_tokens::table.filter(api_tokens::channel_id.eq(id.0))).execute(conn)?;
    diesel::delete(spam_words::table.filter(spam_words::channel_id.eq(id.0))).execute(conn)?;
    gone(diesel::delete(channels::table.find(id.0)).execute(conn)?)
}

/// Removes a person and their addresses.
pub fn contact(conn: &mut Conn, id: ContactId) -> Result<(), Error> {
    diesel::delete(contact_identifiers::table.filter(contact_identifiers::contact_id.eq(id.0))).execute(conn)?;
    diesel::delete(custom_values::table.filter(custom_values::contact_id.eq(id.0))).execute(conn)?;
    gone(diesel::delete(contacts::table.find(id.0)).execute(conn)?)
}

/// Removes an organization and its domains.
pub fn organization(conn: &mut Conn, id: OrganizationId) -> Result<(), Error> {
    let domains = organization_domains::table.filter(organization_domains::organization_id.eq(id.0));
    diesel::delete(domains).execute(conn)?;
    diesel::delete(custom_values::table.filter(custom_values::organization_id.eq(id.0))).execute(conn)?;
    gone(diesel::delete(organizations::table.find(id.0)).execute(conn)?)
}

fn gone(rows: usize) -> Result<(), Error> {
    if rows == 1 { Ok(()) } else { Err(Error::NotFound) }
}
