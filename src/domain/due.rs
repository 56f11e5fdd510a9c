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

/// How long a customer may be silent, in seconds, as a channel says it: none is the default of the type, zero is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Silence {
    pub remind: Option<i64>,
    pub close: Option<i64>,
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
            Stage::WaitingOnUser => all.extend(self.silence_due(limits)),
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
            Stage::Suspended | Stage::Hold | Stage::Archived => {}
        }
        for dependency in self.open_dependencies() {
            if let (Awaited::Until(at), false) = (&dependency.awaited, self.stage.is_closed()) {
                all.push((*at, Due::Until(dependency.id)));
            }
        }
        all
    }

    /// What their silence brings. Who was reminded has as long as the reminder says, however late it came.
    fn silence_due(&self, limits: &Limits) -> Option<(DateTime<Utc>, Due)> {
        let last = self.last_agent_at?;
        let (remind, close) = self.patience(limits);
        let close_at = match (self.reminded_at, remind, close) {
            (Some(reminded), Some(remind), Some(close)) => Some((last + close).max(reminded + (close - remind))),
            (_, _, close) => close.map(|after| last + after),
        };
        let remind_at = remind.filter(|_| self.reminded_at.is_none()).map(|after| (last + after, Due::Remind));
        remind_at.or(close_at.map(|at| (at, Due::FallSilent)))
    }

    /// How long the customer may be silent before they are reminded, and before it closes; none is never. A reminder
    /// that would not come before the close does not come.
    fn patience(&self, limits: &Limits) -> (Option<TimeDelta>, Option<TimeDelta>) {
        let is_chat = self.interaction.kind == ContactType::Chat;
        let after = |said: Option<i64>, of_chat: TimeDelta| match said {
            None => Some(of_chat).filter(|_| is_chat),
            Some(0) => None,
            Some(seconds) => Some(TimeDelta::seconds(seconds)),
        };
        let remind = after(self.silence.remind, limits.chat_reminder);
        let close = after(self.silence.close, limits.chat_close);
        (remind.filter(|remind| close.is_none_or(|close| *remind < close)), close)
    }

    /// How long somebody who is reminded has until it closes; none is for ever.
    pub fn left_after_reminder(&self, limits: &Limits) -> Option<TimeDelta> {
        let (remind, close) = self.patience(limits);
        Some(close? - remind?)
    }
}
