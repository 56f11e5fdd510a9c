//! The conversation's page, and the pane of it that the inbox shows.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::page::{Banner, Composer, ConversationPage, Entry, Open, Other, Tab, Thread};
use super::replies::{Rejected, Writing};
use crate::desk::record::Opened;
use crate::domain::{Action, Conversation, ConversationId, MessageId, Stage};
use crate::web::page::{Answer, Page, Place, goes, number};
use crate::web::shown::{self, Scene};
use crate::web::{Error, patch, suspended, text};

/// `?tab=&pane=&before=`
#[derive(Deserialize, Default, Clone)]
pub struct Shown {
    #[serde(default)]
    pub tab: String,
    #[serde(default)]
    pub pane: String,
    /// Shows what stands before this message.
    pub before: Option<i64>,
}

/// `GET /conversations/{n}`
pub async fn show(page: Page, n: web::Path<String>, shown: web::Query<Shown>) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    page.answer(move |page| {
        let opened = page.desk.open(&page.me, id, shown.before.map(MessageId))?;
        if let Some(into) = opened.conversation.merged_into {
            return goes(format!("/conversations/{into}"));
        }
        alone(page, opened, &shown, None, StatusCode::OK)
    })
    .await
}

/// The conversation as it was typed into, with why that was refused.
pub fn again(
    page: &Page,
    id: ConversationId,
    typed: Writing,
    why: Rejected,
    status: StatusCode,
) -> Result<Answer, Error> {
    let opened = page.desk.open(&page.me, id, None)?;
    alone(page, opened, &Shown::default(), Some((typed, why)), status)
}

fn alone(
    page: &Page,
    opened: Opened,
    shown: &Shown,
    rejected: Option<(Writing, Rejected)>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let topics = topics(&opened);
    let open = open(page, opened, tab(&shown.tab), rejected)?;
    let chrome = page.chrome(Place { current: "", topics, view: "" })?;
    let pane = if shown.pane == "record" { "record" } else { "thread" };
    page.shows_as(status, &ConversationPage { chrome, open, pane })
}

/// What the socket of a page with this conversation watches.
pub fn topics(opened: &Opened) -> Vec<String> {
    let interaction = opened.conversation.interaction.id;
    vec![format!("conversation:{}", opened.conversation.id), format!("interaction:{interaction}")]
}

/// The tab of an address.
pub fn tab(key: &str) -> Tab {
    match key {
        "tasks" => Tab::Tasks,
        "history" => Tab::History,
        _ => Tab::Details,
    }
}

/// The three parts of an open conversation. Blocks.
pub fn open(page: &Page, opened: Opened, tab: Tab, rejected: Option<(Writing, Rejected)>) -> Result<Open, Error> {
    let directory = page.desk.directory()?;
    let scene = Scene { me: &page.me, directory: &directory, now: page.desk.clock.now() };
    let record = shown::record(&opened, tab, scene);
    let others = patch::here(&page.desk, opened.conversation.id);
    let composer = composer(page, &opened, rejected, others.clone());
    let entries = shown::entries(&opened, None, scene);
    let why = why(page, &opened)?;
    let thread = thread(page, &opened, entries, others, why);
    Ok(Open { thread, composer, record })
}

fn thread(page: &Page, opened: &Opened, entries: Vec<Entry>, others: Vec<Other>, why: Vec<String>) -> Thread {
    let conversation = &opened.conversation;
    let earlier = opened.messages.first().filter(|_| opened.has_earlier);
    Thread {
        id: conversation.id,
        version: conversation.version,
        title: conversation.title.clone(),
        stage: conversation.stage,
        who: opened.row.who.clone(),
        assignee: opened.row.assignee.clone(),
        allowed: allowed(page, opened),
        may_take: conversation.interaction.assignee.is_none() && may_assign(conversation),
        may_assign: may_assign(conversation),
        why,
        entries,
        earlier: earlier.map(|message| format!("/conversations/{}?before={}", conversation.id, message.id)),
        banner: banner(opened),
        others,
    }
}

