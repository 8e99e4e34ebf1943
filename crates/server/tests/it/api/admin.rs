//! Models and prices, settings, the audit log, the system.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{By, call, get, make_account, must, refusal, sign_in};
use crate::support::{Options, TestApp};

fn order() -> Value {
    json!({ "model": "grok-image-video", "prompt": "a red car", "seconds": 4,
            "resolution": "480p" })
}

/// A hold keeps the price and the version that it was made with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_price_is_for_new_tasks_and_has_a_version() {
    let app = TestApp::start().await;
    let path = "/api/admin/models/grok-image-video";
    let id = app.create(&order()).await;
    let dearer = json!({ "price_per_second": { "480p": "1" } });
    let changed = must(&call(&app, By::Local, "PATCH", path, &dearer).await, 200);
    assert_eq!(changed["price_per_second"]["480p"], "1.00");
    assert_eq!(changed["default"]["price_per_second"]["480p"], "0.06");
    let ended = app.wait(&id).await;
    assert_eq!(
        ended["data"]["cost"],
        json!({ "amount": "0.24", "ticks": "2400000000", "state": "posted" })
    );
    let next = app.create(&order()).await;
    assert_eq!(app.wait(&next).await["data"]["cost"]["amount"], "4.00");

    let ledger = get(&app, By::Local, "/api/admin/accounts/owner/ledger").await;
    let of = |id: &str, kind: &str| {
        let is_it = |row: &&Value| row["task_id"] == id && row["kind"] == kind;
        ledger["data"].as_array().expect("a list").iter().find(is_it).expect("a transfer").clone()
    };
    let (old, new) = (of(&id, "hold"), of(&next, "hold"));
    assert_eq!(of(&id, "post")["price_version"], old["price_version"]);
    assert_eq!(new["price_version"], changed["version"]);
    assert_ne!(old["price_version"], new["price_version"]);
    let versions = get(&app, By::Local, "/api/admin/prices").await;
    assert_eq!(versions["data"][0]["version"], changed["version"]);
    assert_eq!(versions["data"][0]["prices"]["grok-image-video"]["per_second"]["480p"], "1.00");
    assert_eq!(versions["data"][1]["version"], old["price_version"]);

    // A change survives a restart; the reset takes it back.
    let folder = app.stop().await;
    let app = Options::default().start_in(folder).await;
    let estimate = async || {
        let path = "/v1/video/generations/estimate";
        app.post(path, &order()).await.json()["cost"]["amount"].clone()
    };
    assert_eq!(estimate().await, "4.00");
    must(&call(&app, By::Local, "PATCH", path, &json!({ "reset": true })).await, 200);
    assert_eq!(estimate().await, "0.24");
    for body in [
        json!({ "price_per_second": { "480p": "-1" } }),
        json!({ "price_per_second": { "8k": "1" } }),
        json!({ "price_per_image": "free" }),
    ] {
        assert_eq!(call(&app, By::Local, "PATCH", path, &body).await.status, 400, "{body}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_is_switched_off_is_gone_for_everyone_at_once() {
    let app = TestApp::start().await;
    let off = json!({ "enabled": false });
    let path = "/api/admin/models/grok-imagine-video";
    must(&call(&app, By::Local, "PATCH", path, &off).await, 200);
    let models = app.get("/v1/models").await.json();
    assert_eq!(models["data"].as_array().map(Vec::len), Some(1), "{models}");
    let refused = app.post("/v1/video/generations", &order()).await;
    assert_eq!(refusal(&refused), (400, "model_not_found".to_owned()));
    let last = "/api/admin/models/grok-video-1.5";
    let none_left = call(&app, By::Local, "PATCH", last, &off).await;
    assert_eq!(refusal(&none_left), (409, "conflict".to_owned()));
    must(&call(&app, By::Local, "PATCH", path, &json!({ "enabled": true })).await, 200);
    app.create(&order()).await;
    let unknown = call(&app, By::Local, "PATCH", "/api/admin/models/nope", &off).await;
    assert_eq!(unknown.status, 404);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_privacy_nothing_of_a_person_is_kept_past_the_end() {
    let app = TestApp::start().await;
    let on = json!({ "privacy": "on" });
    must(&call(&app, By::Local, "PATCH", "/api/admin/settings", &on).await, 200);
    let id = app
        .create(&json!({
            "model": "grok-image-video", "prompt": "my secret garden", "seconds": 4,
            "resolution": "480p",
        }))
        .await;
    app.wait(&id).await;
    let task_id = id.parse().expect("an id");
    let row = app.app().store.read(move |tx| rushes_store::task(tx, task_id)).await;
    let row = format!("{:?}", row.expect("read").expect("a task"));
    assert!(!row.contains("secret garden") && !row.contains("127.0.0.1"), "{row}");
    app.finish().await;
}

/// One change of each kind: method, path, body, expected status.
fn changes() -> Vec<(&'static str, &'static str, Value, u16)> {
    vec![
        ("PATCH", "/api/admin/accounts/user", json!({ "display_name": "U." }), 200),
        ("POST", "/api/admin/accounts/user/password", json!({ "password": "third password" }), 200),
        ("POST", "/api/admin/accounts/user/login-link", Value::Null, 201),
        ("DELETE", "/api/admin/accounts/user/sessions", Value::Null, 200),
        (
            "POST",
            "/api/admin/accounts/user/credit",
            json!({ "amount": "5", "reason": "hello" }),
            201,
        ),
        (
            "POST",
            "/api/admin/accounts/user/adjustments",
            json!({ "amount": "-1", "reason": "typo" }),
            201,
        ),
        ("POST", "/api/admin/accounts/user/keys", json!({ "name": "k" }), 201),
        ("POST", "/api/admin/groups", json!({ "name": "g" }), 201),
        ("PATCH", "/api/admin/groups/g", json!({ "multiplier": "2" }), 200),
        ("DELETE", "/api/admin/groups/g", Value::Null, 200),
        ("POST", "/api/admin/codes", json!({ "amount": "1" }), 201),
        ("PATCH", "/api/admin/settings", json!({ "registration": "open" }), 200),
        ("PATCH", "/api/admin/models/grok-image-video", json!({ "price_per_image": "0.01" }), 200),
        ("POST", "/api/admin/usage/rebuild", Value::Null, 200),
    ]
}

/// Every change has its line: who, what, from where, before and after, and no secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_is_in_the_audit_log() {
    let app = TestApp::start().await;
    make_account(&app, "op", &json!({ "role": "operator" })).await;
    let op = sign_in(&app, "op").await;
    let op = By::Cookie(&op);
    let mut secrets = vec![super::PASSWORD.to_owned(), app.app().local_token.clone()];
    let user = json!({ "name": "user", "password": "another password" });
    must(&call(&app, op, "POST", "/api/admin/accounts", &user).await, 201);
    for (method, path, body, status) in changes() {
        let made = must(&call(&app, op, method, path, &body).await, status);
        for secret in [&made["key"], &made["token"], &made["data"][0]["code"]] {
            secrets.extend(secret.as_str().map(str::to_owned));
        }
    }
    let log = get(&app, By::Local, "/api/admin/audit?actor=op&limit=100").await;
    let lines = log["data"].as_array().expect("a list");
    let actions: Vec<&str> =
        lines.iter().rev().filter_map(|line| line["action"].as_str()).collect();
    assert_eq!(
        actions,
        [
            "session.open",
            "account.create",
            "account.update",
            "password.reset",
            "login_link.create",
            "session.end",
            "credit.grant",
            "credit.adjust",
            "key.create",
            "group.create",
            "group.update",
            "group.delete",
            "code.create",
            "settings.update",
            "model.update",
            "usage.rebuild",
        ]
    );
    let update = lines.iter().find(|line| line["action"] == "account.update").expect("a line");
    assert_eq!(
        (&update["before"], &update["after"]),
        (&json!({ "display_name": "" }), &json!({ "display_name": "U." }))
    );
    assert!(lines.iter().all(|line| line["address"] == "127.0.0.1"
        && line["request_id"].as_str().is_some_and(|id| id.starts_with("req_"))));
    let csv = call(&app, By::Local, "GET", "/api/admin/audit.csv", &Value::Null).await;
    let text = String::from_utf8(csv.bytes).expect("UTF-8");
    assert!(csv.headers["content-type"].to_str().is_ok_and(|it| it.starts_with("text/csv")));
    assert!(text.lines().count() > actions.len());
    for secret in
        secrets.iter().chain(["another password", "third password"].map(str::to_owned).iter())
    {
        assert!(!text.contains(secret) && !log.to_string().contains(secret), "{secret}");
    }
    // What is refused leaves no line.
    let refused = call(&app, op, "POST", "/api/admin/groups", &json!({ "name": "default" })).await;
    assert_eq!(refused.status, 409);
    let after = get(&app, By::Local, "/api/admin/audit?actor=op&limit=100").await;
    assert_eq!(after["data"].as_array().map(Vec::len), Some(actions.len()));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_system_says_what_runs() {
    let app = TestApp::start().await;
    let system = get(&app, By::Local, "/api/admin/system").await;
    assert_eq!(system["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(system["public_url"], app.base_url);
    assert!(system["storage"]["free_bytes"].as_u64().is_some_and(|bytes| bytes > 0));
    assert!(!system.to_string().contains(&app.api_key));
    app.finish().await;
}
