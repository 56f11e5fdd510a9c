//! What is written: replies, notes, drafts.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{advice, back_to, show};
use crate::desk;
use crate::desk::outbox::UNDO;
use crate::domain::change::Seen;
use crate::domain::conversation::Reply;
use crate::domain::{AttachmentId, ConversationId, MessageId, Refused};
use crate::web::Error;
use crate::web::outbox;
use crate::web::page::{Answer, Page, goes, number};
use crate::web::upload::Sent;

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
    /// Files that wait in the draft.
    #[serde(skip)]
    pub attachments: Vec<AttachmentId>,
}

/// Why the composer comes back, with everything that was typed.
#[derive(Debug, Clone, Default)]
pub struct Rejected {
    /// A colleague has just replied.
    pub newer: Option<String>,
    pub error: Option<String>,
}

/// `POST /conversations/{n}/replies`
pub async fn reply(page: Page, request: HttpRequest, n: web::Path<String>, sent: Sent) -> Result<HttpResponse, Error> {
    if sent.one("kind") == Some("note") {
        return note(page, request, n, sent).await;
    }
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| {
        let writing = match written(page, id, sent)? {
            Ok(writing) => writing,
            Err((writing, error)) => return rejected(page, id, writing, error),
        };
        match page.desk.reply(&page.me, id, writing.sent()) {
            Ok(saved) => {
                let to = match writing.then.as_str() {
                    "resolve" => format!("/conversations/{id}/resolution"),
                    "hold" => format!("/conversations/{id}/hold"),
                    _ => back,
                };
                Ok(Answer::Goes(to, outbox::sending(page, saved.messages.last())?))
            }
            Err(error) => rejected(page, id, writing, error),
        }
    })
    .await
}

/// `POST /conversations/{n}/notes`
pub async fn note(page: Page, request: HttpRequest, n: web::Path<String>, sent: Sent) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| {
        let writing = match written(page, id, sent)? {
            Ok(writing) => Writing { kind: "note".to_owned(), ..writing },
            Err((writing, error)) => return rejected(page, id, writing, error),
        };
        let (files, key) = (writing.attachments.clone(), writing.submit_key());
        match page.desk.note_with_files(&page.me, id, &writing.body, files, key) {
            Ok(_) => goes(back),
            Err(error) => rejected(page, id, writing, error),
        }
    })
    .await
}

/// `POST /conversations/{n}/draft`: kept, nothing is shown.
pub async fn draft(page: Page, n: web::Path<String>, sent: Sent) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    page.answer(move |page| {
        keep(page, id, &sent.form()?)?;
        Ok(Answer::Nothing)
    })
    .await
}

/// `POST /conversations/{n}/attachments`: the files wait in the draft, which is kept with them.
pub async fn attach(page: Page, request: HttpRequest, n: web::Path<String>, sent: Sent) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| match written(page, id, sent)? {
        Ok(writing) => {
            keep(page, id, &writing)?;
            goes(format!("{back}#reply"))
        }
        Err((writing, error)) => rejected(page, id, writing, error),
    })
    .await
}

/// `POST /conversations/{n}/attachments/{id}/removal`: a file leaves the draft, which is kept.
pub async fn detach(
    page: Page,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    sent: Sent,
) -> Result<HttpResponse, Error> {
    let (n, file) = path.into_inner();
    let (id, file) = (number(&n)?, AttachmentId(number(&file)?));
    let back = back_to(&request, id);
    page.answer(move |page| {
        page.desk.withdraw(&page.me, file)?;
        keep(page, id, &sent.form()?)?;
        goes(format!("{back}#reply"))
    })
    .await
}

pub(super) fn keep(page: &Page, id: ConversationId, writing: &Writing) -> Result<(), Error> {
    let kind = if writing.kind == "note" { "note" } else { "reply" };
    Ok(page.desk.keep_draft(&page.me, id, kind, writing.body.clone(), writing.submit_key())?)
}

/// What was typed, with the files that were chosen in the same form: they wait in the draft first, so that they are
/// there when the form comes back.
pub(super) fn written(
    page: &Page,
    id: ConversationId,
    sent: Sent,
) -> Result<Result<Writing, (Writing, desk::Error)>, Error> {
    let mut writing: Writing = sent.form()?;
    let named = sent.fields.iter().filter(|(name, _)| name == "attachments");
    writing.attachments = named.filter_map(|(_, id)| id.parse().ok()).map(AttachmentId).collect();
    if let Some(refused) = sent.refused {
        return Ok(Err((writing, refused.into())));
    }
    if sent.files.is_empty() {
        return Ok(Ok(writing));
    }
    match page.desk.upload(&page.me, Some(id), sent.files) {
        Ok(files) => {
            writing.attachments.extend(files.into_iter().map(|file| file.id));
            Ok(Ok(writing))
        }
        Err(error) => Ok(Err((writing, error))),
    }
}

impl Writing {
    fn sent(&self) -> desk::conversations::Answer {
        desk::conversations::Answer {
            reply: Reply {
                body: self.body.clone(),
                attachments: self.attachments.clone(),
                seen: Seen(self.seen_upto.map(MessageId)),
                keep_hold: self.keep_hold,
                wait: self.wait,
            },
            guarded: true,
            undo_for: UNDO,
            as_it_is: false,
            submit_key: self.submit_key().map(str::to_owned),
        }
    }

    fn submit_key(&self) -> Option<&str> {
        Some(self.submit_key.as_str()).filter(|key| !key.is_empty() && key.len() <= 80)
    }
}

/// The page again, as it was typed, with why. It carries the newer messages and their number, so that sending it once
/// more sends it as well.
pub(super) fn rejected(page: &Page, id: ConversationId, typed: Writing, error: desk::Error) -> Result<Answer, Error> {
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
