//! The dialects over real sockets: what their clients send, and what they read.

mod openai;
mod xai;

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

const GENERATIONS: &str = "/v1/video/generations";

/// The stored task behind a native id.
async fn row(app: &TestApp, id: &str) -> rushes_store::TaskRow {
    let id = id.parse().expect("an id");
    let read = move |tx: &mut rushes_store::Tx<'_>| rushes_store::task(tx, id);
    app.app().store.read(read).await.expect("readable").expect("there")
}

/// A request for a prompt that no renderer works on for long, in words that all dialects share.
fn small(prompt: &str) -> Value {
    json!({"model": "grok-imagine-video", "prompt": prompt, "seconds": 1, "resolution": "480p"})
}

async fn get(app: &TestApp, key: &str, path: &str) -> Answer {
    app.send(app.bare_request("GET", path).bearer_auth(key)).await
}

/// The native spelling of a UUID.
fn native(uuid: &str) -> String {
    format!("task_{}", uuid.replace('-', ""))
}
