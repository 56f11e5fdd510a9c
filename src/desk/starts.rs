//! Conversations that begin with us: by an agent, who writes first, or by the system (a form, an alert).

use chrono::TimeDelta;

use super::people::{identify_on, organization_of, phone};
use super::senders::{profile_of, serve};
use super::sorting::Text;
use super::{Desk, Done};
use crate::domain::change::{MessageKind, NewMessage};
use crate::domain::conversation::{Conversation, Reply, StartedBy};
use crate::domain::due::Limits;
use crate::domain::interaction::Interaction;
use crate::domain::people::OpenedFor;
use crate::domain::state::Direction;
use crate::domain::{Actor, Agent, Channel, ChannelKind, Refused, Stage};
use crate::store::conversations::Saved;
use crate::store::{Tx, conversations, people};

/// How a conversation begins with us.
#[derive(Debug, Clone)]
pub struct Start {
    /// The address on the channel: whom we write to, or in whose name the system writes.
    pub address: String,
    pub body: String,
    pub title: Option<String>,
}

impl Desk {
    /// An agent writes first: New, then Waiting on user, in one transaction; the interaction is theirs and outbound.
    pub fn start_conversation(&self, by: &Agent, channel: &Channel, start: Start) -> Done<Saved> {
        let (identifier, ()) = Refused::both(reached(channel, &start.address), says_something(&start.body))?;
        let (by, clock, limits, channel) = (by.clone(), self.clock.clone(), self.limits, channel.clone());
        let mailroom = self.mailroom();
        let saved = self.db.write(move |tx| {
            let now = clock.now();
            let mut begun = begin(tx, &channel, &identifier, &start, StartedBy::Agent, now, &limits)?;
            begun.unanswered_since = None;
            let created = begun.opened_by(&by, channel.queue, now);
            let created = conversations::save(tx, created, &limits)?;
            let reply = Reply { body: start.body.clone(), ..Reply::default() };
            let mut answered = created.conversation.reply(&by, &reply, now)?;
            let envelope = mailroom.address(tx, &mut answered, TimeDelta::zero())?;
            let saved = conversations::save(tx, answered, &limits)?;
            mailroom.post(tx, envelope, &saved)?;
            Ok::<_, super::Error>(saved)
        })?;
        self.ring_for(saved.conversation.channel);
        Ok(saved)
    }

    /// The system writes: as a first message, routed.
    pub fn start_by_system(&self, channel: &Channel, start: Start) -> Done<Saved> {
        let (identifier, ()) = Refused::both(identify_on(channel, &start.address), says_something(&start.body))?;
        let (clock, limits, channel) = (self.clock.clone(), self.limits, channel.clone());
        let router = self.router();
        self.db.write(move |tx| {
            let now = clock.now();
            let conversation = begin(tx, &channel, &identifier, &start, StartedBy::System, now, &limits)?;
            let actor = conversation.profile.map_or(Actor::System, Actor::Customer);
            let first = NewMessage {
                kind: MessageKind::Customer,
                actor,
                body: start.body.trim_end().to_owned(),
                sent_at: None,
                channel_key: None,
                class: "content",
                attachments: Vec::new(),
                about: None,
                delivery: None,
                mentions: Vec::new(),
            };
            let change = conversation.created(first, Stage::New, now);
            let text = Text { subject: start.title.as_deref().unwrap_or_default(), first_message: &start.body };
            let routed = router.begun(tx, change, &channel, text)?;
            Ok(conversations::save(tx, routed, &limits)?)
        })
    }
}

/// The address as its channel writes it. A text message goes to a phone number and nowhere else.
fn reached(channel: &Channel, address: &str) -> Result<String, Refused> {
    let wrong = |sentence| Refused::invalid("to", sentence);
    match channel.kind {
        ChannelKind::Sms => {
            let number = identify_on(channel, address).ok().and_then(|number| phone(&number));
            number.ok_or_else(|| wrong("Not a phone number. Begin it with + and the code of its country."))
        }
        ChannelKind::Widget | ChannelKind::Api => {
            identify_on(channel, address).map_err(|_| wrong("This is no address we can write to."))
        }
    }
}

fn says_something(body: &str) -> Result<(), Refused> {
    if body.trim().is_empty() { Err(Refused::invalid("body", "Message is empty.")) } else { Ok(()) }
}

fn begin(
    tx: &mut Tx,
    channel: &Channel,
    identifier: &str,
    start: &Start,
    by: StartedBy,
    now: chrono::DateTime<chrono::Utc>,
    limits: &Limits,
) -> Done<Conversation> {
    serve(tx.conn, channel.id, identifier)?;
    let profile = profile_of(tx, channel.id, identifier, now, limits)?;
    let direction = if by == StartedBy::Agent { Direction::Outbound } else { Direction::Inbound };
    let mut interaction = Interaction::open(channel.contact_type, direction, now);
    interaction.profile = Some(profile.id);
    interaction.opened_for = profile.contact.map_or(OpenedFor::Nobody, OpenedFor::Contact);
    let mut conversation = Conversation::begin(channel.id, by, &start.body, interaction);
    conversation.silence = channel.settings.silence();
    conversation.contact = profile.contact;
    conversation.organization = organization_of(tx.conn, &profile)?;
    if let Some(id) = conversation.organization {
        conversation.existing = people::organization(tx.conn, id)?.existing;
    }
    if let Some(title) = start.title.as_deref().map(str::trim).filter(|title| !title.is_empty()) {
        conversation.title = crate::domain::conversation::excerpt(title, crate::domain::refused::TEXT_LIMIT);
    }
    Ok(conversation)
}
