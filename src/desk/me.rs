//! What a person's own pages know of them: the theme and the keys they chose, and how much they have.

use super::{Desk, Done, Error};
use crate::domain::{Agent, Role};
use crate::store::{agents, interactions, settings};

/// How much of everything one agent may have at once, until capacities are set.
const CAPACITY: i64 = 10;

/// What stands around every page of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The organisation that works here.
    pub workspace: String,
    /// `light`, `dark` or `system`.
    pub theme: String,
    /// Single keys press what carries them.
    pub keys: bool,
    /// Interactions in New or Work in Progress that are theirs.
    pub in_use: i64,
    pub capacity: i64,
}

impl Desk {
    /// Names the workspace, where nobody has yet: what stands beside the mark.
    pub fn name_workspace(&self, name: &str) -> Done<()> {
        let name = name.to_owned();
        self.db.write(move |tx| Ok(settings::get_or_set(tx.conn, super::sign_in::WORKSPACE, &name).map(drop)?))
    }

    /// What stands around a person's pages.
    pub fn surroundings(&self, agent: &Agent) -> Done<Surroundings> {
        self.db.read(|conn| {
            let (theme, keys) = agents::habits(conn, agent.id)?;
            let workspace = settings::get(conn, super::sign_in::WORKSPACE)?;
            Ok(Surroundings {
                workspace: workspace.unwrap_or_else(|| "Switchboard".to_owned()),
                theme,
                keys,
                in_use: interactions::in_use(conn, agent.id)?,
                capacity: CAPACITY,
            })
        })
    }

    /// Chooses whether single keys press anything.
    pub fn choose_keys(&self, agent: &Agent, keys: bool) -> Done<()> {
        let id = agent.id;
        self.db.write(move |tx| Ok::<_, Error>(agents::choose_keys(tx.conn, id, keys)?))
    }

    /// Chooses how pages look: `light`, `dark`, and anything else for the system's.
    pub fn choose_theme(&self, agent: &Agent, theme: &str) -> Done<()> {
        let id = agent.id;
        let theme = if matches!(theme, "light" | "dark") { theme.to_owned() } else { "system".to_owned() };
        self.db.write(move |tx| Ok::<_, Error>(agents::choose_theme(tx.conn, id, &theme)?))
    }
}

/// Where a person's day begins.
pub const fn home(role: Role) -> &'static str {
    match role {
        Role::Agent | Role::Desk | Role::Manager | Role::Admin => "/inbox/mine",
    }
}
