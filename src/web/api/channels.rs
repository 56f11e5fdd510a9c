//! Channels.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, HttpRequest, Responder, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::{Body, IfMatch, given, plain};
use super::door::Me;
use super::list::{Asked, List, Paged};
use super::patch::{Fixed, read};
use super::refs::QueueRef;
use crate::desk::Error as Refusal;
use crate::desk::channels::NewChannel;
use crate::desk::directory::Directory;
use crate::desk::sign_in::Token;
use crate::domain::state::ContactType;
use crate::domain::{self, Actor, Agent, ChannelKind, Refused};
use crate::web::Error;
use crate::web::settings::tried;

/// A source of contacts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Channel {
    pub id: i64,
    pub slug: String,
    pub name: String,
    /// sms, widget or api.
    pub kind: &'static str,
    /// The type of its interactions: chat or messaging.
    #[serde(rename = "type")]
    pub contact_type: &'static str,
    pub queue: Option<QueueRef>,
    /// Random; stands in the channel's public addresses.
    pub key: String,
    /// twilio or trial, on an SMS channel; on trial nothing is sent.
    pub provider: Option<&'static str>,
    pub account_sid: Option<String>,
    pub number: Option<String>,
    /// Where the provider is; null for its own address.
    pub api_base: Option<String>,
    /// Two letters (ISO 3166): phone numbers without a plus are read as this country writes them.
    pub country: Option<String>,
    /// Whether the provider's token is known; it is never answered.
    pub has_auth_token: bool,
    /// Sites that may show the widget; empty is every site.
    pub origins: Vec<String>,
    /// Seconds of silence until a reminder and until a chat closes; null is the default of the type, 0 is never.
    pub remind_after: Option<i64>,
    pub close_after: Option<i64>,
    /// What HELP answers.
    pub help_text: Option<String>,
    pub version: i64,
}

/// A channel to make, or what to change of one: null is what a channel has of which nothing was said.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct ChannelFields {
    pub slug: Option<String>,
    pub name: Option<String>,
    pub kind: Option<String>,
    #[serde(rename = "type")]
    pub contact_type: Option<String>,
    /// A slug; without one, the queue Unrouted.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub queue: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub provider: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub account_sid: Option<Option<String>>,
    /// Write-only.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub auth_token: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub number: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub api_base: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub country: Option<Option<String>>,
    pub origins: Option<Vec<String>>,
    /// Seconds of the customer's silence; 0 is never, null the default of the type.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    pub remind_after: Option<Option<i64>>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    pub close_after: Option<Option<i64>>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub help_text: Option<Option<String>>,
    pub version: Option<i64>,
}

/// Where a test goes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Test {
    /// A phone number, on a channel that sends texts.
    pub to: Option<String>,
}

/// What came of a test.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tested {
    pub message: String,
    /// Where it arrived; null where a text was sent, which belongs to no conversation.
    pub conversation: Option<String>,
}

/// What signs a widget's visitors, or lets a program in: told this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fresh {
    pub secret: String,
}

const FIXED: &[Fixed] = &[
    ("slug", "The slug of a channel stays."),
    ("kind", "The kind of a channel stays."),
    ("has_auth_token", "Write auth_token."),
];

/// The queue is named to whoever may work it.
fn told(channel: &domain::Channel, directory: &Directory, me: &Agent) -> Channel {
    let queue = directory.queues_of(me).find(|queue| queue.id == channel.queue);
    let settings = &channel.settings;
    Channel {
        id: channel.id.0,
        slug: channel.slug.clone(),
        name: channel.name.clone(),
        kind: channel.kind.as_str(),
        contact_type: channel.contact_type.as_str(),
        queue: queue.map(|queue| QueueRef { id: queue.id.0, name: queue.name.clone(), slug: queue.slug.clone() }),
        key: channel.key.clone(),
        provider: settings.provider.map(|provider| provider.as_str()),
        account_sid: said(&settings.account_sid),
        number: said(&settings.number),
        api_base: said(&settings.api_base),
        country: said(&settings.country),
        has_auth_token: channel.sealed.auth_token.is_some(),
        origins: settings.origins.clone(),
        remind_after: settings.remind_after,
        close_after: settings.close_after,
        help_text: said(&settings.help_text),
        version: channel.version,
    }
}

