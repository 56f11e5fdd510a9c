//! Channels: set up by admins, with the secrets of providers and sites.

use chrono::{DateTime, Utc};

use super::people::is_country;
use super::setup::{slug, slug_taken, unrouted};
use super::{Desk, Done, Error};
use crate::config::Secret;
use crate::domain::channel::{ChannelSettings, Sealed};
use crate::domain::state::ContactType;
use crate::domain::{Actor, Channel, ChannelId, ChannelKind, Fact, FactKind, QueueId, Refused};
use crate::store::{self, Conn, Tx, channels, conversations, facts, queues};

/// A channel as a form or a program writes it. None leaves what was there as it is.
#[derive(Debug, Clone)]
pub struct NewChannel {
    pub slug: String,
    pub name: String,
    /// sms, widget, api.
    pub kind: String,
    pub contact_type: ContactType,
    /// A slug; without one, the queue Unrouted.
    pub queue: Option<String>,
    pub provider: Option<String>,
    pub account_sid: Option<String>,
    /// Empty forgets the one that is there.
    pub auth_token: Option<String>,
    pub number: Option<String>,
    pub api_base: Option<String>,
    /// Two letters; empty is none.
    pub country: Option<String>,
    pub origins: Option<Vec<String>>,
    /// Seconds; the inner None is the default of the type.
    pub remind_after: Option<Option<i64>>,
    pub close_after: Option<Option<i64>>,
    pub help_text: Option<String>,
}

impl Default for NewChannel {
    fn default() -> Self {
        NewChannel {
            slug: String::new(),
            name: String::new(),
            kind: String::new(),
            contact_type: ContactType::Messaging,
            queue: None,
            provider: None,
            account_sid: None,
            auth_token: None,
            number: None,
            api_base: None,
            country: None,
            origins: None,
            remind_after: None,
            close_after: None,
            help_text: None,
        }
    }
}

impl Desk {
    /// Adds a channel, with a public key of its own.
    pub fn add_channel(&self, by: Actor, new: NewChannel) -> Done<Channel> {
        let (kind, settings) = new.read(ChannelSettings::default())?;
        let slug = slug(&new.slug)?;
        let key = random(12)?;
        let secret = random(32)?;
        let sealed = Sealed {
            auth_token: self.sealed_token(&slug, new.auth_token.as_deref())?,
            secret: Some(self.seal(&secret, &place(&slug, SECRET))?).filter(|_| kind == ChannelKind::Widget),
        };
        let name = named(&new.name, &slug)?;
        let clock = self.clock.clone();
        let added = self.noted("channel made", slug.clone(), move |tx| {
            let now = clock.now();
            let queue = channel_queue(tx.conn, new.queue.as_deref(), now)?;
            let channel = Channel {
                id: ChannelId(0),
                slug: slug.clone(),
                name: name.clone(),
                kind,
                contact_type: new.contact_type,
                queue,
                key: key.clone(),
                settings: settings.clone(),
                sealed: sealed.clone(),
                version: 0,
            };
            let id = channels::insert(tx.conn, &channel, now).map_err(slug_taken)?;
            noted(tx, by, &channel, "added", now)?;
            Ok::<_, Error>(channels::find(tx.conn, id)?)
        })?;
        self.directory_changed();
        Ok(added)
    }

