//! Hold: the form, and what it waits for.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::forms::{DependencyPage, HoldPage, Problem};
use super::{Form, about, back_to, problem};
use crate::desk::holds::Wanted;
use crate::desk::{self, Done};
use crate::domain::change::Seen;
use crate::domain::conversation::Reply;
use crate::domain::{ConversationId, DependencyId, MessageId, Refused, Stage};
use crate::web::Error;
use crate::web::chrome::Toast;
use crate::web::page::{Answer, Page, Place, goes_saying, number};
use crate::web::shown as looks;

/// The form's fields.
#[derive(Deserialize, Clone, Default)]
pub struct Holding {
    version: Option<i64>,
    #[serde(default)]
    review: String,
    #[serde(default, rename = "as")]
    role: String,
    /// Local date and time.
    #[serde(default)]
    until: String,
    /// Minutes that zone is west of UTC, by script; without one the time is UTC.
    #[serde(default)]
    tz: String,
    #[serde(default)]
    reply: String,
    seen_upto: Option<i64>,
    seen: Option<i64>,
}

/// What the desk calls the fields of the form.
const FIELDS: &[(&str, &str)] = &[
    ("dependencies", "review"),
    ("review", "review"),
    ("as", "as"),
    ("until", "until"),
    ("body", "hold-reply"),
    ("reply", "hold-reply"),
];

/// `GET /conversations/{n}/hold`
pub async fn form(page: Page, n: web::Path<String>) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    page.answer(move |page| shown(page, id, Holding::default(), None, StatusCode::OK)).await
}

/// `POST /conversations/{n}/hold`
pub async fn hold(
    page: Page,
    request: HttpRequest,
    n: web::Path<String>,
    form: web::Form<Holding>,
) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| {
        let typed = form.into_inner();
        match held(page, id, &typed) {
            Ok(()) => goes_saying(back, Toast::done(format!("{id} is on hold."))),
            Err(error) => {
                let (status, problem) = problem(page, &Form { id, seen: typed.seen, fields: FIELDS }, error)?;
                shown(page, id, typed, Some(problem), status)
            }
        }
    })
    .await
}

fn held(page: &Page, id: ConversationId, typed: &Holding) -> Done<()> {
    let mut on = Vec::new();
    if !typed.review.trim().is_empty() {
        let role = Some(typed.role.trim().to_owned()).filter(|role| !role.is_empty());
        on.push(Wanted::Review { email: typed.review.trim().to_owned(), role });
    }
    if !typed.until.trim().is_empty() {
        on.push(Wanted::Until(moment(&typed.until, &typed.tz)?));
    }
    // A new conversation is held after a first answer; that one is missing is said with all else.
    let answers = page.desk.conversation(&page.me, id)?.stage == Stage::New;
    if typed.reply.trim().is_empty() && !answers {
        return page.desk.hold(&page.me, id, on, typed.version).map(drop);
    }
    let seen = Seen(typed.seen_upto.map(MessageId));
    let reply = Reply { body: typed.reply.clone(), seen, ..Reply::default() };
    page.desk.reply_and_hold(&page.me, id, reply, on).map(drop)
}

/// A local date and time, as browsers send them.
fn moment(text: &str, zone: &str) -> Result<DateTime<Utc>, Refused> {
    let text = text.trim();
    let read = |format| NaiveDateTime::parse_from_str(text, format).ok();
    let west = zone.trim().parse::<i64>().unwrap_or(0).clamp(-900, 900);
    let local = read("%Y-%m-%dT%H:%M").or_else(|| read("%Y-%m-%dT%H:%M:%S"));
    let moment = local.and_then(|local| local.and_utc().checked_add_signed(TimeDelta::minutes(west)));
    moment.ok_or_else(|| Refused::invalid("until", "Choose a date and a time."))
}

fn shown(
    page: &Page,
    id: ConversationId,
    typed: Holding,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (_, subject) = about(page, id)?;
    let agents = page.desk.directory()?.named_agents();
    let chrome = page.chrome(Place::default())?;
    let Holding { review, role, until, reply, .. } = typed;
    page.shows_as(status, &HoldPage { chrome, subject, agents, review, role, until, reply, problem })
}

/// What is done with a dependency.
#[derive(Deserialize)]
pub struct Ending {
    version: Option<i64>,
    #[serde(default, rename = "do")]
    verb: String,
}

/// `GET /conversations/{n}/dependencies/{id}`
pub async fn dependency(page: Page, path: web::Path<(String, i64)>) -> Result<HttpResponse, Error> {
    let (n, dependency) = path.into_inner();
    let id: ConversationId = number(&n)?;
    page.answer(move |page| {
        let (opened, subject) = about(page, id)?;
        let found = opened.dependencies.iter().find(|d| d.id.0 == dependency).ok_or(Error::NotFound)?;
        let dependency = looks::dependency_line(found, &page.me, page.desk.directory()?.as_ref());
        let chrome = page.chrome(Place::default())?;
        page.shows(&DependencyPage { chrome, subject, dependency, problem: None })
    })
    .await
}

/// `POST /conversations/{n}/dependencies/{id}`
pub async fn end_dependency(
    page: Page,
    request: HttpRequest,
    path: web::Path<(String, i64)>,
    form: web::Form<Ending>,
) -> Result<HttpResponse, Error> {
    let (n, dependency) = path.into_inner();
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| {
        let dependency = DependencyId(dependency);
        let done = match form.verb.as_str() {
            "unlink" => page.desk.unlink_dependency(&page.me, id, dependency, form.version),
            _ => page.desk.complete_review(&page.me, dependency),
        };
        match done {
            Ok(_) if form.verb == "unlink" => goes_saying(back, Toast::done("It is not waited for any more.")),
            Ok(_) => goes_saying(back, Toast::done("Done.")),
            Err(desk::Error::Refused(refused)) => goes_saying(back, Toast::refused(super::advice(&refused))),
            Err(error) => Err(error.into()),
        }
    })
    .await
}
