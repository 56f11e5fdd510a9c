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
        Mentions = "mentions" / "Mentions",
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
            View::Queue(_)
            | View::Named(ViewName::Mine | ViewName::Unassigned | ViewName::Mentions | ViewName::All) => {
                &[New, NeedsResponse, WaitingOnUser, Hold]
            }
            View::Named(ViewName::NeedsResponse) => &[NeedsResponse],
            View::Named(ViewName::Waiting) => &[WaitingOnUser],
            View::Named(ViewName::Hold) => &[Hold],
            View::Named(ViewName::Resolved | ViewName::Missed) => &[Resolved],
            View::Named(ViewName::Suspended) => &[Suspended],
        }
    }

    /// Whether a row belongs here, for these eyes. What they do not see belongs nowhere.
    pub fn includes(self, row: &Row, eyes: &Eyes) -> bool {
        let assignee = row.assignee.as_ref().map(|a| a.id);
        eyes.sees(row.queue.as_ref().map(|q| q.id), assignee)
            && self.stages().contains(&row.stage)
            && match self {
                View::Queue(queue) => row.queue.as_ref().is_some_and(|q| q.id == queue),
                View::Named(ViewName::Mine) => assignee.is_some() && assignee == eyes.agent,
                View::Named(ViewName::Unassigned) => assignee.is_none(),
                View::Named(ViewName::Mentions) => eyes.agent.is_some_and(|me| row.mentions.contains(&me)),
                View::Named(ViewName::Missed) => row.missed,
                View::Named(_) => true,
            }
    }
}

/// Whose eyes. What stands in a restricted queue is there for its members, its assignee and the leads, and for nobody
/// else: every look at conversations and interactions goes through here, in a list, a count, one record, the feed, a
/// name in an answer or a frame of a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eyes {
    /// None: nobody's; a program that works for a channel.
    pub agent: Option<AgentId>,
    /// The restricted queues that are not theirs to work.
    pub hidden: Vec<QueueId>,
}

impl Eyes {
    /// The eyes of an agent, when these queues are restricted.
    pub fn of(agent: &Agent, restricted: &[QueueId]) -> Eyes {
        let hidden = restricted.iter().copied().filter(|queue| !agent.may_work(*queue, true));
        Eyes { agent: Some(agent.id), hidden: hidden.collect() }
    }

    /// Whether they see what stands in this queue and is with this assignee.
    pub fn sees(&self, queue: Option<QueueId>, assignee: Option<AgentId>) -> bool {
        let hidden = queue.is_some_and(|queue| self.hidden.contains(&queue));
        !hidden || (assignee.is_some() && assignee == self.agent)
    }
}
