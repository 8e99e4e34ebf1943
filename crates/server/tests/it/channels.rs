//! Channels against upstreams over real sockets: the fake one, and a second gateway.

#![expect(clippy::unwrap_used, reason = "helpers stop the test they serve")]

mod admin;
mod chained;
mod crash;
mod failover;
mod hanging;
mod hostile;
mod links;
mod matrix;
mod operate;
mod pictures;
mod places;

use std::time::Duration;

use fake_upstream::{FakeUpstream, Flavour, Options as FakeOptions};
use rushes_server::clock::ManualClock;
use serde_json::{Value, json};

use crate::support::{Answer, Options, TestApp, eventually};

/// A job takes so long in these tests, and is asked after so often.
const TAKES: Duration = Duration::from_millis(60);
const POLL_INTERVAL_MS: u64 = 50;

/// A fake upstream with quick jobs.
async fn fake(flavour: Flavour) -> FakeUpstream {
    let options = FakeOptions { takes: TAKES, flavour, ..FakeOptions::default() };
    FakeUpstream::start(options).await.unwrap()
}

/// A gateway with room for many tasks.
async fn gateway() -> TestApp {
    Options::default()
        .toml("[account]\nin_flight_max = 1000\nfirst_credit = \"100000\"")
        .start()
        .await
}

/// A call of the operators' API with this run's local token.
async fn admin(app: &TestApp, method: &str, path: &str, body: &Value) -> Answer {
    let request = app
        .bare_request(method, path)
        .bearer_auth(&app.app().local_token)
        .header("content-type", "application/json");
    let request = if body.is_null() { request } else { request.body(body.to_string()) };
    app.send(request).await
}

/// Adds a channel to a fake upstream; `more` wins over what is said here.
async fn add(app: &TestApp, name: &str, provider: &str, fake: &FakeUpstream, more: Value) -> Value {
    let mut body = json!({
        "name": name,
        "provider": provider,
        "base_url": fake.base_url(),
        "api_key": fake.api_key(),
        "models": { "grok-image-video": "grok-imagine-video" },
        "poll_interval_ms": POLL_INTERVAL_MS,
        "timeouts": { "submit_ms": 700, "poll_ms": 700, "download_ms": 1_500 },
        "max_concurrency": 100,
    });
    for (field, value) in more.as_object().unwrap() {
        body[field] = value.clone();
    }
    let answer = admin(app, "POST", "/api/admin/channels", &body).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.bytes));
    answer.json()
}

/// A channel as operators see it.
async fn channel(app: &TestApp, name: &str) -> Value {
    admin(app, "GET", &format!("/api/admin/channels/{name}"), &Value::Null).await.json()
}

/// The smallest film there is.
fn order(prompt: &str) -> Value {
    json!({"model": "grok-image-video", "prompt": prompt, "seconds": 4, "resolution": "480p"})
}

/// What became of a task: its status, or the code of its failure; and what became of its money.
fn end_of(body: &Value) -> (String, String) {
    let data = &body["data"];
    let end = data["error"]["code"].as_str().or(data["status"].as_str()).unwrap();
    (end.to_owned(), data["cost"]["state"].as_str().unwrap().to_owned())
}

/// Polls with a key until the task has ended; returns the poll's body.
async fn wait_with(app: &TestApp, key: &str, id: &str) -> Value {
    let path = format!("/v1/video/generations/{id}");
    eventually(&format!("task {id} ends"), async || {
        let answer = app.send(app.bare_request("GET", &path).bearer_auth(key)).await;
        let body = answer.json();
        matches!(body["data"]["status"].as_str(), Some("SUCCESS" | "FAILURE")).then_some(body)
    })
    .await
}

/// A clock that runs fast: the waits between tries are not waited for.
struct Hurry(tokio::task::JoinHandle<()>);

impl Hurry {
    #[expect(clippy::disallowed_methods, reason = "a test's own clock is driven beside the app")]
    fn begin(clock: &ManualClock) -> Self {
        let clock = clock.clone();
        Self(tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                clock.advance_ms(80);
            }
        }))
    }
}

impl Drop for Hurry {
    fn drop(&mut self) {
        self.0.abort();
    }
}
