//! What the `OpenAI` SDKs and clients of the Videos API do.

use pretty_assertions::assert_eq;
use rushes_domain::Dialect;
use serde_json::{Value, json};

use super::{GENERATIONS, get, row, small};
use crate::support::forms::Form;
use crate::support::pictures::png;
use crate::support::{Answer, TestApp};

const VIDEOS: &str = "/v1/videos";
/// The fields of the video object in the API's reference, in its order.
const FIELDS: [&str; 13] = [
    "id",
    "object",
    "model",
    "status",
    "progress",
    "created_at",
    "completed_at",
    "expires_at",
    "prompt",
    "seconds",
    "size",
    "remixed_from_video_id",
    "error",
];

fn id_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["id"].as_str().expect("an id").to_owned()
}

/// The native spelling of a video's id.
fn native(id: &str) -> String {
    id.replace("video_", "task_")
}

fn uuid(id: &str) -> String {
    let hex = id.replace("video_", "");
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    parts.join("-")
}

async fn end(app: &TestApp, id: &str) -> Value {
    loop {
        let request = app.request("GET", &format!("{VIDEOS}/{id}")).header("prefer", "wait=10");
        let answer = app.send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.json());
        let body = answer.json();
        if matches!(body["status"].as_str(), Some("completed" | "failed")) {
            assert_eq!(answer.header("openai-poll-after-ms"), "");
            return body;
        }
    }
}

/// The SDKs send forms, also when there is no file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_of_the_sdks_becomes_a_video() {
    let app = TestApp::start().await;
    let form = Form::default()
        .text("prompt", "a fox")
        .text("model", "sora-2")
        .text("seconds", "1")
        .text("size", "1792x1024")
        .file("input_reference", &png(64, 48, [200, 30, 30]));
    let answer = app.post_form(&app.api_key, VIDEOS, form).await;
    let id = id_of(&answer);
    let text = String::from_utf8(answer.bytes.clone()).expect("text");
    let places = FIELDS.map(|field| text.find(&format!("\"{field}\":")).expect(field));
    assert!(places.is_sorted(), "{text}");
    let created = answer.json();
    assert_eq!(created["status"], "queued");
    assert_eq!((&created["seconds"], &created["size"]), (&json!("1"), &json!("1280x720")));
    assert_eq!(created["code"], Value::Null, "an object of this family has no code");

    let ended = end(&app, &id).await;
    assert_eq!((&ended["status"], &ended["progress"]), (&json!("completed"), &json!(100)));
    assert_eq!((&ended["model"], &ended["prompt"]), (&json!("sora-2"), &json!("a fox")));
    assert!(ended["completed_at"].is_i64() && ended["expires_at"].is_i64(), "{ended}");
    let film = app.send(app.bare_request("GET", ended["url"].as_str().expect("a link"))).await;
    assert_eq!(film.status, 200);
    let stored = row(&app, &native(&id)).await;
    assert_eq!((stored.dialect, stored.model_id.as_str()), (Dialect::Openai, "grok-image-video"));
    // One picture and one second at 720p, whatever the door.
    assert_eq!(app.wait(&native(&id)).await["data"]["cost"]["amount"], "0.095");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_out_is_what_openai_takes() {
    let app = TestApp::start().await;
    let form = Form::default().text("prompt", "[[stall]]").text("user", "u");
    let answer = app.post_form(&app.test_api_key, VIDEOS, form).await;
    let id = id_of(&answer);
    assert_eq!(answer.header("rushes-ignored-fields"), "user");
    let body = answer.json();
    assert_eq!((&body["seconds"], &body["size"]), (&json!("4"), &json!("720x1280")));
    assert_eq!(body["model"], "grok-image-video");
    let poll = app.get(&format!("{VIDEOS}/{id}")).await;
    assert_eq!((poll.header("openai-poll-after-ms"), poll.header("retry-after")), ("1000", "1"));
    app.finish().await;
}

/// `extra_body` of the SDKs arrives as more parts; JSON is taken as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_fields_are_fields_here_too() {
    let app = TestApp::start().await;
    let form = Form::of(&small("[[fail: no luck]]")).text("aspect_ratio", "1:1");
    let id = id_of(&app.post_form(&app.test_api_key, VIDEOS, form).await);
    let failed = end(&app, &id).await;
    assert_eq!((&failed["status"], &failed["size"]), (&json!("failed"), &json!("480x480")));
    assert_eq!(failed["error"], json!({ "code": "upstream_error", "message": "no luck" }));
    let mut body = small("[[stall]]");
    body["input_reference"] = json!({ "image_url": "https://example.com/a.png" });
    id_of(&app.post_with(&app.test_api_key, VIDEOS, &body).await);
    app.finish().await;
}

/// One id, three spellings: the dialect follows them and, for a UUID, the task.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answers_dialect_follows_the_id() {
    let app = TestApp::start().await;
    let key = &app.test_api_key;
    let stall = small("[[stall]]");
    let ours = app.create_with(key, &stall).await.replace("task_", "video_");
    let openais = id_of(&app.post_with(key, VIDEOS, &stall).await);
    let xais = app.post_with(key, "/v1/videos/generations", &stall).await.json();
    let xais = format!("video_{}", xais["request_id"].as_str().unwrap().replace('-', ""));
    for (id, by_uuid) in [(&ours, 202), (&openais, 200), (&xais, 202)] {
        for text in [id.clone(), native(id)] {
            let answer = get(&app, key, &format!("{VIDEOS}/{text}")).await;
            assert_eq!((answer.status, &answer.json()["id"]), (200, &json!(id)), "{text}");
        }
        let answer = get(&app, key, &format!("{VIDEOS}/{}", uuid(id))).await;
        let is_xai = answer.json()["status"] == "pending";
        assert_eq!((answer.status, is_xai), (by_uuid, by_uuid == 202), "{id}");
        // The native routes take their own spelling only.
        assert_eq!(get(&app, key, &format!("{GENERATIONS}/{}", native(id))).await.status, 200);
        assert_eq!(get(&app, key, &format!("{GENERATIONS}/{id}")).await.status, 404);
        assert_eq!(get(&app, key, &format!("{GENERATIONS}/{}", uuid(id))).await.status, 404);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_are_objects_of_this_family() {
    let app = TestApp::start().await;
    let answer = app.post(VIDEOS, &json!({ "model": "sora-2" })).await;
    let error = answer.json()["error"].clone();
    assert_eq!(answer.status, 400);
    assert_eq!(error["message"], "prompt is required");
    assert_eq!(error["type"], "invalid_request_error");
    assert_eq!((&error["param"], &error["code"]), (&json!("prompt"), &json!("invalid_request")));
    for path in ["edits", "extensions", "characters", "video_1/remix"] {
        let answer = app.post(&format!("{VIDEOS}/{path}"), &json!({ "prompt": "x" })).await;
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not_found")), "{path}");
    }
    app.finish().await;
}
