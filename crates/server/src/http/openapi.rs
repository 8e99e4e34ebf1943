//! The OpenAPI 3.1 document: `/openapi.json` and `rushes openapi`.
//!
//! Guarantees: an operation is in it because its route is registered, by its handler's own
//! attribute, so that none is missing and none is invented; each has an id, a tag, its refusals and
//! who may call it; the table of errors is the domain's. Schemas are those of the types that are
//! written and read, or stand in `crate::openapi`, and every answer that the tests see is held
//! against them.

mod polish;

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use http::{HeaderMap, HeaderValue};
use rushes_domain::webhook::EventType;
use rushes_domain::{ErrorCode, FailureCode};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{ComponentsBuilder, OpenApi, RefOr};

use self::polish::polish;
use super::Http;
use super::ready::Ready;
use super::session::cookie::CookieRules;
use crate::openapi::models::Error;
use crate::openapi::webhooks::{WebhookEvent, WebhookTest};

/// The tags in their order, and what is below each.
const TAGS: [(&str, &str); 14] = [
    ("videos", "Make videos, follow them, fetch them."),
    ("models", "What can be made, and what it costs."),
    ("openai", "The same videos in the words of the OpenAI Videos API, for its SDKs."),
    ("xai", "The same videos in the words of xAI's API, for its SDKs."),
    ("session", "Sign in and out."),
    ("account", "Your own account, its sessions and its money."),
    ("keys", "API keys."),
    ("tasks", "Your videos as the console shows them, whichever key made them."),
    ("usage", "What was made and paid."),
    ("webhooks", "Addresses that are called when something happens to videos."),
    ("operators", "For operators: accounts, groups, codes, money."),
    ("channels", "For operators: the upstreams that make the videos."),
    ("settings", "For operators: models, prices, settings, the system, the audit log."),
    ("service", "For process managers, load balancers and monitoring."),
];

/// The document, ready to be sent.
pub(super) struct Document(Ready);

impl Document {
    /// The document of these operations, for a gateway under `public_url`.
    pub(super) fn new(operations: OpenApi, public_url: &str) -> Self {
        // Maps with text keys: it cannot fail.
        let bytes = serde_json::to_vec(&whole(operations, public_url)).unwrap_or_default();
        Self(Ready::new(&bytes))
    }
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", operation_id = "getOpenApi", tag = "service",
    security(()), responses((status = 200, body = serde_json::Value),
        (status = 304, description = "The copy that `If-None-Match` names is current.")))]
pub(super) async fn serve(State(http): State<Arc<Http>>, headers: HeaderMap) -> Response {
    let mut response = http.document.0.json(&headers);
    // Editors of such documents run in browsers, and nothing in it is secret.
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
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
    add::<WebhookTest>(&mut schemas);
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
            "description": "The session of a person who signed in (`POST /api/login`).",
        },
    });
    document["webhooks"] = webhooks();
    polish(&mut document);
    document
}

/// What endpoints are sent, one entry for each kind of event.
fn webhooks() -> Value {
    let entry = |kind: EventType| {
        let word = kind.as_str();
        let schema = if kind == EventType::Test { "WebhookTest" } else { "WebhookEvent" };
        let post = json!({ "post": {
            "operationId": format!("on.{word}"),
            "tags": ["webhooks"],
            "summary": format!("`{word}`"),
            "description": "Signed as Standard Webhooks are: `webhook-id`, `webhook-timestamp`, \
                            `webhook-signature`.",
            "requestBody": { "required": true, "content": { "application/json": {
                "schema": { "$ref": format!("#/components/schemas/{schema}") } } } },
            "responses": {
                "2XX": { "description": "Taken." },
                "410": { "description": "Send no more to this address." },
            },
            "security": [],
        }});
        (word.to_owned(), post)
    };
    let kinds = EventType::ALL.into_iter().chain([EventType::Test]);
    Value::Object(kinds.map(entry).collect::<Map<_, _>>())
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
