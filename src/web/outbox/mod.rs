//! `/outbox`: what is not with its provider yet; `/messages/{id}`: how far one message is, sending again, taking back.

pub mod page;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::Error;
use super::chrome::{Toast, Undo};
use super::conversations::forms::Problem;
use super::page::{Answer, Page, Place, came_from, goes_saying, number};
use crate::desk::outbox::Delivery;
use crate::desk::{self, Done};
use crate::domain::MessageId;
use page::{MessagePage, OutboxPage, Unsent};

/// How many letters the page shows.
const SHOWN: i64 = 200;

/// The outbox, and the message's own page.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/outbox").get(index))
        .service(web::resource("/messages/{id}").get(show))
        .service(web::resource("/messages/{id}/retry").post(retry))
        .service(web::resource("/messages/{id}/undo").post(undo));
}

/// `?after=`
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    after: i64,
}

async fn index(page: Page, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let posted = page.desk.outbox(&page.me, MessageId(asked.after), SHOWN)?;
        let unsent: Vec<Unsent> = posted.into_iter().map(Unsent::from).collect();
        let full = i64::try_from(unsent.len()) == Ok(SHOWN);
        let more = unsent.last().map(|last| last.id).filter(|_| full);
        let chrome = page.chrome(Place { current: "outbox", ..Place::default() })?;
        page.shows(&OutboxPage { chrome, unsent, more })
    })
    .await
}

async fn show(page: Page, id: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| shown(page, MessageId(number(&id)?), None, StatusCode::OK)).await
}

async fn retry(page: Page, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let back = came_from(&request);
    page.answer(move |page| {
        let id = MessageId(number(&id)?);
        done(page, id, back, "It is sent again.", page.desk.retry(&page.me, id))
    })
    .await
}

async fn undo(page: Page, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let back = came_from(&request);
    page.answer(move |page| {
        let id = MessageId(number(&id)?);
        let said = "Taken back. Your words stand in the reply again.";
        done(page, id, back, said, page.desk.take_back(&page.me, id).map(drop))
    })
    .await
}

/// Back to where the form was sent from, saying what was done; or the message's page with why it was not.
fn done(page: &Page, id: MessageId, back: Option<String>, said: &str, result: Done<()>) -> Result<Answer, Error> {
    match result {
        Ok(()) => {
            let (message, _) = page.desk.posted(&page.me, id)?;
            let thread = message.conversation.map(|conversation| format!("/conversations/{conversation}"));
            goes_saying(back.or(thread).unwrap_or_else(|| "/outbox".to_owned()), Toast::done(said))
        }
        Err(desk::Error::Refused(refused)) => {
            let status = super::Problem::of(&refused).status;
            shown(page, id, Some(Problem { message: refused.to_string(), ..Problem::default() }), status)
        }
        Err(error) => Err(error.into()),
    }
}

fn shown(page: &Page, id: MessageId, problem: Option<Problem>, status: StatusCode) -> Result<Answer, Error> {
    let (message, letter) = page.desk.posted(&page.me, id)?;
    let chrome = page.chrome(Place::default())?;
    let conversation = message.conversation.ok_or(Error::NotFound)?;
    let state = letter.as_ref().map(|letter| letter.state);
    page.shows_as(
        status,
        &MessagePage {
            chrome,
            id,
            conversation,
            body: message.body,
            at: message.at,
            state,
            recipient: letter.as_ref().map(|letter| letter.recipient.clone()).unwrap_or_default(),
            error: message.delivery_error,
            next_try: letter.as_ref().and_then(|letter| letter.due_at),
            provider_id: letter.as_ref().and_then(|letter| letter.provider_id.clone()),
            can_be_retried: letter.as_ref().is_some_and(|letter| letter.can_be_retried()),
            can_be_taken_back: letter.as_ref().is_some_and(|letter| letter.can_be_taken_back()),
            problem,
        },
    )
}

/// What is said after a reply that can still be taken back; nothing where it cannot.
pub fn sending(page: &Page, message: Option<&MessageId>) -> Result<Option<Toast>, Error> {
    let Some(id) = message else { return Ok(None) };
    let (_, letter) = page.desk.posted(&page.me, *id)?;
    let waits = letter.filter(|letter| letter.state == Delivery::Queued && letter.not_before > page.desk.clock.now());
    let undo = Undo { action: format!("/messages/{id}/undo"), fields: Vec::new() };
    Ok(waits.map(|_| Toast { text: "Sending.".to_owned(), error: false, undo: Some(undo) }))
}