    /// Writes a channel anew; its slug, kind and key stay.
    pub fn change_channel(&self, by: Actor, id: ChannelId, new: NewChannel, version: Option<i64>) -> Done<Channel> {
        let known = self.db.read(|conn| Ok::<_, Error>(channels::find(conn, id)?))?;
        let token = new.auth_token.as_deref().map(|token| self.sealed_token(&known.slug, Some(token))).transpose()?;
        let clock = self.clock.clone();
        let changed = self.noted("channel changed", known.slug.clone(), move |tx| {
            let known = channels::find(tx.conn, id)?;
            if version.is_some_and(|version| version != known.version) {
                return Err(Refused::Stale.into());
            }
            let now = clock.now();
            let settings =
                NewChannel { kind: known.kind.as_str().to_owned(), ..new.clone() }.read(known.settings.clone())?.1;
            let changed = Channel {
                name: named(&new.name, &known.slug)?,
                contact_type: new.contact_type,
                queue: channel_queue(tx.conn, new.queue.as_deref(), now)?,
                settings,
                sealed: Sealed {
                    auth_token: token.clone().unwrap_or_else(|| known.sealed.auth_token.clone()),
                    ..known.sealed.clone()
                },
                ..known.clone()
            };
            channels::save(tx.conn, &changed)?;
            if changed.settings.silence() != known.settings.silence() {
                conversations::look_again(tx.conn, id, now)?;
            }
            noted(tx, by, &changed, &difference(&known, &changed), now)?;
            Ok::<_, Error>(channels::find(tx.conn, id)?)
        })?;
        self.directory_changed();
        Ok(changed)
    }

    /// Gives a widget a new secret that signs its visitors; what the old one signed counts no more. Its text is shown once.
    pub fn renew_secret(&self, by: Actor, id: ChannelId) -> Done<String> {
        let known = self.db.read(|conn| Ok::<_, Error>(channels::find(conn, id)?))?;
        let secret = random(32)?;
        let sealed = self.seal(&secret, &place(&known.slug, SECRET))?;
        let clock = self.clock.clone();
        self.noted("channel secret made", known.slug, move |tx| {
            let mut channel = channels::find(tx.conn, id)?;
            channel.sealed.secret = Some(sealed.clone());
            channels::save(tx.conn, &channel)?;
            noted(tx, by, &channel, "secret", clock.now())
        })?;
        self.directory_changed();
        Ok(secret)
    }

    /// The channel of a slug.
    pub fn channel(&self, slug: &str) -> Done<Channel> {
        self.db.read(|conn| Ok(channels::by_slug(conn, slug)?))
    }

    /// The channel of an id.
    pub fn channel_by_id(&self, id: ChannelId) -> Done<Channel> {
        self.db.read(|conn| Ok(channels::find(conn, id)?))
    }

    /// The channel of a public key.
    pub fn channel_by_key(&self, key: &str) -> Done<Channel> {
        self.db.read(|conn| Ok(channels::by_key(conn, key)?))
    }

    /// The provider's token; none if there is none, or if it was sealed with another key than the house has now.
    pub fn auth_token(&self, channel: &Channel) -> Done<Option<Secret>> {
        self.opened(channel, channel.sealed.auth_token.as_deref(), AUTH_TOKEN)
    }

    /// What signs the visitors of a widget.
    pub fn identity_secret(&self, channel: &Channel) -> Done<Option<Secret>> {
        self.opened(channel, channel.sealed.secret.as_deref(), SECRET)
    }

    fn opened(&self, channel: &Channel, sealed: Option<&str>, what: &str) -> Done<Option<Secret>> {
        sealed.map_or(Ok(None), |sealed| self.unseal(sealed, &place(&channel.slug, what)))
    }

    fn sealed_token(&self, slug: &str, token: Option<&str>) -> Done<Option<String>> {
        match token.map(str::trim) {
            None | Some("") => Ok(None),
            Some(token) if token.chars().count() > 200 => {
                Err(Refused::invalid("auth_token", "Use at most 200 characters.").into())
            }
            Some(token) => Ok(Some(self.seal(token, &place(slug, AUTH_TOKEN))?)),
        }
    }
}

const AUTH_TOKEN: &str = "auth_token";
const SECRET: &str = "secret";

