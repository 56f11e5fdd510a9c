//! Conversations: loaded whole with what a verb must know, saved as a change.

pub(super) mod stored;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::messages::{self, Place};
use super::schema::{channels, conversations, dependencies, organizations, tags};
pub use super::whole::many;
use super::{At, Conn, D, Error, Tx, attachments, facts, interactions, mentions};
use crate::domain::change::{Change, TagChange};
use crate::domain::conversation::Conversation;
use crate::domain::dependency::{Awaited, Dependency};
use crate::domain::due::Limits;
use crate::domain::tag::Tag;
use crate::domain::{
    AgentId, ChannelId, ConversationId, DependencyId, Fact, FactKind, InteractionId, MessageId, OrganizationId,
    ProfileId, Stage,
};
use crate::native;
pub use stored::turn;
pub(super) use stored::{Beside, DEPENDENCY, DependencyRow, Stored};

/// What a saved change left behind.
#[derive(Debug, Clone)]
pub struct Saved {
    pub conversation: Conversation,
    /// The ids of the change's messages, in order.
    pub messages: Vec<MessageId>,
}

impl From<Saved> for Conversation {
    fn from(saved: Saved) -> Self {
        saved.conversation
    }
}

/// One conversation, to look at.
pub fn find(conn: &mut Conn, id: ConversationId) -> Result<Conversation, Error> {
    let joined = organizations::table.on(organizations::id.nullable().eq(conversations::organization_id));
    // Here and below: a statement made for one database is kept prepared without being put together again.
    let (row, existing, settings): (Stored, Option<bool>, D) = native!(&mut *conn, |c| conversations::table
        .inner_join(channels::table.on(channels::id.eq(conversations::channel_id)))
        .left_join(joined)
        .filter(conversations::id.eq(id.0))
        .select((Stored::as_select(), organizations::existing.nullable(), channels::settings))
        .first(c))?;
    let interaction = row.interaction_id.ok_or_else(|| Error::Corrupt(format!("{id} has no interaction")))?;
    let interaction = interactions::find(conn, InteractionId(interaction))?;
    let tags = tags::table.filter(tags::conversation_id.eq(id.0)).order(tags::name).select((tags::name, tags::value));
    let tags: Vec<(String, Option<String>)> = native!(&mut *conn, |c| tags.load(c))?;
    let tags = tags.into_iter().map(|(name, value)| Tag { name, value }).collect();
    let dependencies = dependencies(conn, id)?;
    row.read(id, &Beside::of(existing, &settings), interaction, tags, dependencies)
}

/// One conversation, to change: nobody else changes it until this transaction ends.
pub fn hold(tx: &mut Tx, id: ConversationId) -> Result<Conversation, Error> {
    super::dialect::lock_conversation(tx.conn, id.0)?;
    find(tx.conn, id)
}

/// As the index of these says it: a value that is bound would not be seen to be one of its own.
const GOING_ON: &str = "conversations.turn <= 2";

/// Where a channel profile goes on: its latest conversation that is not closed; else its latest, merges followed.
pub fn latest_of_profile(conn: &mut Conn, profile: ProfileId) -> Result<Option<ConversationId>, Error> {
    let open = conversations::table
        .filter(conversations::profile_id.eq(profile.0))
        .filter(sql::<Bool>(GOING_ON))
        .order(conversations::id.desc())
        .select(conversations::id)
        .first::<i64>(conn)
        .optional()?;
    if let Some(open) = open {
        return Ok(Some(ConversationId(open)));
    }
    let latest = conversations::table
        .filter(conversations::profile_id.eq(profile.0))
        .order(conversations::id.desc())
        .select((conversations::id, conversations::merged_into))
        .first::<(i64, Option<i64>)>(conn)
        .optional()?;
    Ok(latest.map(|(id, merged)| ConversationId(merged.unwrap_or(id))))
}

