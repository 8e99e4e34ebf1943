//! The operators' dashboard.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{By, call, get, make_account, must, on_a_clock, refusal, sign_in};
use crate::support::TestApp;

/// An order of a live preview, $0.24.
fn order() -> Value {
    json!({ "model": "grok-image-video", "prompt": "a red car", "seconds": 4,
            "resolution": "480p" })
}

fn kinds(shown: &Value) -> Vec<&str> {
    let problems = shown["problems"].as_array().expect("a list");
    problems.iter().filter_map(|problem| problem["kind"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_gateway_has_figures_without_guesses() {
    let app = TestApp::start().await;
    for (range, bins, bin_seconds) in [("1h", 12, 300), ("24h", 24, 3_600), ("7d", 7, 86_400)] {
        let shown = get(&app, By::Local, &format!("/api/admin/dashboard?range={range}")).await;
        assert_eq!((&shown["range"], &shown["bin_seconds"]), (&json!(range), &json!(bin_seconds)));
        let series = shown["series"].as_array().expect("a list");
        assert_eq!(series.len(), bins, "{range}");
        assert_eq!(series[0]["at"], shown["from"]);
        assert_eq!(shown["from"].as_i64().expect("a moment") % bin_seconds, 0);
        assert_eq!(shown["success"]["rate"], Value::Null);
        let latency = &shown["latency"];
        for field in ["p50_ms", "p95_ms", "own_p50_ms", "own_p95_ms"] {
            assert_eq!(latency[field], Value::Null, "{field}");
        }
        assert_eq!(shown["queue"], json!({ "waiting_count": 0, "oldest_wait_ms": null }));
        assert_eq!(shown["running"], json!({ "count": 0, "slots": 1 }));
        assert_eq!((&shown["capped"], &shown["looked_at"]), (&json!(false), &json!(0)));
        assert!(kinds(&shown).contains(&"previews_only"), "{shown}");
    }
    let default = get(&app, By::Local, "/api/admin/dashboard").await;
    assert_eq!(default["range"], "24h");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_operators_see_it_and_nonsense_is_refused() {
    let app = TestApp::start().await;
    make_account(&app, "user", &json!({})).await;
    make_account(&app, "op", &json!({ "role": "operator" })).await;
    let (user, op) = (sign_in(&app, "user").await, sign_in(&app, "op").await);
    let path = "/api/admin/dashboard";
    let foreign = call(&app, By::Cookie(&user), "GET", path, &Value::Null).await;
    assert_eq!(refusal(&foreign), (403, "permission_denied".to_owned()));
    assert_eq!(call(&app, By::Nobody, "GET", path, &Value::Null).await.status, 401);
    get(&app, By::Cookie(&op), path).await;
    for query in ["range=2h", "range=", "days=1"] {
        let answer = call(&app, By::Local, "GET", &format!("{path}?{query}"), &Value::Null).await;
        assert_eq!(answer.status, 400, "{query}");
    }
    app.finish().await;
}

/// Previews of live keys count, but are no business of channels; tests count nowhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tests_and_previews_are_kept_apart() {
    let app = TestApp::start().await;
    let live = app.create(&order()).await;
    let mut failing = order();
    failing["prompt"] = json!("[[fail: no luck]]");
    let failed = app.create_with(&app.test_api_key, &failing).await;
    app.wait(&live).await;
    app.wait(&failed).await;
    let shown = get(&app, By::Local, "/api/admin/dashboard?range=1h").await;
    let success = &shown["success"];
    assert_eq!((&success["succeeded"], &success["failed"]), (&json!(1), &json!(0)));
    assert_eq!(success["rate"], 1.0);
    assert!(shown["latency"]["p50_ms"].as_i64().expect("a time") > 0);
    assert!(shown["latency"]["own_p95_ms"].as_i64().is_some(), "{shown}");
    for field in ["charged", "upstream_cost", "margin"] {
        assert_eq!(shown["money"][field]["ticks"], "0", "{field}");
    }
    let sum = |field: &str| -> i64 {
        let series = shown["series"].as_array().expect("a list");
        series.iter().filter_map(|bin| bin[field].as_i64()).sum()
    };
    assert_eq!((sum("succeeded"), sum("failed")), (1, 0));
    assert!(!shown["events"].to_string().contains(&failed), "{shown}");
    assert_eq!(shown["looked_at"], 1, "tests use up nothing of what is looked at");
    app.finish().await;
}

/// Ten dashboards cost one; what was done meanwhile is seen when the time is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_given_out_for_five_seconds() {
    let (app, clock) = on_a_clock().await;
    let path = "/api/admin/dashboard?range=24h";
    let first = get(&app, By::Local, path).await;
    must(&call(&app, By::Local, "POST", "/api/admin/groups", &json!({ "name": "g" })).await, 201);
    let reads = app.app().store.operations().reads;
    for _ in 0..10 {
        assert_eq!(get(&app, By::Local, path).await, first);
    }
    assert_eq!(app.app().store.operations().reads, reads);
    // Who signs in is in the audit log, and would fill this list.
    make_account(&app, "alice", &json!({})).await;
    sign_in(&app, "alice").await;
    must(&call(&app, By::Local, "POST", "/api/admin/groups", &json!({ "name": "h" })).await, 201);
    sign_in(&app, "alice").await;
    clock.advance_ms(5_000);
    let next = get(&app, By::Local, path).await;
    assert!(!next["events"].to_string().contains("session."), "{next}");
    assert_eq!(next["at"].as_i64(), first["at"].as_i64().map(|at| at + 5));
    let event = &next["events"][0];
    assert_eq!((&event["kind"], &event["action"]), (&json!("audit"), &json!("group.create")));
    assert_eq!((&event["target"], &event["actor"]), (&json!("group h"), &json!("local")));
    app.finish().await;
}
