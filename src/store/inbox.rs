//! Lists of conversations. A list costs its page: one equality, a keyset, an index for each.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, SmallInt};

use super::among::among;
use super::conn::{MultiBackend, native};
use super::conversations::turn;
use super::schema::{
    agents, contacts, conversations, dependencies, interactions, mentions, organizations, profiles, queues, tags,
};
use super::types::{Instant, word};
use super::{At, Conn, Error, eyes};
use crate::domain::row::{NamedAgent, NamedOrganization, NamedQueue, Row};
use crate::domain::tag::Tag;
use crate::domain::view::{Eyes, View, ViewName};
use crate::domain::{
    Agent, AgentId, ContactId, ConversationId, InteractionId, OrganizationId, ProfileId, QueueId, Stage,
};

/// How a list is ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Rank, then oldest unanswered. Closed ones: newest first.
    #[default]
    Urgent,
    /// Oldest unanswered, whatever the rank.
    Longest,
    Newest,
}

/// What a list shows, besides what the viewer may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub order: Order,
    /// Some stages; empty is open and in progress, without Suspended and Closed.
    pub stages: Vec<Stage>,
    /// Somebody's, or nobody's.
    pub assignee: Option<Option<AgentId>>,
    pub queue: Option<QueueId>,
    pub tag: Option<String>,
    pub contact: Option<ContactId>,
    pub profile: Option<ProfileId>,
    pub organization: Option<OrganizationId>,
    /// Only those whose customer left before any answer.
    pub missed: bool,
    /// Only those whose notes name this colleague.
    pub mentioned: Option<AgentId>,
}

impl Filter {
    /// The filter of a view, for a viewer.
    pub fn of(view: View, viewer: &Agent) -> Self {
        let mut filter = Filter { stages: view.stages().to_vec(), ..Filter::default() };
        match view {
            View::Queue(queue) => filter.queue = Some(queue),
            View::Named(ViewName::Mine) => filter.assignee = Some(Some(viewer.id)),
            View::Named(ViewName::Unassigned) => filter.assignee = Some(None),
            View::Named(ViewName::Mentions) => filter.mentioned = Some(viewer.id),
            View::Named(ViewName::Missed) => filter.missed = true,
            View::Named(_) => {}
        }
        filter
    }
}

/// A place in a list: what the next page begins after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub rank: i16,
    pub at: DateTime<Utc>,
    pub id: ConversationId,
}

/// One equality a list is read by; each has an index that ends in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Turn(i16),
    Stage(Stage),
}

/// A page of a list in its order. Each scope is read in the order of its index, then the heads are merged.
pub fn page(
    conn: &mut Conn,
    filter: &Filter,
    eyes: &Eyes,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let closed = !filter.stages.is_empty() && filter.stages.iter().all(|stage| stage.is_closed());
    let order = if closed && filter.order == Order::Urgent { Order::Newest } else { filter.order };
    // Whatever the rank: each rank is read by itself.
    let ranks: &[Option<i16>] = if order == Order::Urgent { &[None] } else { &[Some(0), Some(1), Some(2)] };
    let mut keys = Vec::new();
    for scope in scopes(&filter.stages) {
        for rank in ranks {
            keys.extend(keys_of(conn, scope, *rank, filter, eyes, after, order, limit)?);
        }
    }
    match order {
        Order::Urgent => keys.sort(),
        Order::Longest => keys.sort_by_key(|(_, at, id)| (*at, *id)),
        Order::Newest => keys.sort_by_key(|(_, at, id)| std::cmp::Reverse((*at, *id))),
    }
    keys.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    rows(conn, &keys.into_iter().map(|(_, _, id)| id).collect::<Vec<_>>())
}

