//! Accounts and groups: who may make and change what, and what follows from it at once.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{By, PASSWORD, call, get, make_account, must, refusal, sign_in};
use crate::support::{TestApp, eventually};

fn order() -> Value {
    json!({ "model": "grok-image-video", "prompt": "a red car", "seconds": 4 })
}

/// A key of an account, made by the machine's own token.
async fn key_of(app: &TestApp, name: &str, body: &Value) -> String {
    let path = format!("/api/admin/accounts/{name}/keys");
    let made = must(&call(app, By::Local, "POST", &path, body).await, 201);
    made["key"].as_str().expect("a key").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_made_found_changed_and_disabled() {
    let app = TestApp::start().await;
    let more = json!({ "credit": "2.5", "display_name": "A. Élan" });
    let made = make_account(&app, "alice", &more).await;
    assert_eq!((&made["role"], &made["group"]), (&json!("user"), &json!("default")));
    assert_eq!(made["balance"]["available"]["amount"], "2.50");
    let taken = json!({ "name": "alice" });
    let taken = call(&app, By::Local, "POST", "/api/admin/accounts", &taken).await;
    assert_eq!(refusal(&taken), (409, "conflict".to_owned()));
    for search in ["ali", "ALI", "%C3%89LAN"] {
        let found = get(&app, By::Local, &format!("/api/admin/accounts?search={search}")).await;
        assert_eq!(found["data"][0]["name"], "alice", "{search}");
    }
    let by_id = get(&app, By::Local, &format!("/api/admin/accounts/id:{}", made["id"])).await;
    assert_eq!(by_id["name"], "alice");

    let key = key_of(&app, "alice", &json!({ "name": "hers" })).await;
    let cookie = sign_in(&app, "alice").await;
    let off = json!({ "enabled": false });
    let path = "/api/admin/accounts/alice";
    assert_eq!(must(&call(&app, By::Local, "PATCH", path, &off).await, 200)["enabled"], false);
    for answer in [
        app.post_with(&key, "/v1/video/generations", &order()).await,
        app.post_with(&key, "/v1/video/generations/estimate", &order()).await,
        call(&app, By::Key(&key), "GET", "/v1/models", &Value::Null).await,
    ] {
        assert_eq!(refusal(&answer), (403, "account_disabled".to_owned()));
        let said = answer.json()["message"].clone();
        let expected = "the account of this API key is disabled; ask the operator of this gateway";
        assert_eq!(said, expected);
    }
    let me = call(&app, By::Cookie(&cookie), "GET", "/api/me", &Value::Null).await;
    assert_eq!(me.status, 401, "its sessions are ended");
    let login = async |password: &str| {
        let body = json!({ "name": "alice", "password": password });
        refusal(&call(&app, By::Nobody, "POST", "/api/login", &body).await)
    };
    assert_eq!(login(PASSWORD).await, (403, "account_disabled".to_owned()));
    assert_eq!(login("wrong password").await, (401, "invalid_credentials".to_owned()));
    let on = json!({ "enabled": true });
    must(&call(&app, By::Local, "PATCH", path, &on).await, 200);
    assert_eq!(call(&app, By::Key(&key), "GET", "/v1/models", &Value::Null).await.status, 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_serve_users_and_only_the_owner_rules_operators() {
    let app = TestApp::start().await;
    make_account(&app, "op", &json!({ "role": "operator" })).await;
    make_account(&app, "op2", &json!({ "role": "operator" })).await;
    make_account(&app, "user", &json!({})).await;
    let (op, user) = (sign_in(&app, "op").await, sign_in(&app, "user").await);
    let (op, user) = (By::Cookie(&op), By::Cookie(&user));
    let denied = (403, "permission_denied".to_owned());
    for (method, path, body) in [
        ("GET", "/api/admin/accounts", Value::Null),
        ("POST", "/api/admin/accounts", json!({ "name": "more" })),
        ("POST", "/api/admin/accounts/user/credit", json!({ "amount": "5", "reason": "me" })),
        ("POST", "/api/admin/accounts/user/adjustments", json!({ "amount": "5", "reason": "me" })),
        ("GET", "/api/admin/groups", Value::Null),
        ("PATCH", "/api/admin/groups/default", json!({ "multiplier": "0.1" })),
        ("PATCH", "/api/admin/models/grok-image-video", json!({ "enabled": false })),
        ("GET", "/api/admin/prices", Value::Null),
        ("GET", "/api/admin/settings", Value::Null),
        ("GET", "/api/admin/audit", Value::Null),
        ("GET", "/api/admin/audit.csv", Value::Null),
        ("GET", "/api/admin/system", Value::Null),
        ("POST", "/api/admin/usage/rebuild", Value::Null),
        ("GET", "/api/admin/usage", Value::Null),
        ("GET", "/api/admin/codes", Value::Null),
        ("GET", "/api/admin/accounts/user/keys", Value::Null),
        ("GET", "/api/admin/keys/1", Value::Null),
    ] {
        let answer = call(&app, user, method, path, &body).await;
        assert_eq!(refusal(&answer), denied, "a user at {method} {path}");
        let nobody = call(&app, By::Nobody, method, path, &body).await;
        assert_eq!(nobody.status, 401, "nobody at {method} {path}");
    }
    must(&call(&app, op, "POST", "/api/admin/accounts", &json!({ "name": "new" })).await, 201);
    let link = "/api/admin/accounts/user/login-link";
    must(&call(&app, op, "POST", link, &Value::Null).await, 201);
    for (method, path, body) in [
        ("POST", "/api/admin/accounts", json!({ "name": "x", "role": "operator" })),
        ("PATCH", "/api/admin/accounts/user", json!({ "role": "operator" })),
        ("PATCH", "/api/admin/accounts/op2", json!({ "enabled": false })),
        ("POST", "/api/admin/accounts/op2/password", json!({ "password": "taken over!" })),
        ("POST", "/api/admin/accounts/op2/login-link", Value::Null),
        ("POST", "/api/admin/accounts/owner/login-link", Value::Null),
        ("POST", "/api/admin/accounts/owner/keys", json!({ "name": "x" })),
        ("DELETE", "/api/admin/accounts/owner/sessions", Value::Null),
        ("DELETE", "/api/admin/keys/1", Value::Null),
        ("POST", "/api/admin/keys/1/roll", json!({})),
        ("PATCH", "/api/admin/keys/1", json!({ "enabled": false })),
    ] {
        let answer = call(&app, op, method, path, &body).await;
        assert_eq!(refusal(&answer), denied, "an operator at {method} {path}");
    }
    let owner = "/api/admin/accounts/owner";
    for body in [json!({ "enabled": false }), json!({ "role": "user" })] {
        let answer = call(&app, By::Local, "PATCH", owner, &body).await;
        assert_eq!(refusal(&answer), (409, "conflict".to_owned()), "{body}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_password_ends_all_sessions_and_works_at_once() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let path = "/api/admin/accounts/alice/password";
    let short = call(&app, By::Local, "POST", path, &json!({ "password": "short" })).await;
    assert_eq!((short.status, &short.json()["error"]["param"]), (400, &json!("password")));
    let new = json!({ "password": "given by support" });
    let done = must(&call(&app, By::Local, "POST", path, &new).await, 200);
    assert_eq!(done["sessions_ended"], 1);
    let me = call(&app, By::Cookie(&cookie), "GET", "/api/me", &Value::Null).await;
    assert_eq!(me.status, 401);
    let login = json!({ "name": "alice", "password": "given by support" });
    must(&call(&app, By::Nobody, "POST", "/api/login", &login).await, 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_groups_price_models_and_limits_hold_at_once() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({ "credit": "10" })).await;
    let key = key_of(&app, "alice", &json!({ "name": "hers" })).await;
    let group =
        json!({ "name": "partners", "multiplier": "0.5", "models": ["grok-imagine-video"] });
    let made = must(&call(&app, By::Local, "POST", "/api/admin/groups", &group).await, 201);
    assert_eq!(
        (&made["multiplier"], &made["models"]),
        (&json!("0.50"), &json!(["grok-image-video"]))
    );
    let estimate = async || {
        let path = "/v1/video/generations/estimate";
        app.post_with(&key, path, &order()).await.json()["cost"]["amount"].clone()
    };
    assert_eq!(estimate().await, "0.36");
    let account = "/api/admin/accounts/alice";
    let join = json!({ "group": "partners" });
    must(&call(&app, By::Local, "PATCH", account, &join).await, 200);
    assert_eq!(estimate().await, "0.18");
    let other = json!({ "model": "grok-video-1.5", "prompt": "x",
                        "image_urls": ["https://example.com/a.png"] });
    let refused = app.post_with(&key, "/v1/video/generations", &other).await;
    assert_eq!(refusal(&refused), (403, "group_not_allowed".to_owned()));
    for (field, body) in [
        ("multiplier", json!({ "name": "x", "multiplier": "0" })),
        ("multiplier", json!({ "name": "x", "multiplier": "1.0000001" })),
        ("name", json!({ "multiplier": "1" })),
        ("name", json!({ "name": "With Spaces" })),
        ("in_flight_max", json!({ "name": "x", "in_flight_max": 0 })),
    ] {
        let answer = call(&app, By::Local, "POST", "/api/admin/groups", &body).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["param"]),
            (400, &json!(field)),
            "{body}"
        );
    }
    let occupied =
        call(&app, By::Local, "DELETE", "/api/admin/groups/partners", &Value::Null).await;
    assert_eq!(refusal(&occupied), (409, "conflict".to_owned()));
    must(&call(&app, By::Local, "PATCH", account, &json!({ "group": "default" })).await, 200);
    must(&call(&app, By::Local, "DELETE", "/api/admin/groups/partners", &Value::Null).await, 200);
    let default = call(&app, By::Local, "DELETE", "/api/admin/groups/default", &Value::Null).await;
    assert_eq!(default.status, 409);
    app.finish().await;
}

/// A limit that is raised lets those in who wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_raised_limit_lets_the_next_task_in() {
    let app = TestApp::start().await;
    must(
        &call(
            &app,
            By::Local,
            "POST",
            "/api/admin/groups",
            &json!({ "name": "narrow", "in_flight_max": 1, "waiting_max": 1 }),
        )
        .await,
        201,
    );
    make_account(&app, "alice", &json!({ "group": "narrow" })).await;
    let key = key_of(&app, "alice", &json!({ "name": "hers", "kind": "test" })).await;
    let stalled = json!({ "model": "grok-image-video", "prompt": "[[stall]]" });
    let first = app.create_with(&key, &stalled).await;
    let second = app.create_with(&key, &stalled).await;
    let status = async |id: &str| {
        let path = format!("/v1/video/generations/{id}");
        call(&app, By::Key(&key), "GET", &path, &Value::Null).await.json()["data"]["status"].clone()
    };
    assert_eq!(status(&second).await, "NOT_START");
    let third = app.post_with(&key, "/v1/video/generations", &stalled).await;
    assert_eq!(refusal(&third), (429, "queue_full".to_owned()));
    assert_ne!(third.header("retry-after"), "");
    let message = third.json()["message"].as_str().expect("words").to_owned();
    assert!(message.contains('1'), "it says how many: {message}");
    let wider = json!({ "in_flight_max": 2 });
    must(&call(&app, By::Local, "PATCH", "/api/admin/groups/narrow", &wider).await, 200);
    eventually("the second task is let in", async || {
        (status(&second).await != "NOT_START").then_some(())
    })
    .await;
    for id in [first, second] {
        let path = format!("/v1/video/generations/{id}/cancel");
        assert!(app.post_with(&key, &path, &Value::Null).await.status < 300);
    }
    app.finish().await;
}
