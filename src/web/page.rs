//! What a handler of a page has at hand: who asks, the desk, and what stands around every page.
//!
//! ```ignore
//! pub async fn show(page: Page, path: web::Path<String>) -> Result<HttpResponse, Error> {
//!     page.answer(move |page| {
//!         let opened = page.desk.open(&page.me, number(&path)?, None)?;
//!         let chrome = page.chrome(Place { current: "mine", topics: vec![], view: "mine" })?;
//!         page.shows(&ConversationPage { chrome, .. })
//!     }).await
//! }
//! ```
//!
//! The number of the last change (`seen`) is taken as the extractor runs: before any query of the page.

use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use askama::Template;

use super::chrome::{Chrome, Live, Me, Nav, NavItem, Toast};
use super::session::data;
use super::work::work;
use super::{Csrf, Error, Signed, Site, flash, settings};
use crate::desk::Desk;
use crate::domain::view::{View, ViewName};
use crate::domain::{Agent, Stage};

/// A page that somebody asks for: they are signed in. Clones are cheap.
#[derive(Clone)]
pub struct Page {
    pub me: Agent,
    pub desk: Desk,
    /// The number of the last change, as of before the page's first query.
    pub seen: u64,
    csrf: String,
    toast: Option<Toast>,
    site: Arc<Site>,
    /// Where the browser is: the public address, else what the request was sent to.
    base: String,
}

/// Where in the house a page is.
#[derive(Debug, Clone, Default)]
pub struct Place<'a> {
    /// Key of the rail's item: `mine`, `q/payments`, `suspended`; empty for none.
    pub current: &'a str,
    /// What its socket watches besides `inbox` and `me`, from which every page has its counts:
    /// `conversation:CONV-1`, `interaction:IMS0000001`.
    pub topics: Vec<String>,
    /// The view whose rows it shows; empty for none.
    pub view: &'a str,
}

/// What a handler answers, made on a thread that may block.
#[derive(Debug)]
pub enum Answer {
    /// A page or a fragment.
    Html(StatusCode, String),
    /// 303 to another page, which may say what was done.
    Goes(String, Option<Toast>),
    /// 204.
    Nothing,
}

/// The views of the rail, in its order.
const VIEWS: [ViewName; 9] = [
    ViewName::Mine,
    ViewName::Unassigned,
    ViewName::Mentions,
    ViewName::NeedsResponse,
    ViewName::Waiting,
    ViewName::Hold,
    ViewName::All,
    ViewName::Resolved,
    ViewName::Suspended,
];

impl FromRequest for Page {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let seen = data::<Desk>(request).map(|desk| desk.hub.seq());
        let (signed, csrf) = (Signed::from_request(request, payload), Csrf::from_request(request, payload));
        let request = request.clone();
        Box::pin(async move {
            let Signed(me) = signed.await?;
            let (desk, site) = (data::<Desk>(&request)?.used_by(me.id), data::<Site>(&request)?);
            let toast = flash::said(&site, &request);
            let base = site.base(&request);
            Ok(Page { me, desk, seen: seen?, csrf: csrf.await?.0, toast, site, base })
        })
    }
}

impl Page {
    /// Runs a handler's body on a thread that may block, and makes its answer an answer of HTTP.
    pub async fn answer(
        self,
        body: impl FnOnce(&Page) -> Result<Answer, Error> + Send + 'static,
    ) -> Result<HttpResponse, Error> {
        let (site, said) = (self.site.clone(), self.toast.is_some());
        match work(move || body(&self)).await? {
            Answer::Html(status, html) => {
                let mut response = HttpResponse::build(status);
                response.content_type("text/html; charset=utf-8");
                if said {
                    response.cookie(flash::gone(&site));
                }
                Ok(response.body(html))
            }
            Answer::Goes(to, toast) => {
                let mut response = HttpResponse::SeeOther();
                response.insert_header((header::LOCATION, to));
                if let Some(toast) = toast {
                    response.cookie(flash::cookie(&site, &toast));
                }
                Ok(response.finish())
            }
            Answer::Nothing => Ok(HttpResponse::NoContent().finish()),
        }
    }

    /// The token of this session's forms.
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    /// A whole address of ours, to be pasted elsewhere.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// 200 with this page.
    pub fn shows(&self, page: &impl Template) -> Result<Answer, Error> {
        self.shows_as(StatusCode::OK, page)
    }

    /// This page with another status: 422 and 409 for a form that comes back.
    pub fn shows_as(&self, status: StatusCode, page: &impl Template) -> Result<Answer, Error> {
        Ok(Answer::Html(status, page.render().map_err(|error| Error::Broken(error.to_string()))?))
    }

