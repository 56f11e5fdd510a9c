//! What is offered while one writes: canned responses, filled in for this conversation, and colleagues to name.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::back_to;
use super::replies::{Writing, keep, rejected, written};
use crate::domain::canned::{Canned, Filled, draft};
use crate::domain::row::NamedAgent;
use crate::domain::{CannedId, ConversationId};
use crate::web::chrome::Chrome;
use crate::web::page::{Answer, Page, Place, goes, number};
use crate::web::upload::Sent;
use crate::web::{Error, assets, filters};

/// Offers at once: the list is read, not searched through.
const AT_ONCE: usize = 8;

/// The fragment `GET /conversations/{n}/offers?q=/word`, or `@word`.
#[derive(Template)]
#[template(path = "conversations/_offers.html")]
struct Offers {
    canned: Vec<Offer>,
    colleagues: Vec<Colleague>,
    /// What was typed.
    q: String,
}

/// A canned response as it reads here.
struct Offer {
    name: String,
    shortcut: Option<String>,
    pieces: Vec<Filled>,
    text: String,
    /// The blanks that somebody has to fill.
    blanks: Vec<String>,
}

/// Somebody who can be named here, and how.
struct Colleague {
    agent: NamedAgent,
    handle: String,
}

/// `GET /conversations/{n}/canned`: what the fragment offers, without a script.
#[derive(Template)]
#[template(path = "conversations/canned.html")]
struct CannedPage {
    chrome: Chrome,
    id: ConversationId,
    /// `reply` or `note`: where it goes.
    kind: String,
    canned: Vec<Canned>,
}

/// `?q=`
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
}

/// `?kind=`
#[derive(Deserialize)]
pub struct Into {
    #[serde(default)]
    kind: String,
}

/// `GET /conversations/{n}/offers`
pub async fn offers(page: Page, n: web::Path<String>, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    page.answer(move |page| {
        let Asked { q } = asked.into_inner();
        let (canned, colleagues) = match q.strip_prefix('@') {
            Some(typed) => (Vec::new(), named(page, id, typed)?),
            None => (filled(page, id, &q)?, Vec::new()),
        };
        page.shows(&Offers { canned, colleagues, q })
    })
    .await
}

fn named(page: &Page, id: ConversationId, typed: &str) -> Result<Vec<Colleague>, Error> {
    let all = page.desk.may_be_named(&page.me, id, typed)?.into_iter().take(AT_ONCE);
    Ok(all.map(|(agent, handle)| Colleague { agent, handle }).collect())
}

fn filled(page: &Page, id: ConversationId, typed: &str) -> Result<Vec<Offer>, Error> {
    let mut canned = page.desk.canned_of(&page.me, typed)?;
    canned.truncate(AT_ONCE);
    let filled = page.desk.filled(&page.me, id, &canned)?;
    Ok(canned.into_iter().zip(filled).map(|(canned, pieces)| offer(canned, pieces)).collect())
}

fn offer(canned: Canned, pieces: Vec<Filled>) -> Offer {
    let blank = |piece: &Filled| match piece {
        Filled::Blank(name) => Some(name.clone()),
        Filled::Text(_) | Filled::Value(_) => None,
    };
    let (text, blanks) = (draft(&pieces), pieces.iter().filter_map(blank).collect());
    Offer { name: canned.name, shortcut: canned.shortcut, pieces, text, blanks }
}

/// `GET /conversations/{n}/canned`
pub async fn choose(page: Page, n: web::Path<String>, into: web::Query<Into>) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    page.answer(move |page| {
        page.desk.conversation(&page.me, id)?;
        let canned = page.desk.canned_of(&page.me, "")?;
        let chrome = page.chrome(Place::default())?;
        page.shows(&CannedPage { chrome, id, kind: into.into_inner().kind, canned })
    })
    .await
}

/// `POST /conversations/{n}/canned`: what was typed is kept; a chosen response goes behind it.
pub async fn put(page: Page, request: HttpRequest, n: web::Path<String>, sent: Sent) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| match sent.one("canned").map(str::to_owned) {
        Some(chosen) => {
            let kind = sent.one("kind").unwrap_or_default().to_owned();
            put_behind(page, id, CannedId(number(&chosen)?), kind)?;
            goes(format!("{back}#reply"))
        }
        None => kept(page, id, sent),
    })
    .await
}

fn kept(page: &Page, id: ConversationId, sent: Sent) -> Result<Answer, Error> {
    match written(page, id, sent)? {
        Ok(writing) => {
            keep(page, id, &writing)?;
            goes(format!("/conversations/{id}/canned?kind={}", if writing.kind == "note" { "note" } else { "reply" }))
        }
        Err((writing, error)) => rejected(page, id, writing, error),
    }
}

fn put_behind(page: &Page, id: ConversationId, chosen: CannedId, kind: String) -> Result<(), Error> {
    let canned = page.desk.canned(&page.me, chosen)?;
    let text: String = page.desk.filled(&page.me, id, &[canned])?.iter().map(|pieces| draft(pieces)).collect();
    let (reply, note) = page.desk.open(&page.me, id, None)?.drafts;
    let begun = if kind == "note" { note } else { reply };
    let body = if begun.trim().is_empty() { text } else { format!("{}\n\n{text}", begun.trim_end()) };
    keep(page, id, &Writing { body, kind, ..Writing::default() })
}

impl Offer {
    /// What is left to do.
    fn left(&self) -> String {
        match self.blanks.as_slice() {
            [] => "Nothing to fill in.".to_owned(),
            [one] => format!("One blank to fill in: {one}."),
            more => format!("{} blanks to fill in: {}.", more.len(), more.join(", ")),
        }
    }
}
