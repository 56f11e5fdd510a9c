//! Facts as sentences, for the thread, the timeline and the socket. A sentence depends on its fact and on names alone, so
//! that a push and a reload say the same.

use chrono::TimeDelta;

use super::conversations::page::Event;
use super::marks;
use crate::desk::directory::Directory;
use crate::domain::change::MessageKind;
use crate::domain::conversation::excerpt;
use crate::domain::fact::{Fact, FactKind};
use crate::domain::message::Message;
use crate::domain::stage::Stage;
use crate::domain::state::State;
use crate::domain::{Actor, AgentId, QueueId};

/// What a sentence is made of besides its fact.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    pub directory: &'a Directory,
    /// The person it is about.
    pub who: &'a str,
}

/// What follows who did it: an icon, a sentence, what is set bold, and what comes after a comma.
struct Said {
    icon: &'static str,
    text: String,
    what: String,
    rest: String,
}

/// The line of a thread; none for what the thread shows in another way (messages, the record's own fields).
pub fn event(fact: &Fact, names: Names) -> Option<Event> {
    let shown = match fact.kind {
        FactKind::StageChanged => fact.from.is_some(),
        // Who answered has it: the message above says so.
        FactKind::AssignmentChanged => fact.text("why") != Some("answered"),
        FactKind::ConversationChanged => !matches!(fact.text("field"), Some("who" | "rank")),
        FactKind::ContactLinked
        | FactKind::DependencyAdded
        | FactKind::DependencyCancelled
        | FactKind::DependencyCompleted
        | FactKind::DependencyUnlinked
        | FactKind::Merged => true,
        FactKind::TagAdded => !fact.to.as_deref().is_some_and(crate::domain::tag::is_system),
        FactKind::TagRemoved => !fact.from.as_deref().is_some_and(crate::domain::tag::is_system),
        FactKind::ConversationCreated
        | FactKind::InteractionOpened
        | FactKind::InteractionChanged
        | FactKind::FirstResponse
        | FactKind::StateChanged
        | FactKind::MessageAdded
        | FactKind::MessageEdited
        | FactKind::MessageRedacted
        | FactKind::DeliveryChanged
        | FactKind::SetUpChanged
        | FactKind::ContactChanged
        | FactKind::ContactMerged
        | FactKind::OrganizationChanged
        | FactKind::PresenceChanged => false,
    };
    if shown { line(fact, names) } else { None }
}

/// The line of a timeline; every fact about a record has one.
pub fn line(fact: &Fact, names: Names) -> Option<Event> {
    let said = said(fact, names)?;
    let stage = match fact.kind {
        FactKind::StageChanged => fact.to.as_deref().and_then(|to| to.parse().ok()),
        _ => None,
    };
    // Where a message sends it is the house's doing.
    let automatic = matches!(fact.kind, FactKind::AssignmentChanged | FactKind::StateChanged);
    let (by, agent) = match fact.actor {
        _ if fact.kind == FactKind::FirstResponse || follows_a_message(fact) => (String::new(), None),
        Actor::Agent(id) => (agent_name(names.directory, id), Some(id)),
        Actor::Customer(_) if automatic => (String::new(), None),
        Actor::Customer(_) => (names.who.to_owned(), None),
        Actor::System => (String::new(), None),
    };
    let text = if by.is_empty() { capitalized(&said.text) } else { said.text };
    let Said { icon, what, rest, .. } = said;
    let until = fact.text("until").and_then(|until| until.parse().ok());
    Some(Event { seq: fact.seq, at: fact.at, stage, icon, by, agent, text, what, until, rest })
}

/// Lines of news at most.
const NEWS: usize = 4;

/// What others did after the fact one has seen, a line each, the newest last. Messages are told with their words.
pub fn news(facts: &[Fact], messages: &[Message], me: AgentId, seen: Option<i64>, names: Names) -> Vec<String> {
    let theirs = |fact: &&Fact| fact.actor != Actor::Agent(me) && seen.is_none_or(|seen| fact.seq > seen);
    let told = facts.iter().filter(theirs).filter_map(|fact| {
        let told = matches!(fact.kind, FactKind::MessageAdded | FactKind::InteractionChanged);
        let Event { by, text, what, rest, .. } = if told { line(fact, names) } else { event(fact, names) }?;
        let words = fact.number("message").and_then(|id| messages.iter().find(|message| message.id.0 == id));
        let words = words.map(|message| excerpt(&message.body, 120)).unwrap_or_default();
        let sentence = [by, text, what].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let rest = if rest.is_empty() { rest } else { format!(", {rest}") };
        Some(if words.is_empty() { format!("{sentence}{rest}") } else { format!("{sentence}{rest}: {words}") })
    });
    let mut lines: Vec<String> = told.collect();
    lines.drain(..lines.len().saturating_sub(NEWS));
    lines
}

