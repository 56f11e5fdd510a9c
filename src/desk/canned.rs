//! Canned responses: who may use which, and what they say to whom.

use super::{Desk, Done, Error};
use crate::domain::canned::{Audience, Canned, Filled, Variable, checked, fill};
use crate::domain::folded::folded;
use crate::domain::{Agent, CannedId, ConversationId, Refused};
use crate::store::canned as stored;

/// A canned response as a form or a program writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCanned {
    pub name: String,
    pub shortcut: String,
    pub body: String,
    pub audience: Audience,
}

impl Desk {
    /// What an agent may use, by name; those that fit what was typed first, where something was.
    pub fn canned_of(&self, by: &Agent, typed: &str) -> Done<Vec<Canned>> {
        let mut all = self.directory()?.canned.clone();
        all.retain(|one| self.may_use(by, one));
        let typed = folded(typed.trim().trim_start_matches('/'));
        if typed.is_empty() {
            return Ok(all);
        }
        let rank = |one: &Canned| {
            let (name, shortcut) = (folded(&one.name), folded(one.shortcut.as_deref().unwrap_or_default()));
            match () {
                () if shortcut == typed => Some(0),
                () if shortcut.starts_with(&typed) => Some(1),
                () if name.starts_with(&typed) => Some(2),
                () if shortcut.contains(&typed) || name.contains(&typed) => Some(3),
                () => None,
            }
        };
        let mut ranked: Vec<(i32, Canned)> = all.into_iter().filter_map(|one| Some((rank(&one)?, one))).collect();
        ranked.sort_by_key(|(rank, one)| (*rank, one.shortcut.as_ref().map_or(0, String::len)));
        Ok(ranked.into_iter().map(|(_, one)| one).collect())
    }

    /// One of them.
    pub fn canned(&self, by: &Agent, id: CannedId) -> Done<Canned> {
        let one = self.db.read(|conn| Ok::<_, Error>(stored::find(conn, id)?))?;
        if self.may_use(by, &one) { Ok(one) } else { Err(Error::NotFound) }
    }

    /// What canned responses say in a conversation.
    pub fn filled(&self, by: &Agent, id: ConversationId, all: &[Canned]) -> Done<Vec<Vec<Filled>>> {
        let record = self.open(by, id, None)?;
        let workspace = self.surroundings(by)?.workspace;
        let contact = record.who.contact.as_ref().map(|contact| contact.name.clone());
        let value = |variable: Variable| match variable {
            Variable::ContactName => contact.clone(),
            Variable::ContactFirstName => contact.as_deref().map(first),
            Variable::AgentName => Some(by.name.clone()),
            Variable::AgentFirstName => Some(first(&by.name)),
            Variable::ConversationNumber => Some(id.to_string()),
            Variable::OrganizationName => record.who.organization.as_ref().map(|one| one.name.clone()),
            Variable::QueueName => record.row.queue.as_ref().map(|queue| queue.name.clone()),
            Variable::WorkspaceName => Some(workspace.clone()),
        };
        Ok(all.iter().map(|one| fill(&one.body, value)).collect())
    }

    /// Adds one.
    pub fn add_canned(&self, by: &Agent, new: NewCanned) -> Done<Canned> {
        may_write(by, new.audience)?;
        let new = written(new, CannedId(0), 0)?;
        let clock = self.clock.clone();
        let added = self.noted("canned response added", new.name.clone(), move |tx| {
            let id = stored::insert(tx.conn, &new, clock.now()).map_err(taken)?;
            Ok(stored::find(tx.conn, id)?)
        });
        self.directory_changed();
        added
    }

    /// Writes one anew.
    pub fn change_canned(&self, by: &Agent, id: CannedId, new: NewCanned, version: Option<i64>) -> Done<Canned> {
        let known = self.canned(by, id)?;
        may_write(by, known.audience)?;
        may_write(by, new.audience)?;
        if version.is_some_and(|version| version != known.version) {
            return Err(Refused::Stale.into());
        }
        let new = written(new, id, known.version)?;
        let changed = self.noted("canned response changed", new.name.clone(), move |tx| {
            stored::save(tx.conn, &new).map_err(taken)?;
            Ok(stored::find(tx.conn, id)?)
        });
        self.directory_changed();
        changed
    }

    /// Takes one away.
    pub fn remove_canned(&self, by: &Agent, id: CannedId, version: Option<i64>) -> Done<Canned> {
        let known = self.canned(by, id)?;
        may_write(by, known.audience)?;
        if version.is_some_and(|version| version != known.version) {
            return Err(Refused::Stale.into());
        }
        let removed =
            self.noted("canned response removed", known.name.clone(), move |tx| Ok(stored::remove(tx.conn, id)?));
        self.directory_changed();
        removed.map(|()| known)
    }

    fn may_use(&self, by: &Agent, one: &Canned) -> bool {
        match one.audience {
            Audience::Everyone => true,
            Audience::Queue(queue) => by.role.leads() || by.queues.contains(&queue),
            Audience::Own(agent) => agent == by.id,
        }
    }
}

/// What is for others is written by those who lead.
pub fn may_write(by: &Agent, audience: Audience) -> Result<(), Refused> {
    match audience {
        Audience::Own(agent) if agent == by.id => Ok(()),
        _ if by.role.leads() => Ok(()),
        _ => Err(Refused::Forbidden("A manager writes what others use. Write one of your own.")),
    }
}

fn written(new: NewCanned, id: CannedId, version: i64) -> Result<Canned, Refused> {
    let (name, shortcut, body) = checked(&new.name, &new.shortcut, &new.body)?;
    Ok(Canned { id, name, shortcut, body, audience: new.audience, version })
}

fn taken(error: crate::store::Error) -> Error {
    match error.is_unique_violation() {
        true => Refused::invalid("shortcut", "This shortcut is taken.").into(),
        false => error.into(),
    }
}

fn first(name: &str) -> String {
    name.split_whitespace().next().unwrap_or_default().to_owned()
}
