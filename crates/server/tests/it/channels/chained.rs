//! Gateways behind gateways.

use pretty_assertions::assert_eq;
use serde_json::json;

use super::{admin, end_of, gateway, order};
use crate::support::pictures::png_data_url;
use crate::support::{TestApp, eventually};

/// Presets that speak one of the dialects in which a gateway answers.
const DIALECTS: [&str; 2] = ["xai", "openai-videos"];

/// Makes `to` a channel of `from`.
async fn chain(from: &TestApp, to: &TestApp, key: &str) {
    chain_as("gateway", from, to, key).await;
}

async fn chain_as(preset: &str, from: &TestApp, to: &TestApp, key: &str) {
    let body = json!({
        "name": "next",
        "provider": preset,
        "base_url": to.base_url,
        "api_key": key,
        "models": { "grok-image-video": "grok-imagine-video" },
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

/// Our own providers are clients of the dialects, written from their vendors' documents.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_dialect_serves_a_channel_of_its_family() {
    for preset in DIALECTS {
        let (first, second) = (gateway().await, gateway().await);
        chain_as(preset, &first, &second, &second.test_api_key).await;
        let pictured = |prompt| {
            let mut body = order(prompt);
            body["image_urls"] = json!([png_data_url([200, 40, 40])]);
            body
        };
        for (body, end) in [
            (order("a paper boat"), "SUCCESS"),
            (pictured("a paper boat"), "SUCCESS"),
            (order("[[fail: no luck]]"), "upstream_error"),
            (order("[[moderated]]"), "moderated"),
        ] {
            let id = first.create(&body).await;
            let ended = first.wait(&id).await;
            assert_eq!(end_of(&ended).0, end, "{preset}: {ended}");
        }
        let list = second.get("/v1/video/generations").await.json();
        let rows = list["data"].as_array().unwrap();
        assert_eq!(rows.len(), 4, "{preset}: one task there for each here");
        for row in rows {
            let size = (&row["seconds"], &row["aspect_ratio"], &row["resolution"]);
            assert_eq!(size, (&json!(4), &json!("16:9"), &json!("480p")), "{preset}: {row}");
        }
        first.finish().await;
        second.finish().await;
    }
}

/// A delete is how OpenAI's family calls a video off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_arrives_at_a_gateway_that_is_asked_in_openais_words() {
    let (first, second) = (gateway().await, gateway().await);
    chain_as("openai-videos", &first, &second, &second.test_api_key).await;
    let id = first.create(&order("[[stall]]")).await;
    let path = format!("/v1/video/generations/{id}");
    eventually("it is under way", async || {
        (first.get(&path).await.json()["data"]["status"] == "IN_PROGRESS").then_some(())
    })
    .await;
    let cancelled = first.send(first.request("POST", &format!("{path}/cancel"))).await;
    assert_eq!(cancelled.status, 202);
    assert_eq!(end_of(&first.wait(&id).await).0, "cancelled");
    let list = second.get("/v1/videos").await.json();
    assert_eq!(list["data"], json!([]), "it was deleted there");
    first.finish().await;
    second.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loop_ends_whatever_the_dialect() {
    for preset in DIALECTS {
        let (first, second) = (gateway().await, gateway().await);
        chain_as(preset, &first, &second, &second.api_key).await;
        chain_as(preset, &second, &first, &first.api_key).await;
        let id = first.create(&order("a paper boat")).await;
        let ended = first.wait(&id).await;
        assert_eq!(ended["data"]["status"], "FAILURE", "{preset}: {ended}");
        let mut count = 0;
        for app in [&first, &second] {
            let list = app.get("/v1/video/generations").await.json();
            for task in list["data"].as_array().unwrap() {
                let end = app.wait(task["task_id"].as_str().unwrap()).await;
                assert_eq!(end["data"]["cost"]["state"], "voided", "{preset}: {end}");
                count += 1;
            }
        }
        assert_eq!(count, 4, "{preset}: it went through four doors and no more");
        first.finish().await;
        second.finish().await;
    }
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
