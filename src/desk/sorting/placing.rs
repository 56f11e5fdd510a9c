//! Where a conversation that begins, or was released, goes: rules, then the organization's default owner, then the
//! channel's queue, then the queue Unrouted. The reason stands on the record.

use super::rulebook::{Rulebook, Shelf};
use crate::desk::{Desk, Done, setup};
use crate::domain::people::Assignee;
use crate::domain::routing::Destination;
use crate::domain::{Agent, AgentId, Change, Channel, Conversation, QueueId, Stage};
use crate::store::queues::Queue;
use crate::store::{self, Conn, Tx, agents, queues, rules};

/// Why a conversation that was held stands in its queue.
const HELD: &str = "held for review";
/// The queue of what belongs nowhere else.
const UNROUTED: &str = "unrouted";

/// What rules read.
#[derive(Debug, Clone, Copy)]
pub(in crate::desk) struct Text<'a> {
    /// What somebody wrote as its subject, if anybody did.
    pub subject: &'a str,
    pub first_message: &'a str,
}

/// Routes, with the rules of this process at hand.
#[derive(Clone)]
pub(in crate::desk) struct Router(Shelf);

struct Place {
    queue: QueueId,
    agent: Option<Assignee>,
    why: String,
}

impl Desk {
    pub(in crate::desk) fn router(&self) -> Router {
        Router(self.rules.clone())
    }

    /// The rules as they are now.
    pub(in crate::desk) fn rulebook(&self) -> Done<std::sync::Arc<Rulebook>> {
        self.db.read(|conn| self.rules.current(conn))
    }
}

impl Router {
    /// Routes what begins. What is held stays out of routing, in the channel's queue.
    pub fn begun(&self, tx: &mut Tx, change: Change, channel: &Channel, text: Text) -> Done<Change> {
        if change.conversation.stage == Stage::Suspended {
            return Ok(Conversation::routed(change, channel.queue, None, HELD));
        }
        let place = self.place(tx, &change.conversation, channel, text, None)?;
        Ok(Conversation::routed(change, place.queue, place.agent, &place.why))
    }

    /// Routes what was released. What stood in another queue already, because somebody gave it there, falls back to that.
    pub fn released(&self, tx: &mut Tx, change: Change, channel: &Channel, text: Text) -> Done<Change> {
        let interaction = &change.conversation.interaction;
        let before = interaction.queue.filter(|queue| interaction.routed_by != HELD && *queue != channel.queue);
        let before = before.map(|id| queues::find(tx.conn, id)).transpose()?;
        let place = match before {
            // What was put behind a closed door stays there.
            Some(queue) if queue.restricted => {
                Place { queue: queue.id, agent: None, why: interaction.routed_by.clone() }
            }
            before => self.place(tx, &change.conversation, channel, text, before.map(|queue| queue.id))?,
        };
        Ok(Conversation::routed(change, place.queue, place.agent, &place.why))
    }

    fn place(
        &self,
        tx: &mut Tx,
        conversation: &Conversation,
        channel: &Channel,
        text: Text,
        before: Option<QueueId>,
    ) -> Done<Place> {
        let conn = &mut *tx.conn;
        let home = queues::find(conn, channel.queue)?;
        let home = if home.takes(channel.contact_type) {
            home
        } else {
            setup::unrouted(conn, conversation.interaction.opened_at)?
        };
        let book = self.0.current(conn)?;
        let read = format!("{}\n{}", text.subject, text.first_message);
        for (rule, keyword) in book.fitting(&read) {
            let why = rule.reason(keyword);
            match rule.to {
                Destination::Agent(id) => {
                    if let Some(agent) = worker(conn, id, &home)? {
                        return Ok(Place { queue: home.id, agent: Some((&agent).into()), why });
                    }
                }
                Destination::Queue(id) => {
                    if queues::find(conn, id)?.takes(channel.contact_type) {
                        return Ok(Place { queue: id, agent: None, why });
                    }
                }
            }
        }
        if let Some((owner, organization)) =
            conversation.organization.map(|id| rules::owner(conn, id)).transpose()?.flatten()
            && let Some(agent) = worker(conn, owner, &home)?
        {
            let why = format!("default owner of {organization}");
            return Ok(Place { queue: home.id, agent: Some((&agent).into()), why });
        }
        let why = if home.slug == UNROUTED { UNROUTED } else { "channel queue" };
        match before {
            Some(queue) => Ok(Place { queue, agent: None, why: conversation.interaction.routed_by.clone() }),
            None => Ok(Place { queue: home.id, agent: None, why: why.to_owned() }),
        }
    }
}

/// An agent who works here and may work this queue.
fn worker(conn: &mut Conn, id: AgentId, queue: &Queue) -> Done<Option<Agent>> {
    match agents::find(conn, id) {
        Err(store::Error::NotFound) => Ok(None),
        agent => {
            let agent = agent?;
            let may = agent.may_work(queue.id, queue.restricted);
            Ok(Some(agent).filter(|_| may))
        }
    }
}
