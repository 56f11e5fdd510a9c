//! Hold: the form, and what it waits for.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::forms::{DependencyPage, HoldPage, Problem, Reviewer, WaitPage};
use super::show::new_key;
use super::{Form, about, back_to, problem};
use crate::desk::conversations::Answer as Said;
use crate::desk::holds::Wanted;
use crate::desk::outbox::UNDO;
use crate::desk::{self, Done};
use crate::domain::change::Seen;
use crate::domain::conversation::Reply;
use crate::domain::{ConversationId, DependencyId, MessageId, Refused, Stage};
use crate::web::Error;
use crate::web::chrome::Toast;
use crate::web::page::{Answer, Page, Place, goes_saying, number};
use crate::web::shown as looks;

/// The fields of both forms. `review` and `as` come once for each person.
#[derive(Clone, Default)]
pub struct Holding {
    version: Option<i64>,
    reviews: Vec<String>,
    roles: Vec<String>,
    /// Local date and time.
    until: String,
    /// Minutes that zone is west of UTC, by script; without one the time is UTC.
    tz: String,
    reply: String,
    seen_upto: Option<i64>,
    submit_key: String,
    seen: Option<i64>,
}

type Fields = web::Form<Vec<(String, String)>>;

/// What the desk calls the fields of the form.
const FIELDS: &[(&str, &str)] = &[
    ("dependencies", "review"),
    ("review", "review"),
    ("as", "as"),
    ("until", "until"),
    ("body", "hold-reply"),
    ("reply", "hold-reply"),
];

impl From<Fields> for Holding {
    fn from(fields: Fields) -> Self {
        let mut typed = Holding::default();
        // What is no number is older than everything.
        let whole =
            |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(|text| text.parse().unwrap_or(0));
        for (name, value) in fields.into_inner() {
            match name.as_str() {
                "version" => typed.version = whole(&value),
                "review" => typed.reviews.push(value.trim().to_owned()),
                "as" => typed.roles.push(value.trim().to_owned()),
                "until" => typed.until = value,
                "tz" => typed.tz = value,
                "reply" => typed.reply = value,
                "seen_upto" => typed.seen_upto = whole(&value),
                "submit_key" => typed.submit_key = value,
                "seen" => typed.seen = whole(&value),
                _ => {}
            }
        }
        typed
    }
}

impl Holding {
    /// Everybody there is a place for, as it was typed.
    fn reviewers(&self) -> Vec<Reviewer> {
        let at = |all: &[String], place: usize| all.get(place).cloned().unwrap_or_default();
        let places = Reviewer::PLACES.iter().enumerate();
        places.map(|(n, place)| Reviewer { place, email: at(&self.reviews, n), role: at(&self.roles, n) }).collect()
    }

    fn wanted(&self) -> Result<Vec<Wanted>, Refused> {
        let mut on = Vec::new();
        for (place, email) in self.reviews.iter().enumerate().filter(|(_, email)| !email.is_empty()) {
            let role = self.roles.get(place).filter(|role| !role.is_empty()).cloned();
            on.push(Wanted::Review { email: email.clone(), role });
        }
        if !self.until.trim().is_empty() {
            on.push(Wanted::Until(moment(&self.until, &self.tz)?));
        }
        Ok(on)
    }

    fn said(&self) -> Said {
        let seen = Seen(self.seen_upto.map(MessageId));
        let key = Some(self.submit_key.clone()).filter(|key| !key.is_empty() && key.len() <= 80);
        let reply = Reply { body: self.reply.clone(), seen, ..Reply::default() };
        Said { reply, guarded: true, submit_key: key, undo_for: UNDO, as_it_is: false }
    }
}

/// `GET /conversations/{n}/hold`
pub async fn form(page: Page, n: web::Path<String>) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    page.answer(move |page| shown(page, id, Holding::default(), None, StatusCode::OK)).await
}

/// `POST /conversations/{n}/hold`
pub async fn hold(page: Page, request: HttpRequest, n: web::Path<String>, form: Fields) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| {
        let typed = Holding::from(form);
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
    let on = typed.wanted()?;
    // A new conversation is held after a first answer; that one is missing is said with all else.
    let answers = page.desk.conversation(&page.me, id)?.stage == Stage::New;
    if typed.reply.trim().is_empty() && !answers {
        return page.desk.hold(&page.me, id, on, typed.version).map(drop);
    }
    page.desk.reply_and_hold(&page.me, id, typed.said(), on, typed.version).map(drop)
}

/// `GET /conversations/{n}/dependencies`
pub async fn more(page: Page, n: web::Path<String>) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    page.answer(move |page| waits(page, id, &Holding::default(), None, StatusCode::OK)).await
}

/// `POST /conversations/{n}/dependencies`: it waits for more.
pub async fn add(page: Page, request: HttpRequest, n: web::Path<String>, form: Fields) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| {
        let typed = Holding::from(form);
        let on = typed.wanted().map_err(desk::Error::from);
        match on.and_then(|on| page.desk.add_dependencies(&page.me, id, on, typed.version)) {
            Ok(_) => goes_saying(back, Toast::done(format!("{id} waits for this too."))),
            Err(error) => {
                let (status, problem) = problem(page, &Form { id, seen: typed.seen, fields: FIELDS }, error)?;
                waits(page, id, &typed, Some(problem), status)
            }
        }
    })
    .await
}

fn waits(
    page: &Page,
    id: ConversationId,
    typed: &Holding,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (_, subject) = about(page, id)?;
    let agents = page.desk.directory()?.named_agents();
    let chrome = page.chrome(Place::default())?;
    let (reviewers, until) = (typed.reviewers(), typed.until.clone());
    page.shows_as(status, &WaitPage { chrome, subject, agents, reviewers, until, problem })
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
    let (conversation, subject) = about(page, id)?;
    let agents = page.desk.directory()?.named_agents();
    let chrome = page.chrome(Place::default())?;
    let reviewers = typed.reviewers();
    let Holding { until, reply, submit_key, .. } = typed;
    page.shows_as(
        status,
        &HoldPage {
            chrome,
            subject,
            agents,
            reviewers,
            until,
            reply,
            seen_upto: conversation.last_message.map_or(0, |id| id.0),
            submit_key: if submit_key.is_empty() { new_key() } else { submit_key },
            problem,
        },
    )
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
