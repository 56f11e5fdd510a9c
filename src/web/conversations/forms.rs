//! The forms of a conversation's verbs. Each is a page (`GET`) that a script shows as a dialog; `POST` to the same address.
//! Refused with 422 or 409 it comes back as it was typed, with `problem`.

use askama::Template;

use crate::domain::ids::ConversationId;
use crate::domain::row::NamedAgent;
use crate::domain::stage::Stage;
use crate::domain::tag::Tag;
use crate::web::chrome::Chrome;
use crate::web::{assets, filters};

/// What every form of a conversation knows.
pub struct Subject {
    pub id: ConversationId,
    pub version: i64,
    pub title: String,
    /// The person, as one would greet them.
    pub who: String,
    pub stage: Stage,
}

/// Why a form came back: the field it is about, and the sentence.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Name of the field; empty for the whole form.
    pub field: &'static str,
    pub message: String,
    /// Somebody changed it meanwhile: what is newer, a line each.
    pub newer: Vec<String>,
}

/// `/conversations/{n}/hold`: fields `csrf`, `version`, `review` (an agent's e-mail, repeatable), `as` (its label), `until`
/// (local date and time), `tz` (minutes west of UTC, by script), `reply` (sent before the hold).
#[derive(Template)]
#[template(path = "conversations/hold.html")]
pub struct HoldPage {
    pub chrome: Chrome,
    pub subject: Subject,
    /// Who may review.
    pub agents: Vec<NamedAgent>,
    pub review: String,
    pub role: String,
    pub until: String,
    pub reply: String,
    pub problem: Option<Problem>,
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
    /// Dependencies that are still open, a line each.
    pub open_dependencies: Vec<String>,
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
    pub id: i64,
    pub text: String,
    /// It is this person's own review.
    pub mine: bool,
    pub problem: Option<Problem>,
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
