//! Deadlines and money: a task that runs out of time costs nothing. And how often somebody may
//! change something.

use pretty_assertions::assert_eq;
use rushes_domain::Timestamp;
use rushes_server::clock::ManualClock;
use rushes_store::GroupTerms;
use serde_json::{Value, json};

use super::{By, START_SECONDS, call, get, make_account, must, on_a_clock, refusal, sign_in};
use crate::support::customers::{Customer, group_terms, make_group};
use crate::support::{Options, TestApp, eventually};

/// A task of a paying customer that waits for six hours in the queue ends there, and is voided.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_waits_too_long_is_voided() {
    let (app, clock) = on_a_clock().await;
    // The account's only place is taken by a task that runs until its deadline.
    let group = make_group(&app, GroupTerms { in_flight_max: Some(1), ..group_terms("one") }).await;
    let made = Customer { credit: "1", group, ..Customer::named("buyer") }.make(&app).await;
    let account = format!("/api/admin/accounts/id:{}", made.account_id);
    let blocker = must(
        &call(
            &app,
            By::Local,
            "POST",
            &format!("{account}/keys"),
            &json!({ "name": "t", "kind": "test" }),
        )
        .await,
        201,
    );
    let blocker = blocker["key"].as_str().expect("a key").to_owned();
    let stalled =
        json!({ "model": "grok-image-video", "prompt": "[[stall]] [[deadline: 100000s]]" });
    app.create_with(&blocker, &stalled).await;
    let order = json!({ "model": "grok-image-video", "prompt": "x", "seconds": 4,
                        "resolution": "480p" });
    let id = app.create_with(&made.key, &order).await;
    let path = format!("/v1/video/generations/{id}");
    let body = eventually("the queue's deadline passes", async || {
        // Small steps: a leap would count as a jump of the clock, which moves deadlines along.
        clock.advance_ms(30_000);
        let request = app.bare_request("GET", &path).bearer_auth(&made.key);
        let body = app.send(request).await.json();
        (body["data"]["status"] == "FAILURE").then_some(body)
    })
    .await;
    assert_eq!(body["data"]["error"]["code"], "deadline_exceeded");
    let list = get(&app, By::Local, &format!("{account}/ledger")).await;
    let shown: Vec<(&Value, &Value, &Value)> = list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|row| row["task_id"] == id)
        .map(|row| (&row["kind"], &row["amount"]["amount"], &row["reason"]))
        .collect();
    let (void, hold, amount) = (json!("void"), json!("hold"), json!("0.24"));
    let reason = json!("deadline_exceeded");
    assert_eq!(shown, [(&void, &amount, &reason), (&hold, &amount, &Value::Null)]);
    assert_eq!(list["data"][0]["available_after"]["amount"], "1.00");
    app.finish().await;
}