fn said(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// The channel of a path, by id or slug.
async fn of_path(me: &Me, path: &str) -> Result<domain::Channel, Error> {
    let asked = plain(path).to_lowercase();
    let found = me.does(move |desk, _| {
        let named = |channel: &&domain::Channel| channel.slug == asked || asked.parse() == Ok(channel.id.0);
        desk.directory()?.channels.iter().find(named).cloned().ok_or(Refusal::NotFound)
    });
    found.await
}

fn contact_type(text: Option<&str>) -> Result<Option<ContactType>, Refused> {
    let read = text.map(str::parse).transpose();
    read.map_err(|_| Refused::invalid("type", "Choose chat or messaging."))
}

impl ChannelFields {
    /// What a channel is made or changed with.
    fn written(self, contact_type: ContactType, name: String) -> NewChannel {
        let text = Option::unwrap_or_default;
        NewChannel {
            slug: String::new(),
            name: self.name.unwrap_or(name),
            kind: String::new(),
            contact_type,
            queue: self.queue.flatten(),
            provider: self.provider.map(text),
            account_sid: self.account_sid.map(text),
            auth_token: self.auth_token.map(text),
            number: self.number.map(text),
            api_base: self.api_base.map(text),
            country: self.country.map(text),
            origins: self.origins,
            remind_after: self.remind_after,
            close_after: self.close_after,
            help_text: self.help_text.map(text),
        }
    }
}

/// Lists the channels.
#[utoipa::path(tag = "set-up", params(Paged), responses((status = 200, body = List<Channel>)))]
#[get("/channels")]
pub async fn list(me: Me, asked: Asked) -> Result<Json<List<Channel>>, Error> {
    let (limit, after) = (asked.limit()?, asked.after_id()?.unwrap_or_default());
    let page = me.does(move |desk, me| {
        let directory = desk.directory()?;
        let mut channels: Vec<&domain::Channel> = directory.channels.iter().filter(|c| c.id.0 > after).collect();
        channels.sort_by_key(|channel| channel.id);
        let items = channels.into_iter().map(|channel| told(channel, &directory, me)).collect();
        Ok(List::by_id(items, limit, |channel: &Channel| channel.id))
    });
    Ok(Json(page.await?))
}

/// Shows a channel.
#[utoipa::path(tag = "set-up", responses((status = 200, body = Channel)))]
#[get("/channels/{id}")]
pub async fn show(me: Me, path: Path<String>) -> Result<Json<Channel>, Error> {
    let channel = of_path(&me, &path).await?;
    let shown = me.does(move |desk, me| Ok(told(&channel, &*desk.directory()?, me)));
    Ok(Json(shown.await?))
}

/// Makes a channel.
#[utoipa::path(tag = "set-up", request_body = ChannelFields, responses((status = 201, body = Channel)))]
#[post("/channels")]
pub async fn create(me: Me, body: Body<ChannelFields>) -> Result<CustomizeResponder<Json<Channel>>, Error> {
    me.sets_up()?;
    let fields = body.0?;
    let contact_type = contact_type(fields.contact_type.as_deref())?.unwrap_or(ContactType::Messaging);
    let new = NewChannel {
        slug: fields.slug.clone().unwrap_or_default(),
        kind: fields.kind.clone().unwrap_or_default(),
        ..fields.written(contact_type, String::new())
    };
    let made = me.does(move |desk, me| {
        let channel = desk.add_channel(Actor::Agent(me.id), new)?;
        Ok(told(&channel, &*desk.directory()?, me))
    });
    Ok(Json(made.await?).customize().with_status(StatusCode::CREATED))
}

/// Changes a channel; its slug and kind stay.
#[utoipa::path(tag = "set-up", request_body = ChannelFields, responses((status = 200, body = Channel)))]
#[patch("/channels/{id}")]
pub async fn change(me: Me, path: Path<String>, body: Body<Map<String, Value>>) -> Result<Json<Channel>, Error> {
    let known = of_path(&me, &path).await?;
    me.sets_up()?;
    let fields = read::<ChannelFields, Channel>(body.0?, FIXED)?;
    let contact_type = contact_type(fields.contact_type.as_deref())?.unwrap_or(known.contact_type);
    let changed = me.does(move |desk, me| {
        let queue = match &fields.queue {
            Some(queue) => queue.clone(),
            None => desk.directory()?.queue(known.queue).map(|queue| queue.slug.clone()),
        };
        let version = fields.version;
        let new = NewChannel { queue, ..fields.written(contact_type, known.name) };
        let channel = desk.change_channel(Actor::Agent(me.id), known.id, new, version)?;
        Ok(told(&channel, &*desk.directory()?, me))
    });
    Ok(Json(changed.await?))
}

/// Removes a channel on which nobody ever wrote.
#[utoipa::path(tag = "set-up", responses((status = 200, body = Channel)))]
#[delete("/channels/{id}")]
pub async fn remove(me: Me, path: Path<String>, version: IfMatch) -> Result<Json<Channel>, Error> {
    let known = of_path(&me, &path).await?;
    me.sets_up()?;
    let version = version.0?;
    let gone = me.does(move |desk, me| {
        let gone = told(&known, &*desk.directory()?, me);
        desk.remove_channel(known.id, version)?;
        Ok(gone)
    });
    Ok(Json(gone.await?))
}

/// Tries a channel out, as "Send a test" does: 201 where it arrived as a customer's message, 200 where a text was sent.
#[utoipa::path(
    tag = "set-up",
    request_body = Test,
    responses((status = 201, body = Tested), (status = 200, description = "A text was sent", body = Tested))
)]
#[post("/channels/{id}/tests")]
pub async fn test(me: Me, path: Path<String>, body: Body<Test>) -> Result<CustomizeResponder<Json<Tested>>, Error> {
    let known = of_path(&me, &path).await?;
    me.sets_up()?;
    let to = body.0?.to.unwrap_or_default();
    let tried = me.does(move |desk, me| tried(desk, me, &known, &to)).await?;
    let status = if tried.conversation.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    let tested = Tested { message: tried.said, conversation: tried.conversation.map(|id| id.to_string()) };
    Ok(Json(tested).customize().with_status(status))
}

/// Makes a new secret that signs the visitors of a widget, or a new token of an API channel. What an old secret signed
/// counts no more; old tokens stay. An Idempotency-Key is refused: what is told once is not kept to be told again.
#[utoipa::path(tag = "set-up", responses((status = 201, body = Fresh)))]
#[post("/channels/{id}/secret")]
pub async fn renew_secret(
    me: Me,
    path: Path<String>,
    request: HttpRequest,
) -> Result<CustomizeResponder<Json<Fresh>>, Error> {
    let known = of_path(&me, &path).await?;
    me.sets_up()?;
    if request.headers().contains_key("Idempotency-Key") {
        let sentence = "A secret is told once: send this without an Idempotency-Key.";
        return Err(Refused::invalid("Idempotency-Key", sentence).into());
    }
    let secret = me.does(move |desk, me| match known.kind {
        ChannelKind::Widget => desk.renew_secret(Actor::Agent(me.id), known.id),
        ChannelKind::Api => desk.create_token(Token::Channel(known.slug)),
        ChannelKind::Sms => Err(Refused::IllegalState("A text channel signs nobody and lets nobody in.".into()).into()),
    });
    Ok(Json(Fresh { secret: secret.await? }).customize().with_status(StatusCode::CREATED))
}
