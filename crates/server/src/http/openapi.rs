//! The OpenAPI 3.1 document: `/openapi.json` and `rushes openapi`.
//!
//! Guarantees: an operation is in it because its route is registered, by its handler's own
//! attribute, so that none is missing and none is invented; each has an id, a tag, its refusals and
//! who may call it; the table of errors is the domain's. Schemas are those of the types that are
//! written and read, or stand in `crate::openapi`, and every answer that the tests see is held
//! against them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use rushes_domain::webhook::EventType;
use rushes_domain::{ErrorCode, FailureCode};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{ComponentsBuilder, OpenApi, RefOr};

use super::Http;
use super::session::cookie::CookieRules;
use crate::openapi::models::Error;
use crate::openapi::webhooks::WebhookEvent;

/// The tags in their order, and what is below each.
const TAGS: [(&str, &str); 13] = [
    ("videos", "Make videos, follow them, fetch them."),
    ("models", "What can be made, and what it costs."),
    ("openai", "The same videos in the words of the OpenAI Videos API, for its SDKs."),
    ("xai", "The same videos in the words of xAI's API, for its SDKs."),
    ("session", "Sign in and out."),
    ("account", "Your own account, its sessions and its money."),
    ("keys", "API keys."),
    ("usage", "What was made and paid."),
    ("webhooks", "Addresses that are told what happens to videos."),
    ("operators", "For operators: accounts, groups, codes, money."),
    ("channels", "For operators: the upstreams that make the videos."),
    ("settings", "For operators: models, prices, settings, the system, the audit log."),
    ("service", "For process managers, load balancers and monitoring."),
];

/// Before a schema's name in a reference to it.
const SCHEMAS: &str = "#/components/schemas/";

/// The document, ready to be sent.
pub(super) struct Document {
    bytes: Bytes,
    etag: HeaderValue,
}

impl Document {
    /// The document of these operations, for a gateway under `public_url`.
    pub(super) fn new(operations: OpenApi, public_url: &str) -> Self {
        // Maps with text keys: it cannot fail.
        let bytes = serde_json::to_vec(&whole(operations, public_url)).unwrap_or_default();
        let hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(&bytes)[..12]);
        let etag = HeaderValue::try_from(format!("\"{hash}\""));
        let etag = etag.unwrap_or_else(|_| HeaderValue::from_static("\"\""));
        Self { bytes: bytes.into(), etag }
    }
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", operation_id = "getOpenApi", tag = "service",
    security(()), responses((status = 200, body = serde_json::Value),
        (status = 304, description = "The copy that `If-None-Match` names is current.")))]
