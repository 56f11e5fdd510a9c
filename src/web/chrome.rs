//! What stands around every page of a signed-in person. Filled by the handlers.

use askama::Template;

use crate::domain::ids::AgentId;
use crate::domain::people::{Presence, Role};

use super::{assets, filters};

/// Everything `layout.html` needs.
#[derive(Debug, Clone)]
pub struct Chrome {
    /// Name of the organisation that works here, shown beside the mark.
    pub workspace: String,
    pub me: Me,
    /// `light`, `dark`, or empty for the system's.
    pub theme: &'static str,
    /// Hidden field `csrf` of every form.
    pub csrf: String,
    pub nav: Nav,
    pub live: Live,
    /// What was just done; shown once.
    pub toasts: Vec<Toast>,
}

/// The person who is signed in.
#[derive(Debug, Clone)]
pub struct Me {
    pub id: AgentId,
    pub name: String,
    pub role: Role,
    pub presence: Presence,
    /// Interactions in New or Work in Progress assigned to them.
    pub in_use: i64,
    pub capacity: i64,
    /// Single keys are on.
    pub keys: bool,
}

/// The fragment `GET /nav?current=KEY` (id `nav-counts`), which every page asks for again, at most once a second.
#[derive(Template)]
#[template(path = "shared/_nav_counts.html")]
pub struct NavCounts<'a> {
    pub nav: &'a Nav,
}

/// The left rail.
#[derive(Debug, Clone)]
pub struct Nav {
    /// Key of the item that is open: `mine`, `q/payments`, `contacts`...; empty for none.
    pub current: String,
    pub views: Vec<NavItem>,
    pub queues: Vec<NavItem>,
    /// What is no list of conversations: `reviews`, `interactions`, `contacts`; a count only where something is owed.
    pub places: Vec<NavItem>,
    /// How many wait for this person's answer.
    pub ours: i64,
}

/// One place of the rail.
#[derive(Debug, Clone)]
pub struct NavItem {
    /// What stands after `/inbox/`: `mine`, `unassigned`, `q/payments`. `suspended` is the page `/suspended`.
    pub key: String,
    pub label: String,
    pub open: i64,
    /// Close to the agreed wait, and over it.
    pub close: i64,
    pub over: i64,
}

/// Where the socket of this page goes on. The number is taken before the page's first query.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// `inbox`, `conversation:CONV-1`, `interaction:IMS0000001`, `me`.
    pub topics: Vec<String>,
    /// The view whose rows are wanted: the key of the rail. Empty: none.
    pub view: String,
    pub node: String,
    pub seen: i64,
}

/// A sentence about what was just done.
#[derive(Debug, Clone)]
pub struct Toast {
    pub text: String,
    /// Stays until it is closed.
    pub error: bool,
    /// The form that takes it back.
    pub undo: Option<Undo>,
}

/// A form of one button: `POST action` with hidden fields.
#[derive(Debug, Clone)]
pub struct Undo {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

/// The keys, `GET /keys`: a page, and a dialog over any other.
#[derive(Template)]
#[template(path = "shared/keys.html")]
pub struct KeysPage {
    pub chrome: Chrome,
}

/// What the palette found, `GET /palette?q=`: options, best first.
#[derive(Template)]
#[template(path = "shared/_found.html")]
pub struct Found {
    pub items: Vec<FoundItem>,
}

/// A record the palette offers.
pub struct FoundItem {
    pub url: String,
    /// `stage-hold`, `state-new` (own marks) or empty for a person.
    pub mark: String,
    pub text: String,
    pub sub: String,
    /// A whole number was typed: this one goes first.
    pub exact: bool,
}

impl NavItem {
    pub(in crate::web) fn icon(&self) -> &'static str {
        match self.key.as_str() {
            "mine" => "inbox",
            "unassigned" => "user-round-plus",
            "mentions" => "at-sign",
            "needs" => "reply",
            "waiting" => "clock",
            "hold" => "pause",
            "resolved" => "circle-check",
            "suspended" => "shield-alert",
            "missed" => "history",
            "reviews" => "eye",
            "interactions" => "square-pen",
            "contacts" => "users-round",
            "settings" => "settings",
            "outbox" => "send",
            _ => "layers",
        }
    }

