//! Views: saved filters of the inbox. A view is the same question to the database and to one row.

use super::ids::{AgentId, QueueId};
use super::people::Agent;
use super::row::Row;
use super::stage::Stage;
use super::words::words;

words!(
    /// The views every agent has; queues are views of their own.
    ViewName {
        Mine = "mine" / "My work",
        Unassigned = "unassigned" / "Unassigned",
        NeedsResponse = "needs" / "Needs response",
        Waiting = "waiting" / "Waiting on user",
        Hold = "hold" / "Hold",
        All = "open" / "All open",
        Resolved = "resolved" / "Resolved",
        Suspended = "suspended" / "Suspended",
        Missed = "missed" / "Missed",
    }
);

/// A filter over conversations, for one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    Named(ViewName),
    Queue(QueueId),
}

impl View {
    /// The stages a view shows.
    pub const fn stages(self) -> &'static [Stage] {
        use Stage::{Hold, NeedsResponse, New, Resolved, Suspended, WaitingOnUser};
        match self {
            View::Queue(_) | View::Named(ViewName::Mine | ViewName::Unassigned | ViewName::All) => {
                &[New, NeedsResponse, WaitingOnUser, Hold]
            }
            View::Named(ViewName::NeedsResponse) => &[NeedsResponse],
            View::Named(ViewName::Waiting) => &[WaitingOnUser],
            View::Named(ViewName::Hold) => &[Hold],
            View::Named(ViewName::Resolved | ViewName::Missed) => &[Resolved],
            View::Named(ViewName::Suspended) => &[Suspended],
        }
    }

    /// Whether a row belongs here, for this viewer. What the viewer may not see belongs nowhere.
    pub fn includes(self, row: &Row, viewer: &Agent) -> bool {
        let assignee = row.assignee.as_ref().map(|a| a.id);
        may_see(viewer, row.queue.as_ref().map(|q| (q.id, q.restricted)), assignee)
            && self.stages().contains(&row.stage)
            && match self {
                View::Queue(queue) => row.queue.as_ref().is_some_and(|q| q.id == queue),
                View::Named(ViewName::Mine) => assignee == Some(viewer.id),
                View::Named(ViewName::Unassigned) => assignee.is_none(),
                View::Named(ViewName::Missed) => row.missed,
                View::Named(_) => true,
            }
    }
}

/// Whether an agent may see what is in a queue (its id, and whether it is restricted) and with an assignee: open queues
/// are everybody's, restricted ones their members', the assignee's and the leads'.
pub fn may_see(viewer: &Agent, queue: Option<(QueueId, bool)>, assignee: Option<AgentId>) -> bool {
    match queue {
        Some((queue, true)) => viewer.role.leads() || assignee == Some(viewer.id) || viewer.queues.contains(&queue),
        Some((_, false)) | None => true,
    }
}
