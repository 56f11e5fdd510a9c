//! Set-up: agents and queues. Everything here is for admins; who calls has checked that.

use chrono::TimeDelta;

use super::sign_in::{access, codes};
use super::{Desk, Done, Error};
use crate::domain::state::ContactType;
use crate::domain::{Agent, AgentId, QueueId, Refused, Role};
pub use crate::store::queues::Queue;
use crate::store::{Conn, agents, dialect, queues, sessions};

/// A queue as a form or a program writes it.
#[derive(Debug, Clone, Default)]
pub struct NewQueue {
    pub slug: String,
    pub name: String,
    pub restricted: bool,
    pub types: Vec<ContactType>,
    /// Seconds.
    pub target: Option<i64>,
    /// E-mail addresses; None leaves the members as they are.
    pub members: Option<Vec<String>>,
}

/// What a change of an agent writes; None leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct AgentEdit {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub disabled: Option<bool>,
}

impl AgentEdit {
    /// As the security log tells it.
    fn told(&self, id: AgentId) -> String {
        let role = self.role.map(|role| format!("role {}", role.as_str()));
        let disabled = self.disabled.map(|gone| if gone { "access ended" } else { "access again" }.to_owned());
        let name = self.name.as_ref().map(|name| format!("name {}", name.trim()));
        let all: Vec<String> = [role, disabled, name].into_iter().flatten().collect();
        format!("agent {}: {}", id.0, all.join(", "))
    }
}

impl Desk {
    /// Adds a queue.
    pub fn add_queue(&self, new: NewQueue) -> Done<Queue> {
        let queue = checked(&new)?;
        let (clock, object) = (self.clock.clone(), told(&queue, &new));
        let added = self.noted("queue made", object, move |tx| {
            let id = queues::insert(tx.conn, &queue, clock.now()).map_err(slug_taken)?;
            write_members(tx.conn, id, new.members.as_deref())?;
            Ok::<_, Error>(queues::find(tx.conn, id)?)
        })?;
        self.directory_changed();
        Ok(added)
    }

    /// Writes a queue anew. Who may see it is decided anew at once: open pages are told to look again.
    pub fn change_queue(&self, id: QueueId, new: NewQueue, version: Option<i64>) -> Done<Queue> {
        let queue = checked(&new)?;
        let (node, object) = (self.db.node().to_owned(), told(&queue, &new));
        let changed = self.noted("queue changed", object, move |tx| {
            let known = queues::find(tx.conn, id)?;
            if version.is_some_and(|version| version != known.version) {
                return Err(Refused::Stale.into());
            }
            queues::update(tx.conn, &Queue { id, version: known.version, ..queue.clone() }).map_err(slug_taken)?;
            write_members(tx.conn, id, new.members.as_deref())?;
            access::tell(tx.conn, &node)?;
            Ok::<_, Error>(queues::find(tx.conn, id)?)
        })?;
        self.directory_changed();
        self.access_changed();
        Ok(changed)
    }

    /// The e-mail addresses of a queue's members.
    pub fn members(&self, id: QueueId) -> Done<Vec<String>> {
        let directory = self.directory()?;
        let ids: Vec<AgentId> = self.db.read(|conn| Ok::<_, Error>(queues::members(conn, id)?))?;
        Ok(ids.iter().filter_map(|id| directory.agent(*id)).map(|agent| agent.email.clone()).collect())
    }

    /// Writes name, role or whether an agent may sign in.
    pub fn change_agent(&self, id: AgentId, edit: AgentEdit) -> Done<Agent> {
        let (clock, node) = (self.clock.clone(), self.db.node().to_owned());
        let changed = self.noted("agent changed", edit.told(id), move |tx| {
            let known = agents::find(tx.conn, id)?;
            if edit.disabled == Some(true) || edit.role.is_some_and(|role| role != Role::Admin) {
                another_admin(tx.conn, &known, edit.disabled == Some(true))?;
            }
            let name = edit.name.as_deref().map(str::trim).unwrap_or(&known.name);
            if name.is_empty() || name.chars().count() > 120 {
                return Err(Refused::invalid("name", "Write a name of at most 120 characters.").into());
            }
            let role = edit.role.unwrap_or(known.role);
            agents::update(tx.conn, id, name, role)?;
            if role != known.role && codes::is_missing(tx.conn, id, role)? {
                sessions::end_all(tx.conn, id, None)?;
            }
            if edit.disabled == Some(true) {
                agents::disable(tx.conn, id, clock.now())?;
            }
            access::tell(tx.conn, &node)?;
            Ok::<_, Error>(Agent { name: name.to_owned(), role, ..known })
        })?;
        self.directory_changed();
        self.access_changed();
        Ok(changed)
    }

