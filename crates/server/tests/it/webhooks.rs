//! Webhooks over HTTP, with receivers that speak https on loopback.
#![cfg(not(target_vendor = "apple"))]

mod callback;
mod crash;
mod delivery;
mod endpoints;
mod faults;
mod sdk;
mod shown;
mod signature;

use rushes_domain::Timestamp;
use rushes_server::clock::ManualClock;
use serde_json::{Value, json};

use crate::support::receiver::{Names, Receiver};
use crate::support::{Answer, Options, TestApp, eventually};

/// 2026-06-01T00:00:00Z.
const START_SECONDS: i64 = 1_780_272_000;

/// Receivers on loopback may be called.
fn options(names: &Names) -> Options {
    Options::default().names(names).toml("[egress]\nallow = [\"127.0.0.1/32\"]")
}

/// An app that may call receivers, on a clock that the test moves.
async fn on_a_clock(names: &Names) -> (TestApp, ManualClock) {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(START_SECONDS));
    (options(names).clock(&clock).start().await, clock)
}

/// A request of the owner's key, which may manage.
async fn call(app: &TestApp, method: &str, path: &str, body: &Value) -> Answer {
    let mut request = app.bare_request(method, path).bearer_auth(manager(app).await);
    if !body.is_null() {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    app.send(request).await
}

/// A key of the owner's with the scope `manage`.
async fn manager(app: &TestApp) -> String {
    let by_id = app.app().store.read(|tx| rushes_store::account_by_name(tx, "owner"));
    let account_id = by_id.await.expect("readable").expect("the owner").id;
    let key = "sk-manager-of-webhooks";
    let (hash, now) = (rushes_domain::account::key_hash(key), app.now());
    let make = move |tx: &mut rushes_store::Tx<'_>| {
        let mut terms = rushes_store::KeyTerms::named("manager");
        terms.scopes = rushes_domain::account::Scopes::from_words("read manage").expect("scopes");
        let secret = rushes_store::KeySecret { hash, mask: "sk-…".into(), sealed: None };
        let kind = rushes_domain::account::KeyKind::Live;
        rushes_store::create_key(tx, &rushes_store::NewKey { account_id, kind, secret, terms, now })
    };
    app.app().store.write(make).await.expect("written");
    key.to_owned()
}

#[track_caller]
fn must(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.bytes));
    answer.json()
}

/// An endpoint of the owner's at a receiver; gives its path and its secret.
async fn endpoint(app: &TestApp, receiver: &Receiver, more: &Value) -> (String, String) {
    endpoint_at(app, &receiver.url("hooks.example", "/hook?key=x"), more).await
}

async fn endpoint_at(app: &TestApp, url: &str, more: &Value) -> (String, String) {
    let mut body = json!({ "url": url });
    if let (Some(fields), Some(more)) = (body.as_object_mut(), more.as_object()) {
        fields.extend(more.clone());
    }
    let made = must(&call(app, "POST", "/api/webhooks", &body).await, 201);
    let secret = made["secret"].as_str().expect("a secret").to_owned();
    (format!("/api/webhooks/{}", made["id"]), secret)
}

/// A task of the test key that fails at once; gives its id.
async fn failing_task(app: &TestApp) -> String {
    let body = json!({
        "model": "grok-image-video", "prompt": "[[fail: as asked]]", "seconds": 1,
        "resolution": "480p",
    });
    app.create_with(&app.test_api_key, &body).await
}

/// Waits until an endpoint's only delivery shows so many attempts, and gives it.
async fn after_attempts(app: &TestApp, path: &str, count: u64) -> Value {
    eventually("the attempts are made", async || {
        let list = must(&call(app, "GET", &format!("{path}/deliveries"), &Value::Null).await, 200);
        let only = list["data"][0].clone();
        (only["attempts_count"].as_u64() >= Some(count)).then_some(())?;
        let id = only["id"].as_str()?.to_owned();
        let whole = call(app, "GET", &format!("{path}/deliveries/{id}"), &Value::Null).await;
        Some(must(&whole, 200))
    })
    .await
}
