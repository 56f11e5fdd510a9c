//! Visitors of the chat widget who are there: told that something of theirs has changed, never what. They ask for it, and
//! get it by the same way as a page that loads; so nothing internal can pass here.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::Ending;
use crate::domain::{ConversationId, ProfileId};

/// Hints that wait for a slow page before it is dropped.
const QUEUE: usize = 32;

/// Something a visitor's page is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// This conversation of theirs reads otherwise now.
    Changed(ConversationId),
    /// Somebody answers there now, by first name; nobody any more.
    Typing(ConversationId, Option<Arc<str>>),
    /// Something may have been missed.
    Refresh,
}

/// Every visitor's page that is open on this node.
#[derive(Default)]
pub struct Visitors {
    pages: Mutex<Pages>,
    /// Pages that have not said goodbye yet, those that were ended included.
    here: AtomicUsize,
}

#[derive(Default)]
struct Pages {
    last: u64,
    closed: bool,
    open: HashMap<u64, Page>,
    watched: HashMap<ConversationId, Vec<u64>>,
    profiles: HashMap<ProfileId, Vec<u64>>,
}

struct Page {
    profile: ProfileId,
    conversations: Vec<ConversationId>,
    sender: mpsc::Sender<Hint>,
}

/// A page's end. Dropping it leaves.
pub struct Visit {
    id: u64,
    visitors: super::Hub,
    receiver: mpsc::Receiver<Hint>,
}

impl Visitors {
    /// Whether any page is open.
    pub fn is_empty(&self) -> bool {
        self.pages().open.is_empty()
    }

    /// Whether any page of this visitor is open.
    pub fn has(&self, profile: ProfileId) -> bool {
        self.pages().profiles.contains_key(&profile)
    }

    /// How many pages have not said goodbye yet.
    pub fn leaving(&self) -> usize {
        self.here.load(Ordering::Acquire)
    }

    /// The visitors who are there, each once.
    pub fn present(&self) -> Vec<ProfileId> {
        self.pages().profiles.keys().copied().collect()
    }

    /// How many pages of this visitor are open.
    pub fn count(&self, profile: ProfileId) -> usize {
        self.pages().profiles.get(&profile).map_or(0, Vec::len)
    }

    /// Tells the pages of these conversations.
    pub fn changed(&self, conversations: &[ConversationId]) {
        for id in conversations {
            self.pages().tell(*id, &Hint::Changed(*id));
        }
    }

    /// Tells the pages of a conversation who answers there now.
    pub fn typing(&self, conversation: ConversationId, name: Option<&str>) {
        self.pages().tell(conversation, &Hint::Typing(conversation, name.map(Arc::from)));
    }

    /// A visitor has a conversation that their open pages may not know of yet.
    pub fn joined(&self, profile: ProfileId, conversation: ConversationId) {
        let mut pages = self.pages();
        for id in pages.profiles.get(&profile).cloned().unwrap_or_default() {
            pages.watch(id, conversation);
        }
    }

    /// Tells everybody to ask again.
    pub fn refresh_all(&self) {
        let mut pages = self.pages();
        let all: Vec<u64> = pages.open.keys().copied().collect();
        pages.give(all, &Hint::Refresh);
    }

    /// Ends every page and lets no other in.
    pub(super) fn close(&self) {
        let mut pages = self.pages();
        pages.closed = true;
        pages.open.clear();
        pages.watched.clear();
        pages.profiles.clear();
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl super::Hub {
    /// A visitor's page opens, on these conversations of theirs.
    pub fn visit(&self, profile: ProfileId, conversations: &[ConversationId]) -> Visit {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let visitors = self.visitors();
        let mut pages = visitors.pages();
        pages.last += 1;
        let id = pages.last;
        if !pages.closed {
            pages.open.insert(id, Page { profile, conversations: Vec::new(), sender });
            pages.profiles.entry(profile).or_default().push(id);
            conversations.iter().for_each(|conversation| pages.watch(id, *conversation));
        }
        drop(pages);
        visitors.here.fetch_add(1, Ordering::AcqRel);
        Visit { id, visitors: self.clone(), receiver }
    }
}

impl Visit {
    /// The next hint, or why there is none any more.
    pub async fn next(&mut self) -> Result<Hint, Ending> {
        let stopping = || self.visitors.visitors().pages().closed;
        match self.receiver.recv().await {
            Some(hint) => Ok(hint),
            None if stopping() => Err(Ending::Stopping),
            None => Err(Ending::TooSlow),
        }
    }

    /// The page is about these conversations too.
    pub fn watch(&self, conversations: &[ConversationId]) {
        let mut pages = self.visitors.visitors().pages();
        conversations.iter().for_each(|conversation| pages.watch(self.id, *conversation));
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let visitors = self.visitors.visitors();
        visitors.pages().leave(self.id);
        visitors.here.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Pages {
    fn watch(&mut self, id: u64, conversation: ConversationId) {
        let Some(page) = self.open.get_mut(&id) else { return };
        if !page.conversations.contains(&conversation) {
            page.conversations.push(conversation);
            self.watched.entry(conversation).or_default().push(id);
        }
    }

    fn tell(&mut self, conversation: ConversationId, hint: &Hint) {
        if let Some(ids) = self.watched.get(&conversation).cloned() {
            self.give(ids, hint);
        }
    }

    /// A page that does not read is dropped: it comes back and asks for everything.
    fn give(&mut self, ids: Vec<u64>, hint: &Hint) {
        for id in ids {
            let given = self.open.get(&id).is_some_and(|page| page.sender.try_send(hint.clone()).is_ok());
            if !given {
                self.leave(id);
            }
        }
    }

    fn leave(&mut self, id: u64) {
        let Some(page) = self.open.remove(&id) else { return };
        for conversation in page.conversations {
            forget(&mut self.watched, conversation, id);
        }
        forget(&mut self.profiles, page.profile, id);
    }
}

fn forget<K: std::hash::Hash + Eq>(index: &mut HashMap<K, Vec<u64>>, key: K, id: u64) {
    if let Some(ids) = index.get_mut(&key) {
        ids.retain(|other| *other != id);
        if ids.is_empty() {
            index.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Hub;
    use super::*;

    #[test]
    fn a_page_hears_of_its_own_conversations_only() {
        let hub = Hub::new("a");
        let mut visit = hub.visit(ProfileId(1), &[ConversationId(1)]);
        hub.visitors().changed(&[ConversationId(2), ConversationId(1)]);
        assert_eq!(visit.receiver.try_recv(), Ok(Hint::Changed(ConversationId(1))));
        assert!(visit.receiver.try_recv().is_err());
        hub.visitors().joined(ProfileId(1), ConversationId(2));
        hub.visitors().joined(ProfileId(2), ConversationId(3));
        hub.visitors().changed(&[ConversationId(3), ConversationId(2)]);
        assert_eq!(visit.receiver.try_recv(), Ok(Hint::Changed(ConversationId(2))));
        assert!(hub.visitors().has(ProfileId(1)) && !hub.visitors().has(ProfileId(2)));
        drop(visit);
        assert!(hub.visitors().is_empty() && hub.visitors().leaving() == 0);
    }

    #[test]
    fn a_page_that_does_not_read_is_dropped() {
        let hub = Hub::new("a");
        let _visit = hub.visit(ProfileId(1), &[ConversationId(1)]);
        (0..=QUEUE).for_each(|_| hub.visitors().changed(&[ConversationId(1)]));
        assert!(hub.visitors().is_empty());
    }
}
