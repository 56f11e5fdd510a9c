//! Why something was not done: one sentence an agent can act on, and a code a program can.

use super::ids::AgentId;
use super::stage::{Action, Stage};
use super::state::ContactType;

/// The sentence of every path that needs a short description.
pub const NEEDS_SHORT_DESCRIPTION: &str = "Short description is required to save, close or link a task.";
/// Longest short description and title, in characters.
pub const TEXT_LIMIT: usize = 160;

/// A refused action; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The stage never allows it. 409.
    IllegalTransition { from: Stage, action: Action },
    /// Another role could do it now. 403.
    Forbidden(&'static str),
    /// Based on an old version. 409.
    Stale,
    /// Somebody has it already. 409.
    AlreadyAssigned(AgentId),
    /// It is another agent's. 409.
    NotAssignee(Option<AgentId>),
    /// The interaction is closed. 409.
    Closed,
    /// State of an interaction with a conversation is never written directly. 409.
    StateFollowsStage,
    /// An interaction without a conversation cannot go there. 409.
    IllegalState(String),
    /// Others refer to it: it cannot be removed. 409.
    InUse(&'static str),
    /// A value is wrong. 422 at the field.
    Invalid { field: &'static str, message: String },
    /// A value is wrong in a field of the house's own. 422.
    Field { slug: String, message: String },
    /// The field is not for writing. 422.
    ReadOnly { field: String, message: String },
    /// An address that cannot be one. 422.
    BadIdentifier(String),
    /// The type cannot be chosen now. 422.
    TypeUnavailable(ContactType),
    /// Several values are wrong, each with its field. 422.
    Several(Vec<Refused>),
}

impl Refused {
    /// A wrong value at a field.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Refused::Invalid { field, message: message.into() }
    }

    /// The short description is missing or too long.
    pub fn needs_short_description() -> Self {
        Self::invalid("short_description", NEEDS_SHORT_DESCRIPTION)
    }

    /// Both, or everything that is wrong with either. What no other value would mend speaks alone.
    pub fn both<A, B>(one: Result<A, Self>, other: Result<B, Self>) -> Result<(A, B), Self> {
        match (one, other) {
            (Ok(one), Ok(other)) => Ok((one, other)),
            (Err(refused), Ok(_)) | (Ok(_), Err(refused)) => Err(refused),
            (Err(one), Err(other)) => Err(match (one.is_of_values(), other.is_of_values()) {
                (true, true) => Refused::Several(one.each().chain(other.each()).cloned().collect()),
                (true, false) => other,
                (false, _) => one,
            }),
        }
    }

    /// Whether other values would have been taken.
    const fn is_of_values(&self) -> bool {
        matches!(
            self,
            Refused::Invalid { .. } | Refused::Field { .. } | Refused::BadIdentifier(_) | Refused::Several(_)
        )
    }

    /// Each thing that is wrong.
    pub fn each(&self) -> impl Iterator<Item = &Refused> {
        match self {
            Refused::Several(all) => all.as_slice(),
            one => std::slice::from_ref(one),
        }
        .iter()
    }

    /// The code of the API.
    pub const fn code(&self) -> &'static str {
        match self {
            Refused::IllegalTransition { .. } | Refused::IllegalState(_) => "illegal_transition",
            Refused::Forbidden(_) => "forbidden",
            Refused::Stale => "stale",
            Refused::AlreadyAssigned(_) => "already_assigned",
            Refused::NotAssignee(_) => "not_assignee",
            Refused::Closed => "closed",
            Refused::StateFollowsStage => "state_follows_stage",
            Refused::InUse(_) => "in_use",
            Refused::Invalid { .. } | Refused::Field { .. } | Refused::Several(_) => "invalid",
            Refused::ReadOnly { .. } => "read_only",
            Refused::BadIdentifier(_) => "bad_identifier",
            Refused::TypeUnavailable(_) => "type_unavailable",
        }
    }

    /// The field the sentence belongs to.
    pub fn field(&self) -> Option<&str> {
        match self {
            Refused::Invalid { field, .. } => Some(field),
            Refused::Field { slug, .. } => Some(slug),
            Refused::ReadOnly { field, .. } => Some(field),
            Refused::BadIdentifier(_) => Some("from"),
            Refused::TypeUnavailable(_) => Some("type"),
            Refused::Several(all) => all.first().and_then(Refused::field),
            Refused::IllegalTransition { .. }
            | Refused::Forbidden(_)
            | Refused::Stale
            | Refused::AlreadyAssigned(_)
            | Refused::NotAssignee(_)
            | Refused::Closed
            | Refused::StateFollowsStage
            | Refused::InUse(_)
            | Refused::IllegalState(_) => None,
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refused::IllegalTransition { from: Stage::Archived, .. } => f.write_str("This conversation is archived."),
            Refused::IllegalTransition { from: Stage::Suspended, action: Action::Reply } => {
                f.write_str("Release this conversation before replying.")
            }
            Refused::IllegalTransition { from: Stage::New, action: Action::Hold } => {
                f.write_str("Answer before you hold: use Acknowledge and hold.")
            }
            Refused::IllegalTransition { from: Stage::Hold, action: Action::Hold } => {
                f.write_str("This is on hold already. Add what else it waits for to its dependencies.")
            }
            Refused::IllegalTransition { from: Stage::Resolved, action: Action::Archive } => {
                f.write_str("Somebody wrote after this was resolved. It is archived by itself when it has been quiet.")
            }
            Refused::IllegalTransition { from, action } => {
                write!(f, "Cannot {} while {}.", action.label(), from.label())
            }
            Refused::Forbidden(sentence) | Refused::InUse(sentence) => f.write_str(sentence),
            Refused::Stale => f.write_str("Someone changed this record. Your text is kept."),
            Refused::AlreadyAssigned(_) => f.write_str("Somebody else has taken this already."),
            Refused::NotAssignee(_) => f.write_str("This is assigned to somebody else. Take it over first."),
            Refused::Closed => f.write_str("This interaction is closed."),
            Refused::StateFollowsStage => {
                f.write_str("State follows the conversation stage. Use Reply, Hold or Resolve.")
            }
            Refused::IllegalState(sentence) => f.write_str(sentence),
            Refused::Invalid { message, .. } | Refused::Field { message, .. } | Refused::ReadOnly { message, .. } => {
                f.write_str(message)
            }
            Refused::BadIdentifier(text) => write!(f, "“{text}” is not an address we can answer."),
            Refused::TypeUnavailable(ContactType::Phone) => {
                f.write_str("Phone is not available: the telephony plug-in is not active.")
            }
            Refused::TypeUnavailable(kind) => write!(f, "{} is not available here.", kind.label()),
            Refused::Several(all) => {
                let sentences: Vec<String> = all.iter().map(ToString::to_string).collect();
                f.write_str(&sentences.join(" "))
            }
        }
    }
}

impl std::error::Error for Refused {}

/// A short description as it may be stored: not blank, at most 160 characters, no line breaks.
pub fn short_description(text: &str) -> Result<String, Refused> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err(Refused::needs_short_description()),
        n if n > TEXT_LIMIT => Err(Refused::invalid("short_description", "Use at most 160 characters.")),
        _ => Ok(text),
    }
}
