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
