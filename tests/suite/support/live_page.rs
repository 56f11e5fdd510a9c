//! An open page with its socket, as a browser keeps it: the rows and the thread that were served, and what was pushed since.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use scraper::{ElementRef, Html, Node};
use serde_json::Value;

use super::app::Person;
use super::live::Socket;
use super::page::Page;

/// As long as pushes may be on their way on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct LivePage {
    pub name: String,
    person: Person,
    path: String,
    topics: String,
    node: String,
    seen: u64,
    parts: Parts,
    /// The thread as pushes alone have made it since it was last compared: what a page shows until it has asked again.
    /// None while a merge has brought lines that are not pushed.
    pushed: Option<BTreeMap<String, String>>,
    /// What the page would ask for again by itself: it has heard of the conversation that is open on it.
    asks_again: bool,
    /// The words of `data-again`: kinds of changes after which it asks for its parts again.
    again: Vec<String>,
    socket: Option<Socket>,
}

/// What a push may change on a page, by the id of the element: rows of the list, entries of the thread, swapped parts.
#[derive(Clone, Default, PartialEq, Debug)]
struct Parts {
    rows: BTreeMap<String, String>,
    thread: BTreeMap<String, String>,
    /// The parts of a page that asks for itself again.
    swapped: BTreeMap<String, String>,
}

impl LivePage {
    pub async fn open(name: &str, person: &Person, path: &str) -> LivePage {
        let page = person.sees(path).await;
        let mut live = LivePage {
            name: name.to_owned(),
            person: person.clone(),
            path: path.to_owned(),
            topics: String::new(),
            node: String::new(),
            seen: 0,
            parts: Parts::default(),
            pushed: None,
            asks_again: false,
            again: Vec::new(),
            socket: None,
        };
        live.shows(&page);
        live.connects().await;
        live
    }

    fn shows(&mut self, page: &Page) {
        let attr = |name: &str| page.one("live-page").value().attr(name).unwrap_or("").to_owned();
        let view = match attr("view") {
            view if view.is_empty() => String::new(),
            view => format!("&view={view}"),
        };
        self.topics = attr("topics").split_whitespace().collect::<Vec<_>>().join(",") + &view;
        self.node = attr("node");
        self.seen = attr("seen").parse().unwrap();
        self.parts = Parts::of(page);
        self.pushed = Some(self.parts.thread.clone());
        self.again = page
            .attrs("[data-again]", "data-again")
            .iter()
            .flat_map(|words| words.split(' '))
            .map(str::to_owned)
            .collect();
    }

    /// Opens the socket where the page stands.
    pub async fn connects(&mut self) {
        let seen = Some((self.node.as_str(), self.seen));
        self.socket = Some(Socket::of_page(&self.person, &self.topics, seen).await.unwrap());
    }

    /// The network goes away; the page stays as it is.
    pub fn disconnects(&mut self) {
        self.socket = None;
    }

    pub fn is_connected(&self) -> bool {
        self.socket.is_some()
    }

    /// Takes every frame that has come.
    pub async fn settles(&mut self) {
        let Some(mut socket) = self.socket.take() else { return };
        while let Ok(frame) = tokio::time::timeout(Duration::from_millis(20), socket.next()).await {
            let Some(frame) = frame else {
                self.connects().await;
                return Box::pin(self.settles()).await;
            };
            self.takes(&frame).await;
        }
        self.socket = Some(socket);
        if std::mem::take(&mut self.asks_again) {
            let now = Parts::of(&self.person.sees(&self.path).await);
            self.parts.thread = now.thread;
            self.parts.swapped = now.swapped;
        }
    }

    async fn takes(&mut self, frame: &Value) {
        if let Some(seq) = frame["seq"].as_u64() {
            assert!(seq >= self.seen || frame["type"] == "refresh", "{}: {seq} after {}", self.name, self.seen);
            self.seen = seq;
        }
        if frame["type"] == "refresh" {
            self.parts = Parts::of(&self.person.sees(&self.path).await);
            self.pushed = Some(self.parts.thread.clone());
            return;
        }
        for op in frame["ops"].as_array().into_iter().flatten() {
            self.parts.apply(op);
            if let Some(thread) = &mut self.pushed {
                apply_to_thread(thread, op);
            }
        }
        // Whose the lines are, and which there are, comes with the page that is asked for again.
        let kind = frame["type"].as_str().unwrap_or("");
        if kind == "conversation.merged" || kind.starts_with("contact.") {
            self.pushed = None;
        }
        let of_open = |id: &str| self.topics.split(['&', ',']).any(|topic| topic == format!("conversation:{id}"));
        let id = format!("data-key=\"{}\"", frame["id"].as_str().unwrap_or("none"));
        let concerns = |word: &String| frame["op"] == word.as_str() || kind.starts_with(word.as_str());
        let named = !self.again.is_empty() && self.parts.swapped.values().any(|html| html.contains(&id));
        let of_people = ["presence.", "company."].iter().any(|start| kind.starts_with(start));
        let opened = frame["id"].as_str().is_some_and(of_open);
        self.asks_again |= !of_people && (opened || named || self.again.iter().any(concerns));
    }

