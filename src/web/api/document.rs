//! The OpenAPI document, made from the code: from each handler its path, what it takes and what it answers; from the
//! shape of its request what may be refused.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};
use utoipa::{OpenApi, ToSchema};

use super::{BASE, Doors, nowhere as refused};
use crate::web::Error;

/// Why something was not done.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the errors for the document")]
pub struct Refusal {
    /// For programs: illegal_transition, stale, already_assigned, not_assignee, closed, state_follows_stage,
    /// bad_identifier, type_unavailable, invalid, read_only, forbidden, unauthorized, not_found, key_reused.
    code: String,
    /// For people: one sentence.
    message: String,
    /// Where the wrong value stands.
    field: Option<String>,
    /// illegal_transition: the stage.
    from: Option<String>,
    /// illegal_transition: what was asked for.
    action: Option<String>,
    /// illegal_transition: what the stage allows to any role.
    allowed: Option<Vec<String>>,
    /// already_assigned and not_assignee: who has it.
    assigned_to: Option<super::refs::AgentRef>,
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

static DOCUMENT: LazyLock<(Bytes, Value)> = LazyLock::new(|| {
    let document = document();
    (Bytes::from(document.to_string()), document)
});

/// Serves the document, to everybody.
pub async fn show() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(DOCUMENT.0.clone())
}

/// What is not served: an address that is none, or a method it does not know.
pub async fn nowhere(request: HttpRequest) -> Result<HttpResponse, Error> {
    let asked: Vec<&str> = request.path().split('/').collect();
    let fits = |path: &str| {
        let parts: Vec<&str> = path.split('/').collect();
        parts.len() == asked.len()
            && parts.iter().zip(&asked).all(|(part, asked)| part.starts_with('{') || part == asked)
    };
    let paths = DOCUMENT.1.get("paths").and_then(Value::as_object);
    Err(refused(paths.is_some_and(|paths| paths.keys().any(|path| fits(path)))))
}

fn document() -> Value {
    let mut document = serde_json::to_value(Doors::openapi()).unwrap_or_default();
    let version = env!("CARGO_PKG_VERSION");
    put(
        &mut document,
        "info",
        json!({ "title": "Switchboard", "version": version, "license": { "name": "Apache-2.0" } }),
    );
    let paths = document.get_mut("paths").map(Value::take).unwrap_or_default();
    let Value::Object(paths) = paths else { return document };
    let paths: Map<String, Value> = paths.into_iter().map(|(path, item)| completed(&path, item)).collect();
    put(&mut document, "paths", Value::Object(paths));
    put(&mut document, "security", json!([{ "token": [] }]));
    let components = document.as_object_mut().map(|all| all.entry("components").or_insert_with(|| json!({})));
    if let Some(components) = components {
        put(components, "securitySchemes", json!({ "token": { "type": "http", "scheme": "bearer" } }));
        if let Some(schemas) = components.get_mut("schemas") {
            let refusal = <Refusal as utoipa::PartialSchema>::schema();
            put(schemas, "Refusal", serde_json::to_value(refusal).unwrap_or_default());
        }
    }
    document
}

/// A path with everything that follows from its shape.
fn completed(path: &str, mut item: Value) -> (String, Value) {
    let named: Vec<&str> = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
    for method in METHODS {
        let Some(Value::Object(operation)) = item.get_mut(method) else { continue };
        parameters(method, &named, operation);
        let takes_body = operation.contains_key("requestBody");
        let Some(Value::Object(responses)) = operation.get_mut("responses") else { continue };
        for (status, why) in refusals(method, !named.is_empty(), takes_body) {
            let schema = json!({ "$ref": "#/components/schemas/Refusal" });
            let refusal = json!({ "description": why, "content": { "application/json": { "schema": schema } } });
            responses.entry(status).or_insert(refusal);
        }
        for response in responses.values_mut().filter_map(Value::as_object_mut) {
            response.entry("description").or_insert_with(|| json!("Done"));
        }
        operation.insert("operationId".to_owned(), operation_id(method, path).into());
    }
    (format!("{BASE}{path}"), item)
}

/// Unique, and the same as long as the address is: `post_conversations_number_replies`.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

fn parameters(method: &str, named: &[&str], operation: &mut Map<String, Value>) {
    let Value::Array(known) = operation.entry("parameters").or_insert_with(|| json!([])) else { return };
    known.retain(|parameter| parameter["in"] != "path");
    let text = json!({ "type": "string" });
    known.extend(named.iter().map(|name| json!({ "name": name, "in": "path", "required": true, "schema": text })));
    let header = |name: &str, what: &str| json!({ "name": name, "in": "header", "description": what, "schema": text });
    match method {
        "post" => {
            known.push(header("Idempotency-Key", "A repeat within 24 hours is answered the same and does nothing."))
        }
        "delete" => known.push(header("If-Match", "The version this is based on, as in \"7\".")),
        _ => {}
    }
}

fn refusals(method: &str, has_record: bool, takes_body: bool) -> BTreeMap<&'static str, &'static str> {
    let mut all = BTreeMap::from([
        ("401", "No token, or none for this"),
        ("422", "A value is wrong"),
        ("503", "Not available just now; nothing was changed"),
    ]);
    if has_record {
        all.insert("404", "Not there, or not for these eyes");
    }
    if method != "get" {
        all.insert("403", "Another role could");
        all.insert("409", "Not in this state, or based on an old version");
    }
    if takes_body {
        all.extend([("400", "Not JSON"), ("413", "Too long"), ("415", "Not application/json")]);
    }
    all
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}
