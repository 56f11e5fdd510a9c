//! Hold, and what it waits for.

use chrono::{DateTime, Utc};

use super::attachments::waiting;
use super::conversations::{Answer, message_key, nothing_newer, sent_before};
use super::error::both;
use super::{Desk, Done, Error, not_before, unless_stale, visible_conversation};
use crate::domain::canned::no_open_blank;
use crate::domain::dependency::{Awaited, DependencyState};
use crate::domain::moment::plausible;
use crate::domain::{Action, Actor, Agent, Change, Conversation, ConversationId, DependencyId, Refused, Stage};
pub use crate::store::conversations::Review;
use crate::store::conversations::Saved;
use crate::store::{Conn, Tx, agents, conversations};

/// What a hold waits for, as a form or a program names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A person's review: their e-mail, and a role label.
    Review { email: String, role: Option<String> },
    /// A moment.
    Until(DateTime<Utc>),
}

impl Desk {
    /// Puts it on hold until everything named is done.
    pub fn hold(&self, by: &Agent, id: ConversationId, on: Vec<Wanted>, version: Option<i64>) -> Done<Saved> {
        let agent = by.clone();
        self.on_conversation(by, id, version, move |tx, conversation, at| {
            allows_hold(&conversation)?;
            let on = resolve(tx.conn, &on, at)?;
            Ok(conversation.hold(&agent, &on, at)?)
        })
    }

    /// Answers, then holds, in one transaction: how a new conversation is held. What is refused of a reply is refused here
    /// too, and the same `submit_key` twice is sent once.
    pub fn reply_and_hold(
        &self,
        by: &Agent,
        id: ConversationId,
        answer: Answer,
        on: Vec<Wanted>,
        version: Option<i64>,
    ) -> Done<Saved> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        let key = answer.submit_key.as_deref().map(|key| message_key(&by, id, key));
        let mailroom = self.mailroom();
        let saved = self.db.write(move |tx| {
            let conversation = conversations::hold(tx, id)?;
            visible_conversation(tx.conn, &by, &conversation)?;
            if let Some(sent) = sent_before(tx.conn, &conversation, key.as_deref())? {
                return Ok::<_, Error>(Saved { conversation, messages: vec![sent] });
            }
            let (known, at) = (conversation.version, not_before(&conversation, clock.now()));
            let answered = answered(tx, conversation, &by, &answer, &on, at);
            let (awaited, mut answered) = unless_stale(answered, version, known)?;
            if let Some(reply) = answered.messages.last_mut() {
                reply.channel_key = key.clone();
            }
            let envelope = mailroom.address(tx, &mut answered, answer.undo_for)?;
            let answered = conversations::save(tx, answered, &limits)?;
            mailroom.post(tx, envelope, &answered)?;
            let held = answered.conversation.hold(&by, &awaited, at)?;
            let held = conversations::save(tx, held, &limits)?;
            Ok(Saved { messages: answered.messages, ..held })
        })?;
        self.ring_for(saved.conversation.channel);
        Ok(saved)
    }

    /// Takes it off hold; what was waited for stays linked.
    pub fn unhold(&self, by: &Agent, id: ConversationId, version: Option<i64>) -> Done<Saved> {
        let agent = by.clone();
        self.on_conversation(by, id, version, move |_, c, at| Ok(c.unhold(&agent, at)?))
    }

    /// More that it waits for; the stage stays.
    pub fn add_dependencies(
        &self,
        by: &Agent,
        id: ConversationId,
        wanted: Vec<Wanted>,
        version: Option<i64>,
    ) -> Done<Saved> {
        let agent = by.clone();
        self.on_conversation(by, id, version, move |tx, conversation, at| {
            conversation.may_wait()?;
            let awaited = resolve(tx.conn, &wanted, at)?;
            Ok(conversation.add_dependencies(&agent, &awaited, at)?)
        })
    }

    /// It is not waited for any more.
    pub fn unlink_dependency(
        &self,
        by: &Agent,
        id: ConversationId,
        dependency: DependencyId,
        version: Option<i64>,
    ) -> Done<Saved> {
        let actor = Actor::Agent(by.id);
        self.on_conversation(by, id, version, move |_, conversation, at| {
            conversation.is_not_over()?;
            let ended = conversation.end_dependency(actor, dependency, DependencyState::Unlinked, at);
            ended.ok_or(Error::NotFound)
        })
    }

    /// A reviewer is done (or a lead says so). Doing it twice changes nothing.
    pub fn complete_review(&self, by: &Agent, dependency: DependencyId) -> Done<Saved> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let (id, reviewer) = conversations::review(tx.conn, dependency)?;
            let conversation = conversations::hold(tx, id)?;
            if reviewer != by.id {
                visible_conversation(tx.conn, &by, &conversation)?;
                if !by.role.leads() {
                    return Err(Refused::Forbidden("Only the reviewer or a manager can finish this review.").into());
                }
            }
            conversation.is_not_over()?;
            let at = not_before(&conversation, clock.now());
            let unchanged = Saved { conversation: conversation.clone(), messages: Vec::new() };
            match conversation.end_dependency(Actor::Agent(by.id), dependency, DependencyState::Completed, at) {
                Some(change) => Ok(conversations::save(tx, change, &limits)?),
                None => Ok(unchanged),
            }
        })
    }

    /// The reviews an agent owes, oldest first: (dependency, conversation, role label, since).
    pub fn reviews(&self, by: &Agent) -> Done<Vec<conversations::Review>> {
        let agent = by.id;
        self.db.read(|conn| Ok(conversations::open_reviews(conn, agent)?))
    }
}

