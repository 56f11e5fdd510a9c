//! The hub: numbers every change, keeps the last ones, and hands each to the sockets of its topics.
//!
//! Publishing never waits: each socket has a short queue of its own, and one whose queue is full is dropped and told so
//! (it reconnects with the number it has seen and gets the rest, or one `refresh`). One lock guards the number, the ring
//! and the index, so that a socket that subscribes misses nothing between its backlog and its first push.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytestring::ByteString;
use tokio::sync::mpsc;

use super::presence::Presence;
use super::visitors::Visitors;
use super::{Scope, Topic, Update};
use crate::config::limits::{LIVE_RING, SOCKET_QUEUE};
use crate::domain::Agent;
use crate::domain::view::Eyes;

/// How long after the last page changes are still kept for one that comes back.
const SLEEP: Duration = Duration::from_secs(60);

/// Where every change passes on its way to the pages. Clones share it.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

#[derive(Default)]
struct Shared {
    node: String,
    presence: Presence,
    visitors: Visitors,
    /// Watches that are not dropped yet, also of sockets that the hub has ended.
    here: AtomicUsize,
    lines: Mutex<Lines>,
}

#[derive(Default)]
struct Lines {
    seq: u64,
    /// The smallest number a page can have seen and still be told the rest.
    since: u64,
    ring: VecDeque<Arc<Update>>,
    topics: HashMap<Topic, Vec<Arc<Line>>>,
    sockets: HashMap<u64, Arc<Line>>,
    last: u64,
    closed: bool,
    /// The last page came or left then.
    stirred: Option<Instant>,
}

/// One socket, as the hub sees it.
struct Line {
    id: u64,
    owner: Owner,
    topics: Vec<Topic>,
    sender: mpsc::Sender<Push>,
    ending: Arc<AtomicU8>,
    /// The last push it was given: one that is in two of its topics is given once.
    given: AtomicU64,
}

/// Whose socket it is, so that it can be closed with the session or the token behind it.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The agent with their rights as of the opening.
    pub agent: Arc<Agent>,
    /// What they saw then.
    pub eyes: Arc<Eyes>,
    /// The stored hash of the session or token.
    pub key: Arc<str>,
}

/// What a socket is given. Small, because a queue of them stands behind every socket.
#[derive(Clone)]
pub enum Push {
    /// Changes that were committed together or shortly after each other; some of them may be of other topics.
    Updates(Arc<[Arc<Update>]>),
    /// Something may have been missed: fetch the page's content again. Holds the frame's number.
    Refresh(u64),
    /// A passing notice about a record.
    Notice(Arc<Notice>),
}

/// Who views, who types: a frame that is kept nowhere.
pub struct Notice {
    /// Who may see the record.
    pub scope: Scope,
    pub frame: ByteString,
}

/// Why a socket ends before the page leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It did not read fast enough.
    TooSlow,
    /// The session ended, or what its owner may see has changed.
    Revoked,
    /// The server stops.
    Stopping,
}

/// What a page gets first.
pub enum Start {
    /// Everything that came after the number it has seen, oldest first; often nothing.
    Backlog(Vec<Arc<Update>>),
    /// That cannot be told any more.
    Refresh,
}

/// A socket's end of the hub. Dropping it leaves the hub.
pub struct Watch {
    pub seq: u64,
    pub start: Start,
    id: u64,
    hub: Hub,
    receiver: mpsc::Receiver<Push>,
    ending: Arc<AtomicU8>,
}

impl Hub {
    /// An empty hub of the node of that name.
    pub fn new(node: impl Into<String>) -> Hub {
        Hub(Arc::new(Shared { node: node.into(), ..Shared::default() }))
    }

    /// The name of this node: numbers of frames mean nothing on another.
    pub fn node(&self) -> &str {
        &self.0.node
    }

    /// Who is looking at what.
    pub fn presence(&self) -> &Presence {
        &self.0.presence
    }

    /// The visitors of the chat widget who are there.
    pub fn visitors(&self) -> &Visitors {
        &self.0.visitors
    }

    /// The number of the last frame. A page takes it before its query, and its socket asks for what came after.
    pub fn seq(&self) -> u64 {
        self.lines().seq
    }

    /// How many sockets are open.
    pub fn sockets(&self) -> usize {
        self.lines().sockets.len()
    }

