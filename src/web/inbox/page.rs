//! What the inbox shows. `/inbox/{view}` (`mine`, `unassigned`, `needs`, `waiting`, `hold`, `open`, `resolved`, `missed`,
//! `q/{queue}`), with `?open=CONV-1`, `&tab=tasks|history`, `&pane=record`, `&sort=`, `&tag=`.

use std::collections::HashMap;

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::change::MessageKind;
use crate::domain::ids::ConversationId;
use crate::domain::row::Row;
use crate::domain::stage::Action;
use crate::domain::stage::Stage;
use crate::web::chrome::Chrome;
use crate::web::conversations::page::{Entry, Open, Other, Tab, Words};
use crate::web::marks::Reading;
use crate::web::settings::page::Paste;
use crate::web::{assets, filters};

/// The page of three panes.
#[derive(Template)]
#[template(path = "inbox/index.html")]
pub struct InboxPage {
    pub chrome: Chrome,
    /// Name of the view: `My work`, `Payments`.
    pub title: String,
    pub groups: Vec<Group>,
    /// How the list is ordered.
    pub sort: Sort,
    /// The tag that narrows the list.
    pub tag: Option<String>,
    /// Address of the next rows.
    pub more: Option<String>,
    /// The conversation beside the list.
    pub open: Option<Open>,
    /// What a phone shows: `list`, `thread`, `record`.
    pub pane: &'static str,
    /// Said where no conversation is open.
    pub empty: Empty,
    /// Who has the conversations of these rows open.
    pub here: HashMap<ConversationId, Vec<Other>>,
}

/// A part of the list under one heading.
#[derive(Debug, Clone)]
pub struct Group {
    pub turn: Turn,
    /// How many there are in the view, also on later pages; none where that is not known.
    pub count: Option<i64>,
    /// The oldest unanswered of the group.
    pub longest: Option<DateTime<Utc>>,
    pub rows: Vec<Row>,
}

/// Whose turn it is: the heading a row stands under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// New and Needs response.
    Ours,
    /// Waiting on user and Hold.
    Others,
    /// Resolved and Archived.
    Over,
    /// What the viewer resolved today, shown where nothing is left to do.
    Today,
    /// Suspended.
    Nobody,
}

/// How a list is ordered; the value of `?sort=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Urgent,
    Longest,
    Newest,
}

/// What an inbox without an open conversation says.
pub enum Empty {
    /// There are rows; none is open.
    Choose,
    /// Nothing left to do in this view.
    AllDone { unassigned: i64, longest: Option<DateTime<Utc>> },
    /// Nothing is in this view or queue.
    Nothing { place: String },
    /// A filter leaves nothing; `clear` drops it.
    Filtered { what: String, clear: String },
    /// No queue exists yet; how the first is made, if the viewer may.
    FirstUse(Vec<Paste>),
}

/// One row alone, for the socket: `{"op": "put", "id": "conversation-42", "html": ...}`.
#[derive(Template)]
#[template(path = "inbox/_row.html")]
pub struct RowFragment<'a> {
    pub row: &'a Row,
    /// Who has it open.
    pub here: &'a [Other],
}

/// Who has the conversation of a row open, for the socket: `{"op": "swap", "id": "row-here-42", "html": ...}`.
#[derive(Template)]
#[template(path = "inbox/_here.html")]
pub struct RowHereFragment<'a> {
    pub id: ConversationId,
    pub others: &'a [Other],
}

impl Turn {
    /// The turn of a stage.
    pub const fn of(stage: Stage) -> Turn {
        match stage {
            Stage::New | Stage::NeedsResponse => Turn::Ours,
            Stage::WaitingOnUser | Stage::Hold => Turn::Others,
            Stage::Resolved | Stage::Archived => Turn::Over,
            Stage::Suspended => Turn::Nobody,
        }
    }

    pub(in crate::web) const fn of_row(row: &Row) -> Turn {
        Turn::of(row.stage)
    }

    /// The agreed wait, where the row's clock runs against one.
    pub(in crate::web) fn target(row: &Row) -> Option<TimeDelta> {
        row.queue.as_ref().and_then(|queue| queue.target)
    }

    /// Since when somebody waits for us. Nothing where it is not our turn.
    pub(in crate::web) fn since(row: &Row) -> Option<DateTime<Utc>> {
        if Turn::of_row(row) == Turn::Ours { row.unanswered_since } else { None }
    }

    pub(in crate::web) const fn key(self) -> &'static str {
        match self {
            Turn::Ours => "ours",
            Turn::Others => "others",
            Turn::Over | Turn::Today => "over",
            Turn::Nobody => "nobody",
        }
    }

    pub(in crate::web) const fn label(self) -> &'static str {
        match self {
            Turn::Ours => "Your turn",
            Turn::Others => "Waiting on others",
            Turn::Over => "Resolved",
            Turn::Today => "Resolved by you today",
            Turn::Nobody => "Suspended",
        }
    }
}

impl Sort {
    const ALL: [Sort; 3] = [Sort::Urgent, Sort::Longest, Sort::Newest];

    /// The value in the address.
    pub const fn key(self) -> &'static str {
        match self {
            Sort::Urgent => "urgent",
            Sort::Longest => "longest",
            Sort::Newest => "newest",
        }
    }

    pub(in crate::web) const fn label(self) -> &'static str {
        match self {
            Sort::Urgent => "Most urgent",
            Sort::Longest => "Longest wait",
            Sort::Newest => "Newest",
        }
    }
}

impl RowFragment<'_> {
    fn here(&self, _: &Row) -> &[Other] {
        self.here
    }
}

impl InboxPage {
    fn here(&self, row: &Row) -> &[Other] {
        self.here.get(&row.id).map_or(&[], Vec::as_slice)
    }

    pub(in crate::web) fn is_open(&self, row: &Row) -> bool {
        self.open.as_ref().is_some_and(|open| open.thread.id == row.id)
    }
}
