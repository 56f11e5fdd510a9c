//! Intake: a message arrives on a channel. One transaction; the same message twice is stored once; two first messages
//! of one sender make one profile and one conversation.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::people::identify_on;
use super::senders::{profile_of, serve};
use super::sorting::{Router, Text};
use super::{Desk, Done, attachments, not_before};
use crate::domain::attachment::Upload;
use crate::domain::conversation::{Conversation, Inbound, InboundKind, StartedBy, Written};
use crate::domain::interaction::Interaction;
use crate::domain::moment::plausible;
use crate::domain::people::OpenedFor;
use crate::domain::spam::Check;
use crate::domain::state::Direction;
use crate::domain::{Change, Channel, ConversationId, InteractionId, MessageId, Refused, Stage};
use crate::store::conversations::Saved;
use crate::store::people::Profile;
use crate::store::{Tx, conversations, messages, people, spam, visitors};

/// The longest id of a provider that is kept as it is.
const LONGEST_ID: usize = 200;

/// A message as a channel hands it in.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The provider's id of the message; without one the content identifies it.
    pub provider_id: Option<String>,
    /// Who writes: a phone number, an e-mail address, or an id of the channel's own.
    pub from: String,
    pub body: String,
    pub sent_at: Option<DateTime<Utc>>,
    pub kind: InboundKind,
    /// The provider id that a reaction, receipt or edit is about.
    pub about: Option<String>,
    /// The conversation, on channels that have threads.
    pub thread: Option<ConversationId>,
    /// What came with it.
    pub files: Vec<Upload>,
}

/// Where a message belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum In {
    /// The thread it names, else the sender's latest conversation, whatever became of that.
    Named,
    /// The sender's open conversation; without one, a new one.
    Ongoing,
    /// A new conversation.
    Anew,
    /// This one of the sender's own. What was merged into somebody else's is over for its sender.
    Own(ConversationId),
}

/// What intake answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub conversation: Option<ConversationId>,
    pub interaction: Option<InteractionId>,
    pub message: Option<MessageId>,
    pub stage: Option<Stage>,
    pub duplicate: bool,
}

impl Desk {
    /// Takes in a message.
    pub fn receive(&self, channel: &Channel, arrival: Arrival) -> Done<Receipt> {
        self.receive_in(channel, arrival, In::Named)
    }

    /// Takes in a message that belongs in a certain place.
    pub fn receive_in(&self, channel: &Channel, arrival: Arrival, place: In) -> Done<Receipt> {
        let identifier = identify_on(channel, &arrival.from)?;
        if arrival.kind == InboundKind::Content && arrival.body.trim().is_empty() && arrival.files.is_empty() {
            return Err(Refused::invalid("body", "Message is empty.").into());
        }
        if arrival.sent_at.is_some_and(|at| plausible(at).is_none()) {
            return Err(Refused::invalid("sent_at", "Write a moment of the years 1970 to 9999.").into());
        }
        if arrival.kind == InboundKind::Receipt {
            return Ok(self.told_by(channel, &identifier, &arrival)?.unwrap_or(Receipt::nothing()));
        }
        let key = key(channel, &identifier, &arrival);
        let letter = Letter { channel: channel.clone(), identifier, arrival, place, key };
        if let Some(receipt) = self.take_in(&letter, None)? {
            return Ok(receipt);
        }
        // A stranger begins a conversation. The check is made while nothing is held, because it may take its time.
        let check = self.check(channel.id, &letter.arrival.body);
        self.take_in(&letter, Some(check))?.ok_or(super::Error::NotFound)
    }

    /// Takes it in; None, and nothing is done, if its words must be checked first.
    fn take_in(&self, letter: &Letter, checked: Checked) -> Done<Option<Receipt>> {
        let (clock, limits, router) = (self.clock.clone(), self.limits, self.router());
        let letter = letter.clone();
        self.db.write(move |tx| {
            let Letter { channel, identifier, arrival, place, key } = &letter;
            // One sender on one channel is served by one transaction at a time.
            serve(tx.conn, channel.id, identifier)?;
            if let Some((message, conversation)) = messages::by_key(tx.conn, channel.id, key)? {
                return duplicate(tx, message, conversation).map(Some);
            }
            let now = clock.now();
            let target = target(tx, channel, identifier, arrival, *place)?;
            let saved = match (arrival.kind, target) {
                (InboundKind::Content, target) => {
                    let profile = profile_of(tx, channel.id, identifier, now, &limits)?;
                    let sender = Sender { channel, profile: &profile, checked: &checked, router: &router };
                    let inbound = arrival.inbound(&profile, key, None);
                    let Some(said) = said(tx, &sender, target, (inbound, &arrival.files), now)? else {
                        return Ok(None);
                    };
                    let saved = conversations::save(tx, said.0, &limits)?;
                    if let Some(check) = said.1 {
                        spam::keep_check(tx.conn, saved.conversation.id, &check)?;
                    }
                    saved
                }
                // An automatic answer or a reaction without a conversation creates none.
                (InboundKind::Receipt, _) | (_, None) => return Ok(Some(Receipt::nothing())),
                (InboundKind::End, Some(id)) => {
                    let Some(profile) = people::profile(tx.conn, channel.id, identifier)? else {
                        return Ok(Some(Receipt::nothing()));
                    };
                    let change = ended(tx, id, &arrival.inbound(&profile, key, None), now)?;
                    conversations::save(tx, change, &limits)?
                }
                (_, Some(id)) => {
                    let conversation = conversations::hold(tx, id)?;
                    let Some(profile) = people::profile(tx.conn, channel.id, identifier)? else {
                        return Ok(Some(Receipt::nothing()));
                    };
                    let at = not_before(&conversation, now);
                    let about = about(tx, channel, id, arrival)?;
                    match conversation.customer_writes(&arrival.inbound(&profile, key, about), at) {
                        Written::Changed(change) => conversations::save(tx, *change, &limits)?,
                        Written::Anew => return Ok(Some(Receipt::nothing())),
                    }
                }
            };
            Ok(Some(Receipt::of(saved)))
        })
    }
}

