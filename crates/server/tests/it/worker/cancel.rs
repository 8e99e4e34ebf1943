use super::{clock, create, reach, small};
use crate::support::{Options, TestApp, eventually};

async fn cancel(app: &TestApp, id: &str) -> (u16, serde_json::Value) {
    let path = format!("/v1/video/generations/{id}/cancel");
    let answer = app.send(app.request("POST", &path)).await;
    (answer.status, answer.json())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_was_handed_over_ends_as_cancelled_when_its_upstream_says_so() {
    let clock = clock();
    let app = Options::default().clock(&clock).start().await;
    for prompt in ["a fox [[stall]]", "a fox [[delay: 1h]]"] {
        let id = create(&app, prompt).await;
        reach(&app, &id, "IN_PROGRESS").await;
        assert_eq!(cancel(&app, &id).await.0, 202);
        let data = app.wait(&id).await["data"].clone();
        assert_eq!(data["error"]["code"], "cancelled", "{data}");
        assert_eq!(cancel(&app, &id).await.0, 200);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_render_under_way_stops_and_costs_nothing() {
    let app = TestApp::start().await;
    let body =
        serde_json::json!({"model": "grok-image-video", "prompt": "an ocean", "seconds": 15});
    let id = app.create(&body).await;
    reach(&app, &id, "IN_PROGRESS").await;
    assert_eq!(cancel(&app, &id).await.0, 202);
    let data = app.wait(&id).await["data"].clone();
    assert_eq!(data["error"]["code"], "cancelled", "{data}");
    assert_eq!(data["cost"]["amount"], "0.00");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_tasks_move_up_when_others_are_cancelled() {
    let clock = clock();
    let app = Options::default().clock(&clock).toml("[account]\nin_flight_max = 2").start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(create(&app, "a fox [[stall]]").await);
    }
    reach(&app, &ids[1], "IN_PROGRESS").await;
    reach(&app, &ids[2], "NOT_START").await;
    assert_eq!(cancel(&app, &ids[0]).await.0, 202);
    reach(&app, &ids[2], "IN_PROGRESS").await;
    let done = app.create_with(&app.test_api_key, &small("a fox")).await;
    reach(&app, &done, "NOT_START").await;
    for id in &ids[1..] {
        cancel(&app, id).await;
    }
    eventually("the last one has its turn", async || {
        (app.wait(&done).await["data"]["status"] == "SUCCESS").then_some(())
    })
    .await;
    app.finish().await;
}
