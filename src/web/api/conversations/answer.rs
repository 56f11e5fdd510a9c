//! A conversation, and what belongs to it, as answers show them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::attachments::Attachment;
use super::super::refs::{ActorRef, AgentRef, ChannelRef, ConversationRef, OrganizationRef, QueueRef, Refs};
use crate::desk::{Desk, Done};
use crate::domain::dependency::Awaited;
use crate::domain::names::{Names, Wanted};
use crate::domain::spam::Check;
use crate::domain::{self, Actor, Agent, ConversationId, MessageId, dependency, message};

/// A conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Conversation {
    /// As in CONV-42.
    pub number: String,
    pub version: i64,
    pub title: String,
    /// new, suspended, waiting_on_user, needs_response, hold, resolved or archived.
    pub stage: &'static str,
    /// open, in_progress or closed.
    pub group: &'static str,
    pub channel: ChannelRef,
    /// customer, agent or system.
    pub started_by: &'static str,
    pub created_at: DateTime<Utc>,
    pub organization: Option<OrganizationRef>,
    /// Of the current interaction, else of the latest.
    pub assignee: Option<AgentRef>,
    /// The number of the current interaction, else of the latest.
    pub interaction: String,
    pub queue: Option<QueueRef>,
    /// 0 escalated, 1 existing organization, 2 new or unidentified.
    pub priority_rank: i16,
    /// An answer is owed.
    pub reply_button: bool,
    /// Seconds since the oldest message that nobody answered; null where no answer is owed.
    pub wait: Option<i64>,
    pub reopen_count: i64,
    pub tags: Vec<Tag>,
    pub dependencies: Vec<Dependency>,
    pub follow_up_of: Option<ConversationRef>,
    pub merged_into: Option<ConversationRef>,
    /// What the spam check found, where there was something.
    pub spam: Option<Spam>,
}

/// A tag.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tag {
    pub name: String,
    pub value: Option<String>,
}

/// What the spam check made of the first message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Spam {
    /// valid, suspicious, spam, blocked or unchecked.
    pub verdict: &'static str,
    /// 0 to 1; null where it could not be weighed.
    pub score: Option<f64>,
    /// In words, strongest first.
    pub reasons: Vec<String>,
}

/// What a hold waits for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Dependency {
    pub id: i64,
    /// review or until.
    pub kind: &'static str,
    /// Whose review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<AgentRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// The label of the reviewer's role.
    #[serde(rename = "as")]
    pub role: Option<String>,
    /// open, completed, cancelled or unlinked.
    pub state: &'static str,
    pub added_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
}

/// A message of a thread.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// What `seen_upto` takes.
    pub id: i64,
    /// customer, reply, note, external_response or event.
    pub kind: &'static str,
    /// content, auto_reply, reaction, edit, end or automatic.
    pub class: String,
    pub author: ActorRef,
    pub body: String,
    /// Receipt.
    pub at: DateTime<Utc>,
    /// What the sender's side says; orders the display only.
    pub sent_at: Option<DateTime<Utc>>,
    /// queued, sending, accepted, delivered, failed or unknown.
    pub delivery: Option<String>,
    pub delivery_error: Option<String>,
    pub attachments: Vec<Attachment>,
    /// The id of the message that a reaction or an edit is about, where that is known.
    pub of: Option<i64>,
    /// The colleagues a note names.
    pub mentions: Vec<AgentRef>,
    /// When it was last written anew.
    pub edited_at: Option<DateTime<Utc>>,
    /// Who removed its text, and when.
    pub removed: Option<Removed>,
}

/// The end of a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct Removed {
    pub at: DateTime<Utc>,
    pub by: ActorRef,
}

/// Conversations as answers show them, with the names of what they refer to.
pub fn all(desk: &Desk, me: &Agent, conversations: Vec<domain::Conversation>) -> Done<Vec<Conversation>> {
    let mut wanted = Wanted::default();
    conversations.iter().for_each(|conversation| wanted.conversation(conversation));
    let (names, now) = (desk.names(Some(me), &wanted)?, desk.clock.now());
    let ids: Vec<ConversationId> = conversations.iter().map(|conversation| conversation.id).collect();
    let mut checks = desk.spam_checks(&ids)?;
    let told = |conversation: domain::Conversation| {
        let check = checks.remove(&conversation.id);
        one(conversation, check, &names, now)
    };
    Ok(conversations.into_iter().map(told).collect())
}

