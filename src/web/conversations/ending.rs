//! Forms that end or begin something: resolution, reopening, and what was answered elsewhere.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::forms::{NotePage, NoteVerb, Problem, ResolvePage};
use super::{Form, about, back_to, problem};
use crate::domain::ConversationId;
use crate::domain::conversation::Ending;
use crate::web::Error;
use crate::web::chrome::{Toast, Undo};
use crate::web::page::{Answer, Page, Place, goes_saying, number};
use crate::web::shown::dependency_line;

/// The fields of the resolution form.
#[derive(Deserialize, Clone, Default)]
pub struct Resolving {
    version: Option<i64>,
    #[serde(default)]
    resolution: String,
    short_description: Option<String>,
    seen: Option<i64>,
}

/// What the desk calls the fields of these forms.
const FIELDS: &[(&str, &str)] =
    &[("short_description", "short_description"), ("resolution", "resolution"), ("note", "note"), ("body", "note")];

/// `GET /conversations/{n}/resolution`
pub async fn resolution(page: Page, n: web::Path<String>) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    page.answer(move |page| resolving(page, id, Resolving::default(), None, StatusCode::OK)).await
}

/// `POST /conversations/{n}/resolution`
pub async fn resolve(
    page: Page,
    request: HttpRequest,
    n: web::Path<String>,
    form: web::Form<Resolving>,
) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| {
        let typed = form.into_inner();
        let ending =
            Ending { resolution: typed.resolution.clone(), short_description: typed.short_description.clone() };
        match page.desk.resolve(&page.me, id, ending, typed.version) {
            Ok(_) => {
                let undo = Undo {
                    action: format!("/conversations/{id}/reopening"),
                    fields: vec![("note".to_owned(), "Resolved by mistake.".to_owned())],
                };
                goes_saying(back, Toast { undo: Some(undo), ..Toast::done(format!("{id} is resolved.")) })
            }
            Err(error) => {
                let (status, problem) = problem(page, &Form { id, seen: typed.seen, fields: FIELDS }, error)?;
                resolving(page, id, typed, Some(problem), status)
            }
        }
    })
    .await
}

fn resolving(
    page: &Page,
    id: ConversationId,
    typed: Resolving,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (conversation, subject) = about(page, id)?;
    let directory = page.desk.directory()?;
    let open = conversation.open_dependencies();
    let open_dependencies = open.map(|one| dependency_line(one, &page.me, &directory)).collect();
    let known = conversation.interaction.short_description.clone();
    let chrome = page.chrome(Place::default())?;
    let page_shown = ResolvePage {
        chrome,
        subject,
        resolutions: directory.resolutions.clone(),
        resolution: typed.resolution,
        short_description: typed.short_description.unwrap_or(known),
        open_dependencies,
        problem,
    };
    page.shows_as(status, &page_shown)
}

/// The fields of the forms that ask for a note.
#[derive(Deserialize, Clone, Default)]
pub struct Noting {
    version: Option<i64>,
    #[serde(default)]
    note: String,
    seen: Option<i64>,
}

macro_rules! note_forms {
    ($($form:ident, $verb:ident: $of:expr, $done:literal;)+) => {
        $(
            /// `GET`: the form.
            pub async fn $form(page: Page, n: web::Path<String>) -> Result<HttpResponse, Error> {
                let id: ConversationId = number(&n)?;
                page.answer(move |page| noting(page, id, $of, Noting::default(), None, StatusCode::OK)).await
            }

            /// `POST`: the verb.
            pub async fn $verb(
                page: Page,
                request: HttpRequest,
                n: web::Path<String>,
                form: web::Form<Noting>,
            ) -> Result<HttpResponse, Error> {
                noted(page, request, n, $of, form.into_inner(), $done).await
            }
        )+
    };
}

note_forms! {
    reopening, reopen: NoteVerb::Reopen, "{} is open again, and yours.";
    needs_response, mark_needs_response: NoteVerb::NeedsResponse, "{} needs a response.";
    external_response, log_external_response: NoteVerb::ExternalResponse, "The response is logged.";
}

async fn noted(
    page: Page,
    request: HttpRequest,
    n: web::Path<String>,
    verb: NoteVerb,
    typed: Noting,
    done: &'static str,
) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| {
        let (desk, me) = (&page.desk, &page.me);
        let result = match verb {
            NoteVerb::Reopen => desk.reopen(me, id, &typed.note, typed.version),
            NoteVerb::NeedsResponse => desk.mark_needs_response(me, id, &typed.note, typed.version),
            NoteVerb::ExternalResponse => desk.log_external_response(me, id, &typed.note),
        };
        match result {
            Ok(_) => goes_saying(back, Toast::done(done.replace("{}", &id.to_string()))),
            Err(error) => {
                let (status, problem) = problem(page, &Form { id, seen: typed.seen, fields: FIELDS }, error)?;
                noting(page, id, verb, typed, Some(problem), status)
            }
        }
    })
    .await
}

fn noting(
    page: &Page,
    id: ConversationId,
    verb: NoteVerb,
    typed: Noting,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (_, subject) = about(page, id)?;
    let chrome = page.chrome(Place::default())?;
    page.shows_as(status, &NotePage { chrome, subject, verb, note: typed.note, problem })
}
