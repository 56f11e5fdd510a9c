//! Channel profiles: who writes on a channel, and whose that is.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, Responder, delete, get, post, put};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::{Body, IfMatch, invalid};
use super::door::Me;
use super::list::{Asked, List, Paged};
use super::refs::{AgentRef, ChannelRef, ContactRef, Refs};
use crate::desk::contacts::Whom;
use crate::desk::people;
use crate::desk::profiles::Of;
use crate::desk::{Desk, Done};
use crate::domain::names::Wanted;
use crate::domain::{Agent, ContactId, ProfileId, Refused};
use crate::web::Error;

/// An identity on one channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelProfile {
    pub id: i64,
    pub channel: ChannelRef,
    /// The phone number, e-mail address or id that writes.
    pub identifier: String,
    pub contact: Option<ContactRef>,
    /// Several contacts have the identifier, and nobody has said which one it is.
    pub ambiguous: bool,
    /// Those it could be.
    pub candidates: Vec<ContactRef>,
    pub blocked: bool,
    /// Who said whose it is, or that it is nobody's on record; null where it was matched, or matches nobody.
    pub linked_by: Option<AgentRef>,
    pub linked_at: Option<DateTime<Utc>>,
    pub version: i64,
}

/// An address that is somebody's.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProfileFields {
    /// The slug of the channel.
    pub channel: Option<String>,
    pub identifier: Option<String>,
    /// The id of the contact.
    pub contact: Option<i64>,
}

/// Whose it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Claim {
    /// The id of a contact.
    pub contact: Option<i64>,
    pub version: Option<i64>,
}

/// What a list of channel profiles may be asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query for the document")]
pub struct Whose {
    /// The id of a contact; `none` for those of nobody on record.
    contact: Option<String>,
}

fn all(desk: &Desk, me: &Agent, profiles: Vec<people::Profile>) -> Done<Vec<ChannelProfile>> {
    let mut wanted = Wanted::default();
    wanted.channels.extend(profiles.iter().map(|profile| profile.channel.0));
    wanted.contacts.extend(profiles.iter().filter_map(|profile| profile.contact).map(|id| id.0));
    wanted.agents.extend(profiles.iter().filter_map(|profile| profile.said_by).map(|id| id.0));
    let names = desk.names(Some(me), &wanted)?;
    let one = |profile: people::Profile| {
        let candidates = if profile.ambiguous { desk.candidates(&profile.identifier)? } else { Vec::new() };
        let candidates = candidates.into_iter().map(|contact| ContactRef { id: contact.id.0, name: contact.name });
        Ok(ChannelProfile {
            id: profile.id.0,
            channel: names.channel(profile.channel),
            identifier: profile.identifier,
            contact: profile.contact.map(|id| names.contact(id)),
            ambiguous: profile.ambiguous,
            candidates: candidates.collect(),
            blocked: profile.blocked,
            linked_by: profile.said_by.map(|id| names.agent(id)),
            linked_at: profile.said_at,
            version: profile.version,
        })
    };
    profiles.into_iter().map(one).collect()
}

fn told(desk: &Desk, me: &Agent, profile: people::Profile) -> Done<ChannelProfile> {
    all(desk, me, vec![profile])?.pop().ok_or(crate::desk::Error::NotFound)
}

fn id(path: &str) -> Result<ProfileId, Error> {
    path.parse().map(ProfileId).map_err(|_| Error::NotFound)
}

/// Lists channel profiles, of one contact or of all.
#[utoipa::path(tag = "people", params(Whose, Paged), responses((status = 200, body = List<ChannelProfile>)))]
#[get("/channel-profiles")]
pub async fn list(me: Me, asked: Asked) -> Result<Json<List<ChannelProfile>>, Error> {
    let of = match asked.one("contact") {
        Some("none") => Of::Nobody,
        Some(text) => {
            let id = text.parse().map_err(|_| invalid("contact", "Send the id of a contact, or none."))?;
            Of::Contact(ContactId(id))
        }
        None => Of::Anybody,
    };
    let (limit, after) = (asked.limit()?, ProfileId(asked.after_id()?.unwrap_or_default()));
    let page = me.does(move |desk, me| {
        let profiles = desk.channel_profiles(me, of, after, limit + 1)?;
        Ok(List::by_id(all(desk, me, profiles)?, limit, |profile: &ChannelProfile| profile.id))
    });
    Ok(Json(page.await?))
}

/// Shows a channel profile.
#[utoipa::path(tag = "people", responses((status = 200, body = ChannelProfile)))]
#[get("/channel-profiles/{id}")]
pub async fn show(me: Me, path: Path<String>) -> Result<Json<ChannelProfile>, Error> {
    let id = id(&path)?;
    Ok(Json(me.does(move |desk, me| told(desk, me, desk.channel_profile(me, id)?.0)).await?))
}

/// Says that an address on a channel is a contact's, whether it ever wrote or not.
#[utoipa::path(tag = "people", request_body = ProfileFields, responses((status = 201, body = ChannelProfile)))]
#[post("/channel-profiles")]
pub async fn create(me: Me, body: Body<ProfileFields>) -> Result<CustomizeResponder<Json<ChannelProfile>>, Error> {
    let fields = body.0?;
    let made = me.does(move |desk, me| {
        let slug = fields.channel.as_deref().unwrap_or_default().trim().to_lowercase();
        let directory = desk.directory()?;
        let channel = directory.channels.iter().find(|channel| channel.slug == slug);
        let channel = channel.ok_or_else(|| Refused::invalid("channel", "No such channel."))?;
        let contact = fields.contact.ok_or_else(|| Refused::invalid("contact", "Say whose it is."))?;
        let address = fields.identifier.unwrap_or_default();
        match desk.link_address(me, ContactId(contact), channel.id, &address) {
            Err(crate::desk::Error::NotFound) => Err(Refused::invalid("contact", "No such contact.").into()),
            profile => told(desk, me, profile?),
        }
    });
    Ok(Json(made.await?).customize().with_status(StatusCode::CREATED))
}

/// Says whose a channel profile is: everything from there is theirs from now on.
#[utoipa::path(tag = "people", request_body = Claim, responses((status = 200, body = ChannelProfile)))]
#[put("/channel-profiles/{id}/contact")]
pub async fn link(me: Me, path: Path<String>, body: Body<Claim>) -> Result<Json<ChannelProfile>, Error> {
    let id = id(&path)?;
    me.does(move |desk, me| desk.channel_profile(me, id)).await?;
    let Claim { contact, version } = body.0?;
    let contact = contact.ok_or_else(|| Refused::invalid("contact", "Say whose it is."))?;
    let whom = Whom::Known(ContactId(contact));
    Ok(Json(me.does(move |desk, me| told(desk, me, desk.link_profile(me, id, whom, version)?)).await?))
}

/// Says that a channel profile is nobody's on record. It is not matched again by itself.
#[utoipa::path(tag = "people", responses((status = 200, body = ChannelProfile)))]
#[delete("/channel-profiles/{id}/contact")]
pub async fn unlink(me: Me, path: Path<String>, version: IfMatch) -> Result<Json<ChannelProfile>, Error> {
    let id = id(&path)?;
    me.does(move |desk, me| desk.channel_profile(me, id)).await?;
    let version = version.0?;
    Ok(Json(me.does(move |desk, me| told(desk, me, desk.link_profile(me, id, Whom::Nobody, version)?)).await?))
}
