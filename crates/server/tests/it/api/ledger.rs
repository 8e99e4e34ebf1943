//! The lines that each end of a task leaves in the ledger.

use std::time::Duration;

use fake_upstream::FakeUpstream;
use pretty_assertions::assert_eq;
use rushes_domain::Timestamp;
use rushes_server::clock::ManualClock;
use serde_json::{Value, json};

use super::{By, call, get};
use crate::support::customers::{Customer, MadeCustomer};
use crate::support::pictures::{data_url, png};
use crate::support::{Options, TestApp, eventually};

/// Kind, amount, what is left after it, and why.
type Line = (String, String, String, Value);

/// The lines of an account, oldest first.
async fn lines(app: &TestApp, made: &MadeCustomer) -> Vec<Line> {
    let path = format!("/api/admin/accounts/id:{}/ledger", made.account_id);
    let list = get(app, By::Local, &path).await;
    let text = |value: &Value| value["amount"].as_str().unwrap_or("").to_owned();
    let line = |row: &Value| {
        let kind = row["kind"].as_str().unwrap_or("").to_owned();
        (kind, text(&row["amount"]), text(&row["available_after"]), row["reason"].clone())
    };
    list["data"].as_array().expect("a list").iter().rev().map(line).collect()
}

fn line(kind: &str, amount: &str, left: &str, reason: Option<&str>) -> Line {
    (kind.to_owned(), amount.to_owned(), left.to_owned(), json!(reason))
}

/// A second of video costs $0.06, so that four cost $0.24.
fn order(prompt: &str) -> Value {
    json!({ "model": "grok-image-video", "prompt": prompt, "seconds": 4, "resolution": "480p" })
}

async fn ended(app: &TestApp, made: &MadeCustomer, id: &str) -> Value {
    let path = format!("/v1/video/generations/{id}");
    eventually("the task ends", async || {
        let request = app.bare_request("GET", &path).bearer_auth(&made.key);
        let body = app.send(request).await.json();
        matches!(body["data"]["status"].as_str(), Some("SUCCESS" | "FAILURE")).then_some(body)
    })
    .await
}

/// A picture that nobody serves: the task fails at fetching it.
fn with_dead_picture() -> Value {
    let mut body = order("a fox");
    body["image_urls"] = json!(["http://nobody.invalid/a.png"]);
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_success_is_posted_and_a_failure_voided() {
    let app = TestApp::start().await;
    let made = Customer { credit: "1", ..Customer::named("buyer") }.make(&app).await;
    let id = app.create_with(&made.key, &order("a fox")).await;
    let done = ended(&app, &made, &id).await;
    assert_eq!(done["data"]["cost"]["state"], "posted");
    let id = app.create_with(&made.key, &with_dead_picture()).await;
    let failed = ended(&app, &made, &id).await;
    assert_eq!(failed["data"]["error"]["code"], "image_fetch_failed");
    assert_eq!(
        failed["data"]["cost"],
        json!({ "amount": "0.00", "ticks": "0", "state": "voided" })
    );
    assert_eq!(
        lines(&app, &made).await,
        [
            line("credit", "1.00", "1.00", None),
            line("hold", "0.24", "0.76", None),
            line("post", "0.24", "0.76", None),
            // With a picture: half a cent more.
            line("hold", "0.245", "0.515", None),
            line("void", "0.245", "0.76", Some("image_fetch_failed")),
        ]
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_task_is_voided() {
    let app = Options::default().toml("[account]\nin_flight_max = 1").start().await;
    let made = Customer { credit: "1", ..Customer::named("buyer") }.make(&app).await;
    let mut long = order("the first one runs");
    long["seconds"] = json!(12);
    let first = app.create_with(&made.key, &long).await;
    let waiting = app.create_with(&made.key, &order("the second one waits")).await;
    let path = format!("/v1/video/generations/{waiting}/cancel");
    let answer = app.post_with(&made.key, &path, &Value::Null).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert_eq!(answer.json()["data"]["error"]["code"], "cancelled");
    ended(&app, &made, &first).await;
    let void = line("void", "0.24", "0.28", Some("cancelled"));
    assert!(lines(&app, &made).await.contains(&void), "{:?}", lines(&app, &made).await);
    let last = lines(&app, &made).await.pop().expect("a line");
    assert_eq!(last, line("post", "0.72", "0.28", None));
    app.finish().await;
}

/// One task waits until its time in the queue is over, one runs until its deadline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timed_out_task_is_voided() {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(1_800_000_000));
    let limits = "[account]\nin_flight_max = 1\n[task]\nqueue_timeout_ms = 60000";
    let app = Options::default().clock(&clock).toml(limits).start().await;
    let takes = Duration::from_secs(86_400);
    let options = fake_upstream::Options { takes, ..fake_upstream::Options::default() };
    let upstream = FakeUpstream::start(options).await.expect("a fake upstream");
    let channel = json!({
        "name": "slow", "provider": "xai", "base_url": upstream.base_url(),
        "api_key": upstream.api_key(),
    });
    let added = call(&app, By::Local, "POST", "/api/admin/channels", &channel).await;
    assert_eq!(added.status, 201, "{}", added.json());
    let made = Customer { credit: "1", ..Customer::named("buyer") }.make(&app).await;
    let running = app.create_with(&made.key, &order("runs for a day")).await;
    eventually("the upstream has it", async || (upstream.accepted() == 1).then_some(())).await;
    let waiting = app.create_with(&made.key, &order("waits")).await;
    for (id, time_ms) in [(&waiting, 65_000), (&running, 30 * 60_000)] {
        clock.advance_ms(time_ms);
        let body = ended(&app, &made, id).await;
        assert_eq!(body["data"]["error"]["code"], "deadline_exceeded", "{body}");
    }
    let void = |left| line("void", "0.24", left, Some("deadline_exceeded"));
    assert_eq!(
        lines(&app, &made).await,
        [
            line("credit", "1.00", "1.00", None),
            line("hold", "0.24", "0.76", None),
            line("hold", "0.24", "0.52", None),
            void("0.76"),
            void("1.00"),
        ]
    );
    assert_eq!(upstream.accepted(), 1, "what waited too long was never handed over");
    app.finish().await;
}

/// More seconds than several pictures may have are cut, and what is cut is not paid.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_task_pays_for_what_it_is() {
    let app = TestApp::start().await;
    let made = Customer { credit: "1", ..Customer::named("buyer") }.make(&app).await;
    let picture = |shade| data_url("image/png", &png(32, 32, [shade, 9, 9]));
    let mut body = order("two pictures");
    body["seconds"] = json!(15);
    body["reference_images"] = json!([picture(10), picture(200)]);
    let answer = app.post_with(&made.key, "/v1/video/generations", &body).await.json();
    assert_eq!((&answer["seconds"], &answer["cost"]["amount"]), (&json!(10), &json!("0.61")));
    let id = answer["task_id"].as_str().expect("an id").to_owned();
    let done = ended(&app, &made, &id).await;
    assert_eq!(done["data"]["status"], "SUCCESS", "{done}");
    let posted =
        get(&app, By::Local, &format!("/api/admin/accounts/id:{}/ledger", made.account_id)).await;
    assert_eq!(posted["data"][0]["seconds"], 10);
    assert_eq!(
        lines(&app, &made).await,
        [
            line("credit", "1.00", "1.00", None),
            line("hold", "0.61", "0.39", None),
            line("post", "0.61", "0.39", None),
        ]
    );
    app.finish().await;
}