/// Changes leave lines in a log that nothing is ever taken from: no customer fills the disk so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_are_counted_for_each_account_and_address_but_not_operators() {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(START_SECONDS));
    let rates = "[account]\nwrite_burst = 3\nwrite_per_minute = 1";
    let app = Options::default().toml(rates).clock(&clock).start().await;
    make_account(&app, "alice", &json!({})).await;
    make_account(&app, "bob", &json!({})).await;
    let (alice, bob) = (sign_in(&app, "alice").await, sign_in(&app, "bob").await);
    let by = By::Cookie(&alice);
    let all = json!({ "name": "k", "scopes": ["read", "manage"] });
    let key = must(&call(&app, by, "POST", "/api/keys", &all).await, 201);
    let text = key["key"].as_str().expect("a key");
    let path = format!("/api/keys/{}", key["id"]);
    let renamed = json!({ "name": "renamed" });
    must(&call(&app, By::Key(text), "PATCH", &path, &renamed).await, 200);
    assert_eq!(call(&app, by, "PATCH", &path, &json!({ "budget": "no" })).await.status, 400);
    for same in [by, By::Key(text)] {
        let refused = call(&app, same, "PATCH", &path, &renamed).await;
        assert_eq!(refusal(&refused), (429, "rate_limited".to_owned()));
        assert_eq!(refused.header("retry-after"), "60");
        assert_eq!(refused.header("ratelimit"), "\"writes\";r=0;t=60");
        assert_eq!(refused.header("ratelimit-policy"), "\"writes\";q=3;w=180");
    }
    assert_eq!(get(&app, by, &path).await["name"], "renamed", "reading is free");
    must(&call(&app, By::Cookie(&bob), "POST", "/api/keys", &json!({ "name": "b" })).await, 201);
    let admin = format!("/api/admin/keys/{}", key["id"]);
    for number in 0..5 {
        let named = json!({ "name": format!("number {number}") });
        must(&call(&app, By::Local, "PATCH", &admin, &named).await, 200);
    }
    clock.advance_ms(60_000);
    must(&call(&app, by, "PATCH", &path, &renamed).await, 200);

    // Of the address's sign-ins one is back, beside the one that was left.
    sign_in(&app, "alice").await;
    sign_in(&app, "bob").await;
    let login = json!({ "name": "bob", "password": super::PASSWORD });
    let refused = call(&app, By::Nobody, "POST", "/api/login", &login).await;
    assert_eq!(refusal(&refused), (429, "rate_limited".to_owned()));
    assert_eq!(refused.header("ratelimit"), "\"writes\";r=0;t=60");
    must(&call(&app, by, "POST", "/api/logout", &Value::Null).await, 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_nothing_leaves_no_line() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({ "display_name": "A." })).await;
    must(&call(&app, By::Local, "POST", "/api/admin/groups", &json!({ "name": "g" })).await, 201);
    let cookie = sign_in(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let made = json!({ "name": "k", "budget": "5" });
    let key = must(&call(&app, by, "POST", "/api/keys", &made).await, 201);
    let own = format!("/api/keys/{}", key["id"]);
    let admin = format!("/api/admin/keys/{}", key["id"]);
    let lines = async || get(&app, By::Local, "/api/admin/audit").await["data"].clone();
    let before = lines().await;
    for (by, method, path, body) in [
        (by, "PATCH", own.as_str(), json!({})),
        (by, "PATCH", &own, json!({ "name": "k", "budget": "5.00", "enabled": true })),
        (by, "PATCH", "/api/me", json!({ "display_name": "A." })),
        (by, "DELETE", "/api/sessions", Value::Null),
        (By::Local, "PATCH", &admin, json!({ "enabled": true })),
        (By::Local, "PATCH", "/api/admin/accounts/alice", json!({ "enabled": true })),
        (By::Local, "PATCH", "/api/admin/groups/g", json!({ "description": "" })),
    ] {
        must(&call(&app, by, method, path, &body).await, 200);
        assert_eq!(lines().await, before, "{method} {path} {body}");
    }
    // Who disabled it is a difference too.
    let off = json!({ "enabled": false });
    must(&call(&app, by, "PATCH", &own, &off).await, 200);
    must(&call(&app, By::Local, "PATCH", &admin, &off).await, 200);
    assert_eq!(get(&app, by, &own).await["disabled_by_operator"], true);
    app.finish().await;
}

/// What is no limit is changed without a look at each of the group's accounts: others' writes wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_groups_limits_are_taken_into_force_only_where_they_are_others() {
    let app = TestApp::start().await;
    let group = json!({ "name": "large", "total_in_flight_max": 5 });
    must(&call(&app, By::Local, "POST", "/api/admin/groups", &group).await, 201);
    let taken_at = async || {
        let sql = "SELECT limits_changed_at FROM groups WHERE name = 'large'";
        let read = app.app().store.read(move |tx| tx.value::<i64>(sql, &[])).await;
        read.expect("read").expect("a group")
    };
    let patch = async |body: Value| {
        must(&call(&app, By::Local, "PATCH", "/api/admin/groups/large", &body).await, 200)
    };
    patch(json!({ "total_in_flight_max": 6 })).await;
    let first = taken_at().await;
    assert!(first > 0);
    for body in [
        json!({ "description": "many people" }),
        json!({ "multiplier": "0.5" }),
        json!({ "creates_per_minute": 3 }),
        json!({ "total_in_flight_max": 6 }),
    ] {
        patch(body.clone()).await;
        assert_eq!(taken_at().await, first, "{body}");
    }
    patch(json!({ "total_waiting_max": 7 })).await;
    assert!(taken_at().await > first);
    app.finish().await;
}
