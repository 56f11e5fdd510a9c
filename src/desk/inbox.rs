//! The work list: pages of views, and how many stand where.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Desk, Done, Error};
use crate::domain::row::Row;
use crate::domain::view::{Eyes, View, ViewName};
use crate::domain::{Agent, AgentId, QueueId, Stage};
use crate::store::inbox;
pub use crate::store::inbox::{Cursor, Filter, Order};
use crate::store::late;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<Row>,
    /// Where the next page begins; None on the last.
    pub next: Option<Cursor>,
}

/// A view as the inbox shows it: whose turn it is comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// New and Needs response (or the one stage, or the closed ones, where a view has no turns).
    pub ours: Page,
    /// Waiting on user and Hold.
    pub theirs: Page,
}

/// How many conversations stand where; suspended and closed ones are in no count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(Vec<(Option<QueueId>, Stage, Option<AgentId>, i64)>);

/// How many wait for an answer close to the agreed wait of their queue or over it, and how many over it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Late {
    pub close: Counts,
    pub over: Counts,
}

#[derive(Clone, Default)]
pub(super) struct LateCache(Arc<Mutex<Option<Lately>>>);

#[derive(Clone, Default)]
pub(super) struct CountCache(Arc<Mutex<Option<Kept>>>);

/// When it was counted, and what.
type Lately = (Instant, Arc<Late>);

/// Up to which frame it was counted, when, and what.
type Kept = (u64, Instant, Arc<Counts>);

/// Sums are asked again at most once a second.
const KEPT: Duration = Duration::from_secs(1);

impl Desk {
    /// A view for an agent, in two groups, each a page of `limit` rows.
    pub fn listing(&self, viewer: &Agent, view: View, limit: i64) -> Done<Listing> {
        let filter = Filter::of(view, viewer);
        let (ours, theirs): (Vec<Stage>, Vec<Stage>) =
            filter.stages.iter().partition(|stage| !matches!(stage, Stage::WaitingOnUser | Stage::Hold));
        let group = |stages: Vec<Stage>| match stages.is_empty() {
            true => Ok(Page { rows: Vec::new(), next: None }),
            false => self.page(viewer, Filter { stages, ..filter.clone() }, None, limit),
        };
        Ok(Listing { ours: group(ours)?, theirs: group(theirs)? })
    }

    /// One page of a list.
    pub fn page(&self, viewer: &Agent, filter: Filter, after: Option<Cursor>, limit: i64) -> Done<Page> {
        let eyes = self.eyes(viewer)?;
        self.db.read(|conn| {
            let mut rows = inbox::page(conn, &filter, &eyes, after, limit + 1)?;
            let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
            rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            let next =
                rows.last().filter(|_| more).map(|row| Cursor { rank: row.sort_rank(), at: row.sort_at, id: row.id });
            Ok(Page { rows, next })
        })
    }

    /// The counts of everything open, at most a second old while things change, fresh when nothing does.
    pub fn counts(&self) -> Done<Arc<Counts>> {
        let seq = self.hub.seq();
        if let Some((of, since, counts)) = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
            && (of == seq && !self.db.is_postgres() || since.elapsed() < KEPT)
        {
            return Ok(counts);
        }
        let started = Instant::now();
        let counts = Arc::new(Counts(self.db.read(|conn| Ok::<_, Error>(inbox::counts(conn)?))?));
        *self.counts.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((seq, started, counts.clone()));
        Ok(counts)
    }

    /// How many are late, as of a second ago at most.
    pub fn late(&self) -> Done<Arc<Late>> {
        let kept = self.late.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((since, late)) = kept
            && since.elapsed() < KEPT
        {
            return Ok(late);
        }
        let (directory, started) = (self.directory()?, Instant::now());
        let now = self.clock.now();
        let (close, over) = self.db.read(|conn| Ok::<_, Error>(late::late(conn, &directory.queues, now)?))?;
        let late = Arc::new(Late { close: Counts(close), over: Counts(over) });
        *self.late.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((started, late.clone()));
        Ok(late)
    }
}

impl Counts {
    /// How many a view holds for these eyes.
    pub fn of(&self, view: View, eyes: &Eyes) -> i64 {
        self.sum(eyes, |queue, stage, assignee| includes(view, eyes, queue, stage, assignee))
    }

    /// How many of some stages a view holds for these eyes.
    pub fn of_stages(&self, view: View, eyes: &Eyes, stages: &[Stage]) -> i64 {
        self.sum(eyes, |queue, stage, assignee| stages.contains(&stage) && includes(view, eyes, queue, stage, assignee))
    }

    /// How many open ones an agent has.
    pub fn open_of(&self, agent: AgentId) -> i64 {
        let theirs =
            self.0.iter().filter(|(_, stage, assignee, _)| *assignee == Some(agent) && *stage != Stage::Suspended);
        theirs.map(|(_, _, _, n)| n).sum()
    }

    fn sum(&self, eyes: &Eyes, wanted: impl Fn(Option<QueueId>, Stage, Option<AgentId>) -> bool) -> i64 {
        let counted = self
            .0
            .iter()
            .filter(|(queue, stage, assignee, _)| eyes.sees(*queue, *assignee) && wanted(*queue, *stage, *assignee));
        counted.map(|(_, _, _, n)| n).sum()
    }
}

fn includes(view: View, eyes: &Eyes, queue: Option<QueueId>, stage: Stage, assignee: Option<AgentId>) -> bool {
    view.stages().contains(&stage)
        && match view {
            View::Queue(id) => queue == Some(id),
            View::Named(ViewName::Mine) => assignee.is_some() && assignee == eyes.agent,
            View::Named(ViewName::Unassigned) => assignee.is_none(),
            // Who is named where is counted apart.
            View::Named(ViewName::Mentions) => false,
            View::Named(_) => true,
        }
}
