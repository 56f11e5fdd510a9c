//! What a form offers: resolutions, and tags.

use diesel::dsl::{count_star, max};
use diesel::prelude::*;

use super::schema::{offered_tags, resolutions, tags};
use super::{Conn, Error};
use crate::domain::tag::RESOLUTION;

/// A word that is offered, and how many conversations carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub name: String,
    pub used: i64,
}

/// The resolutions in their order.
pub fn resolutions(conn: &mut Conn) -> Result<Vec<Choice>, Error> {
    let names: Vec<String> =
        resolutions::table.order((resolutions::position, resolutions::name)).select(resolutions::name).load(conn)?;
    let used: Vec<(Option<String>, i64)> = tags::table
        .filter(tags::name.eq(RESOLUTION))
        .group_by(tags::value)
        .select((tags::value, count_star()))
        .load(conn)?;
    let used = |name: &str| used.iter().find(|(of, _)| of.as_deref() == Some(name)).map_or(0, |(_, number)| *number);
    Ok(names.into_iter().map(|name| Choice { used: used(&name), name }).collect())
}

/// The tags that are offered, in their order, then those that are used besides.
pub fn tags(conn: &mut Conn) -> Result<(Vec<Choice>, Vec<Choice>), Error> {
    let offered = offered(conn)?;
    let used: Vec<(String, i64)> =
        tags::table.group_by(tags::name).order(tags::name).select((tags::name, count_star())).load(conn)?;
    let number = |name: &str| used.iter().find(|(of, _)| of == name).map_or(0, |(_, number)| *number);
    let named = |name: String| Choice { used: number(&name), name };
    let besides = used.iter().filter(|(name, _)| !offered.contains(name));
    let besides = besides.map(|(name, used)| Choice { name: name.clone(), used: *used }).collect();
    Ok((offered.into_iter().map(named).collect(), besides))
}

/// The names of the tags that are offered, in their order.
pub fn offered(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let order = (offered_tags::position, offered_tags::name);
    Ok(offered_tags::table.order(order).select(offered_tags::name).load(conn)?)
}

/// Which list of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    Resolutions,
    Tags,
}

/// Adds a word at the end. One that is there is a unique violation.
pub fn add(conn: &mut Conn, list: List, name: &str) -> Result<(), Error> {
    match list {
        List::Resolutions => {
            let last: Option<i64> = resolutions::table.select(max(resolutions::position)).first(conn)?;
            let row = (resolutions::name.eq(name), resolutions::position.eq(last.unwrap_or(0) + 1));
            diesel::insert_into(resolutions::table).values(row).execute(conn)?;
        }
        List::Tags => {
            let last: Option<i64> = offered_tags::table.select(max(offered_tags::position)).first(conn)?;
            let row = (offered_tags::name.eq(name), offered_tags::position.eq(last.unwrap_or(0) + 1));
            diesel::insert_into(offered_tags::table).values(row).execute(conn)?;
        }
    }
    Ok(())
}

/// Writes the order anew: the words in it, one after the other.
pub fn order(conn: &mut Conn, list: List, names: &[String]) -> Result<(), Error> {
    for (name, position) in names.iter().zip(1_i64..) {
        match list {
            List::Resolutions => {
                diesel::update(resolutions::table.find(name)).set(resolutions::position.eq(position)).execute(conn)?
            }
            List::Tags => {
                diesel::update(offered_tags::table.find(name)).set(offered_tags::position.eq(position)).execute(conn)?
            }
        };
    }
    Ok(())
}

/// Gives a word another spelling or name; what carries the old one keeps it.
pub fn rename(conn: &mut Conn, list: List, name: &str, to: &str) -> Result<(), Error> {
    let changed = match list {
        List::Resolutions => {
            diesel::update(resolutions::table.find(name)).set(resolutions::name.eq(to)).execute(conn)?
        }
        List::Tags => diesel::update(offered_tags::table.find(name)).set(offered_tags::name.eq(to)).execute(conn)?,
    };
    if changed == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// Takes a word away; what carries it keeps it.
pub fn remove(conn: &mut Conn, list: List, name: &str) -> Result<(), Error> {
    let gone = match list {
        List::Resolutions => diesel::delete(resolutions::table.find(name)).execute(conn)?,
        List::Tags => diesel::delete(offered_tags::table.find(name)).execute(conn)?,
    };
    if gone == 1 { Ok(()) } else { Err(Error::NotFound) }
}
