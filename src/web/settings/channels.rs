//! `/settings/channels`: the ways in and out.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;

use super::page::{ChannelPage, ChannelsPage, KnownChannel, ListedChannel, Paste};
use super::{enter, may_enter};
use crate::desk::channels::NewChannel;
use crate::desk::sign_in::Token;
use crate::desk::{self, Done};
use crate::domain::channel::Provider;
use crate::domain::state::ContactType;
use crate::domain::{Actor, Channel, ChannelKind, Refused};
use crate::web::Error;
use crate::web::chrome::Toast;
use crate::web::conversations::forms::Problem;
use crate::web::page::{Answer, Page, goes_saying};

/// The key of the section.
pub const CHANNELS: &str = "channels";

/// The fields of the form, as they are typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub kind: String,
    pub slug: String,
    pub name: String,
    #[serde(rename = "type")]
    pub contact_type: String,
    pub queue: String,
    pub provider: Given,
    pub account_sid: Given,
    pub auth_token: String,
    pub number: Given,
    pub api_base: Given,
    pub country: Given,
    /// A line each.
    pub origins: Given,
    /// Minutes; empty is the default of the type.
    pub remind_after: Given,
    pub close_after: Given,
    pub help_text: Given,
    pub version: String,
}

/// What a field holds; nothing where the form has no such field, which leaves what is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Given(pub Option<String>);

impl Given {
    fn of(text: impl Into<String>) -> Self {
        Given(Some(text.into()))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

impl std::fmt::Display for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `?kind=`
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    kind: String,
}

/// Addresses of the section.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/settings/channels").get(list))
        .service(web::resource("/settings/channels/new").get(new).post(add))
        .service(web::resource("/settings/channels/{slug}").get(show).post(change))
        .service(web::resource("/settings/channels/{slug}/test").post(super::trying::test))
        .service(web::resource("/settings/channels/{slug}/secret").post(renew));
}

async fn list(page: Page) -> Result<HttpResponse, Error> {
    page.answer(|page| {
        let (chrome, sections) = enter(page, CHANNELS)?;
        let directory = page.desk.directory()?;
        let listed = |channel: &Channel| ListedChannel {
            slug: channel.slug.clone(),
            name: channel.name.clone(),
            kind: channel.kind,
            queue: directory.queue(channel.queue).map(|queue| queue.name.clone()).unwrap_or_default(),
            number: channel.settings.number.clone(),
            missing: missing(channel),
        };
        let channels = directory.channels.iter().map(listed).collect();
        page.shows(&ChannelsPage { chrome, sections, channels })
    })
    .await
}

/// What an SMS channel cannot do without.
fn missing(channel: &Channel) -> Option<&'static str> {
    let (settings, sealed) = (&channel.settings, &channel.sealed);
    match channel.kind {
        ChannelKind::Sms if settings.provider == Some(Provider::Trial) => Some("Trial: nothing is sent"),
        ChannelKind::Sms if settings.account_sid.is_empty() => Some("No account yet"),
        ChannelKind::Sms if sealed.auth_token.is_none() => Some("No auth token yet"),
        ChannelKind::Sms if settings.number.is_empty() => Some("No number yet"),
        ChannelKind::Sms | ChannelKind::Widget | ChannelKind::Api => None,
    }
}

async fn new(page: Page, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let kind: ChannelKind = asked.kind.parse().unwrap_or(ChannelKind::Sms);
        let contact_type = if kind == ChannelKind::Widget { ContactType::Chat } else { ContactType::Messaging };
        let typed = Typed {
            kind: kind.as_str().to_owned(),
            contact_type: contact_type.as_str().to_owned(),
            ..Typed::default()
        };
        render(page, None, typed, None, StatusCode::OK)
    })
    .await
}

async fn add(page: Page, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, CHANNELS)?;
        let typed = form.into_inner();
        let made = typed.read().and_then(|new| page.desk.add_channel(Actor::Agent(page.me.id), new));
        match made {
            Ok(channel) => goes_saying(at(&channel), Toast::done(format!("{} is there.", channel.name))),
            Err(desk::Error::Refused(refused)) => again(page, None, typed, &refused),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

async fn show(page: Page, slug: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, CHANNELS)?;
        let channel = page.desk.channel(&slug)?;
        let typed = Typed::of(page, &channel)?;
        render(page, Some((channel, None)), typed, None, StatusCode::OK)
    })
    .await
}

