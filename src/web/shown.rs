//! What pages show of a conversation and of an interaction, made from what the desk has read. Shared by the inbox, the
//! conversation, the record page and the socket.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::conversations::page::{
    Aside, DependencyLine, Entry, Episode, Message, PastInteraction, Person, Record, Stay, Tab, Words,
};
use super::interactions::page::AlsoOpen;
use super::markdown;
use super::marks::Reading;
use super::text::{self, Names};
use crate::desk::directory::Directory;
use crate::desk::people::Profile;
use crate::desk::record::{Opened, OpenedRecord, Who};
use crate::domain::change::MessageKind;
use crate::domain::clocks;
use crate::domain::conversation::excerpt;
use crate::domain::dependency::{Awaited, Dependency};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::interaction::Interaction;
use crate::domain::people::OpenedFor;
use crate::domain::row::{NamedAgent, Row};
use crate::domain::state::{ContactType, Direction};
use crate::domain::{Action, Agent, AgentId, InteractionId, Stage, message};

/// As much of a message as a reaction to it shows.
const ASIDE: usize = 60;

/// Whose page it is and when, with the names that stand on it.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub me: &'a Agent,
    pub directory: &'a Directory,
    pub now: DateTime<Utc>,
}

/// The panel beside a conversation: its current interaction.
pub fn record(opened: &Opened, tab: Tab, scene: Scene) -> Record {
    let interaction = &opened.conversation.interaction;
    record_of(interaction, Some(opened), &opened.who, tab, scene)
}

/// The record of an interaction on a page of its own.
pub fn record_alone(opened: &OpenedRecord, scene: Scene) -> Record {
    record_of(&opened.interaction, opened.conversation.as_ref(), &opened.who, Tab::Details, scene)
}

fn record_of(i: &Interaction, opened: Option<&Opened>, who: &Who, tab: Tab, scene: Scene) -> Record {
    let conversation = opened.map(|opened| &opened.conversation);
    let dependencies = conversation.map(|c| c.dependencies.as_slice()).unwrap_or_default();
    let dependencies = dependencies.iter().filter(|d| d.state != crate::domain::dependency::DependencyState::Unlinked);
    let history = who.history.iter().map(|past| past_interaction(past, Some(i.id)));
    Record {
        id: i.id,
        version: i.version,
        conversation: i.conversation,
        tab,
        kind: i.kind,
        state: i.state,
        reason: i.reason,
        person: person(who, i),
        assignee: i.assignee.map(|assignee| named(scene.directory, assignee.id)),
        queue: i.queue.and_then(|id| scene.directory.queue(id)).map(|queue| queue.name.clone()),
        routed_by: text::routed(&i.routed_by),
        short_description: i.short_description.clone(),
        wait: wait(i),
        no_wait: if i.direction == Direction::Outbound { "we wrote first" } else { "never answered" },
        duration: duration(i),
        at: scene.now,
        stays: opened.map(|opened| stays(&opened.stages)).unwrap_or_default(),
        tags: conversation.map(|c| c.tags.clone()).unwrap_or_default(),
        may_file: conversation.is_some_and(|c| c.stage != Stage::Archived),
        may_hold: conversation.is_some_and(|c| c.stage == Stage::New || c.stage.allows(Action::Hold)),
        may_wait: conversation.is_some_and(|c| c.stage == Stage::Hold),
        dependencies: dependencies.map(|one| dependency_line(one, scene.me, scene.directory)).collect(),
        related: Vec::new(),
        history: history.collect(),
    }
}

/// The clock of the wait.
pub fn wait(i: &Interaction) -> Reading {
    match (i.direction, i.first_response_at, i.closed_at) {
        (Direction::Outbound, _, _) | (Direction::Inbound, None, Some(_)) => Reading::Absent,
        (Direction::Inbound, Some(answered), _) => Reading::Fixed(answered - i.opened_at),
        (Direction::Inbound, None, None) => Reading::Running { since: i.opened_at, before: chrono::TimeDelta::zero() },
    }
}

/// The clock of the work.
pub fn duration(i: &Interaction) -> Reading {
    match i.work.since {
        Some(since) => Reading::Running { since, before: i.work.worked },
        None => Reading::Fixed(i.work.worked),
    }
}