    /// The keys that go there.
    pub(in crate::web) fn letter(&self) -> &'static str {
        match self.key.as_str() {
            "mine" => "g m",
            "unassigned" => "g u",
            "needs" => "g e",
            "waiting" => "g w",
            "hold" => "g h",
            "open" => "g a",
            "resolved" => "g v",
            "suspended" => "g s",
            "interactions" => "g i",
            "contacts" => "g c",
            _ => "",
        }
    }

    pub(in crate::web) fn href(&self) -> String {
        match self.key.as_str() {
            "suspended" | "reviews" | "interactions" | "contacts" | "settings" | "outbox" => format!("/{}", self.key),
            list => format!("/inbox/{list}"),
        }
    }
}

impl Me {
    /// What one key turns presence to: away, and from there back.
    pub(in crate::web) fn turned(&self) -> Presence {
        if self.presence == Presence::Away { Presence::Available } else { Presence::Away }
    }
}

impl Chrome {
    pub(in crate::web) const fn presences(&self) -> &'static [Presence] {
        Presence::ALL
    }

    /// Something else is open than a list of conversations: what a phone has under You.
    pub(in crate::web) fn is_in_places(&self) -> bool {
        self.nav.places.iter().any(|place| place.key == self.nav.current)
    }

    /// A list of conversations is open, or one of them.
    pub(in crate::web) fn is_in_inbox(&self) -> bool {
        !self.is_in_places() && !matches!(self.nav.current.as_str(), "" | "new" | "suspended")
    }

    /// The number of the title: what is this person's turn.
    pub const fn our_turn(&self) -> i64 {
        self.nav.ours
    }

    /// A list is open that is not one's own: the second tab of a phone.
    pub(in crate::web) fn is_in_views(&self) -> bool {
        self.nav.current == "suspended" || (self.is_in_inbox() && self.nav.current != "mine")
    }
}

type Sheet = &'static [(&'static str, &'static [(&'static str, &'static str)])];

impl KeysPage {
    const SHEET: Sheet = &[
        (
            "List",
            &[
                ("Next, previous", "J K"),
                ("Open", "↵"),
                ("Show what is new", "N"),
                ("Take the next one", "T"),
                ("Search", "/"),
            ],
        ),
        (
            "Conversation",
            &[
                ("Reply", "R"),
                ("Internal note", "I"),
                ("Resolve, open the next", "E"),
                ("Hold", "H"),
                ("Set stage", "S"),
                ("Assign", "A"),
            ],
        ),
        (
            "While writing",
            &[
                ("Send", "⌘ ↵"),
                ("Send and resolve", "⌘ ⇧ ↵"),
                ("Send and hold", "⌘ ⇧ H"),
                ("Switch reply and note", "⌘ ⇧ I"),
                ("Canned responses", "/"),
                ("Leave the field", "esc"),
            ],
        ),
        ("Record", &[("Details, tasks, history", "1 2 3"), ("Hide the panel", "]")]),
        (
            "Go to",
            &[
                ("My work", "G M"),
                ("Unassigned", "G U"),
                ("Needs response", "G E"),
                ("Waiting on user", "G W"),
                ("Hold", "G H"),
                ("All open", "G A"),
                ("Resolved", "G V"),
                ("Suspended", "G S"),
                ("Interactions", "G I"),
                ("Contacts", "G C"),
                ("New interaction", "C"),
            ],
        ),
        (
            "Everywhere",
            &[
                ("Commands and search", "⌘ K"),
                ("Undo", "Z"),
                ("Next pane", "F6"),
                ("Away and back", "⇧ A"),
                ("Dark and light", "⇧ D"),
                ("This list", "?"),
            ],
        ),
    ];
}
