//! The work list: `/inbox/{view}?open=CONV-1`.

mod claim;
pub mod page;

use std::collections::{HashMap, HashSet};

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use serde::Deserialize;

use self::page::{Empty, Group, InboxPage, Sort, Turn};
use super::conversations::page::Other;
use super::conversations::{show, verbs};
use super::page::{Answer, Page, Place, goes};
use super::settings::page::Paste;
use super::{Error, Signed, patch};
use crate::config::limits::PAGE_ROWS;
use crate::desk::inbox::{Cursor, Filter, Order};
use crate::domain::row::Row;
use crate::domain::view::{View, ViewName};
use crate::domain::{Agent, ConversationId, MessageId, Role, Stage, moment};

/// Every address of the inbox.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/inbox").get(home))
        .service(web::resource("/inbox/next").post(verbs::take_next))
        .service(web::resource("/inbox/claim").post(claim::claim))
        .service(web::resource("/inbox/q/{queue}").get(queue))
        .service(web::resource("/inbox/{view}").get(named));
}

/// `?open=&tab=&pane=&sort=&tag=&after=&before=`
#[derive(Deserialize, Default, Clone)]
pub struct Asked {
    #[serde(default)]
    open: String,
    #[serde(default)]
    tab: String,
    #[serde(default)]
    pane: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    tag: String,
    /// Where the list goes on.
    #[serde(default)]
    after: String,
    before: Option<i64>,
}

async fn home(_: Signed) -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("location", "/inbox/mine")).finish()
}

