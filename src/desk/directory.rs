//! Who and what there is to choose from: agents and queues by name. Read often and changed rarely, so it is kept for a
//! second.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Desk, Done};
use crate::domain::canned::Canned;
use crate::domain::row::NamedAgent;
use crate::domain::view::Eyes;
use crate::domain::{Agent, AgentId, Channel, ChannelId, QueueId};
use crate::store::queues::Queue;
use crate::store::{agents, canned, channels, choices, eyes, queues};

/// How long a name may be old. Who may see what is never decided here: [`Desk::eyes`] reads restricted queues anew.
const KEPT: Duration = Duration::from_secs(1);

/// Agents, queues and channels, each by name.
#[derive(Debug, Default)]
pub struct Directory {
    pub agents: Vec<Agent>,
    pub queues: Vec<Queue>,
    pub channels: Vec<Channel>,
    pub resolutions: Vec<String>,
    /// Tags that are offered.
    pub tags: Vec<String>,
    /// All canned responses, by name; [`Desk::canned_of`] says which are whose.
    pub canned: Vec<Canned>,
}

impl Directory {
    /// The agent of an id.
    pub fn agent(&self, id: AgentId) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == id)
    }

    /// The queue of an id.
    pub fn queue(&self, id: QueueId) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.id == id)
    }

    /// The channel of an id.
    pub fn channel(&self, id: ChannelId) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == id)
    }

    /// Everybody who works here, by name.
    pub fn named_agents(&self) -> Vec<NamedAgent> {
        let named = |agent: &Agent| NamedAgent { id: agent.id, name: agent.name.clone(), email: agent.email.clone() };
        self.agents.iter().map(named).collect()
    }

    /// The queues an agent may see.
    pub fn queues_of<'a>(&'a self, agent: &'a Agent) -> impl Iterator<Item = &'a Queue> {
        self.queues.iter().filter(|queue| agent.may_work(queue.id, queue.restricted))
    }
}

#[derive(Clone, Default)]
pub(super) struct Cache(Arc<Mutex<Kept>>);

#[derive(Clone, Default)]
struct Kept {
    /// How often it was changed here. What was read before a change is not kept after it.
    changes: u64,
    /// When it was read, and what.
    read: Option<(Instant, Arc<Directory>)>,
}

impl Cache {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// The directory, at most a second old; at once after a change through this process.
    pub fn directory(&self) -> Done<Arc<Directory>> {
        let Kept { changes, read } = self.directory.kept().clone();
        if let Some((_, directory)) = read.filter(|(since, _)| since.elapsed() < KEPT) {
            return Ok(directory);
        }
        let started = Instant::now();
        let directory = self.db.read(|conn| {
            Ok::<_, super::Error>(Arc::new(Directory {
                agents: agents::all(conn)?,
                queues: queues::all(conn)?,
                channels: channels::all(conn)?,
                resolutions: queues::resolutions(conn)?,
                tags: choices::offered(conn)?,
                canned: canned::all(conn)?,
            }))
        })?;
        let mut kept = self.directory.kept();
        if kept.changes == changes {
            kept.read = Some((started, directory.clone()));
        }
        Ok(directory)
    }

    /// The directory as it was last read, however long ago: for who must not wait for the database.
    pub fn last_directory(&self) -> Option<Arc<Directory>> {
        self.directory.kept().read.clone().map(|(_, directory)| directory)
    }

    /// Forgets the directory, because somebody in it was changed.
    pub fn forget_directory(&self) {
        self.directory_changed();
    }

    /// Forgets the directory, because it was changed.
    pub(super) fn directory_changed(&self) {
        let mut kept = self.directory.kept();
        *kept = Kept { changes: kept.changes + 1, read: None };
    }

    /// What an agent sees, by the queues that are restricted now.
    pub fn eyes(&self, agent: &Agent) -> Done<Eyes> {
        self.db.read(|conn| Ok(eyes::of(conn, Some(agent))?))
    }
}