    /// What stands around the page. Blocks.
    pub fn chrome(&self, place: Place) -> Result<Chrome, Error> {
        let around = self.desk.surroundings(&self.me)?;
        let theme = match around.theme.as_str() {
            "light" => "light",
            "dark" => "dark",
            _ => "",
        };
        let me = Me {
            id: self.me.id,
            name: self.me.name.clone(),
            role: self.me.role,
            presence: self.me.presence,
            in_use: around.in_use,
            capacity: around.capacity,
            keys: around.keys,
        };
        let live = Live {
            topics: ["inbox", "me"].map(str::to_owned).into_iter().chain(place.topics).collect(),
            view: place.view.to_owned(),
            node: self.desk.hub.node().to_owned(),
            seen: i64::try_from(self.seen).unwrap_or(i64::MAX),
        };
        let nav = self.nav(place.current)?;
        let toasts = self.toast.clone().into_iter().collect();
        Ok(Chrome { workspace: around.workspace, me, theme, csrf: self.csrf.clone(), nav, live, toasts })
    }

    /// The rail: the views and this person's queues, with how much is there. Blocks.
    pub fn nav(&self, current: &str) -> Result<Nav, Error> {
        let (directory, counts) = (self.desk.directory()?, self.desk.counts()?);
        let late = self.desk.late()?;
        let eyes = self.desk.eyes(&self.me)?;
        let item = |key: String, label: &str, view: View| {
            let open = counts.of(view, &eyes);
            let over = late.over.of(view, &eyes);
            let close = late.close.of(view, &eyes) - over;
            NavItem { key, label: label.to_owned(), open, close, over }
        };
        let mentioned = self.desk.mentioned(&self.me)?;
        let views = VIEWS.iter().map(|name| match item(name.as_str().to_owned(), name.label(), View::Named(*name)) {
            item if *name == ViewName::Mentions => NavItem { open: mentioned, ..item },
            item => item,
        });
        let queues = directory.queues_of(&self.me);
        let queues = queues.map(|queue| item(format!("q/{}", queue.slug), &queue.name, View::Queue(queue.id)));
        let owed = i64::try_from(self.desk.reviews(&self.me)?.len()).unwrap_or(i64::MAX);
        let set_up = settings::is_open_to(self.me.role).then_some(("settings", "Set-up", 0));
        let places = [("reviews", "Reviews", owed), ("interactions", "Interactions", 0), ("contacts", "Contacts", 0)];
        let unsent = Some(("outbox", "Outbox", self.desk.outbox_count(&self.me)?));
        let place = |(key, label, open): (&str, &str, i64)| NavItem {
            key: key.to_owned(),
            label: label.to_owned(),
            open,
            close: 0,
            over: 0,
        };
        let places = places.into_iter().chain(unsent).chain(set_up).map(place).collect();
        let (views, queues) = (views.collect(), queues.collect());
        let ours = counts.of_stages(View::Named(ViewName::Mine), &eyes, &[Stage::New, Stage::NeedsResponse]);
        Ok(Nav { current: current.to_owned(), views, queues, places, ours })
    }
}

impl Toast {
    /// Something was done.
    pub fn done(text: impl Into<String>) -> Toast {
        Toast { text: text.into(), error: false, undo: None }
    }

    /// Something was not done, and why.
    pub fn refused(text: impl Into<String>) -> Toast {
        Toast { text: text.into(), error: true, undo: None }
    }
}

/// 303 to a page.
pub fn goes(to: impl Into<String>) -> Result<Answer, Error> {
    Ok(Answer::Goes(to.into(), None))
}

/// 303 to a page that says what was done.
pub fn goes_saying(to: impl Into<String>, toast: Toast) -> Result<Answer, Error> {
    Ok(Answer::Goes(to.into(), Some(toast)))
}

/// A number or an id of an address. What is none is not there.
pub fn number<T: FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::NotFound)
}

/// The page of ours that a form was sent from, if it is one that can be shown again.
pub fn came_from(request: &HttpRequest) -> Option<String> {
    let from = request.headers().get(header::REFERER)?.to_str().ok()?;
    let url: actix_web::http::Uri = from.parse().ok()?;
    let place = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    can_be_shown(&place).then_some(place)
}

/// Whether that is the address of a page of ours, and of none that only takes a form: /conversations/CONV-1/replies.
pub fn can_be_shown(place: &str) -> bool {
    const PAGES: [&str; 9] = [
        "/inbox/",
        "/conversations/",
        "/interactions",
        "/suspended",
        "/contacts",
        "/organizations",
        "/reviews",
        "/outbox",
        "/settings",
    ];
    let path = place.split(['?', '#']).next().unwrap_or_default();
    let parts = path.split('/').filter(|part| !part.is_empty()).count();
    let plain = place.chars().all(|letter| letter.is_ascii_graphic());
    let ours = PAGES.iter().any(|page| path.starts_with(page));
    plain && ours && (parts <= 2 || path.starts_with("/inbox/"))
}