/// A message with what is known of it before anything is looked up.
#[derive(Clone)]
struct Letter {
    channel: Channel,
    /// Of the sender, in its normal form.
    identifier: String,
    arrival: Arrival,
    place: In,
    /// What identifies the message on its channel.
    key: String,
}

/// Whether the words were looked at, and what was found if the channel has learned enough to find anything.
type Checked = Option<Option<Check>>;

/// Who writes where, and what sorts what they begin.
struct Sender<'a> {
    channel: &'a Channel,
    profile: &'a Profile,
    checked: &'a Checked,
    router: &'a Router,
}

/// The conversation a message belongs to, if there is one: the thread's, or the sender's latest.
fn target(
    tx: &mut Tx,
    channel: &Channel,
    identifier: &str,
    arrival: &Arrival,
    place: In,
) -> Done<Option<ConversationId>> {
    let Some(profile) = people::profile(tx.conn, channel.id, identifier)? else { return Ok(None) };
    let thread = match (place, arrival.thread) {
        (In::Anew, _) => return Ok(None),
        (In::Ongoing, _) => return Ok(visitors::latest_open(tx.conn, profile.id)?),
        (In::Named, None) => return Ok(conversations::latest_of_profile(tx.conn, profile.id)?),
        (In::Named, Some(thread)) | (In::Own(thread), _) => thread,
    };
    if conversations::find(tx.conn, thread)?.profile != Some(profile.id) {
        return Err(super::Error::NotFound);
    }
    let survivor = conversations::survivor(tx.conn, thread)?;
    let is_own = place == In::Named || conversations::find(tx.conn, survivor)?.profile == Some(profile.id);
    Ok(Some(if is_own { survivor } else { thread }))
}

/// Content with its files: they are stored before the message that names them, and not at all if it must be looked at
/// first.
fn said(
    tx: &mut Tx,
    sender: &Sender,
    target: Option<ConversationId>,
    (inbound, files): (Inbound, &[Upload]),
    now: DateTime<Utc>,
) -> Done<Option<(Change, Option<Check>)>> {
    let attachments = attachments::receive(tx, inbound.profile, files, now)?;
    let inbound = Inbound { attachments, ..inbound };
    let written = written(tx, sender, target, &inbound, now)?;
    if written.is_none() {
        attachments::give_back(tx, &inbound.attachments)?;
    }
    Ok(written)
}

/// Content: appended to the ongoing conversation, or the first message of a new one; with what the check found there.
/// None if the check comes first.
fn written(
    tx: &mut Tx,
    sender: &Sender,
    target: Option<ConversationId>,
    inbound: &Inbound,
    now: DateTime<Utc>,
) -> Done<Option<(Change, Option<Check>)>> {
    let Some(id) = target else { return begun(tx, sender, inbound, None, now) };
    let conversation = conversations::hold(tx, id)?;
    let earlier = conversation.clone();
    match conversation.customer_writes(inbound, not_before(&earlier, now)) {
        Written::Changed(change) if sender.profile.is_nobodys() => Ok(Some((change.from_nobody(), None))),
        Written::Changed(change) => Ok(Some((*change, None))),
        Written::Anew => begun(tx, sender, inbound, Some(&earlier), now),
    }
}

