//! The names behind the ids of an answer: one question for each kind of thing.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::among::of_ids;
use super::schema::{agents, channels, contacts, conversations, interactions, organizations, profiles, queues};
use super::{Conn, Error, eyes};
use crate::domain::names::{NamedProfile, Names, Slugged, Wanted};
use crate::domain::row::NamedAgent;
use crate::domain::view::Eyes;
use crate::domain::{AgentId, ChannelId, ContactId, ConversationId, InteractionId, OrganizationId, ProfileId, QueueId};

/// The names of what is wanted; those who left and what was closed included. What these eyes do not see has no name
/// here: answers say its number alone.
pub fn of(conn: &mut Conn, wanted: &Wanted, eyes: &Eyes) -> Result<Names, Error> {
    let mut names = Names::default();
    named_profiles(conn, wanted, &mut names)?;
    let known: BTreeSet<i64> = names.profiles.values().filter_map(|p| p.contact).map(|id| id.0).collect();
    let people: BTreeSet<i64> = wanted.contacts.union(&known).copied().collect();
    if !people.is_empty() {
        let query = contacts::table.filter(contacts::id.eq_any(people)).select((contacts::id, contacts::name));
        let rows: Vec<(i64, String)> = query.load(conn)?;
        names.contacts = rows.into_iter().map(|(id, name)| (ContactId(id), name)).collect();
    }
    if !wanted.organizations.is_empty() {
        let query = organizations::table.filter(organizations::id.eq_any(&wanted.organizations));
        let rows: Vec<(i64, String)> = query.select((organizations::id, organizations::name)).load(conn)?;
        names.organizations = rows.into_iter().map(|(id, name)| (OrganizationId(id), name)).collect();
    }
    if !wanted.conversations.is_empty() {
        let mut query = conversations::table.filter(conversations::id.eq_any(&wanted.conversations)).into_boxed();
        if let Some(seen) = eyes::conversations(eyes) {
            query = query.filter(seen);
        }
        let rows: Vec<(i64, String)> = query.select((conversations::id, conversations::title)).load(conn)?;
        names.conversations = rows.into_iter().map(|(id, title)| (ConversationId(id), title)).collect();
    }
    if !wanted.interactions.is_empty() {
        let mut query = interactions::table.filter(interactions::id.eq_any(&wanted.interactions)).into_boxed();
        if let Some(seen) = eyes::interactions(eyes) {
            query = query.filter(seen);
        }
        let rows: Vec<(i64, String)> = query.select((interactions::id, interactions::short_description)).load(conn)?;
        names.interactions = rows.into_iter().map(|(id, text)| (InteractionId(id), text)).collect();
    }
    named_places(conn, wanted, eyes, &mut names)?;
    Ok(names)
}

fn listed(ids: &BTreeSet<i64>) -> Vec<i64> {
    ids.iter().copied().collect()
}

fn named_profiles(conn: &mut Conn, wanted: &Wanted, names: &mut Names) -> Result<(), Error> {
    if wanted.profiles.is_empty() {
        return Ok(());
    }
    let columns = (profiles::id, profiles::identifier, profiles::contact_id, profiles::ambiguous);
    let (ids, query) = (listed(&wanted.profiles), profiles::table.select(columns));
    let rows: Vec<(i64, String, Option<i64>, bool)> =
        of_ids!(profiles::id, &ids[..], |these| query.filter(these).load(conn))?;
    let profile = |(id, identifier, contact, ambiguous): (i64, String, Option<i64>, bool)| {
        (ProfileId(id), NamedProfile { identifier, contact: contact.map(ContactId), ambiguous })
    };
    names.profiles = rows.into_iter().map(profile).collect();
    Ok(())
}

fn named_places(conn: &mut Conn, wanted: &Wanted, eyes: &Eyes, names: &mut Names) -> Result<(), Error> {
    if !wanted.agents.is_empty() {
        let (ids, query) = (listed(&wanted.agents), agents::table.select((agents::id, agents::name, agents::email)));
        let rows: Vec<(i64, String, String)> = of_ids!(agents::id, &ids[..], |these| query.filter(these).load(conn))?;
        let agent = |(id, name, email)| (AgentId(id), NamedAgent { id: AgentId(id), name, email });
        names.agents = rows.into_iter().map(agent).collect();
    }
    if !wanted.queues.is_empty() {
        let query = queues::table.filter(queues::id.eq_any(&wanted.queues));
        let rows: Vec<(i64, String, String)> = query.select((queues::id, queues::name, queues::slug)).load(conn)?;
        let seen = rows.into_iter().filter(|(id, ..)| eyes.sees(Some(QueueId(*id)), None));
        names.queues = seen.map(|(id, name, slug)| (QueueId(id), Slugged { name, slug })).collect();
    }
    if !wanted.channels.is_empty() {
        let query = channels::table.filter(channels::id.eq_any(&wanted.channels));
        let rows: Vec<(i64, String, String)> =
            query.select((channels::id, channels::name, channels::slug)).load(conn)?;
        names.channels = rows.into_iter().map(|(id, name, slug)| (ChannelId(id), Slugged { name, slug })).collect();
    }
    Ok(())
}
