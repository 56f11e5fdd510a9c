//! Records made by hand: somebody who walked up, or a message that an agent writes first.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::page::{Choices, Fields, NewInteractionPage};
use crate::desk::contacts::Sought;
use crate::desk::directory::Directory;
use crate::desk::interactions::NewInteraction;
use crate::desk::starts::Start;
use crate::desk::{self, Done};
use crate::domain::people::OpenedFor;
use crate::domain::state::ContactType;
use crate::domain::{ChannelKind, ContactId, Refused};
use crate::web::Error;
use crate::web::chrome::Toast;
use crate::web::conversations::forms::Problem;
use crate::web::page::{Answer, Page, Place, goes_saying};

/// `?type=&contact=`
#[derive(Deserialize)]
pub struct Asked {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    contact: String,
}

/// The fields of `POST /interactions`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    #[serde(rename = "type")]
    kind: String,
    opened_for: String,
    guest_name: String,
    queue: String,
    short_description: String,
    channel: String,
    to: String,
    title: String,
    body: String,
}

/// `GET /interactions/new`
pub async fn form(page: Page, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let Asked { kind, contact } = asked.into_inner();
        let mut typed = Typed { kind, opened_for: contact.clone(), ..Typed::default() };
        if let Ok(id) = contact.parse() {
            let contact = page.desk.contact(ContactId(id))?;
            typed.to = contact.phones.iter().chain(&contact.emails).next().cloned().unwrap_or_default();
        }
        render(page, typed, None, StatusCode::OK)
    })
    .await
}

/// `POST /interactions`
pub async fn create(page: Page, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let typed = form.into_inner();
        match made(page, &typed) {
            Ok((to, said)) => goes_saying(to, Toast::done(said)),
            Err(desk::Error::Refused(refused)) => {
                let status = crate::web::Problem::of(&refused).status;
                render(page, typed, Some(Problem::of(&refused, FIELDS)), status)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// Makes it; where to go then, and what to say there.
fn made(page: &Page, typed: &Typed) -> Done<(String, String)> {
    let kind: ContactType = typed.kind.parse().map_err(|_| Refused::invalid("type", "Choose a type."))?;
    match kind {
        ContactType::Messaging | ContactType::Chat => written(page, typed, kind),
        ContactType::WalkUp | ContactType::Phone => walked_up(page, typed, kind),
    }
}

fn written(page: &Page, typed: &Typed, kind: ContactType) -> Done<(String, String)> {
    let directory = page.desk.directory()?;
    let channel = directory.channels.iter().find(|one| one.slug == typed.channel && one.contact_type == kind);
    let channel = channel.ok_or_else(|| Refused::invalid("channel", "Choose a channel."))?;
    let title = Some(typed.title.clone()).filter(|title| !title.trim().is_empty());
    let start = Start { address: typed.to.clone(), body: typed.body.clone(), title };
    let id = page.desk.start_conversation(&page.me, channel, start)?.conversation.id;
    Ok((format!("/conversations/{id}"), format!("{id} is on its way.")))
}

fn walked_up(page: &Page, typed: &Typed, kind: ContactType) -> Done<(String, String)> {
    let (contact, guest) = (typed.opened_for.trim(), typed.guest_name.trim());
    if guest.chars().count() > 160 {
        return Err(Refused::invalid("guest_name", "Use at most 160 characters.").into());
    }
    let opened_for = match (contact, guest) {
        ("", "") => OpenedFor::Nobody,
        ("", guest) => OpenedFor::Guest(guest.to_owned()),
        (contact, _) => {
            let id = contact.parse().map_err(|_| Refused::invalid("opened_for", "No such contact."))?;
            OpenedFor::Contact(ContactId(id))
        }
    };
    let queue = Some(typed.queue.trim().to_owned()).filter(|queue| !queue.is_empty());
    let mine = queue.is_none();
    let new = NewInteraction { kind, opened_for, short_description: typed.short_description.clone(), queue };
    let mut made = page.desk.create_interaction(&page.me, new)?;
    if mine {
        made = page.desk.take(&page.me, made.id)?;
    }
    Ok((format!("/interactions/{}", made.id), format!("{} is open.", made.id)))
}

/// What the desk calls the fields of the form.
const FIELDS: &[(&str, &str)] = &[
    ("type", "type"),
    ("opened_for", "opened_for"),
    ("guest_name", "guest_name"),
    ("queue", "queue"),
    ("short_description", "short_description"),
    ("channel", "channel"),
    ("to", "to"),
    ("title", "title"),
    ("body", "body"),
];

fn render(page: &Page, typed: Typed, problem: Option<Problem>, status: StatusCode) -> Result<Answer, Error> {
    let directory = page.desk.directory()?;
    let kind = match typed.kind.parse() {
        Ok(kind @ (ContactType::Messaging | ContactType::Chat)) => kind,
        Ok(ContactType::WalkUp | ContactType::Phone) | Err(_) => ContactType::WalkUp,
    };
    let channels = directory.channels.iter().filter(|channel| channel.contact_type == kind);
    let channel = channels.clone().find(|channel| channel.slug == typed.channel).or(channels.clone().next());
    let new = NewInteractionPage {
        chrome: page.chrome(Place { current: "new", ..Place::default() })?,
        kind,
        choices: choices(page, &typed, kind, &directory)?,
        channels: channels.map(|channel| (channel.slug.clone(), channel.name.clone())).collect(),
        fields: Fields {
            short_description: typed.short_description,
            opened_for: typed.opened_for,
            guest_name: typed.guest_name,
            queue: typed.queue,
            ..Fields::default()
        },
        by_phone: channel.is_some_and(|channel| channel.kind == ChannelKind::Sms),
        channel: typed.channel,
        to: typed.to,
        title: typed.title,
        body: typed.body,
        problem,
    };
    page.shows_as(status, &new)
}

/// The person the form was opened for comes first, then as many others as a list can hold.
fn choices(page: &Page, typed: &Typed, kind: ContactType, directory: &Directory) -> Result<Choices, Error> {
    let mut contacts: Vec<(String, String)> = Vec::new();
    if let Ok(Ok(contact)) = typed.opened_for.parse().map(|id| page.desk.contact(ContactId(id))) {
        contacts.push((contact.id.to_string(), contact.name));
    }
    let people = page.desk.people(Sought::default())?.listed;
    let people = people.into_iter().map(|person| match person.organization {
        Some(organization) => (person.id.to_string(), format!("{}, {organization}", person.name)),
        None => (person.id.to_string(), person.name),
    });
    let first = contacts.first().map(|(id, _)| id.clone());
    contacts.extend(people.filter(|(id, _)| first.as_ref() != Some(id)));
    let queues = directory.queues_of(&page.me).filter(|queue| queue.takes(kind));
    let queues = queues.map(|queue| (queue.slug.clone(), queue.name.clone())).collect();
    Ok(Choices { contacts, agents: Vec::new(), queues })
}
