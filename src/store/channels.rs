//! Channels, with their settings and what is sealed of them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};

use super::schema::channels;
use super::types::{word, word_or_none};
use super::{At, Conn, D, Error};
use crate::domain::channel::{ChannelSettings, Sealed};
use crate::domain::due::Silence;
use crate::domain::{Channel, ChannelId, QueueId};

#[derive(Queryable, Selectable)]
#[diesel(table_name = channels)]
struct Stored {
    id: i64,
    slug: String,
    name: String,
    kind: String,
    contact_type: String,
    queue_id: i64,
    key: String,
    settings: D,
    auth_token: Option<String>,
    secret: Option<String>,
    version: i64,
}

/// Every channel, by name.
pub fn all(conn: &mut Conn) -> Result<Vec<Channel>, Error> {
    let rows = channels::table.order((channels::name, channels::id)).select(Stored::as_select());
    rows.load(conn)?.into_iter().map(read).collect()
}

/// The channel of a slug.
pub fn by_slug(conn: &mut Conn, slug: &str) -> Result<Channel, Error> {
    read(channels::table.filter(channels::slug.eq(slug)).select(Stored::as_select()).first(conn)?)
}

/// The channel of an id.
pub fn find(conn: &mut Conn, id: ChannelId) -> Result<Channel, Error> {
    read(channels::table.find(id.0).select(Stored::as_select()).first(conn)?)
}

/// The channel of a public key.
pub fn by_key(conn: &mut Conn, key: &str) -> Result<Channel, Error> {
    read(channels::table.filter(channels::key.eq(key)).select(Stored::as_select()).first(conn)?)
}

/// Adds a channel; a slug that is taken is a unique violation.
pub fn insert(conn: &mut Conn, new: &Channel, at: DateTime<Utc>) -> Result<ChannelId, Error> {
    let row = (
        channels::slug.eq(&new.slug),
        channels::name.eq(&new.name),
        channels::kind.eq(new.kind.as_str()),
        channels::contact_type.eq(new.contact_type.as_str()),
        channels::queue_id.eq(new.queue.0),
        channels::created_at.eq(At(at)),
        channels::version.eq(1),
        channels::key.eq(&new.key),
        channels::settings.eq(D(document(&new.settings))),
        channels::auth_token.eq(&new.sealed.auth_token),
        channels::secret.eq(&new.sealed.secret),
    );
    Ok(ChannelId(diesel::insert_into(channels::table).values(row).returning(channels::id).get_result(conn)?))
}

/// Writes a changed channel under its version; slug, kind and key stay.
pub fn save(conn: &mut Conn, changed: &Channel) -> Result<(), Error> {
    let row = (
        channels::name.eq(&changed.name),
        channels::contact_type.eq(changed.contact_type.as_str()),
        channels::queue_id.eq(changed.queue.0),
        channels::version.eq(changed.version + 1),
        channels::settings.eq(D(document(&changed.settings))),
        channels::auth_token.eq(&changed.sealed.auth_token),
        channels::secret.eq(&changed.sealed.secret),
    );
    let known = channels::id.eq(changed.id.0).and(channels::version.eq(changed.version));
    match diesel::update(channels::table.filter(known)).set(row).execute(conn)? {
        1 => Ok(()),
        _ => Err(Error::Stale),
    }
}

fn read(row: Stored) -> Result<Channel, Error> {
    Ok(Channel {
        id: ChannelId(row.id),
        slug: row.slug,
        name: row.name,
        kind: word(&row.kind)?,
        contact_type: word(&row.contact_type)?,
        queue: QueueId(row.queue_id),
        key: row.key,
        settings: settings(&row.settings.0)?,
        sealed: Sealed { auth_token: row.auth_token, secret: row.secret },
        version: row.version,
    })
}

/// The settings as a document; what says nothing is left out.
fn document(settings: &ChannelSettings) -> Value {
    let document = json!({
        "provider": settings.provider.map(|provider| provider.as_str()),
        "account_sid": settings.account_sid,
        "number": settings.number,
        "api_base": settings.api_base,
        "country": settings.country,
        "origins": settings.origins,
        "remind_after": settings.remind_after,
        "close_after": settings.close_after,
        "help_text": settings.help_text,
    });
    let Value::Object(mut fields) = document else { return document };
    fields.retain(|_, value| !value.is_null() && value != "" && *value != json!([]));
    Value::Object(fields)
}

/// How long a channel with these settings lets its customers be silent.
pub(super) fn silence(document: &Value) -> Silence {
    let number = |name: &str| document.get(name).and_then(Value::as_i64);
    Silence { remind: number("remind_after"), close: number("close_after") }
}

fn settings(document: &Value) -> Result<ChannelSettings, Error> {
    let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let silence = silence(document);
    let origins = document.get("origins").and_then(Value::as_array).into_iter().flatten();
    Ok(ChannelSettings {
        provider: word_or_none(document.get("provider").and_then(Value::as_str))?,
        account_sid: text("account_sid"),
        number: text("number"),
        api_base: text("api_base"),
        country: text("country"),
        origins: origins.filter_map(Value::as_str).map(str::to_owned).collect(),
        remind_after: silence.remind,
        close_after: silence.close,
        help_text: text("help_text"),
    })
}
