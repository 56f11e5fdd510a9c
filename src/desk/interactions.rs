//! Records made and kept by hand: walk-ups and other contacts without a conversation, and the fields of any record.

use super::assignment::{Edition, hold, save_alone};
use super::{Desk, Done, not_before, seen_interaction, unless_stale};
use crate::domain::change::{Log, MessageKind, NewMessage};
use crate::domain::fact::FactKind;
use crate::domain::interaction::Interaction;
use crate::domain::people::{Assignee, OpenedFor};
use crate::domain::state::{CloseCode, ContactType, Direction, State};
use crate::domain::{Actor, Agent, ContactId, InteractionId, QueueId, Refused};
pub use crate::store::interactions::Wanted;
use crate::store::messages::Place;
use crate::store::{Conn, Tx, conversations, facts, interactions, messages, people, queues};

/// A record made by hand.
#[derive(Debug, Clone)]
pub struct NewInteraction {
    pub kind: ContactType,
    pub opened_for: OpenedFor,
    /// May be empty at creation.
    pub short_description: String,
    /// A slug; without one the record is its maker's, who accepts it by taking it.
    pub queue: Option<String>,
}

/// What a save of the record page changes. None leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    pub short_description: Option<String>,
    pub opened_for: Option<OpenedFor>,
    pub work_note: Option<String>,
}

impl Desk {
    /// Makes a record. In a queue it waits there; without one its maker has it, to be taken when the work begins.
    pub fn create_interaction(&self, by: &Agent, new: NewInteraction) -> Done<Interaction> {
        if new.kind == ContactType::Phone {
            return Err(Refused::TypeUnavailable(new.kind).into());
        }
        let (by, clock) = (by.clone(), self.clock.clone());
        self.db.write(move |tx| {
            let mut log = Log::new(Actor::Agent(by.id), clock.now());
            let mut interaction = Interaction::open(new.kind, Direction::Inbound, log.at);
            interaction.opened_for = known(tx.conn, &new.opened_for)?;
            let queue = new.queue.as_deref().map(|slug| open_queue(tx.conn, &by, slug, new.kind)).transpose()?;
            let mine = queue.is_none().then(|| Assignee::from(&by));
            interaction.opened_alone(mine, queue, "made by hand", &mut log);
            if !new.short_description.trim().is_empty() {
                interaction.describe(&new.short_description, &mut log)?;
            }
            save_alone(tx, interaction, log)
        })
    }

    /// Saves the record page: the short description is required, whatever else is written.
    pub fn edit_interaction(
        &self,
        by: &Agent,
        id: InteractionId,
        edit: Edit,
        version: Option<i64>,
    ) -> Done<Interaction> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db.write(move |tx| write(tx, &Edition { by: &by, id, version, now: clock.now(), limits: &limits }, &edit))
    }

    /// On hold, or back to work: only without a conversation.
    pub fn hold_interaction(&self, by: &Agent, id: InteractionId, on: bool, version: Option<i64>) -> Done<Interaction> {
        self.alone(by, id, version, move |interaction, _, log| match on {
            true => interaction.hold_alone(log),
            false => interaction.unhold_alone(log),
        })
    }

    /// Closes it: complete, or with a code that abandons it. Only without a conversation.
    pub fn close_interaction(
        &self,
        by: &Agent,
        id: InteractionId,
        short_description: Option<String>,
        code: CloseCode,
        version: Option<i64>,
    ) -> Done<Interaction> {
        self.alone(by, id, version, move |interaction, by, log| {
            interaction.close_alone(by, short_description.as_deref(), code, log)
        })
    }

    fn alone(
        &self,
        by: &Agent,
        id: InteractionId,
        version: Option<i64>,
        verb: impl Fn(&mut Interaction, &Agent, &mut Log) -> Result<(), Refused> + Send + 'static,
    ) -> Done<Interaction> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db.write(move |tx| alone(tx, &Edition { by: &by, id, version, now: clock.now(), limits: &limits }, &verb))
    }

    /// One interaction the agent may see.
    pub fn interaction(&self, by: &Agent, id: InteractionId) -> Done<Interaction> {
        self.db.read(|conn| seen_interaction(conn, by, id))
    }

    /// A page of interactions, newest first, that the agent may see.
    pub fn interactions(
        &self,
        by: &Agent,
        wanted: interactions::Wanted,
        before: Option<InteractionId>,
        limit: i64,
    ) -> Done<Vec<Interaction>> {
        let eyes = self.eyes(by)?;
        self.db.read(|conn| Ok(interactions::page(conn, &wanted, &eyes, before, limit)?))
    }

    /// The work segments of an interaction, with what they add up to.
    pub fn work_segments(&self, by: &Agent, id: InteractionId) -> Done<Vec<crate::domain::clocks::Segment>> {
        self.interaction(by, id)?;
        self.db.read(|conn| Ok(crate::domain::clocks::work_segments(&facts::of_work(conn, id)?)))
    }
}

