//! What the record page shows: `/interactions/{n}?tab=details|conversation|tasks|history|timeline`, and `/interactions/new`.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::change::MessageKind;
use crate::domain::ids::{ConversationId, InteractionId};
use crate::domain::row::NamedAgent;
use crate::domain::stage::Stage;
use crate::domain::state::{CloseCode, ContactType, Direction, State};
use crate::web::chrome::Chrome;
use crate::web::conversations::forms::Problem;
use crate::web::conversations::page::{Entry, Event, Other, PastInteraction, Record, Words};
use crate::web::marks::Reading;
use crate::web::{assets, filters};

/// The record. `POST /interactions/{n}` with `csrf`, `version`, the fields, and `do`: `save`, `start`, `hold`, `resume`,
/// `complete`, `abandon`. A refusal answers 422 or 409 with this page, what was typed, and `problem`.
#[derive(Template)]
#[template(path = "interactions/show.html")]
pub struct InteractionPage {
    pub chrome: Chrome,
    pub tab: RecordTab,
    /// Also fills the panel beside a conversation; the same clocks, tasks, history.
    pub record: Record,
    /// What stands in the fields: the record's values, or what was typed.
    pub fields: Fields,
    /// What the record holds: sent along, so that a save writes only what was changed.
    pub was: Fields,
    pub choices: Choices,
    pub problem: Option<Problem>,
    pub opened_at: DateTime<Utc>,
    pub first_response_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub close_code: Option<CloseCode>,
    /// Filled by the system at close.
    pub short_description_auto: bool,
    /// The conversation it belongs to, with its stage. None: phone and walk-up.
    pub stage: Option<Stage>,
    /// This viewer may change the fields.
    pub editable: bool,
    /// This viewer may move the state by hand (no conversation, not closed).
    pub movable: bool,
    /// Nobody has it and the viewer may take it.
    pub may_take: bool,
    /// The thread of this interaction, for the tab Conversation.
    pub entries: Vec<Entry>,
    pub notes: Vec<WorkNote>,
    /// Newest first.
    pub timeline: Vec<Event>,
    /// Other open conversations of the same person.
    pub also_open: Vec<AlsoOpen>,
    /// Other open interactions of theirs, without a conversation: calls and visits.
    pub also_open_records: Vec<PastInteraction>,
    pub direction: Direction,
    /// Where they wrote from: "+1 555 ... on SMS".
    pub profile: String,
    /// Who has its conversation open.
    pub others: Vec<Other>,
}

/// Who has the conversation of a record open, for the socket: `{"op": "swap", "id": "record-here-42", "html": ...}`.
#[derive(Template)]
#[template(path = "interactions/_here.html")]
pub struct RecordHereFragment<'a> {
    pub id: ConversationId,
    pub others: &'a [Other],
}

/// The tabs of the record page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordTab {
    Details,
    Conversation,
    Tasks,
    History,
    Timeline,
}

/// The fields a person may write.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    pub short_description: String,
    /// Contact id, as text; empty for nobody.
    pub opened_for: String,
    pub guest_name: String,
    /// Agent's e-mail.
    pub assigned_to: String,
    /// Queue's slug.
    pub queue: String,
    pub work_note: String,
    /// The last fact there was when the page was made.
    pub seen: i64,
}

/// What the selects offer.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// Id and name of contacts that may be meant: the current one first.
    pub contacts: Vec<(String, String)>,
    pub agents: Vec<NamedAgent>,
    /// Slug and name.
    pub queues: Vec<(String, String)>,
}

/// One work note.
pub struct WorkNote {
    pub by: NamedAgent,
    pub at: DateTime<Utc>,
    pub body: String,
}

/// A conversation that is open too.
pub struct AlsoOpen {
    pub id: ConversationId,
    pub stage: Stage,
    pub title: String,
    pub who: String,
    pub since: DateTime<Utc>,
}

/// `/interactions/new`: fields `csrf`, `type` (`walk-up`, `messaging`, `chat`), `opened_for` or `guest_name`, `queue`,
/// `short_description`; for messaging and chat also `channel`, `to`, `body`, `title`.
#[derive(Template)]
#[template(path = "interactions/new.html")]
pub struct NewInteractionPage {
    pub chrome: Chrome,
    pub kind: ContactType,
    pub fields: Fields,
    pub choices: Choices,
    /// Slug and name of channels one may write on.
    pub channels: Vec<(String, String)>,
    pub channel: String,
    /// The channel reaches phone numbers and nothing else.
    pub by_phone: bool,
    pub to: String,
    pub title: String,
    pub body: String,
    pub problem: Option<Problem>,
}

impl RecordTab {
    /// The value of `?tab=`.
    pub const fn key(self) -> &'static str {
        match self {
            RecordTab::Details => "details",
            RecordTab::Conversation => "conversation",
            RecordTab::Tasks => "tasks",
            RecordTab::History => "history",
            RecordTab::Timeline => "timeline",
        }
    }
}

impl InteractionPage {
    pub(in crate::web) fn tabs(&self) -> Vec<(RecordTab, &'static str, usize)> {
        let mut tabs = vec![(RecordTab::Details, "Details", 0)];
        if self.record.conversation.is_some() {
            tabs.push((RecordTab::Conversation, "Conversation", 0));
        }
        tabs.extend([
            (RecordTab::Tasks, "Related tasks", self.record.related.len()),
            (RecordTab::History, "User’s interactions", self.record.history.len()),
            (RecordTab::Timeline, "Timeline", 0),
        ]);
        tabs
    }

    pub(in crate::web) fn is_closed(&self) -> bool {
        self.record.state.is_closed()
    }

    pub(in crate::web) fn waited(&self) -> Option<TimeDelta> {
        self.first_response_at.map(|at| at - self.opened_at)
    }
}

impl NewInteractionPage {
    pub(in crate::web) const fn writes(&self) -> bool {
        matches!(self.kind, ContactType::Messaging | ContactType::Chat)
    }
}

/// `/interactions`: records, newest first.
#[derive(Template)]
#[template(path = "interactions/index.html")]
pub struct InteractionsPage {
    pub chrome: Chrome,
    pub lines: Vec<Line>,
    pub kind: Option<ContactType>,
    pub state: Option<State>,
    /// Slug of the one queue that is shown, and all to choose from: slug and name.
    pub queue: String,
    pub queues: Vec<(String, String)>,
    /// Only the viewer's own.
    pub mine: bool,
    /// Address of the next page.
    pub more: Option<String>,
}

/// One record of the list.
pub struct Line {
    pub id: InteractionId,
    pub kind: ContactType,
    pub state: State,
    pub short_description: String,
    /// What the conversation is called, where there is one.
    pub title: String,
    pub who: String,
    pub assignee: Option<NamedAgent>,
    pub queue: Option<String>,
    pub at: DateTime<Utc>,
}

impl InteractionsPage {
    pub(in crate::web) fn is_kind(&self, kind: &ContactType) -> bool {
        self.kind.as_ref() == Some(kind)
    }

    pub(in crate::web) fn is_state(&self, state: &State) -> bool {
        self.state.as_ref() == Some(state)
    }

    pub(in crate::web) fn is_filtered(&self) -> bool {
        self.kind.is_some() || self.state.is_some() || self.mine || !self.queue.is_empty()
    }
}
