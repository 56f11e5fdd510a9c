//! The security log: changes of accounts, rights and set-up are noted in their own transaction, and told to the log of
//! the process after it.

use super::{Desk, Done};
use crate::domain::{Actor, AgentId};
use crate::store::{Tx, security_log};
pub use security_log::Entry;

impl Desk {
    /// This desk for an agent: what it changes is noted as theirs. Without, nobody is named, as on the command line.
    pub fn used_by(&self, agent: AgentId) -> Desk {
        Desk { user: Some(agent), ..self.clone() }
    }

    /// Who does it.
    pub(in crate::desk) fn actor(&self) -> Actor {
        self.user.map_or(Actor::System, Actor::Agent)
    }

    /// Lines of the security log, the latest first, from before a line on.
    pub fn security_log(&self, before: Option<i64>, limit: i64) -> Done<Vec<Entry>> {
        self.db.read(|conn| Ok(security_log::latest(conn, before, limit)?))
    }

    /// Does what the security log must know of.
    pub(in crate::desk) fn noted<T: Send + 'static>(
        &self,
        action: &'static str,
        object: impl Into<String>,
        mut verb: impl FnMut(&mut Tx) -> Done<T> + Send + 'static,
    ) -> Done<T> {
        let (by, now, object) = (self.user, self.clock.now(), object.into());
        let line = object.clone();
        let done = self.db.write(move |tx| {
            let done = verb(tx)?;
            security_log::note(tx.conn, now, by, action, &line)?;
            Ok::<_, super::Error>(done)
        })?;
        let agent = by.map(|agent| agent.0);
        tracing::info!(target: "audit", agent, action, object);
        Ok(done)
    }
}