/// The conversation a merged one went into; itself if it was not merged.
pub fn survivor(conn: &mut Conn, id: ConversationId) -> Result<ConversationId, Error> {
    let merged: Option<i64> = conversations::table.find(id.0).select(conversations::merged_into).first(conn)?;
    Ok(merged.map_or(id, ConversationId))
}

/// Conversations whose time has come, oldest first.
pub fn due(
    conn: &mut Conn,
    now: chrono::DateTime<chrono::Utc>,
    limit: i64,
) -> Result<Vec<(ConversationId, chrono::DateTime<chrono::Utc>)>, Error> {
    let due = conversations::table
        .filter(conversations::due_at.le(At(now)))
        .order((conversations::due_at, conversations::id))
        .limit(limit)
        .select((conversations::id, conversations::due_at.assume_not_null()));
    let rows: Vec<(i64, At)> = due.load(conn)?;
    Ok(rows.into_iter().map(|(id, at)| (ConversationId(id), at.0)).collect())
}

/// The open conversations of an organization by number, after one.
pub fn open_of(
    conn: &mut Conn,
    id: OrganizationId,
    after: ConversationId,
    limit: i64,
) -> Result<Vec<ConversationId>, Error> {
    let open = conversations::organization_id.eq(id.0).and(conversations::turn.le(2));
    let open = conversations::table.filter(open.and(conversations::id.gt(after.0)));
    let ids = open.order(conversations::id).limit(limit).select(conversations::id);
    Ok(ids.load::<i64>(conn)?.into_iter().map(ConversationId).collect())
}

/// Saves a change: the row under its version, interaction, messages, facts, tags and dependencies, all or nothing.
pub fn save(tx: &mut Tx, change: Change, limits: &Limits) -> Result<Saved, Error> {
    let Change { mut conversation, log, messages, tags, closed_dependencies } = change.ranked(limits.priority_guard);
    if conversation.id.0 == 0 {
        conversation.version += 1;
        let row = Stored::of(&conversation, limits);
        let insert = diesel::insert_into(conversations::table).values(&row).returning(conversations::id);
        conversation.id = ConversationId(native!(&mut *tx.conn, |c| insert.get_result(c))?);
    }
    let id = conversation.id;
    save_interaction(tx.conn, &mut conversation, &log.facts)?;
    let place =
        Place { conversation: Some(id), interaction: conversation.interaction.id, channel: Some(conversation.channel) };
    let mut ids = Vec::with_capacity(messages.len());
    for message in &messages {
        let stored = messages::insert(tx.conn, place, message, log.at)?;
        if !attachments::send(tx.conn, message.actor, &message.attachments, stored)? {
            return Err(Error::NotFound);
        }
        mentions::set(tx.conn, stored, id, &message.mentions)?;
        conversation.last_message = Some(stored);
        if message.kind == crate::domain::change::MessageKind::Customer && message.class == "content" {
            conversation.last_customer_message = Some(stored);
        }
        ids.push(stored);
    }
    tags.iter().try_for_each(|tag| save_tag(tx.conn, id, tag))?;
    save_dependencies(tx.conn, &mut conversation, &closed_dependencies)?;
    if helped(&conversation, &log.facts)
        && let Some(organization) = conversation.organization
    {
        super::people::mark_existing(tx.conn, organization)?;
    }
    let known = conversation.version;
    // What nobody is told of is not news to anybody either: a page that has not heard of it is not out of date.
    conversation.version += i64::from(!log.facts.is_empty());
    facts::append(tx, placed(log.facts, &conversation, &ids))?;
    update(tx.conn, &conversation, known, limits)?;
    Ok(Saved { conversation, messages: ids })
}

/// Whether this change resolves it, and not as spam: somebody of this organization was helped.
fn helped(conversation: &Conversation, facts: &[Fact]) -> bool {
    let resolved = |fact: &Fact| fact.kind == FactKind::StageChanged && fact.to.as_deref() == Some("resolved");
    facts.iter().any(resolved) && conversation.resolution() != Some("Spam")
}

