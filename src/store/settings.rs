//! What the house keeps about itself, by name.

use diesel::prelude::*;

use super::schema::settings;
use super::{Conn, Db, Error};
use crate::config::{Config, Secret};

/// A setting, if it was ever set.
pub fn get(conn: &mut Conn, key: &str) -> Result<Option<String>, Error> {
    Ok(settings::table.find(key).select(settings::value).first(conn).optional()?)
}

/// A setting; set to `first` if it never was.
pub fn get_or_set(conn: &mut Conn, key: &str, first: &str) -> Result<String, Error> {
    if let Some(value) = get(conn, key)? {
        return Ok(value);
    }
    let values = (settings::key.eq(key), settings::value.eq(first));
    crate::native!(conn, |conn| diesel::insert_into(settings::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(conn))?;
    get(conn, key)?.ok_or(Error::NotFound)
}

/// Writes a setting.
pub fn set(conn: &mut Conn, key: &str, value: &str) -> Result<(), Error> {
    let values = (settings::key.eq(key), settings::value.eq(value));
    crate::native!(conn, |conn| diesel::insert_into(settings::table)
        .values(values)
        .on_conflict(settings::key)
        .do_update()
        .set(settings::value.eq(value))
        .execute(conn))?;
    Ok(())
}

/// The key that signs and encrypts: as configured, or made at the first start and kept here.
pub fn secret(db: &Db, config: &Config) -> Result<Secret, Error> {
    if let Some(secret) = &config.secret {
        return Ok(secret.clone());
    }
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| Error::Unavailable(format!("no randomness: {error}")))?;
    let fresh = hex::encode(random);
    let kept: Result<String, Error> = db.write(move |tx| get_or_set(tx.conn, "secret", &fresh));
    kept.map(Secret::new)
}