/// A new conversation with its first interaction: checked and routed.
fn begun(
    tx: &mut Tx,
    sender: &Sender,
    inbound: &Inbound,
    follows: Option<&Conversation>,
    now: DateTime<Utc>,
) -> Done<Option<(Change, Option<Check>)>> {
    let check = match (sender.profile, sender.checked) {
        (profile, _) if profile.blocked => Some(Check::blocked()),
        // Whom we know needs no check.
        (profile, _) if profile.contact.is_some() => None,
        (_, Some(check)) => check.clone(),
        (_, None) => return Ok(None),
    };
    let conversation = begin(tx, sender, inbound, follows, now)?;
    let held = check.as_ref().is_some_and(|check| check.verdict.holds());
    let stage = if held { Stage::Suspended } else { Stage::New };
    let change = conversation.created(inbound.message(), stage, now);
    let change = match &check {
        Some(check) => change.checked(check),
        None => change,
    };
    let text = Text { subject: "", first_message: &inbound.body };
    Ok(Some((sender.router.begun(tx, change, sender.channel, text)?, check)))
}

fn begin(
    tx: &mut Tx,
    sender: &Sender,
    inbound: &Inbound,
    follows: Option<&Conversation>,
    now: DateTime<Utc>,
) -> Done<Conversation> {
    let (channel, profile) = (sender.channel, sender.profile);
    let mut interaction = Interaction::open(channel.contact_type, Direction::Inbound, now);
    interaction.profile = Some(profile.id);
    interaction.opened_for = profile.contact.map_or(OpenedFor::Nobody, OpenedFor::Contact);
    interaction.preferred = follows.and_then(|earlier| earlier.interaction.assignee.map(|a| a.id));
    let mut conversation = Conversation::begin(channel.id, StartedBy::Customer, &inbound.body, interaction);
    conversation.silence = channel.settings.silence();
    conversation.contact = profile.contact;
    conversation.follow_up_of = follows.map(|earlier| earlier.id);
    conversation.organization = match follows.and_then(|earlier| earlier.organization) {
        Some(organization) => Some(organization),
        None => super::people::organization_of(tx.conn, profile)?,
    };
    if let Some(id) = conversation.organization {
        conversation.existing = people::organization(tx.conn, id)?.existing;
    }
    Ok(conversation)
}

/// The customer goes: the chat is over.
fn ended(tx: &mut Tx, id: ConversationId, inbound: &Inbound, now: DateTime<Utc>) -> Done<Change> {
    let conversation = conversations::hold(tx, id)?;
    let first = messages::first_words(tx.conn, conversation.interaction.id)?;
    let at = not_before(&conversation, now);
    Ok(conversation.customer_leaves(inbound.farewell(), &first, at)?)
}

fn duplicate(tx: &mut Tx, message: MessageId, conversation: ConversationId) -> Done<Receipt> {
    let conversation = conversations::find(tx.conn, conversation)?;
    Ok(Receipt {
        conversation: Some(conversation.id),
        interaction: Some(conversation.interaction.id),
        message: Some(message),
        stage: Some(conversation.stage),
        duplicate: true,
    })
}

impl Arrival {
    fn inbound(&self, profile: &Profile, key: &str, about: Option<MessageId>) -> Inbound {
        Inbound {
            kind: self.kind,
            profile: profile.id,
            body: self.body.clone(),
            sent_at: self.sent_at,
            key: key.to_owned(),
            attachments: Vec::new(),
            about,
        }
    }
}

impl Receipt {
    /// Accepted, and nothing came of it.
    const fn nothing() -> Self {
        Receipt { conversation: None, interaction: None, message: None, stage: None, duplicate: false }
    }

    fn of(saved: Saved) -> Self {
        Receipt {
            conversation: Some(saved.conversation.id),
            interaction: Some(saved.conversation.interaction.id),
            message: saved.messages.last().copied(),
            stage: Some(saved.conversation.stage),
            duplicate: false,
        }
    }
}

/// The message that a reaction or an edit names, if it stands in the same thread.
fn about(tx: &mut Tx, channel: &Channel, id: ConversationId, arrival: &Arrival) -> Done<Option<MessageId>> {
    let Some(named) = arrival.about.as_deref().map(str::trim).filter(|id| !id.is_empty()) else { return Ok(None) };
    match messages::by_key(tx.conn, channel.id, &provider_key(named))? {
        Some((message, thread)) if conversations::survivor(tx.conn, thread)? == id => Ok(Some(message)),
        Some(_) | None => Ok(None),
    }
}

/// What identifies a message on its channel: the provider's id, else a hash of who, when and what.
fn key(channel: &Channel, identifier: &str, arrival: &Arrival) -> String {
    match arrival.provider_id.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
        Some(id) => provider_key(id),
        None => {
            let sent = arrival.sent_at.map(|at| at.to_rfc3339()).unwrap_or_default();
            let mut hash = Sha256::new();
            for part in [&channel.slug, identifier, &sent, &arrival.body] {
                hash.update(part.len().to_be_bytes());
                hash.update(part.as_bytes());
            }
            format!("hash:{}", hex::encode(hash.finalize()))
        }
    }
}

/// An id that a provider gave, as it is kept: a long one by its hash, because an index takes no key of any length.
pub(super) fn provider_key(id: &str) -> String {
    if id.len() <= LONGEST_ID {
        format!("provider:{id}")
    } else {
        format!("digest:{}", hex::encode(Sha256::digest(id)))
    }
}