/// Writes the conversation's row alone, if it still has the version that was read.
fn update(conn: &mut Conn, conversation: &Conversation, version: i64, limits: &Limits) -> Result<(), Error> {
    let row = Stored::of(conversation, limits);
    let update = stored::Update { row: &row, id: conversation.id.0, version };
    let changed = native!(conn, |c| update.execute(c))?;
    if changed != 1 {
        return Err(Error::Stale);
    }
    Ok(())
}

/// The interaction is written only if the change touched it.
fn save_interaction(conn: &mut Conn, conversation: &mut Conversation, facts: &[Fact]) -> Result<(), Error> {
    let touched = |kind| {
        matches!(
            kind,
            FactKind::StateChanged
                | FactKind::AssignmentChanged
                | FactKind::FirstResponse
                | FactKind::InteractionChanged
                | FactKind::InteractionOpened
                | FactKind::ContactLinked
                | FactKind::DeliveryChanged
        )
    };
    let interaction = &mut conversation.interaction;
    if interaction.id.0 != 0 && !facts.iter().any(|fact| touched(fact.kind)) {
        return Ok(());
    }
    interaction.conversation = Some(conversation.id);
    interaction.id = interactions::save(conn, interaction)?;
    interaction.version += 1;
    Ok(())
}

/// Facts with the records they belong to; message facts name their message.
fn placed(facts: Vec<Fact>, conversation: &Conversation, messages: &[MessageId]) -> Vec<Fact> {
    let mut messages = messages.iter();
    let place = |mut fact: Fact| {
        fact.conversation = Some(conversation.id);
        fact.interaction = Some(conversation.interaction.id);
        match fact.kind {
            FactKind::MessageAdded => fact.with("message", messages.next().map(|id| id.0)),
            _ => fact,
        }
    };
    facts.into_iter().map(place).collect()
}

fn save_tag(conn: &mut Conn, id: ConversationId, change: &TagChange) -> Result<(), Error> {
    match change {
        TagChange::Put(tag) => {
            let row = (tags::conversation_id.eq(id.0), tags::name.eq(&tag.name), tags::value.eq(&tag.value));
            native!(conn, |c| diesel::insert_into(tags::table)
                .values(row)
                .on_conflict((tags::conversation_id, tags::name))
                .do_update()
                .set(tags::value.eq(&tag.value))
                .execute(c))?;
        }
        TagChange::Removed(name) => {
            let known = tags::conversation_id.eq(id.0).and(tags::name.eq(name));
            diesel::delete(tags::table.filter(known)).execute(conn)?;
        }
    }
    Ok(())
}

fn dependencies(conn: &mut Conn, id: ConversationId) -> Result<Vec<Dependency>, Error> {
    let rows: Vec<DependencyRow> = native!(conn, |c| dependencies::table
        .filter(dependencies::conversation_id.eq(id.0))
        .order(dependencies::id)
        .select(DEPENDENCY)
        .load(c))?;
    rows.into_iter().map(|row| Ok(stored::dependency(row)?.1)).collect()
}

fn save_dependencies(conn: &mut Conn, conversation: &mut Conversation, closed: &[DependencyId]) -> Result<(), Error> {
    for dependency in &mut conversation.dependencies {
        if dependency.id.0 == 0 {
            dependency.id = insert_dependency(conn, conversation.id, dependency)?;
        } else if closed.contains(&dependency.id) {
            let state = (
                dependencies::state.eq(dependency.state.as_str()),
                dependencies::closed_at.eq(dependency.closed_at.map(At)),
            );
            diesel::update(dependencies::table.find(dependency.id.0)).set(state).execute(conn)?;
        }
    }
    Ok(())
}

