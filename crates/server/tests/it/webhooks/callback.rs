//! A task's own callback URL.

use std::net::{IpAddr, Ipv4Addr};

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{call, endpoint_at, must, on_a_clock, options};
use crate::support::receiver::{Names, PUBLIC, Receiver, Reply};
use crate::support::{Answer, TestApp, eventually};

const ESTIMATE: &str = "/v1/video/generations/estimate";

fn body(callback_url: &str) -> Value {
    json!({
        "model": "grok-image-video", "prompt": "[[fail: as asked]]", "seconds": 1,
        "resolution": "480p", "callback_url": callback_url,
    })
}

async fn create(app: &TestApp, body: &Value, idempotency_key: Option<&str>) -> Answer {
    let mut request = app
        .bare_request("POST", "/v1/video/generations")
        .bearer_auth(&app.test_api_key)
        .header("content-type", "application/json")
        .body(body.to_string());
    if let Some(key) = idempotency_key {
        request = request.header("idempotency-key", key);
    }
    app.send(request).await
}

/// The deliveries of an endpoint, newest first, once there are so many that have ended.
async fn ended(app: &TestApp, path: &str, count: usize) -> Vec<Value> {
    eventually("the deliveries end", async || {
        let list = must(&call(app, "GET", &format!("{path}/deliveries"), &Value::Null).await, 200);
        let rows = list["data"].as_array().expect("a list").clone();
        let all = rows.iter().all(|row| row["status"] != "pending");
        (all && rows.len() >= count).then_some(rows)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w01_what_cannot_be_called_back() {
    let names = Names::loopback();
    names.set("public.example", &[PUBLIC]);
    let app = options(&names).start().await;
    endpoint_at(&app, "https://public.example/hook", &json!({})).await;
    for url in [
        "http://public.example/x",
        "https://8.8.8.8/",
        "https://[::ffff:8.8.8.8]/",
        "https://public.example:22/",
        "https://public.example:6379/",
        "https://127.0.0.1/",
        "https://other.example/",
        "https://sub.public.example/",
        "https://public.example.other.example/",
        "https://a:b@public.example/",
        "https://public.example#@other.example/",
        "javascript:alert(1)",
    ] {
        let refused = must(&create(&app, &body(url), None).await, 400);
        assert_eq!(refused["error"]["param"], "callback_url", "{url}: {refused}");
        let estimate = must(&app.post(ESTIMATE, &body(url)).await, 400);
        assert_eq!(estimate["error"]["message"], refused["error"]["message"], "{url}");
    }
    must(&app.post(ESTIMATE, &body("https://public.example/x")).await, 200);
    let own = app.base_url.replace("http://", "https://");
    must(&create(&app, &body(&own), None).await, 400);
    let wrong = json!({ "model": "grok-image-video", "prompt": "x", "callback_url": 5 });
    must(&create(&app, &wrong, None).await, 400);
    let list = app.get("/v1/video/generations").await.json();
    assert_eq!(list["data"], json!([]), "a refused request left a task");
    // A disabled webhook, and somebody else's, allow nothing.
    must(&call(&app, "PATCH", "/api/webhooks/1", &json!({ "enabled": false })).await, 200);
    must(&create(&app, &body("https://public.example/x"), None).await, 400);
    let other = app.other_account("y").await;
    must(&call(&app, "PATCH", "/api/webhooks/1", &json!({ "enabled": true })).await, 200);
    let path = "/v1/video/generations";
    must(&app.post_with(&other, path, &body("https://public.example/x")).await, 400);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_is_told_signed_by_the_webhook_of_its_host() {
    let names = Names::loopback();
    let (app, _clock) = on_a_clock(&names).await;
    let receiver = Receiver::start();
    let hook = receiver.url("hooks.example", "/hook");
    let (path, _) = endpoint_at(&app, &hook, &json!({ "event_types": ["video.expired"] })).await;
    let own = receiver.url("hooks.example", "/jobs/7?token=t");
    let answer = create(&app, &body(&own), Some("key-1")).await;
    let first = must(&answer, 200);
    assert_eq!(answer.header("rushes-ignored-fields"), "", "it is no unknown field");
    let told = ended(&app, &path, 1).await.remove(0);
    assert_eq!((&told["status"], &told["callback_url"]), (&json!("delivered"), &json!(own)));
    let heard = receiver.calls().remove(0);
    assert_eq!(
        (heard.path.as_str(), &heard.json()["type"]),
        ("/jobs/7?token=t", &json!("video.failed"))
    );
    assert!(heard.header("webhook-signature").starts_with("v1,"));

    // It is part of what an idempotency key stands for.
    let again = create(&app, &body(&own), Some("key-1")).await;
    assert_eq!(must(&again, 200)["task_id"], first["task_id"]);
    let elsewhere = body(&receiver.url("hooks.example", "/jobs/8"));
    must(&create(&app, &elsewhere, Some("key-1")).await, 422);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_is_looked_at_anew_at_each_attempt() {
    let names = Names::loopback();
    let (app, clock) = on_a_clock(&names).await;
    let receiver = Receiver::start();
    receiver.answer(|_| Reply::status(500, ""));
    let hook = receiver.url("hooks.example", "/hook");
    let (path, _) = endpoint_at(&app, &hook, &json!({ "event_types": ["video.expired"] })).await;
    must(&create(&app, &body(&receiver.url("hooks.example", "/jobs/1")), None).await, 200);
    eventually("the first attempt", async || (receiver.calls().len() == 1).then_some(())).await;
    names.set("hooks.example", &[IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2))]);
    super::after_attempts(&app, &path, 1).await;
    clock.advance_ms(10_000);
    let blocked = super::after_attempts(&app, &path, 2).await;
    assert_eq!(blocked["attempts"][0]["error"], "the host's address is not public");
    // Without a webhook of its host it is not called at all.
    must(&call(&app, "DELETE", &path, &Value::Null).await, 200);
    clock.advance_ms(600_000);
    let id = blocked["id"].as_str().expect("an id").to_owned();
    let row = eventually("it is given up", async || {
        let id = id.clone();
        let row = app.app().store.read(move |tx| rushes_store::delivery(tx, &id)).await;
        row.expect("readable").filter(|row| row.next_attempt_at.is_none())
    })
    .await;
    assert_eq!(row.reason, Some(rushes_store::Reason::HostNotRegistered));
    assert_eq!(receiver.calls().len(), 1);
    app.finish().await;
}
