//! What a conversation shows: the head with its actions, the thread, the composer, and the record beside it. Used by the inbox
//! and by `/conversations/{n}`, which shows it alone.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

pub use super::message::{Aside, Message, MessageFragment, Words};
pub use super::tab::Tab;
use crate::domain::attachment::Attachment;
use crate::domain::change::MessageKind;
use crate::domain::ids::{AgentId, ConversationId, InteractionId};
use crate::domain::row::NamedAgent;
use crate::domain::stage::{Action, Stage};
use crate::domain::state::{ContactType, State, StateReason};
use crate::domain::tag::Tag;
use crate::web::chrome::Chrome;
use crate::web::marks::Reading;
use crate::web::{assets, filters};

/// A conversation with everything beside it.
pub struct Open {
    pub thread: Thread,
    pub composer: Composer,
    pub record: Record,
}

/// `GET /conversations/{n}`: the conversation without the list.
#[derive(Template)]
#[template(path = "conversations/show.html")]
pub struct ConversationPage {
    pub chrome: Chrome,
    pub open: Open,
    /// `thread` or `record`: what a phone shows.
    pub pane: &'static str,
}

/// The head and the messages.
pub struct Thread {
    pub id: ConversationId,
    pub version: i64,
    pub title: String,
    pub stage: Stage,
    /// The person, or the address they write from.
    pub who: String,
    pub assignee: Option<NamedAgent>,
    /// What this viewer may do now.
    pub allowed: Vec<Action>,
    /// Nobody has it and the viewer may take it.
    pub may_take: bool,
    /// It may be handed to somebody.
    pub may_assign: bool,
    /// Oldest first.
    pub entries: Vec<Entry>,
    /// Address that shows what is earlier.
    pub earlier: Option<String>,
    /// Who or what holds it back and why, a line each; empty if nothing does.
    pub why: Vec<String>,
    /// A sentence over the thread: "Was on hold for 2 h. Hold again", "Merged into CONV-7".
    pub banner: Option<Banner>,
    /// Who else is here, a sentence each: "Jonas is viewing", "Jonas is writing".
    pub others: Vec<Other>,
}

/// A sentence over the thread with a link.
pub struct Banner {
    pub text: String,
    pub link: Option<(String, String)>,
}

/// A colleague who looks at the same conversation.
#[derive(Clone)]
pub struct Other {
    pub agent: NamedAgent,
    pub writing: bool,
}

/// One line of the thread.
pub enum Entry {
    Episode(Episode),
    Message(Message),
    Event(Event),
}

/// Where another interaction begins.
pub struct Episode {
    pub id: InteractionId,
    pub kind: ContactType,
    pub state: State,
    pub at: DateTime<Utc>,
    pub duration: Option<TimeDelta>,
}

/// A fact as one line; the only input of `_event.html`.
pub struct Event {
    /// Number of the fact.
    pub seq: i64,
    pub at: DateTime<Utc>,
    /// The stage that follows, for its mark; else a Lucide icon.
    pub stage: Option<Stage>,
    pub icon: &'static str,
    /// Who did it: an agent is "You" on their own page; empty for the system.
    pub by: String,
    pub agent: Option<AgentId>,
    /// "Waiting on user to", "added the tag", ...
    pub text: String,
    /// Set bold after the text: "Needs response", "Firmware".
    pub what: String,
    /// The moment a hold waits for, set bold like `what`.
    pub until: Option<DateTime<Utc>>,
    /// After that: "first response after 3 m 51 s".
    pub rest: String,
}

/// Where one writes; the only input of `_composer.html`.
pub struct Composer {
    pub id: ConversationId,
    pub csrf: String,
    /// The person, as one would greet them.
    pub who: String,
    /// "by SMS", "by chat".
    pub channel: String,
    /// The newest message on the page; the guard against crossing messages.
    pub seen_upto: i64,
    /// Random, so that a double click sends once.
    pub submit_key: String,
    /// The draft of this viewer, or what was typed in a refused form.
    pub text: String,
    /// Files that wait in the draft.
    pub files: Vec<Attachment>,
    /// `note`: the note is chosen.
    pub note: bool,
    /// What this viewer may do now.
    pub allowed: Vec<Action>,
    pub stage: Stage,
    /// Why the customer cannot be answered here: "This conversation is archived.", "It is Ben's now."
    pub locked: Option<String>,
    /// 409 of the guard: "Jonas has just replied." Send turns into "Send as well".
    pub newer: Option<String>,
    /// 422: "Message is empty."
    pub error: Option<String>,
    pub others: Vec<Other>,
}

/// The panel beside the thread.
pub struct Record {
    pub id: InteractionId,
    pub version: i64,
    pub conversation: Option<ConversationId>,
    pub tab: Tab,
    pub kind: ContactType,
    pub state: State,
    /// Only for messaging.
    pub reason: Option<StateReason>,
    pub person: Person,
    pub assignee: Option<NamedAgent>,
    pub queue: Option<String>,
    /// Why it is there: `by rule 3 "refund"`.
    pub routed_by: String,
    pub short_description: String,
    pub wait: Reading,
    /// Why there is no wait, where there is none.
    pub no_wait: &'static str,
    pub duration: Reading,
    /// When this was made: how far the current stay reaches in the bar.
    pub at: DateTime<Utc>,
    /// Time in each stage, in the order of the first entry; the current one runs.
    pub stays: Vec<Stay>,
    pub tags: Vec<Tag>,
    /// Tags, title and what it waits for may be changed: it is not archived.
    pub may_file: bool,
    pub may_hold: bool,
    /// It is on hold, and may wait for more.
    pub may_wait: bool,
    pub dependencies: Vec<DependencyLine>,
    pub related: Vec<RelatedTask>,
    pub history: Vec<PastInteraction>,
}

