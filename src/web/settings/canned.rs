//! `/settings/canned`: canned responses. Everybody writes their own; what others use is written by those who lead.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use super::{Sections, enter, may_enter};
use crate::desk::canned::{NewCanned, may_write};
use crate::desk::directory::Directory;
use crate::desk::{self, Done};
use crate::domain::canned::{Audience, Canned, Variable};
use crate::domain::{CannedId, Refused};
use crate::web::chrome::{Chrome, Toast};
use crate::web::conversations::forms::Problem;
use crate::web::page::{Answer, Page, goes_saying, number};
use crate::web::{Error, assets, filters};

/// The key of the section.
const CANNED: &str = "canned";

/// `GET /settings/canned?q=`
#[derive(Template)]
#[template(path = "settings/canned.html")]
struct CannedPage {
    chrome: Chrome,
    sections: Sections,
    q: String,
    responses: Vec<Listed>,
}

/// A response as a line of the list.
struct Listed {
    canned: Canned,
    /// Whose it is: "Everyone", "Payments", "Only you".
    whose: String,
}

/// `GET /settings/canned/new`, `GET /settings/canned/{id}`; the form comes back when it is refused.
#[derive(Template)]
#[template(path = "settings/canned_response.html")]
struct ResponsePage {
    chrome: Chrome,
    sections: Sections,
    /// The one that is there; none for a new one.
    known: Option<Canned>,
    fields: Typed,
    /// This person may change it.
    may_write: bool,
    /// It may be for others.
    leads: bool,
    /// Slug and name of each queue.
    queues: Vec<(String, String)>,
    problem: Option<Problem>,
}

/// A response as it is typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    shortcut: String,
    body: String,
    /// `everyone`, `own`, or `queue:SLUG`.
    audience: String,
    version: String,
}

/// `?q=`
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

/// Addresses of the section.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/settings/canned").get(list))
        .service(web::resource("/settings/canned/new").get(new).post(add))
        .service(web::resource("/settings/canned/{id}").get(show).post(change))
        .service(web::resource("/settings/canned/{id}/removal").post(remove));
}

async fn list(page: Page, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let (chrome, sections) = enter(page, CANNED)?;
        let directory = page.desk.directory()?;
        let Asked { q } = asked.into_inner();
        let all = page.desk.canned_of(&page.me, &q)?.into_iter();
        let responses = all.map(|canned| Listed { whose: whose(canned.audience, &directory), canned }).collect();
        page.shows(&CannedPage { chrome, sections, q, responses })
    })
    .await
}

fn whose(audience: Audience, directory: &Directory) -> String {
    match audience {
        Audience::Everyone => "Everyone".to_owned(),
        Audience::Queue(id) => directory.queue(id).map(|queue| queue.name.clone()).unwrap_or_default(),
        Audience::Own(_) => "Only you".to_owned(),
    }
}

async fn new(page: Page) -> Result<HttpResponse, Error> {
    page.answer(|page| {
        let audience = if page.me.role.leads() { "everyone" } else { "own" }.to_owned();
        render(page, None, Typed { audience, ..Typed::default() }, None, StatusCode::OK)
    })
    .await
}

async fn add(page: Page, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, CANNED)?;
        let typed = form.into_inner();
        let made = typed.read(page).and_then(|new| page.desk.add_canned(&page.me, new));
        saved(page, None, typed, made)
    })
    .await
}

async fn show(page: Page, id: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let canned = page.desk.canned(&page.me, CannedId(number(&id)?))?;
        let typed = Typed::of(&canned, &*page.desk.directory()?);
        render(page, Some(canned), typed, None, StatusCode::OK)
    })
    .await
}

async fn change(page: Page, id: web::Path<String>, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let canned = page.desk.canned(&page.me, CannedId(number(&id)?))?;
        let typed = form.into_inner();
        let version = typed.version.trim().parse().ok();
        let changed = typed.read(page).and_then(|new| page.desk.change_canned(&page.me, canned.id, new, version));
        saved(page, Some(canned), typed, changed)
    })
    .await
}

