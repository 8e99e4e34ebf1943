//! The dialects over real sockets: what their clients send, and what they read.

mod openai;
mod xai;

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

const GENERATIONS: &str = "/v1/video/generations";

/// The stored task behind a native id.
async fn row(app: &TestApp, id: &str) -> rushes_store::TaskRow {
    let id = id.parse().expect("an id");
    let read = move |tx: &mut rushes_store::Tx<'_>| rushes_store::task(tx, id);
    app.app().store.read(read).await.expect("readable").expect("there")
}

/// A request for a prompt that no renderer works on for long, in words that all dialects share.
fn small(prompt: &str) -> Value {
    json!({"model": "grok-imagine-video", "prompt": prompt, "seconds": 1, "resolution": "480p"})
}

async fn get(app: &TestApp, key: &str, path: &str) -> Answer {
    app.send(app.bare_request("GET", path).bearer_auth(key)).await
}

/// A task that goes through every route, as `/metrics` counts it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_routes_are_counted_by_their_patterns() {
    let app = TestApp::start().await;
    let key = &app.test_api_key;
    let id = app.post_with(key, "/v1/videos", &small("[[stall]]")).await.json();
    let id = id["id"].as_str().expect("an id").to_owned();
    app.post_with(key, "/v1/videos/generations", &small("[[stall]]")).await;
    for path in [format!("/v1/videos/{id}"), format!("/v1/videos/{id}/content")] {
        get(&app, key, &path).await;
    }
    for path in ["/v1/videos", "/v1/video-generation-models"] {
        get(&app, key, path).await;
    }
    let delete = app.bare_request("DELETE", &format!("/v1/videos/{id}")).bearer_auth(key);
    app.send(delete).await;
    let token = app.app().local_token.clone();
    let text = app.send(app.bare_request("GET", "/metrics").bearer_auth(token)).await.bytes;
    let text = String::from_utf8(text).expect("text");
    for (route, method, class) in [
        ("/v1/videos", "POST", "2xx"),
        ("/v1/videos", "GET", "2xx"),
        ("/v1/videos/generations", "POST", "2xx"),
        ("/v1/videos/{video_id}", "GET", "2xx"),
        ("/v1/videos/{video_id}", "DELETE", "2xx"),
        ("/v1/videos/{video_id}/content", "GET", "4xx"),
        ("/v1/video-generation-models", "GET", "2xx"),
    ] {
        let labels = [("route", route), ("method", method), ("status", class)]
            .map(|(name, value)| format!("{name}=\"{value}\""));
        let is_counted =
            |line: &str| line.ends_with(" 1") && labels.iter().all(|label| line.contains(label));
        assert!(text.lines().any(is_counted), "{method} {route}: {text}");
    }
    app.finish().await;
}

/// The native spelling of a UUID.
fn native(uuid: &str) -> String {
    format!("task_{}", uuid.replace('-', ""))
}
