//! What a key may do about keys, and what an operator's word is worth.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{By, call, get, make_account, must, refusal, sign_in};
use crate::support::TestApp;

const DENIED: u16 = 403;

async fn make(app: &TestApp, by: By<'_>, body: &Value) -> (Value, String) {
    let made = must(&call(app, by, "POST", "/api/keys", body).await, 201);
    let text = made["key"].as_str().expect("a key").to_owned();
    (made, text)
}

fn path(key: &Value, more: &str) -> String {
    format!("/api/keys/{}{more}", key["id"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_gets_no_more_than_it_has_from_other_keys() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let (wide, wide_text) = make(&app, by, &json!({ "name": "wide" })).await;
    let (own, text) = make(&app, by, &json!({ "name": "m", "scopes": ["manage"] })).await;
    let manager = By::Key(&text);
    for (method, more, body) in [
        ("POST", "/roll", json!({})),
        ("PATCH", "", json!({ "name": "mine now" })),
        ("PATCH", "", json!({ "budget": "1" })),
        ("PATCH", "", json!({ "scopes": ["manage"] })),
    ] {
        let answer = call(&app, manager, method, &path(&wide, more), &body).await;
        assert_eq!(refusal(&answer), (DENIED, "permission_denied".to_owned()), "{body}");
        assert_eq!(answer.json()["error"]["param"], "scopes", "{body}");
    }
    // To revoke is no power that could be abused for more; to enable again is.
    let off = json!({ "enabled": false });
    must(&call(&app, manager, "PATCH", &path(&wide, ""), &off).await, 200);
    let on = json!({ "enabled": true });
    let refused = call(&app, manager, "PATCH", &path(&wide, ""), &on).await;
    assert_eq!(refused.status, DENIED);
    must(&call(&app, by, "PATCH", &path(&wide, ""), &on).await, 200);
    let models = call(&app, By::Key(&wide_text), "GET", "/v1/models", &Value::Null).await;
    assert_eq!(models.status, 200);
    // Its own secret it may renew: it had it before.
    let rolled = must(&call(&app, manager, "POST", &path(&own, "/roll"), &json!({})).await, 200);
    assert_ne!(rolled["key"], own["key"]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_with_limits_passes_them_on_and_does_not_loosen_them() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let ends = app.now().unix_seconds() + 3_600;
    let limited = json!({
        "name": "limited", "scopes": ["manage", "read"], "budget": "5", "expires_at": ends,
        "addresses": ["127.0.0.0/8"], "models": ["grok-image-video"], "in_flight_max": 2,
    });
    let (own, text) = make(&app, By::Cookie(&cookie), &limited).await;
    let by = By::Key(&text);
    for body in [
        json!({ "budget": null }),
        json!({ "budget": "6" }),
        json!({ "expires_at": null }),
        json!({ "expires_at": ends + 1 }),
        json!({ "addresses": null }),
        json!({ "addresses": ["0.0.0.0/0"] }),
        json!({ "models": null }),
        json!({ "in_flight_max": 3 }),
    ] {
        let field = body.as_object().and_then(|it| it.keys().next()).expect("a field");
        let answer = call(&app, by, "PATCH", &path(&own, ""), &body).await;
        assert_eq!(refusal(&answer), (DENIED, "permission_denied".to_owned()), "{body}");
        assert_eq!(&answer.json()["error"]["param"], field, "{body}");
        let mut new = body.clone();
        new["name"] = json!("child");
        let answer = call(&app, by, "POST", "/api/keys", &new).await;
        assert_eq!(refusal(&answer), (DENIED, "permission_denied".to_owned()), "{new}");
    }
    let narrower = json!({ "budget": "4", "in_flight_max": 1 });
    must(&call(&app, by, "PATCH", &path(&own, ""), &narrower).await, 200);
    let child = must(&call(&app, by, "POST", "/api/keys", &json!({ "name": "c" })).await, 201);
    assert_eq!(
        (&child["budget"]["amount"], &child["expires_at"], &child["scopes"]),
        (&json!("4.00"), &json!(ends), &json!(["read"])),
        "what is not said is the maker's own"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_operator_disabled_stays_disabled() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let (key, _) = make(&app, by, &json!({ "name": "abused" })).await;
    let admin = format!("/api/admin/keys/{}", key["id"]);
    let off = json!({ "enabled": false });
    let disabled = must(&call(&app, By::Local, "PATCH", &admin, &off).await, 200);
    assert_eq!(disabled["disabled_by_operator"], true);
    let on = json!({ "enabled": true });
    let refused = call(&app, by, "PATCH", &path(&key, ""), &on).await;
    assert_eq!(refusal(&refused), (DENIED, "permission_denied".to_owned()));
    assert_eq!(refused.json()["error"]["param"], "enabled");
    // Neither by disabling it oneself first, nor by a new name or secret.
    must(&call(&app, by, "PATCH", &path(&key, ""), &off).await, 200);
    must(&call(&app, by, "PATCH", &path(&key, ""), &json!({ "name": "nice" })).await, 200);
    must(&call(&app, by, "POST", &path(&key, "/roll"), &json!({})).await, 200);
    let again = call(&app, by, "PATCH", &path(&key, ""), &on).await;
    assert_eq!(again.status, DENIED);
    let enabled = must(&call(&app, By::Local, "PATCH", &admin, &on).await, 200);
    assert_eq!(
        (&enabled["enabled"], &enabled["disabled_by_operator"]),
        (&on["enabled"], &json!(false))
    );
    // One's own switch is one's own.
    must(&call(&app, by, "PATCH", &path(&key, ""), &off).await, 200);
    must(&call(&app, by, "PATCH", &path(&key, ""), &on).await, 200);
    app.finish().await;
}

/// Phone numbers are names; no name is taken for somebody else's id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_of_digits_is_a_name() {
    let app = TestApp::start().await;
    let alice = make_account(&app, "alice", &json!({})).await;
    let named = alice["id"].to_string();
    let other = make_account(&app, &named, &json!({})).await;
    assert_ne!(other["id"], alice["id"]);
    let credit = json!({ "amount": "5", "reason": "for the one of this name" });
    let path = format!("/api/admin/accounts/{named}/credit");
    must(&call(&app, By::Local, "POST", &path, &credit).await, 201);
    let available = async |name: &str| {
        let account = get(&app, By::Local, &format!("/api/admin/accounts/{name}")).await;
        account["balance"]["available"]["amount"].clone()
    };
    assert_eq!(available("alice").await, "0.00");
    assert_eq!(available(&named).await, "5.00");
    assert_eq!(available(&format!("id:{named}")).await, "0.00", "an id is said to be one");
    let group = json!({ "name": "1", "multiplier": "0.1" });
    must(&call(&app, By::Local, "POST", "/api/admin/groups", &group).await, 201);
    let default = get(&app, By::Local, "/api/admin/groups/id:1").await;
    assert_eq!(default["name"], "default");
    assert_eq!(get(&app, By::Local, "/api/admin/groups/1").await["multiplier"], "0.10");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_a_channel_is_for_stays() {
    let app = TestApp::start().await;
    must(&call(&app, By::Local, "POST", "/api/admin/groups", &json!({ "name": "vip" })).await, 201);
    let channel = json!({
        "name": "gold", "provider": "xai", "base_url": "http://127.0.0.1:9", "api_key": "none",
        "models": { "grok-image-video": "grok-imagine-video" }, "groups": ["vip"],
    });
    must(&call(&app, By::Local, "POST", "/api/admin/channels", &channel).await, 201);
    let vip = "/api/admin/groups/vip";
    let refused = call(&app, By::Local, "DELETE", vip, &Value::Null).await;
    assert_eq!(refusal(&refused), (409, "conflict".to_owned()));
    assert!(refused.json()["message"].as_str().is_some_and(|it| it.contains("\"gold\"")));
    let gold = "/api/admin/channels/gold";
    must(&call(&app, By::Local, "DELETE", gold, &Value::Null).await, 200);
    must(&call(&app, By::Local, "DELETE", vip, &Value::Null).await, 200);
    app.finish().await;
}

/// A test key spends nobody's money: not through a live key that it makes or takes over either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_key_manages_test_keys_alone() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({ "credit": "10" })).await;
    let cookie = sign_in(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let all = json!(["generate", "read", "manage"]);
    let (live, _) = make(&app, by, &json!({ "name": "production" })).await;
    let ci = json!({ "name": "ci", "kind": "test", "scopes": all });
    let (_, text) = make(&app, by, &ci).await;
    let manager = By::Key(&text);
    let off = json!({ "enabled": false });
    must(&call(&app, manager, "PATCH", &path(&live, ""), &off).await, 200);
    for (method, target, body) in [
        ("POST", "/api/keys".to_owned(), json!({ "name": "mine", "kind": "live" })),
        ("POST", path(&live, "/roll"), json!({})),
        ("PATCH", path(&live, ""), json!({ "name": "mine now" })),
        ("PATCH", path(&live, ""), json!({ "enabled": true })),
    ] {
        let refused = call(&app, manager, method, &target, &body).await;
        assert_eq!(refusal(&refused), (DENIED, "permission_denied".to_owned()), "{target} {body}");
        assert_eq!(refused.json()["error"]["param"], "kind", "{target} {body}");
    }
    // What it makes is a test key, said or not, and that it manages.
    let (child, _) = make(&app, manager, &json!({ "name": "child" })).await;
    assert_eq!(child["kind"], "test");
    must(&call(&app, manager, "POST", &path(&child, "/roll"), &json!({})).await, 200);
    let renamed = json!({ "name": "renamed", "enabled": false });
    must(&call(&app, manager, "PATCH", &path(&child, ""), &renamed).await, 200);
    must(&call(&app, manager, "PATCH", &path(&child, ""), &json!({ "enabled": true })).await, 200);
    app.finish().await;
}

/// A budget that was spent is not there a second time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_gives_at_most_what_is_left_of_its_budget() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({ "credit": "10" })).await;
    let cookie = sign_in(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let scopes = json!(["generate", "read", "manage"]);
    for (field, other) in [("budget", "month_budget"), ("month_budget", "budget")] {
        let (full, _) = make(&app, by, &json!({ "name": "full", field: "1", other: "5" })).await;
        let wanted = json!({ "name": "m", "scopes": scopes, field: "1", other: "9" });
        let (own, text) = make(&app, by, &wanted).await;
        let order = json!({ "model": "grok-image-video", "prompt": "x", "seconds": 4 });
        app.create_with(&text, &order).await;
        let used = get(&app, by, &path(&own, "")).await["used"]["ticks"].clone();
        let used: i64 = used.as_str().and_then(|it| it.parse().ok()).expect("ticks");
        assert!(used > 0, "the order cost something");
        let manager = By::Key(&text);
        let again = json!({ "name": "again", field: "1" });
        let beyond = call(&app, manager, "POST", "/api/keys", &again).await;
        assert_eq!(refusal(&beyond), (DENIED, "permission_denied".to_owned()));
        assert_eq!(beyond.json()["error"]["param"], field);
        // Nor is it there in a key that has it, whose secret a roll would show.
        let roll = call(&app, manager, "POST", &path(&full, "/roll"), &json!({})).await;
        assert_eq!(roll.json()["error"]["param"], field);
        let (child, _) = make(&app, manager, &json!({ "name": "child" })).await;
        assert_eq!(child[field]["ticks"], json!((10_000_000_000 - used).to_string()));
        // Of itself it knows what is spent already.
        must(&call(&app, manager, "PATCH", &path(&own, ""), &json!({ "name": "n" })).await, 200);
    }
    app.finish().await;
}

/// To give is for every operator and stands in the log; to take is power over somebody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_takes_no_money_of_those_above() {
    let app = TestApp::start().await;
    make_account(&app, "op", &json!({ "role": "operator" })).await;
    make_account(&app, "other", &json!({ "role": "operator", "credit": "10" })).await;
    make_account(&app, "alice", &json!({ "credit": "10" })).await;
    let cookie = sign_in(&app, "op").await;
    let by = By::Cookie(&cookie);
    let adjust = async |name: &str, amount: &str| {
        let body = json!({ "amount": amount, "reason": "a correction" });
        let path = format!("/api/admin/accounts/{name}/adjustments");
        call(&app, by, "POST", &path, &body).await
    };
    for name in ["owner", "other"] {
        let refused = adjust(name, "-9").await;
        assert_eq!(refusal(&refused), (DENIED, "permission_denied".to_owned()), "{name}");
        must(&adjust(name, "1").await, 201);
    }
    must(&adjust("alice", "-9").await, 201);
    must(&adjust("op", "1").await, 201);
    must(&adjust("op", "-1").await, 201);
    app.finish().await;
}

/// What was disabled for an operator is not its own to enable, by whichever door.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_does_not_enable_its_own_key_that_was_disabled_for_it() {
    let app = TestApp::start().await;
    make_account(&app, "op", &json!({ "role": "operator" })).await;
    let cookie = sign_in(&app, "op").await;
    let by = By::Cookie(&cookie);
    let (key, _) = make(&app, by, &json!({ "name": "k" })).await;
    let admin = format!("/api/admin/keys/{}", key["id"]);
    let (on, off) = (json!({ "enabled": true }), json!({ "enabled": false }));
    must(&call(&app, By::Local, "PATCH", &admin, &off).await, 200);
    for door in [path(&key, ""), admin.clone()] {
        let refused = call(&app, by, "PATCH", &door, &on).await;
        assert_eq!(refusal(&refused), (DENIED, "permission_denied".to_owned()), "{door}");
        assert_eq!(refused.json()["error"]["param"], "enabled", "{door}");
    }
    must(&call(&app, By::Local, "PATCH", &admin, &on).await, 200);
    must(&call(&app, by, "PATCH", &path(&key, ""), &off).await, 200);
    must(&call(&app, by, "PATCH", &admin, &on).await, 200);
    app.finish().await;
}
