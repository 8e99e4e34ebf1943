//! The one admission function: every refusal at every door, races, rates, replays.

mod conditions;
mod races;
mod refusals;

use pretty_assertions::assert_eq;
use rushes_domain::Ticks;
use rushes_domain::account::KeyKind;
use rushes_server::clock::ManualClock;
use rushes_store::{GroupTerms, KeyTerms};
use serde_json::{Value, json};

use super::CREATES;
use crate::support::customers::{Customer, MadeCustomer, group_terms, make_group};
use crate::support::forms::Form;
use crate::support::{Options, TestApp};

/// What a six-second video at 720p costs: the body of [`order`].
const PRICE: &str = "0.54";
/// An order in words that mean the same at every door.
fn order() -> Value {
    json!({
        "model": "grok-image-video", "prompt": "a red car", "seconds": 6, "resolution": "720p",
    })
}

fn key(change: impl FnOnce(&mut KeyTerms)) -> KeyTerms {
    let mut terms = KeyTerms::named("key");
    change(&mut terms);
    terms
}

/// A list of one model.
fn only(name: &str) -> Vec<String> {
    vec![name.to_owned()]
}

async fn balance(app: &TestApp, made: &MadeCustomer) -> rushes_store::Balance {
    let account = made.account_id;
    app.app().store.read(move |tx| rushes_store::balance(tx, account)).await.expect("a balance")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_without_money_still_reads() {
    let app = TestApp::start().await;
    let made = Customer { credit: PRICE, ..Customer::named("spent") }.make(&app).await;
    let id = app.create_with(&made.key, &order()).await;
    let again = app.post_with(&made.key, "/v1/video/generations", &order()).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (403, Some("insufficient_quota")));
    for path in [
        format!("/v1/video/generations/{id}"),
        "/v1/video/generations".to_owned(),
        "/v1/models".to_owned(),
    ] {
        let answer = app.send(app.bare_request("GET", &path).bearer_auth(&made.key)).await;
        assert_eq!(answer.status, 200, "{path}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_models_are_those_that_the_key_may_use_at_the_groups_price() {
    let app = TestApp::start().await;
    let half = GroupTerms { multiplier_millionths: 500_000, ..group_terms("half") };
    let group = make_group(&app, half).await;
    let terms = key(|terms| terms.models = Some(only("grok-video-1.5")));
    let made = Customer { group, terms, ..Customer::named("half") }.make(&app).await;
    let list = app.send(app.bare_request("GET", "/v1/models").bearer_auth(&made.key)).await.json();
    let data = list["data"].as_array().expect("a list");
    assert_eq!(data.len(), 1, "{list}");
    assert_eq!(data[0]["id"], "grok-video-1.5");
    assert_eq!(data[0]["pricing"]["per_second"], json!({ "480p": "0.05", "720p": "0.085" }));
    let other = app.bare_request("GET", "/v1/models/grok-image-video").bearer_auth(&made.key);
    assert_eq!(app.send(other).await.status, 404);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_estimate_says_what_a_create_would_cost_and_stores_nothing() {
    let app = TestApp::start().await;
    let body = json!({
        "model": "grok-imagine-video", "prompt": "x", "seconds": 15,
        "image_urls": ["https://example.com/a.png", "https://example.com/b.png"],
    });
    let answer = app.post("/v1/video/generations/estimate", &body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "object": "video.estimate", "model": "grok-imagine-video",
            "mode": "reference_to_video", "seconds": 10, "seconds_requested": 15,
            "aspect_ratio": "16:9", "resolution": "720p",
            "cost": { "amount": "0.91", "ticks": "9100000000", "state": "estimated" },
            "sufficient": true, "reason": null,
        })
    );
    let free = app.post_with(&app.test_api_key, "/v1/video/generations/estimate", &order()).await;
    assert_eq!(free.json()["cost"]["amount"], "0.00");
    assert_eq!(app.get("/v1/video/generations").await.json()["data"], json!([]));
    app.finish().await;
}

/// One task, one price, whatever the door and the coat; and every task is seen at every door.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_costs_the_same_at_every_door() {
    let app = TestApp::start().await;
    let made = Customer { credit: "10", ..Customer::named("buyer") }.make(&app).await;
    for path in CREATES {
        let as_json = app.post_with(&made.key, path, &order()).await;
        let as_form = app.post_form(&made.key, path, Form::of(&order())).await;
        assert_eq!((as_json.status, as_form.status), (200, 200), "{path}: {}", as_form.json());
    }
    let read = async |path: &str| {
        app.send(app.bare_request("GET", path).bearer_auth(&made.key)).await.json()["data"].clone()
    };
    let (ours, openais) = (read("/v1/video/generations").await, read("/v1/videos").await);
    let (ours, openais) = (ours.as_array().expect("a list"), openais.as_array().expect("a list"));
    assert_eq!((ours.len(), openais.len()), (6, 6));
    for (task, video) in ours.iter().zip(openais) {
        assert_eq!(task["cost"]["amount"], PRICE, "{task}");
        let id = task["id"].as_str().expect("an id");
        assert_eq!(video["id"], id.replace("task_", "video_"));
    }
    let sum = Ticks::parse_dollars("3.24").expect("dollars");
    let balance = balance(&app, &made).await;
    assert_eq!(balance.credits.checked_sub(balance.available), Ok(sum));
    app.stop().await;
}

