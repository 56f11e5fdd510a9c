//! `/settings/blocked`: senders whose first messages are held for review.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Sections, enter, may_enter};
use crate::desk;
use crate::desk::blocking::Blocked;
use crate::desk::directory::Directory;
use crate::domain::{ContactId, ProfileId, Refused};
use crate::web::chrome::{Chrome, Toast};
use crate::web::conversations::forms::Problem;
use crate::web::page::{Answer, Page, goes_saying, number};
use crate::web::{Error, assets, filters, text};

/// The key of the section.
const BLOCKED: &str = "blocked";
/// Senders on one page.
const AT_ONCE: i64 = 100;

/// `/settings/blocked?before=`. Blocking: `POST` with `channel`, `identifier`; freeing: `POST /settings/blocked/{id}/removal`.
#[derive(Template)]
#[template(path = "settings/blocked.html")]
pub struct BlockedPage {
    pub chrome: Chrome,
    pub sections: Sections,
    pub senders: Vec<ListedSender>,
    /// The next page goes on before this one.
    pub more: Option<ProfileId>,
    pub fields: Typed,
    /// Slug and name of each channel.
    pub channels: Vec<(String, String)>,
    pub problem: Option<Problem>,
}

/// A blocked sender as a line of the list.
pub struct ListedSender {
    pub id: ProfileId,
    pub identifier: String,
    pub contact: Option<(ContactId, String)>,
    pub channel: String,
    pub by: Option<String>,
    pub at: Option<DateTime<Utc>>,
}

/// Whom to block, as it is typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub channel: String,
    pub identifier: String,
}

/// `?before=`
#[derive(Deserialize)]
pub struct Asked {
    before: Option<i64>,
}

/// Addresses of the section.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/settings/blocked").get(list).post(block))
        .service(web::resource("/settings/blocked/{id}/removal").post(free));
}

async fn list(page: Page, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let before = asked.before.map(ProfileId);
        render(page, before, Typed::default(), None, StatusCode::OK)
    })
    .await
}

async fn block(page: Page, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, BLOCKED)?;
        let typed = form.into_inner();
        let directory = page.desk.directory()?;
        let channel = directory.channels.iter().find(|channel| channel.slug == typed.channel);
        let blocked = match channel {
            Some(channel) => page.desk.block_sender(&page.me, channel.id, &typed.identifier),
            None => Err(Refused::invalid("channel", "Choose a channel.").into()),
        };
        match blocked {
            Ok(blocked) => goes_saying("/settings/blocked", Toast::done(format!("{} is blocked.", blocked.identifier))),
            Err(desk::Error::Refused(refused)) => {
                let field = if refused.field() == Some("channel") { "channel" } else { "identifier" };
                let problem = Problem { field, message: refused.to_string(), ..Problem::default() };
                render(page, None, typed, Some(problem), crate::web::Problem::of(&refused).status)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

async fn free(page: Page, id: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, BLOCKED)?;
        let freed = page.desk.unblock_sender(&page.me, ProfileId(number(&id)?))?;
        goes_saying("/settings/blocked", Toast::done(format!("{} is blocked no more.", freed.identifier)))
    })
    .await
}

fn render(
    page: &Page,
    before: Option<ProfileId>,
    fields: Typed,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (chrome, sections) = enter(page, BLOCKED)?;
    let directory = page.desk.directory()?;
    let blocked = page.desk.blocked(&page.me, before, AT_ONCE)?;
    let full = i64::try_from(blocked.len()) == Ok(AT_ONCE);
    let more = blocked.last().map(|last| last.id).filter(|_| full);
    let senders = blocked.into_iter().map(|blocked| listed(blocked, &directory)).collect();
    let channels = directory.channels.iter().map(|channel| (channel.slug.clone(), channel.name.clone())).collect();
    page.shows_as(status, &BlockedPage { chrome, sections, senders, more, fields, channels, problem })
}

fn listed(blocked: Blocked, directory: &Directory) -> ListedSender {
    let channel = directory.channels.iter().find(|channel| channel.id == blocked.channel);
    ListedSender {
        id: blocked.id,
        identifier: blocked.identifier,
        contact: blocked.contact,
        channel: channel.map(|channel| channel.name.clone()).unwrap_or_default(),
        by: blocked.by.map(|id| text::agent_name(directory, id)),
        at: blocked.at,
    }
}
