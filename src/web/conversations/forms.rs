//! The forms of a conversation's verbs. Each is a page (`GET`) that a script shows as a dialog; `POST` to the same address.
//! Refused with 422 or 409 it comes back as it was typed, with `problem`.

use askama::Template;

use crate::domain::Refused;
use crate::domain::ids::ConversationId;
use crate::domain::row::NamedAgent;
use crate::domain::stage::Stage;
use crate::domain::tag::Tag;
use crate::web::chrome::Chrome;
use crate::web::conversations::page::DependencyLine;
use crate::web::{assets, filters};

/// What every form of a conversation knows.
pub struct Subject {
    pub id: ConversationId,
    pub version: i64,
    pub title: String,
    /// The person, as one would greet them.
    pub who: String,
    pub stage: Stage,
    /// The last fact there was when the form was made: what follows it is news to whoever fills it in.
    pub seen: i64,
}

/// Why a form came back: the field it is about, and the sentence.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    /// Id of the field; empty for the whole form.
    pub field: &'static str,
    pub message: String,
    /// What else is wrong, each at its field.
    pub also: Vec<(&'static str, String)>,
    /// Somebody changed it meanwhile: what is newer, a line each.
    pub newer: Vec<String>,
}

impl Problem {
    /// All that is refused. `fields` pairs what the desk calls a field with the id it has on the form.
    pub fn of(refused: &Refused, fields: &[(&str, &'static str)]) -> Problem {
        let place =
            |one: &Refused| fields.iter().find(|(name, _)| Some(*name) == one.field()).map_or("", |(_, id)| *id);
        let mut all = refused.each().map(|one| (place(one), one.to_string()));
        let (field, message) = all.next().unwrap_or_default();
        Problem { field, message, also: all.collect(), newer: Vec::new() }
    }

    /// Something about the whole form.
    pub fn whole(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), ..Problem::default() }
    }

    /// What is wrong with a field.
    pub fn at(&self, field: &str) -> Option<&str> {
        let also = self.also.iter().map(|(at, sentence)| (*at, sentence));
        let mut all = std::iter::once((self.field, &self.message)).chain(also);
        all.find(|(at, _)| *at == field).map(|(_, sentence)| sentence.as_str())
    }
}

/// `/conversations/{n}/hold`: fields `csrf`, `version`, `review` (an agent's e-mail, repeatable), `as` (its label, once for
/// each), `until` (local date and time), `tz` (minutes west of UTC, by script), `reply` (sent before the hold), and for that
/// `seen_upto` and `submit_key`.
#[derive(Template)]
#[template(path = "conversations/hold.html")]
pub struct HoldPage {
    pub chrome: Chrome,
    pub subject: Subject,
    /// Who may review.
    pub agents: Vec<NamedAgent>,
    pub reviewers: Vec<Reviewer>,
    pub until: String,
    pub reply: String,
    /// The newest message when the form was made; the guard of the reply.
    pub seen_upto: i64,
    /// Random, so that a double click sends once.
    pub submit_key: String,
    pub problem: Option<Problem>,
}

/// `/conversations/{n}/dependencies`: what else it waits for; `review`, `as`, `until` and `tz` as for a hold.
#[derive(Template)]
#[template(path = "conversations/waits.html")]
pub struct WaitPage {
    pub chrome: Chrome,
    pub subject: Subject,
    pub agents: Vec<NamedAgent>,
    pub reviewers: Vec<Reviewer>,
    pub until: String,
    pub problem: Option<Problem>,
}

/// A place for somebody to wait for.
pub struct Reviewer {
    /// Sets the ids of its fields apart.
    pub place: &'static str,
    pub email: String,
    pub role: String,
}

impl Reviewer {
    /// As many can be named at once; the first is always in sight.
    pub const PLACES: [&str; 3] = ["", "-2", "-3"];

    /// Whether others than the first are named.
    pub(in crate::web) fn are_several(all: &[Reviewer]) -> bool {
        all.iter().filter(|one| !one.is_first()).any(|one| !one.email.is_empty() || !one.role.is_empty())
    }

    pub(in crate::web) const fn is_first(&self) -> bool {
        self.place.is_empty()
    }
}

