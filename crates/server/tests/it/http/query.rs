//! Query, list and cancel.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{GENERATIONS, small, stalled};
use crate::support::{Answer, Options, TestApp, eventually};

async fn poll(app: &TestApp, id: &str, prefer: &str) -> Answer {
    let mut request = app.request("GET", &format!("{GENERATIONS}/{id}"));
    if !prefer.is_empty() {
        request = request.header("prefer", prefer);
    }
    app.send(request).await
}

#[tokio::test]
async fn an_unfinished_task_says_when_to_ask_again() {
    let app = TestApp::start().await;
    let id = stalled(&app).await;
    let answer = poll(&app, &id, "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.header("preference-applied"), "");
    assert_eq!(answer.json()["data"]["result_url"], "");
    app.finish().await;
}

#[tokio::test]
async fn waiting_ends_with_the_task() {
    let app = TestApp::start().await;
    let id = app.create(&small("rain")).await;
    let started = Instant::now();
    let answer = poll(&app, &id, "wait=60").await;
    assert!(started.elapsed() < Duration::from_secs(59));
    assert_eq!(answer.header("preference-applied"), "wait=60");
    let body = answer.json();
    assert_eq!(body["data"]["status"], "SUCCESS", "{body}");
    assert_eq!(answer.header("retry-after"), "", "there is nothing to ask again for");
    assert_eq!(body["data"]["provider"], "preview");
    app.finish().await;
}

#[tokio::test]
async fn waiting_ends_with_the_time() {
    let app = TestApp::start().await;
    let id = stalled(&app).await;
    let started = Instant::now();
    let answer = poll(&app, &id, "wait=1").await;
    assert!(started.elapsed() >= Duration::from_millis(990));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("preference-applied"), "wait=1");
    assert_eq!(poll(&app, &id, "wait=-1").await.status, 400);
    app.finish().await;
}

#[tokio::test]
async fn waiting_ends_with_the_gateway() {
    let app = TestApp::start().await;
    let id = stalled(&app).await;
    let stop = app.app().stop.clone();
    let (answer, ()) = tokio::join!(poll(&app, &id, "wait=60"), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.cancel();
    });
    assert_eq!(answer.status, 200);
    app.finish().await;
}

#[tokio::test]
async fn waiting_for_a_cancelled_task_ends_at_once() {
    let app = Options::default().toml("[account]\nin_flight_max = 1").start().await;
    stalled(&app).await;
    let parked = stalled(&app).await;
    let path = format!("{GENERATIONS}/{parked}/cancel");
    let (answer, cancelled) = tokio::join!(poll(&app, &parked, "wait=60"), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        app.send(app.request("POST", &path)).await
    });
    assert_eq!(cancelled.status, 200);
    assert_eq!(answer.json()["data"]["error"]["code"], "cancelled");
    app.finish().await;
}

#[tokio::test]
async fn cancel_of_a_waiting_task_is_its_end_and_again_the_same() {
    let app = Options::default().toml("[account]\nin_flight_max = 1").start().await;
    stalled(&app).await;
    let id = app.create(&small("rain")).await;
    let path = format!("{GENERATIONS}/{id}/cancel");
    for _ in 0..2 {
        let answer = app.send(app.request("POST", &path)).await;
        let body = answer.json();
        assert_eq!(answer.status, 200, "{body}");
        assert_eq!(body["data"]["status"], "FAILURE");
        assert_eq!(body["data"]["error"]["code"], "cancelled");
        assert_eq!(body["data"]["cost"]["amount"], "0.00");
        assert_eq!(body["data"]["cost"]["state"], "voided");
    }
    app.finish().await;
}

#[tokio::test]
async fn cancel_of_a_task_under_way_is_a_request() {
    let app = TestApp::start().await;
    let id = stalled(&app).await;
    let (app_ref, id_ref) = (&app, &id);
    eventually("the task is under way", || async move {
        let body = poll(app_ref, id_ref, "").await.json();
        (body["data"]["status"] == "IN_PROGRESS").then_some(())
    })
    .await;
    let answer = app.send(app.request("POST", &format!("{GENERATIONS}/{id}/cancel"))).await;
    assert_eq!(answer.status, 202, "{}", answer.json());
    assert_eq!(app.wait(&id).await["data"]["error"]["code"], "cancelled");
    let answer = app.send(app.request("POST", &format!("{GENERATIONS}/{id}/cancel"))).await;
    assert_eq!(answer.status, 200);
    app.finish().await;
}