fn said(fact: &Fact, names: Names) -> Option<Said> {
    let (from, to) = (fact.from.as_deref().unwrap_or_default(), fact.to.as_deref().unwrap_or_default());
    Some(match fact.kind {
        FactKind::ConversationCreated => plain("plus", "began this conversation"),
        FactKind::InteractionOpened => plain("plus", "opened this interaction"),
        FactKind::InteractionChanged => field(fact, names),
        FactKind::ConversationChanged if fact.text("field") == Some("title") => bold("square-pen", "named this", to),
        FactKind::ConversationChanged if fact.text("field") == Some("who") => {
            bold("user-round", "renamed the contact", to)
        }
        // The row shows it.
        FactKind::ConversationChanged if fact.text("field") == Some("rank") => return None,
        FactKind::ConversationChanged => plain("building-2", "changed whose organization this is"),
        // That it began is said already.
        FactKind::StageChanged if from.is_empty() && to == Stage::New.as_str() => return None,
        FactKind::StageChanged => stage(fact),
        FactKind::StateChanged if fact.actor.agent().is_none() => {
            bold("circle-dot", format!("state from {} to", state(from)), state(to))
        }
        FactKind::StateChanged => bold("circle-dot", format!("changed the state from {} to", state(from)), state(to)),
        FactKind::AssignmentChanged => assignment(fact, names),
        FactKind::MessageAdded => message(fact),
        FactKind::MessageEdited => plain("square-pen", "edited a message"),
        FactKind::MessageRedacted => plain("trash-2", "removed the text of a message"),
        // The stage that follows says it.
        FactKind::FirstResponse if fact.conversation.is_some() => return None,
        FactKind::FirstResponse => {
            bold("timer", "first response after", marks::short(fact.number("wait").unwrap_or_default(), true))
        }
        FactKind::TagAdded => bold("tag", "added the tag", tag(to, fact)),
        FactKind::TagRemoved => bold("tag", "removed the tag", tag(from, fact)),
        FactKind::DependencyAdded => bold("git-branch", "made this wait for", awaited(fact, names)),
        FactKind::DependencyCompleted => bold("check", "completed", awaited(fact, names)),
        FactKind::DependencyCancelled => bold("x", "cancelled", awaited(fact, names)),
        FactKind::DependencyUnlinked => bold("unlink", "stopped waiting for", awaited(fact, names)),
        FactKind::ContactLinked if to.is_empty() => plain("unlink", "unlinked this from a contact"),
        FactKind::ContactLinked => bold("link", "linked this to", fact.text("name").unwrap_or(names.who)),
        FactKind::Merged => Said { rest: format!("now part of {to}"), ..bold("git-merge", "merged", from) },
        FactKind::DeliveryChanged if to == "failed" => plain("triangle-alert", "could not send a message"),
        FactKind::DeliveryChanged
        | FactKind::SetUpChanged
        | FactKind::ContactChanged
        | FactKind::ContactMerged
        | FactKind::OrganizationChanged
        | FactKind::PresenceChanged => return None,
    })
}

fn stage(fact: &Fact) -> Said {
    let label = |value: Option<&str>| value.and_then(|v| v.parse().ok()).map_or("", Stage::label);
    let (from, to) = (label(fact.from.as_deref()), label(fact.to.as_deref()));
    let wait = fact.number("wait").map(|wait| format!("first response after {}", marks::short(wait, true)));
    match (fact.actor, from) {
        (_, "") => bold("circle-dot", "began this in", to),
        (Actor::Agent(_), from) if !follows_a_message(fact) => {
            bold("circle-dot", format!("moved this from {from} to"), to)
        }
        (_, from) => Said { rest: wait.unwrap_or_default(), ..bold("circle-dot", format!("{from} to"), to) },
    }
}

/// Rows of the stage table that a message above the line explains.
fn follows_a_message(fact: &Fact) -> bool {
    let row = fact.number("row").filter(|_| fact.kind == FactKind::StageChanged);
    row.is_some_and(|row| matches!(row, 3 | 6 | 7 | 17 | 22 | 23 | 30 | 32 | 37 | 39))
}