fn insert_dependency(conn: &mut Conn, id: ConversationId, dependency: &Dependency) -> Result<DependencyId, Error> {
    let (reviewer, role, until) = match &dependency.awaited {
        Awaited::Review { reviewer, role } => (Some(reviewer.0), role.as_deref(), None),
        Awaited::Until(at) => (None, None, Some(At(*at))),
    };
    let row = (
        dependencies::conversation_id.eq(id.0),
        dependencies::kind.eq(dependency.awaited.kind()),
        dependencies::reviewer_id.eq(reviewer),
        dependencies::role_label.eq(role),
        dependencies::until.eq(until),
        dependencies::state.eq(dependency.state.as_str()),
        dependencies::added_at.eq(At(dependency.added_at)),
        dependencies::closed_at.eq(dependency.closed_at.map(At)),
    );
    let insert = diesel::insert_into(dependencies::table).values(row).returning(dependencies::id);
    Ok(DependencyId(insert.get_result(conn)?))
}

/// What was merged into `from` before now belongs to `into`.
pub fn follow_merge(conn: &mut Conn, from: ConversationId, into: ConversationId) -> Result<(), Error> {
    let earlier = conversations::table.filter(conversations::merged_into.eq(from.0));
    diesel::update(earlier).set(conversations::merged_into.eq(into.0)).execute(conn)?;
    mentions::follow_merge(conn, from, into)
}

/// A review somebody owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    pub id: DependencyId,
    pub conversation: ConversationId,
    pub title: String,
    pub role: Option<String>,
    pub since: chrono::DateTime<chrono::Utc>,
}

/// The conversation and the reviewer of a review.
pub fn review(conn: &mut Conn, id: DependencyId) -> Result<(ConversationId, AgentId), Error> {
    let (conversation, reviewer): (i64, Option<i64>) = dependencies::table
        .find(id.0)
        .select((dependencies::conversation_id, dependencies::reviewer_id))
        .first(conn)?;
    Ok((ConversationId(conversation), AgentId(reviewer.ok_or(Error::NotFound)?)))
}

/// The open reviews of an agent, oldest first.
pub fn open_reviews(conn: &mut Conn, agent: AgentId) -> Result<Vec<Review>, Error> {
    let open = dependencies::reviewer_id.eq(agent.0).and(dependencies::state.eq("open"));
    let open = open.and(conversations::turn.lt(turn(Stage::Archived)));
    let rows: Vec<(i64, i64, String, Option<String>, At)> = dependencies::table
        .inner_join(conversations::table.on(conversations::id.eq(dependencies::conversation_id)))
        .filter(open)
        .order(dependencies::id)
        .select((
            dependencies::id,
            conversations::id,
            conversations::title,
            dependencies::role_label,
            dependencies::added_at,
        ))
        .limit(200)
        .load(conn)?;
    let read = |(id, conversation, title, role, since): (i64, i64, String, Option<String>, At)| Review {
        id: DependencyId(id),
        conversation: ConversationId(conversation),
        title,
        role,
        since: since.0,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Writes the due moment anew where it was found to be wrong, without a change of the conversation.
pub fn settle(conn: &mut Conn, conversation: &Conversation, limits: &Limits) -> Result<(), Error> {
    let due = conversation.next_due(limits).map(|(at, _)| At(at));
    diesel::update(conversations::table.find(conversation.id.0)).set(conversations::due_at.eq(due)).execute(conn)?;
    Ok(())
}

/// Looks again at what waits for its customer on a channel, because the channel has another patience now.
pub fn look_again(conn: &mut Conn, channel: ChannelId, now: chrono::DateTime<chrono::Utc>) -> Result<(), Error> {
    let waiting = conversations::stage.eq(Stage::WaitingOnUser.as_str()).and(conversations::channel_id.eq(channel.0));
    diesel::update(conversations::table.filter(waiting)).set(conversations::due_at.eq(At(now))).execute(conn)?;
    Ok(())
}

/// Looks at a conversation again at this moment, whatever it says itself: it may not even be readable.
pub fn put_off(conn: &mut Conn, id: ConversationId, until: chrono::DateTime<chrono::Utc>) -> Result<(), Error> {
    diesel::update(conversations::table.find(id.0)).set(conversations::due_at.eq(At(until))).execute(conn)?;
    Ok(())
}
