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
use crate::domain::stage::Stage;
use crate::domain::{Actor, Fact, Refused};

/// `/suspended?open=CONV-1`. The decisions: `POST /conversations/{n}/release` and `/spam`, with `csrf`, `version`,
/// `block_sender`; about several, `POST /suspended` with `csrf`, `held` (number and version, repeatable), `do` (`release`, `spam`).
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
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// The first message of the open one, as plain text.
pub struct HeldMessage {
    pub held: Held,
    pub body: String,
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
            body: opened.bodies.join("\n\n"),
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
        reasons: reasons(held.by.as_ref()),
    }
}

/// Why it was held back, in words.
pub fn reasons(by: Option<&Fact>) -> Vec<String> {
    by.and_then(|fact| fact.text("reasons")).map(str::to_owned).into_iter().collect()
}

/// Who or what held it back.
pub fn judgement(by: Option<&Fact>, directory: &Directory) -> String {
    match by.map(|fact| fact.actor) {
        Some(Actor::Agent(id)) => format!("Suspended by {}", text::agent_name(directory, id)),
        Some(Actor::Customer(_)) => "This sender is blocked".to_owned(),
        Some(Actor::System) | None => "Held by the filter".to_owned(),
    }
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
            _ => {
                let sentence = "Say what is to be done: release or spam.".to_owned();
                return Err(Error::Malformed(StatusCode::UNPROCESSABLE_ENTITY, sentence));
            }
        };
        let (mut done, mut left) = (0, Vec::new());
        for (id, version) in held {
            let decided = match decision {
                Decision::Release => page.desk.release(&page.me, id, Some(version)),
                Decision::Spam => page.desk.confirm_spam(&page.me, id, Some(version)),
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
        (Decision::Release, 0) | (Decision::Spam, 0) => String::new(),
        (Decision::Release, done) => format!("{done} moved to New."),
        (Decision::Spam, done) => format!("{done} archived as spam."),
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
