//! `/widget/{key}`: the page inside the frame. A form like any other where scripts are off.

use std::collections::HashMap;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::calls::{Named, New, ended, written};
use super::visit::{Navigation, Visit};
use super::{files, line};
use crate::desk::visitors::{Kept, Thread};
use crate::domain::attachment::Attachment;
use crate::domain::visitor::{Line, Speaker};
use crate::domain::{ConversationId, MessageId, Stage};
use crate::web::markdown::{self, Sanitised};
use crate::web::upload::Sent;
use crate::web::work::work;
use crate::web::{Error, assets};

/// What of the widget is asked for.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// A number; none is the one last used.
    conversation: String,
    /// Not empty: a new conversation.
    new: String,
    before: Option<i64>,
    /// light (the default), dark, or auto: what the system has.
    theme: String,
}

/// The page.
#[derive(Template)]
#[template(path = "widget/frame.html")]
struct FramePage {
    key: String,
    name: String,
    theme: &'static str,
    /// The sites that may hold the frame, for its script; empty is every site.
    origins: String,
    habit: String,
    staffed: bool,
    /// Who has answered, each once: a letter and a hue.
    faces: Vec<(char, i64)>,
    all: Vec<Kept>,
    thread: Option<Thread>,
    /// Where the files of the thread are, by their names.
    addresses: HashMap<String, String>,
    /// What the form sends along: the number, `new`, or nothing.
    place: String,
    /// Identifies what is sent with this form.
    id: String,
    typed: String,
    problem: Option<String>,
}

/// Where there is no widget (any more).
#[derive(Template)]
#[template(path = "widget/gone.html")]
struct GonePage;

/// What a refused form brings back.
#[derive(Default)]
struct Rejected {
    typed: String,
    id: String,
    sentence: Option<String>,
}

/// `GET /widget/{key}`
pub async fn show(request: HttpRequest, query: web::Query<Asked>) -> Result<HttpResponse, Error> {
    use actix_web::FromRequest;
    match Navigation::extract(&request).await {
        Ok(Navigation(visit)) => page(visit, query.into_inner(), StatusCode::OK, Rejected::default()).await,
        Err(Error::NotFound) => html(HttpResponse::NotFound(), &GonePage),
        Err(error) => Err(error),
    }
}

/// `POST /widget/{key}/messages`, as a form.
pub async fn write(visit: Visit, query: web::Query<Asked>, sent: Sent) -> Result<HttpResponse, Error> {
    let new = sent.form::<New>()?;
    let (typed, id) = (new.body.clone(), new.id.clone().unwrap_or_default());
    let number = new.conversation.clone().unwrap_or_default();
    let asked = Asked { theme: query.theme.clone(), ..Asked::default() };
    let done = match sent.refused {
        Some(refused) => Err(refused.into()),
        None => written(&visit, new, sent.files).await,
    };
    match done {
        Ok(receipt) => {
            let number = receipt.conversation.map(|id| id.to_string()).unwrap_or_default();
            Ok(go(&visit, &Asked { conversation: number, ..asked }))
        }
        Err(error) => {
            let problem = error.problem();
            if problem.status.is_server_error() {
                return Err(error);
            }
            let new = if number == "new" { "1" } else { "" }.to_owned();
            let conversation = if new.is_empty() { number } else { String::new() };
            let rejected = Rejected { typed, id, sentence: Some(problem.message) };
            let mut answer = page(visit, Asked { conversation, new, ..asked }, problem.status, rejected).await?;
            if let Some(wait) = problem.wait {
                let seconds = header::HeaderValue::from(wait.as_secs().max(1));
                answer.headers_mut().insert(header::RETRY_AFTER, seconds);
            }
            Ok(answer)
        }
    }
}

/// `POST /widget/{key}/end`, as a form.
pub async fn end(visit: Visit, query: web::Query<Asked>, form: web::Form<Named>) -> Result<HttpResponse, Error> {
    let asked = Asked { theme: query.theme.clone(), conversation: form.conversation.clone(), ..Asked::default() };
    match ended(&visit, &form.conversation).await {
        Ok(_) => Ok(go(&visit, &asked)),
        Err(error) if error.problem().status == StatusCode::CONFLICT => Ok(go(&visit, &asked)),
        Err(error) => Err(error),
    }
}

/// 303 to the page.
fn go(visit: &Visit, asked: &Asked) -> HttpResponse {
    let mut query = vec![("conversation", asked.conversation.as_str())];
    query.extend((!asked.theme.is_empty()).then_some(("theme", asked.theme.as_str())));
    let query = serde_urlencoded::to_string(query).unwrap_or_default();
    let mut answer = HttpResponse::SeeOther();
    visit.remember(&mut answer);
    answer.insert_header((header::LOCATION, format!("/widget/{}?{query}", visit.channel.key))).finish()
}

async fn page(visit: Visit, asked: Asked, status: StatusCode, rejected: Rejected) -> Result<HttpResponse, Error> {
    let mut answer = HttpResponse::build(status);
    visit.remember(&mut answer);
    answer.insert_header((header::CONTENT_SECURITY_POLICY, policy(&visit)));
    let shown = work(move || gathered(&visit, &asked, rejected)).await?;
    html(answer, &shown)
}

fn html(mut answer: HttpResponseBuilder, page: &impl Template) -> Result<HttpResponse, Error> {
    let html = page.render().map_err(|error| Error::Broken(error.to_string()))?;
    Ok(answer.content_type("text/html; charset=utf-8").body(html))
}

