//! What a few letters may mean. Cheap: open conversations only, a handful of each.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::contact_list::literal;
use super::schema::conversations;
use super::{Conn, Error, eyes};
use crate::domain::view::Eyes;

/// Open conversations that these eyes see, with a word of their title that begins so, the newest first.
pub fn open_titled(conn: &mut Conn, words: &str, eyes: &Eyes, limit: i64) -> Result<Vec<i64>, Error> {
    let words = literal(words);
    let titled = |pattern: String| conversations::title_folded.like(pattern).escape('\\').assume_not_null();
    let (first, later) = (titled(format!("{words}%")), titled(format!("% {words}%")));
    let mut open = conversations::table.filter(conversations::turn.le(1)).filter(first.or(later)).into_boxed();
    if let Some(seen) = eyes::conversations(eyes) {
        open = open.filter(seen);
    }
    // The plus keeps databases from walking over all conversations there ever were, the newest first.
    let newest = sql::<BigInt>("+conversations.id").desc();
    Ok(open.order(newest).limit(limit).select(conversations::id).load(conn)?)
}
