//! Endpoints: who may register what, and what is shown of it.

use std::net::{IpAddr, Ipv4Addr};

use pretty_assertions::assert_eq;
use rushes_store::ENDPOINTS_PER_ACCOUNT_MAX;
use serde_json::{Value, json};

use super::{call, endpoint, must, on_a_clock, options};
use crate::support::TestApp;
use crate::support::receiver::{Names, PUBLIC, Receiver};

async fn get(app: &TestApp, path: &str) -> Value {
    must(&call(app, "GET", path, &Value::Null).await, 200)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_is_made_shown_changed_rotated_and_deleted() {
    let names = Names::loopback();
    let (app, clock) = on_a_clock(&names).await;
    let receiver = Receiver::start();
    let (path, secret) = endpoint(&app, &receiver, &json!({ "description": "ours" })).await;
    assert!(secret.starts_with("whsec_"), "{secret}");
    let shown = get(&app, &path).await;
    assert_eq!(shown["url"], receiver.url("hooks.example", "/hook?key=x"));
    assert_eq!((&shown["enabled"], &shown["disabled_by"]), (&json!(true), &Value::Null));
    assert_eq!(shown["event_types"].as_array().map(Vec::len), Some(5), "everything by default");
    let list = get(&app, "/api/webhooks").await;
    assert!(!format!("{shown}{list}").contains("whsec_"), "the secret is shown once");
    for file in ["rushes.db", "rushes.db-wal"] {
        let bytes = std::fs::read(app.data_dir().join(file)).expect("the store's file");
        let is_there = |text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
        assert!(!is_there(&secret.as_bytes()[6..30]), "the secret stands in {file}");
    }

    let change = json!({ "event_types": ["video.failed", "video.completed"], "enabled": false });
    let changed = must(&call(&app, "PATCH", &path, &change).await, 200);
    assert_eq!(changed["event_types"], json!(["video.completed", "video.failed"]));
    assert_eq!(
        (&changed["disabled_by"], &changed["description"]),
        (&json!("owner"), &json!("ours"))
    );
    assert!(changed["disabled_at"].is_i64());
    let enabled = must(&call(&app, "PATCH", &path, &json!({ "enabled": true })).await, 200);
    assert_eq!((&enabled["enabled"], &enabled["disabled_at"]), (&json!(true), &Value::Null));

    let rotated = must(&call(&app, "POST", &format!("{path}/rotate"), &json!({})).await, 200);
    assert_ne!(rotated["secret"], secret);
    let day = super::START_SECONDS + 86_400;
    assert_eq!(rotated["old_secret_expires_at"], day);
    clock.advance_ms(86_400_000);
    assert_eq!(get(&app, &path).await["old_secret_expires_at"], Value::Null);

    must(&call(&app, "DELETE", &path, &Value::Null).await, 200);
    assert_eq!(call(&app, "GET", &path, &Value::Null).await.status, 404);
    assert_eq!(get(&app, "/api/webhooks").await["data"], json!([]));
    let filter = rushes_store::AuditFilter { limit: 99, ..rushes_store::AuditFilter::default() };
    let lines = app.app().store.read(move |tx| rushes_store::list_audit(tx, &filter)).await;
    let lines = lines.expect("readable");
    let actions: Vec<_> = lines.iter().rev().map(|(_, line)| line.action.as_str()).collect();
    let told: Vec<_> = actions.into_iter().filter(|it| it.starts_with("webhook.")).collect();
    assert_eq!(
        told,
        ["webhook.create", "webhook.update", "webhook.update", "webhook.rotate", "webhook.delete"]
    );
    assert!(!format!("{lines:?}").contains("key=x"), "the log holds no address");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w01_what_cannot_be_registered() {
    let names = Names::loopback();
    names.set("private.example", &[IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1))]);
    names.set("mixed.example", &[PUBLIC, IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1))]);
    names.set("public.example", &[PUBLIC]);
    let app = options(&names).toml("").start().await;
    for url in [
        "http://public.example/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://public.example:22/",
        "https://public.example:6379/",
        "https://127.0.0.1/",
        "https://private.example/",
        "https://mixed.example/",
        "https://unknown.example/",
        "https://metadata.google.internal/",
        "https://169.254.169.254/latest/",
        "https://a:b@public.example/",
        "file:///etc/passwd",
        "",
    ] {
        let answer = call(&app, "POST", "/api/webhooks", &json!({ "url": url })).await;
        let body = must(&answer, 400);
        assert_eq!(body["error"]["param"], "url", "{url}: {body}");
    }
    let own = app.base_url.replace("http://", "https://");
    must(&call(&app, "POST", "/api/webhooks", &json!({ "url": own })).await, 400);
    for (field, body) in [
        ("url", json!({})),
        ("event_types", json!({ "url": "https://public.example/", "event_types": [] })),
        ("event_types", json!({ "url": "https://public.example/", "event_types": ["video"] })),
        ("description", json!({ "url": "https://public.example/", "description": "a\nb" })),
    ] {
        let refused = must(&call(&app, "POST", "/api/webhooks", &body).await, 400);
        assert_eq!(refused["error"]["param"], field, "{body}");
    }
    must(
        &call(&app, "POST", "/api/webhooks", &json!({ "url": "https://public.example/" })).await,
        201,
    );
    let moved = json!({ "url": "https://private.example/" });
    must(&call(&app, "PATCH", "/api/webhooks/1", &moved).await, 400);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gateways_own_name_cannot_be_registered() {
    let names = Names::loopback();
    names.set("video.example.com", &[PUBLIC]);
    let toml = "public_url = \"https://video.example.com\"";
    let app = crate::support::Options::default().toml(toml).names(&names).start().await;
    let base = app.local_url();
    for url in ["https://video.example.com/x", "https://VIDEO.example.com.:8443/"] {
        let path = format!("{base}/api/webhooks");
        let refused = must(&call(&app, "POST", &path, &json!({ "url": url })).await, 400);
        let text = refused["message"].as_str().unwrap_or_default();
        assert!(text.contains("does not call itself"), "{text}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_has_a_number_of_endpoints_and_sees_no_others() {
    let names = Names::loopback();
    let app = options(&names).start().await;
    let receiver = Receiver::start();
    for _ in 0..ENDPOINTS_PER_ACCOUNT_MAX {
        endpoint(&app, &receiver, &json!({})).await;
    }
    let one_more = json!({ "url": receiver.url("hooks.example", "/") });
    let refused = must(&call(&app, "POST", "/api/webhooks", &one_more).await, 409);
    assert!(refused["message"].as_str().unwrap_or("").contains("at most 10"), "{refused}");
    let other = app.other_account("z").await;
    for path in ["/api/webhooks", "/api/webhooks/1", "/api/admin/accounts/owner/webhooks"] {
        let answer = app.send(app.bare_request("GET", path).bearer_auth(&other)).await;
        assert_eq!(answer.status, 403, "no scope `manage`: {path}");
        assert_eq!(app.send(app.bare_request("GET", path)).await.status, 401, "{path}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_operator_disables_its_owner_cannot_enable() {
    let names = Names::loopback();
    let app = options(&names).start().await;
    let receiver = Receiver::start();
    let local = |method: &str, path: &str| {
        app.bare_request(method, path).bearer_auth(&app.app().local_token)
    };
    let json_body = |request: reqwest::RequestBuilder, body: Value| {
        request.header("content-type", "application/json").body(body.to_string())
    };
    let account = json!({ "name": "alice", "password": "correct horse battery" });
    let made = app.send(json_body(local("POST", "/api/admin/accounts"), account)).await;
    must(&made, 201);
    let scopes = json!({ "name": "k", "scopes": ["manage"] });
    let key = app.send(json_body(local("POST", "/api/admin/accounts/alice/keys"), scopes)).await;
    let key = must(&key, 201)["key"].as_str().expect("a key").to_owned();
    let by_alice = |method: &str, path: &str, body: Value| {
        json_body(app.bare_request(method, path).bearer_auth(&key), body)
    };
    let url = json!({ "url": receiver.url("hooks.example", "/") });
    let made = must(&app.send(by_alice("POST", "/api/webhooks", url)).await, 201);
    let path = format!("/api/webhooks/{}", made["id"]);
    let admin_path = format!("/api/admin/accounts/alice/webhooks/{}", made["id"]);
    let list = must(&app.send(local("GET", "/api/admin/accounts/alice/webhooks")).await, 200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
    must(&app.send(local("GET", &admin_path)).await, 200);
    let elsewhere = admin_path.replace("alice", "owner");
    assert_eq!(app.send(local("GET", &elsewhere)).await.status, 404);
    let off = json_body(local("PATCH", &admin_path), json!({ "enabled": false }));
    assert_eq!(must(&app.send(off).await, 200)["disabled_by"], "operator");
    let on = json!({ "enabled": true });
    let refused = app.send(by_alice("PATCH", &path, on.clone())).await;
    assert_eq!(must(&refused, 403)["error"]["param"], "enabled");
    let changed = app.send(by_alice("PATCH", &path, json!({ "enabled": false }))).await;
    assert_eq!(must(&changed, 200)["disabled_by"], "operator", "it stays an operator's word");
    assert_eq!(app.send(by_alice("GET", &admin_path, Value::Null)).await.status, 403);
    must(&app.send(json_body(local("PATCH", &admin_path), on)).await, 200);
    app.finish().await;
}