/// Whom it is about.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// Empty where nothing at all is known.
    pub name: String,
    /// `/contacts/7`; none for a guest.
    pub url: Option<String>,
    pub organization: Option<String>,
    pub organization_url: Option<String>,
    /// Channel profiles: Lucide icon and address.
    pub addresses: Vec<(&'static str, String)>,
    /// The profile belongs to nobody yet: offer Create contact and Link contact at this address.
    pub link_url: Option<String>,
    /// More than one contact has the identifier: who.
    pub candidates: Vec<String>,
}

/// All time spent in one stage.
#[derive(Debug, Clone, Copy)]
pub struct Stay {
    pub stage: Stage,
    /// What is over.
    pub time: TimeDelta,
    /// The current stay began then.
    pub since: Option<DateTime<Utc>>,
}

/// Something a hold waits for.
pub struct DependencyLine {
    pub id: i64,
    /// Lucide icon: `user-round`, `calendar-clock`, `ticket`.
    pub icon: &'static str,
    pub text: String,
    /// The moment it ends by itself, said after the text.
    pub until: Option<DateTime<Utc>>,
    pub open: bool,
    /// The viewer's own review: offer Done.
    pub mine: bool,
}

/// A work item that was viewed, created or linked during the interaction.
pub struct RelatedTask {
    pub url: String,
    pub number: String,
    pub title: String,
    pub status: String,
    /// "viewed", "created", "linked".
    pub operation: String,
    pub at: DateTime<Utc>,
}

/// Another interaction of the same person.
pub struct PastInteraction {
    pub id: InteractionId,
    pub kind: ContactType,
    pub state: State,
    pub short_description: String,
    pub at: DateTime<Utc>,
    pub current: bool,
}

/// The line of an interaction alone, for the socket: `{"op": "add", "to": "messages", "html": ...}`.
#[derive(Template)]
#[template(path = "conversations/_episode.html")]
pub struct EpisodeFragment<'a> {
    pub episode: &'a Episode,
}

/// A fact alone, for the socket: `{"op": "add", "to": "messages", "html": ...}`.
#[derive(Template)]
#[template(path = "conversations/_event.html")]
pub struct EventFragment<'a> {
    pub event: &'a Event,
}

/// The badge in the head, for the socket: `{"op": "swap", "id": "stage-42", "html": ...}`.
#[derive(Template)]
#[template(path = "conversations/_stage.html")]
pub struct StageFragment {
    pub id: ConversationId,
    pub version: i64,
    pub stage: Stage,
}

/// Who else is here, for the socket: `{"op": "swap", "id": "others-42", "html": ...}`.
#[derive(Template)]
#[template(path = "conversations/_others.html")]
pub struct OthersFragment<'a> {
    pub id: ConversationId,
    pub others: &'a [Other],
}

impl Thread {
    pub(in crate::web) fn allows(&self, action: Action) -> bool {
        self.allowed.contains(&action)
    }
}

impl Composer {
    pub(in crate::web) fn allows(&self, action: Action) -> bool {
        self.allowed.contains(&action)
    }

    /// Not even a note can be written.
    pub(in crate::web) fn is_shut(&self) -> bool {
        self.locked.is_some() && !self.allows(Action::Note)
    }

    /// The stage a reply leads to.
    pub(in crate::web) const fn then(&self) -> Stage {
        match self.stage {
            Stage::Resolved => Stage::Resolved,
            Stage::New | Stage::NeedsResponse | Stage::WaitingOnUser | Stage::Hold => Stage::WaitingOnUser,
            Stage::Suspended | Stage::Archived => self.stage,
        }
    }
}

impl Record {
    pub(in crate::web) fn sum(&self) -> i64 {
        self.stays.iter().map(|stay| self.length(stay)).sum::<i64>().max(1)
    }

    fn length(&self, stay: &Stay) -> i64 {
        let current = stay.since.map_or(0, |since| (self.at - since).num_seconds());
        (stay.time.num_seconds() + current).max(1)
    }

    /// The bar of time per stage: x and width of each part, of 272.
    pub(in crate::web) fn bars(&self) -> Vec<(Stage, i64, i64)> {
        let mut x = 0;
        let share = |stay: &Stay| (self.length(stay) * 272 / self.sum()).max(4);
        let bars = self.stays.iter().map(|stay| {
            let width = share(stay);
            x += width;
            (stay.stage, x - width, (width - 2).max(2))
        });
        bars.collect()
    }

    pub(in crate::web) const fn tabs(&self) -> [(Tab, &'static str, usize, &'static str); 3] {
        [
            (Tab::Details, "Details", 0, "1"),
            (Tab::Tasks, "Related tasks", self.related.len(), "2"),
            (Tab::History, "User’s interactions", self.history.len(), "3"),
        ]
    }
}
