//! Who has it: every assignment by people goes through here, with or without a conversation.

use chrono::{DateTime, Utc};

use super::{Desk, Done, Error, not_before};
use crate::domain::change::Log;
use crate::domain::due::Limits;
use crate::domain::people::Assignee;
use crate::domain::{Actor, Agent, Change, Conversation, Interaction, InteractionId, QueueId, Refused};
use crate::store::{Conn, Tx, agents, conversations, facts, interactions, queues};

/// Who changes which interaction, when, and what their page was based on.
#[derive(Clone, Copy)]
pub(super) struct Edition<'a> {
    pub by: &'a Agent,
    pub id: InteractionId,
    pub version: Option<i64>,
    pub now: DateTime<Utc>,
    pub limits: &'a Limits,
}

/// Where somebody sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An agent, by e-mail.
    Agent(String),
    /// A queue, by slug.
    Queue(String),
}

enum Place {
    Take,
    Accept,
    Agent(Assignee),
    Queue(QueueId),
}

impl Desk {
    /// The agent takes it and starts. The second of two gets `already_assigned`.
    pub fn take(&self, by: &Agent, id: InteractionId) -> Done<Interaction> {
        self.place(by, id, None, |_, _, _| Ok(Place::Take))
    }

    /// The assignee accepts what was assigned to them.
    pub fn accept(&self, by: &Agent, id: InteractionId) -> Done<Interaction> {
        self.accept_version(by, id, None)
    }

    /// The assignee accepts what they saw at a version.
    pub fn accept_version(&self, by: &Agent, id: InteractionId, version: Option<i64>) -> Done<Interaction> {
        self.place(by, id, version, |_, _, _| Ok(Place::Accept))
    }

    /// Hands it to an agent or gives it to a queue.
    pub fn assign(&self, by: &Agent, id: InteractionId, to: Target, version: Option<i64>) -> Done<Interaction> {
        self.place(by, id, version, move |conn, by, interaction| sent(conn, by, interaction, &to))
    }

    fn place(
        &self,
        by: &Agent,
        id: InteractionId,
        version: Option<i64>,
        target: impl Fn(&mut Conn, &Agent, &Interaction) -> Done<Place> + Send + 'static,
    ) -> Done<Interaction> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db
            .write(move |tx| place(tx, &Edition { by: &by, id, version, now: clock.now(), limits: &limits }, &target))
    }
}

/// Hands it over within a transaction.
pub(super) fn send(tx: &mut Tx, edition: &Edition, to: &Target) -> Done<Interaction> {
    place(tx, edition, &|conn, by, interaction| sent(conn, by, interaction, to))
}

/// Takes it within a transaction.
pub(super) fn take(tx: &mut Tx, edition: &Edition) -> Done<Interaction> {
    place(tx, edition, &|_, _, _| Ok(Place::Take))
}

/// Whether they may move it is said before where it would go.
fn sent(conn: &mut Conn, by: &Agent, interaction: &Interaction, to: &Target) -> Done<Place> {
    interaction.may_be_moved_by(by)?;
    match to {
        Target::Agent(email) => agent(conn, by, email, interaction).map(Place::Agent),
        Target::Queue(slug) => queue(conn, by, slug, interaction).map(Place::Queue),
    }
}

fn place(
    tx: &mut Tx,
    edition: &Edition,
    target: &impl Fn(&mut Conn, &Agent, &Interaction) -> Done<Place>,
) -> Done<Interaction> {
    let Edition { by, id, version, now, limits } = *edition;
    let (conversation, interaction) = hold(tx, by, id)?;
    if interaction.state.is_closed() {
        return Err(Refused::Closed.into());
    }
    let known = interaction.version;
    let place = target(tx.conn, by, &interaction);
    match conversation {
        Some(conversation) => {
            let at = not_before(&conversation, now);
            let changed = place.and_then(|place| placed(conversation, by, place, at));
            let change = super::unless_stale(changed, version, known)?;
            Ok(conversations::save(tx, change, limits)?.conversation.interaction)
        }
        None => {
            let mut log = Log::new(Actor::Agent(by.id), now.max(interaction.state_since));
            let changed = place.and_then(|place| placed_alone(interaction, by, place, &mut log));
            let changed = super::unless_stale(changed, version, known)?;
            save_alone(tx, changed, log)
        }
    }
}