/// All time in each stage, in the order of the first entry; the current one runs.
pub fn stays(facts: &[Fact]) -> Vec<Stay> {
    let mut sums: Vec<Stay> = Vec::new();
    for stay in clocks::stays(facts) {
        let over = stay.until.map_or(chrono::TimeDelta::zero(), |until| until - stay.since);
        let since = stay.until.is_none().then_some(stay.since);
        match sums.iter_mut().find(|sum| sum.stage == stay.stage) {
            Some(sum) => (sum.time, sum.since) = (sum.time + over, since),
            None => sums.push(Stay { stage: stay.stage, time: over, since }),
        }
    }
    sums
}

/// Whom an interaction is about.
pub fn person(who: &Who, i: &Interaction) -> Person {
    let unknown = who.contact.is_none();
    Person {
        name: name(who, &i.opened_for),
        url: who.contact.as_ref().map(|contact| format!("/contacts/{}", contact.id)),
        organization: who.organization.as_ref().map(|organization| organization.name.clone()),
        organization_url: who.organization.as_ref().map(|organization| format!("/organizations/{}", organization.id)),
        addresses: addresses(who),
        link_url: (unknown || i.profile.is_some()).then(|| format!("/interactions/{}/contact", i.id)),
        candidates: who.candidates.iter().map(|contact| contact.name.clone()).collect(),
    }
}

/// The person's name, or the address they write from.
pub fn name(who: &Who, opened_for: &OpenedFor) -> String {
    match (&who.contact, opened_for, &who.profile) {
        (Some(contact), _, _) => contact.name.clone(),
        (None, OpenedFor::Guest(guest), _) => guest.clone(),
        (None, _, Some(profile)) => profile.identifier.clone(),
        (None, _, None) => String::new(),
    }
}

/// Everything they are reached at, and known by at a desk: an icon and an address each.
pub fn addresses(who: &Who) -> Vec<(&'static str, String)> {
    let mut addresses: Vec<(&'static str, String)> = Vec::new();
    if let Some(contact) = &who.contact {
        addresses.extend(
            Some(&contact.badge).filter(|badge| !badge.is_empty()).map(|badge| ("tag", format!("Badge {badge}"))),
        );
        addresses.extend(contact.phones.iter().map(|phone| ("phone", phone.clone())));
        addresses.extend(contact.emails.iter().map(|email| ("mail", email.clone())));
    }
    addresses.extend(who.profile.as_ref().map(address));
    let mut seen = std::collections::HashSet::new();
    addresses.retain(|(_, address)| seen.insert(address.clone()));
    addresses
}

/// An identity on a channel: its icon and its address.
pub fn address(profile: &Profile) -> (&'static str, String) {
    let icon = match profile.identifier.chars().next() {
        Some('+') => "phone",
        _ if profile.identifier.contains('@') => "mail",
        _ => "message-circle",
    };
    (icon, profile.identifier.clone())
}

/// Another interaction of the same person.
pub fn past_interaction(i: &Interaction, current: Option<InteractionId>) -> PastInteraction {
    PastInteraction {
        id: i.id,
        kind: i.kind,
        state: i.state,
        short_description: i.short_description.clone(),
        at: i.opened_at,
        current: current == Some(i.id),
    }
}

/// Another conversation that is open.
pub fn also_open(row: &Row) -> AlsoOpen {
    AlsoOpen { id: row.id, stage: row.stage, title: row.title.clone(), who: row.who.clone(), since: row.stage_since }
}

/// What a hold waits for, as this viewer reads it.
pub fn dependency_line(dependency: &Dependency, me: &Agent, directory: &Directory) -> DependencyLine {
    let (id, open) = (dependency.id.0, dependency.is_open());
    match &dependency.awaited {
        Awaited::Review { reviewer, role } => {
            let name = text::agent_name(directory, *reviewer);
            let text = text::capitalized(&text::review(&name, role.as_deref()));
            DependencyLine { id, icon: "user-round", text, until: None, open, mine: *reviewer == me.id }
        }
        Awaited::Until(moment) => {
            let (icon, text) = ("calendar-clock", "Until".to_owned());
            DependencyLine { id, icon, text, until: Some(*moment), open, mine: false }
        }
    }
}

/// An agent by name.
pub fn named(directory: &Directory, id: AgentId) -> NamedAgent {
    let email = directory.agent(id).map(|agent| agent.email.clone()).unwrap_or_default();
    NamedAgent { id, name: text::agent_name(directory, id), email }
}

/// A message as a thread shows it.
pub fn message(message: &message::Message, stage: Stage) -> Message {
    Message {
        links: stage != Stage::Suspended,
        id: message.id,
        kind: message.kind,
        by: message.author.clone(),
        agent: message.actor.agent(),
        words: words(message),
        files: message.attachments.clone(),
        edited: message.edited_at.filter(|_| message.removal.is_none()),
        at: message.shown_at(),
        delivery: delivery(message.delivery.as_deref()),
        withdrawn: message.class == "withdrawn",
        delivery_error: message.delivery_error.clone(),
        changeable: is_changeable(message),
        aside: aside(message),
    }
}

/// Work notes of calls and visits stay as they were written.
fn is_changeable(message: &message::Message) -> bool {
    message.conversation.is_some() && message.removal.is_none() && message.kind != MessageKind::Event
}

/// What a message is that is no words of its own: a word, and the message it is about with how that begins.
fn aside(message: &message::Message) -> Option<Aside> {
    let (alone, of) = match message.class.as_str() {
        "reaction" => ("Reaction", "Reaction to"),
        "edit" => ("Edited message", "Edit of"),
        "auto_reply" => ("Automatic reply", "Automatic reply to"),
        _ => return None,
    };
    let about = message.about.as_ref().map(|about| (about.id, quoted(&about.body)));
    Some(Aside { word: if about.is_some() { of } else { alone }, about })
}

/// How a text begins; of one that was removed nothing.
fn quoted(body: &str) -> String {
    if body.is_empty() { "…".to_owned() } else { excerpt(body, ASIDE) }
}

fn words(message: &message::Message) -> Words {
    match (&message.removal, message.kind) {
        (Some(removal), _) => Words::Removed { by: removal.name.clone(), agent: Some(removal.agent) },
        (None, MessageKind::Reply | MessageKind::Note | MessageKind::ExternalResponse) => {
            Words::Rich(markdown::rendered(&message.body, &message.mentions))
        }
        (None, MessageKind::Customer | MessageKind::Event) => Words::Plain(message.body.clone()),
    }
}

fn delivery(word: Option<&str>) -> &'static str {
    const WORDS: [&str; 7] = ["queued", "sending", "accepted", "delivered", "failed", "unknown", "withdrawn"];
    WORDS.into_iter().find(|known| Some(*known) == word).unwrap_or_default()
}

