use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::images::{Pictures, answer, listen};
use super::{clock, small};
use crate::support::{Options, TestApp, pictures};

/// More than there are slots for submits.
const SLOW_TASKS: usize = 140;
/// Long enough for a busy machine; what proves something is which task ends before which.
const SOON: Duration = Duration::from_secs(60);

async fn start() -> TestApp {
    let text = "[egress]\nallow = [\"127.0.0.1/32\"]\n[account]\nin_flight_max = 1000";
    Options::default().toml(text).start().await
}

fn with_images(url: &str, count: usize) -> Value {
    let mut body = small("a fox");
    body["image_urls"] = json!(vec![url; count]);
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_with_silent_addresses_hold_up_nobody_else() {
    let app = start().await;
    // Takes connections and never says a word.
    let (_listener, url) = listen();
    let mut slow = Vec::new();
    for _ in 0..SLOW_TASKS {
        slow.push(app.create_with(&app.test_api_key, &with_images(&url, 3)).await);
    }
    let text_only = app.create_with(&app.test_api_key, &small("a fox")).await;
    let body = app.wait(&text_only).await;
    assert_eq!(body["data"]["status"], "SUCCESS", "{body}");
    assert_none_has_ended(&app, &slow).await;

    let picture = answer("200 OK", &pictures::png(64, 64, [200, 30, 30]));
    let server = Pictures::start(vec![picture]);
    let (key, began) = (app.other_account("c").await, Instant::now());
    let other = app.create_with(&key, &with_images(&server.url, 1)).await;
    loop {
        let path = format!("/v1/video/generations/{other}");
        let data = app.send(app.bare_request("GET", &path).bearer_auth(&key)).await.json();
        assert!(began.elapsed() < SOON, "{data}");
        if data["data"]["status"] == "SUCCESS" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_none_has_ended(&app, &slow).await;
    app.stop().await;
}

/// Looks at some of the tasks, the first and the last among them.
async fn assert_none_has_ended(app: &TestApp, tasks: &[String]) {
    for id in tasks.iter().step_by(20).chain(tasks.last()) {
        let path = format!("/v1/video/generations/{id}");
        let data = app.send(app.request("GET", &path)).await.json();
        let status = data["data"]["status"].as_str().unwrap();
        assert!(matches!(status, "NOT_START" | "SUBMITTED" | "QUEUED" | "IN_PROGRESS"), "{data}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_images_of_a_task_share_one_limit_in_time() {
    let clock = clock();
    let text = "[egress]\nallow = [\"127.0.0.1/32\"]";
    let app = Options::default().clock(&clock).toml(text).start().await;
    let (listener, url) = listen();
    let id = app.create_with(&app.test_api_key, &with_images(&url, 3)).await;
    let accepted = tokio::task::spawn_blocking(move || (listener.accept(), listener)).await;
    let began = Instant::now();
    clock.advance_ms(121_000);
    let data = app.wait(&id).await["data"].clone();
    assert_eq!(data["error"]["code"], "image_fetch_failed", "{data}");
    assert_eq!(
        data["fail_reason"],
        "Image URL could not be fetched: The images took more than 120 seconds."
    );
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    drop(accepted);
    app.finish().await;
}