    /// The page as it stands equals the page loaded anew, as soon as everything that happened has been told.
    pub async fn sees_the_same_after_reload(&mut self) {
        let until = Instant::now() + PATIENCE;
        loop {
            self.settles().await;
            let reloaded = Parts::of(&self.person.sees(&self.path).await);
            if self.parts == reloaded && self.was_told_of(&reloaded.thread) {
                self.pushed = Some(reloaded.thread);
                return;
            }
            if Instant::now() > until {
                let told = self.shown_of(&reloaded.thread).unwrap_or_default();
                compare(&self.name, &self.path, "pushed lines of the thread", &told, &reloaded.thread);
                compare(&self.name, &self.path, "rows", &self.parts.rows, &reloaded.rows);
                compare(&self.name, &self.path, "thread", &self.parts.thread, &reloaded.thread);
                compare(&self.name, &self.path, "parts", &self.parts.swapped, &reloaded.swapped);
            }
        }
    }
}

impl LivePage {
    /// What pushes have made of the lines that a page loaded now shows: that one begins later.
    fn shown_of(&self, thread: &BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
        let pushed = self.pushed.as_ref()?.iter().filter(|(id, _)| thread.contains_key(*id));
        Some(pushed.map(|(id, html)| (id.clone(), html.clone())).collect())
    }

    fn was_told_of(&self, thread: &BTreeMap<String, String>) -> bool {
        self.shown_of(thread).is_none_or(|pushed| pushed == *thread)
    }
}

fn compare(name: &str, path: &str, what: &str, pushed: &BTreeMap<String, String>, reloaded: &BTreeMap<String, String>) {
    let keys = |map: &BTreeMap<String, String>| map.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(pushed),
        keys(reloaded),
        "{name} at {path}: the {what} after pushes (left) and after a reload (right)"
    );
    for (id, html) in pushed {
        assert_eq!(html, &reloaded[id], "{name} at {path}: {id} after pushes (left) and after a reload (right)");
    }
}

impl Parts {
    fn of(page: &Page) -> Parts {
        let by_id = |selector: &str| {
            let with_id =
                page.all(selector).into_iter().filter_map(|e| Some((e.value().attr("id")?.to_owned(), plain(e))));
            with_id.collect()
        };
        let swapped = if page.has("[data-again]") { by_id("main [data-live=swap][id]") } else { BTreeMap::new() };
        // What somebody resolved today stands where nothing is left to do: it comes with the next look, not by a push.
        let rows = by_id("#rows [data-group]:not([data-group=over]) .row[id]");
        Parts { rows, thread: by_id("#messages > [id]"), swapped }
    }

    fn apply(&mut self, op: &Value) {
        let id = op["id"].as_str().unwrap_or("").to_owned();
        match op["op"].as_str() {
            Some("put") => {
                self.rows.insert(id, element(op).1);
            }
            Some("leave") => {
                self.rows.remove(&id);
            }
            _ => apply_to_thread(&mut self.thread, op),
        }
    }
}

/// Adds a line, or paints one that is there.
fn apply_to_thread(thread: &mut BTreeMap<String, String>, op: &Value) {
    match op["op"].as_str() {
        Some("add") => {
            let (id, html) = element(op);
            thread.insert(id, html);
        }
        Some("swap") => {
            if let Some(known) = thread.get_mut(op["id"].as_str().unwrap_or("")) {
                *known = element(op).1;
            }
        }
        _ => {}
    }
}

/// The element that a push carries: its id, and its HTML.
fn element(op: &Value) -> (String, String) {
    let fragment = Html::parse_fragment(op["html"].as_str().unwrap_or(""));
    let first = fragment.root_element().child_elements().next();
    let first = first.map(|e| (e.value().attr("id").unwrap_or("").to_owned(), plain(e)));
    first.unwrap_or_else(|| panic!("no element in {op}"))
}

/// The HTML of an element without what changes by itself (times that tick) or for the viewer's place (the open row).
fn plain(element: ElementRef<'_>) -> String {
    let mut out = String::new();
    write(element, &mut out);
    out
}

fn write(element: ElementRef<'_>, out: &mut String) {
    let name = element.value().name();
    // Who has it open is told to everybody else: one's own face is there, and hidden.
    if element.value().has_class("row__here", scraper::CaseSensitivity::CaseSensitive) {
        return;
    }
    out.push_str(&format!("<{name}"));
    let mut attrs: Vec<(&str, &str)> = element.value().attrs().collect();
    // The token of a form is another one each time.
    if attrs.contains(&("name", "csrf")) {
        attrs.retain(|(name, _)| *name != "value");
    }
    attrs.sort_unstable();
    attrs.iter().for_each(|(name, value)| out.push_str(&format!(" {name}=\"{value}\"")));
    out.push('>');
    if !matches!(name, "live-clock" | "time") {
        for child in element.children() {
            match child.value() {
                Node::Element(_) => write(ElementRef::wrap(child).unwrap(), out),
                Node::Text(text) => out.push_str(&text.split_whitespace().collect::<Vec<_>>().join(" ")),
                _ => {}
            }
        }
    }
    out.push_str(&format!("</{name}>"));
}
