//! What the frame's script, or a program in a visitor's place, asks for as JSON.

use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::visit::Visit;
use super::{files, line};
use crate::channels::widget::issue;
use crate::desk::intake::Receipt;
use crate::desk::visitors::{Place, Words};
use crate::domain::attachment::Upload;
use crate::domain::{ConversationId, MessageId, Refused};
use crate::web::Error;
use crate::web::socket::tell_company;
use crate::web::upload::Sent;
use crate::web::work::work;

/// A message to send. `conversation` is a number; `new` begins another one; without it the message goes where the visitor
/// writes already.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct New {
    pub body: String,
    pub conversation: Option<String>,
    /// Made by the page: the same one twice is stored once.
    pub id: Option<String>,
}

/// A conversation that is named.
#[derive(Debug, Deserialize)]
pub struct Named {
    pub conversation: String,
}

/// Where in a thread.
#[derive(Debug, Default, Deserialize)]
pub struct Before {
    pub before: Option<i64>,
}

impl New {
    /// In the words of the desk.
    pub fn words(self, files: Vec<Upload>) -> Result<Words, Error> {
        let place = match self.conversation.as_deref().map(str::trim) {
            None | Some("") => Place::Ongoing,
            Some("new") => Place::Anew,
            Some(number) => Place::In(number.parse().map_err(|()| Error::NotFound)?),
        };
        let id = self.id.filter(|id| !id.trim().is_empty());
        Ok(Words { body: self.body, files, place, id })
    }
}

/// `POST /widget/{key}/messages`
pub async fn write(visit: Visit, request: HttpRequest, body: web::Json<New>) -> Result<HttpResponse, Error> {
    let mut new = body.into_inner();
    // Programs may say it the way they do elsewhere.
    let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok());
    new.id = new.id.or_else(|| key.map(str::to_owned));
    told(&visit, written(&visit, new, Vec::new()).await?)
}

/// The same as a form with files, for the frame's script.
pub async fn write_with_files(visit: Visit, sent: Sent) -> Result<HttpResponse, Error> {
    let new = sent.form::<New>()?;
    if let Some(refused) = sent.refused {
        return Err(refused.into());
    }
    told(&visit, written(&visit, new, sent.files).await?)
}

fn told(visit: &Visit, receipt: Receipt) -> Result<HttpResponse, Error> {
    let status = if receipt.duplicate { StatusCode::OK } else { StatusCode::CREATED };
    let mut answer = HttpResponse::build(status);
    visit.remember(&mut answer);
    Ok(answer.json(line::receipt(&receipt)))
}

/// Takes in a message of this visitor.
pub async fn written(visit: &Visit, new: New, files: Vec<Upload>) -> Result<Receipt, Error> {
    visit.site.visitor_limits.bring(files.len(), visit.address)?;
    let words = new.words(files)?;
    visit.acts()?;
    let (desk, visitor) = (visit.desk.clone(), visit.visitor.clone());
    let receipt = work(move || desk.visitor_writes(&visitor, words)).await?;
    if receipt.duplicate {
        visit.site.visitor_limits.give_back(&visit.visitor, visit.address);
    }
    if let Some(id) = receipt.conversation {
        let hub = &visit.desk.hub;
        tell_company(hub, hub.presence().customer_said(id, Instant::now()), None);
    }
    Ok(receipt)
}

/// `POST /widget/{key}/end`
pub async fn end(visit: Visit, body: web::Json<Named>) -> Result<HttpResponse, Error> {
    let receipt = ended(&visit, &body.conversation).await?;
    Ok(HttpResponse::Ok().json(line::receipt(&receipt)))
}

/// Ends a chat of this visitor.
pub async fn ended(visit: &Visit, conversation: &str) -> Result<Receipt, Error> {
    let id: ConversationId = conversation.parse().map_err(|()| Error::NotFound)?;
    visit.acts()?;
    let (desk, visitor) = (visit.desk.clone(), visit.visitor.clone());
    let ended = work(move || desk.visitor_ends(&visitor, id)).await;
    ended.map_err(|error| match error {
        // What a stage allows is ours to know.
        Error::Refused(Refused::IllegalTransition { .. }) => Error::Told(Box::new(crate::web::Problem::new(
            StatusCode::CONFLICT,
            "closed",
            "This chat is over already.",
        ))),
        error => error,
    })
}

/// `POST /widget/{key}/visitor`: a secret for a script to keep, because no cookie comes back from this browser.
pub async fn visitor(visit: Visit) -> Result<HttpResponse, Error> {
    visit.site.visitor_limits.come(visit.address)?;
    let secret = issue(&visit.site.key, &visit.channel.key);
    let secret = secret.ok_or_else(|| Error::Unavailable("no randomness".into()))?;
    Ok(HttpResponse::Created().json(json!({ "visitor": secret })))
}

/// `GET /widget/{key}/conversations`; `known` says whether the visitor came with a secret or an identity.
pub async fn list(visit: Visit) -> Result<HttpResponse, Error> {
    let known = visit.fresh.is_none();
    let all = work(move || visit.desk.visitor_conversations(&visit.visitor)).await?;
    let items: Vec<_> = all.iter().map(line::kept).collect();
    Ok(HttpResponse::Ok().json(json!({ "items": items, "next": null, "known": known })))
}

/// `GET /widget/{key}/conversations/{n}?before=MESSAGE`
pub async fn show(
    visit: Visit,
    path: web::Path<(String, String)>,
    query: web::Query<Before>,
) -> Result<HttpResponse, Error> {
    let id: ConversationId = path.1.parse().map_err(|()| Error::NotFound)?;
    let before = query.before.map(MessageId);
    let (desk, visitor) = (visit.desk.clone(), visit.visitor.clone());
    let thread = work(move || desk.visitor_thread(&visitor, id, before)).await?;
    Ok(HttpResponse::Ok().json(line::thread(&thread, &|file| files::address(&visit, &thread, file))))
}
