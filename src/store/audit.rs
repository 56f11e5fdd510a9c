//! What `verify` compares: records as they are stored, with their facts, a stretch of numbers at a time.

use std::collections::HashMap;

use diesel::dsl::{count_star, max};
use diesel::prelude::*;

use super::conversations::stored::dependency;
use super::conversations::{Beside, DEPENDENCY, Stored};
use super::schema::{
    agents, channels, conversations, dependencies, facts, interactions, messages, organizations, tags,
};
use super::{At, Conn, D, Error};
use crate::domain::conversation::{Conversation, REMOVED, preview};
use crate::domain::dependency::Dependency;
use crate::domain::due::Limits;
use crate::domain::interaction::Interaction;
use crate::domain::tag::Tag;
use crate::domain::{Agent, AgentId, ConversationId, Fact, FactKind, InteractionId, Stage};

/// A conversation as it is stored.
pub struct Kept {
    pub conversation: Conversation,
    /// All its interactions, oldest first.
    pub interactions: Vec<Interaction>,
    /// All its facts, oldest first.
    pub facts: Vec<Fact>,
    /// How many messages it has.
    pub messages: i64,
    /// What lists show of the last public message.
    pub said: Option<String>,
    row: Stored,
}

/// A field that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub field: &'static str,
    pub stored: String,
    pub told: String,
}

/// How many conversations there are, and how many interactions without one.
pub fn totals(conn: &mut Conn) -> Result<(i64, i64), Error> {
    let alone = interactions::table.filter(interactions::conversation_id.is_null()).select(count_star());
    Ok((conversations::table.select(count_star()).first(conn)?, alone.first(conn)?))
}

/// The next conversations by number.
pub fn conversations(conn: &mut Conn, after: ConversationId, limit: i64) -> Result<Vec<Kept>, Error> {
    let rows: Vec<(i64, Stored, Option<bool>, D)> = conversations::table
        .inner_join(channels::table.on(channels::id.eq(conversations::channel_id)))
        .left_join(organizations::table.on(organizations::id.nullable().eq(conversations::organization_id)))
        .filter(conversations::id.gt(after.0))
        .order(conversations::id)
        .limit(limit)
        .select((conversations::id, Stored::as_select(), organizations::existing.nullable(), channels::settings))
        .load(conn)?;
    let (Some(first), Some(last)) = (rows.first().map(|row| row.0), rows.last().map(|row| row.0)) else {
        return Ok(Vec::new());
    };
    let mut around = Around::of(conn, first, last)?;
    rows.into_iter().map(|(id, row, known, settings)| around.kept(id, row, &Beside::of(known, &settings))).collect()
}

/// The next interactions without a conversation, with their facts.
pub fn alone(conn: &mut Conn, after: InteractionId, limit: i64) -> Result<Vec<(Interaction, Vec<Fact>)>, Error> {
    let ids: Vec<i64> = interactions::table
        .filter(interactions::conversation_id.is_null().and(interactions::id.gt(after.0)))
        .order(interactions::id)
        .limit(limit)
        .select(interactions::id)
        .load(conn)?;
    let rows: Vec<super::facts::Stored> = facts::table
        .filter(facts::interaction_id.eq_any(&ids))
        .order(facts::seq)
        .select(super::facts::Stored::as_select())
        .load(conn)?;
    let mut own = grouped(super::facts::read(rows)?, |fact| fact.interaction.map_or(0, |id| id.0));
    let all = super::interactions::many(conn, ids)?;
    Ok(all.into_iter().map(|one| (own.remove(&one.id.0).unwrap_or_default(), one)).map(|(f, i)| (i, f)).collect())
}

/// Every change of presence, by agent, oldest first.
pub fn presence(conn: &mut Conn) -> Result<HashMap<AgentId, Vec<Fact>>, Error> {
    let rows: Vec<super::facts::Stored> = facts::table
        .filter(facts::agent_id.is_not_null().and(facts::kind.eq(FactKind::PresenceChanged.as_str())))
        .order((facts::agent_id, facts::seq))
        .select(super::facts::Stored::as_select())
        .load(conn)?;
    Ok(grouped(super::facts::read(rows)?, |fact| fact.agent.unwrap_or(AgentId(0))))
}

