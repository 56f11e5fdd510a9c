//! Verbs of one button: `POST` with `csrf` and `version`, answered by 303 back to where it was pressed.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{advice, back_to};
use crate::desk::{self, Done};
use crate::domain::ConversationId;
use crate::web::Error;
use crate::web::chrome::Toast;
use crate::web::page::{Page, goes, goes_saying, number};

/// What every such form sends.
#[derive(Deserialize, Clone, Copy)]
pub struct Button {
    version: Option<i64>,
}

/// The verdict of a review.
#[derive(Deserialize)]
pub struct Verdict {
    version: Option<i64>,
    block_sender: Option<String>,
}

type Form = web::Form<Button>;
type Number = web::Path<String>;

/// `POST /conversations/{n}/take`
pub async fn take(page: Page, request: HttpRequest, n: Number) -> Result<HttpResponse, Error> {
    let verb = |page: &Page, id| page.desk.take(&page.me, page.desk.conversation(&page.me, id)?.interaction.id);
    press(page, request, n, "You have {}.", move |page, id| verb(page, id).map(drop)).await
}

/// `POST /conversations/{n}/unhold`
pub async fn unhold(page: Page, request: HttpRequest, n: Number, form: Form) -> Result<HttpResponse, Error> {
    let verb = move |page: &Page, id| page.desk.unhold(&page.me, id, form.version).map(drop);
    press(page, request, n, "{} is off hold.", verb).await
}

/// `POST /conversations/{n}/release`
pub async fn release(page: Page, request: HttpRequest, n: Number, form: Form) -> Result<HttpResponse, Error> {
    let verb = move |page: &Page, id| page.desk.release(&page.me, id, form.version).map(drop);
    press(page, request, n, "{} is released.", verb).await
}

/// `POST /conversations/{n}/spam`
pub async fn spam(
    page: Page,
    request: HttpRequest,
    n: Number,
    form: web::Form<Verdict>,
) -> Result<HttpResponse, Error> {
    let verb = move |page: &Page, id| match form.block_sender {
        Some(_) => page.desk.confirm_spam_and_block(&page.me, id, form.version).map(drop),
        None => page.desk.confirm_spam(&page.me, id, form.version).map(drop),
    };
    press(page, request, n, "{} is archived as spam.", verb).await
}

/// `POST /conversations/{n}/suspension`
pub async fn suspend(page: Page, request: HttpRequest, n: Number, form: Form) -> Result<HttpResponse, Error> {
    let verb = move |page: &Page, id| page.desk.suspend(&page.me, id, form.version).map(drop);
    press(page, request, n, "{} is suspended.", verb).await
}

/// `POST /conversations/{n}/archive`
pub async fn archive(page: Page, request: HttpRequest, n: Number, form: Form) -> Result<HttpResponse, Error> {
    let verb = move |page: &Page, id| page.desk.archive(&page.me, id, form.version).map(drop);
    press(page, request, n, "{} is archived.", verb).await
}

/// `POST /inbox/next`: the most urgent conversation nobody has.
pub async fn take_next(page: Page) -> Result<HttpResponse, Error> {
    page.answer(|page| match page.desk.take_next(&page.me)? {
        Some(id) => goes(format!("/inbox/mine?open={id}")),
        None => goes_saying("/inbox/mine", Toast::done("Nothing is waiting for somebody to take it.")),
    })
    .await
}

/// Presses it. A refusal is said where the button was pressed, with what is allowed instead.
async fn press(
    page: Page,
    request: HttpRequest,
    n: Number,
    said: &'static str,
    verb: impl FnOnce(&Page, ConversationId) -> Done<()> + Send + 'static,
) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&n)?;
    let back = back_to(&request, id);
    page.answer(move |page| match verb(page, id) {
        Ok(()) => goes_saying(back, Toast::done(said.replace("{}", &id.to_string()))),
        Err(desk::Error::Refused(refused)) => goes_saying(back, Toast::refused(advice(&refused))),
        Err(error) => Err(error.into()),
    })
    .await
}
