//! Edits of some fields: what may not be written is said, never ignored. Which fields there are is not said twice: the
//! document of the API knows.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::body;
use crate::domain::Refused;
use crate::web::Error;

/// A field that is not for writing, and what to do instead; nothing where there is nothing to do.
pub type Fixed = (&'static str, &'static str);

/// Reads the fields that may be written. What stands on the record and is not among them is refused as read-only, with
/// what to do instead where `fixed` says so; what stands nowhere, as wrong.
pub fn read<T, Record>(fields: Map<String, Value>, fixed: &[Fixed]) -> Result<T, Error>
where
    T: DeserializeOwned + PartialSchema,
    Record: PartialSchema,
{
    let (writable, shown) = (names(&T::schema()), names(&Record::schema()));
    for name in fields.keys() {
        let instead = fixed.iter().find(|(field, _)| field == name).map(|(_, instead)| *instead);
        if instead.is_none() && writable.contains(name) {
            continue;
        }
        if instead.is_none() && !shown.contains(name) {
            return Err(body::invalid(name, "There is no such field."));
        }
        let message = match instead {
            None | Some("") => format!("{} is read-only.", label(name)),
            Some(instead) => instead.to_owned(),
        };
        return Err(Refused::ReadOnly { field: name.clone(), message }.into());
    }
    body::from_value(Value::Object(fields))
}

/// The fields that a schema names.
fn names(schema: &RefOr<Schema>) -> BTreeSet<String> {
    match schema {
        RefOr::T(Schema::Object(object)) => object.properties.keys().cloned().collect(),
        RefOr::T(Schema::AllOf(all)) => all.items.iter().flat_map(names).collect(),
        _ => BTreeSet::new(),
    }
}

/// `opened_at` as people say it: Opened at.
fn label(field: &str) -> String {
    let words = field.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
