//! Videos by the JSON API: made with a chosen key, called off, removed.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::super::sign_in;
use super::{
    By, blamed, call, get, make_account, make_key, make_person, must, order, post, refusal,
};
use crate::support::TestApp;
use crate::support::raw::{Raw, status};

/// A body may be on its way for long; whoever signed out meanwhile has ordered nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_session_ended_on_the_way_is_none() {
    let app = TestApp::start().await;
    let cookie = make_person(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let key = make_key(&app, by, &json!({})).await;
    let body = order(&key["id"]).to_string();
    let mut raw = Raw::connect(&app).await;
    let head = format!(
        "POST /api/tasks HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/json\r\nExpect: 100-continue\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    raw.send(head).await;
    // The gateway asks for the body once it knows who sends it.
    raw.read_until("100 Continue").await;
    must(&post(&app, by, "/api/logout", &Value::Null).await, 200);
    raw.send(body).await;
    let answer = raw.read_to_end().await;
    assert_eq!(status(&answer), "401", "{answer}");
    let listed = get(&app, By::Local, "/api/admin/tasks?account=alice").await;
    assert_eq!(listed["data"], json!([]));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_video_is_made_with_the_chosen_key() {
    let app = TestApp::start().await;
    let cookie = make_person(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let key = make_key(&app, by, &json!({ "budget": "0.30" })).await;
    let wanted = order(&key["id"]);
    let estimate = must(&post(&app, by, "/api/tasks/estimate", &wanted).await, 200);
    assert_eq!(
        (&estimate["cost"]["amount"], &estimate["sufficient"]),
        (&json!("0.24"), &json!(true))
    );
    let made = post(&app, by, "/api/tasks", &wanted).await;
    assert_eq!(made.header("ratelimit").is_empty(), false);
    let made = must(&made, 200);
    assert_eq!(made["cost"], json!({ "amount": "0.24", "ticks": "2400000000", "state": "held" }));
    let id = made["task_id"].as_str().expect("an id");
    let used = get(&app, by, &format!("/api/keys/{}", key["id"])).await;
    assert_eq!(used["used"]["amount"], "0.24", "the key's budget pays");

    // The budget is that of the key, not of the account.
    let refused = post(&app, by, "/api/tasks", &wanted).await;
    assert_eq!(refusal(&refused).1, "key_budget_exceeded");
    let estimate = must(&post(&app, by, "/api/tasks/estimate", &wanted).await, 200);
    assert_eq!(estimate["reason"], "key_budget_exceeded");

    // The task is the account's on /v1 too, and knows its door.
    let secret = key["key"].as_str().expect("a secret");
    let request = app.bare_request("GET", &format!("/v1/video/generations/{id}"));
    assert_eq!(app.send(request.bearer_auth(secret)).await.status, 200);
    let parsed = id.parse().expect("an id");
    let row = app.app().store.read(move |tx| rushes_store::task(tx, parsed)).await;
    let row = row.expect("read").expect("a task");
    assert_eq!(
        (row.door.as_str(), row.key_id.0),
        ("console", key["id"].as_i64().expect("a number"))
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_key_is_free_and_a_form_names_its_key_too() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let key = make_key(&app, by, &json!({ "kind": "test" })).await;
    let made = must(&post(&app, by, "/api/tasks", &order(&key["id"])).await, 200);
    assert_eq!(made["cost"]["amount"], "0.00");
    let form = "--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngrok-image-video\r\n\
                --x\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nA pier\r\n\
                --x\r\nContent-Disposition: form-data; name=\"key_id\"\r\n\r\n";
    let request = app
        .bare_request("POST", "/api/tasks")
        .header("cookie", &cookie)
        .header("content-type", "multipart/form-data; boundary=x")
        .body(format!("{form}{}\r\n--x--\r\n", key["id"]));
    assert_eq!(must(&app.send(request).await, 200)["cost"]["amount"], "0.00");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_cannot_be_chosen() {
    let app = TestApp::start().await;
    let (alice, bob) = (make_person(&app, "alice").await, make_person(&app, "bob").await);
    let by = By::Cookie(&alice);
    let foreign = make_key(&app, By::Cookie(&bob), &json!({})).await["id"].clone();
    let off = make_key(&app, by, &json!({ "enabled": false })).await["id"].clone();
    let blind = make_key(&app, by, &json!({ "scopes": ["read"] })).await["id"].clone();
    let gone = make_key(&app, by, &json!({})).await["id"].clone();
    must(&call(&app, by, "DELETE", &format!("/api/keys/{gone}"), &Value::Null).await, 200);
    for (id, status, code) in [
        (foreign.clone(), 400, "invalid_request"),
        (gone, 400, "invalid_request"),
        (json!(999_999), 400, "invalid_request"),
        (json!("x"), 400, "invalid_request"),
        (json!({}), 400, "invalid_request"),
        (Value::Null, 400, "invalid_request"),
        (off, 403, "permission_denied"),
        (blind, 403, "permission_denied"),
    ] {
        for path in ["/api/tasks", "/api/tasks/estimate"] {
            let refused = blamed(&post(&app, by, path, &order(&id)).await);
            assert_eq!(refused, (status, code.to_owned(), json!("key_id")), "{path} {id}");
        }
    }
    let path = format!("/api/models?key_id={foreign}");
    let refused = call(&app, by, "GET", &path, &Value::Null).await;
    assert_eq!(blamed(&refused), (400, "invalid_request".to_owned(), json!("key_id")));

    // A key makes videos with itself, and with no other.
    let all = json!({ "scopes": ["read", "generate", "manage"], "budget": "0.10" });
    let own = make_key(&app, by, &all).await;
    let wide = make_key(&app, by, &json!({})).await["id"].clone();
    let with = By::Key(own["key"].as_str().expect("a secret"));
    let refused = blamed(&post(&app, with, "/api/tasks", &order(&wide)).await);
    assert_eq!(refused, (403, "permission_denied".to_owned(), json!("key_id")));
    for id in [&own["id"], &Value::Null] {
        let refused = refusal(&post(&app, with, "/api/tasks", &order(id)).await);
        assert_eq!(refused.1, "key_budget_exceeded");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_taken_once_and_from_this_site_alone() {
    let app = TestApp::start().await;
    let cookie = make_person(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let (one, two) = (make_key(&app, by, &json!({})).await, make_key(&app, by, &json!({})).await);
    let keyed = async |key_id: &Value| {
        let request = app
            .bare_request("POST", "/api/tasks")
            .header("cookie", &cookie)
            .header("content-type", "application/json")
            .header("idempotency-key", "take-1")
            .body(order(key_id).to_string());
        app.send(request).await
    };
    let first = must(&keyed(&one["id"]).await, 200);
    let again = keyed(&one["id"]).await;
    assert_eq!((again.header("idempotent-replayed"), &must(&again, 200)), ("true", &first));
    assert_eq!(refusal(&keyed(&two["id"]).await).1, "idempotency_key_reused");

    for (method, path) in [
        ("POST", "/api/tasks".to_owned()),
        ("POST", "/api/tasks/estimate".to_owned()),
        ("POST", format!("/api/tasks/{}/cancel", first["id"].as_str().expect("an id"))),
        ("DELETE", format!("/api/tasks/{}", first["id"].as_str().expect("an id"))),
    ] {
        let request = app
            .bare_request(method, &path)
            .header("cookie", &cookie)
            .header("content-type", "application/json")
            .header("sec-fetch-site", "cross-site")
            .body(order(&one["id"]).to_string());
        let answer = app.send(request).await;
        assert_eq!(refusal(&answer), (403, "cross_site_request".to_owned()), "{method} {path}");
        let nobody = call(&app, By::Nobody, method, &path, &Value::Null).await;
        assert_eq!(refusal(&nobody).0, 401, "{method} {path}");
        let local = call(&app, By::Local, method, &path, &Value::Null).await;
        assert_eq!(refusal(&local).0, 403, "{method} {path}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_are_those_of_the_key() {
    let app = TestApp::start().await;
    let cookie = make_person(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let all = get(&app, by, "/api/models").await;
    let ids: Vec<&Value> =
        all["data"].as_array().expect("models").iter().map(|it| &it["id"]).collect();
    assert!(ids.len() > 1, "{all}");
    let key = make_key(&app, by, &json!({ "models": ["grok-image-video"] })).await;
    let own = get(&app, by, &format!("/api/models?key_id={}", key["id"])).await;
    assert_eq!(own["data"].as_array().map(Vec::len), Some(1));
    let secret = key["key"].as_str().expect("a secret");
    let public = app.send(app.bare_request("GET", "/v1/models").bearer_auth(secret)).await;
    assert_eq!(public.json(), own);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_called_off_and_removed_by_its_account_alone() {
    let app = TestApp::start().await;
    let (alice, bob) = (make_person(&app, "alice").await, make_person(&app, "bob").await);
    let by = By::Cookie(&alice);
    let key = make_key(&app, by, &json!({ "kind": "test" })).await;
    let mut stalled = order(&key["id"]);
    stalled["prompt"] = json!("[[stall]]");
    let made = must(&post(&app, by, "/api/tasks", &stalled).await, 200);
    let path = format!("/api/tasks/{}", made["id"].as_str().expect("an id"));
    let cancel = format!("{path}/cancel");
    let unknown = "/api/tasks/task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f";
    for (by, path) in [(By::Cookie(&bob), path.as_str()), (by, unknown), (by, "/api/tasks/x")] {
        let gone = call(&app, by, "DELETE", path, &Value::Null).await;
        assert_eq!(refusal(&gone), (404, "task_not_exist".to_owned()), "{path}");
        let gone = post(&app, by, &format!("{path}/cancel"), &Value::Null).await;
        assert_eq!(refusal(&gone), (404, "task_not_exist".to_owned()), "{path}");
    }
    let answer = post(&app, by, &cancel, &Value::Null).await;
    assert!(matches!(answer.status, 200 | 202), "{}", answer.status);
    assert_eq!(answer.json()["task_id"], made["id"]);
    let removed = must(&call(&app, by, "DELETE", &path, &Value::Null).await, 200);
    assert_eq!(removed["deleted"], true);
    assert_eq!(call(&app, by, "DELETE", &path, &Value::Null).await.status, 404);
    app.finish().await;
}
