//! Gateways behind gateways.

use pretty_assertions::assert_eq;
use serde_json::json;

use super::{admin, end_of, gateway, order};
use crate::support::TestApp;

/// Makes `to` a channel of `from`.
async fn chain(from: &TestApp, to: &TestApp, key: &str) {
    let body = json!({
        "name": "next",
        "provider": "gateway",
        "base_url": to.base_url,
        "api_key": key,
        "poll_interval_ms": 50,
    });
    let answer = admin(from, "POST", "/api/admin/channels", &body).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.bytes));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_draws_and_the_first_serves_it_under_its_own_name() {
    let (first, second) = (gateway().await, gateway().await);
    chain(&first, &second, &second.api_key).await;
    let id = first.create(&order("a paper boat")).await;
    let body = first.wait(&id).await;
    assert_eq!(end_of(&body), ("SUCCESS".to_owned(), "posted".to_owned()));
    let url = body["data"]["result_url"].as_str().unwrap();
    assert!(url.starts_with(&first.base_url), "{url}");
    assert_eq!(first.send(first.bare_request("GET", url)).await.status, 200);
    let list = second.get("/v1/video/generations").await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "exactly one task there");
    first.finish().await;
    second.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateways_that_are_each_others_channels_end_as_a_loop() {
    let (first, second) = (gateway().await, gateway().await);
    chain(&first, &second, &second.api_key).await;
    chain(&second, &first, &first.api_key).await;
    let id = first.create(&order("a paper boat")).await;
    let body = first.wait(&id).await;
    assert_eq!(end_of(&body), ("loop_detected".to_owned(), "voided".to_owned()));
    let list = first.get("/v1/video/generations").await.json();
    let tasks = list["data"].as_array().unwrap().clone();
    assert_eq!(tasks.len(), 2, "it came back once");
    for task in &tasks {
        let end = first.wait(task["task_id"].as_str().unwrap()).await;
        assert_eq!(end_of(&end), ("loop_detected".to_owned(), "voided".to_owned()));
    }
    first.finish().await;
    second.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_hops_than_three_are_refused_at_the_door() {
    let app = gateway().await;
    let send = async |hops: &str| {
        let request = app
            .request("POST", "/v1/video/generations")
            .header("rushes-hops", hops)
            .header("content-type", "application/json")
            .body(order("x").to_string());
        let answer = app.send(request).await;
        (answer.status, answer.json()["code"].as_str().unwrap_or("taken").to_owned())
    };
    assert_eq!(send("3").await, (200, "taken".to_owned()));
    assert_eq!(send("4").await, (508, "loop_detected".to_owned()));
    assert_eq!(send("many").await, (400, "invalid_request".to_owned()));
    app.finish().await;
}
