//! Tags: a name and an optional value. Some are the system's own.

use super::words::fold;

/// A tag on a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub name: String,
    pub value: Option<String>,
}

/// What the thing is called that a resolved conversation carries exactly once.
pub const RESOLUTION: &str = "Resolution";
/// Exactly while on Hold with an open dependency.
pub const BLOCKED: &str = "Blocked";
/// First in every order.
pub const ESCALATED: &str = "Escalated";
/// The same, written as name and value in one.
pub const PRIORITY_ESCALATED: &str = "Priority/Escalated";
/// Six alternating turns within 30 minutes.
pub const FAST_MOVING: &str = "Fast Moving";
/// The last three gaps each over 24 hours.
pub const SLOW_MOVING: &str = "Slow Moving";
/// Nobody moved for too long.
pub const STALLED: &str = "Stalled";
/// Longest name and value, in characters.
pub const TAG_LIMIT: usize = 60;

const SYSTEM: [&str; 5] = [RESOLUTION, BLOCKED, FAST_MOVING, SLOW_MOVING, STALLED];

impl Tag {
    /// A tag without a value.
    pub fn named(name: &str) -> Self {
        Tag { name: name.to_owned(), value: None }
    }

    /// Whether this is the tag of that name, in any spelling.
    pub fn is(&self, name: &str) -> bool {
        fold(&self.name) == fold(name)
    }

    /// The escalation, as a tag of its own or as the value of Priority.
    pub fn escalates(&self) -> bool {
        self.is(ESCALATED)
            || self.is(PRIORITY_ESCALATED)
            || (self.is("Priority") && self.value.as_deref().is_some_and(|v| fold(v) == fold(ESCALATED)))
    }
}

/// The name as it is stored: known tags in their one spelling, others trimmed.
pub fn canonical(name: &str) -> String {
    let name = name.trim();
    let known = SYSTEM.iter().chain([&ESCALATED, &PRIORITY_ESCALATED]).find(|known| fold(known) == fold(name));
    known.map_or_else(|| name.to_owned(), |known| (*known).to_owned())
}

/// Set by the system alone.
pub fn is_system(name: &str) -> bool {
    SYSTEM.iter().any(|known| fold(known) == fold(name))
}
