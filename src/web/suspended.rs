//! The review of what was held back.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::chrome::{Chrome, Toast};
use super::page::{Page, Place, goes_saying};
use super::{Error, assets, filters, text};
use crate::desk::directory::Directory;
use crate::desk::{self, held};
use crate::domain::ids::ConversationId;
use crate::domain::spam::Verdict;
use crate::domain::stage::Stage;
use crate::domain::{Fact, Refused};

/// `/suspended?open=CONV-1`. The decisions: `POST /conversations/{n}/release` and `/spam`, with `csrf`, `version`,
/// `block_sender`; about several, `POST /suspended` with `csrf`, `held` (number and version, repeatable), `do` (`release`, `spam`, `block`).
#[derive(Template)]
#[template(path = "suspended/index.html")]
pub struct SuspendedPage {
    pub chrome: Chrome,
    pub items: Vec<Held>,
    pub open: Option<HeldMessage>,
    /// What a phone shows: `list` or `thread`.
    pub pane: &'static str,
}

/// One held conversation.
pub struct Held {
    pub id: ConversationId,
    pub version: i64,
    pub title: String,
    pub who: String,
    pub address: String,
    pub at: DateTime<Utc>,
    /// "Suspended by Ben", "Very likely spam".
    pub judgement: String,
    /// Of the judgement: `risk` where it is unclear.
    pub tone: &'static str,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// One reason why it was held.
pub struct Why {
    pub icon: &'static str,
    /// In a few words.
    pub what: String,
    pub more: String,
}

/// The first message of the open one, as plain text.
pub struct HeldMessage {
    pub held: Held,
    /// The name of the channel.
    pub channel: String,
    pub body: String,
    pub why: Vec<Why>,
    /// The sender is blocked already.
    pub blocked: bool,
}

/// `?open=`
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    open: String,
}

/// What is decided about several at once.
#[derive(Clone, Copy)]
enum Decision {
    Release,
    Spam,
    Block,
}

/// The review, and decisions about several.
pub fn routes(config: &mut ServiceConfig) {
    config.service(web::resource("/suspended").get(show).post(decide));
}

async fn show(page: Page, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let directory = page.desk.directory()?;
        let all = page.desk.held(&page.me)?;
        let items: Vec<Held> = all.iter().map(|held| shown(held, "", &directory)).collect();
        let open = match asked.open.as_str() {
            "" => None,
            number => Some(number.parse::<ConversationId>().map_err(|()| Error::NotFound)?),
        };
        // One that was decided meanwhile is not open any more; the list says what is left.
        let open = open.filter(|id| items.iter().any(|item| item.id == *id));
        let open = open.map(|id| page.desk.open_held(&page.me, id)).transpose()?;
        let open = open.map(|opened| HeldMessage {
            held: shown(&opened.held, &opened.address, &directory),
            channel: channel(&opened, &directory),
            why: why_held(&opened, &directory),
            body: opened.bodies.join("\n\n"),
            blocked: opened.blocked.is_some(),
        });
        let pane = if open.is_some() { "thread" } else { "list" };
        let topics = open.iter().map(|open| format!("conversation:{}", open.held.id)).collect();
        let chrome = page.chrome(Place { current: "suspended", topics, view: "suspended" })?;
        page.shows(&SuspendedPage { chrome, items, open, pane })
    })
    .await
}

fn shown(held: &held::Held, address: &str, directory: &Directory) -> Held {
    let row = &held.row;
    Held {
        id: row.id,
        version: row.version,
        title: row.title.clone(),
        who: row.who.clone(),
        address: if address == row.who { String::new() } else { address.to_owned() },
        at: row.stage_since,
        judgement: judgement(held.by.as_ref(), directory),
        tone: if verdict(held.by.as_ref()) == Some(Verdict::Suspicious) { "risk" } else { "" },
        reasons: reasons(held.by.as_ref()),
    }
}

/// What the check said, where it was the check that held it and not a person.
fn verdict(by: Option<&Fact>) -> Option<Verdict> {
    by.filter(|fact| fact.actor.agent().is_none())?.text("verdict")?.parse().ok()
}

/// Why it was held back, in words.
pub fn reasons(by: Option<&Fact>) -> Vec<String> {
    let said = by.filter(|_| verdict(by) != Some(Verdict::Blocked)).and_then(|fact| fact.text("reasons"));
    said.map(str::to_owned).into_iter().collect()
}