/// The lines of a thread, in the order in which they happened: where interactions begin, messages, and what was done.
/// `only` keeps those of one interaction.
pub fn entries(opened: &Opened, only: Option<InteractionId>, scene: Scene) -> Vec<Entry> {
    let ours = |interaction: Option<InteractionId>| only.is_none() || interaction == only;
    let names = Names { directory: scene.directory, who: &opened.row.who };
    let mut lines: Vec<(DateTime<Utc>, i64, Entry)> = Vec::new();
    let places = places(&opened.facts);
    for one in opened.messages.iter().filter(|message| ours(message.interaction)) {
        let place = places.get(&one.id.0).copied().unwrap_or_default();
        lines.push((one.shown_at(), place, Entry::Message(message(one, opened.conversation.stage))));
    }
    for fact in opened.facts.iter().filter(|fact| ours(fact.interaction)) {
        if fact.kind == FactKind::InteractionOpened {
            let began = opened.interactions.iter().find(|one| Some(one.id) == fact.interaction);
            lines.extend(began.map(|one| (fact.at, fact.seq, Entry::Episode(episode(one)))));
        }
        lines.extend(text::event(fact, names).map(|event| (fact.at, fact.seq, Entry::Event(event))));
    }
    lines.sort_by_key(|(at, place, _)| (*at, *place));
    lines.into_iter().map(|(_, _, entry)| entry).collect()
}

/// The place in the log of each message.
fn places(facts: &[Fact]) -> HashMap<i64, i64> {
    let added = facts.iter().filter(|fact| fact.kind == FactKind::MessageAdded);
    added.filter_map(|fact| Some((fact.number("message")?, fact.seq))).collect()
}

/// Where an interaction begins in the thread.
pub fn episode(i: &Interaction) -> Episode {
    let duration = i.closed_at.map(|_| i.work.worked);
    Episode { id: i.id, kind: i.kind, state: i.state, at: i.opened_at, duration }
}

/// "by SMS", "by chat": how a reply reaches the person.
pub const fn by_channel(kind: ContactType) -> &'static str {
    match kind {
        ContactType::Chat => "by chat",
        ContactType::Messaging => "by message",
        ContactType::Phone => "by phone",
        ContactType::WalkUp => "in person",
    }
}