/// Rates: the key's own, the group's, and the headers that tell them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rates_are_the_keys_and_the_accounts() {
    let clock = ManualClock::new(rushes_domain::Timestamp::from_unix_seconds(1_800_000_000));
    let app = Options::default().clock(&clock).start().await;
    let slow = GroupTerms { creates_per_minute: Some(3), ..group_terms("slow") };
    let group = make_group(&app, slow).await;
    let terms = key(|terms| terms.creates_per_minute = Some(1));
    let made =
        Customer { group, terms, kind: KeyKind::Test, ..Customer::named("slow") }.make(&app).await;
    let create = async || app.post_with(&made.key, "/v1/video/generations", &order()).await;
    let first = create().await;
    assert_eq!(first.status, 200);
    assert_eq!(first.header("ratelimit-policy"), r#""create";q=3;w=60, "key";q=1;w=60"#);
    assert_eq!(first.header("ratelimit"), r#""create";r=2;t=20, "key";r=0;t=60"#);
    let second = create().await;
    let body = second.json();
    assert_eq!((second.status, body["code"].as_str()), (429, Some("rate_limited")), "{body}");
    assert_eq!(second.header("retry-after"), "60");
    assert!(body["message"].as_str().unwrap().contains("key"), "{body}");
    clock.advance_ms(60_000);
    assert_eq!(create().await.status, 200);
    // Nobody waits for these renders.
    app.stop().await;
}

/// The answer belongs to the account, not to the key's secret: it survives a roll and a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_survives_the_keys_roll_and_a_restart() {
    let clock = ManualClock::new(rushes_domain::Timestamp::from_unix_seconds(1_800_000_000));
    let app = Options::default().clock(&clock).start().await;
    let made = Customer::named("rolling").make(&app).await;
    let send = async |app: &TestApp, key: &str| {
        let request = app
            .bare_request("POST", "/v1/video/generations")
            .bearer_auth(key)
            .header("content-type", "application/json")
            .header("idempotency-key", "order-1");
        app.send(request.body(order().to_string())).await
    };
    let first = send(&app, &made.key).await;
    assert_eq!(first.status, 200);
    let new_key = format!("sk-{}", "n".repeat(48));
    let secret = rushes_store::KeySecret {
        hash: rushes_domain::account::key_hash(&new_key),
        mask: "sk-…nnnn".to_owned(),
        sealed: None,
    };
    let (id, now) = (made.key_id, app.now());
    let roll = move |tx: &mut rushes_store::Tx<'_>| {
        rushes_store::roll_key(tx, id, &secret, now.plus_ms(60_000), now)
    };
    assert!(app.app().store.write(roll).await.expect("written"));
    for key in [&made.key, &new_key] {
        let again = send(&app, key).await;
        assert_eq!((again.status, again.header("idempotent-replayed")), (200, "true"));
        assert_eq!(again.bytes, first.bytes);
    }
    clock.advance_ms(60_000);
    assert_eq!(send(&app, &made.key).await.status, 401, "the grace is over");
    let folder = app.stop().await;
    let app = Options::default().clock(&clock).start_in(folder).await;
    let again = send(&app, &new_key).await;
    assert_eq!((again.bytes, again.status), (first.bytes, 200));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keys_last_use_is_written_down_without_a_write_for_each_request() {
    let app = TestApp::start().await;
    let made = Customer::named("used").make(&app).await;
    for _ in 0..3 {
        let request = app.bare_request("GET", "/v1/models").bearer_auth(&made.key);
        let answer = app.send(request.header("user-agent", "a-client/1")).await;
        assert_eq!(answer.status, 200);
    }
    let account = made.account_id;
    let row = async || {
        let rows = app.app().store.read(move |tx| rushes_store::keys_of(tx, account)).await;
        rows.unwrap().into_iter().next().expect("a key")
    };
    assert_eq!(row().await.last_used_at, None, "the requests themselves write nothing");
    app.app().keys.flush(&app.app().store).await.expect("written");
    let row = row().await;
    assert!(row.last_used_at.is_some());
    assert_eq!(row.last_used_address.as_deref(), Some("127.0.0.1"));
    assert_eq!(row.last_used_client.as_deref(), Some("a-client/1"));
    let id = made.key_id;
    let read = move |tx: &mut rushes_store::Tx<'_>| rushes_store::keys::addresses_of(tx, id);
    let uses = app.app().store.read(read).await.expect("read");
    assert_eq!(uses.len(), 1);
    app.finish().await;
}
