//! What is sent, and that a receiver can check it by the standard alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{START_SECONDS, call, endpoint, failing_task, must, on_a_clock, options};
use crate::support::receiver::{Call, Names, Receiver};
use crate::support::{TestApp, eventually};

/// HMAC-SHA256 as RFC 2104 writes it, with nothing of the gateway's in it.
fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let padded = |pad: u8| block.map(|byte| byte ^ pad);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

/// Whether one of a call's signatures was made with the secret.
fn is_signed(call: &Call, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").expect("a prefix")).expect("base64");
    let mut message = call.header("webhook-id").to_owned().into_bytes();
    message.push(b'.');
    message.extend_from_slice(call.header("webhook-timestamp").as_bytes());
    message.push(b'.');
    message.extend_from_slice(&call.body);
    let expected = format!("v1,{}", STANDARD.encode(hmac_sha256(&key, &message)));
    call.header("webhook-signature").split(' ').any(|signature| signature == expected)
}

async fn calls(receiver: &Receiver, count: usize) -> Vec<Call> {
    eventually("the calls arrive", async || {
        let calls = receiver.calls();
        (calls.len() >= count).then_some(calls)
    })
    .await
}

async fn test(app: &TestApp, path: &str) -> Value {
    must(&call(app, "POST", &format!("{path}/test"), &Value::Null).await, 202)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finished_video_is_told_with_the_task_as_a_query_shows_it() {
    let names = Names::loopback();
    let (app, _clock) = on_a_clock(&names).await;
    let receiver = Receiver::start();
    let (path, secret) = endpoint(&app, &receiver, &json!({})).await;
    let body = json!({
        "model": "grok-image-video", "prompt": "a fox", "seconds": 1, "resolution": "480p",
        "metadata": { "order": "7" },
    });
    let id = app.create_with(&app.test_api_key, &body).await;
    let ended = app.wait(&id).await;
    let mut told = calls(&receiver, 2).await;
    told.sort_by_key(|call| call.json()["sequence"].as_u64());
    let types: Vec<_> = told.iter().map(|call| call.json()["type"].clone()).collect();
    assert_eq!(types, ["video.started", "video.completed"]);
    let completed = &told[1];
    assert!(told.iter().all(|call| is_signed(call, &secret)), "{told:?}");
    let hex = id.strip_prefix("task_").expect("an id");
    assert_eq!(completed.header("webhook-id"), format!("evt_{hex}_2"));
    assert_eq!(completed.header("content-type"), "application/json");
    assert!(completed.header("user-agent").starts_with("Rushes/"));
    assert_eq!(completed.path, "/hook?key=x");
    let said = completed.json();
    assert_eq!(said["data"], ended["data"]);
    assert_eq!(said["data"]["metadata"]["order"], "7");
    assert_eq!(said["sequence"], 2);
    let moment = said["timestamp"].as_str().expect("a text");
    assert!(moment.starts_with("20") && moment.ends_with('Z'), "{moment}");
    let fields: Vec<_> = said.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(fields.len(), 4, "{fields:?}");
    // Nobody is told twice.
    let list = call(&app, "GET", &format!("{path}/deliveries"), &Value::Null).await;
    let list = must(&list, 200);
    let data = list["data"].as_array().expect("a list");
    assert_eq!(data.len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_metadata_stays_out_of_a_body_that_would_be_too_long() {
    let names = Names::loopback();
    let app = options(&names).start().await;
    let receiver = Receiver::start();
    endpoint(&app, &receiver, &json!({ "event_types": ["video.failed"] })).await;
    let pairs: serde_json::Map<_, _> =
        (0..16).map(|number| (format!("n{number}"), "\u{1F3AC}".repeat(512).into())).collect();
    let body = json!({
        "model": "grok-image-video", "prompt": "[[fail: x]]", "seconds": 1, "metadata": pairs,
    });
    app.create_with(&app.test_api_key, &body).await;
    let told = calls(&receiver, 1).await.remove(0);
    assert!(told.body.len() <= 20 * 1024, "{}", told.body.len());
    let data = &told.json()["data"];
    assert_eq!((&data["status"], &data["metadata"]), (&json!("FAILURE"), &Value::Null));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_secrets_are_valid_for_a_day_after_a_rotation() {
    let names = Names::loopback();
    let (app, clock) = on_a_clock(&names).await;
    let receiver = Receiver::start();
    let (path, first) = endpoint(&app, &receiver, &json!({})).await;
    let rotated = must(&call(&app, "POST", &format!("{path}/rotate"), &Value::Null).await, 200);
    let second = rotated["secret"].as_str().expect("a secret").to_owned();
    test(&app, &path).await;
    let both = calls(&receiver, 1).await.remove(0);
    assert!(is_signed(&both, &first) && is_signed(&both, &second));
    assert_eq!(both.header("webhook-signature").split(' ').count(), 2);
    assert_eq!(both.header("webhook-timestamp"), START_SECONDS.to_string());
    clock.advance_ms(86_400_000);
    test(&app, &path).await;
    let alone = calls(&receiver, 2).await.remove(1);
    assert!(!is_signed(&alone, &first) && is_signed(&alone, &second));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_says_that_nothing_happened_and_is_sent_once() {
    let names = Names::loopback();
    let (app, _clock) = on_a_clock(&names).await;
    let receiver = Receiver::start();
    let (path, secret) = endpoint(&app, &receiver, &json!({})).await;
    let sent = test(&app, &path).await;
    assert_eq!((&sent["event_type"], &sent["task_id"]), (&json!("webhook.test"), &Value::Null));
    let told = calls(&receiver, 1).await.remove(0);
    assert!(is_signed(&told, &secret));
    assert_eq!(told.json()["type"], "webhook.test");
    assert_eq!(told.json()["sequence"], 0);
    for _ in 0..9 {
        test(&app, &path).await;
    }
    let refused = call(&app, "POST", &format!("{path}/test"), &Value::Null).await;
    assert_eq!(must(&refused, 429)["code"], "rate_limited");
    assert!(refused.header("ratelimit-policy").contains("webhook_tests"), "{refused:?}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_end_of_200_tasks_is_told_under_one_id() {
    let names = Names::loopback();
    let app = options(&names).start().await;
    let receiver = Receiver::start();
    endpoint(&app, &receiver, &json!({ "event_types": ["video.failed"] })).await;
    let mut expected = Vec::new();
    for _ in 0..200 {
        let id = failing_task(&app).await;
        expected.push(format!("evt_{}_2", id.strip_prefix("task_").expect("an id")));
    }
    let mut told: Vec<String> = calls(&receiver, 200)
        .await
        .iter()
        .map(|call| call.header("webhook-id").to_owned())
        .collect();
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
    app.finish().await;
}
