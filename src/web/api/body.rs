//! Bodies and versions as programs send them. What is wrong with a body is said after what is wrong with the request:
//! a record that is not there comes before a field that is no text.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, error};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::web::{Error, Problem};

/// A body, read or not understood.
pub struct Body<T>(pub Result<T, Error>);

/// The version of `If-Match: "7"`.
pub struct IfMatch(pub Result<Option<i64>, Error>);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(is_json);
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = bytes.await.map_err(|error| unread(&error))?;
            Ok(Body(match kind {
                Some(false) if !bytes.is_empty() => Err(malformed(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
                _ if bytes.iter().all(u8::is_ascii_whitespace) => parse(b"{}"),
                _ => parse(&bytes),
            }))
        })
    }
}

impl FromRequest for IfMatch {
    type Error = Error;
    type Future = std::future::Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(IfMatch(version(request))))
    }
}

fn version(request: &HttpRequest) -> Result<Option<i64>, Error> {
    let Some(value) = request.headers().get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    match text.trim_start_matches("W/").trim_matches('"').parse() {
        Ok(version) => Ok(Some(version)),
        Err(_) => Err(invalid("If-Match", "Send the version of the record, as in If-Match: \"7\".")),
    }
}

fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

/// Reads JSON; what is wrong is said with the field where it stands.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize::<_, T>(&mut json);
    let (path, error) = match read.map_err(|error| (error.path().to_string(), error.into_inner())) {
        Ok(_) if holds_nul(bytes) => {
            let sentence = "This text holds a character that cannot be kept (U+0000).".to_owned();
            return Err(Error::Malformed(StatusCode::UNPROCESSABLE_ENTITY, sentence));
        }
        Ok(read) if json.end().is_ok() => return Ok(read),
        Ok(_) => return Err(Error::Malformed(StatusCode::BAD_REQUEST, "This is more than one JSON value.".to_owned())),
        Err(wrong) => wrong,
    };
    if !error.is_data() || serde_json::from_slice::<IgnoredAny>(bytes).is_err() {
        return Err(Error::Malformed(StatusCode::BAD_REQUEST, "This is not JSON.".to_owned()));
    }
    Err(misread(&path, &error))
}

/// Reads fields that were JSON already.
pub fn from_value<T: DeserializeOwned>(fields: Value) -> Result<T, Error> {
    serde_path_to_error::deserialize(fields).map_err(|error| misread(&error.path().to_string(), error.inner()))
}

fn misread(path: &str, error: &serde_json::Error) -> Error {
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default().to_owned();
    let names = ["unknown field", "missing field"].iter().any(|start| said.starts_with(start));
    let named = said.split('`').nth(1).filter(|_| names).map(str::to_owned);
    match named.or_else(|| outermost(path)) {
        Some(field) => invalid(&field, &format!("This is not what is expected here: {said}.")),
        None => Error::Malformed(StatusCode::UNPROCESSABLE_ENTITY, format!("Send a JSON object: {said}.")),
    }
}

/// Not every database keeps the character U+0000.
fn holds_nul(bytes: &[u8]) -> bool {
    const ESCAPED: &[u8] = b"\\u0000";
    fn within(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains('\0'),
            Value::Array(all) => all.iter().any(within),
            Value::Object(all) => all.iter().any(|(name, value)| name.contains('\0') || within(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    let may = bytes.windows(ESCAPED.len()).any(|part| part == ESCAPED);
    may && serde_json::from_slice(bytes).is_ok_and(|value| within(&value))
}

/// What stands in an address, without the one character that not every database keeps.
pub fn plain(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

/// The field of the body that holds what is wrong.
fn outermost(path: &str) -> Option<String> {
    let field = path.split(['.', '[']).next().unwrap_or_default();
    (!field.is_empty() && field != "?").then(|| field.to_owned())
}

/// A wrong value at a field that only the sender names.
pub fn invalid(field: &str, message: &str) -> Error {
    let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message);
    problem.field = Some(field.to_owned());
    Error::Told(Box::new(problem))
}

/// A body that did not come whole.
pub fn unread(error: &error::Error) -> Error {
    malformed(error.as_response_error().status_code())
}

fn malformed(status: StatusCode) -> Error {
    Error::Malformed(status, Problem::of_status(status).message)
}

/// For fields that may be absent, null or a value: absent is None, null is Some(None).
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(value).map(Some)
}