/// `/conversations/{n}/resolution`: fields `csrf`, `version`, `resolution`, `short_description`.
#[derive(Template)]
#[template(path = "conversations/resolve.html")]
pub struct ResolvePage {
    pub chrome: Chrome,
    pub subject: Subject,
    /// The admin's list.
    pub resolutions: Vec<String>,
    pub resolution: String,
    pub short_description: String,
    /// What it still waits for.
    pub open_dependencies: Vec<DependencyLine>,
    pub problem: Option<Problem>,
}

/// `/conversations/{n}/merge`: fields `csrf`, `version`, `into` (a number).
#[derive(Template)]
#[template(path = "conversations/merge.html")]
pub struct MergePage {
    pub chrome: Chrome,
    pub subject: Subject,
    /// Other conversations of the same person that are not closed.
    pub targets: Vec<Subject>,
    /// The number that was chosen or typed.
    pub into: String,
    pub problem: Option<Problem>,
}

/// `/conversations/{n}/{reopening,needs-response,external-response}`: fields `csrf`, `version`, `note`.
#[derive(Template)]
#[template(path = "conversations/note.html")]
pub struct NotePage {
    pub chrome: Chrome,
    pub subject: Subject,
    pub verb: NoteVerb,
    pub note: String,
    pub problem: Option<Problem>,
}

/// The verbs that ask for a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteVerb {
    Reopen,
    NeedsResponse,
    ExternalResponse,
}

/// `/conversations/{n}/assignment`: fields `csrf`, `version` (the interaction's), `agent` (e-mail) or `queue` (slug).
#[derive(Template)]
#[template(path = "conversations/assign.html")]
pub struct AssignPage {
    pub chrome: Chrome,
    pub subject: Subject,
    /// Agents with a word about their load: "Available, 3 of 6".
    pub agents: Vec<(NamedAgent, String)>,
    /// Name and slug.
    pub queues: Vec<(String, String)>,
    pub agent: String,
    pub queue: String,
    pub problem: Option<Problem>,
}

/// `/conversations/{n}/tags`: fields `csrf`, `version`, `title`, `tags` (names, or `name: value`, by commas), `escalated`.
#[derive(Template)]
#[template(path = "conversations/tags.html")]
pub struct TagsPage {
    pub chrome: Chrome,
    pub subject: Subject,
    /// Set by the system; shown, not changed.
    pub system: Vec<Tag>,
    /// What the set-up offers, and whether it is chosen.
    pub offered: Vec<(String, bool)>,
    /// All others.
    pub tags: String,
    pub escalated: bool,
    pub problem: Option<Problem>,
}

/// `/conversations/{n}/dependencies/{id}`: fields `csrf`, `version`, `do` (`complete` or `unlink`).
#[derive(Template)]
#[template(path = "conversations/dependency.html")]
pub struct DependencyPage {
    pub chrome: Chrome,
    pub subject: Subject,
    pub dependency: DependencyLine,
    pub problem: Option<Problem>,
}

impl MergePage {
    /// What was typed beside the ones to choose from.
    pub(in crate::web) fn typed(&self) -> &str {
        let known = self.targets.iter().any(|target| target.id.to_string() == self.into);
        if known { "" } else { &self.into }
    }

    /// The one that was chosen, or the only one there is.
    pub(in crate::web) fn is_chosen(&self, target: &Subject) -> bool {
        target.id.to_string() == self.into || (self.targets.len() == 1 && self.into.is_empty())
    }
}

impl NoteVerb {
    /// The last part of the address.
    pub const fn path(self) -> &'static str {
        match self {
            NoteVerb::Reopen => "reopening",
            NoteVerb::NeedsResponse => "needs-response",
            NoteVerb::ExternalResponse => "external-response",
        }
    }

    pub(in crate::web) const fn title(self) -> &'static str {
        match self {
            NoteVerb::Reopen => "Reopen",
            NoteVerb::NeedsResponse => "Mark as needing a response",
            NoteVerb::ExternalResponse => "Log a response given elsewhere",
        }
    }

    pub(in crate::web) const fn lead(self) -> &'static str {
        match self {
            NoteVerb::Reopen => "It becomes yours, with a new interaction, and needs a response.",
            NoteVerb::NeedsResponse => "For an answer that came another way: by phone, in the shop.",
            NoteVerb::ExternalResponse => "It counts as the answer. The note says what was said, and where.",
        }
    }

    pub(in crate::web) const fn button(self) -> &'static str {
        match self {
            NoteVerb::Reopen => "Reopen",
            NoteVerb::NeedsResponse => "Mark",
            NoteVerb::ExternalResponse => "Log the response",
        }
    }
}
