//! Publishing: what a transaction announced goes to the hub after its commit, in commit order, with the row lists show,
//! loaded once per changed conversation. One thread; requests do not wait for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{Desk, Done, Error};
use crate::domain::interaction::Interaction;
use crate::domain::message::Message;
use crate::domain::row::Row;
use crate::domain::visitor;
use crate::domain::{ConversationId, Fact, FactKind, InteractionId, QueueId};
use crate::live::{Hub, Scope, Topic, Update, relay::Heard};
use crate::store::{Committed, Conn, facts, inbox, interactions, messages};

/// Facts on their way to the pages of this node: from here, or from another node.
enum News {
    /// With the moment of the commit.
    Here(Vec<Fact>, Instant),
    There(Vec<i64>),
    Missed,
}

/// Hands the publisher what other nodes did.
#[derive(Clone)]
pub struct Ear(Sender<News>);

impl Ear {
    /// Something was heard from another node.
    pub fn hear(&self, heard: Heard) {
        let news = match heard {
            Heard::Facts(seqs) => News::There(seqs),
            Heard::Access | Heard::Missed => News::Missed,
            Heard::Here(..) => return,
        };
        let _ = self.0.send(news);
    }
}

impl Desk {
    /// Starts publishing what comes out of the store. Ends when the store closes.
    pub fn publish_from(&self, committed: Receiver<Committed>) -> std::io::Result<Ear> {
        let (sender, news) = channel();
        let here = sender.clone();
        thread::Builder::new().name("committed".into()).spawn(move || {
            for committed in committed {
                if here.send(News::Here(committed.facts, Instant::now())).is_err() {
                    return;
                }
            }
        })?;
        let publisher = Publisher { db: self.db.clone().downgrade(), hub: self.hub.clone() };
        thread::Builder::new().name("publisher".into()).spawn(move || publisher.run(&news))?;
        Ok(Ear(sender))
    }
}

struct Publisher {
    db: crate::store::db::Weak,
    hub: Hub,
}

/// Most facts that are shown with one look at the database.
const BATCH: usize = 256;
/// The longest message that is pushed; pages fetch longer ones. A thousand pushes are kept for pages that come back.
const PUSHED: usize = 16 * 1024;

impl Publisher {
    fn run(&self, news: &Receiver<News>) {
        loop {
            let first = match news.recv_timeout(Duration::from_secs(1)) {
                Ok(first) => first,
                Err(RecvTimeoutError::Timeout) if self.db.is_open() => continue,
                Err(_) => return,
            };
            let mut here = Vec::new();
            let mut there = Vec::new();
            let mut missed = false;
            let mut oldest = None;
            let mut next = Some(first);
            while let Some(one) = next {
                match one {
                    News::Here(facts, at) => {
                        oldest = oldest.or(Some(at));
                        here.extend(facts);
                    }
                    News::There(seqs) => there.extend(seqs),
                    News::Missed => missed = true,
                }
                next = if here.len() + there.len() < BATCH { news.try_recv().ok() } else { None };
            }
            if let Err(error) = self.publish(here, &there) {
                // What cannot be shown must not be missed in silence.
                tracing::warn!(%error, "changes could not be published; pages are told to refresh");
                missed = true;
            }
            if missed {
                if let Err(error) = self.places_anew() {
                    tracing::warn!(%error, "where open conversations stand could not be read");
                }
                self.hub.refresh_all();
            }
            if let Some(at) = oldest {
                metrics::histogram!("publish_seconds").record(at.elapsed());
            }
        }
    }

    fn publish(&self, mut all: Vec<Fact>, there: &[i64]) -> Done<()> {
        self.tell_visitors(&all);
        let heard = !there.is_empty() && !self.hub.visitors().is_empty();
        if !heard && self.hub.is_asleep(Instant::now()) {
            self.hub.pass_over();
            return Ok(());
        }
        let Some(db) = self.db.upgrade() else { return Ok(()) };
        if !there.is_empty() {
            let elsewhere = db.read(|conn| Ok::<_, Error>(facts::by_seq(conn, there)?))?;
            self.tell_visitors(&elsewhere);
            all.extend(elsewhere);
        }
        let redacted = all.iter().any(|fact| fact.kind == FactKind::MessageRedacted);
        let updates = db.read(|conn| Shown::of(conn, &all)?.updates(all))?;
        self.hub.publish(updates);
        if redacted {
            // What is kept for pages that come back may hold the text.
            self.hub.pass_over();
        }
        Ok(())
    }

    fn tell_visitors(&self, facts: &[Fact]) {
        let mut changed: Vec<ConversationId> =
            facts.iter().filter(|fact| visitor::is_news(fact)).filter_map(|fact| fact.conversation).collect();
        changed.dedup();
        self.hub.visitors().changed(&changed);
    }

    /// What was missed may have moved conversations that somebody has open: who is told of their company goes by it.
    fn places_anew(&self) -> Done<()> {
        let Some(db) = self.db.upgrade() else { return Ok(()) };
        let open: Vec<i64> = self.hub.presence().conversations().into_iter().map(|id| id.0).collect();
        let rows = db.read(|conn| Ok::<_, Error>(inbox::rows(conn, &open)?))?;
        rows.iter().for_each(|row| self.hub.presence().moved(row.id, Scope::from(row)));
        Ok(())
    }
}