    /// How many of them belong to this session or token.
    pub fn sockets_of(&self, key: &str) -> usize {
        self.lines().sockets.values().filter(|line| *line.owner.key == *key).count()
    }

    /// How many sockets have not said goodbye yet, those that the hub has ended included.
    pub fn leaving(&self) -> usize {
        self.0.here.load(Ordering::Acquire) + self.visitors().leaving()
    }

    /// Whether a change of any of these topics would reach anybody. What nobody watches need not be read for showing;
    /// it is published all the same, because a page on its way here may have to be told later.
    pub fn is_watched(&self, topics: &[Topic]) -> bool {
        let lines = self.lines();
        topics.iter().any(|topic| lines.topics.contains_key(topic))
    }

    /// Numbers changes, keeps them, and gives them to every socket of their topics, together, so that a page gets in one
    /// piece what belongs together. Call after the commit, in commit order.
    pub fn publish(&self, updates: impl IntoIterator<Item = Update>) {
        let mut lines = self.lines();
        let number = |mut update: Update| {
            if let Some(conversation) = update.fact.conversation {
                self.0.presence.moved(conversation, update.scope);
            }
            lines.seq += 1;
            update.seq = lines.seq;
            Arc::new(update)
        };
        let updates: Arc<[Arc<Update>]> = updates.into_iter().map(number).collect();
        let Some(last) = updates.last().map(|update| update.seq) else { return };
        updates.iter().for_each(|update| lines.keep(update.clone()));
        let topics: HashSet<Topic> = updates.iter().flat_map(|update| update.topics.iter().copied()).collect();
        lines.give(topics.iter(), last, &Push::Updates(updates.clone()), |_| true);
    }

    /// Whether no page is open and none was a minute ago. What happens then need not be read for showing:
    /// [`Hub::pass_over`] is enough.
    pub fn is_asleep(&self, now: Instant) -> bool {
        let lines = self.lines();
        lines.sockets.is_empty() && lines.stirred.is_none_or(|stirred| now.duration_since(stirred) > SLEEP)
    }

    /// Something happened that nobody watched. Whoever has seen less than this is told to refresh.
    pub fn pass_over(&self) {
        self.lines().pass_over();
    }

    /// Gives a passing notice to every socket of a topic that `to` says yes to. It is numbered like a change, but not kept.
    pub fn notice(&self, topics: &[Topic], to: impl Fn(&Owner) -> bool, notice: impl FnOnce(u64) -> Notice) {
        let mut lines = self.lines();
        lines.seq += 1;
        let seq = lines.seq;
        lines.give(topics.iter(), seq, &Push::Notice(Arc::new(notice(seq))), to);
    }

    /// Joins the topics and takes what came since `seen` = (node, number), both under one lock: nothing falls between.
    pub fn watch(&self, owner: Owner, topics: Vec<Topic>, seen: Option<(&str, u64)>) -> Watch {
        let (sender, receiver) = mpsc::channel(SOCKET_QUEUE);
        let ending = Arc::new(AtomicU8::new(0));
        let mut lines = self.lines();
        lines.stirred = Some(Instant::now());
        let start = lines.since_seen(&self.0.node, &topics, seen);
        lines.last += 1;
        let (id, seq) = (lines.last, lines.seq);
        if lines.closed {
            ending.store(Ending::Stopping.code(), Ordering::Release);
        } else {
            let given = AtomicU64::new(0);
            lines.join(Line { id, owner, topics, sender, ending: ending.clone(), given });
        }
        self.0.here.fetch_add(1, Ordering::AcqRel);
        Watch { seq, start, id, hub: self.clone(), receiver, ending }
    }

    /// Tells every page to fetch its content again: changes may have passed this node by.
    pub fn refresh_all(&self) {
        self.visitors().refresh_all();
        let mut lines = self.lines();
        let seq = lines.pass_over();
        let all: Vec<_> = lines.sockets.values().cloned().collect();
        let slow = all.iter().filter(|line| !line.give(seq, &Push::Refresh(seq))).map(|line| line.id).collect();
        lines.end(slow, Ending::TooSlow);
    }

    /// Closes the sockets of everyone `revoked` says yes to.
    pub fn revoke(&self, revoked: impl Fn(&Owner) -> bool) {
        let mut lines = self.lines();
        let ids = lines.sockets.values().filter(|line| revoked(&line.owner)).map(|line| line.id).collect();
        lines.end(ids, Ending::Revoked);
    }