/// Writes the fields within a transaction.
pub(super) fn write(tx: &mut Tx, edition: &Edition, edit: &Edit) -> Done<Interaction> {
    let Edition { by, id, version, now, limits } = *edition;
    let (conversation, interaction) = hold(tx, by, id)?;
    let known_version = interaction.version;
    let at = conversation.as_ref().map_or(now, |c| not_before(c, now));
    let mut log = Log::new(Actor::Agent(by.id), at.max(interaction.state_since));
    let edited = edited(tx.conn, by, interaction, edit, &mut log);
    let interaction = unless_stale(edited, version, known_version)?;
    match conversation {
        Some(conversation) if conversation.interaction.id == id => {
            let change = conversation.edited(interaction, log, edit.work_note.as_deref())?;
            Ok(conversations::save(tx, change, limits)?.conversation.interaction)
        }
        Some(_) | None => {
            if let Some(body) = edit.work_note.as_deref() {
                note(tx, &interaction, by, body, &mut log)?;
            }
            save_alone(tx, interaction, log)
        }
    }
}

/// Moves a record that has no conversation, within a transaction.
pub(super) fn alone(
    tx: &mut Tx,
    edition: &Edition,
    verb: &impl Fn(&mut Interaction, &Agent, &mut Log) -> Result<(), Refused>,
) -> Done<Interaction> {
    let Edition { by, id, version, now, .. } = *edition;
    let (conversation, mut interaction) = hold(tx, by, id)?;
    if conversation.is_some() {
        return Err(Refused::StateFollowsStage.into());
    }
    let known = interaction.version;
    let mut log = Log::new(Actor::Agent(by.id), now.max(interaction.state_since));
    let done = verb(&mut interaction, by, &mut log).map_err(super::Error::from);
    unless_stale(done, version, known)?;
    save_alone(tx, interaction, log)
}

fn edited(conn: &mut Conn, by: &Agent, mut interaction: Interaction, edit: &Edit, log: &mut Log) -> Done<Interaction> {
    let closed = interaction.state.is_closed();
    if closed && !by.role.leads() {
        let note_only = edit.short_description.is_none() && edit.opened_for.is_none() && edit.work_note.is_some();
        if !note_only {
            return Err(Refused::Forbidden("This interaction is closed. A manager can correct it.").into());
        }
    }
    match &edit.short_description {
        Some(text) => interaction.describe(text, log)?,
        None if interaction.short_description.is_empty() => return Err(Refused::needs_short_description().into()),
        None => {}
    }
    if let Some(opened_for) = &edit.opened_for
        && *opened_for != interaction.opened_for
    {
        let opened_for = known(conn, opened_for)?;
        let name = |who: &OpenedFor| match who {
            OpenedFor::Contact(ContactId(id)) => Some(id.to_string()),
            OpenedFor::Guest(name) => Some(name.clone()),
            OpenedFor::Nobody => None,
        };
        let (from, to) = (name(&interaction.opened_for), name(&opened_for));
        let fact = log.fact(FactKind::InteractionChanged).change(from.as_deref(), to.as_deref());
        log.push(fact.with("field", "opened_for"));
        interaction.opened_for = opened_for;
    }
    Ok(interaction)
}

/// A work note on a record without a conversation. By the assignee it counts as accepting the work.
fn note(tx: &mut Tx, interaction: &Interaction, by: &Agent, body: &str, log: &mut Log) -> Done<()> {
    if body.trim().is_empty() {
        return Err(Refused::invalid("work_notes", "Write something first.").into());
    }
    let message = NewMessage::written(MessageKind::Note, by.id, body);
    let place = Place { conversation: interaction.conversation, interaction: interaction.id, channel: None };
    let id = messages::insert(tx.conn, place, &message, log.at)?;
    let fact = log.fact(FactKind::MessageAdded).change(None, Some(MessageKind::Note.as_str()));
    log.push(fact.with("message", id.0).with("class", "content"));
    Ok(())
}

/// Whom it is opened for: of somebody who was merged, who is left.
fn known(conn: &mut Conn, who: &OpenedFor) -> Done<OpenedFor> {
    let OpenedFor::Contact(id) = who else { return Ok(who.clone()) };
    match people::stands(conn, *id) {
        Err(crate::store::Error::NotFound) => Err(Refused::invalid("opened_for", "No such contact.").into()),
        contact => Ok(OpenedFor::Contact(contact?)),
    }
}

fn open_queue(conn: &mut Conn, by: &Agent, slug: &str, kind: ContactType) -> Done<QueueId> {
    let queue = match queues::by_slug(conn, slug) {
        Err(crate::store::Error::NotFound) => return Err(Refused::invalid("queue", "No such queue.").into()),
        queue => queue?,
    };
    if !by.may_work(queue.id, queue.restricted) {
        return Err(Refused::invalid("queue", "No such queue.").into());
    }
    if !queue.takes(kind) {
        return Err(Refused::invalid("queue", format!("{} does not take {}.", queue.name, kind.label())).into());
    }
    Ok(queue.id)
}

/// Whether an agent may close it from the page: the ways a record without a conversation has.
pub fn may_close(interaction: &Interaction) -> bool {
    interaction.conversation.is_none() && interaction.state.may_become(State::ClosedComplete)
}
