//! What the house keeps about itself, by name.

use diesel::prelude::*;

use super::schema::settings;
use super::{Conn, Error};

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