#[tokio::test]
async fn cancel_of_a_finished_task_is_refused() {
    let app = TestApp::start().await;
    let id = app.create_with(&app.test_api_key, &small("[[fail: no]]")).await;
    let done = app.wait(&id).await;
    let answer = app.send(app.request("POST", &format!("{GENERATIONS}/{id}/cancel"))).await;
    let body = answer.json();
    assert_eq!(answer.status, 409, "{body}");
    assert_eq!(body["code"], "task_already_terminal");
    assert!(body["message"].as_str().expect("text").contains("FAILURE"));
    assert_eq!(poll(&app, &id, "").await.json()["data"], done["data"], "nothing moved");
    app.finish().await;
}

async fn list(app: &TestApp, query: &str) -> Value {
    let answer = app.get(&format!("{GENERATIONS}?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.json());
    answer.json()
}

fn ids(page: &Value) -> Vec<String> {
    let rows = page["data"].as_array().expect("a list").iter();
    rows.map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn lists_go_back_in_time_page_by_page() {
    let app = Options::default().toml("[account]\nin_flight_max = 2").start().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(stalled(&app).await);
    }
    made.reverse();
    let whole = list(&app, "").await;
    assert_eq!((ids(&whole), &whole["has_more"]), (made.clone(), &json!(false)));
    assert_eq!(whole.get("next_after"), None);

    let first = list(&app, "limit=2").await;
    assert_eq!((ids(&first), &first["has_more"]), (made[..2].to_vec(), &json!(true)));
    assert_eq!(first["next_after"], made[1]);
    let second = list(&app, &format!("limit=2&after={}", made[1])).await;
    assert_eq!(ids(&second), made[2..4]);
    let last = list(&app, &format!("limit=2&after={}", made[3])).await;
    assert_eq!((ids(&last), &last["has_more"]), (made[4..].to_vec(), &json!(false)));

    let unknown = format!("task_{}", "f".repeat(32));
    assert_eq!(ids(&list(&app, &format!("after={unknown}")).await), made, "only a position");
    app.finish().await;
}

#[tokio::test]
async fn lists_by_status_and_model() {
    let app = Options::default().toml("[account]\nin_flight_max = 1").start().await;
    let running = stalled(&app).await;
    let parked = stalled(&app).await;
    let (app_ref, running_ref) = (&app, &running);
    eventually("the first task is under way", || async move {
        let page = list(app_ref, "status=in_progress").await;
        (ids(&page) == std::slice::from_ref(running_ref)).then_some(())
    })
    .await;
    assert_eq!(ids(&list(&app, "status=NOT_START").await), [parked]);
    assert_eq!(ids(&list(&app, "status=SUCCESS").await), [] as [&str; 0]);
    assert_eq!(ids(&list(&app, "status=SUBMITTED").await), [] as [&str; 0]);
    assert_eq!(ids(&list(&app, "model=grok-imagine-video").await).len(), 2, "by alias");
    assert_eq!(ids(&list(&app, "model=grok-video-1.5").await).len(), 0);
    for query in ["limit=0", "limit=101", "limit=x", "after=x", "status=x"] {
        assert_eq!(app.get(&format!("{GENERATIONS}?{query}")).await.status, 400, "{query}");
    }
    app.finish().await;
}

#[tokio::test]
async fn models_are_what_the_key_may_use() {
    let app = TestApp::start().await;
    let body = app.get("/v1/models").await.json();
    assert_eq!(body["object"], "list");
    assert_eq!(body["success"], true);
    let names: Vec<_> = body["data"].as_array().expect("a list").iter().map(|m| &m["id"]).collect();
    assert_eq!(names, ["grok-image-video", "grok-video-1.5"]);
    let one = app.get("/v1/models/grok-imagine-video").await;
    assert_eq!(one.json(), body["data"][0]);
    assert_eq!(body["data"][0]["pricing"]["per_second"]["720p"], "0.09");
    app.finish().await;
}
