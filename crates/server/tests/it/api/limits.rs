//! Deadlines and money: a task that runs out of time costs nothing.

use pretty_assertions::assert_eq;
use rushes_store::GroupTerms;
use serde_json::{Value, json};

use super::{By, call, get, must, on_a_clock};
use crate::support::customers::{Customer, group_terms, make_group};
use crate::support::eventually;

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
