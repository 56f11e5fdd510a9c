//! Channel profiles on the page of their contact: added, given to somebody else, unlinked.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::show;
use super::whose::{self, Subject, Typed};
use crate::desk::contacts::Whom;
use crate::desk::{self};
use crate::domain::{ContactId, ProfileId, Refused};
use crate::web::Error;
use crate::web::chrome::{Toast, Undo};
use crate::web::conversations::forms::Problem;
use crate::web::page::{Page, came_from, can_be_shown, goes_saying, number};

/// An address on a channel, as it is typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    pub channel: String,
    pub identifier: String,
}

/// What the button of a profile sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Button {
    version: Option<i64>,
}

/// `POST /contacts/{id}/profiles`
pub async fn add(page: Page, id: web::Path<String>, form: web::Form<Address>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let (contact, typed) = (page.desk.contact(ContactId(number(&id)?))?, form.into_inner());
        let directory = page.desk.directory()?;
        let channel = directory.channels.iter().find(|channel| channel.slug == typed.channel);
        let linked = match channel {
            Some(channel) => page.desk.link_address(&page.me, contact.id, channel.id, &typed.identifier),
            None => Err(Refused::invalid("channel", "Choose a channel.").into()),
        };
        match linked {
            Ok(profile) => {
                let said = format!("{} is {}’s.", profile.identifier, contact.name);
                goes_saying(format!("/contacts/{}", contact.id), Toast::done(said))
            }
            Err(desk::Error::Refused(refused)) => {
                let status = crate::web::Problem::of(&refused).status;
                let problem = Problem::of(&refused, &[("channel", "channel"), ("identifier", "identifier")]);
                show::render(page, (contact.id, None), typed, Some(problem), status)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// `GET /profiles/{id}/contact`
pub async fn form(page: Page, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let back = came_from(&request).unwrap_or_default();
    let typed = Typed { back, ..Typed::default() };
    page.answer(move |page| {
        let subject = subject(page, ProfileId(number(&id)?), &typed)?;
        whose::render(page, subject, typed, None, StatusCode::OK)
    })
    .await
}

/// `POST /profiles/{id}/contact`
pub async fn link(page: Page, id: web::Path<String>, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let (id, typed) = (ProfileId(number(&id)?), form.into_inner());
        let subject = subject(page, id, &typed)?;
        if typed.verb == "find" {
            return whose::found(page, subject, typed);
        }
        let whom = typed.whom().map_err(desk::Error::from);
        match whom.and_then(|whom| page.desk.link_profile(&page.me, id, whom, typed.version())) {
            Ok(profile) => {
                let name = profile.contact.map(|contact| page.desk.contact(contact)).transpose()?;
                let name = name.map_or_else(|| "nobody on record".to_owned(), |contact| contact.name);
                goes_saying(subject.back, Toast::done(format!("{} is {name}.", profile.identifier)))
            }
            Err(error) => whose::again(page, subject, typed, error),
        }
    })
    .await
}

/// `POST /profiles/{id}/unlinking`
pub async fn unlink(page: Page, id: web::Path<String>, form: web::Form<Button>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let id = ProfileId(number(&id)?);
        let (before, _) = page.desk.channel_profile(&page.me, id)?;
        let back = before.contact.map_or_else(|| "/contacts".to_owned(), |contact| format!("/contacts/{contact}"));
        match page.desk.link_profile(&page.me, id, Whom::Nobody, form.version) {
            Ok(profile) => {
                let fields = before.contact.map(|contact| ("contact".to_owned(), contact.to_string()));
                let undo = Undo { action: format!("/profiles/{id}/contact"), fields: fields.into_iter().collect() };
                let mut toast = Toast::done(format!("{} is nobody’s now.", profile.identifier));
                toast.undo = before.contact.map(|_| undo);
                goes_saying(back, toast)
            }
            Err(desk::Error::Refused(Refused::Stale)) => {
                goes_saying(back, Toast::refused("Somebody said whose this is meanwhile. Look again."))
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

fn subject(page: &Page, id: ProfileId, typed: &Typed) -> Result<Subject, Error> {
    let (profile, candidates) = page.desk.channel_profile(&page.me, id)?;
    let current = profile.contact.map(|contact| page.desk.contact(contact)).transpose()?;
    let home = current.as_ref().map_or_else(|| "/contacts".to_owned(), |contact| format!("/contacts/{}", contact.id));
    Ok(Subject {
        action: format!("/profiles/{id}/contact"),
        back: if can_be_shown(&typed.back) { typed.back.clone() } else { home },
        identifier: profile.identifier,
        version: Some(profile.version),
        current,
        candidates,
    })
}