/// Whether it can go to anybody: it is not over, and not held back.
fn may_assign(conversation: &Conversation) -> bool {
    conversation.stage != Stage::Suspended && !conversation.interaction.state.is_closed()
}

/// Who or what holds it back and why.
fn why(page: &Page, opened: &Opened) -> Result<Vec<String>, Error> {
    if opened.conversation.stage != Stage::Suspended {
        return Ok(Vec::new());
    }
    let by = opened.stages.last();
    let judgement = suspended::judgement(by, page.desk.directory()?.as_ref());
    Ok(std::iter::once(judgement).chain(suspended::reasons(by)).collect())
}

/// What the stage allows, less what this person may not do now.
fn allowed(page: &Page, opened: &Opened) -> Vec<Action> {
    let conversation = &opened.conversation;
    let leads = page.me.role.leads();
    let may = |action: &Action| match action {
        Action::Suspend => leads || (conversation.stage == Stage::New && !conversation.is_answered()),
        Action::Reply | Action::ExternalResponse => may_write(page, opened),
        _ => true,
    };
    conversation.stage.allowed().into_iter().filter(may).collect()
}

fn may_write(page: &Page, opened: &Opened) -> bool {
    let interaction = &opened.conversation.interaction;
    interaction.state.is_closed()
        || page.me.role.leads()
        || interaction.assignee.is_none_or(|assignee| assignee.id == page.me.id)
}

/// A sentence over the thread.
fn banner(opened: &Opened) -> Option<Banner> {
    let conversation = &opened.conversation;
    if let Some(earlier) = conversation.follow_up_of {
        let link = Some((format!("/conversations/{earlier}"), "See the earlier one".to_owned()));
        return Some(Banner { text: format!("Follows {earlier}, which is archived."), link });
    }
    let last = opened.stages.last()?;
    let woken = last.from.as_deref() == Some(Stage::Hold.as_str()) && conversation.stage == Stage::NeedsResponse;
    if !woken {
        return None;
    }
    let began = opened.stages.iter().rev().find(|f| f.to.as_deref() == Some(Stage::Hold.as_str()))?;
    let held = text::amount(last.at - began.at);
    let link = Some((format!("/conversations/{}/hold", conversation.id), "Hold again".to_owned()));
    Some(Banner { text: format!("Was on hold for {held}."), link })
}

/// The key of a form that is sent once.
pub(super) fn new_key() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

fn composer(page: &Page, opened: &Opened, rejected: Option<(Writing, Rejected)>, others: Vec<Other>) -> Composer {
    let conversation = &opened.conversation;
    let (reply, note) = &opened.drafts;
    let (typed, why) = rejected.unwrap_or_else(|| {
        let is_note = reply.is_empty() && !note.is_empty();
        let kind = if is_note { "note" } else { "reply" };
        let body = if is_note { note.clone() } else { reply.clone() };
        (Writing { body, kind: kind.to_owned(), ..Writing::default() }, Rejected::default())
    });
    Composer {
        id: conversation.id,
        csrf: page.csrf().to_owned(),
        who: opened.row.who.clone(),
        channel: shown::by_channel(conversation.interaction.kind).to_owned(),
        seen_upto: conversation.last_message.map_or(0, |id| id.0),
        submit_key: new_key(),
        text: typed.body,
        files: opened.files.clone(),
        note: typed.kind == "note",
        allowed: allowed(page, opened),
        stage: conversation.stage,
        locked: locked(page, opened),
        newer: why.newer,
        error: why.error,
        others,
    }
}

/// Why nothing can be written here by this person.
fn locked(page: &Page, opened: &Opened) -> Option<String> {
    let name = || opened.row.assignee.as_ref().map_or("a colleague", |agent| agent.name.as_str());
    match opened.conversation.stage {
        Stage::Archived => Some("This conversation is archived.".to_owned()),
        Stage::Suspended => Some("Release this conversation before replying.".to_owned()),
        _ if !may_write(page, opened) => {
            Some(format!("This is assigned to {}. What you write here is a note; a manager can reassign it.", name()))
        }
        _ => None,
    }
}