/// Everybody who ever worked here.
pub fn agents(conn: &mut Conn) -> Result<Vec<Agent>, Error> {
    let rows: Vec<super::agents::Row> = agents::table.order(agents::id).select(super::agents::COLUMNS).load(conn)?;
    rows.into_iter().map(|row| super::agents::one(conn, row)).collect()
}

impl Kept {
    /// Where its row is not what these facts make of it.
    pub fn differences(&self, told: &Conversation, limits: &Limits) -> Vec<Difference> {
        let told = Stored::of(told, limits);
        let mut all = Vec::new();
        macro_rules! compare {
            ($($field:ident),+ $(,)?) => {
                $(all.extend(difference(stringify!($field), &self.row.$field, &told.$field));)+
            };
        }
        compare!(
            title,
            stage,
            stage_since,
            turn,
            order_rank,
            order_at,
            started_by,
            created_at,
            rank,
            reopen_count,
            merged_into,
            unanswered_since,
            last_message_id,
            last_message_at,
            last_customer_message_id,
            last_customer_at,
            last_agent_at,
            reminded_at,
            preview,
            missed,
            interaction_id,
            assignee_id,
            queue_id,
        );
        // Where a channel has another patience now, its silent ones are looked at again, which finds when that should be.
        let waits = told.stage == Stage::WaitingOnUser.as_str();
        let early = self.row.due_at.is_some_and(|due| told.due_at.is_none_or(|told| due.0 <= told.0));
        all.extend(difference("due_at", &self.row.due_at, &told.due_at).filter(|_| !(waits && early)));
        all
    }
}

/// Where an interaction is not what its facts make of it.
pub fn differences(stored: &Interaction, told: &Interaction) -> Vec<Difference> {
    let (stored, told) = (super::interactions::Stored::from(stored), super::interactions::Stored::from(told));
    let mut all = Vec::new();
    macro_rules! compare {
        ($($field:ident),+ $(,)?) => {
            $(all.extend(difference(stringify!($field), &stored.$field, &told.$field));)+
        };
    }
    compare!(
        state,
        state_reason,
        state_since,
        queue_id,
        assignee_id,
        accepted_at,
        opened_at,
        first_response_at,
        closed_at,
        close_code,
        short_description,
        worked_micros,
        working_since,
    );
    all
}

/// What belongs to the conversations of a stretch of numbers.
struct Around {
    interactions: HashMap<i64, Vec<Interaction>>,
    tags: HashMap<i64, Vec<Tag>>,
    dependencies: HashMap<i64, Vec<Dependency>>,
    facts: HashMap<i64, Vec<Fact>>,
    messages: HashMap<i64, i64>,
    said: HashMap<i64, String>,
}

impl Around {
    fn of(conn: &mut Conn, first: i64, last: i64) -> Result<Self, Error> {
        let ids = interactions::table.filter(interactions::conversation_id.between(first, last));
        let ids = ids.order(interactions::id).select(interactions::id).load(conn)?;
        let interactions = super::interactions::many(conn, ids)?;
        let tags = tags::table
            .filter(tags::conversation_id.between(first, last))
            .order((tags::conversation_id, tags::name))
            .select((tags::conversation_id, tags::name, tags::value));
        let tags: Vec<(i64, String, Option<String>)> = tags.load(conn)?;
        let waits = dependencies::table.filter(dependencies::conversation_id.between(first, last));
        let waits = waits.order(dependencies::id).select(DEPENDENCY).load(conn)?;
        let waits = waits.into_iter().map(dependency).collect::<Result<Vec<_>, _>>()?;
        let told = facts::table
            .filter(facts::conversation_id.between(first, last))
            .order((facts::conversation_id, facts::seq))
            .select(super::facts::Stored::as_select());
        let facts = super::facts::read(told.load(conn)?)?;
        let mut around = Around {
            interactions: grouped(interactions, |one| one.conversation.map_or(0, |id| id.0)),
            tags: HashMap::new(),
            dependencies: HashMap::new(),
            facts: grouped(facts, |fact| fact.conversation.map_or(0, |id| id.0)),
            messages: counts(conn, first, last)?,
            said: said(conn, first, last)?,
        };
        for (id, name, value) in tags {
            around.tags.entry(id).or_default().push(Tag { name, value });
        }
        for (id, wait) in waits {
            around.dependencies.entry(id.0).or_default().push(wait);
        }
        Ok(around)
    }

