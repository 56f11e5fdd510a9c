//! The palette: records by number, conversations by title, people by name. Search proper reads every word; this does not.

use super::{Desk, Done, Error, seen_interaction, visible_conversation};
use crate::domain::interaction::Interaction;
use crate::domain::row::Row;
use crate::domain::{Agent, ConversationId, InteractionId};
use crate::store::contact_list::{self, Listed, Sought};
use crate::store::{Conn, conversations, eyes, finding, inbox};

/// What was found, best first.
#[derive(Debug, Clone, Default)]
pub struct Finds {
    /// A whole number was typed.
    pub numbered: Vec<Row>,
    pub records: Vec<Interaction>,
    pub titled: Vec<Row>,
    pub people: Vec<Listed>,
}

/// Of each kind.
const FEW: i64 = 6;
/// Letters from which on it is worth looking.
const LETTERS: usize = 2;

impl Desk {
    /// What some words may mean to an agent; nothing they may not see.
    pub fn find(&self, by: &Agent, words: &str) -> Done<Finds> {
        let words = words.trim_matches(|letter: char| letter.is_whitespace() || letter.is_control());
        self.db.read(|conn| {
            let mut finds = Finds::default();
            let plain: Option<i64> = words.parse().ok();
            if let Some(id) = words.parse().ok().or(plain.map(ConversationId)) {
                finds.numbered = found(conversation(conn, by, id))?.into_iter().collect();
            }
            if let Some(id) = words.parse().ok().or(plain.map(InteractionId)) {
                finds.records = found(seen_interaction(conn, by, id))?.into_iter().collect();
            }
            if words.chars().count() < LETTERS || plain.is_some() {
                return Ok(finds);
            }
            let eyes = eyes::of(conn, Some(by))?;
            let titled = finding::open_titled(conn, words, &eyes, FEW)?;
            finds.titled = inbox::rows(conn, &titled)?;
            let sought = Sought { words: Some(words.to_owned()), ..Sought::default() };
            finds.people = contact_list::people(conn, &sought, FEW)?;
            Ok(finds)
        })
    }
}

fn conversation(conn: &mut Conn, by: &Agent, id: ConversationId) -> Done<Row> {
    let conversation = conversations::find(conn, id)?;
    visible_conversation(conn, by, &conversation)?;
    Ok(inbox::row(conn, id)?)
}

fn found<T>(found: Done<T>) -> Done<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
