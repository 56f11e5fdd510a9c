//! Fields of the house's own in the forms and on the pages of contacts and organizations.

use std::collections::BTreeMap;

use crate::desk::custom_fields::Filled;
use crate::domain::Refused;
use crate::domain::custom_field::{FieldKind, Written};

/// What stands before the slug in the name of an input.
const BEFORE: &str = "field-";

/// A field of a form.
pub struct FieldInput {
    /// Name and id of the input.
    pub id: String,
    pub name: String,
    pub kind: FieldKind,
    pub choices: Vec<String>,
    pub value: String,
    /// Why what was typed cannot be.
    pub wrong: Option<String>,
}

/// A field that says something, on a page.
pub struct FieldLine {
    pub name: String,
    pub value: String,
}

/// The fields of a form as they are stored, or as they were typed, with what is wrong.
pub fn inputs(filled: Vec<Filled>, typed: &Written, refused: Option<&Refused>) -> Vec<FieldInput> {
    let wrong = |slug: &str| {
        let mut all = refused.into_iter().flat_map(Refused::each);
        let own = all.find(|one| matches!(one, Refused::Field { slug: wrong, .. } if wrong == slug));
        own.map(ToString::to_string)
    };
    let input = |(field, value): Filled| FieldInput {
        id: format!("{BEFORE}{}", field.slug),
        value: typed.get(&field.slug).cloned().unwrap_or(value),
        wrong: wrong(&field.slug),
        name: field.name,
        kind: field.kind,
        choices: field.choices,
    };
    filled.into_iter().map(input).collect()
}

/// What was typed into them, of all that a form was sent with.
pub fn typed(sent: &BTreeMap<String, String>) -> Written {
    let own = sent.iter().filter_map(|(name, value)| Some((name.strip_prefix(BEFORE)?, value)));
    own.map(|(slug, value)| (slug.to_owned(), value.clone())).collect()
}

/// The fields in which something stands.
pub fn lines(filled: Vec<Filled>) -> Vec<FieldLine> {
    let said = filled.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(field, value)| FieldLine { name: field.name, value }).collect()
}
