//! Floor 2: what people do. One verb is one method, one transaction and one publish.
//!
//! `Desk` blocks: handlers call it off the async threads. What a verb changes is announced by the transaction and
//! published after the commit by the [`publisher`].

pub mod assignment;
pub mod attachments;
pub mod bell;
pub mod blocking;
pub mod canned;
pub mod channels;
pub mod choices;
pub mod contacts;
pub mod conversations;
pub mod corrections;
pub mod custom_fields;
pub mod directory;
pub mod edits;
pub mod error;
pub mod feed;
pub mod finding;
pub mod held;
pub mod holds;
pub mod inbox;
pub mod intake;
pub mod interactions;
mod mailroom;
pub mod me;
pub mod mentions;
pub mod merging;
pub mod naming;
pub mod noted;
pub mod organizations;
pub mod outbox;
pub mod people;
pub mod presence;
pub mod profiles;
pub mod publisher;
mod receipts;
pub mod record;
pub mod removal;
pub mod repeats;
pub mod replay;
pub mod review;
pub mod rules;
pub mod saving;
mod seal;
mod senders;
pub mod setup;
pub mod sign_in;
pub mod sorting;
pub mod starts;
pub mod timers;
pub mod verify;
pub mod visitors;
pub mod watching;
pub mod wishes;

use chrono::{DateTime, Utc};

pub use error::Error;

use crate::clock::Clock;
use crate::domain::conversation::Conversation;
use crate::domain::due::Limits;
use crate::domain::{Agent, AgentId, Change, ConversationId, Interaction, InteractionId, Refused};
use crate::live::Hub;
use crate::store::conversations::Saved;
use crate::store::{Conn, Db, Tx, conversations as stored, eyes, interactions as records};

/// The result of a verb.
pub type Done<T> = Result<T, Error>;

/// Everything a verb needs. Clones share the database, the clock and the hub.
#[derive(Clone)]
pub struct Desk {
    pub db: Db,
    pub clock: Clock,
    pub hub: Hub,
    pub limits: Limits,
    directory: directory::Cache,
    counts: inbox::CountCache,
    late: inbox::LateCache,
    keyring: seal::Keyring,
    /// Wakes the sender.
    pub bell: bell::Bell,
    /// Nothing leaves the house.
    silent: bool,
    /// Who changes what, for the security log.
    user: Option<AgentId>,
    rules: sorting::rulebook::Shelf,
}

impl Desk {
    /// A desk over an open database, with a hub of the database's node.
    pub fn new(db: Db, clock: Clock) -> Self {
        let hub = Hub::new(db.node());
        let (directory, counts) = (directory::Cache::default(), inbox::CountCache::default());
        let (late, keyring) = (inbox::LateCache::default(), seal::Keyring::default());
        let rules = sorting::rulebook::Shelf::default();
        Desk {
            db,
            clock,
            hub,
            limits: Limits::default(),
            directory,
            counts,
            late,
            keyring,
            user: None,
            bell: bell::Bell::default(),
            silent: false,
            rules,
        }
    }

    /// One verb on one conversation: held, checked, changed, saved. `version` is what the caller's edit was based on.
    fn on_conversation(
        &self,
        by: &Agent,
        id: ConversationId,
        version: Option<i64>,
        verb: impl Fn(&mut Tx, Conversation, DateTime<Utc>) -> Done<Change> + Send + 'static,
    ) -> Done<Saved> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let conversation = stored::hold(tx, id)?;
            visible_conversation(tx.conn, &by, &conversation)?;
            let known = conversation.version;
            let at = not_before(&conversation, clock.now());
            let changed = verb(tx, conversation, at);
            let change = unless_stale(changed, version, known)?;
            Ok(stored::save(tx, change, &limits)?)
        })
    }
}

/// A clock that was set back must not make a change happen before the one it follows.
fn not_before(conversation: &Conversation, now: DateTime<Utc>) -> DateTime<Utc> {
    now.max(conversation.stage_since).max(conversation.last_message_at).max(conversation.interaction.state_since)
}

/// An old version refuses, after what the stage and the role refuse, and before what the fields do.
fn unless_stale<T>(changed: Done<T>, version: Option<i64>, known: i64) -> Done<T> {
    let stale = version.is_some_and(|version| version != known);
    match changed {
        Err(Error::Refused(
            refused @ (Refused::IllegalTransition { .. }
            | Refused::IllegalState(_)
            | Refused::StateFollowsStage
            | Refused::Closed
            | Refused::Forbidden(_)),
        )) => Err(Error::Refused(refused)),
        _ if stale => Err(Error::Refused(Refused::Stale)),
        changed => changed,
    }
}

/// What one may not see is not there.
fn visible_conversation(conn: &mut Conn, by: &Agent, conversation: &Conversation) -> Done<()> {
    let interaction = &conversation.interaction;
    let seen = eyes::of(conn, Some(by))?.sees(interaction.queue, interaction.assignee.map(|a| a.id));
    if seen { Ok(()) } else { Err(Error::NotFound) }
}

/// An interaction is there for whoever sees it and its conversation: an older one does not open the thread that has
/// moved on.
fn visible_interaction(conn: &mut Conn, by: &Agent, interaction: &Interaction) -> Done<()> {
    let eyes = eyes::of(conn, Some(by))?;
    if eyes::see(conn, &eyes, interaction)? { Ok(()) } else { Err(Error::NotFound) }
}

/// One interaction, if it is there for this agent.
fn seen_interaction(conn: &mut Conn, by: &Agent, id: InteractionId) -> Done<Interaction> {
    let interaction = records::find(conn, id)?;
    visible_interaction(conn, by, &interaction)?;
    Ok(interaction)
}
