//! The one admission function: every refusal, at every door.
//!
//! A door is a column of [`Case`]; a new door adds one and its function to [`DOORS`].

use pretty_assertions::assert_eq;
use rushes_domain::Ticks;
use rushes_domain::account::{KeyKind, Scope};
use rushes_server::clock::ManualClock;
use rushes_store::{GroupTerms, KeyTerms};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::customers::{Customer, MadeCustomer, group_terms, make_group};
use crate::support::{Answer, Options, TestApp};

/// What a six-second video at 720p costs: the body of [`order`].
const PRICE: &str = "0.54";
/// No render ends while one of these tests looks.
const STALLED: &str = "[render]\nslots = 1\n";

fn order() -> Value {
    json!({ "model": "grok-image-video", "prompt": "a red car", "seconds": 6 })
}

/// The doors by their columns.
const DOORS: [(&str, &str); 2] =
    [("create", "/v1/video/generations"), ("estimate", "/v1/video/generations/estimate")];

/// What one customer hears at each door.
struct Case {
    line: &'static str,
    customer: Customer,
    body: Value,
    /// Status, code and the whole message of a create.
    create: (u16, &'static str, &'static str),
    /// The same of an estimate, which answers 200 with the code as its reason where `create` would
    /// only find out with the money in its hand.
    estimate: (u16, &'static str),
}

fn key(change: impl FnOnce(&mut KeyTerms)) -> KeyTerms {
    let mut terms = KeyTerms::named("key");
    change(&mut terms);
    terms
}

fn models(name: &str) -> Option<Vec<String>> {
    Some(vec![name.to_owned()])
}

async fn cases(app: &TestApp) -> Vec<Case> {
    let video_only = GroupTerms { models: models("grok-video-1.5"), ..group_terms("video-only") };
    let dear = GroupTerms { multiplier_millionths: 1_500_000, ..group_terms("dear") };
    let (video_only, dear) = (make_group(app, video_only).await, make_group(app, dear).await);
    let now = app.now();
    let customer = Customer::named;
    let expired = |terms: &mut KeyTerms| terms.expires_at = Some(now);
    let refused = "the API key is missing or not valid; send the header Authorization: Bearer \
                   <API key>";
    vec![
        Case {
            line: "a key that has expired",
            customer: Customer { terms: key(expired), ..customer("expired") },
            body: order(),
            create: (401, "invalid_api_key", refused),
            estimate: (401, "invalid_api_key"),
        },
        Case {
            line: "another address",
            customer: Customer {
                terms: key(|terms| terms.addresses = Some(vec!["192.0.2.0/24".parse().unwrap()])),
                ..customer("elsewhere")
            },
            body: order(),
            create: (403, "ip_not_allowed", "this API key may not be used from 127.0.0.1"),
            estimate: (403, "ip_not_allowed"),
        },
        Case {
            line: "a key for reading",
            customer: Customer {
                terms: key(|terms| terms.scopes = [Scope::Read].into_iter().collect()),
                ..customer("reader")
            },
            body: order(),
            create: (
                403,
                "permission_denied",
                "this API key lacks the scope \"generate\"; it has: read",
            ),
            estimate: (403, "permission_denied"),
        },
        Case {
            line: "the key's list",
            customer: Customer {
                terms: key(|terms| terms.models = models("grok-video-1.5")),
                ..customer("listed")
            },
            body: order(),
            create: (
                403,
                "model_not_allowed",
                "this API key may not use model grok-image-video; it may use: grok-video-1.5",
            ),
            estimate: (403, "model_not_allowed"),
        },
        Case {
            line: "the group's list, by an alias",
            customer: Customer { group: video_only, ..customer("grouped") },
            body: json!({ "model": "grok-imagine-video", "prompt": "x" }),
            create: (
                403,
                "group_not_allowed",
                "the group of this account may not use model grok-image-video; it may use: \
                 grok-video-1.5",
            ),
            estimate: (403, "group_not_allowed"),
        },
        Case {
            line: "no money",
            customer: Customer { credit: "0.53", ..customer("poor") },
            body: order(),
            create: (
                403,
                "insufficient_quota",
                "the balance does not cover this video: $0.54 needed, $0.53 left",
            ),
            estimate: (200, "insufficient_quota"),
        },
        Case {
            line: "not enough for the group's price",
            customer: Customer { group: dear, credit: "0.80", ..customer("nearly") },
            body: order(),
            create: (
                403,
                "insufficient_quota",
                "the balance does not cover this video: $0.81 needed, $0.80 left",
            ),
            estimate: (200, "insufficient_quota"),
        },
        Case {
            line: "the key's budget",
            customer: Customer {
                terms: key(|terms| terms.budget = Ticks::parse_dollars("0.5").ok()),
                ..customer("budgeted")
            },
            body: order(),
            create: (
                403,
                "key_budget_exceeded",
                "the budget of this API key does not cover this video: $0.54 needed, $0.50 left",
            ),
            estimate: (200, "key_budget_exceeded"),
        },
        Case {
            line: "the key's budget of the month",
            customer: Customer {
                terms: key(|terms| terms.month_budget = Ticks::parse_dollars("0.01").ok()),
                ..customer("monthly")
            },
            body: order(),
            create: (
                403,
                "key_budget_exceeded",
                "this month's budget of this API key does not cover this video: $0.54 needed, \
                 $0.01 left",
            ),
            estimate: (200, "key_budget_exceeded"),
        },
        Case {
            line: "the model comes before the money",
            customer: Customer { credit: "0", ..customer("mistaken") },
            body: json!({ "model": "nope", "prompt": "x" }),
            create: (
                400,
                "model_not_found",
                "model \"nope\" does not exist; GET /v1/models lists yours",
            ),
            estimate: (400, "model_not_found"),
        },
        Case {
            line: "a test key needs no money",
            customer: Customer { credit: "0", kind: KeyKind::Test, ..customer("tester") },
            body: order(),
            create: (200, "", ""),
            estimate: (200, ""),
        },
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refusal_is_the_same_at_every_door() {
    let app = TestApp::start().await;
    for case in cases(&app).await {
        let line = case.line;
        let made = case.customer.make(&app).await;
        for (door, path) in DOORS {
            let answer = app.post_with(&made.key, path, &case.body).await;
            let body = answer.json();
            let said = (answer.status, word(&body, door));
            match door {
                "create" => {
                    let (status, code, message) = case.create;
                    assert_eq!(said, (status, code.to_owned()), "{line} at {door}: {body}");
                    if !message.is_empty() {
                        assert_eq!(body["message"], message, "{line} at {door}");
                        assert_eq!(body["error"]["message"], message, "{line} at {door}");
                    }
                }
                _ => {
                    let (status, code) = case.estimate;
                    assert_eq!(said, (status, code.to_owned()), "{line} at {door}: {body}");
                }
            }
        }
        if case.create.0 != 200 {
            let held = balance(&app, &made).await;
            assert_eq!(held.pending, Ticks::ZERO, "{line}: something was left behind");
        }
    }
    app.finish().await;
}

/// The code of a refusal, or the reason of an estimate.
fn word(body: &Value, door: &str) -> String {
    let code = body["code"].as_str();
    let reason = body["reason"].as_str().filter(|_| door == "estimate");
    code.or(reason).unwrap_or("").to_owned()
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
    let terms = key(|terms| terms.models = models("grok-video-1.5"));
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

async fn race(app: &TestApp, made: &MadeCustomer, idempotency_key: Option<&str>) -> Vec<Answer> {
    let mut creates = JoinSet::new();
    for _ in 0..64 {
        let mut request = app
            .bare_request("POST", "/v1/video/generations")
            .bearer_auth(&made.key)
            .header("content-type", "application/json")
            .body(order().to_string());
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        creates.spawn(async move {
            let response = request.send().await.expect("an answer");
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Answer { status, headers, bytes: response.bytes().await.expect("a body").to_vec() }
        });
    }
    creates.join_all().await
}

fn count(answers: &[Answer], status: u16, code: &str) -> usize {
    let is_it = |answer: &&Answer| {
        answer.status == status && answer.json()["code"].as_str().unwrap_or("") == code
    };
    answers.iter().filter(is_it).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_creates_with_money_for_one_one_is_taken() {
    let app = TestApp::start().await;
    let made = Customer { credit: PRICE, ..Customer::named("once") }.make(&app).await;
    let answers = race(&app, &made, None).await;
    assert_eq!((count(&answers, 200, ""), count(&answers, 403, "insufficient_quota")), (1, 63));
    assert_eq!(balance(&app, &made).await.available, Ticks::ZERO);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_creates_with_a_budget_for_one_one_is_taken() {
    let app = TestApp::start().await;
    let terms = key(|terms| terms.budget = Ticks::parse_dollars(PRICE).ok());
    let made = Customer { credit: "100", terms, ..Customer::named("budget") }.make(&app).await;
    let answers = race(&app, &made, None).await;
    assert_eq!((count(&answers, 200, ""), count(&answers, 403, "key_budget_exceeded")), (1, 63));
    let left = Ticks::parse_dollars("99.46").expect("dollars");
    assert_eq!(balance(&app, &made).await.available, left);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_creates_one_runs_some_wait_and_the_rest_is_refused() {
    let app = Options::default().toml(STALLED).start().await;
    let limits =
        GroupTerms { in_flight_max: Some(1), waiting_max: Some(5), ..group_terms("narrow") };
    let group = make_group(&app, limits).await;
    let made = Customer { credit: "100", group, ..Customer::named("narrow") }.make(&app).await;
    let answers = race(&app, &made, None).await;
    let taken = count(&answers, 200, "");
    // A render that ends during the race frees a place for one more.
    assert!((6..=12).contains(&taken), "{taken} were taken");
    assert_eq!(count(&answers, 429, "queue_full"), 64 - taken);
    let list = app.bare_request("GET", "/v1/video/generations?limit=100").bearer_auth(&made.key);
    let list = app.send(list).await.json();
    let words: Vec<&str> =
        list["data"].as_array().unwrap().iter().filter_map(|it| it["status"].as_str()).collect();
    assert!(words.contains(&"NOT_START"), "{words:?}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_creates_with_one_idempotency_key_there_is_one_task_and_one_answer() {
    let app = TestApp::start().await;
    let made = Customer::named("repeated").make(&app).await;
    let answers = race(&app, &made, Some("the-order")).await;
    assert!(answers.iter().all(|answer| answer.bytes == answers[0].bytes && answer.status == 200));
    let replayed = answers.iter().filter(|it| it.header("idempotent-replayed") == "true").count();
    assert_eq!(replayed, 63);
    let held = balance(&app, &made).await;
    assert_eq!(held.credits.checked_sub(held.available).unwrap().to_string(), PRICE);
    app.finish().await;
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
    app.app().keys.flush(&app.app().store).await.expect("written");
    let account = made.account_id;
    let row = app.app().store.read(move |tx| rushes_store::keys_of(tx, account)).await.unwrap();
    let row = row.into_iter().next().expect("a key");
    assert!(row.last_used_at.is_some());
    assert_eq!(row.last_used_address.as_deref(), Some("127.0.0.1"));
    assert_eq!(row.last_used_client.as_deref(), Some("a-client/1"));
    let id = made.key_id;
    let read = move |tx: &mut rushes_store::Tx<'_>| rushes_store::keys::addresses_of(tx, id);
    let uses = app.app().store.read(read).await.expect("read");
    assert_eq!(uses.len(), 1);
    app.finish().await;
}
