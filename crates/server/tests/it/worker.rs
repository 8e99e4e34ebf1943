//! The worker over HTTP, its retry policy as a table, and the render pool with a stand-in renderer.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers stop the test they serve")]

mod cancel;
mod damage;
mod directives;
mod fetch_line;
mod images;
mod jumps;
mod recovery;
mod render_pool;
mod settle;
mod slow_images;
mod storage;
mod sweep;

use rushes_domain::Timestamp;
use rushes_server::clock::ManualClock;
use serde_json::{Value, json};

use crate::support::{TestApp, eventually};

/// A clock that stands still at a present that files on the disk are not far from.
fn clock() -> ManualClock {
    ManualClock::new(Timestamp::from_unix_seconds(1_800_000_000))
}

/// The smallest film there is.
fn small(prompt: &str) -> Value {
    json!({"model": "grok-image-video", "prompt": prompt, "seconds": 4, "resolution": "480p",
        "aspect_ratio": "1:1"})
}

/// Creates a task with the test key, whose prompt may steer it.
async fn create(app: &TestApp, prompt: &str) -> String {
    app.create_with(&app.test_api_key, &small(prompt)).await
}

/// The task as `GET` shows it.
async fn read(app: &TestApp, id: &str) -> Value {
    app.get(&format!("/v1/video/generations/{id}")).await.json()["data"].clone()
}

/// Waits until the task has this status.
async fn reach(app: &TestApp, id: &str, status: &str) -> Value {
    eventually(status, async || {
        let data = read(app, id).await;
        (data["status"] == status).then_some(data)
    })
    .await
}
