//! The JSON twin of the pages, under `/api/v1`: a program does here what people do there, by the same verbs.
//!
//! A handler reads what was sent, does one verb at the desk and answers with the record. Refusals come in one order:
//! 401, 404, 403, 409, 422.

mod agents;
mod attachments;
mod blocked;
mod body;
mod canned;
mod channel_profiles;
mod channels;
mod choices;
mod contacts;
mod conversations;
mod custom_fields;
mod document;
mod door;
mod events;
mod facts;
mod inbound;
mod interactions;
mod list;
mod messages;
mod organizations;
mod outbox;
mod patch;
mod queues;
mod refs;
mod repeat;
mod reviews;
mod rules;

use actix_web::middleware::from_fn;
use actix_web::web;

use crate::web::Error;

/// Where the API begins.
pub const BASE: &str = "/api/v1";

/// Every door of the API: what is listed here is served and stands in the document.
macro_rules! doors {
    ($($($part:ident)::+),+ $(,)?) => {
        fn doors(config: &mut web::ServiceConfig) {
            $(config.service($($part)::+);)+
        }

        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($($part)::+),+))]
        struct Doors;
    };
}

doors![
    inbound::receive,
    conversations::lists::list,
    conversations::starts::start,
    conversations::looks::show,
    conversations::fields::change,
    conversations::looks::messages,
    conversations::looks::timeline,
    conversations::looks::metrics,
    conversations::replies::reply,
    conversations::replies::note,
    conversations::replies::external_response,
    attachments::create,
    attachments::show,
    messages::change,
    messages::redact,
    messages::history,
    conversations::holds::hold,
    conversations::holds::unhold,
    conversations::holds::add_dependency,
    conversations::holds::unlink,
    conversations::stages::resolve,
    conversations::stages::reopen,
    conversations::stages::suspend,
    conversations::stages::release,
    conversations::stages::confirm_spam,
    conversations::stages::archive,
    conversations::stages::merge,
    conversations::stages::needs_response,
    conversations::fields::put_tag,
    conversations::fields::remove_tag,
    interactions::lists::list,
    interactions::fields::create,
    interactions::looks::show,
    interactions::fields::change,
    interactions::assignment::assign,
    interactions::assignment::take,
    interactions::assignment::accept,
    interactions::states::hold,
    interactions::states::unhold,
    interactions::states::close,
    interactions::looks::work_segments,
    interactions::looks::related_tasks,
    interactions::looks::relate,
    outbox::list,
    outbox::retry,
    outbox::take_back,
    reviews::list,
    reviews::complete,
    agents::whoami,
    agents::presence,
    events::events,
    agents::list,
    agents::create,
    agents::show,
    agents::change,
    agents::remove,
    queues::list,
    queues::create,
    queues::show,
    queues::change,
    queues::remove,
    channels::list,
    channels::create,
    channels::show,
    channels::change,
    channels::remove,
    channels::test,
    channels::renew_secret,
    choices::resolutions,
    choices::add_resolution,
    choices::change_resolution,
    choices::remove_resolution,
    choices::tags,
    choices::add_tag,
    choices::change_tag,
    choices::remove_tag,
    canned::list,
    canned::create,
    canned::show,
    canned::change,
    canned::remove,
    canned::filled,
    rules::list,
    rules::create,
    rules::show,
    rules::change,
    rules::remove,
    custom_fields::list,
    custom_fields::create,
    custom_fields::show,
    custom_fields::change,
    custom_fields::remove,
    blocked::list,
    blocked::create,
    blocked::remove,
    contacts::list,
    contacts::create,
    contacts::show,
    contacts::change,
    contacts::remove,
    contacts::merge,
    channel_profiles::list,
    channel_profiles::create,
    channel_profiles::show,
    channel_profiles::link,
    channel_profiles::unlink,
    organizations::list,
    organizations::create,
    organizations::show,
    organizations::change,
    organizations::remove,
];

/// Every route of the API, behind its door; the document stands before it.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/api/v1/openapi.json").get(document::show)).service(
        web::scope(BASE).wrap(from_fn(door::let_in)).configure(doors).default_service(web::to(document::nowhere)),
    );
}

/// A method that this address does not know, and an address that is none.
fn nowhere(known: bool) -> Error {
    match known {
        true => {
            Error::Malformed(actix_web::http::StatusCode::METHOD_NOT_ALLOWED, "This cannot be done here.".to_owned())
        }
        false => Error::NotFound,
    }
}
