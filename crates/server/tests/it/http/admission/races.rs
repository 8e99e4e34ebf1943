//! 64 creates at once, of which only so many may be taken.

use pretty_assertions::assert_eq;
use rushes_domain::Ticks;
use rushes_domain::account::KeyKind;
use rushes_store::GroupTerms;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{PRICE, balance, key, order};
use crate::support::customers::{Customer, MadeCustomer, group_terms, make_group};
use crate::support::{Answer, TestApp, eventually};

/// A task of a test key that does not end while a test looks.
fn stalled() -> Value {
    json!({ "model": "grok-image-video", "prompt": "[[stall]] [[deadline: 100000s]]" })
}

async fn race(
    app: &TestApp,
    made: &MadeCustomer,
    body: &Value,
    idempotency_key: Option<&str>,
) -> Vec<Answer> {
    let mut creates = JoinSet::new();
    for _ in 0..64 {
        let mut request = app
            .bare_request("POST", "/v1/video/generations")
            .bearer_auth(&made.key)
            .header("content-type", "application/json")
            .body(body.to_string());
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
    let answers = race(&app, &made, &order(), None).await;
    assert_eq!((count(&answers, 200, ""), count(&answers, 403, "insufficient_quota")), (1, 63));
    assert_eq!(balance(&app, &made).await.available, Ticks::ZERO);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_creates_with_a_budget_for_one_one_is_taken() {
    let app = TestApp::start().await;
    let terms = key(|terms| terms.budget = Ticks::parse_dollars(PRICE).ok());
    let made = Customer { credit: "100", terms, ..Customer::named("budget") }.make(&app).await;
    let answers = race(&app, &made, &order(), None).await;
    assert_eq!((count(&answers, 200, ""), count(&answers, 403, "key_budget_exceeded")), (1, 63));
    let left = Ticks::parse_dollars("99.46").expect("dollars");
    assert_eq!(balance(&app, &made).await.available, left);
    app.finish().await;
}

/// One place in flight and five to wait in: of the account, of the key, of the group.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_creates_one_runs_five_wait_and_58_are_refused() {
    let app = TestApp::start().await;
    let account =
        GroupTerms { in_flight_max: Some(1), waiting_max: Some(5), ..group_terms("account") };
    let own = GroupTerms { waiting_max: Some(5), ..group_terms("key") };
    let all = GroupTerms {
        total_in_flight_max: Some(1),
        total_waiting_max: Some(5),
        ..group_terms("group")
    };
    let one = key(|terms| terms.in_flight_max = Some(1));
    for (name, group, terms) in
        [("of-account", account, key(|_| ())), ("of-key", own, one), ("of-group", all, key(|_| ()))]
    {
        let group = make_group(&app, group).await;
        let customer = Customer { group, terms, kind: KeyKind::Test, ..Customer::named(name) };
        let made = customer.make(&app).await;
        let answers = race(&app, &made, &stalled(), None).await;
        let counts = (count(&answers, 200, ""), count(&answers, 429, "queue_full"));
        assert_eq!(counts, (6, 58), "{name}");
        // The one that runs does so soon, the others stay where they are.
        let words = eventually("one is in progress", async || {
            let words = words(&app, &made).await;
            words.contains(&"IN_PROGRESS".to_owned()).then_some(words)
        });
        let mut words = words.await;
        words.sort();
        assert_eq!(words, [vec!["IN_PROGRESS"], vec!["NOT_START"; 5]].concat(), "{name}");
    }
    app.finish().await;
}

/// The statuses of a customer's tasks.
async fn words(app: &TestApp, made: &MadeCustomer) -> Vec<String> {
    let list = app.bare_request("GET", "/v1/video/generations?limit=100").bearer_auth(&made.key);
    let list = app.send(list).await.json();
    let rows = list["data"].as_array().expect("a list");
    rows.iter().filter_map(|row| row["status"].as_str().map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_creates_with_one_idempotency_key_there_is_one_task_and_one_answer() {
    let app = TestApp::start().await;
    let made = Customer::named("repeated").make(&app).await;
    let answers = race(&app, &made, &order(), Some("the-order")).await;
    assert!(answers.iter().all(|answer| answer.bytes == answers[0].bytes && answer.status == 200));
    let replayed = answers.iter().filter(|it| it.header("idempotent-replayed") == "true").count();
    assert_eq!(replayed, 63);
    let held = balance(&app, &made).await;
    assert_eq!(held.credits.checked_sub(held.available).unwrap().to_string(), PRICE);
    app.finish().await;
}