/// `GET /inbox/{view}`
async fn named(
    page: Page,
    request: HttpRequest,
    view: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Error> {
    let name: ViewName = view.parse().map_err(|_| Error::NotFound)?;
    if name == ViewName::Suspended {
        return page.answer(|_| goes("/suspended")).await;
    }
    let path = request.path().to_owned();
    page.answer(move |page| list(page, &path, name.as_str(), name.label(), View::Named(name), &asked)).await
}

/// `GET /inbox/q/{queue}`
async fn queue(
    page: Page,
    request: HttpRequest,
    slug: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Error> {
    let path = request.path().to_owned();
    page.answer(move |page| {
        let directory = page.desk.directory()?;
        let queue = directory.queues_of(&page.me).find(|queue| queue.slug == *slug).ok_or(Error::NotFound)?;
        list(page, &path, &format!("q/{}", queue.slug), &queue.name, View::Queue(queue.id), &asked)
    })
    .await
}

fn list(page: &Page, path: &str, key: &str, title: &str, view: View, asked: &Asked) -> Result<Answer, Error> {
    let sort = sort(&asked.sort);
    let tag = Some(asked.tag.trim().to_owned()).filter(|tag| !tag.is_empty());
    let groups = groups(page, view, sort, tag.clone(), &asked.after)?;
    let more = groups.iter().find_map(|(_, next)| next.as_ref()).map(|next| more(path, asked, next));
    let mut groups: Vec<Group> = groups.into_iter().map(|(group, _)| group).collect();
    let (open, topics) = opened(page, asked)?;
    let pane = match (&open, asked.pane.as_str()) {
        (None, _) | (_, "list") => "list",
        (Some(_), "record") => "record",
        (Some(_), _) => "thread",
    };
    let empty = empty(page, view, title, path, &groups, tag.as_deref())?;
    if matches!(empty, Empty::AllDone { .. }) {
        groups.push(done_today(page)?);
    }
    let chrome = page.chrome(Place { current: key, topics, view: key })?;
    let here = here(page, &groups);
    page.shows(&InboxPage { chrome, title: title.to_owned(), groups, sort, tag, more, open, pane, empty, here })
}

/// Who has the conversations of a list open: of most nobody has.
fn here(page: &Page, groups: &[Group]) -> HashMap<ConversationId, Vec<Other>> {
    let open: HashSet<ConversationId> = page.desk.hub.presence().conversations().into_iter().collect();
    let rows = groups.iter().flat_map(|group| &group.rows).filter(|row| open.contains(&row.id));
    rows.map(|row| (row.id, patch::here(&page.desk, row.id))).collect()
}

fn opened(page: &Page, asked: &Asked) -> Result<(Option<super::conversations::page::Open>, Vec<String>), Error> {
    if asked.open.is_empty() {
        return Ok((None, Vec::new()));
    }
    let id: ConversationId = asked.open.parse().map_err(|()| Error::NotFound)?;
    let mut opened = page.desk.open(&page.me, id, asked.before.map(MessageId))?;
    if let Some(into) = opened.conversation.merged_into {
        opened = page.desk.open(&page.me, into, None)?;
    }
    let topics = show::topics(&opened);
    Ok((Some(show::open(page, opened, show::tab(&asked.tab), None)?), topics))
}

/// The parts of a view with where each goes on. A further page goes on in the one group it was asked for.
fn groups(
    page: &Page,
    view: View,
    sort: Sort,
    tag: Option<String>,
    after: &str,
) -> Result<Vec<(Group, Option<String>)>, Error> {
    let order = match sort {
        Sort::Urgent => Order::Urgent,
        Sort::Longest => Order::Longest,
        Sort::Newest => Order::Newest,
    };
    let all = Filter { order, tag, ..Filter::of(view, &page.me) };
    let after = Mark::read(after)?;
    let (counts, eyes) = (page.desk.counts()?, page.desk.eyes(&page.me)?);
    let mut groups = Vec::new();
    for turn in [Turn::Ours, Turn::Others, Turn::Over] {
        let stages: Vec<Stage> = all.stages.iter().copied().filter(|stage| Turn::of(*stage) == turn).collect();
        let skipped = after.as_ref().is_some_and(|after| after.turn != turn.key());
        if stages.is_empty() || skipped {
            continue;
        }
        let cursor = after.as_ref().map(|after| after.cursor);
        let filter = Filter { stages: stages.clone(), ..all.clone() };
        let found = page.desk.page(&page.me, filter, cursor, PAGE_ROWS)?;
        let next = found.next.map(|cursor| Mark { turn: turn.key().to_owned(), cursor }.write());
        let shown = i64::try_from(found.rows.len()).unwrap_or(i64::MAX);
        let known = counts.of_stages(view, &eyes, &stages);
        let whole = next.is_none() && after.is_none();
        // What is over is in no count: how much there is is known only where all of it is shown.
        let counted = turn != Turn::Over && all.tag.is_none();
        let count = if whole { Some(shown) } else { counted.then(|| known.max(shown)) };
        groups.push((Group { turn, count, longest: longest(&found.rows), rows: found.rows }, next));
    }
    Ok(groups)
}

fn longest(rows: &[Row]) -> Option<DateTime<chrono::Utc>> {
    rows.iter().filter(|row| Turn::of(row.stage) == Turn::Ours).filter_map(|row| row.unanswered_since).min()
}

fn sort(key: &str) -> Sort {
    match key {
        "longest" => Sort::Longest,
        "newest" => Sort::Newest,
        _ => Sort::Urgent,
    }
}

fn more(path: &str, asked: &Asked, next: &str) -> String {
    let mut query: Vec<(&str, &str)> = Vec::new();
    for (name, value) in [("open", &asked.open), ("sort", &asked.sort), ("tag", &asked.tag)] {
        if !value.is_empty() {
            query.push((name, value));
        }
    }
    query.push(("after", next));
    format!("{path}?{}", serde_urlencoded::to_string(query).unwrap_or_default())
}

/// What this person resolved since midnight, the last first.
fn done_today(page: &Page) -> Result<Group, Error> {
    let mine = Filter {
        stages: vec![Stage::Resolved],
        assignee: Some(Some(page.me.id)),
        order: Order::Newest,
        ..Filter::default()
    };
    let today = page.desk.clock.now().date_naive();
    let mut rows = page.desk.page(&page.me, mine, None, PAGE_ROWS)?.rows;
    rows.retain(|row| row.stage_since.date_naive() == today);
    let count = i64::try_from(rows.len()).ok();
    Ok(Group { turn: Turn::Today, count, longest: None, rows })
}

fn empty(
    page: &Page,
    view: View,
    title: &str,
    path: &str,
    groups: &[Group],
    tag: Option<&str>,
) -> Result<Empty, Error> {
    if groups.iter().any(|group| !group.rows.is_empty()) {
        return Ok(Empty::Choose);
    }
    if let Some(tag) = tag {
        return Ok(Empty::Filtered { what: format!("with the tag {tag}"), clear: path.to_owned() });
    }
    if page.desk.directory()?.queues.iter().all(|queue| queue.slug == "unrouted") {
        return Ok(Empty::FirstUse(first_steps(&page.me)));
    }
    if view != View::Named(ViewName::Mine) {
        return Ok(Empty::Nothing { place: title.to_owned() });
    }
    let free = Filter {
        stages: vec![Stage::New, Stage::NeedsResponse],
        assignee: Some(None),
        order: Order::Longest,
        ..Filter::default()
    };
    let first = page.desk.page(&page.me, free, None, 1)?.rows;
    let counts = page.desk.counts()?;
    let unassigned = counts.of(View::Named(ViewName::Unassigned), &page.desk.eyes(&page.me)?);
    Ok(Empty::AllDone { unassigned, longest: longest(&first) })
}

/// How the first queue is made: by a program, with a token of the admin's.
fn first_steps(me: &Agent) -> Vec<Paste> {
    if me.role != Role::Admin {
        return Vec::new();
    }
    let token = format!("switchboard token create --user {}", me.email);
    let queue = serde_json::json!({ "slug": "support", "name": "Support", "members": [me.email] });
    let queue = format!(
        "curl -X POST http://ADDRESS/api/v1/queues -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' \
         -d '{queue}'"
    );
    let paste = |id, label, hint, text| Paste { id, label, hint, text };
    vec![
        paste("first-token", "1. Make a token", "On the machine where Switchboard runs; it prints the token.", token),
        paste("first-queue", "2. Make the queue", "With the address of this page and the token put in.", queue),
    ]
}

/// A place in one group of a list, as an address carries it.
struct Mark {
    turn: String,
    cursor: Cursor,
}

impl Mark {
    fn write(&self) -> String {
        let Cursor { rank, at, id } = self.cursor;
        URL_SAFE_NO_PAD.encode(format!("{} {rank} {} {}", self.turn, at.timestamp_micros(), id.0))
    }

    /// None where the list begins.
    fn read(text: &str) -> Result<Option<Self>, Error> {
        if text.is_empty() {
            return Ok(None);
        }
        Self::parsed(text).map(Some).ok_or(Error::NotFound)
    }

    fn parsed(text: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut parts = text.split(' ');
        let turn = parts.next()?.to_owned();
        let rank = parts.next()?.parse().ok()?;
        let at = moment::of_micros(parts.next()?.parse().ok()?)?;
        let id = ConversationId(parts.next()?.parse().ok()?);
        Some(Mark { turn, cursor: Cursor { rank, at, id } })
    }
}
