//! Edits of some fields: what may not be written is said, never ignored.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::body;
use crate::domain::Refused;
use crate::web::Error;

/// A field that is not for writing, and what to do instead; nothing where there is nothing to do.
pub type Fixed = (&'static str, &'static str);

/// Reads the fields that may be written. A fixed one is refused as read-only, an unknown one as wrong.
pub fn read<T: DeserializeOwned>(fields: Map<String, Value>, fixed: &[Fixed]) -> Result<T, Error> {
    for name in fields.keys() {
        if let Some((field, instead)) = fixed.iter().find(|(field, _)| field == name) {
            let message =
                if instead.is_empty() { format!("{} is read-only.", label(field)) } else { (*instead).into() };
            return Err(Refused::ReadOnly { field: (*field).to_owned(), message }.into());
        }
    }
    body::from_value(Value::Object(fields))
}

/// `opened_at` as people say it: Opened at.
fn label(field: &str) -> String {
    let words = field.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
