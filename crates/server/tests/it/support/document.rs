//! Every answer against the OpenAPI document.
//!
//! Whatever a test asks for, its answer has a status that the operation names, a media type that it
//! names, and a body of its schema; a field that the schema does not know is a mistake too.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::{Map, Value, json};

/// The document, its schemas closed against unknown fields.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = rushes_server::http::openapi::document("http://gateway.test");
    let schemas = document["components"]["schemas"].as_object_mut().expect("schemas");
    for schema in schemas.values_mut() {
        if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
            schema["additionalProperties"] = json!(false);
        }
    }
    document
});

/// Validators by the text of their schemas.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Panics if the document knows the operation, and the answer is none that it tells of.
pub(crate) fn check(method: &str, path: &str, status: u16, headers: &HeaderMap, bytes: &[u8]) {
    let place = format!("{method} {path} → {status}");
    let Some(operations) = operations(path) else {
        let is_api = path.starts_with("/v1/") || path.starts_with("/api/");
        assert!(!(is_api && status < 300), "{place}: no such path");
        return;
    };
    if status == 405 || method == "OPTIONS" {
        return;
    }
    let known = if method == "HEAD" { "get" } else { &method.to_lowercase() };
    let text = String::from_utf8_lossy(bytes);
    let Some(operation) = operations.get(known) else {
        // What other APIs have and this one does not (`/v1/videos/edits`).
        assert!(status >= 400, "{place}: no such operation");
        return;
    };
    let response = &operation["responses"][status.to_string()];
    assert!(response.is_object(), "{place}: the operation does not name the status; {text}");
    assert!(headers.contains_key("x-request-id"), "{place}: no X-Request-Id");
    let Some(content) = response.get("content").filter(|_| method != "HEAD") else { return };
    let sent = headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().expect("text"));
    let sent = sent.split(';').next().unwrap_or_default();
    let schema = &content[sent]["schema"];
    assert!(content.get(sent).is_some(), "{place}: the operation names no {sent:?}");
    if sent == "application/json" {
        let value = serde_json::from_slice(bytes);
        assert!(value.is_ok(), "{place}: {text}");
        hold(&value.unwrap_or_default(), schema, &place);
    }
}

/// Panics if the body of a webhook is none that the document tells of.
pub(crate) fn check_event(body: &Value) {
    let kind = body["type"].as_str().expect("a type");
    let content = &DOCUMENT["webhooks"][kind]["post"]["requestBody"]["content"];
    let schema = &content["application/json"]["schema"];
    assert!(schema.is_object(), "the document does not tell of {kind}: {body}");
    hold(body, schema, kind);
}

/// Panics if the value is none of the schema.
fn hold(value: &Value, schema: &Value, place: &str) {
    let errors: Vec<String> = validator(schema)
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{place}: {errors:#?} in {value}");
}

/// The operations of the path; one that is written out goes before one with a variable part.
fn operations(path: &str) -> Option<&'static Map<String, Value>> {
    let parts: Vec<&str> = path.split('/').collect();
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    if let Some(exact) = paths.get(path) {
        return exact.as_object();
    }
    let is_match = |template: &str| {
        let wanted: Vec<&str> = template.split('/').collect();
        let fits = |(wanted, part): (&&str, &&str)| wanted.starts_with('{') || wanted == part;
        wanted.len() == parts.len() && wanted.iter().zip(&parts).all(fits)
    };
    paths.iter().find(|(template, _)| is_match(template)).and_then(|(_, item)| item.as_object())
}

/// The validator of a schema whose references lead into the document.
pub(crate) fn validator(schema: &Value) -> Arc<Validator> {
    let mut known = VALIDATORS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let make = || {
        let mut whole = schema.clone();
        whole["components"] = DOCUMENT["components"].clone();
        Arc::new(jsonschema::draft202012::new(&whole).expect("a valid schema"))
    };
    Arc::clone(known.entry(schema.to_string()).or_insert_with(make))
}