    /// The agent of an e-mail address.
    pub fn agent(&self, email: &str) -> Done<Agent> {
        self.db.read(|conn| Ok(agents::by_email(conn, email)?))
    }
}

/// The last admin stays one: there would be nobody to make another.
fn another_admin(conn: &mut Conn, known: &Agent, leaves: bool) -> Done<()> {
    // Two who demote each other at once must not both find the other one.
    dialect::lock(conn, "admins").map_err(crate::store::Error::from)?;
    let others = agents::all(conn)?.into_iter().any(|agent| agent.role == Role::Admin && agent.id != known.id);
    if known.role != Role::Admin || others {
        return Ok(());
    }
    let field = if leaves { "id" } else { "role" };
    Err(Refused::invalid(field, "This is the only admin. Make another one first.").into())
}

/// A queue as the security log tells it.
fn told(queue: &Queue, new: &NewQueue) -> String {
    let open = if queue.restricted { "restricted" } else { "open" };
    let members = new.members.as_ref().map(|members| format!(", members {}", members.join(" ")));
    format!("{}: {open}{}", queue.slug, members.unwrap_or_default())
}

/// A slug: lower case letters, digits and hyphens.
pub(super) fn slug(text: &str) -> Result<String, Refused> {
    let slug = text.trim().to_lowercase();
    let plain = slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'));
    if slug.is_empty() || slug.len() > 60 || !plain {
        return Err(Refused::invalid("slug", "Use lower case letters, digits and hyphens."));
    }
    Ok(slug)
}

pub(super) fn checked(new: &NewQueue) -> Result<Queue, Refused> {
    let slug = slug(&new.slug)?;
    let name = if new.name.trim().is_empty() { slug.clone() } else { new.name.trim().to_owned() };
    if name.chars().count() > 120 {
        return Err(Refused::invalid("name", "Use at most 120 characters."));
    }
    if new.target.is_some_and(|target| !(1..=31_536_000).contains(&target)) {
        return Err(Refused::invalid("target_wait", "Use seconds, at least 1 and at most a year."));
    }
    let target = new.target.map(TimeDelta::seconds);
    Ok(Queue { id: QueueId(0), slug, name, restricted: new.restricted, types: new.types.clone(), target, version: 0 })
}

fn write_members(conn: &mut Conn, id: QueueId, members: Option<&[String]>) -> Done<()> {
    let Some(members) = members else { return Ok(()) };
    let known = |email: &String| match agents::by_email(conn, email) {
        Ok(agent) => Ok(agent.id),
        Err(crate::store::Error::NotFound) => {
            Err(Error::from(Refused::invalid("members", format!("Nobody here has the address {email}."))))
        }
        Err(error) => Err(error.into()),
    };
    let mut ids: Vec<AgentId> = members.iter().map(known).collect::<Done<_>>()?;
    ids.sort();
    ids.dedup();
    Ok(queues::set_members(conn, id, &ids)?)
}

/// The queue of what belongs nowhere else, made when it is first needed.
pub(super) fn unrouted(conn: &mut Conn, now: chrono::DateTime<chrono::Utc>) -> Done<Queue> {
    crate::store::dialect::lock(conn, "queue:unrouted")?;
    match queues::by_slug(conn, "unrouted") {
        Err(crate::store::Error::NotFound) => {
            let new = NewQueue { slug: "unrouted".to_owned(), name: "Unrouted".to_owned(), ..NewQueue::default() };
            let id = queues::insert(conn, &checked(&new)?, now)?;
            Ok(queues::find(conn, id)?)
        }
        queue => Ok(queue?),
    }
}

pub(super) fn slug_taken(error: crate::store::Error) -> Error {
    if error.is_unique_violation() {
        return Refused::invalid("slug", "This slug is taken.").into();
    }
    error.into()
}