async fn change(page: Page, slug: web::Path<String>, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, CHANNELS)?;
        let channel = page.desk.channel(&slug)?;
        let typed = form.into_inner();
        let version = typed.version.trim().parse().ok();
        let changed = typed.read().and_then(|mut new| {
            // What is there already is not shown: an empty field leaves it.
            new.auth_token = new.auth_token.filter(|token| !token.trim().is_empty());
            page.desk.change_channel(Actor::Agent(page.me.id), channel.id, new, version)
        });
        match changed {
            Ok(channel) => goes_saying(at(&channel), Toast::done(format!("{} is saved.", channel.name))),
            Err(desk::Error::Refused(refused)) => again(page, Some(channel), typed, &refused),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// A new secret of a widget, or a new token of an API channel: shown once, on this very page.
async fn renew(page: Page, slug: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, CHANNELS)?;
        let channel = page.desk.channel(&slug)?;
        let fresh = match channel.kind {
            ChannelKind::Widget => Paste {
                id: "fresh",
                label: "The new secret",
                hint: "Sign with it on your server who a visitor is, for a day at most: a JWT (HS256) with sub and exp. Whoever has \
                       it can sign in as any of your visitors. It is shown this once.",
                text: page.desk.renew_secret(Actor::Agent(page.me.id), channel.id)?,
            },
            ChannelKind::Api => Paste {
                id: "fresh",
                label: "The new token",
                hint: "Keep it in your program. It is shown this once.",
                text: page.desk.create_token(Token::Channel(channel.slug.clone()))?,
            },
            ChannelKind::Sms => return Err(Error::NotFound),
        };
        let channel = page.desk.channel(&slug)?;
        let typed = Typed::of(page, &channel)?;
        render(page, Some((channel, Some(fresh))), typed, None, StatusCode::OK)
    })
    .await
}

pub fn at(channel: &Channel) -> String {
    format!("/settings/channels/{}", channel.slug)
}

impl Typed {
    fn of(page: &Page, channel: &Channel) -> Result<Self, Error> {
        let (settings, directory) = (&channel.settings, page.desk.directory()?);
        let minutes = |seconds: Option<i64>| Given::of(seconds.map(minutes).unwrap_or_default());
        Ok(Typed {
            kind: channel.kind.as_str().to_owned(),
            slug: channel.slug.clone(),
            name: channel.name.clone(),
            contact_type: channel.contact_type.as_str().to_owned(),
            queue: directory.queue(channel.queue).map(|queue| queue.slug.clone()).unwrap_or_default(),
            provider: Given::of(settings.provider.map(|provider| provider.as_str()).unwrap_or_default()),
            account_sid: Given::of(&settings.account_sid),
            auth_token: String::new(),
            number: Given::of(&settings.number),
            api_base: Given::of(&settings.api_base),
            origins: Given::of(settings.origins.join("\n")),
            country: Given::of(&settings.country),
            remind_after: minutes(settings.remind_after),
            close_after: minutes(settings.close_after),
            help_text: Given::of(&settings.help_text),
            version: channel.version.to_string(),
        })
    }

    fn read(&self) -> Done<NewChannel> {
        let contact_type = self.contact_type.parse();
        Ok(NewChannel {
            slug: self.slug.clone(),
            name: self.name.clone(),
            kind: self.kind.clone(),
            contact_type: contact_type.map_err(|_| Refused::invalid("type", "Choose chat or messaging."))?,
            queue: Some(self.queue.clone()).filter(|queue| !queue.is_empty()),
            provider: self.provider.0.clone(),
            account_sid: self.account_sid.0.clone(),
            auth_token: Some(self.auth_token.clone()),
            number: self.number.0.clone(),
            api_base: self.api_base.0.clone(),
            origins: self.origins.0.as_ref().map(|all| all.split([',', '\n']).map(str::to_owned).collect()),
            remind_after: self.remind_after.0.as_ref().map(|text| seconds("remind_after", text)).transpose()?,
            close_after: self.close_after.0.as_ref().map(|text| seconds("close_after", text)).transpose()?,
            help_text: self.help_text.0.clone(),
            country: self.country.0.clone(),
        })
    }
}