pub(super) async fn serve(State(http): State<Arc<Http>>, headers: HeaderMap) -> Response {
    let Document { bytes, etag } = &http.document;
    let shared = [
        (ETAG, etag.clone()),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        // Editors of such documents run in browsers, and nothing in it is secret.
        (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    if headers.get(IF_NONE_MATCH) == Some(etag) {
        return (StatusCode::NOT_MODIFIED, shared).into_response();
    }
    let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (shared, json, Body::from(bytes.clone())).into_response()
}

/// The document of a gateway under `public_url` (without a slash at its end), as JSON.
pub fn document(public_url: &str) -> Value {
    whole(super::routes().into_openapi(), public_url)
}

fn add<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// Adds to the operations what they share.
fn whole(mut operations: OpenApi, public_url: &str) -> Value {
    let mut schemas = Vec::new();
    // No operation names them.
    add::<Error>(&mut schemas);
    add::<WebhookEvent<'_>>(&mut schemas);
    let components = operations.components.get_or_insert_with(|| ComponentsBuilder::new().build());
    components.schemas.extend(schemas);
    // Maps with text keys: it cannot fail.
    let mut document = serde_json::to_value(&operations).unwrap_or_default();
    document["openapi"] = json!("3.1.0");
    document["info"] = json!({
        "title": "Rushes",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "A self-hosted gateway for AI video generation.",
        "description": description(public_url),
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    document["servers"] = json!([{ "url": public_url }]);
    document["tags"] = TAGS
        .iter()
        .map(|(name, description)| json!({ "name": name, "description": description }))
        .collect();
    document["externalDocs"] = json!({ "url": format!("{public_url}/docs") });
    document["components"]["securitySchemes"] = json!({
        "key": {
            "type": "http", "scheme": "bearer", "bearerFormat": "sk-…",
            "description": "An API key. Looks need its scope `read`, videos `generate`, the JSON \
                            API (`/api`) `manage`.",
        },
        "session": {
            "type": "apiKey", "in": "cookie", "name": CookieRules::of(public_url).name(),
            "description": "A session of a person who signed in at the console.",
        },
    });
    document["webhooks"] = webhooks();
    let schemas = document["components"]["schemas"].clone();
    each_operation(&mut document["paths"], |path, operation| {
        secure(path, operation);
        if path.starts_with("/api/") {
            may_be_empty(&schemas, operation);
        }
        describe(operation);
        for parameter in
            operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten()
        {
            without_null(&mut parameter["schema"]);
        }
    });
    each_schema(&mut document, |schema| {
        join_own(schema);
        lift_examples(schema);
    });
    refer_to_listed(&mut document["components"]["schemas"]);
    let answered = answered(&document);
    for name in answered {
        absent_not_null(&mut document["components"]["schemas"][name]);
    }
    document
}

fn each_operation(paths: &mut Value, mut work: impl FnMut(&str, &mut Map<String, Value>)) {
    let Value::Object(paths) = paths else { return };
    for (path, item) in paths {
        let Value::Object(operations) = item else { continue };
        for operation in operations.values_mut().filter_map(Value::as_object_mut) {
            work(path, operation);
        }
    }
}

/// Who may call: a key, or on the JSON API also a person; unless the operation says so itself.
fn secure(path: &str, operation: &mut Map<String, Value>) {
    let session = path.starts_with("/api/").then(|| json!({ "session": [] }));
    let either: Vec<Value> = [json!({ "key": [] })].into_iter().chain(session).collect();
    operation.entry("security").or_insert(either.into());
}

/// The JSON API takes no body for `{}`, where nothing is needed.
fn may_be_empty(schemas: &Value, operation: &mut Map<String, Value>) {
    let Some(body) = operation.get_mut("requestBody") else { return };
    let reference = body["content"]["application/json"]["schema"]["$ref"].as_str();
    let Some(name) = reference.and_then(|text| text.strip_prefix(SCHEMAS)) else { return };
    let is_needed = !schemas[name]["required"].as_array().is_none_or(Vec::is_empty);
    body["required"] = is_needed.into();
}

/// Every response has a description (OpenAPI 3.1, section 4.8.17).
fn describe(operation: &mut Map<String, Value>) {
    let Some(Value::Object(responses)) = operation.get_mut("responses") else { return };
    for (status, response) in responses {
        let status = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
        let reason = status.and_then(|status| status.canonical_reason()).unwrap_or("");
        if response["description"].as_str().is_none_or(str::is_empty) {
            response["description"] = format!("{reason}.").into();
        }
    }
}

/// The names of the schemas that answers are made of.
fn answered(document: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open = vec![&document["webhooks"]];
    for item in document["paths"].as_object().into_iter().flat_map(Map::values) {
        open.extend(item.as_object().into_iter().flat_map(Map::values).map(|it| &it["responses"]));
    }
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => open.extend(fields.values()),
            Value::Array(items) => open.extend(items),
            Value::String(text) => {
                let Some(name) = text.strip_prefix(SCHEMAS) else { continue };
                if names.insert(name.to_owned()) {
                    open.push(&document["components"]["schemas"][name]);
                }
            }
            _ => {}
        }
    }
    names
}

/// Everything in the document that could be a schema.
fn each_schema(value: &mut Value, work: fn(&mut Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            work(fields);
            fields.values_mut().for_each(|value| each_schema(value, work));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| each_schema(value, work)),
        _ => {}
    }
}

/// A field of a type that stands in its place, with a description or default of its own, comes as
/// both of the type and an object with these, which nothing can be.
fn join_own(schema: &mut Map<String, Value>) {
    let Some(Value::Array(parts)) = schema.get_mut("allOf") else { return };
    let [Value::Object(of_type), Value::Object(own)] = &mut parts[..] else { return };
    if own.remove("type") != Some(json!("object")) {
        return;
    }
    let mut joined = std::mem::take(of_type);
    joined.extend(std::mem::take(own));
    schema.remove("allOf");
    schema.extend(joined);
}

/// A page of a list comes with a copy of what is listed; it is the schema of that name.
fn refer_to_listed(schemas: &mut Value) {
    let Value::Object(schemas) = schemas else { return };
    let known: BTreeSet<String> = schemas.keys().cloned().collect();
    for (name, schema) in schemas {
        let listed = name.strip_prefix("List_").filter(|listed| known.contains(*listed));
        if let Some(listed) = listed {
            schema["properties"]["data"]["items"] = json!({ "$ref": format!("{SCHEMAS}{listed}") });
        }
    }
}

/// The examples of a list or map are its own, and not those of what is in it.
fn lift_examples(schema: &mut Map<String, Value>) {
    let mut lifted = None;
    for (within, is_whole) in [
        ("items", Value::is_array as fn(&Value) -> bool),
        ("propertyNames", Value::is_object),
        ("additionalProperties", Value::is_object),
    ] {
        let Some(Value::Object(within)) = schema.get_mut(within) else { continue };
        let examples = within.get("examples").and_then(Value::as_array);
        let is_text = within.get("type").is_some_and(|kind| kind == "string");
        if is_text && examples.is_some_and(|all| all.iter().all(is_whole)) {
            lifted = within.remove("examples");
        }
    }
    if let Some(examples) = lifted {
        schema.insert("examples".to_owned(), examples);
    }
}

/// A field of an answer that may be absent is never null: its type says so.
fn absent_not_null(schema: &mut Value) {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (name, property) in properties {
        if !required.iter().any(|required| required == name) {
            without_null(property);
        }
    }
}

/// Takes `null` out of the types that a schema allows.
fn without_null(schema: &mut Value) {
    let Value::Object(schema) = schema else { return };
    let is_null = |it: &Value| *it == json!("null") || *it == json!({ "type": "null" });
    for word in ["type", "oneOf"] {
        let Some(Value::Array(kinds)) = schema.get_mut(word) else { continue };
        kinds.retain(|kind| !is_null(kind));
        let [only] = &mut kinds[..] else { continue };
        match only.take() {
            Value::Object(fields) => {
                schema.remove(word);
                schema.extend(fields);
            }
            kind => drop(schema.insert(word.to_owned(), kind)),
        }
    }
}

/// What endpoints are sent, one entry for each kind of event.
fn webhooks() -> Value {
    let entry = |kind: &EventType| {
        let word = kind.as_str();
        let post = json!({ "post": {
            "operationId": format!("on.{word}"),
            "tags": ["webhooks"],
            "summary": format!("`{word}`"),
            "description": "Signed as Standard Webhooks are: `webhook-id`, `webhook-timestamp`, \
                            `webhook-signature`.",
            "requestBody": { "required": true, "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/WebhookEvent" } } } },
            "responses": {
                "2XX": { "description": "Taken." },
                "410": { "description": "Send no more to this address." },
            },
            "security": [],
        }});
        (word.to_owned(), post)
    };
    Value::Object(EventType::ALL.iter().map(entry).collect::<Map<_, _>>())
}

/// The introduction, with the table of errors in Markdown.
fn description(public_url: &str) -> String {
    let mut text = format!(
        "Send a prompt, get a task, ask for the task, fetch the video.\n\nA start in three \
         languages: {public_url}/docs. Every refusal has the body `Error`; its `code` is one of \
         these.\n\n| HTTP | code | type | retry | |\n|---|---|---|---|---|\n"
    );
    // Writing to a string cannot fail.
    for code in ErrorCode::ALL {
        let retry = if code.is_retryable() { "yes" } else { "no" };
        let (status, word, kind) = (code.status(), code.as_str(), code.kind());
        let _ = writeln!(text, "| {status} | `{word}` | `{kind}` | {retry} | {} |", code.title());
    }
    text.push_str("\nA task that failed has one of these.\n\n| code | retry | |\n|---|---|---|\n");
    for code in FailureCode::ALL {
        let retry = if code.is_retryable() { "yes" } else { "no" };
        let _ = writeln!(text, "| `{}` | {retry} | {}. |", code.as_str(), code.sentence());
    }
    text
}
