//! A person's videos by the JSON API.

mod bounded;
mod create;
mod detail;
mod events;
mod list;
mod operate;

use serde_json::{Value, json};

use super::{By, call, get, make_account, must, on_a_clock, refusal, sign_in};
use crate::support::{Answer, TestApp};

/// An order that costs $0.24.
fn order(key_id: &Value) -> Value {
    json!({ "key_id": key_id, "model": "grok-image-video", "prompt": "A lighthouse", "seconds": 4,
            "resolution": "480p" })
}

async fn post(app: &TestApp, by: By<'_>, path: &str, body: &Value) -> Answer {
    call(app, by, "POST", path, body).await
}

/// A key of the session's account.
async fn make_key(app: &TestApp, by: By<'_>, more: &Value) -> Value {
    let mut body = json!({ "name": "k" });
    let fields = body.as_object_mut().expect("fields");
    fields.extend(more.as_object().expect("fields").clone());
    must(&post(app, by, "/api/keys", &body).await, 201)
}

/// An account with $10 and its session.
async fn make_person(app: &TestApp, name: &str) -> String {
    make_account(app, name, &json!({})).await;
    let grant = json!({ "amount": "10", "reason": "a start" });
    let path = format!("/api/admin/accounts/{name}/credit");
    must(&post(app, By::Local, &path, &grant).await, 201);
    sign_in(app, name).await
}

/// Status, code and parameter of a refusal.
fn blamed(answer: &Answer) -> (u16, String, Value) {
    let (status, code) = refusal(answer);
    (status, code, answer.json()["error"]["param"].clone())
}
