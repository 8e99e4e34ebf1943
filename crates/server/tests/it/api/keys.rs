//! Keys: who may make, see, change, roll and copy them, and what they may do.

use pretty_assertions::assert_eq;
use rushes_domain::account::key_hash;
use serde_json::{Value, json};

use super::{By, call, get, make_account, must, on_a_clock, refusal, sign_in};
use crate::support::{Options, TestApp};

const HOUR_MS: i64 = 3_600_000;

async fn make(app: &TestApp, by: By<'_>, body: &Value) -> Value {
    must(&call(app, by, "POST", "/api/keys", body).await, 201)
}

fn text(key: &Value) -> String {
    key["key"].as_str().expect("the key's text").to_owned()
}

fn path(key: &Value, more: &str) -> String {
    format!("/api/keys/{}{more}", key["id"])
}

/// Status of a look at the models with a key.
async fn status(app: &TestApp, key: &str) -> u16 {
    call(app, By::Key(key), "GET", "/v1/models", &Value::Null).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_made_used_changed_and_deleted() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let key = make(
        &app,
        by,
        &json!({
            "name": "ci", "kind": "test", "scopes": ["generate", "read"],
            "models": ["grok-imagine-video"], "addresses": ["127.0.0.1", "192.0.2.0/24"],
            "budget": "5", "month_budget": "1.5", "creates_per_minute": 30, "in_flight_max": 2,
            "expires_at": app.now().unix_seconds() + 3_600,
        }),
    )
    .await;
    let secret = text(&key);
    assert!(secret.starts_with("sk-test-") && rushes_domain::account::has_checksum(&secret));
    assert_eq!(key["models"], json!(["grok-image-video"]), "an alias becomes the id");
    assert_eq!(key["addresses"], json!(["127.0.0.1/32", "192.0.2.0/24"]));
    assert_eq!(key["budget"], json!({ "amount": "5.00", "ticks": "50000000000" }));
    assert_eq!(status(&app, &secret).await, 200);

    let shown = get(&app, by, &path(&key, "")).await;
    assert!(shown.get("key").is_none() && !shown.to_string().contains(&secret[12..]));
    let list = get(&app, by, "/api/keys").await;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));

    let off = call(&app, by, "PATCH", &path(&key, ""), &json!({ "enabled": false })).await;
    assert_eq!(must(&off, 200)["enabled"], false);
    assert_eq!(status(&app, &secret).await, 401);
    let on = json!({ "enabled": true, "budget": null, "addresses": ["192.0.2.1"] });
    let on = must(&call(&app, by, "PATCH", &path(&key, ""), &on).await, 200);
    assert_eq!((&on["budget"], &on["name"]), (&Value::Null, &json!("ci")), "the rest stays");
    let elsewhere = call(&app, By::Key(&secret), "GET", "/v1/models", &Value::Null).await;
    assert_eq!(refusal(&elsewhere), (403, "ip_not_allowed".to_owned()));

    must(&call(&app, by, "DELETE", &path(&key, ""), &Value::Null).await, 200);
    assert_eq!(status(&app, &secret).await, 401);
    assert_eq!(call(&app, by, "GET", &path(&key, ""), &Value::Null).await.status, 404);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_can_be_made_disabled() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let (by, off, on) =
        (By::Cookie(&cookie), json!({ "enabled": false }), json!({ "enabled": true }));
    let own = make(&app, by, &off).await;
    assert_eq!((&own["enabled"], &own["disabled_by_operator"]), (&json!(false), &json!(false)));
    assert_eq!(status(&app, &text(&own)).await, 401);
    must(&call(&app, by, "PATCH", &path(&own, ""), &on).await, 200);
    assert_eq!(status(&app, &text(&own)).await, 200);
    // As when an operator disables a key that is there, its account cannot enable it.
    let for_her = "/api/admin/accounts/alice/keys";
    let given = must(&call(&app, By::Local, "POST", for_her, &off).await, 201);
    assert_eq!((&given["enabled"], &given["disabled_by_operator"]), (&json!(false), &json!(true)));
    let refused = call(&app, by, "PATCH", &path(&given, ""), &on).await;
    assert_eq!(refusal(&refused), (403, "permission_denied".to_owned()));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_key_cannot_be_is_refused_with_the_fields_name() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    for (field, body) in [
        ("name", json!({ "name": "" })),
        ("name", json!({ "name": "a\nb" })),
        ("kind", json!({ "kind": "golden" })),
        ("scopes", json!({ "scopes": [] })),
        ("scopes", json!({ "scopes": ["everything"] })),
        ("models", json!({ "models": ["nope"] })),
        ("addresses", json!({ "addresses": ["localhost"] })),
        ("addresses", json!({ "addresses": [] })),
        ("budget", json!({ "budget": "0" })),
        ("budget", json!({ "budget": "-1" })),
        ("budget", json!({ "budget": 5 })),
        ("budget", json!({ "budget": "1.00000000001" })),
        ("month_budget", json!({ "month_budget": "a lot" })),
        ("creates_per_minute", json!({ "creates_per_minute": 0 })),
        ("in_flight_max", json!({ "in_flight_max": 4_000_000 })),
        ("expires_at", json!({ "expires_at": 1 })),
        ("colour", json!({ "colour": "red" })),
    ] {
        let answer = call(&app, By::Cookie(&cookie), "POST", "/api/keys", &body).await;
        let said = answer.json();
        assert_eq!(answer.status, 400, "{body}: {said}");
        assert_eq!(said["error"]["param"], field, "{body}: {said}");
    }
    let no_json = app
        .bare_request("POST", "/api/keys")
        .header("cookie", &cookie)
        .header("content-type", "text/plain")
        .body("{}");
    // What a form on another page could send is no JSON request.
    assert_eq!(app.send(no_json.body("{\"name\":\"x\"}")).await.status, 415);
    assert_eq!(get(&app, By::Cookie(&cookie), "/api/keys").await["data"], json!([]));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_elses_key_does_not_exist() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    make_account(&app, "bob", &json!({})).await;
    let (alice, bob) = (sign_in(&app, "alice").await, sign_in(&app, "bob").await);
    let key = make(&app, By::Cookie(&alice), &json!({ "name": "hers" })).await;
    for (method, more, body) in [
        ("GET", "", Value::Null),
        ("PATCH", "", json!({ "enabled": false })),
        ("DELETE", "", Value::Null),
        ("POST", "/roll", json!({})),
        ("POST", "/reveal", Value::Null),
        ("GET", "/addresses", Value::Null),
    ] {
        let theirs = call(&app, By::Cookie(&bob), method, &path(&key, more), &body).await;
        let unknown = format!("/api/keys/99999{more}");
        let nobodys = call(&app, By::Cookie(&bob), method, &unknown, &body).await;
        assert_eq!(refusal(&theirs), (404, "not_found".to_owned()), "{method} {more}");
        assert_eq!(refusal(&nobodys), refusal(&theirs));
    }
    assert_eq!(status(&app, &text(&key)).await, 200, "nothing happened to it");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolled_key_works_with_both_secrets_for_its_grace() {
    let (app, clock) = on_a_clock().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let key = make(&app, by, &json!({ "name": "rolling" })).await;
    let (old, roll) = (text(&key), path(&key, "/roll"));
    let too_long = json!({ "grace_seconds": 7 * 86_400 + 1 });
    assert_eq!(call(&app, by, "POST", &roll, &too_long).await.status, 400);
    let wanted = json!({ "grace_seconds": 3_600 });
    let rolled = must(&call(&app, by, "POST", &roll, &wanted).await, 200);
    let new = text(&rolled);
    assert_eq!(rolled["id"], key["id"]);
    assert_eq!((status(&app, &old).await, status(&app, &new).await), (200, 200));
    clock.advance_ms(HOUR_MS);
    assert_eq!((status(&app, &old).await, status(&app, &new).await), (401, 200));
    let cookie = sign_in(&app, "alice").await;
    let rolled = call(&app, By::Cookie(&cookie), "POST", &roll, &json!({})).await;
    let newest = text(&must(&rolled, 200));
    assert_eq!((status(&app, &new).await, status(&app, &newest).await), (401, 200), "no grace");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_key_is_audited_and_ends_with_the_setting() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let key = make(&app, by, &json!({ "name": "copied", "scopes": ["manage", "read"] })).await;
    let reveal = path(&key, "/reveal");
    let copied = must(&call(&app, by, "POST", &reveal, &Value::Null).await, 200);
    assert_eq!(copied["key"], key["key"]);
    // No key copies a key, and no operator somebody else's.
    for other in [By::Key(&text(&key)), By::Local, By::Nobody] {
        let refused = call(&app, other, "POST", &reveal, &Value::Null).await;
        assert!(matches!(refused.status, 401 | 403), "{}", refused.status);
    }
    let log = get(&app, By::Local, "/api/admin/audit?action=key.reveal").await;
    let line = &log["data"][0];
    assert_eq!(
        (&line["actor"], &line["target"]),
        (&json!("alice"), &json!(format!("key {}", key["id"])))
    );
    assert_eq!(line["address"], "127.0.0.1");

    let off = json!({ "key_reveal": "off" });
    must(&call(&app, By::Local, "PATCH", "/api/admin/settings", &off).await, 200);
    let refused = call(&app, by, "POST", &reveal, &Value::Null).await;
    assert_eq!(refusal(&refused), (403, "key_reveal_off".to_owned()));
    let on = json!({ "key_reveal": "on" });
    must(&call(&app, By::Local, "PATCH", "/api/admin/settings", &on).await, 200);
    let gone = call(&app, by, "POST", &reveal, &Value::Null).await;
    assert_eq!(refusal(&gone), (409, "conflict".to_owned()), "the copy was dropped for good");
    assert_eq!(status(&app, &text(&key)).await, 200, "the key itself works on");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scopes_are_what_a_key_may_do() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let plain = text(&make(&app, by, &json!({ "name": "plain", "kind": "test" })).await);
    let manage = json!({ "name": "manager", "scopes": ["manage"] });
    let manager = text(&make(&app, by, &manage).await);
    let denied = (403, "permission_denied".to_owned());
    let keys = call(&app, By::Key(&plain), "GET", "/api/keys", &Value::Null).await;
    assert_eq!(refusal(&keys), denied, "the default scopes manage nothing");
    let models = call(&app, By::Key(&manager), "GET", "/v1/models", &Value::Null).await;
    assert_eq!(refusal(&models), denied);
    let order = json!({ "model": "grok-image-video", "prompt": "x" });
    let create = app.post_with(&manager, "/v1/video/generations", &order).await;
    assert_eq!(refusal(&create), denied);
    // Who manages cannot give itself what it was not given.
    let more = json!({ "name": "more", "scopes": ["manage", "generate"] });
    let more = call(&app, By::Key(&manager), "POST", "/api/keys", &more).await;
    assert_eq!(refusal(&more), denied);
    let own = get(&app, By::Key(&manager), "/api/keys").await;
    let own_id = &own["data"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|key| key["name"] == "manager")
        .expect("itself")["id"];
    let wider = json!({ "scopes": ["generate", "read", "manage"] });
    let wider =
        call(&app, By::Key(&manager), "PATCH", &format!("/api/keys/{own_id}"), &wider).await;
    assert_eq!(refusal(&wider), denied);
    // A user's key opens no operator's route.
    for path in ["/api/admin/accounts", "/api/admin/audit", "/api/admin/settings", "/metrics"] {
        let refused = call(&app, By::Key(&manager), "GET", path, &Value::Null).await;
        assert_eq!(refusal(&refused), denied, "{path}");
    }
    app.finish().await;
}

/// Keys that were not made here work too: what counts is that they are known.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_checksum_is_a_hint_and_no_condition() {
    let app = TestApp::start().await;
    assert!(rushes_domain::account::has_checksum(&app.api_key));
    let other = app.other_account("z").await;
    assert!(!rushes_domain::account::has_checksum(&other));
    assert_eq!(status(&app, &other).await, 200);
    assert_ne!(key_hash(&other), key_hash(&app.api_key));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_survive_a_restart_and_can_still_be_copied() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let key = make(&app, By::Cookie(&cookie), &json!({ "name": "kept" })).await;
    let folder = app.stop().await;
    let app = Options::default().start_in(folder).await;
    assert_eq!(status(&app, &text(&key)).await, 200);
    let copied =
        call(&app, By::Cookie(&cookie), "POST", &path(&key, "/reveal"), &Value::Null).await;
    assert_eq!(must(&copied, 200)["key"], key["key"], "the session was kept as well");
    app.finish().await;
}
