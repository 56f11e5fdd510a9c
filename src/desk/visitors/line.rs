//! Where somebody stands in line, and how long that may take.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Desk, Done};
use crate::desk::directory::Directory;
use crate::domain::wait_estimate::{Known, Range, expected};
use crate::domain::{Channel, Conversation, Presence, QueueId, Stage};
use crate::store::{Conn, visitors};

/// A place in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// One is the next.
    pub place: i64,
    /// None where nobody is there, or where nothing is known.
    pub wait: Option<Range>,
}

/// Waits that make a promise.
const ENOUGH: usize = 3;

impl Desk {
    /// How long the last ones on a channel waited, as a rule (None: not known), and whether anybody is there now.
    pub fn usual_wait(&self, channel: &Channel) -> Done<(Option<TimeDelta>, bool)> {
        let staffed = staffed(&*self.directory()?, channel.queue) > 0;
        let mut waits = self.db.read(|conn| Ok::<_, super::Error>(visitors::served(conn, channel.queue)?))?.waits;
        waits.sort_unstable();
        let median = waits.get(waits.len() / 2).copied().filter(|_| waits.len() >= ENOUGH);
        Ok((median, staffed))
    }
}

/// The place of a conversation that waits for its first answer and is nobody's yet.
pub(super) fn of(
    conn: &mut Conn,
    directory: &Directory,
    conversation: &Conversation,
    now: DateTime<Utc>,
) -> Done<Option<Line>> {
    let waits = conversation.stage == Stage::New && conversation.interaction.assignee.is_none();
    let Some(queue) = conversation.interaction.queue.filter(|_| waits) else { return Ok(None) };
    let (ahead, head) = visitors::ahead(conn, conversation.id, queue)?;
    let served = visitors::served(conn, queue)?;
    let count = i32::try_from(served.service.len()).unwrap_or(i32::MAX);
    let service = (count > 0).then(|| served.service.iter().sum::<TimeDelta>() / count.max(1));
    let head = head.map(|since| (now - since).max(TimeDelta::zero()));
    let known = Known { ahead, staffed: staffed(directory, queue), service, waits: served.waits, head };
    Ok(Some(Line { place: ahead + 1, wait: expected(&known) }))
}

/// How many are there who take from a queue: its members, or everybody where it is open to all.
fn staffed(directory: &Directory, queue: QueueId) -> i64 {
    let restricted = directory.queue(queue).is_some_and(|queue| queue.restricted);
    let there = directory.agents.iter().filter(|agent| agent.presence == Presence::Available);
    let takes = there.filter(|agent| !restricted || agent.queues.contains(&queue));
    i64::try_from(takes.count()).unwrap_or(i64::MAX)
}
