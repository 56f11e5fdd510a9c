//! Conversations read whole, many at the price of one: each with its interaction, tags and dependencies.

use std::collections::HashMap;

use diesel::prelude::*;

use super::conversations::{Beside, DEPENDENCY, DependencyRow, Stored, stored};
use super::schema::{channels, conversations, dependencies, organizations, tags};
use super::{Conn, D, Error, interactions};
use crate::domain::dependency::Dependency;
use crate::domain::tag::Tag;
use crate::domain::{Conversation, ConversationId, Interaction};

/// Conversations by id, in the order asked for.
pub fn many(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Conversation>, Error> {
    let rows: Vec<(i64, Stored, Option<bool>, D)> = conversations::table
        .inner_join(channels::table.on(channels::id.eq(conversations::channel_id)))
        .left_join(organizations::table.on(organizations::id.nullable().eq(conversations::organization_id)))
        .filter(conversations::id.eq_any(ids))
        .select((conversations::id, Stored::as_select(), organizations::existing.nullable(), channels::settings))
        .load(conn)?;
    let current = rows.iter().filter_map(|(_, row, ..)| row.interaction_id).collect();
    let mut current: HashMap<i64, Interaction> =
        interactions::many(conn, current)?.into_iter().map(|i| (i.id.0, i)).collect();
    let (mut tags, mut waits) = (tags_of(conn, ids)?, dependencies_of(conn, ids)?);
    let mut all = HashMap::with_capacity(rows.len());
    for (id, row, existing, settings) in rows {
        let interaction = row.interaction_id.and_then(|id| current.remove(&id));
        let interaction = interaction.ok_or_else(|| Error::Corrupt(format!("conversation {id} has no interaction")))?;
        let (tags, waits) = (tags.remove(&id).unwrap_or_default(), waits.remove(&id).unwrap_or_default());
        let beside = Beside::of(existing, &settings);
        all.insert(id, row.read(ConversationId(id), &beside, interaction, tags, waits)?);
    }
    Ok(ids.iter().filter_map(|id| all.remove(id)).collect())
}

fn tags_of(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, Vec<Tag>>, Error> {
    let rows: Vec<(i64, String, Option<String>)> = tags::table
        .filter(tags::conversation_id.eq_any(ids))
        .order((tags::conversation_id, tags::name))
        .select((tags::conversation_id, tags::name, tags::value))
        .load(conn)?;
    let mut all: HashMap<i64, Vec<Tag>> = HashMap::new();
    for (id, name, value) in rows {
        all.entry(id).or_default().push(Tag { name, value });
    }
    Ok(all)
}

fn dependencies_of(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, Vec<Dependency>>, Error> {
    let rows: Vec<DependencyRow> = dependencies::table
        .filter(dependencies::conversation_id.eq_any(ids))
        .order((dependencies::conversation_id, dependencies::id))
        .select(DEPENDENCY)
        .load(conn)?;
    let mut all: HashMap<i64, Vec<Dependency>> = HashMap::new();
    for row in rows {
        let (conversation, dependency) = stored::dependency(row)?;
        all.entry(conversation.0).or_default().push(dependency);
    }
    Ok(all)
}
