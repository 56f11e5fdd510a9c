//! What time does to a conversation: one due moment, computed from how it stands.

use chrono::{DateTime, TimeDelta, Utc};

use super::conversation::Conversation;
use super::dependency::Awaited;
use super::ids::DependencyId;
use super::priority;
use super::stage::Stage;
use super::state::ContactType;

/// How long a chat may be silent before the reminder, and before it closes; how long Resolved stays before Archived; how
/// long somebody new waits behind those we know.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub chat_reminder: TimeDelta,
    pub chat_close: TimeDelta,
    pub archive_after: TimeDelta,
    /// After so long unanswered a new organization counts like one we know.
    pub priority_guard: TimeDelta,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            chat_reminder: TimeDelta::minutes(3),
            chat_close: TimeDelta::minutes(6),
            archive_after: TimeDelta::days(14),
            priority_guard: TimeDelta::hours(4),
        }
    }
}

/// Something that happens by itself at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Remind a silent chat visitor.
    Remind,
    /// Row 21.
    FallSilent,
    /// Row 40.
    Archive,
    /// A dependency of kind until.
    Until(DependencyId),
    /// The rank of a long wait rises.
    Rank,
}

impl Conversation {
    /// The next thing that is due, and when. The earliest of several.
    pub fn next_due(&self, limits: &Limits) -> Option<(DateTime<Utc>, Due)> {
        self.all_due(limits).into_iter().min_by_key(|(at, _)| *at)
    }

    fn all_due(&self, limits: &Limits) -> Vec<(DateTime<Utc>, Due)> {
        let mut all = Vec::new();
        match self.stage {
            Stage::WaitingOnUser if self.interaction.kind == ContactType::Chat => {
                if let Some(last) = self.last_agent_at {
                    if self.reminded_at.is_none() {
                        all.push((last + limits.chat_reminder, Due::Remind));
                    }
                    all.push((last + limits.chat_close, Due::FallSilent));
                }
            }
            Stage::Resolved => {
                all.push((self.stage_since.max(self.last_message_at) + limits.archive_after, Due::Archive));
            }
            Stage::New | Stage::NeedsResponse => {
                all.extend(
                    priority::guard_due(self, limits.priority_guard)
                        .filter(|_| self.rank == 2)
                        .map(|at| (at, Due::Rank)),
                );
            }
            Stage::Suspended | Stage::WaitingOnUser | Stage::Hold | Stage::Archived => {}
        }
        for dependency in self.open_dependencies() {
            if let (Awaited::Until(at), false) = (&dependency.awaited, self.stage.is_closed()) {
                all.push((*at, Due::Until(dependency.id)));
            }
        }
        all
    }
}