/// A conversation as answers show it to an agent, or to a program that works for a channel.
pub fn told(desk: &Desk, me: Option<&Agent>, conversation: domain::Conversation) -> Done<Conversation> {
    let mut wanted = Wanted::default();
    wanted.conversation(&conversation);
    let check = desk.spam_checks(&[conversation.id])?.remove(&conversation.id);
    Ok(one(conversation, check, &desk.names(me, &wanted)?, desk.clock.now()))
}

/// The message that a verb just stored.
pub fn said(desk: &Desk, me: &Agent, message: Option<&MessageId>) -> Done<Message> {
    let id = message.ok_or(crate::desk::Error::NotFound)?;
    let message = desk.message(*id)?;
    let mut wanted = Wanted::default();
    wanted.message(&message);
    Ok(written(message, &desk.names(Some(me), &wanted)?))
}

/// A message as answers show it.
pub fn written(message: message::Message, names: &Names) -> Message {
    Message {
        id: message.id.0,
        kind: message.kind.as_str(),
        class: message.class,
        author: names.actor(message.actor),
        body: message.body,
        at: message.at,
        sent_at: message.sent_at,
        delivery: message.delivery,
        delivery_error: message.delivery_error,
        attachments: message.attachments.into_iter().map(Into::into).collect(),
        of: message.about.map(|about| about.id.0),
        mentions: message.mentions.into_iter().map(AgentRef::from).collect(),
        edited_at: message.edited_at,
        removed: message
            .removal
            .map(|removal| Removed { at: removal.at, by: names.actor(Actor::Agent(removal.agent)) }),
    }
}

/// A dependency as answers show it.
pub fn waited_for(dependency: &dependency::Dependency, names: &Names) -> Dependency {
    let (review, until, role) = match &dependency.awaited {
        Awaited::Review { reviewer, role } => (Some(names.agent(*reviewer)), None, role.clone()),
        Awaited::Until(at) => (None, Some(*at), None),
    };
    Dependency {
        id: dependency.id.0,
        kind: dependency.awaited.kind(),
        review,
        until,
        role,
        state: dependency.state.as_str(),
        added_at: dependency.added_at,
        closed_at: dependency.closed_at,
    }
}

fn weighed(check: Check) -> Spam {
    Spam { verdict: check.verdict.as_str(), score: check.fraction(), reasons: check.reasons }
}

fn one(c: domain::Conversation, check: Option<Check>, names: &Names, now: DateTime<Utc>) -> Conversation {
    let waiting = c.unanswered_since.filter(|_| c.stage.owes_reply());
    Conversation {
        number: c.id.to_string(),
        version: c.version,
        stage: c.stage.as_str(),
        group: c.stage.group().as_str(),
        channel: names.channel(c.channel),
        started_by: c.started_by.as_str(),
        created_at: c.created_at,
        organization: c.organization.map(|id| names.organization(id)),
        assignee: c.interaction.assignee.map(|assignee| names.agent(assignee.id)),
        interaction: c.interaction.id.to_string(),
        queue: c.interaction.queue.map(|id| names.queue(id)),
        priority_rank: c.rank,
        reply_button: c.stage.owes_reply(),
        wait: waiting.map(|since| (now - since).num_seconds().max(0)),
        reopen_count: c.reopen_count,
        tags: c.tags.into_iter().map(|tag| Tag { name: tag.name, value: tag.value }).collect(),
        dependencies: c.dependencies.iter().map(|dependency| waited_for(dependency, names)).collect(),
        follow_up_of: c.follow_up_of.map(|id| names.conversation(id)),
        merged_into: c.merged_into.map(|id| names.conversation(id)),
        spam: check.map(weighed),
        title: c.title,
    }
}