fn assignment(fact: &Fact, names: Names) -> Said {
    let agent = |text: &Option<String>| text.as_deref().and_then(|id| id.parse().ok()).map(AgentId);
    let (from, to) = (agent(&fact.from), agent(&fact.to));
    let queue = fact.number("queue").map(|id| names.directory.queue(QueueId(id)));
    let put = if fact.actor.agent().is_some() { "put this in" } else { "came into" };
    let mut said = match (from, to) {
        (from, Some(to)) if fact.actor == Actor::Agent(to) => match from == Some(to) {
            true => plain("check", "accepted this"),
            false => plain("user-round", "took this"),
        },
        (_, Some(to)) => bold("user-round", "assigned this to", agent_name(names.directory, to)),
        (_, None) => match queue {
            // One sentence for everybody who may see the record, and not all of them may know the queue.
            Some(Some(queue)) if queue.restricted => plain("layers", &format!("{put} a restricted queue")),
            Some(Some(queue)) => bold("layers", format!("{put} the queue"), queue.name.as_str()),
            Some(None) => plain("layers", &format!("{put} another queue")),
            None => plain("user-round", "unassigned this"),
        },
    };
    if fact.actor.agent().is_none() {
        said.rest = routed(fact.text("why").unwrap_or_default());
    }
    said
}

/// Why a record is where it is, after its queue.
pub fn routed(why: &str) -> String {
    match why {
        "channel queue" => "the channel’s queue".to_owned(),
        "started by an agent" => "an agent wrote first".to_owned(),
        why if why.starts_with("rule") || why.starts_with("default owner") => format!("by {why}"),
        why => why.to_owned(),
    }
}

fn message(fact: &Fact) -> Said {
    let word = match fact.to.as_deref().and_then(|kind| kind.parse().ok()) {
        Some(MessageKind::Customer) => ("message-square-text", "wrote"),
        Some(MessageKind::Reply) => ("reply", "replied"),
        Some(MessageKind::Note) => ("lock", "wrote an internal note"),
        Some(MessageKind::ExternalResponse) => ("reply", "logged a response given elsewhere"),
        Some(MessageKind::Event) if fact.text("class") == Some("end") => ("x", "ended the chat"),
        Some(MessageKind::Event) | None => ("info", "an automatic message was sent"),
    };
    plain(word.0, word.1)
}

fn field(fact: &Fact, names: Names) -> Said {
    let to = fact.to.as_deref().unwrap_or_default();
    match (fact.text("field"), to.is_empty()) {
        (Some("short_description"), _) => bold("square-pen", "wrote the short description", to),
        (Some("opened_for"), true) => plain("user-round", "opened this for nobody on record"),
        (Some("opened_for"), false) if to.parse::<i64>().is_err() => bold("user-round", "opened this for", to),
        (Some("opened_for"), false) => bold("user-round", "opened this for", names.who),
        (Some(_) | None, _) => plain("square-pen", "changed the record"),
    }
}

fn awaited(fact: &Fact, names: Names) -> String {
    // The moment itself is shown after it, in the reader's own zone.
    if fact.text("until").is_some() {
        return String::new();
    }
    let reviewer = fact.number("reviewer").map(|id| agent_name(names.directory, AgentId(id)));
    review(&reviewer.unwrap_or_else(|| "somebody".to_owned()), fact.text("as"))
}

/// "the review of Mia, manager".
pub fn review(reviewer: &str, role: Option<&str>) -> String {
    match role.filter(|role| !role.is_empty()) {
        Some(role) => format!("the review of {reviewer}, {role}"),
        None => format!("the review of {reviewer}"),
    }
}

/// The name of somebody who works here, or did.
pub fn agent_name(directory: &Directory, id: AgentId) -> String {
    directory.agent(id).map_or_else(|| "Someone who left".to_owned(), |agent| agent.name.clone())
}

fn state(value: &str) -> &str {
    value.parse::<State>().map_or(value, |state| state.label())
}

fn tag(name: &str, fact: &Fact) -> String {
    match fact.text("value") {
        Some(value) => format!("{name}: {value}"),
        None => name.to_owned(),
    }
}

fn plain(icon: &'static str, text: &str) -> Said {
    bold(icon, text, "")
}

fn bold(icon: &'static str, text: impl Into<String>, what: impl Into<String>) -> Said {
    Said { icon, text: text.into(), what: what.into(), rest: String::new() }
}

/// Sentences begin with a capital where nobody is named before them.
pub fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// "3 m 12 s", in words where there is no room for a clock.
pub fn amount(time: TimeDelta) -> String {
    marks::short(time.num_seconds(), false)
}