/// Who or what held it back.
pub fn judgement(by: Option<&Fact>, directory: &Directory) -> String {
    match (verdict(by), by.and_then(|fact| fact.actor.agent())) {
        (_, Some(agent)) => format!("Suspended by {}", text::agent_name(directory, agent)),
        (Some(verdict), None) => verdict.label().to_owned(),
        (None, None) => "Held for review".to_owned(),
    }
}

fn channel(opened: &held::OpenedHeld, directory: &Directory) -> String {
    let known = directory.channels.iter().find(|channel| channel.id == opened.channel);
    known.map(|channel| channel.name.clone()).unwrap_or_default()
}

/// Why it was held, and what else speaks for or against it.
fn why_held(opened: &held::OpenedHeld, directory: &Directory) -> Vec<Why> {
    let why = |icon, what: &str, more: String| Why { icon, what: what.to_owned(), more };
    let by = opened.held.by.as_ref();
    let words = reasons(by).join(", ");
    let learned = format!("Spam on {} had the same marks: {words}.", channel(opened, directory));
    let mut all = Vec::new();
    match verdict(by) {
        Some(Verdict::Spam) => all.push(why("shield-alert", "Very likely spam.", learned)),
        Some(Verdict::Suspicious) => all.push(why("shield-alert", "It may be spam.", learned)),
        Some(_) => {}
        None => all.push(why("user-round", &format!("{}.", judgement(by, directory)), String::new())),
    }
    if let Some(blocked) = &opened.blocked {
        let by = blocked.by.map(|by| format!("By {}.", text::agent_name(directory, by)));
        all.push(why("ban", "This sender is blocked.", by.unwrap_or_default()));
    }
    if opened.organization.is_none() {
        let more = "Nobody we know, so it also starts with low priority.".to_owned();
        all.push(why("building-2", "Organization not identified.", more));
    }
    all
}

async fn decide(page: Page, form: web::Form<Vec<(String, String)>>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let held = form.iter().filter(|(name, _)| name == "held").filter_map(|(_, value)| {
            let (number, version) = value.split_once(' ')?;
            Some((number.parse::<ConversationId>().ok()?, version.parse::<i64>().ok()?))
        });
        let decision = match form.iter().find(|(name, _)| name == "do").map(|(_, value)| value.as_str()) {
            Some("release") => Decision::Release,
            Some("spam") => Decision::Spam,
            Some("block") => Decision::Block,
            _ => {
                let sentence = "Say what is to be done: release, spam or block.".to_owned();
                return Err(Error::Malformed(StatusCode::UNPROCESSABLE_ENTITY, sentence));
            }
        };
        let (mut done, mut left) = (0, Vec::new());
        for (id, version) in held {
            let decided = match decision {
                Decision::Release => page.desk.release(&page.me, id, Some(version)),
                Decision::Spam => page.desk.confirm_spam(&page.me, id, Some(version)),
                Decision::Block => page.desk.confirm_spam_and_block(&page.me, id, Some(version)),
            };
            match decided {
                Ok(_) => done += 1,
                Err(desk::Error::Refused(refused)) => left.push(why(id, &refused)),
                Err(desk::Error::NotFound) => left.push(format!("{id} is not here.")),
                Err(error) => return Err(error.into()),
            }
        }
        goes_saying("/suspended", said(decision, done, &left))
    })
    .await
}

fn why(id: ConversationId, refused: &Refused) -> String {
    match refused {
        Refused::IllegalTransition { .. } => format!("{id} was decided by a colleague."),
        refused => format!("{id}: {refused}"),
    }
}

fn said(decision: Decision, done: usize, left: &[String]) -> Toast {
    let what = match (decision, done) {
        (_, 0) if left.is_empty() => "Select some first.".to_owned(),
        (_, 0) => String::new(),
        (Decision::Release, done) => format!("{done} moved to New."),
        (Decision::Spam, done) => format!("{done} archived as spam."),
        (Decision::Block, done) => format!("{done} archived as spam, and who sent it is blocked."),
    };
    let text = [what].into_iter().chain(left.iter().cloned()).filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let text = text.join(" ");
    if done == 0 { Toast::refused(text) } else { Toast::done(text) }
}

impl SuspendedPage {
    pub(in crate::web) fn is_open(&self, item: &Held) -> bool {
        self.open.as_ref().is_some_and(|open| open.held.id == item.id)
    }
}
