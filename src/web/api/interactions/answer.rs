//! An interaction as answers show it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::refs::{AgentRef, ContactRef, ConversationRef, QueueRef, Refs};
use crate::desk::{Desk, Done};
use crate::domain::names::{Names, Wanted};
use crate::domain::people::OpenedFor;
use crate::domain::state::ContactType;
use crate::domain::{self, Agent, ProfileId};

/// An interaction: the record of one episode of agent work.
#[derive(Debug, Serialize, ToSchema)]
pub struct Interaction {
    /// As in IMS0000042.
    pub number: String,
    pub version: i64,
    pub conversation: Option<ConversationRef>,
    /// chat, phone, walk-up or messaging.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// inbound or outbound.
    pub direction: &'static str,
    /// new, work_in_progress, on_hold, closed_complete or closed_abandoned.
    pub state: &'static str,
    /// waiting_on_customer or waiting_internal, or null; only messaging has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub state_reason: Option<Option<&'static str>>,
    pub opened_for: Option<ContactRef>,
    pub guest_name: Option<String>,
    pub channel_profile: Option<Profile>,
    pub queue: Option<QueueRef>,
    pub assigned_to: Option<AgentRef>,
    /// Why it is in this queue or with this agent.
    pub routed_by: String,
    pub opened_at: DateTime<Utc>,
    pub accepted_at: Option<DateTime<Utc>>,
    pub first_response_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub close_code: Option<&'static str>,
    /// Seconds from opened to the first answer; null while unanswered and where we wrote first.
    pub wait_time: Option<i64>,
    /// Seconds of work, a running segment included.
    pub duration: i64,
    /// Seconds somebody waited who was never answered.
    pub abandoned_after: Option<i64>,
    pub short_description: String,
    /// Filled by the system at close.
    pub short_description_auto: bool,
    #[serde(flatten)]
    pub walk_up: WalkUp,
    #[serde(flatten)]
    pub call: Call,
}

/// What a walk-up has besides.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct WalkUp {
    pub reason: Option<String>,
    pub visit_number: Option<String>,
    pub location: Option<String>,
    pub desk: Option<String>,
    pub called_at: Option<DateTime<Utc>>,
}

/// What a call has besides.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Call {
    pub caller: Option<String>,
    pub call_id: Option<String>,
    /// Seconds.
    pub talk_time: Option<i64>,
    pub held_time: Option<i64>,
    pub wrap_up_time: Option<i64>,
}

/// An identity on one channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct Profile {
    pub id: i64,
    pub identifier: String,
    pub contact: Option<ContactRef>,
    /// Whom the identifier could belong to, where it belongs to several.
    pub candidates: Vec<ContactRef>,
}

/// Interactions as answers show them, with the names of what they refer to.
pub fn all(desk: &Desk, me: &Agent, interactions: Vec<domain::Interaction>) -> Done<Vec<Interaction>> {
    let mut wanted = Wanted::default();
    interactions.iter().for_each(|interaction| wanted.interaction(interaction));
    let (names, now) = (desk.names(Some(me), &wanted)?, desk.clock.now());
    interactions.into_iter().map(|interaction| one(desk, interaction, &names, now)).collect()
}

/// An interaction as answers show it.
pub fn told(desk: &Desk, me: &Agent, interaction: domain::Interaction) -> Done<Interaction> {
    let mut wanted = Wanted::default();
    wanted.interaction(&interaction);
    let names = desk.names(Some(me), &wanted)?;
    one(desk, interaction, &names, desk.clock.now())
}

fn one(desk: &Desk, i: domain::Interaction, names: &Names, now: DateTime<Utc>) -> Done<Interaction> {
    let (wait, abandoned, duration) = (i.wait(), i.abandoned_after(), i.work.total(now));
    let (opened_for, guest_name) = match i.opened_for {
        OpenedFor::Contact(id) => (Some(names.contact(id)), None),
        OpenedFor::Guest(name) => (None, Some(name)),
        OpenedFor::Nobody => (None, None),
    };
    let reason = (i.kind == ContactType::Messaging).then(|| i.reason.map(|reason| reason.as_str()));
    Ok(Interaction {
        number: i.id.to_string(),
        version: i.version,
        conversation: i.conversation.map(|id| names.conversation(id)),
        kind: i.kind.as_str(),
        direction: i.direction.as_str(),
        state: i.state.as_str(),
        state_reason: reason,
        opened_for,
        guest_name,
        channel_profile: i.profile.map(|id| profile(desk, id, names)).transpose()?.flatten(),
        queue: i.queue.map(|id| names.queue(id)),
        assigned_to: i.assignee.map(|assignee| names.agent(assignee.id)),
        routed_by: i.routed_by,
        opened_at: i.opened_at,
        accepted_at: i.accepted_at,
        first_response_at: i.first_response_at,
        closed_at: i.closed_at,
        close_code: i.close_code.map(|code| code.as_str()),
        wait_time: wait.map(|time| time.num_seconds()),
        duration: duration.num_seconds(),
        abandoned_after: abandoned.map(|time| time.num_seconds()),
        short_description: i.short_description,
        short_description_auto: i.short_description_auto,
        walk_up: WalkUp::default(),
        call: Call::default(),
    })
}

fn profile(desk: &Desk, id: ProfileId, names: &Names) -> Done<Option<Profile>> {
    let Some(known) = names.profiles.get(&id) else { return Ok(None) };
    let candidates = if known.ambiguous { desk.candidates(&known.identifier)? } else { Vec::new() };
    let candidates = candidates.into_iter().map(|contact| ContactRef { id: contact.id.0, name: contact.name });
    Ok(Some(Profile {
        id: id.0,
        identifier: known.identifier.clone(),
        contact: known.contact.map(|id| names.contact(id)),
        candidates: candidates.collect(),
    }))
}