/// Everything the page shows. What is asked for and not there any more is passed over: the page opens on something else.
fn gathered(visit: &Visit, asked: &Asked, rejected: Rejected) -> Result<FramePage, Error> {
    let (desk, visitor) = (&visit.desk, &visit.visitor);
    let all = desk.visitor_conversations(visitor)?;
    let named: Option<ConversationId> = asked.conversation.parse().ok();
    let open = match (asked.new.is_empty(), named) {
        (false, _) => None,
        (true, Some(id)) => Some(id),
        (true, None) => all.first().map(|kept| kept.id),
    };
    let thread = match open.map(|id| desk.visitor_thread(visitor, id, asked.before.map(MessageId))) {
        None | Some(Err(crate::desk::Error::NotFound)) => None,
        Some(thread) => Some(thread?),
    };
    let (usual, staffed) = desk.usual_wait(&visit.channel)?;
    let place = match &thread {
        Some(thread) => thread.conversation.id.to_string(),
        None if asked.new.is_empty() => String::new(),
        None => "new".to_owned(),
    };
    let of = |thread: &Thread| -> HashMap<String, String> {
        let all = thread.lines.iter().flat_map(|line| &line.files);
        all.map(|file| (file.name.clone(), files::address(visit, thread, file))).collect()
    };
    let addresses = thread.as_ref().map(of).unwrap_or_default();
    Ok(FramePage {
        addresses,
        key: visit.channel.key.clone(),
        name: visit.channel.name.clone(),
        theme: theme(&asked.theme),
        origins: visit.channel.settings.origins.join(" "),
        habit: line::habit(usual, staffed),
        staffed,
        faces: thread.as_ref().map(faces).unwrap_or_default(),
        all,
        thread,
        place,
        id: if rejected.id.is_empty() { uuid::Uuid::now_v7().simple().to_string() } else { rejected.id },
        typed: rejected.typed,
        problem: rejected.sentence,
    })
}

/// At most three of those who answered, the last first.
fn faces(thread: &Thread) -> Vec<(char, i64)> {
    let mut faces = Vec::new();
    for line in thread.lines.iter().rev() {
        if let Speaker::Agent(id, name) = &line.by {
            let face = (letter(name), id.0 % 12);
            if !faces.contains(&face) && faces.len() < 3 {
                faces.push(face);
            }
        }
    }
    faces
}

/// light, dark, or auto.
fn theme(asked: &str) -> &'static str {
    match asked {
        "dark" => "dark",
        "auto" => "auto",
        _ => "light",
    }
}

/// What the page may load, and who may hold it: the channel's sites, and ourselves.
fn policy(visit: &Visit) -> String {
    let socket = match visit.site.link("") {
        link if link.is_empty() => String::new(),
        link => format!(" {}", link.replacen("http", "ws", 1)),
    };
    let origins = &visit.channel.settings.origins;
    let ancestors = if origins.is_empty() { "*".to_owned() } else { format!("'self' {}", origins.join(" ")) };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'{socket}; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
    )
}

impl FramePage {
    /// The first line that pages back.
    fn earlier(&self) -> Option<String> {
        let thread = self.thread.as_ref().filter(|thread| thread.has_earlier)?;
        let first = thread.lines.iter().find_map(|line| line.message)?;
        Some(format!("?conversation={}&before={}&theme={}", thread.conversation.id, first, self.theme))
    }

    /// One of the visitor's conversations.
    fn link(&self, kept: &Kept) -> String {
        format!("?conversation={}&theme={}", kept.id, self.theme)
    }

    fn is_open(&self, kept: &Kept) -> bool {
        self.thread.as_ref().is_some_and(|thread| thread.conversation.id == kept.id)
    }

    fn is_resolved(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| thread.conversation.stage == Stage::Resolved)
    }

    fn address(&self, file: &Attachment) -> &str {
        self.addresses.get(&file.name).map_or("", String::as_str)
    }

    /// The last of the visitor's messages that an agent has seen.
    fn is_seen(&self, line: &Line) -> bool {
        line.message.is_some() && self.thread.as_ref().is_some_and(|thread| thread.seen == line.message)
    }

    /// What stands above the form.
    fn state(&self) -> Option<String> {
        let thread = self.thread.as_ref()?;
        match (thread.line, &thread.helper) {
            (Some(place), _) if self.staffed => Some(line::place(place)),
            (Some(_), _) => Some("Nobody is here just now. You will find the answer here.".to_owned()),
            (None, Some((_, name))) if thread.conversation.stage == Stage::New => {
                Some(format!("{name} has your message"))
            }
            (None, _) => None,
        }
    }
}

/// The id of a line on the page.
fn id_of(line: &Line) -> String {
    line.message.map_or_else(|| format!("e{}", line.seq), |id| format!("m{id}"))
}

/// What a colleague of ours wrote, as HTML.
fn said(line: &Line) -> Sanitised {
    markdown::rendered(&line.text, &[])
}

/// A moment where no script shows it in the visitor's own time.
fn written_out(at: &DateTime<Utc>) -> String {
    at.format("%-d %b, %H:%M UTC").to_string()
}

fn letter(name: &str) -> char {
    name.chars().next().and_then(|first| first.to_uppercase().next()).unwrap_or('?')
}

fn exact(at: &DateTime<Utc>) -> String {
    line::moment(*at)
}