/// Seconds as minutes, with a half where there is one.
fn minutes(seconds: i64) -> String {
    if seconds % 60 == 0 { (seconds / 60).to_string() } else { format!("{:.2}", seconds as f64 / 60.0) }
}

fn seconds(field: &'static str, minutes: &str) -> Result<Option<i64>, Refused> {
    let minutes = minutes.trim().replace(',', ".");
    if minutes.is_empty() {
        return Ok(None);
    }
    let read = minutes.parse::<f64>().ok().filter(|minutes| (0.0..=1440.0).contains(minutes));
    let read = read.ok_or_else(|| Refused::invalid(field, "Use minutes, at most a day; 0 is never."))?;
    Ok(Some((read * 60.0).round() as i64))
}

fn again(page: &Page, channel: Option<Channel>, typed: Typed, refused: &Refused) -> Result<Answer, Error> {
    const FIELDS: [&str; 15] = [
        "slug",
        "name",
        "kind",
        "type",
        "queue",
        "provider",
        "account_sid",
        "auth_token",
        "number",
        "api_base",
        "country",
        "help_text",
        "origins",
        "remind_after",
        "close_after",
    ];
    let field = FIELDS.into_iter().find(|field| Some(*field) == refused.field()).unwrap_or_default();
    let (message, newer) = match refused {
        // The version that comes back is the newer one: saving again is a decision.
        Refused::Stale => ("Somebody changed this channel meanwhile. Save again to write over it.".to_owned(), vec![]),
        refused => (refused.to_string(), Vec::new()),
    };
    let status = crate::web::Problem::of(refused).status;
    let version = channel.as_ref().map(|channel| channel.version.to_string()).unwrap_or_default();
    let typed = Typed { version, auth_token: String::new(), ..typed };
    render(
        page,
        channel.map(|channel| (channel, None)),
        typed,
        Some(Problem { field, message, newer, ..Problem::default() }),
        status,
    )
}

fn render(
    page: &Page,
    channel: Option<(Channel, Option<Paste>)>,
    fields: Typed,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (chrome, sections) = enter(page, CHANNELS)?;
    let directory = page.desk.directory()?;
    let queues = directory.queues.iter().map(|queue| (queue.slug.clone(), queue.name.clone())).collect();
    let kind = match &channel {
        Some((channel, _)) => channel.kind,
        None => fields.kind.parse().unwrap_or(ChannelKind::Sms),
    };
    let known = channel.map(|(channel, fresh)| KnownChannel {
        paste: paste(page, &channel),
        has_auth_token: channel.sealed.auth_token.is_some(),
        is_trial: channel.settings.provider == Some(Provider::Trial),
        slug: channel.slug,
        name: channel.name,
        fresh,
    });
    page.shows_as(status, &ChannelPage { chrome, sections, kind, known, fields, queues, problem })
}

/// What is pasted elsewhere to make the channel work.
fn paste(page: &Page, channel: &Channel) -> Vec<Paste> {
    let (slug, key) = (&channel.slug, &channel.key);
    match channel.kind {
        ChannelKind::Sms => vec![Paste {
            id: "webhook",
            label: "Webhook address",
            hint: "At Twilio, open the number, and under Messaging set “A message comes in” to Webhook, HTTP POST, this \
                   address. What becomes of our own messages is told to us by itself.",
            text: page.link(&format!("/channels/{slug}/twilio")),
        }],
        ChannelKind::Widget => vec![Paste {
            id: "snippet",
            label: "Snippet",
            hint: "Paste this before </body> on every page that shall show the chat.",
            text: format!("<script src=\"{}\" data-key=\"{key}\" async></script>", page.link("/widget.js")),
        }],
        ChannelKind::Api => vec![
            Paste {
                id: "address",
                label: "Address for messages",
                hint: "Your program posts what customers write to this address, with its token.",
                text: page.link(&format!("/api/v1/inbound/{slug}")),
            },
            Paste {
                id: "example",
                label: "An example",
                hint: "Answers come with GET /api/v1/events, or over /api/v1/live as they are written.",
                text: format!(
                    "curl {} \\\n  -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' \\\n  \
                     -d '{{\"provider_message_id\": \"m1\", \"from\": \"+14155550100\", \"body\": \"Hello\"}}'",
                    page.link(&format!("/api/v1/inbound/{slug}"))
                ),
            },
        ],
    }
}
