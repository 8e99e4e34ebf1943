//! All that is known of one task, and what is not told.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{By, call, get, make_key, make_person, must, order, post, refusal};
use crate::support::{TestApp, eventually, pictures};

async fn ended(app: &TestApp, by: By<'_>, id: &Value) -> Value {
    let path = format!("/api/tasks/{}", id.as_str().expect("an id"));
    eventually("the task ends", async || {
        let shown = get(app, by, &path).await;
        shown["took_ms"].is_i64().then_some(shown)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_is_known_of_a_task() {
    let app = TestApp::start().await;
    let cookie = make_person(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let key = make_key(&app, by, &json!({})).await;
    let mut wanted = order(&key["id"]);
    wanted["input_reference"] = json!(pictures::png_data_url([200, 30, 30]));
    wanted["metadata"] = json!({ "order": "7" });
    wanted["colour"] = json!("red");
    wanted["guidance_scale"] = json!(7.5);
    let made = must(&post(&app, by, "/api/tasks", &wanted).await, 200);
    let shown = ended(&app, by, &made["id"]).await;
    assert_eq!((&shown["object"], &shown["state"]), (&json!("task_detail"), &json!("succeeded")));
    let request = &shown["request"];
    assert_eq!((&request["model"], &request["seconds"]), (&json!("grok-image-video"), &json!(4)));
    assert_eq!(request["metadata"], json!({ "order": "7" }));
    let note = request["input_reference"].as_str().expect("a note");
    assert!(note.contains("image/png") && !note.contains("base64"), "{note}");
    assert_eq!(shown["images"][0]["source"], "inline");
    assert_eq!(shown["images"][0]["mime"], "image/png");
    assert_eq!(shown["response"]["data"]["status"], "SUCCESS");
    assert_eq!(shown["response"]["task_id"], made["id"]);
    let log = shown["log"].as_array().expect("a log");
    let events: Vec<&str> = log.iter().filter_map(|line| line["event"].as_str()).collect();
    assert_eq!((events.first(), events.last()), (Some(&"created"), Some(&"stored")));
    assert_eq!((&log[0]["state"], &log[0]["status"]), (&json!("waiting"), &json!("QUEUED")));
    assert!(log.iter().all(|line| line.get("detail").is_none()), "{log:#?}");
    let money: Vec<&Value> =
        shown["money"].as_array().expect("lines").iter().map(|line| &line["kind"]).collect();
    assert_eq!(money, ["hold", "post"]);
    assert!(shown["ignored_fields"].as_array().expect("names").contains(&json!("colour")));
    assert_eq!(shown["address"], "127.0.0.1");
    assert_eq!(shown["file"]["height"], 480);
    assert_eq!(shown["file"]["removed_at"], Value::Null);
    assert_eq!(shown["webhooks"], json!([]));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_told_without_its_inside_and_to_its_account_alone() {
    let app = TestApp::start().await;
    let (alice, bob) = (make_person(&app, "alice").await, make_person(&app, "bob").await);
    let by = By::Cookie(&alice);
    let key = make_key(&app, by, &json!({ "kind": "test" })).await;
    let mut wanted = order(&key["id"]);
    wanted["prompt"] = json!("[[fail: no luck]]");
    let made = must(&post(&app, by, "/api/tasks", &wanted).await, 200);
    let shown = ended(&app, by, &made["id"]).await;
    let last = shown["log"].as_array().expect("a log").last().expect("a line").clone();
    let code = &shown["task"]["error"]["code"];
    assert_eq!((&last["event"], &last["detail"]), (&json!("failed"), code));
    assert_eq!((&last["state"], &last["status"]), (&json!("failed"), &json!("FAILURE")));
    let kinds: Vec<&Value> =
        shown["money"].as_array().expect("lines").iter().map(|line| &line["kind"]).collect();
    assert_eq!(kinds, ["hold", "void"]);
    assert_eq!(shown["file"], Value::Null);
    let text = shown.to_string();
    for secret in ["channel", "upstream_id", "internal"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let path = format!("/api/tasks/{}", made["id"].as_str().expect("an id"));
    let unknown = "/api/tasks/task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f";
    let foreign = call(&app, By::Cookie(&bob), "GET", &path, &Value::Null).await;
    let absent = call(&app, by, "GET", unknown, &Value::Null).await;
    assert_eq!(refusal(&foreign), (404, "task_not_exist".to_owned()));
    assert_eq!(foreign.json()["message"], absent.json()["message"]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_gateway_forgets_is_not_told() {
    let app = TestApp::start().await;
    let cookie = make_person(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let on = json!({ "privacy": "on" });
    must(&call(&app, By::Local, "PATCH", "/api/admin/settings", &on).await, 200);
    let key = make_key(&app, by, &json!({ "kind": "test" })).await;
    let mut wanted = order(&key["id"]);
    wanted["prompt"] = json!("[[stall]] a secret");
    wanted["input_reference"] = json!("https://pictures.example.com/secret.png");
    let made = must(&post(&app, by, "/api/tasks", &wanted).await, 200);
    let path = format!("/api/tasks/{}", made["id"].as_str().expect("an id"));
    must(&call(&app, by, "GET", &path, &Value::Null).await, 200);
    post(&app, by, &format!("{path}/cancel"), &Value::Null).await;
    let shown = ended(&app, by, &made["id"]).await;
    assert!(!shown.to_string().contains("secret"), "{shown}");
    assert_eq!((&shown["client"], &shown["address"]), (&Value::Null, &Value::Null));
    app.finish().await;
}
