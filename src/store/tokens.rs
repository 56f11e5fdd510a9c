//! Tokens of programs, stored as hashes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::schema::{agents as people, api_tokens, channels};
use super::types::At;
use super::{Conn, Error, agents};
use crate::domain::{Agent, AgentId, ChannelId};

/// Whose a token is, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A person's program: what they may do.
    Agent(Agent),
    /// Posts the messages of one channel.
    Channel { id: ChannelId, slug: String },
    /// Checks people in at one location, and nothing else.
    Kiosk { location: String },
    /// Posts telephony events, and nothing else.
    Telephony,
}

/// What a new token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For<'a> {
    Agent(AgentId),
    Channel(ChannelId),
    Kiosk { location: &'a str },
    Telephony,
}

/// A token as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub id: i64,
    /// agent, channel, kiosk or telephony.
    pub kind: String,
    /// An e-mail address, a channel's slug, a location; empty for telephony.
    pub of: String,
    pub made_at: DateTime<Utc>,
}

/// The tokens of an agent, or of everybody, oldest first.
pub fn all(conn: &mut Conn, of: Option<AgentId>) -> Result<Vec<Kept>, Error> {
    let columns = (
        (api_tokens::id, api_tokens::kind, api_tokens::created_at),
        (people::email.nullable(), channels::slug.nullable(), api_tokens::scope),
    );
    let mut all = api_tokens::table
        .left_join(people::table.on(people::id.nullable().eq(api_tokens::agent_id)))
        .left_join(channels::table.on(channels::id.nullable().eq(api_tokens::channel_id)))
        .order(api_tokens::id)
        .select(columns)
        .into_boxed();
    if let Some(agent) = of {
        all = all.filter(api_tokens::agent_id.eq(agent.0));
    }
    type Names = (Option<String>, Option<String>, Option<String>);
    let rows: Vec<((i64, String, At), Names)> = all.load(conn)?;
    let kept = |((id, kind, at), (agent, channel, scope)): ((i64, String, At), Names)| Kept {
        id,
        kind,
        of: agent.or(channel).or(scope).unwrap_or_default(),
        made_at: at.0,
    };
    Ok(rows.into_iter().map(kept).collect())
}

/// Ends a token, if it is this agent's, where one is named; gives its hash.
pub fn remove(conn: &mut Conn, id: i64, of: Option<AgentId>) -> Result<String, Error> {
    let (hash, agent): (String, Option<i64>) =
        api_tokens::table.find(id).select((api_tokens::token_hash, api_tokens::agent_id)).first(conn)?;
    if of.is_some_and(|of| agent != Some(of.0)) {
        return Err(Error::NotFound);
    }
    diesel::delete(api_tokens::table.find(id)).execute(conn)?;
    Ok(hash)
}

/// Whose token this is, as of now.
pub fn find(conn: &mut Conn, token_hash: &str) -> Result<Holder, Error> {
    let token = api_tokens::table.filter(api_tokens::token_hash.eq(token_hash));
    let columns = (api_tokens::kind, api_tokens::agent_id, api_tokens::channel_id, api_tokens::scope);
    let (kind, agent, channel, scope) =
        token.select(columns).first::<(String, Option<i64>, Option<i64>, Option<String>)>(conn)?;
    match (kind.as_str(), agent, channel) {
        ("agent", Some(agent), _) => Ok(Holder::Agent(agents::find(conn, AgentId(agent))?)),
        ("channel", _, Some(id)) => {
            let slug = channels::table.find(id).select(channels::slug).first(conn)?;
            Ok(Holder::Channel { id: ChannelId(id), slug })
        }
        ("kiosk", _, _) => Ok(Holder::Kiosk { location: scope.unwrap_or_default() }),
        ("telephony", _, _) => Ok(Holder::Telephony),
        _ => Err(Error::Corrupt(format!("a token of kind {kind:?}"))),
    }
}

/// Keeps a new token.
pub fn insert(conn: &mut Conn, token_hash: &str, of: For, now: DateTime<Utc>) -> Result<(), Error> {
    let (kind, agent, channel, scope) = match of {
        For::Agent(agent) => ("agent", Some(agent.0), None, None),
        For::Channel(channel) => ("channel", None, Some(channel.0), None),
        For::Kiosk { location } => ("kiosk", None, None, Some(location)),
        For::Telephony => ("telephony", None, None, None),
    };
    let values = (
        api_tokens::token_hash.eq(token_hash),
        api_tokens::kind.eq(kind),
        api_tokens::agent_id.eq(agent),
        api_tokens::channel_id.eq(channel),
        api_tokens::scope.eq(scope),
        api_tokens::created_at.eq(At(now)),
    );
    diesel::insert_into(api_tokens::table).values(values).execute(conn)?;
    Ok(())
}

/// The channel of that slug.
pub fn channel(conn: &mut Conn, slug: &str) -> Result<ChannelId, Error> {
    Ok(channels::table.filter(channels::slug.eq(slug)).select(channels::id).first(conn).map(ChannelId)?)
}
