//! What is written: replies, notes, drafts.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{advice, back_to, show};
use crate::desk;
use crate::desk::conversations::Answer as Sent;
use crate::domain::change::Seen;
use crate::domain::conversation::Reply;
use crate::domain::{ConversationId, MessageId, Refused};
use crate::web::Error;
use crate::web::page::{Answer, Page, goes, number};

/// The composer's form.
#[derive(Deserialize, Clone, Default)]
pub struct Writing {
    #[serde(default)]
    pub body: String,
    /// The newest message the writer had seen.
    pub seen_upto: Option<i64>,
    #[serde(default)]
    pub submit_key: String,
    /// `reply` or `note`.
    #[serde(default)]
    pub kind: String,
    /// `resolve` or `hold`: the form that follows.
    #[serde(default)]
    pub then: String,
    #[serde(default)]
    pub keep_hold: bool,
    #[serde(default)]
    pub wait: bool,
}

/// Why the composer comes back, with everything that was typed.
#[derive(Debug, Clone, Default)]
pub struct Rejected {
    /// A colleague has just replied.
    pub newer: Option<String>,
    pub error: Option<String>,
}

/// `POST /conversations/{n}/replies`
pub async fn reply(
    page: Page,
    request: HttpRequest,
    n: web::Path<String>,
    form: web::Form<Writing>,
) -> Result<HttpResponse, Error> {
    if form.kind == "note" {
        return note(page, request, n, form).await;
    }
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| {
        let writing = form.into_inner();
        match page.desk.reply(&page.me, id, writing.sent()) {
            Ok(_) => goes(match writing.then.as_str() {
                "resolve" => format!("/conversations/{id}/resolution"),
                "hold" => format!("/conversations/{id}/hold"),
                _ => back,
            }),
            Err(error) => rejected(page, id, writing, error),
        }
    })
    .await
}

/// `POST /conversations/{n}/notes`
pub async fn note(
    page: Page,
    request: HttpRequest,
    n: web::Path<String>,
    form: web::Form<Writing>,
) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| {
        let writing = Writing { kind: "note".to_owned(), ..form.into_inner() };
        match page.desk.note(&page.me, id, &writing.body, writing.submit_key()) {
            Ok(_) => goes(back),
            Err(error) => rejected(page, id, writing, error),
        }
    })
    .await
}

/// `POST /conversations/{n}/draft`: kept, nothing is shown.
pub async fn draft(page: Page, n: web::Path<String>, form: web::Form<Writing>) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    page.answer(move |page| {
        let kind = if form.kind == "note" { "note" } else { "reply" };
        page.desk.keep_draft(&page.me, id, kind, form.body.clone(), form.submit_key())?;
        Ok(Answer::Nothing)
    })
    .await
}

impl Writing {
    fn sent(&self) -> Sent {
        Sent {
            reply: Reply {
                body: self.body.clone(),
                seen: Seen(self.seen_upto.map(MessageId)),
                keep_hold: self.keep_hold,
                wait: self.wait,
            },
            guarded: true,
            submit_key: self.submit_key().map(str::to_owned),
        }
    }

    fn submit_key(&self) -> Option<&str> {
        Some(self.submit_key.as_str()).filter(|key| !key.is_empty() && key.len() <= 80)
    }
}

/// The page again, as it was typed, with why. It carries the newer messages and their number, so that sending it once
/// more sends it as well.
fn rejected(page: &Page, id: ConversationId, typed: Writing, error: desk::Error) -> Result<Answer, Error> {
    let (status, newer, why) = match &error {
        desk::Error::Newer { author } => (StatusCode::CONFLICT, Some(format!("{author} has just replied.")), None),
        desk::Error::Refused(refused @ (Refused::Invalid { .. } | Refused::ReadOnly { .. })) => {
            (StatusCode::UNPROCESSABLE_ENTITY, None, Some(refused.to_string()))
        }
        desk::Error::Refused(refused) => (StatusCode::CONFLICT, None, Some(advice(refused))),
        desk::Error::NotFound | desk::Error::Store(_) => return Err(error.into()),
    };
    show::again(page, id, typed, Rejected { newer, error: why }, status)
}
