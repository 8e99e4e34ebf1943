//! The HTTP side over real sockets: contract 2's table row by row, queries, files, connections.

mod admission;
mod bad_requests;
mod connections;
mod console;
mod create;
mod delete;
mod errors;
mod events;
mod fairness;
mod files;
mod forms;
mod heavy;
mod images;
mod left;
mod metrics;
mod openapi;
mod pages;
mod query;
mod ready;

use serde_json::{Value, json};

use crate::support::{TestApp, raw};

/// The route of most tests.
const GENERATIONS: &str = "/v1/video/generations";
/// Every route at which a task is made, one for each dialect.
const CREATES: [&str; 3] = [GENERATIONS, "/v1/videos/generations", "/v1/videos"];

/// A request for a prompt that no renderer works on for long.
fn small(prompt: &str) -> Value {
    json!({"model": "grok-image-video", "prompt": prompt, "seconds": 1, "resolution": "480p"})
}

/// The small request with one more field.
fn with(field: &str, value: Value) -> Value {
    let mut body = small("rain");
    body[field] = value;
    body
}

/// A task that runs until it is called off, made with the test key.
async fn stalled(app: &TestApp) -> String {
    app.create_with(&app.test_api_key, &small("[[stall]]")).await
}
