//! The tabs of the record beside a thread.

/// Which tab of the panel is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Details,
    Tasks,
    History,
}

impl Tab {
    /// The value of `?tab=`.
    pub const fn key(self) -> &'static str {
        match self {
            Tab::Details => "details",
            Tab::Tasks => "tasks",
            Tab::History => "history",
        }
    }

    pub(in crate::web) const fn label(self) -> &'static str {
        match self {
            Tab::Details => "Details",
            Tab::Tasks => "Related tasks",
            Tab::History => "User’s interactions",
        }
    }
}