async fn remove(page: Page, id: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let gone = page.desk.remove_canned(&page.me, CannedId(number(&id)?), None)?;
        goes_saying("/settings/canned", Toast::done(format!("{} is removed.", gone.name)))
    })
    .await
}

fn saved(page: &Page, known: Option<Canned>, typed: Typed, done: Done<Canned>) -> Result<Answer, Error> {
    match done {
        Ok(canned) => goes_saying("/settings/canned", Toast::done(format!("{} is saved.", canned.name))),
        Err(desk::Error::Refused(Refused::Forbidden(sentence))) => Err(Error::Forbidden(sentence.to_owned())),
        Err(desk::Error::Refused(refused)) => again(page, known, typed, &refused),
        Err(error) => Err(error.into()),
    }
}

fn again(page: &Page, known: Option<Canned>, typed: Typed, refused: &Refused) -> Result<Answer, Error> {
    const FIELDS: &[(&str, &str)] =
        &[("name", "name"), ("shortcut", "shortcut"), ("body", "body"), ("audience", "audience")];
    let problem = match refused {
        Refused::Stale => Problem::whole("Somebody changed this response meanwhile. Save again to write over it."),
        refused => Problem::of(refused, FIELDS),
    };
    let known = match known {
        Some(known) => Some(page.desk.canned(&page.me, known.id)?),
        None => None,
    };
    let version = known.as_ref().map(|known| known.version.to_string()).unwrap_or_default();
    let status = crate::web::Problem::of(refused).status;
    render(page, known, Typed { version, ..typed }, Some(problem), status)
}

fn render(
    page: &Page,
    known: Option<Canned>,
    fields: Typed,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (chrome, sections) = enter(page, CANNED)?;
    let directory = page.desk.directory()?;
    let queues = directory.queues_of(&page.me).map(|queue| (queue.slug.clone(), queue.name.clone())).collect();
    let may_write = known.as_ref().is_none_or(|known| may_write(&page.me, known.audience).is_ok());
    let leads = page.me.role.leads();
    page.shows_as(status, &ResponsePage { chrome, sections, known, fields, may_write, leads, queues, problem })
}

impl Typed {
    /// The form of one that is there.
    fn of(canned: &Canned, directory: &Directory) -> Self {
        let audience = match canned.audience {
            Audience::Everyone => "everyone".to_owned(),
            Audience::Own(_) => "own".to_owned(),
            Audience::Queue(id) => directory.queue(id).map(|queue| format!("queue:{}", queue.slug)).unwrap_or_default(),
        };
        Typed {
            name: canned.name.clone(),
            shortcut: canned.shortcut.clone().unwrap_or_default(),
            body: canned.body.clone(),
            audience,
            version: canned.version.to_string(),
        }
    }

    fn read(&self, page: &Page) -> Done<NewCanned> {
        let audience = match (self.audience.as_str(), self.audience.strip_prefix("queue:")) {
            ("everyone", _) => Audience::Everyone,
            ("own" | "", _) => Audience::Own(page.me.id),
            (_, slug) => {
                let directory = page.desk.directory()?;
                let queue = slug.and_then(|slug| directory.queues_of(&page.me).find(|queue| queue.slug == slug));
                let queue = queue.ok_or_else(|| Refused::invalid("audience", "Choose who uses it."))?;
                Audience::Queue(queue.id)
            }
        };
        Ok(NewCanned { name: self.name.clone(), shortcut: self.shortcut.clone(), body: self.body.clone(), audience })
    }
}

impl ResponsePage {
    fn action(&self) -> String {
        self.known.as_ref().map_or("/settings/canned/new".to_owned(), |known| format!("/settings/canned/{}", known.id))
    }

    fn is_for(&self, prefix: &str, rest: &str) -> bool {
        self.fields.audience.strip_prefix(prefix) == Some(rest)
    }
}