impl NewChannel {
    /// The kind, and the settings on top of those that were there.
    fn read(&self, known: ChannelSettings) -> Result<(ChannelKind, ChannelSettings), Refused> {
        let kind: ChannelKind =
            self.kind.trim().parse().map_err(|_| Refused::invalid("kind", "Choose sms, widget or api."))?;
        if !matches!(self.contact_type, ContactType::Chat | ContactType::Messaging) {
            return Err(Refused::invalid("type", "Choose chat or messaging."));
        }
        let provider = match self.provider.as_deref().map(str::trim) {
            None => known.provider,
            Some("") => None,
            Some(word) => Some(word.parse().map_err(|_| Refused::invalid("provider", "Choose twilio or trial."))?),
        };
        let or = |new: &Option<String>, known: String| new.clone().unwrap_or(known);
        let settings = ChannelSettings {
            provider,
            account_sid: or(&self.account_sid, known.account_sid),
            number: or(&self.number, known.number),
            api_base: or(&self.api_base, known.api_base),
            country: or(&self.country, known.country),
            origins: self.origins.clone().unwrap_or(known.origins),
            remind_after: self.remind_after.unwrap_or(known.remind_after),
            close_after: self.close_after.unwrap_or(known.close_after),
            help_text: or(&self.help_text, known.help_text),
        };
        let settings = settings.checked(kind)?;
        if !is_country(&settings.country) {
            return Err(Refused::invalid("country", "Use the two letters of a country, like GB, or nothing."));
        }
        Ok((kind, settings))
    }
}

/// Where a secret is sealed to.
fn place(slug: &str, what: &str) -> String {
    format!("channel {slug} {what}")
}

fn random(bytes: usize) -> Done<String> {
    let mut random = vec![0; bytes];
    let failed = |error| Error::Store(store::Error::Unavailable(format!("no randomness: {error}")));
    getrandom::fill(&mut random).map_err(failed)?;
    Ok(hex::encode(random))
}

fn named(name: &str, slug: &str) -> Result<String, Refused> {
    match name.trim() {
        "" => Ok(slug.to_owned()),
        name if name.chars().count() > 120 => Err(Refused::invalid("name", "Use at most 120 characters.")),
        name => Ok(name.to_owned()),
    }
}

/// Who changed what: for the record. What the house sets up by itself is nobody's change.
fn noted(tx: &mut Tx, by: Actor, channel: &Channel, what: &str, at: DateTime<Utc>) -> Done<()> {
    if by == Actor::System {
        return Ok(());
    }
    let fact = Fact::new(FactKind::SetUpChanged, by, at);
    Ok(facts::append(tx, vec![fact.with("record", format!("channel {}", channel.slug)).with("what", what)])?)
}

/// The names of what is not as it was; never what it is.
fn difference(before: &Channel, after: &Channel) -> String {
    let (b, a) = (&before.settings, &after.settings);
    let fields = [
        ("name", before.name != after.name),
        ("type", before.contact_type != after.contact_type),
        ("queue", before.queue != after.queue),
        ("provider", b.provider != a.provider),
        ("account_sid", b.account_sid != a.account_sid),
        ("auth_token", before.sealed.auth_token != after.sealed.auth_token),
        ("number", b.number != a.number),
        ("api_base", b.api_base != a.api_base),
        ("country", b.country != a.country),
        ("origins", b.origins != a.origins),
        ("idle", (b.remind_after, b.close_after) != (a.remind_after, a.close_after)),
        ("help_text", b.help_text != a.help_text),
    ];
    fields.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect::<Vec<_>>().join(", ")
}

/// The queue of a slug; without one, the queue Unrouted, made when it is first needed.
fn channel_queue(conn: &mut Conn, slug: Option<&str>, now: DateTime<Utc>) -> Done<QueueId> {
    match slug {
        Some(slug) => match queues::by_slug(conn, slug) {
            Err(store::Error::NotFound) => Err(Refused::invalid("queue", "No such queue.").into()),
            queue => Ok(queue?.id),
        },
        None => Ok(unrouted(conn, now)?.id),
    }
}
