//! What the page of a task tells of its deliveries.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{call, endpoint, failing_task, must, options};
use crate::support::eventually;
use crate::support::receiver::{Names, Receiver};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_shows_what_was_sent_about_it() {
    let app = options(&Names::loopback()).start().await;
    let receiver = Receiver::start();
    let wanted = json!({ "event_types": ["video.failed"] });
    let (path, _) = endpoint(&app, &receiver, &wanted).await;
    let id = failing_task(&app).await;
    let sent = eventually("it is delivered", async || {
        let answer = call(&app, "GET", &format!("/api/tasks/{id}"), &Value::Null).await;
        let sent = must(&answer, 200)["webhooks"][0].clone();
        (sent["state"] == "delivered").then_some(sent)
    })
    .await;
    let endpoint_id: i64 = path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    assert_eq!(
        (&sent["event"], &sent["endpoint_id"]),
        (&json!("video.failed"), &json!(endpoint_id))
    );
    assert!(matches!(sent["last_status"].as_u64(), Some(200..=299)), "{sent}");
    let delivery = format!("{path}/deliveries/{}", sent["id"].as_str().expect("an id"));
    must(&call(&app, "GET", &delivery, &Value::Null).await, 200);
    app.finish().await;
}