/// What the facts of a batch are shown with.
struct Shown {
    rows: HashMap<ConversationId, Arc<Row>>,
    messages: HashMap<i64, Arc<Message>>,
    /// The interactions whose line in the thread has changed.
    episodes: HashMap<InteractionId, Arc<Interaction>>,
    /// Where interactions without a conversation stand.
    alone: HashMap<InteractionId, Scope>,
}

impl Shown {
    fn of(conn: &mut Conn, facts: &[Fact]) -> Done<Self> {
        let mut conversations: Vec<i64> = facts.iter().filter_map(|f| f.conversation).map(|id| id.0).collect();
        conversations.sort_unstable();
        conversations.dedup();
        let rows = inbox::rows_with_mentions(conn, &conversations)?;
        let said: Vec<i64> = facts.iter().filter_map(said).collect();
        let said = messages::by_id(conn, &said)?;
        let mut stayed: Vec<i64> =
            facts.iter().filter(|f| is_of_an_episode(f)).filter_map(|f| f.interaction).map(|id| id.0).collect();
        stayed.sort_unstable();
        stayed.dedup();
        let episodes = interactions::many(conn, stayed)?;
        let mut shown = Shown {
            rows: rows.into_iter().map(|row| (row.id, Arc::new(row))).collect(),
            messages: said.into_iter().filter(|m| m.body.len() <= PUSHED).map(|m| (m.id.0, Arc::new(m))).collect(),
            episodes: episodes.into_iter().map(|i| (i.id, Arc::new(i))).collect(),
            alone: HashMap::new(),
        };
        for fact in facts.iter().filter(|f| f.conversation.is_none()) {
            if let Some(id) = fact.interaction {
                let interaction = interactions::find(conn, id)?;
                let assignee = interaction.assignee.map(|assignee| assignee.id);
                shown.alone.insert(id, Scope { queue: interaction.queue, assignee });
            }
        }
        Ok(shown)
    }

    fn updates(&self, facts: Vec<Fact>) -> Done<Vec<Update>> {
        let last: HashMap<ConversationId, i64> = facts.iter().filter_map(|f| Some((f.conversation?, f.seq))).collect();
        Ok(facts.into_iter().map(|fact| self.update(fact, &last)).collect())
    }

    fn update(&self, fact: Fact, last: &HashMap<ConversationId, i64>) -> Update {
        let row = fact.conversation.and_then(|id| self.rows.get(&id)).cloned();
        let scope = match (&row, fact.interaction) {
            (Some(row), _) => Scope::from(row.as_ref()),
            (None, Some(id)) => self.alone.get(&id).copied().unwrap_or_default(),
            (None, None) => Scope::default(),
        };
        let before = before(&fact);
        let topics = topics(&fact, scope, before);
        let is_last = fact.conversation.is_none_or(|id| last.get(&id) == Some(&fact.seq));
        let message = said(&fact).and_then(|id| self.messages.get(&id)).cloned();
        let episode =
            fact.interaction.filter(|_| is_of_an_episode(&fact)).and_then(|id| self.episodes.get(&id)).cloned();
        let mut update = Update::new(fact, topics, scope);
        update.before = before;
        update.row = row;
        update.message = message;
        update.episode = episode;
        update.is_last = is_last;
        update
    }
}

/// Where the record stood before an assignment fact.
fn before(fact: &Fact) -> Option<Scope> {
    if fact.kind != FactKind::AssignmentChanged {
        return None;
    }
    let assignee = fact.from.as_deref().and_then(|id| id.parse().ok()).map(crate::domain::AgentId);
    Some(Scope { queue: fact.number("queue_from").map(QueueId), assignee })
}

/// The message that a fact is about.
fn said(fact: &Fact) -> Option<i64> {
    use FactKind::{DeliveryChanged, MessageAdded, MessageEdited, MessageRedacted};
    let about = [MessageAdded, MessageEdited, MessageRedacted, DeliveryChanged];
    fact.number("message").filter(|_| about.contains(&fact.kind))
}

/// Whether the line of an interaction in its thread reads otherwise now.
fn is_of_an_episode(fact: &Fact) -> bool {
    fact.conversation.is_some() && matches!(fact.kind, FactKind::InteractionOpened | FactKind::StateChanged)
}

/// Who is on record concerns every page that is open, and no one record.
const fn is_of_people(kind: FactKind) -> bool {
    matches!(kind, FactKind::ContactChanged | FactKind::ContactMerged | FactKind::OrganizationChanged)
}

fn topics(fact: &Fact, scope: Scope, before: Option<Scope>) -> Vec<Topic> {
    let mut topics = Vec::with_capacity(6);
    if let Some(id) = fact.conversation {
        topics.extend([Topic::Inbox, Topic::Conversation(id)]);
    }
    topics.extend(fact.interaction.map(Topic::Interaction));
    for place in [Some(scope), before].into_iter().flatten() {
        topics.extend(place.queue.map(Topic::Queue));
        topics.extend(place.assignee.map(Topic::Me));
    }
    if is_of_people(fact.kind) {
        topics.push(Topic::Inbox);
    }
    if let Some(agent) = fact.agent {
        topics.extend([Topic::Board, Topic::Me(agent)]);
    }
    topics.sort_unstable_by_key(|topic| format!("{topic:?}"));
    topics.dedup();
    topics
}