/// Whole turns where a filter names all their stages, else the stages one by one.
fn scopes(stages: &[Stage]) -> Vec<Scope> {
    if stages.is_empty() {
        return vec![Scope::Turn(0), Scope::Turn(1)];
    }
    let mut scopes: Vec<Scope> = Vec::new();
    for &stage in stages {
        let whole = Stage::ALL.iter().filter(|other| turn(**other) == turn(stage)).all(|other| stages.contains(other));
        let scope = if whole { Scope::Turn(turn(stage)) } else { Scope::Stage(stage) };
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes
}

type Key = (i16, DateTime<Utc>, i64);
type Wanted<'a> = conversations::BoxedQuery<'a, MultiBackend, (SmallInt, Instant, BigInt)>;

#[expect(clippy::too_many_arguments, reason = "one question in its parts; a struct would only rename them")]
fn keys_of(
    conn: &mut Conn,
    scope: Scope,
    rank: Option<i16>,
    filter: &Filter,
    eyes: &Eyes,
    after: Option<Cursor>,
    order: Order,
    limit: i64,
) -> Result<Vec<Key>, Error> {
    let mut query = wanted(scope, filter, eyes).limit(limit);
    if let Some(rank) = rank {
        query = query.filter(conversations::order_rank.eq(rank));
    }
    if let Some(after) = after {
        // A row value: both databases answer it from the index.
        let place = match order {
            Order::Urgent | Order::Longest => {
                "(conversations.order_rank, conversations.order_at, conversations.id) > ("
            }
            Order::Newest => "(conversations.order_rank, conversations.order_at, conversations.id) < (",
        };
        let beyond = sql::<Bool>(place).bind::<SmallInt, _>(rank.unwrap_or(after.rank));
        let beyond = beyond.sql(", ").bind::<Instant, _>(At(after.at)).sql(", ").bind::<BigInt, _>(after.id.0).sql(")");
        query = query.filter(beyond);
    }
    let rows: Vec<(i16, At, i64)> = match order {
        Order::Urgent | Order::Longest => {
            query.order((conversations::order_rank, conversations::order_at, conversations::id)).load(conn)?
        }
        Order::Newest => {
            let order = (conversations::order_rank.desc(), conversations::order_at.desc(), conversations::id.desc());
            query.order(order).load(conn)?
        }
    };
    Ok(rows.into_iter().map(|(rank, at, id)| (rank, at.0, id)).collect())
}

fn wanted<'a>(scope: Scope, filter: &Filter, eyes: &Eyes) -> Wanted<'a> {
    let mut query = conversations::table
        .select((conversations::order_rank, conversations::order_at, conversations::id))
        .into_boxed();
    query = match scope {
        Scope::Turn(turn) => query.filter(conversations::turn.eq(turn)),
        Scope::Stage(stage) => query.filter(conversations::stage.eq(stage.as_str())),
    };
    query = match filter.assignee {
        Some(Some(agent)) => query.filter(conversations::assignee_id.eq(agent.0)),
        Some(None) => query.filter(conversations::assignee_id.is_null()),
        None => query,
    };
    if let Some(queue) = filter.queue {
        query = query.filter(conversations::queue_id.eq(queue.0));
    }
    if let Some(contact) = filter.contact {
        query = query.filter(conversations::contact_id.eq(contact.0));
    }
    if let Some(profile) = filter.profile {
        query = query.filter(conversations::profile_id.eq(profile.0));
    }
    if let Some(organization) = filter.organization {
        query = query.filter(conversations::organization_id.eq(organization.0));
    }
    if let Some(agent) = filter.mentioned {
        let named = mentions::table.filter(mentions::agent_id.eq(agent.0)).select(mentions::conversation_id);
        query = query.filter(conversations::id.eq_any(named));
    }
    if filter.missed {
        query = query.filter(conversations::missed.eq(true));
    }
    if let Some(tag) = filter.tag.clone() {
        let tagged = tags::table.filter(tags::name.eq(tag)).select(tags::conversation_id);
        query = query.filter(conversations::id.eq_any(tagged));
    }
    match eyes::conversations(eyes) {
        Some(seen) => query.filter(seen),
        None => query,
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = conversations)]
struct Stored {
    id: i64,
    version: i64,
    title: String,
    stage: String,
    stage_since: At,
    order_at: At,
    rank: i16,
    unanswered_since: Option<At>,
    last_customer_at: Option<At>,
    last_agent_at: Option<At>,
    preview: String,
    missed: bool,
}

type Named<A, B> = (Option<A>, Option<B>);
type Joined = (
    Stored,
    (i64, String),
    (Option<String>, Option<String>),
    Named<i64, String>,
    (Option<i64>, Option<String>, Option<String>),
    (Option<i64>, Option<String>, Option<String>, Option<bool>, Option<i64>),
);

/// Rows by conversation, in the order asked for.
pub fn rows(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Row>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let joined: Vec<Joined> = native!(conn, |c| conversations::table
        .inner_join(interactions::table.on(interactions::id.nullable().eq(conversations::interaction_id)))
        .left_join(profiles::table.on(profiles::id.nullable().eq(conversations::profile_id)))
        .left_join(contacts::table.on(contacts::id.nullable().eq(conversations::contact_id)))
        .left_join(organizations::table.on(organizations::id.nullable().eq(conversations::organization_id)))
        .left_join(agents::table.on(agents::id.nullable().eq(conversations::assignee_id)))
        .left_join(queues::table.on(queues::id.nullable().eq(conversations::queue_id)))
        .filter(among(conversations::id, ids))
        .select((
            Stored::as_select(),
            (interactions::id, interactions::kind),
            (contacts::name.nullable(), profiles::identifier.nullable()),
            (organizations::id.nullable(), organizations::name.nullable()),
            (agents::id.nullable(), agents::name.nullable(), agents::email.nullable()),
            (
                queues::id.nullable(),
                queues::name.nullable(),
                queues::slug.nullable(),
                queues::restricted.nullable(),
                queues::target_seconds.nullable(),
            ),
        ))
        .load(c))?;
    let mut tags = tags_of(conn, ids)?;
    let mut waits = dependencies_of(conn, ids)?;
    let mut rows = HashMap::with_capacity(joined.len());
    for one in joined {
        let id = one.0.id;
        rows.insert(id, read(one, tags.remove(&id).unwrap_or_default(), waits.remove(&id))?);
    }
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}

/// As [`rows`], with the colleagues that notes name: for whoever must say in which views a row stands.
pub fn rows_with_mentions(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Row>, Error> {
    let mut named = super::mentions::in_conversations(conn, ids)?;
    let mut rows = rows(conn, ids)?;
    for row in &mut rows {
        row.mentions = named.remove(&row.id.0).unwrap_or_default();
    }
    Ok(rows)
}

/// The row of one conversation.
pub fn row(conn: &mut Conn, id: ConversationId) -> Result<Row, Error> {
    rows(conn, &[id.0])?.pop().ok_or(Error::NotFound)
}

fn tags_of(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, Vec<Tag>>, Error> {
    let rows: Vec<(i64, String, Option<String>)> = native!(conn, |c| tags::table
        .filter(among(tags::conversation_id, ids))
        .order((tags::conversation_id, tags::name))
        .select((tags::conversation_id, tags::name, tags::value))
        .load(c))?;
    let mut all: HashMap<i64, Vec<Tag>> = HashMap::new();
    for (id, name, value) in rows {
        all.entry(id).or_default().push(Tag { name, value });
    }
    Ok(all)
}

/// (done, all) of the dependencies that were not unlinked.
fn dependencies_of(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, (i64, i64)>, Error> {
    let rows: Vec<(i64, String)> = native!(conn, |c| dependencies::table
        .filter(among(dependencies::conversation_id, ids))
        .filter(dependencies::state.ne("unlinked"))
        .select((dependencies::conversation_id, dependencies::state))
        .load(c))?;
    let mut all: HashMap<i64, (i64, i64)> = HashMap::new();
    for (id, state) in rows {
        let (done, of) = all.entry(id).or_default();
        *of += 1;
        *done += i64::from(state != "open");
    }
    Ok(all)
}

fn read(
    (c, (interaction, kind), (contact, address), organization, assignee, queue): Joined,
    tags: Vec<Tag>,
    dependencies: Option<(i64, i64)>,
) -> Result<Row, Error> {
    let stage: Stage = word(&c.stage)?;
    let organization = match organization {
        (Some(id), Some(name)) => Some(NamedOrganization { id: OrganizationId(id), name }),
        _ => None,
    };
    let assignee = match assignee {
        (Some(id), Some(name), Some(email)) => Some(NamedAgent { id: AgentId(id), name, email }),
        _ => None,
    };
    let queue = match queue {
        (Some(id), Some(name), Some(slug), Some(restricted), target) => {
            Some(NamedQueue { id: QueueId(id), name, slug, restricted, target: target.map(TimeDelta::seconds) })
        }
        _ => None,
    };
    Ok(Row {
        id: ConversationId(c.id),
        version: c.version,
        title: c.title,
        stage,
        stage_since: c.stage_since.0,
        sort_at: c.order_at.0,
        rank: c.rank,
        kind: word(&kind)?,
        who: contact.or(address).unwrap_or_else(|| "Unknown".to_owned()),
        organization,
        assignee,
        queue,
        interaction: InteractionId(interaction),
        unanswered_since: c.unanswered_since.map(|at| at.0),
        preview: c.preview,
        preview_is_ours: c.last_agent_at > c.last_customer_at,
        dependencies: dependencies.filter(|_| stage == Stage::Hold),
        missed: c.missed,
        tags,
        mentions: Vec::new(),
    })
}

/// A queue, a stage, an assignee, and how many conversations stand there.
pub type Standing = (Option<QueueId>, Stage, Option<AgentId>, i64);

/// How many conversations stand where, suspended ones included, closed ones not.
pub fn counts(conn: &mut Conn) -> Result<Vec<Standing>, Error> {
    let rows: Vec<(Option<i64>, String, Option<i64>, i64)> = conversations::table
        .filter(conversations::turn.le(2))
        .group_by((conversations::queue_id, conversations::stage, conversations::assignee_id))
        .select((conversations::queue_id, conversations::stage, conversations::assignee_id, count_star()))
        .load(conn)?;
    let read = |(queue, stage, assignee, n): (Option<i64>, String, Option<i64>, i64)| {
        Ok((queue.map(QueueId), word(&stage)?, assignee.map(AgentId), n))
    };
    rows.into_iter().map(read).collect()
}
