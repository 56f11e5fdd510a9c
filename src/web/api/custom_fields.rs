//! Fields of the house's own: set up here, filled in on contacts and organizations.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, Responder, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::{Body, IfMatch, invalid};
use super::door::Me;
use super::list::List;
use super::patch::{Fixed, read};
use crate::desk::custom_fields::{Filled, NewField};
use crate::domain::custom_field::{self, FieldKind, Written};
use crate::domain::{FieldId, Refused};
use crate::web::Error;

/// A field that the house has made for itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomField {
    pub id: i64,
    /// contact or organization.
    pub subject: &'static str,
    /// Its name in `fields` of contacts and organizations.
    pub slug: String,
    pub name: String,
    /// text, number, date or choice.
    pub kind: &'static str,
    pub choices: Vec<String>,
    pub position: i64,
    pub version: i64,
}

/// A field to make, or what to change of one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct CustomFieldFields {
    /// contact or organization; fixed after creation.
    pub subject: Option<String>,
    pub name: Option<String>,
    /// text, number, date or choice; fixed after creation.
    pub kind: Option<String>,
    /// Of a choice: two at least.
    pub choices: Option<Vec<String>>,
    /// 1 is the first.
    pub position: Option<i64>,
    pub version: Option<i64>,
}

const FIXED: &[Fixed] =
    &[("subject", "What a field is about is fixed after creation."), ("kind", "The kind is fixed after creation.")];

impl From<custom_field::CustomField> for CustomField {
    fn from(field: custom_field::CustomField) -> Self {
        CustomField {
            id: field.id.0,
            subject: field.subject.as_str(),
            slug: field.slug,
            name: field.name,
            kind: field.kind.as_str(),
            choices: field.choices,
            position: field.position,
            version: field.version,
        }
    }
}

/// What stands in fields, as answers show it: numbers as numbers.
pub fn shown(filled: Vec<Filled>) -> Map<String, Value> {
    let value = |field: &custom_field::CustomField, text: String| match field.kind {
        _ if text.is_empty() => Value::Null,
        FieldKind::Number => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        FieldKind::Text | FieldKind::Date | FieldKind::Choice => Value::String(text),
    };
    filled.into_iter().map(|(field, text)| (field.slug.clone(), value(&field, text))).collect()
}

/// What a program writes into fields.
pub fn written(fields: Option<Map<String, Value>>) -> Result<Written, Error> {
    let text = |(slug, value): (String, Value)| match value {
        Value::String(text) => Ok((slug, text)),
        Value::Number(number) => Ok((slug, number.to_string())),
        Value::Null => Ok((slug, String::new())),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(invalid(&slug, "Send a text, a number or null.")),
    };
    fields.unwrap_or_default().into_iter().map(text).collect()
}

fn id(path: &str) -> Result<FieldId, Error> {
    path.parse().map(FieldId).map_err(|_| Error::NotFound)
}

/// Lists the fields in their order, those of contacts first.
#[utoipa::path(tag = "set-up", responses((status = 200, body = List<CustomField>)))]
#[get("/custom-fields")]
pub async fn list(me: Me) -> Result<Json<List<CustomField>>, Error> {
    let fields = me.does(|desk, _| desk.custom_fields()).await?;
    Ok(Json(List::whole(fields.into_iter().map(CustomField::from).collect())))
}

/// Shows a field.
#[utoipa::path(tag = "set-up", responses((status = 200, body = CustomField)))]
#[get("/custom-fields/{id}")]
pub async fn show(me: Me, path: Path<String>) -> Result<Json<CustomField>, Error> {
    let id = id(&path)?;
    Ok(Json(me.does(move |desk, _| desk.custom_field(id)).await?.0.into()))
}

/// Makes a field.
#[utoipa::path(tag = "set-up", request_body = CustomFieldFields, responses((status = 201, body = CustomField)))]
#[post("/custom-fields")]
pub async fn create(me: Me, body: Body<CustomFieldFields>) -> Result<CustomizeResponder<Json<CustomField>>, Error> {
    me.sets_up()?;
    let fields = body.0?;
    let subject = fields.subject.as_deref().unwrap_or_default().parse();
    let kind = fields.kind.as_deref().unwrap_or_default().parse();
    let (subject, kind) = Refused::both(
        subject.map_err(|_| Refused::invalid("subject", "Choose contact or organization.")),
        kind.map_err(|_| Refused::invalid("kind", "Choose text, number, date or choice.")),
    )?;
    let new = NewField {
        name: fields.name.unwrap_or_default(),
        choices: fields.choices.unwrap_or_default(),
        position: fields.position,
    };
    let made = me.does(move |desk, _| desk.add_custom_field(subject, kind, new)).await?;
    Ok(Json(CustomField::from(made)).customize().with_status(StatusCode::CREATED))
}

/// Changes a field, or moves it.
#[utoipa::path(tag = "set-up", request_body = CustomFieldFields, responses((status = 200, body = CustomField)))]
#[patch("/custom-fields/{id}")]
pub async fn change(me: Me, path: Path<String>, body: Body<Map<String, Value>>) -> Result<Json<CustomField>, Error> {
    let id = id(&path)?;
    let (known, _) = me.does(move |desk, _| desk.custom_field(id)).await?;
    me.sets_up()?;
    let fields = read::<CustomFieldFields, CustomField>(body.0?, FIXED)?;
    let new = NewField {
        name: fields.name.unwrap_or(known.name),
        choices: fields.choices.unwrap_or(known.choices),
        position: fields.position,
    };
    let version = fields.version;
    Ok(Json(me.does(move |desk, _| desk.change_custom_field(id, new, version)).await?.into()))
}

/// Removes a field, with all that stands in it.
#[utoipa::path(tag = "set-up", responses((status = 200, body = CustomField)))]
#[delete("/custom-fields/{id}")]
pub async fn remove(me: Me, path: Path<String>, version: IfMatch) -> Result<Json<CustomField>, Error> {
    let id = id(&path)?;
    me.does(move |desk, _| desk.custom_field(id)).await?;
    me.sets_up()?;
    let version = version.0?;
    Ok(Json(me.does(move |desk, _| desk.remove_custom_field(id, version)).await?.into()))
}