fn placed(conversation: Conversation, by: &Agent, place: Place, at: DateTime<Utc>) -> Done<Change> {
    Ok(match place {
        Place::Take => conversation.take(by, at),
        Place::Accept => conversation.accept(by, at),
        Place::Agent(to) => conversation.assign(by, to, at),
        Place::Queue(queue) => conversation.transfer(by, queue, at),
    }?)
}

fn placed_alone(mut interaction: Interaction, by: &Agent, place: Place, log: &mut Log) -> Done<Interaction> {
    match place {
        Place::Take => interaction.take_alone(by, log),
        Place::Accept => interaction.accept_alone(by, log),
        Place::Agent(to) => interaction.assign_alone(by, to, log),
        Place::Queue(queue) => interaction.transfer_alone(by, queue, log),
    }?;
    Ok(interaction)
}

/// An interaction to change, if it is there for this agent, and its conversation.
pub(super) fn hold(tx: &mut Tx, by: &Agent, id: InteractionId) -> Done<(Option<Conversation>, Interaction)> {
    let (conversation, interaction) = held(tx, id)?;
    super::visible_interaction(tx.conn, by, &interaction)?;
    Ok((conversation, interaction))
}

fn held(tx: &mut Tx, id: InteractionId) -> Done<(Option<Conversation>, Interaction)> {
    match interactions::find(tx.conn, id)?.conversation {
        Some(conversation) => {
            let conversation = conversations::hold(tx, conversation)?;
            let current = Some(&conversation.interaction).filter(|current| current.id == id).cloned();
            let interaction = current.map_or_else(|| interactions::find(tx.conn, id), Ok)?;
            Ok((Some(conversation), interaction))
        }
        None => {
            crate::store::dialect::lock_interaction(tx.conn, id.0)?;
            Ok((None, interactions::find(tx.conn, id)?))
        }
    }
}

/// Saves an interaction without a conversation, and its facts.
pub(super) fn save_alone(tx: &mut Tx, mut interaction: Interaction, log: Log) -> Done<Interaction> {
    interaction.id = interactions::save(tx.conn, &interaction)?;
    interaction.version += 1;
    let mut new = log.facts;
    new.iter_mut().for_each(|fact| {
        fact.interaction = Some(interaction.id);
        fact.conversation = interaction.conversation;
    });
    facts::append(tx, new)?;
    Ok(interaction)
}

/// The agent of an address, if they may work the queue it is in.
fn agent(conn: &mut Conn, by: &Agent, email: &str, interaction: &Interaction) -> Done<Assignee> {
    let agent = match agents::by_email(conn, email) {
        Err(crate::store::Error::NotFound) => return Err(Refused::invalid("agent", "No such agent.").into()),
        agent => agent?,
    };
    if let Some(queue) = interaction.queue.filter(|_| !agent.role.leads() && by.id != agent.id) {
        let queue = queues::find(conn, queue)?;
        if !agent.may_work(queue.id, queue.restricted) {
            let sentence = format!("{} is not a member of {}.", agent.name, queue.name);
            return Err(Refused::invalid("assigned_to", sentence).into());
        }
    }
    Ok((&agent).into())
}

/// The queue of a slug, if it takes this type. One that the agent may not see is not there.
fn queue(conn: &mut Conn, by: &Agent, slug: &str, interaction: &Interaction) -> Done<QueueId> {
    let queue = match queues::by_slug(conn, slug) {
        Err(crate::store::Error::NotFound) => return Err(Refused::invalid("queue", "No such queue.").into()),
        queue => queue?,
    };
    if !by.may_work(queue.id, queue.restricted) {
        return Err(Refused::invalid("queue", "No such queue.").into());
    }
    if !queue.takes(interaction.kind) {
        let sentence = format!("{} does not take {}.", queue.name, interaction.kind.label());
        return Err(Error::Refused(Refused::invalid("queue", sentence)));
    }
    Ok(queue.id)
}
