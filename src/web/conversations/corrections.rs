//! A message by itself: what it said before, and the forms that write it anew or remove its text.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::forms::Problem;
use crate::desk;
use crate::domain::change::MessageKind;
use crate::domain::message::Message;
use crate::domain::row::NamedAgent;
use crate::domain::{AgentId, ConversationId, MessageId, Refused, Stage};
use crate::web::chrome::{Chrome, Toast};
use crate::web::markdown::{self, Sanitised};
use crate::web::page::{Answer, Page, Place, came_from, goes_saying, number};
use crate::web::{Error, assets, filters};

/// `GET /messages/{id}/text`.
#[derive(Template)]
#[template(path = "conversations/message.html")]
struct MessagePage {
    chrome: Chrome,
    conversation: ConversationId,
    id: MessageId,
    by: String,
    agent: Option<AgentId>,
    at: DateTime<Utc>,
    /// When it was last written anew, in microseconds since 1970; empty if never.
    edited_at: String,
    /// The viewer may write it anew.
    may_edit: bool,
    /// The viewer may remove its text.
    may_remove: bool,
    text: String,
    /// What it said before, the latest first.
    earlier: Vec<Before>,
    problem: Option<Problem>,
}

/// What a message said before.
struct Before {
    html: Sanitised,
    until: DateTime<Utc>,
    by: NamedAgent,
}

/// The form of an edit.
#[derive(Deserialize)]
pub struct Edited {
    #[serde(default)]
    body: String,
    #[serde(default)]
    edited_at: String,
}

/// `GET /messages/{id}/text`
pub async fn show(page: Page, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let id = MessageId(number(&id)?);
    page.answer(move |page| shown(page, id, None, StatusCode::OK)).await
}

/// `POST /messages/{id}/text`: the message reads otherwise from now on.
pub async fn edit(
    page: Page,
    request: HttpRequest,
    id: web::Path<String>,
    form: web::Form<Edited>,
) -> Result<HttpResponse, Error> {
    let id = MessageId(number(&id)?);
    let from = came_from(&request);
    page.answer(move |page| {
        let Edited { body, edited_at } = form.into_inner();
        let body = body.replace("\r\n", "\n");
        let read = edited_at.parse().ok().and_then(DateTime::from_timestamp_micros);
        match page.desk.edit_message(&page.me, id, &body, Some(read)) {
            Ok(home) => goes_saying(back(from, home), Toast::done("The message is changed.")),
            Err(desk::Error::Refused(refused)) if !matches!(refused, Refused::Forbidden(_)) => {
                shown(page, id, Some((body, refused.clone())), crate::web::Problem::of(&refused).status)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// `POST /messages/{id}/redaction`: its text is gone for good.
pub async fn redact(page: Page, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let id = MessageId(number(&id)?);
    let from = came_from(&request);
    page.answer(move |page| match page.desk.redact_message(&page.me, id) {
        Ok(home) => goes_saying(back(from, home), Toast::done("The text is removed.")),
        Err(desk::Error::Refused(refused)) if !matches!(refused, Refused::Forbidden(_)) => {
            shown(page, id, Some((String::new(), refused)), StatusCode::CONFLICT)
        }
        Err(error) => Err(error.into()),
    })
    .await
}

fn shown(page: &Page, id: MessageId, typed: Option<(String, Refused)>, status: StatusCode) -> Result<Answer, Error> {
    let (conversation, message, trace) = page.desk.message_and_trace(&page.me, id)?;
    let stage = page.desk.conversation(&page.me, conversation)?.stage;
    let before = |one: crate::domain::message::Earlier| Before {
        html: markdown::rendered(&one.body, &message.mentions),
        until: one.until,
        by: NamedAgent { id: one.agent, name: one.name, email: String::new() },
    };
    let earlier = trace.into_iter().rev().map(before).collect();
    let (text, problem) = match typed {
        Some((body, refused)) => {
            let mut problem = Problem::of(&refused, &[("body", "body")]);
            if refused == Refused::Stale {
                problem.newer = vec![format!("It says now: {}", message.body)];
            }
            (body, Some(problem))
        }
        None => (message.body.clone(), None),
    };
    let chrome = page.chrome(Place::default())?;
    page.shows_as(
        status,
        &MessagePage {
            chrome,
            conversation,
            id,
            by: message.author.clone(),
            agent: message.actor.agent(),
            at: message.shown_at(),
            edited_at: message.edited_at.map(|at| at.timestamp_micros().to_string()).unwrap_or_default(),
            may_edit: may_edit(page, &message, stage) && !page.desk.is_frozen(id)?,
            may_remove: may_remove(page, &message, stage),
            text,
            earlier,
            problem,
        },
    )
}

fn back(from: Option<String>, home: ConversationId) -> String {
    from.unwrap_or_else(|| format!("/conversations/{home}"))
}

fn may_edit(page: &Page, message: &Message, stage: Stage) -> bool {
    let ours = matches!(message.kind, MessageKind::Reply | MessageKind::Note | MessageKind::ExternalResponse);
    ours && stage != Stage::Archived && message.removal.is_none() && is_theirs(page, message)
}

fn may_remove(page: &Page, message: &Message, stage: Stage) -> bool {
    let open = stage != Stage::Archived || page.me.role.leads();
    open && message.removal.is_none() && is_theirs(page, message)
}

fn is_theirs(page: &Page, message: &Message) -> bool {
    page.me.role.leads() || message.actor.agent() == Some(page.me.id)
}