    fn kept(&mut self, id: i64, row: Stored, beside: &Beside) -> Result<Kept, Error> {
        let number = ConversationId(id);
        let interactions = self.interactions.remove(&id).unwrap_or_default();
        let current = interactions.iter().find(|one| Some(one.id.0) == row.interaction_id).cloned();
        let current = current.ok_or_else(|| Error::Corrupt(format!("{number} has no interaction")))?;
        let tags = self.tags.remove(&id).unwrap_or_default();
        let dependencies = self.dependencies.remove(&id).unwrap_or_default();
        Ok(Kept {
            conversation: row.clone().read(number, beside, current, tags, dependencies)?,
            interactions,
            facts: self.facts.remove(&id).unwrap_or_default(),
            messages: self.messages.remove(&id).unwrap_or_default(),
            said: self.said.remove(&id),
            row,
        })
    }
}

fn counts(conn: &mut Conn, first: i64, last: i64) -> Result<HashMap<i64, i64>, Error> {
    let counts: Vec<(Option<i64>, i64)> = messages::table
        .filter(messages::conversation_id.between(first, last))
        .group_by(messages::conversation_id)
        .select((messages::conversation_id, count_star()))
        .load(conn)?;
    Ok(counts.into_iter().filter_map(|(id, number)| Some((id?, number))).collect())
}

/// What lists show of the last public message of each.
fn said(conn: &mut Conn, first: i64, last: i64) -> Result<HashMap<i64, String>, Error> {
    let public = messages::kind.eq_any(["customer", "reply", "external_response"]);
    let latest: Vec<Option<i64>> = messages::table
        .filter(messages::conversation_id.between(first, last).and(public))
        .group_by(messages::conversation_id)
        .select(max(messages::id))
        .load(conn)?;
    let ids: Vec<i64> = latest.into_iter().flatten().collect();
    let files = super::attachments::of_messages(conn, &ids)?;
    let files = |message: i64| files.get(&message).map_or(0, Vec::len);
    let said = messages::table.filter(messages::id.eq_any(ids));
    let said: Vec<(i64, Option<i64>, String, Option<At>)> =
        said.select((messages::id, messages::conversation_id, messages::body, messages::removed_at)).load(conn)?;
    let shown = |message: i64, body: &str, removed: Option<At>| match removed {
        Some(_) => REMOVED.to_owned(),
        None => preview(body, files(message)),
    };
    let said = said.into_iter();
    Ok(said.filter_map(|(message, id, body, removed)| Some((id?, shown(message, &body, removed)))).collect())
}

fn grouped<K: std::hash::Hash + Eq, T>(all: Vec<T>, key: impl Fn(&T) -> K) -> HashMap<K, Vec<T>> {
    let mut groups: HashMap<K, Vec<T>> = HashMap::new();
    for one in all {
        groups.entry(key(&one)).or_default().push(one);
    }
    groups
}

fn difference<T: PartialEq + Shown>(field: &'static str, stored: &T, told: &T) -> Option<Difference> {
    (stored != told).then(|| Difference { field, stored: stored.shown(), told: told.shown() })
}

/// A value as a person reads it.
trait Shown {
    fn shown(&self) -> String;
}

macro_rules! shown {
    ($($type:ty => |$value:ident| $text:expr),+ $(,)?) => {
        $(impl Shown for $type { fn shown(&self) -> String { let $value = self; $text } })+
    };
}
shown! {
    String => |text| format!("{text:?}"),
    i16 => |number| number.to_string(),
    i64 => |number| number.to_string(),
    bool => |flag| flag.to_string(),
    At => |at| at.0.to_rfc3339(),
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> String {
        self.as_ref().map_or_else(|| "nothing".to_owned(), Shown::shown)
    }
}