/// The reply of a hold, and what is waited for after it. A customer who wrote meanwhile is not put on hold unread.
fn answered(
    tx: &mut Tx,
    conversation: Conversation,
    by: &Agent,
    answer: &Answer,
    on: &[Wanted],
    at: DateTime<Utc>,
) -> Done<(Vec<Awaited>, Change)> {
    if conversation.stage != Stage::New {
        allows_hold(&conversation)?;
    }
    if answer.guarded {
        nothing_newer(tx.conn, by, &conversation, answer.reply.seen)?;
    }
    waiting(tx.conn, by, conversation.id, &answer.reply.attachments)?;
    if answer.reply.seen.misses(conversation.last_customer_message) {
        return Err(Refused::Stale.into());
    }
    let awaited = resolve(tx.conn, on, at).and_then(|on| {
        conversation.waits_for(&on)?;
        Ok(on)
    });
    let blanks = no_open_blank(&answer.reply.body).map_err(Error::from);
    let said = conversation.reply(by, &answer.reply, at).map_err(Error::from);
    let (awaited, said) = both(awaited, both(said, blanks))?;
    Ok((awaited, said.0))
}

/// The stage speaks before the fields do.
fn allows_hold(conversation: &Conversation) -> Done<()> {
    if conversation.stage.allows(Action::Hold) {
        return Ok(());
    }
    Err(Refused::IllegalTransition { from: conversation.stage, action: Action::Hold }.into())
}

fn resolve(conn: &mut Conn, wanted: &[Wanted], now: DateTime<Utc>) -> Done<Vec<Awaited>> {
    let one = |wanted: &Wanted| match wanted {
        Wanted::Review { email, role } => match agents::by_email(conn, email) {
            Ok(agent) => Ok(Awaited::Review { reviewer: agent.id, role: label(role.as_deref())? }),
            Err(crate::store::Error::NotFound) => {
                Err(Refused::invalid("review", format!("Nobody here has the address {email}.")).into())
            }
            Err(error) => Err(error.into()),
        },
        Wanted::Until(at) if *at > now && plausible(*at).is_some() => Ok(Awaited::Until(*at)),
        Wanted::Until(at) if *at > now => {
            Err(Refused::invalid("until", "Choose a moment before the year 10000.").into())
        }
        Wanted::Until(_) => Err(Refused::invalid("until", "Choose a moment that is still to come.").into()),
    };
    let mut all = Ok(Vec::new());
    for one in wanted.iter().map(one) {
        all = both(all, one).map(|(mut all, one)| {
            all.push(one);
            all
        });
    }
    all
}

/// A role label is free text, short.
fn label(role: Option<&str>) -> Result<Option<String>, Refused> {
    let role = role.map(str::trim).filter(|role| !role.is_empty());
    match role {
        Some(role) if role.chars().count() > 40 => Err(Refused::invalid("as", "Use at most 40 characters.")),
        role => Ok(role.map(str::to_owned)),
    }
}
