//! Who and what there is to choose from: agents and queues by name. Read often and changed rarely, so it is kept for a
//! second.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Desk, Done};
use crate::domain::row::NamedAgent;
use crate::domain::view::may_see;
use crate::domain::{Agent, AgentId, Channel, QueueId};
use crate::store::inbox::Eyes;
use crate::store::queues::Queue;
use crate::store::{agents, channels, queues};

/// How long a name may be old. What may be seen is never decided by these names' age: restricted queues are read anew.
const KEPT: Duration = Duration::from_secs(1);

/// Agents, queues and channels, each by name.
#[derive(Debug, Default)]
pub struct Directory {
    pub agents: Vec<Agent>,
    pub queues: Vec<Queue>,
    pub channels: Vec<Channel>,
    pub resolutions: Vec<String>,
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

    /// Everybody who works here, by name.
    pub fn named_agents(&self) -> Vec<NamedAgent> {
        let named = |agent: &Agent| NamedAgent { id: agent.id, name: agent.name.clone(), email: agent.email.clone() };
        self.agents.iter().map(named).collect()
    }

    /// The queues an agent may see.
    pub fn queues_of<'a>(&'a self, agent: &'a Agent) -> impl Iterator<Item = &'a Queue> {
        self.queues.iter().filter(|queue| may_see(agent, Some((queue.id, queue.restricted)), None))
    }
}

#[derive(Clone, Default)]
pub(super) struct Cache(Arc<Mutex<Option<Kept>>>);

/// When it was read, and what.
type Kept = (Instant, Arc<Directory>);

impl Desk {
    /// The directory, at most a second old; at once after a change through this process.
    pub fn directory(&self) -> Done<Arc<Directory>> {
        let kept = self.directory.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((since, directory)) = kept
            && since.elapsed() < KEPT
        {
            return Ok(directory);
        }
        let directory = self.db.read(|conn| {
            Ok::<_, super::Error>(Arc::new(Directory {
                agents: agents::all(conn)?,
                queues: queues::all(conn)?,
                channels: channels::all(conn)?,
                resolutions: queues::resolutions(conn)?,
            }))
        })?;
        *self.directory.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), directory.clone()));
        Ok(directory)
    }

    /// The directory as it was last read, however long ago: for who must not wait for the database.
    pub fn last_directory(&self) -> Option<Arc<Directory>> {
        self.directory.0.lock().unwrap_or_else(PoisonError::into_inner).clone().map(|(_, directory)| directory)
    }

    /// Forgets the directory, because somebody in it was changed.
    pub fn forget_directory(&self) {
        self.directory_changed();
    }

    /// Forgets the directory, because it was changed.
    pub(super) fn directory_changed(&self) {
        *self.directory.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The queues that only their members see.
    pub fn restricted(&self) -> Done<Vec<QueueId>> {
        Ok(self.directory()?.queues.iter().filter(|queue| queue.restricted).map(|queue| queue.id).collect())
    }

    /// What an agent does not see: restricted queues that are not theirs.
    pub fn eyes(&self, agent: &Agent) -> Done<Eyes> {
        let directory = self.directory()?;
        let hidden = directory.queues.iter().filter(|q| !may_see(agent, Some((q.id, q.restricted)), None));
        Ok(Eyes { agent: agent.id, hidden: hidden.map(|q| q.id).collect() })
    }
}
