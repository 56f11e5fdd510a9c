//! What a page may watch: the topics it names, as far as they are there for its eyes.

use super::{Desk, Error};
use crate::domain::view::{View, may_see};
use crate::domain::{Agent, ConversationId, Refused};
use crate::live::{Asked, Scope, Topic};
use crate::store::{self, Conn, inbox, interactions, queues};

/// What a page watches, and what it shows of it.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    pub topics: Vec<Topic>,
    /// The list the page shows, whose rows come and go.
    pub view: Option<View>,
    /// The conversations among the topics, and who may see them.
    pub conversations: Vec<(ConversationId, Scope)>,
}

impl Desk {
    /// Finds what a page wants to watch. What is not there and what is not for this agent are not told apart.
    pub fn watched(&self, agent: &Agent, asked: &[Asked], view: Option<&str>) -> Result<Watched, Error> {
        self.db.read(|conn| {
            let mut watched =
                Watched { view: view.map(|key| list(conn, agent, key)).transpose()?, ..Watched::default() };
            for asked in asked {
                let topic = topic(conn, agent, asked, &mut watched.conversations)?;
                if !watched.topics.contains(&topic) {
                    watched.topics.push(topic);
                }
            }
            Ok(watched)
        })
    }
}

fn topic(
    conn: &mut Conn,
    agent: &Agent,
    asked: &Asked,
    conversations: &mut Vec<(ConversationId, Scope)>,
) -> Result<Topic, Error> {
    match asked {
        Asked::Inbox => Ok(Topic::Inbox),
        Asked::Me => Ok(Topic::Me(agent.id)),
        Asked::Board if agent.role.leads() => Ok(Topic::Board),
        Asked::Board => Err(Refused::Forbidden("The board is for managers.").into()),
        Asked::Conversation(id) => {
            let scope = Scope::from(&inbox::row(conn, *id)?);
            conversations.push((*id, seen(agent, scope)?));
            Ok(Topic::Conversation(*id))
        }
        Asked::Interaction(id) => {
            let interaction = interactions::find(conn, *id)?;
            let queue = interaction.queue.map(|queue| queues::find(conn, queue)).transpose()?;
            let assignee = interaction.assignee.map(|assignee| assignee.id);
            seen(agent, Scope { queue: queue.map(|queue| (queue.id, queue.restricted)), assignee })?;
            Ok(Topic::Interaction(*id))
        }
        Asked::Queue(slug) => Ok(Topic::Queue(queue(conn, agent, slug)?.id)),
        Asked::Location(_) => Err(store::Error::NotFound.into()),
    }
}

/// A list by the key of the navigation: `mine`, `unassigned`, `q/payments`.
fn list(conn: &mut Conn, agent: &Agent, key: &str) -> Result<View, Error> {
    match key.strip_prefix("q/") {
        Some(slug) => Ok(View::Queue(queue(conn, agent, slug)?.id)),
        None => key.parse().map(View::Named).map_err(|_| store::Error::NotFound.into()),
    }
}

fn queue(conn: &mut Conn, agent: &Agent, slug: &str) -> Result<queues::Queue, Error> {
    let queue = queues::by_slug(conn, slug)?;
    let visible = may_see(agent, Some((queue.id, queue.restricted)), None);
    if visible { Ok(queue) } else { Err(store::Error::NotFound.into()) }
}

fn seen(agent: &Agent, scope: Scope) -> Result<Scope, Error> {
    if scope.visible_to(agent) { Ok(scope) } else { Err(store::Error::NotFound.into()) }
}
