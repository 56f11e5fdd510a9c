//! Fields of the house's own on contacts and organizations: set up by admins, filled in by everybody.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::people::name;
use super::{Desk, Done, Error};
use crate::domain::custom_field::{CustomField, FieldKind, Subject, Written};
use crate::domain::{FieldId, Refused};
use crate::store::custom_fields as stored;
pub use crate::store::custom_fields::Of;
use crate::store::{self, Conn, Tx, dialect};

/// Most fields of one subject, and choices of one field.
const FIELDS: usize = 50;
const CHOICES: usize = 100;

/// A field as a form or a program writes it.
#[derive(Debug, Clone, Default)]
pub struct NewField {
    pub name: String,
    /// A line or an item each; ignored unless it is a choice.
    pub choices: Vec<String>,
    /// One is the first; none is the last, or where it is.
    pub position: Option<i64>,
}

/// A field with what stands in it.
pub type Filled = (CustomField, String);

impl Desk {
    /// Every field, in order.
    pub fn custom_fields(&self) -> Done<Vec<CustomField>> {
        self.db.read(|conn| Ok(stored::all(conn)?))
    }

    /// One field, and in how many records something stands in it.
    pub fn custom_field(&self, id: FieldId) -> Done<(CustomField, i64)> {
        self.db.read(|conn| Ok((stored::find(conn, id)?, stored::used(conn, id, None)?)))
    }

    /// The fields of each of these with what stands in them, in order; empty where nothing does.
    pub fn field_values(&self, of: &[Of]) -> Done<Vec<Vec<Filled>>> {
        self.db.read(|conn| {
            let mut known: HashMap<Subject, Vec<CustomField>> = HashMap::new();
            for one in of {
                if let Entry::Vacant(free) = known.entry(one.subject()) {
                    free.insert(stored::of(conn, one.subject())?);
                }
            }
            let values = stored::values(conn, of)?;
            let filled = |one: &Of| {
                let fields = known.get(&one.subject()).into_iter().flatten();
                let value = |field: &CustomField| {
                    let own = values.iter().find(|(of, id, _)| of == one && *id == field.id);
                    (field.clone(), own.map(|(_, _, value)| value.clone()).unwrap_or_default())
                };
                fields.map(value).collect()
            };
            Ok(of.iter().map(filled).collect())
        })
    }

    /// Adds a field. What it is about and what stands in it stay.
    pub fn add_custom_field(&self, subject: Subject, kind: FieldKind, new: NewField) -> Done<CustomField> {
        let (name, choices) = Refused::both(name(&new.name), choices(kind, &new.choices))?;
        let (slug, clock) = (slug(&name), self.clock.clone());
        let object = format!("field {slug} of {subject}");
        self.noted("field made", object, move |tx| {
            let last = place(tx.conn, subject)?;
            let position = new.position.map_or(last, |position| position.clamp(1, last));
            let (id, slug, name, choices) = (FieldId(0), slug.clone(), name.clone(), choices.clone());
            let field = CustomField { id, subject, slug, name, kind, choices, position, version: 0 };
            let id = stored::insert(tx.conn, &field, clock.now()).map_err(taken)?;
            ordered(tx, subject, Some((id, position)))?;
            Ok(stored::find(tx.conn, id)?)
        })
    }

    /// Gives a field another name, other choices or another place. A choice that stands somewhere stays.
    pub fn change_custom_field(&self, id: FieldId, new: NewField, version: Option<i64>) -> Done<CustomField> {
        let (known, _) = self.custom_field(id)?;
        let (name, choices) = Refused::both(name(&new.name), choices(known.kind, &new.choices))?;
        let object = format!("field {} of {}", known.slug, known.subject);
        self.noted("field changed", object, move |tx| {
            let known = stored::find(tx.conn, id)?;
            if version.is_some_and(|version| version != known.version) {
                return Err(Refused::Stale.into());
            }
            for gone in known.choices.iter().filter(|choice| !choices.contains(choice)) {
                let records = stored::used(tx.conn, id, Some(gone))?;
                if records > 0 {
                    let sentence = format!("“{gone}” stands in {records} records. Leave it, or change those first.");
                    return Err(Refused::invalid("choices", sentence).into());
                }
            }
            let (name, choices) = (name.clone(), choices.clone());
            stored::save(tx.conn, &CustomField { name, choices, ..known.clone() })?;
            ordered(tx, known.subject, new.position.map(|position| (id, position)))?;
            Ok(stored::find(tx.conn, id)?)
        })
    }

