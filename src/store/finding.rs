//! What a few letters may mean. Cheap: open conversations only, a handful of each.

use diesel::prelude::*;

use super::contact_list::literal;
use super::schema::conversations;
use super::{Conn, Error};

/// Open conversations with a word of their title that begins so, the newest first.
pub fn open_titled(conn: &mut Conn, words: &str, limit: i64) -> Result<Vec<i64>, Error> {
    let words = literal(words);
    let titled = |pattern: String| conversations::title_folded.like(pattern).escape('\\').assume_not_null();
    let (first, later) = (titled(format!("{words}%")), titled(format!("% {words}%")));
    let open = conversations::table.filter(conversations::turn.le(1)).filter(first.or(later));
    Ok(open.order(conversations::id.desc()).limit(limit).select(conversations::id).load(conn)?)
}
