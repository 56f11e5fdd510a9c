//! What a page may watch: the topics it names, as far as they are there for its eyes.

use super::{Desk, Error, seen_interaction};
use crate::domain::view::{Eyes, View};
use crate::domain::{Agent, ConversationId, QueueId, Refused};
use crate::live::{Asked, Scope, Topic};
use crate::store::{self, Conn, eyes, inbox, queues};

/// What a page watches, and what it shows of it.
#[derive(Debug, Clone)]
pub struct Watched {
    /// What the page's owner sees, as of now.
    pub eyes: Eyes,
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
            let eyes = eyes::of(conn, Some(agent))?;
            let view = view.map(|key| list(conn, &eyes, key)).transpose()?;
            let mut watched = Watched { eyes, topics: Vec::new(), view, conversations: Vec::new() };
            for asked in asked {
                let topic = topic(conn, (agent, &watched.eyes), asked, &mut watched.conversations)?;
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
    (agent, eyes): (&Agent, &Eyes),
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
            if !scope.visible_to(eyes) {
                return Err(Error::NotFound);
            }
            conversations.push((*id, scope));
            Ok(Topic::Conversation(*id))
        }
        Asked::Interaction(id) => {
            seen_interaction(conn, agent, *id)?;
            Ok(Topic::Interaction(*id))
        }
        Asked::Queue(slug) => Ok(Topic::Queue(queue(conn, eyes, slug)?)),
        Asked::Location(_) => Err(store::Error::NotFound.into()),
    }
}

/// A list by the key of the navigation: `mine`, `unassigned`, `q/payments`.
fn list(conn: &mut Conn, eyes: &Eyes, key: &str) -> Result<View, Error> {
    match key.strip_prefix("q/") {
        Some(slug) => Ok(View::Queue(queue(conn, eyes, slug)?)),
        None => key.parse().map(View::Named).map_err(|_| store::Error::NotFound.into()),
    }
}

fn queue(conn: &mut Conn, eyes: &Eyes, slug: &str) -> Result<QueueId, Error> {
    let queue = queues::by_slug(conn, slug)?.id;
    if eyes.sees(Some(queue), None) { Ok(queue) } else { Err(Error::NotFound) }
}