    /// Removes a field with all that stands in it.
    pub fn remove_custom_field(&self, id: FieldId, version: Option<i64>) -> Done<CustomField> {
        let (known, _) = self.custom_field(id)?;
        self.noted("field removed", format!("field {} of {}", known.slug, known.subject), move |tx| {
            let known = stored::find(tx.conn, id)?;
            if version.is_some_and(|version| version != known.version) {
                return Err(Refused::Stale.into());
            }
            stored::remove(tx.conn, id)?;
            ordered(tx, known.subject, None)?;
            Ok(known)
        })
    }
}

/// What is to be written, each in the form in which it is stored; everything that is wrong at once.
pub(super) fn read(conn: &mut Conn, subject: Subject, written: &Written) -> Done<Vec<(FieldId, Option<String>)>> {
    if written.is_empty() {
        return Ok(Vec::new());
    }
    let known = stored::of(conn, subject)?;
    let mut read = Ok(Vec::new());
    for (slug, text) in written {
        let one = match known.iter().find(|field| field.slug == *slug) {
            Some(field) => field.read(text).map(|value| (field.id, value)),
            None => Err(Refused::Field { slug: slug.clone(), message: format!("There is no field “{slug}”.") }),
        };
        read = Refused::both(read, one).map(|(mut all, one): (Vec<_>, _)| {
            all.push(one);
            all
        });
    }
    Ok(read?)
}

/// Writes what was read.
pub(super) fn write(conn: &mut Conn, of: Of, read: &[(FieldId, Option<String>)]) -> Done<()> {
    for (field, value) in read {
        stored::write(conn, of, *field, value.as_deref())?;
    }
    Ok(())
}

/// The place after the last, if there is one.
fn place(conn: &mut Conn, subject: Subject) -> Done<i64> {
    dialect::lock(conn, "custom fields").map_err(store::Error::from)?;
    let there = stored::of(conn, subject)?.len();
    if there >= FIELDS {
        return Err(Refused::invalid("name", format!("{FIELDS} fields are the most there can be.")).into());
    }
    Ok(i64::try_from(there).unwrap_or(i64::MAX).saturating_add(1))
}

/// Counts the places anew; one field gets the place it was given.
fn ordered(tx: &mut Tx, subject: Subject, put: Option<(FieldId, i64)>) -> Done<()> {
    let mut fields = stored::of(tx.conn, subject)?;
    if let Some((id, position)) = put
        && let Some(at) = fields.iter().position(|field| field.id == id)
    {
        let field = fields.remove(at);
        let to = usize::try_from(position.max(1) - 1).unwrap_or(0).min(fields.len());
        fields.insert(to, field);
    }
    for (position, field) in (1..).zip(fields) {
        if field.position != position {
            stored::save(tx.conn, &CustomField { position, ..field })?;
        }
    }
    Ok(())
}

fn choices(kind: FieldKind, typed: &[String]) -> Result<Vec<String>, Refused> {
    let plain = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let all = super::people::unique(typed.iter().map(plain).filter(|choice| !choice.is_empty()).collect());
    match kind {
        FieldKind::Choice if all.len() < 2 => Err(Refused::invalid("choices", "Write two choices at least.")),
        FieldKind::Choice if all.len() > CHOICES => {
            Err(Refused::invalid("choices", format!("{CHOICES} choices are the most there can be.")))
        }
        FieldKind::Choice if all.iter().any(|choice| choice.chars().count() > 80) => {
            Err(Refused::invalid("choices", "Use at most 80 characters for a choice."))
        }
        FieldKind::Choice => Ok(all),
        FieldKind::Text | FieldKind::Number | FieldKind::Date => Ok(Vec::new()),
    }
}

/// The name of a field in forms and JSON: its letters and digits.
fn slug(name: &str) -> String {
    let plain = super::sorting::folding::folded(name);
    let plain: String = plain.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '_' }).collect();
    let parts: Vec<&str> = plain.split('_').filter(|part| !part.is_empty()).collect();
    let slug: String = parts.join("_").chars().take(60).collect();
    if slug.is_empty() { "field".to_owned() } else { slug }
}

fn taken(error: store::Error) -> Error {
    if error.is_unique_violation() {
        return Refused::invalid("name", "There is a field of this name already.").into();
    }
    error.into()
}
