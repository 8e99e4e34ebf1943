//! 64 creates at once, of which only so many may be taken.

use pretty_assertions::assert_eq;
use rushes_domain::Ticks;
use rushes_store::GroupTerms;
use tokio::task::JoinSet;

use super::{PRICE, balance, key, order};
use crate::support::customers::{Customer, MadeCustomer, group_terms, make_group};
use crate::support::{Answer, Options, TestApp};

/// No render ends while one of these tests looks.
const STALLED: &str = "[render]\nslots = 1\n";

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
