//! The schedule, the log, and sending again.

use pretty_assertions::assert_eq;
use rushes_domain::webhook::RETRY_DELAYS_MS;
use serde_json::{Value, json};

use super::{after_attempts, call, endpoint, endpoint_at, failing_task, must, on_a_clock, options};
use crate::support::receiver::{Names, Receiver, Reply};
use crate::support::{TestApp, eventually};

const ENDS: &str = "video.failed";

/// Waits until an endpoint's only delivery has this status.
async fn with_status(app: &TestApp, path: &str, status: &str) -> Value {
    eventually("the delivery ends", async || {
        let list = must(&call(app, "GET", &format!("{path}/deliveries"), &Value::Null).await, 200);
        (list["data"][0]["status"] == status).then(|| list["data"][0].clone())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_attempts_by_the_schedule_under_one_id_and_then_it_is_visibly_given_up() {
    let names = Names::loopback();
    let (app, clock) = on_a_clock(&names).await;
    let receiver = Receiver::start();
    receiver.answer(|_| Reply::status(500, "no \u{1b}[31mway"));
    let (path, _) = endpoint(&app, &receiver, &json!({ "event_types": [ENDS] })).await;
    failing_task(&app).await;
    for (number, delay_ms) in (1_u64..).zip(RETRY_DELAYS_MS) {
        let waiting = after_attempts(&app, &path, number).await;
        assert_eq!(waiting["status"], "pending", "after {number}");
        let now = app.now().unix_seconds();
        let wait = waiting["next_attempt_at"].as_i64().expect("a moment") - now;
        let delay = delay_ms / 1_000;
        assert!((delay * 4 / 5 - 1..=delay * 6 / 5 + 1).contains(&wait), "{number}: {wait}");
        // Not a moment sooner.
        clock.advance_ms((wait - 1) * 1_000);
        assert_eq!(receiver.calls().len() as u64, number);
        clock.advance_ms(2_000);
    }
    let ended = after_attempts(&app, &path, 10).await;
    assert_eq!(
        (&ended["status"], &ended["reason"]),
        (&json!("failed"), &json!("attempts_exhausted"))
    );
    assert_eq!(ended["next_attempt_at"], Value::Null);
    let attempts = ended["attempts"].as_array().expect("a list");
    assert_eq!(attempts.len(), 10);
    for attempt in attempts {
        assert_eq!(attempt["response_status"], 500);
        assert_eq!(attempt["response_body"], "no  [31mway", "cleaned");
        assert_eq!(attempt["error"], "answered with status 500");
    }
    let calls = receiver.calls();
    let ids: std::collections::BTreeSet<_> =
        calls.iter().map(|it| it.header("webhook-id")).collect();
    let times: std::collections::BTreeSet<_> =
        calls.iter().map(|it| it.header("webhook-timestamp")).collect();
    assert_eq!((ids.len(), times.len()), (1, 10), "one id, a moment for each attempt");
    let shown = must(&call(&app, "GET", &path, &Value::Null).await, 200);
    assert!(shown["failing_since"].is_i64() && shown["enabled"] == true, "{shown}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_days_of_failures_disable_visibly_and_nothing_is_lost_by_it() {
    const DAY_MS: i64 = 86_400_000;
    let names = Names::loopback();
    let (app, clock) = on_a_clock(&names).await;
    let receiver = Receiver::start();
    receiver.answer(|_| Reply::status(503, ""));
    let (path, _) = endpoint(&app, &receiver, &json!({ "event_types": [ENDS] })).await;
    failing_task(&app).await;
    after_attempts(&app, &path, 1).await;
    // Whatever comes due in between fails as well, until the fifth day is over.
    for _ in 0..6 {
        clock.advance_ms(DAY_MS);
        let seen = receiver.calls().len();
        failing_task(&app).await;
        eventually("one more call", async || {
            let row = must(&call(&app, "GET", &path, &Value::Null).await, 200);
            (receiver.calls().len() > seen || row["enabled"] == false).then_some(())
        })
        .await;
    }
    let disabled = eventually("it is disabled", async || {
        let row = must(&call(&app, "GET", &path, &Value::Null).await, 200);
        (row["enabled"] == false).then_some(row)
    })
    .await;
    assert_eq!(disabled["disabled_by"], "failing");
    assert!(disabled["disabled_at"].is_i64());
    let calls = receiver.calls().len();
    failing_task(&app).await;
    let missed = with_status(&app, &path, "failed").await;
    assert_eq!(missed["reason"], "endpoint_disabled");
    assert_eq!(receiver.calls().len(), calls, "nothing is sent");
    let replay = json!({ "since": super::START_SECONDS });
    let refused = call(&app, "POST", &format!("{path}/replay"), &replay).await;
    must(&refused, 409);

    receiver.answer(|_| Reply::status(204, ""));
    must(&call(&app, "PATCH", &path, &json!({ "enabled": true })).await, 200);
    let replayed = must(&call(&app, "POST", &format!("{path}/replay"), &replay).await, 202);
    assert!(replayed["count"].as_u64() >= Some(1), "{replayed}");
    eventually("everything is delivered", async || {
        clock.advance_ms(DAY_MS);
        let list = call(&app, "GET", &format!("{path}/deliveries?limit=100"), &Value::Null).await;
        let list = must(&list, 200);
        let rows = list["data"].as_array().expect("a list");
        rows.iter().all(|row| row["status"] == "delivered").then_some(())
    })
    .await;
    let shown = must(&call(&app, "GET", &path, &Value::Null).await, 200);
    assert_eq!(shown["failing_since"], Value::Null);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_delivered_or_failed_can_be_had_again_under_the_same_id() {
    let names = Names::loopback();
    let (app, _clock) = on_a_clock(&names).await;
    let receiver = Receiver::start();
    let (path, _) = endpoint(&app, &receiver, &json!({ "event_types": [ENDS] })).await;
    failing_task(&app).await;
    let first = with_status(&app, &path, "delivered").await;
    let id = first["id"].as_str().expect("an id");
    let again = format!("{path}/deliveries/{id}/replay");
    assert_eq!(must(&call(&app, "POST", &again, &Value::Null).await, 202)["status"], "pending");
    let whole = after_attempts(&app, &path, 2).await;
    assert_eq!(whole["status"], "delivered");
    let ids: Vec<_> =
        receiver.calls().iter().map(|it| it.header("webhook-id").to_owned()).collect();
    assert_eq!(ids[0], ids[1]);
    for path in [
        format!("{path}/deliveries/dlv_none"),
        format!("/api/webhooks/2/deliveries/{id}"),
        format!("{path}x/deliveries"),
    ] {
        assert_eq!(call(&app, "GET", &path, &Value::Null).await.status, 404, "{path}");
    }
    for query in ["limit=0", "limit=1000", "status=gone", "what=1"] {
        let refused = call(&app, "GET", &format!("{path}/deliveries?{query}"), &Value::Null).await;
        assert_eq!(refused.status, 400, "{query}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_has_pages() {
    let names = Names::loopback();
    let app = options(&names).start().await;
    let receiver = Receiver::start();
    let (path, _) = endpoint(&app, &receiver, &json!({ "event_types": [ENDS] })).await;
    for _ in 0..5 {
        failing_task(&app).await;
    }
    eventually("all arrive", async || (receiver.calls().len() >= 5).then_some(())).await;
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = format!("{path}/deliveries?limit=2{after}");
        let page = must(&call(&app, "GET", &page, &Value::Null).await, 200);
        for row in page["data"].as_array().expect("a list") {
            seen.push(row["id"].as_str().expect("an id").to_owned());
        }
        match page["next_after"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 5);
    assert_eq!(seen.iter().collect::<std::collections::BTreeSet<_>>().len(), 5);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_slow_receiver_holds_up_no_other() {
    let names = Names::loopback();
    let app = options(&names).start().await;
    let (slow, quick) = (Receiver::start(), Receiver::start());
    slow.answer(|_| Reply::Hang);
    let types = json!({ "event_types": [ENDS] });
    endpoint_at(&app, &slow.url("slow.example", "/"), &types).await;
    endpoint_at(&app, &quick.url("hooks.example", "/"), &types).await;
    for _ in 0..20 {
        failing_task(&app).await;
    }
    eventually("the other hears all", async || (quick.calls().len() == 20).then_some(())).await;
    assert!(slow.calls().len() <= 4, "only so many at a time: {}", slow.calls().len());
    app.finish().await;
}