    /// Everyone with an open socket, each once.
    pub fn owners(&self) -> Vec<Owner> {
        let lines = self.lines();
        let owners = lines.sockets.values().map(|line| (line.owner.key.clone(), line.owner.clone()));
        owners.collect::<HashMap<_, _>>().into_values().collect()
    }

    /// Closes every socket and lets no other in: the server stops.
    pub fn close(&self) {
        self.visitors().close();
        let mut lines = self.lines();
        lines.closed = true;
        let all = lines.sockets.keys().copied().collect();
        lines.end(all, Ending::Stopping);
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    /// Makes a number that nothing of what is kept leads up to.
    fn pass_over(&mut self) -> u64 {
        self.seq += 1;
        self.since = self.seq;
        self.ring.clear();
        self.seq
    }

    fn keep(&mut self, update: Arc<Update>) {
        if self.ring.len() == LIVE_RING
            && let Some(oldest) = self.ring.pop_front()
        {
            self.since = oldest.seq;
        }
        self.ring.push_back(update);
    }

    fn give<'a>(
        &mut self,
        topics: impl Iterator<Item = &'a Topic>,
        number: u64,
        push: &Push,
        to: impl Fn(&Owner) -> bool,
    ) {
        let lines = topics.filter_map(|topic| self.topics.get(topic)).flatten().filter(|line| to(&line.owner));
        let slow: Vec<_> = lines.filter(|line| !line.give(number, push)).map(|line| line.id).collect();
        self.end(slow, Ending::TooSlow);
    }

    fn since_seen(&self, node: &str, topics: &[Topic], seen: Option<(&str, u64)>) -> Start {
        match seen {
            None => Start::Backlog(Vec::new()),
            Some((of, seq)) if of == node && (self.since..=self.seq).contains(&seq) => {
                let later = self.ring.iter().skip_while(|update| update.seq <= seq);
                let ours = later.filter(|update| update.topics.iter().any(|topic| topics.contains(topic)));
                Start::Backlog(ours.cloned().collect())
            }
            Some(_) => Start::Refresh,
        }
    }

    fn join(&mut self, line: Line) {
        let line = Arc::new(line);
        for topic in &line.topics {
            self.topics.entry(*topic).or_default().push(line.clone());
        }
        self.sockets.insert(line.id, line);
    }

    fn end(&mut self, ids: Vec<u64>, why: Ending) {
        for id in ids {
            if let Some(line) = self.leave(id) {
                line.ending.store(why.code(), Ordering::Release);
            }
        }
    }

    /// Takes a socket out. Its sender goes with it, which wakes the socket's task.
    fn leave(&mut self, id: u64) -> Option<Arc<Line>> {
        let line = self.sockets.remove(&id)?;
        for topic in &line.topics {
            if let Some(lines) = self.topics.get_mut(topic) {
                lines.retain(|other| other.id != id);
                if lines.is_empty() {
                    self.topics.remove(topic);
                }
            }
        }
        Some(line)
    }
}

impl Line {
    /// False if its queue is full.
    fn give(&self, number: u64, push: &Push) -> bool {
        self.given.swap(number, Ordering::Relaxed) == number || self.sender.try_send(push.clone()).is_ok()
    }
}

impl Watch {
    /// The next push, or why there is none any more. What waits in the queue of an ended socket is not handed out.
    pub async fn next(&mut self) -> Result<Push, Ending> {
        match self.ending() {
            Some(ending) => Err(ending),
            None => self.receiver.recv().await.ok_or_else(|| self.ending().unwrap_or(Ending::Stopping)),
        }
    }

    /// Why this socket must end, if it must: ask before anything is sent.
    pub fn ending(&self) -> Option<Ending> {
        Ending::of(self.ending.load(Ordering::Acquire))
    }

    /// The number of this socket on this node.
    pub fn id(&self) -> u64 {
        self.id
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut lines = self.hub.lines();
        lines.stirred = Some(Instant::now());
        lines.leave(self.id);
        drop(lines);
        self.hub.0.here.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Ending {
    const fn code(self) -> u8 {
        match self {
            Ending::TooSlow => 1,
            Ending::Revoked => 2,
            Ending::Stopping => 3,
        }
    }

    const fn of(code: u8) -> Option<Ending> {
        match code {
            1 => Some(Ending::TooSlow),
            2 => Some(Ending::Revoked),
            3 => Some(Ending::Stopping),
            _ => None,
        }
    }
}
