//! Refusals that need something to have happened before: a key revoked, a bucket emptied, a queue
//! filled, a channel taken away. Each with its whole body and the headers that go with it.

use pretty_assertions::assert_eq;
use rushes_domain::account::KeyKind;
use rushes_server::clock::ManualClock;
use rushes_store::GroupTerms;
use serde_json::{Value, json};

use super::super::CREATES;
use super::refusals::{NO_KEY, refusal_body};
use super::{balance, key, order};
use crate::support::customers::{Customer, MadeCustomer, group_terms, make_group};
use crate::support::{Answer, Options, TestApp};

const CREATE: &str = "/v1/video/generations";
const ESTIMATE: &str = "/v1/video/generations/estimate";

/// A call of the JSON API with this run's local token, which has to succeed.
async fn admin(app: &TestApp, method: &str, path: &str, body: &Value) -> Value {
    let request = app.bare_request(method, path).bearer_auth(&app.app().local_token);
    let answer =
        app.send(request.header("content-type", "application/json").body(body.to_string())).await;
    assert!(matches!(answer.status, 200 | 201), "{path}: {}", answer.json());
    answer.json()
}

/// Compares status and whole body; gives the answer.
async fn refused(app: &TestApp, key: &str, path: &str, expected: (u16, &str, &str)) -> Answer {
    let (status, code, message) = expected;
    let answer = app.post_with(key, path, &order()).await;
    assert_eq!(answer.json(), refusal_body(app, &answer, code, message));
    assert_eq!(answer.status, status, "{code}");
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_was_taken_away_is_as_one_that_never_was() {
    let clock = ManualClock::new(rushes_domain::Timestamp::from_unix_seconds(1_800_000_000));
    let app = Options::default().clock(&clock).start().await;
    let expected = (401, "invalid_api_key", NO_KEY);
    let off = json!({ "enabled": false });
    for (name, method, more, body) in [
        ("revoked", "PATCH", "", &off),
        ("deleted", "DELETE", "", &Value::Null),
        ("rolled", "POST", "/roll", &json!({})),
    ] {
        let made = Customer::named(name).make(&app).await;
        assert_eq!(app.post_with(&made.key, ESTIMATE, &order()).await.status, 200, "{name}");
        admin(&app, method, &format!("/api/admin/keys/{}{more}", made.key_id), body).await;
        for path in CREATES.into_iter().chain([ESTIMATE]) {
            let answer = refused(&app, &made.key, path, expected).await;
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{name}");
        }
        assert_eq!(
            app.send(app.bare_request("GET", CREATE).bearer_auth(&made.key)).await.status,
            401
        );
    }
    // With a grace the old secret works until its end, and a second roll within it ends it.
    let made = Customer::named("graceful").make(&app).await;
    let roll = format!("/api/admin/keys/{}/roll", made.key_id);
    let second = admin(&app, "POST", &roll, &json!({ "grace_seconds": 604_800 })).await;
    clock.advance_ms(604_799_000);
    assert_eq!(app.post_with(&made.key, ESTIMATE, &order()).await.status, 200);
    clock.advance_ms(1_000);
    refused(&app, &made.key, CREATE, expected).await;
    let second = second["key"].as_str().expect("a key").to_owned();
    assert_eq!(app.post_with(&second, ESTIMATE, &order()).await.status, 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disabled_accounts_key_hears_so() {
    let app = TestApp::start().await;
    let made = Customer::named("gone").make(&app).await;
    admin(&app, "PATCH", "/api/admin/accounts/gone", &json!({ "enabled": false })).await;
    let said = "the account of this API key is disabled; ask the operator of this gateway";
    for path in CREATES.into_iter().chain([ESTIMATE]) {
        refused(&app, &made.key, path, (403, "account_disabled", said)).await;
    }
    admin(&app, "PATCH", "/api/admin/accounts/gone", &json!({ "enabled": true })).await;
    assert_eq!(app.post_with(&made.key, ESTIMATE, &order()).await.status, 200);
    app.finish().await;
}

/// Both buckets; an estimate is neither refused by them nor does it empty them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_bucket_refuses_creates_and_says_whose_it_is() {
    let clock = ManualClock::new(rushes_domain::Timestamp::from_unix_seconds(1_800_000_000));
    let app = Options::default().clock(&clock).start().await;
    let slow = GroupTerms { creates_per_minute: Some(2), ..group_terms("slow") };
    let slow = make_group(&app, slow).await;
    let own = key(|terms| terms.creates_per_minute = Some(1));
    for (customer, count, said, policy, left) in [
        (
            Customer { group: slow, ..Customer::named("accounts") },
            2,
            "too many creates; the next one is possible in 30 s",
            r#""create";q=2;w=60"#,
            r#""create";r=0;t=30"#,
        ),
        (
            Customer { terms: own, ..Customer::named("keys") },
            1,
            "too many creates with this API key; the next one is possible in 60 s",
            r#""create";q=600;w=60, "key";q=1;w=60"#,
            r#""create";r=599;t=1, "key";r=0;t=60"#,
        ),
    ] {
        let made = customer.make(&app).await;
        for path in CREATES.into_iter().rev().take(count) {
            assert_eq!(app.post_with(&made.key, path, &order()).await.status, 200);
            assert_eq!(app.post_with(&made.key, ESTIMATE, &order()).await.status, 200);
        }
        let before = balance(&app, &made).await;
        for path in CREATES {
            let answer = refused(&app, &made.key, path, (429, "rate_limited", said)).await;
            assert_eq!(answer.header("ratelimit-policy"), policy);
            assert_eq!(answer.header("ratelimit"), left);
            assert!(said.ends_with(&format!("in {} s", answer.header("retry-after"))), "{said}");
        }
        assert_eq!(balance(&app, &made).await, before);
        assert_eq!(app.post_with(&made.key, ESTIMATE, &order()).await.status, 200);
    }
    app.stop().await;
}

/// A task of a test key that does not end while a test looks.
async fn fill(app: &TestApp, made: &MadeCustomer) {
    let order = json!({ "model": "grok-image-video", "prompt": "[[stall]] [[deadline: 100000s]]" });
    for _ in 0..2 {
        app.create_with(&made.key, &order).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_creates_and_says_whose_it_is() {
    let app = TestApp::start().await;
    let account =
        GroupTerms { in_flight_max: Some(1), waiting_max: Some(1), ..group_terms("narrow") };
    let all = GroupTerms {
        total_in_flight_max: Some(1),
        total_waiting_max: Some(1),
        ..group_terms("crowd")
    };
    for (terms, said, name) in [
        (account, "your queue is full (1 waiting); let some finish first", "waiting"),
        (all, "the queue of your group is full (1 waiting); try again in a while", "group-waiting"),
    ] {
        let group = make_group(&app, terms).await;
        let customer = Customer { group, kind: KeyKind::Test, ..Customer::named(name) };
        let made = customer.make(&app).await;
        fill(&app, &made).await;
        for path in CREATES {
            let answer = refused(&app, &made.key, path, (429, "queue_full", said)).await;
            assert_eq!(answer.header("retry-after"), "5");
            let has = |header: &str, text: String| {
                let mut values = answer.headers.get_all(header).iter();
                values.any(|value| value.as_bytes() == text.as_bytes())
            };
            assert!(has("ratelimit-policy", format!("\"{name}\";q=1")), "{path}");
            assert!(has("ratelimit", format!("\"{name}\";r=0;t=5")), "{path}");
        }
        let estimate = app.post_with(&made.key, ESTIMATE, &order()).await;
        assert_eq!((estimate.status, &estimate.json()["reason"]), (200, &json!("queue_full")));
        let list = app.send(app.bare_request("GET", CREATE).bearer_auth(&made.key)).await.json();
        assert_eq!(list["data"].as_array().map(Vec::len), Some(2), "nothing is left behind");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_channel_creates_are_refused_and_estimates_say_so() {
    let app = TestApp::start().await;
    let made = Customer::named("unserved").make(&app).await;
    let channel = json!({ "name": "main", "provider": "xai", "api_key": "k", "enabled": false,
                          "base_url": "http://127.0.0.1:9" });
    admin(&app, "POST", "/api/admin/channels", &channel).await;
    let said = "nothing serves this model at the moment: the operator has added no channel for it";
    for path in CREATES {
        let answer = refused(&app, &made.key, path, (503, "no_channel", said)).await;
        assert_eq!(answer.header("retry-after"), "30");
    }
    let estimate = app.post_with(&made.key, ESTIMATE, &order()).await.json();
    assert_eq!(
        (&estimate["sufficient"], &estimate["reason"]),
        (&json!(true), &json!("no_channel"))
    );
    app.finish().await;
}

/// More gateways than there can be without a loop, at every door.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_went_round_is_refused() {
    let app = TestApp::start().await;
    for path in CREATES {
        let send = async |hops: &str| {
            let request = app.request("POST", path).header("rushes-hops", hops);
            let answer = app.send(request.body(order().to_string())).await;
            (answer.status, answer.json()["code"].as_str().unwrap_or("").to_owned())
        };
        assert_eq!(send("4").await, (508, "loop_detected".to_owned()), "{path}");
        assert_eq!(send("many").await, (400, "invalid_request".to_owned()), "{path}");
        assert_eq!(send("3").await.0, 200, "{path}");
    }
    app.stop().await;
}

/// Every 429 has the headers, not those of creates alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_throttled_sign_in_tells_the_limit() {
    let clock = ManualClock::new(rushes_domain::Timestamp::from_unix_seconds(1_800_000_000));
    let app = Options::default().clock(&clock).start().await;
    let attempt = async || {
        let body = json!({ "name": "nobody", "password": "not the right one" });
        let request = app.bare_request("POST", "/api/login");
        app.send(request.header("content-type", "application/json").body(body.to_string())).await
    };
    for _ in 0..10 {
        assert_eq!(attempt().await.status, 401);
    }
    let answer = attempt().await;
    let said = "too many attempts; try again in 60 s";
    assert_eq!(answer.json(), refusal_body(&app, &answer, "rate_limited", said));
    assert_eq!(answer.header("retry-after"), "60");
    assert_eq!(answer.header("ratelimit"), r#""attempts-name";r=0;t=60"#);
    assert_eq!(answer.header("ratelimit-policy"), r#""attempts-name";q=10;w=600"#);
    app.finish().await;
}
