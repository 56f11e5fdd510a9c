//! Fields of the house's own, and what stands in them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::schema::{custom_fields, custom_values};
use super::types::word;
use super::{At, Conn, Error};
use crate::domain::custom_field::{CustomField, Subject};
use crate::domain::{ContactId, FieldId, OrganizationId};

/// Whose values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Contact(ContactId),
    Organization(OrganizationId),
}

impl Of {
    /// Which fields there are for it.
    pub const fn subject(self) -> Subject {
        match self {
            Of::Contact(_) => Subject::Contact,
            Of::Organization(_) => Subject::Organization,
        }
    }

    const fn ids(self) -> (Option<i64>, Option<i64>) {
        match self {
            Of::Contact(id) => (Some(id.0), None),
            Of::Organization(id) => (None, Some(id.0)),
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = custom_fields)]
struct Row {
    id: i64,
    subject: String,
    slug: String,
    name: String,
    kind: String,
    choices: String,
    position: i64,
    version: i64,
}

fn read(row: Row) -> Result<CustomField, Error> {
    Ok(CustomField {
        id: FieldId(row.id),
        subject: word(&row.subject)?,
        slug: row.slug,
        name: row.name,
        kind: word(&row.kind)?,
        choices: row.choices.lines().map(str::to_owned).collect(),
        position: row.position,
        version: row.version,
    })
}

/// Every field in order, those of contacts first.
pub fn all(conn: &mut Conn) -> Result<Vec<CustomField>, Error> {
    let order = (custom_fields::subject, custom_fields::position, custom_fields::id);
    let rows: Vec<Row> = custom_fields::table.order(order).select(Row::as_select()).load(conn)?;
    rows.into_iter().map(read).collect()
}

/// The fields of a subject, in order.
pub fn of(conn: &mut Conn, subject: Subject) -> Result<Vec<CustomField>, Error> {
    let own = custom_fields::table.filter(custom_fields::subject.eq(subject.as_str()));
    let rows: Vec<Row> = own.order((custom_fields::position, custom_fields::id)).select(Row::as_select()).load(conn)?;
    rows.into_iter().map(read).collect()
}

/// One field.
pub fn find(conn: &mut Conn, id: FieldId) -> Result<CustomField, Error> {
    read(custom_fields::table.find(id.0).select(Row::as_select()).first(conn)?)
}

/// Adds a field; a slug that is taken is a unique violation.
pub fn insert(conn: &mut Conn, new: &CustomField, at: DateTime<Utc>) -> Result<FieldId, Error> {
    let row = (
        custom_fields::subject.eq(new.subject.as_str()),
        custom_fields::slug.eq(&new.slug),
        custom_fields::name.eq(&new.name),
        custom_fields::kind.eq(new.kind.as_str()),
        custom_fields::choices.eq(new.choices.join("\n")),
        custom_fields::position.eq(new.position),
        custom_fields::created_at.eq(At(at)),
        custom_fields::version.eq(1),
    );
    Ok(FieldId(diesel::insert_into(custom_fields::table).values(row).returning(custom_fields::id).get_result(conn)?))
}

/// Writes a changed field under its version: its name, its choices and its place.
pub fn save(conn: &mut Conn, field: &CustomField) -> Result<(), Error> {
    let row = (
        custom_fields::name.eq(&field.name),
        custom_fields::choices.eq(field.choices.join("\n")),
        custom_fields::position.eq(field.position),
        custom_fields::version.eq(field.version + 1),
    );
    let known = custom_fields::id.eq(field.id.0).and(custom_fields::version.eq(field.version));
    match diesel::update(custom_fields::table.filter(known)).set(row).execute(conn)? {
        1 => Ok(()),
        _ => Err(Error::Stale),
    }
}

/// Removes a field with what stands in it.
pub fn remove(conn: &mut Conn, id: FieldId) -> Result<(), Error> {
    diesel::delete(custom_values::table.filter(custom_values::field_id.eq(id.0))).execute(conn)?;
    match diesel::delete(custom_fields::table.find(id.0)).execute(conn)? {
        1 => Ok(()),
        _ => Err(Error::NotFound),
    }
}

/// In how many records something stands in a field; of one value, or of any.
pub fn used(conn: &mut Conn, id: FieldId, value: Option<&str>) -> Result<i64, Error> {
    let mut query = custom_values::table.filter(custom_values::field_id.eq(id.0)).into_boxed();
    if let Some(value) = value {
        query = query.filter(custom_values::value.eq(value.to_owned()));
    }
    Ok(query.count().get_result(conn)?)
}

/// What stands in the fields of each of these, by field.
pub fn values(conn: &mut Conn, of: &[Of]) -> Result<Vec<(Of, FieldId, String)>, Error> {
    let contacts: Vec<i64> = of.iter().filter_map(|one| one.ids().0).collect();
    let organizations: Vec<i64> = of.iter().filter_map(|one| one.ids().1).collect();
    let mut all = Vec::new();
    if !contacts.is_empty() {
        let own = custom_values::table.filter(custom_values::contact_id.eq_any(contacts));
        let own =
            own.select((custom_values::contact_id.assume_not_null(), custom_values::field_id, custom_values::value));
        let rows: Vec<(i64, i64, String)> = own.load(conn)?;
        all.extend(rows.into_iter().map(|(id, field, value)| (Of::Contact(ContactId(id)), FieldId(field), value)));
    }
    if !organizations.is_empty() {
        let own = custom_values::table.filter(custom_values::organization_id.eq_any(organizations));
        let own = own.select((
            custom_values::organization_id.assume_not_null(),
            custom_values::field_id,
            custom_values::value,
        ));
        let rows: Vec<(i64, i64, String)> = own.load(conn)?;
        let of = |id| Of::Organization(OrganizationId(id));
        all.extend(rows.into_iter().map(|(id, field, value)| (of(id), FieldId(field), value)));
    }
    Ok(all)
}

/// Writes what stands in a field; none takes it out.
pub fn write(conn: &mut Conn, of: Of, field: FieldId, value: Option<&str>) -> Result<(), Error> {
    let (contact, organization) = of.ids();
    let own = custom_values::table.filter(custom_values::field_id.eq(field.0));
    match of {
        Of::Contact(id) => diesel::delete(own.filter(custom_values::contact_id.eq(id.0))).execute(conn)?,
        Of::Organization(id) => diesel::delete(own.filter(custom_values::organization_id.eq(id.0))).execute(conn)?,
    };
    if let Some(value) = value {
        let row = (
            custom_values::field_id.eq(field.0),
            custom_values::contact_id.eq(contact),
            custom_values::organization_id.eq(organization),
            custom_values::value.eq(value),
        );
        diesel::insert_into(custom_values::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// What stands in the fields of one contact stands in the other's, where nothing stood.
pub fn hand_over(conn: &mut Conn, from: ContactId, to: ContactId) -> Result<(), Error> {
    let known = values(conn, &[Of::Contact(to)])?;
    for (_, field, value) in values(conn, &[Of::Contact(from)])? {
        write(conn, Of::Contact(from), field, None)?;
        if known.iter().all(|(_, other, _)| *other != field) {
            write(conn, Of::Contact(to), field, Some(&value))?;
        }
    }
    Ok(())
}
