//! A create that is accepted: its answer, its durability, its idempotency.

use std::collections::BTreeSet;
use std::sync::Arc;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::left::left;
use super::raw::{Raw, create_bytes};
use super::{GENERATIONS, small, with};
use crate::support::{Answer, Options, TestApp, eventually};

#[tokio::test]
async fn the_answer_has_the_seeds_seven_fields_first() {
    let app = TestApp::start().await;
    let body = json!({"model": "grok-imagine-video", "prompt": "[[stall]]", "seconds": 6});
    let answer = app.post_with(&app.api_key, GENERATIONS, &body).await;
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.bytes.clone()).expect("text");
    let body = answer.json();
    let id = body["id"].as_str().expect("an id");
    let created_at = body["created_at"].as_i64().expect("seconds");
    let seed = format!(
        r#"{{"id":"{id}","task_id":"{id}","object":"video","model":"grok-imagine-video","status":"queued","progress":0,"created_at":{created_at},"#
    );
    assert!(text.starts_with(&seed), "{text}");
    assert_eq!(body["cost"], json!({"amount": "0.54", "ticks": "5400000000", "state": "held"}));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("access-control-allow-origin"), "");
    app.send(app.request("POST", &format!("{GENERATIONS}/{id}/cancel"))).await;
    app.finish().await;
}

#[tokio::test]
async fn ignored_fields_are_named() {
    let app = TestApp::start().await;
    let mut body = small("[[stall]]");
    body["seed"] = json!(7);
    body["雨"] = json!("x");
    let answer = app.post_with(&app.test_api_key, GENERATIONS, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    let named: BTreeSet<&str> = answer.header("rushes-ignored-fields").split(", ").collect();
    assert_eq!(named, BTreeSet::from(["%E9%9B%A8", "seed"]));
    let plain = app.post_with(&app.test_api_key, GENERATIONS, &small("[[stall]]")).await;
    assert!(plain.headers.get("rushes-ignored-fields").is_none());
    app.finish().await;
}

#[tokio::test]
async fn what_another_tenant_is_called_is_ignored() {
    let app = TestApp::start().await;
    let before = left(&app).await.tasks();
    let mut body = with("user_id", json!(1));
    body["price"] = json!("0");
    body["prompt"] = json!("[[stall]]");
    assert_eq!(app.post_with(&app.test_api_key, GENERATIONS, &body).await.status, 200);
    assert_eq!(left(&app).await.tasks(), before + 1);
    app.finish().await;
}

async fn keyed(app: &TestApp, key: &str, body: &Value) -> Answer {
    keyed_with(app, &app.api_key, key, body).await
}

async fn keyed_with(app: &TestApp, api_key: &str, key: &str, body: &Value) -> Answer {
    let request = app
        .bare_request("POST", GENERATIONS)
        .bearer_auth(api_key)
        .header("idempotency-key", key)
        .header("content-type", "application/json")
        .body(body.to_string());
    app.send(request).await
}

#[tokio::test]
async fn a_repetition_gets_the_same_bytes() {
    let app = TestApp::start().await;
    let first = keyed(&app, "one", &small("rain")).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.header("idempotent-replayed"), "");
    let after = left(&app).await.tasks();
    // Another spelling of the same request.
    let again = json!({"prompt": "rain", "resolution": "480p", "duration": "1",
        "model": "grok-image-video"});
    let second = keyed(&app, "one", &again).await;
    assert_eq!((second.status, &second.bytes), (first.status, &first.bytes));
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(left(&app).await.tasks(), after);
    let id = first.json()["id"].as_str().expect("an id").to_owned();
    app.wait(&id).await;
    app.finish().await;
}

/// Who pays for a video is not answered with a preview, nor the other way round.
#[tokio::test]
async fn a_key_of_the_other_kind_does_not_repeat_a_request() {
    let app = TestApp::start().await;
    let (live, test) = (app.api_key.clone(), app.test_api_key.clone());
    for (name, first, other) in [("one", &test, &live), ("two", &live, &test)] {
        let made = keyed_with(&app, first, name, &small("rain")).await;
        assert_eq!(made.status, 200);
        let refused = keyed_with(&app, other, name, &small("rain")).await;
        assert_eq!(refused.status, 422, "{}", refused.json());
        assert_eq!(refused.json()["code"], "idempotency_key_reused");
        let again = keyed_with(&app, first, name, &small("rain")).await;
        assert_eq!((again.status, &again.bytes), (200, &made.bytes));
        app.wait(made.json()["id"].as_str().expect("an id")).await;
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_equal_requests_at_once_make_one_task() {
    // Money for one of them.
    let app = Options::default().toml("[account]\nfirst_credit = \"0.07\"").start().await;
    let app = Arc::new(app);
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let app = Arc::clone(&app);
        requests.spawn(async move { keyed(&app, "race", &small("rain")).await });
    }
    let answers = requests.join_all().await;
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.json());
        assert_eq!(answer.bytes, answers[0].bytes);
    }
    let first_time = |answer: &&Answer| answer.header("idempotent-replayed").is_empty();
    assert_eq!(answers.iter().filter(first_time).count(), 1);
    assert_eq!(left(&app).await.tasks(), 1);
    let id = answers[0].json()["id"].as_str().expect("an id").to_owned();
    app.wait(&id).await;
    let app = Arc::into_inner(app).expect("nobody else has it");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_requests_for_the_money_of_one() {
    let app = Options::default().toml("[account]\nfirst_credit = \"0.07\"").start().await;
    let app = Arc::new(app);
    let mut requests = tokio::task::JoinSet::new();
    for number in 0..64 {
        let app = Arc::clone(&app);
        requests.spawn(async move { app.post(GENERATIONS, &small(&format!("{number}"))).await });
    }
    let mut statuses: Vec<u16> =
        requests.join_all().await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|&status| status == 403), "{statuses:?}");
    assert_eq!(left(&app).await.tasks(), 1);
    let app = Arc::into_inner(app).expect("nobody else has it");
    app.finish().await;
}

#[tokio::test]
async fn a_client_that_hangs_up_after_sending_still_has_its_task() {
    let app = TestApp::start().await;
    let (bytes, _) = create_bytes(&app.test_api_key, &small("[[stall]]").to_string(), 0);
    let mut raw = Raw::connect(&app).await;
    raw.send(bytes).await;
    // The first byte of the answer may be on its way; nobody will read it.
    drop(raw);
    let looked_at = &app;
    eventually("the task is there", || async move {
        (left(looked_at).await.tasks() == 1).then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test]
async fn the_client_behind_a_trusted_proxy_is_kept() {
    let app = Options::default().toml("trusted_proxies = [\"127.0.0.1/32\"]").start().await;
    let request = app
        .bare_request("POST", GENERATIONS)
        .bearer_auth(&app.test_api_key)
        .header("x-forwarded-for", "10.9.9.9, 198.51.100.4")
        .header("user-agent", "test/1")
        .body(small("[[stall]]").to_string());
    let id = app.send(request).await.json()["id"].as_str().expect("an id").to_owned();
    let id = id.parse().expect("an id");
    let store = &app.app().store;
    let row = store.read(move |tx| rushes_store::task(tx, id)).await.unwrap().unwrap();
    assert_eq!(row.client_address.as_deref(), Some("198.51.100.4"));
    assert_eq!(row.user_agent.as_deref(), Some("test/1"));
    assert!(row.request_id.starts_with("req_"));
    app.finish().await;
}
