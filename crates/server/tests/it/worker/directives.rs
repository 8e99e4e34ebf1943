use serde_json::json;

use super::{clock, create, reach, read, small};
use crate::support::{Options, TestApp};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripted_ends_say_what_the_prompt_asks_for_and_cost_nothing() {
    let app = TestApp::start().await;
    let table = [
        ("a [[fail: out of film]] b", "upstream_error", "out of film"),
        (
            "[[fail_image: 404]]",
            "image_fetch_failed",
            "Image URL could not be fetched: Fetching image failed with HTTP status 404 Not Found.",
        ),
        (
            "[[moderated]]",
            "moderated",
            "The request or its result was rejected by content moderation.",
        ),
    ];
    for (prompt, code, reason) in table {
        let id = create(&app, prompt).await;
        let data = app.wait(&id).await["data"].clone();
        assert_eq!(data["status"], "FAILURE", "{data}");
        assert_eq!(data["error"]["code"], code);
        assert_eq!(data["fail_reason"], reason);
        assert_eq!(data["cost"]["amount"], "0.00");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_keys_prompt_steers_nothing() {
    let app = TestApp::start().await;
    let id = app.create(&small("a fox [[fail: no]]")).await;
    assert_eq!(app.wait(&id).await["data"]["status"], "SUCCESS");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delay_is_waited_out_on_the_apps_clock() {
    let clock = clock();
    let app = Options::default().clock(&clock).start().await;
    let id = create(&app, "a fox [[delay: 30s]]").await;
    reach(&app, &id, "IN_PROGRESS").await;
    for _ in 0..29 {
        clock.advance_ms(1_000);
    }
    assert_eq!(read(&app, &id).await["status"], "IN_PROGRESS");
    clock.advance_ms(1_000);
    assert_eq!(app.wait(&id).await["data"]["status"], "SUCCESS");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_task_runs_until_its_own_deadline() {
    let clock = clock();
    let app = Options::default().clock(&clock).start().await;
    let id = create(&app, "a fox [[stall]] [[deadline: 5s]]").await;
    reach(&app, &id, "IN_PROGRESS").await;
    clock.advance_ms(4_999);
    assert_eq!(read(&app, &id).await["status"], "IN_PROGRESS");
    clock.advance_ms(1);
    let data = app.wait(&id).await["data"].clone();
    assert_eq!(data["error"]["code"], "deadline_exceeded");
    assert_eq!(data["cost"]["state"], json!("voided"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expiring_video_goes_after_five_seconds_and_its_task_stays() {
    let clock = clock();
    let app = Options::default().clock(&clock).start().await;
    let id = create(&app, "a fox [[expire]]").await;
    let data = app.wait(&id).await["data"].clone();
    assert_eq!(data["status"], "SUCCESS");
    let url = data["result_url"].as_str().unwrap().to_owned();
    assert_eq!(app.send(app.bare_request("GET", &url)).await.status, 200);
    clock.advance_ms(10_001);
    crate::support::eventually("the file is gone", async || {
        let left = std::fs::read_dir(app.data_dir().join("files")).unwrap().count();
        (left == 0).then_some(())
    })
    .await;
    let data = read(&app, &id).await;
    assert_eq!(data["status"], "SUCCESS");
    assert_eq!(data["result_expired"], true);
    assert_eq!(app.send(app.bare_request("GET", &url)).await.status, 410);
    app.finish().await;
}
