//! A conversation: its thread, its composer, and the forms of its verbs.

pub mod corrections;
pub mod ending;
pub mod filing;
pub mod forms;
pub mod hold;
mod message;
mod offers;
pub mod page;
pub mod replies;
pub mod show;
mod tab;
pub mod verbs;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};

use self::forms::{Problem, Subject};
use super::Error;
use super::page::Page;
use super::text::{self, Names};
use crate::desk;
use crate::domain::row::Row;
use crate::domain::{Action, Conversation, ConversationId, Refused};

/// Every address of a conversation.
pub fn routes(config: &mut ServiceConfig) {
    let at = |path: &str| web::resource(format!("/conversations/{{n}}{path}"));
    config
        .service(at("").get(show::show))
        .service(at("/replies").post(replies::reply))
        .service(at("/notes").post(replies::note))
        .service(at("/draft").post(replies::draft))
        .service(at("/attachments").post(replies::attach))
        .service(at("/attachments/{file}/removal").post(replies::detach))
        .service(at("/offers").get(offers::offers))
        .service(at("/canned").get(offers::choose).post(offers::put))
        .service(at("/take").post(verbs::take))
        .service(at("/unhold").post(verbs::unhold))
        .service(at("/release").post(verbs::release))
        .service(at("/spam").post(verbs::spam))
        .service(at("/suspension").post(verbs::suspend))
        .service(at("/archive").post(verbs::archive))
        .service(at("/hold").get(hold::form).post(hold::hold))
        .service(at("/dependencies").get(hold::more).post(hold::add))
        .service(at("/dependencies/{id}").get(hold::dependency).post(hold::end_dependency))
        .service(at("/resolution").get(ending::resolution).post(ending::resolve))
        .service(at("/reopening").get(ending::reopening).post(ending::reopen))
        .service(at("/needs-response").get(ending::needs_response).post(ending::mark_needs_response))
        .service(at("/external-response").get(ending::external_response).post(ending::log_external_response))
        .service(at("/assignment").get(filing::assignment).post(filing::assign))
        .service(at("/tags").get(filing::tags).post(filing::save_tags))
        .service(web::resource("/messages/{id}/text").get(corrections::show).post(corrections::edit))
        .service(web::resource("/messages/{id}/redaction").post(corrections::redact))
        .service(at("/merge").get(filing::merging).post(filing::merge));
}

/// What every form knows of its conversation. Blocks.
fn about(page: &Page, id: ConversationId) -> Result<(Conversation, Subject), Error> {
    let (conversation, row) = page.desk.conversation_and_row(&page.me, id)?;
    let seen = page.desk.lately(&page.me, id)?.last().map_or(0, |fact| fact.seq);
    Ok((conversation, Subject { seen, ..Subject::from(row) }))
}

impl From<Row> for Subject {
    fn from(row: Row) -> Self {
        Subject { id: row.id, version: row.version, title: row.title, who: row.who, stage: row.stage, seen: 0 }
    }
}

/// Where a form was sent from, if that is a page of ours; else the conversation alone.
fn back_to(request: &HttpRequest, id: ConversationId) -> String {
    let alone = format!("/conversations/{id}");
    let from = request.headers().get(header::REFERER).and_then(|from| from.to_str().ok());
    let Some(url) = from.and_then(|from| from.parse::<actix_web::http::Uri>().ok()) else { return alone };
    let path = url.path();
    let shows = ["/inbox/", "/interactions/", "/suspended"].iter().any(|start| path.starts_with(start));
    match (shows, url.query()) {
        (true, Some(query)) => format!("{path}?{query}"),
        (true, None) => path.to_owned(),
        (false, _) => alone,
    }
}

/// A form that was sent: what it is about, the last fact its writer knew of, and what the desk calls its fields, each
/// with the id it has on the form.
struct Form<'a> {
    id: ConversationId,
    seen: Option<i64>,
    fields: &'a [(&'a str, &'static str)],
}

/// What a form that comes back says, and its status. What no form can say is an error of its own.
fn problem(page: &Page, form: &Form, error: desk::Error) -> Result<(StatusCode, Problem), Error> {
    let refused = match error {
        desk::Error::Refused(Refused::Forbidden(_)) | desk::Error::NotFound | desk::Error::Store(_) => {
            return Err(error.into());
        }
        desk::Error::Newer { author } => {
            let message = format!("{author} has just replied. Your text is kept.");
            return Ok((StatusCode::CONFLICT, Problem { newer: news(page, form)?, ..Problem::whole(message) }));
        }
        desk::Error::Refused(refused) => refused,
    };
    let status = super::Problem::of(&refused).status;
    if status == StatusCode::CONFLICT {
        return Ok((status, Problem { newer: news(page, form)?, ..Problem::whole(advice(&refused)) }));
    }
    Ok((status, Problem::of(&refused, form.fields)))
}

/// What others did since the form was made, a line each.
fn news(page: &Page, form: &Form) -> Result<Vec<String>, Error> {
    let directory = page.desk.directory()?;
    let opened = page.desk.open(&page.me, form.id, None)?;
    let names = Names { directory: &directory, who: &opened.row.who };
    Ok(text::news(&opened.facts, &opened.messages, page.me.id, form.seen, names))
}

/// A refusal, and what is allowed instead.
fn advice(refused: &Refused) -> String {
    let Refused::IllegalTransition { from, action } = refused else { return refused.to_string() };
    let allowed = from.allowed().into_iter().filter(|allowed| allowed != action);
    let allowed: Vec<&str> = allowed.map(Action::label).collect();
    match allowed.as_slice() {
        [] => refused.to_string(),
        allowed => format!("{refused} Now you can: {}.", allowed.join(", ")),
    }
}
