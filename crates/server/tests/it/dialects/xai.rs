//! What `@ai-sdk/xai` and clients of xAI's REST API do.

use pretty_assertions::assert_eq;
use rushes_domain::Dialect;
use rushes_server::clock::ManualClock;
use serde_json::{Value, json};

use super::{GENERATIONS, get, native, row, small};
use crate::support::pictures::{data_url, png};
use crate::support::{Answer, Options, TestApp};

const CREATE: &str = "/v1/videos/generations";

async fn create(app: &TestApp, body: &Value) -> String {
    let answer = app.post_with(&app.test_api_key, CREATE, body).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    let body = answer.json();
    let id = body["request_id"].as_str().expect("a request id").to_owned();
    assert_eq!(body, json!({ "request_id": id }));
    id
}

/// Polls as the SDK does, without its pauses.
async fn end(app: &TestApp, id: &str) -> Value {
    loop {
        let request = app.request("GET", &format!("/v1/videos/{id}")).header("prefer", "wait=10");
        let answer = app.send(request).await;
        assert_eq!(answer.header("preference-applied"), "wait=10");
        let body = answer.json();
        assert_eq!(answer.status == 202, body["status"] == "pending", "{body}");
        if answer.status == 200 {
            return body;
        }
        assert_eq!(answer.status, 202, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_becomes_a_video() {
    let app = TestApp::start().await;
    let body = json!({
        "model": "grok-imagine-video", "prompt": "a paper boat", "duration": 1,
        "aspect_ratio": "1:1", "resolution": "480p",
    });
    let answer = app.post(CREATE, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    let id = answer.json()["request_id"].as_str().expect("a request id").to_owned();
    let ended = end(&app, &id).await;
    let url = ended["video"]["url"].as_str().expect("a link").to_owned();
    assert_eq!(
        ended,
        json!({
            "status": "done", "progress": 100, "model": "grok-imagine-video",
            "video": { "url": url, "duration": 1, "respect_moderation": true },
            "usage": { "cost_in_usd_ticks": 600_000_000 },
        })
    );
    // The SDK fetches it without a key.
    let film = app.send(app.bare_request("GET", &url)).await;
    assert_eq!((film.status, film.header("content-type")), (200, "video/mp4"));
    // The same task at the native routes, which have more to tell.
    let seen = app.wait(&native(&id)).await;
    assert_eq!(seen["data"]["cost"]["amount"], "0.06");
    assert_eq!(seen["data"]["model"], "grok-imagine-video");
    assert_eq!(app.get(GENERATIONS).await.json()["data"][0]["id"], native(&id));
    assert_eq!(row(&app, &native(&id)).await.dialect, Dialect::Xai);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_as_the_sdk_sends_them() {
    let app = TestApp::start().await;
    let picture = data_url("image/png", &png(64, 48, [200, 30, 30]));
    let mut one = small("a fox");
    one["image"] = json!({ "url": picture });
    let mut two = small("a fox");
    two["reference_images"] = json!([{ "url": picture }, { "url": picture }]);
    for body in [one, two] {
        let id = create(&app, &body).await;
        assert_eq!(end(&app, &id).await["status"], "done", "{body}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_out_is_what_xai_takes() {
    let app = TestApp::start().await;
    let body = json!({ "prompt": "[[stall]] a boat", "user": "u" });
    let answer = app.post_with(&app.test_api_key, CREATE, &body).await;
    assert_eq!(answer.header("rushes-ignored-fields"), "user");
    assert!(answer.header("ratelimit").starts_with("\"create\""));
    let id = answer.json()["request_id"].as_str().expect("a request id").to_owned();
    let row = row(&app, &native(&id)).await;
    let size = (row.seconds, row.aspect_ratio.as_str(), row.resolution.as_str());
    assert_eq!(size, (8, "16:9", "480p"));
    assert_eq!(row.model_name, "grok-image-video");
    let pending = get(&app, &app.test_api_key, &format!("/v1/videos/{id}")).await;
    assert_eq!((pending.status, pending.header("retry-after")), (202, "1"));
    assert_eq!(pending.json()["status"], "pending");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_without_a_video() {
    let clock = ManualClock::new(rushes_domain::Timestamp::from_unix_seconds(1_800_000_000));
    let app = Options::default().clock(&clock).start().await;
    let id = create(&app, &small("[[fail: no luck]]")).await;
    let failed = json!({
        "status": "failed", "progress": 100, "usage": { "cost_in_usd_ticks": 0 },
        "error": { "code": "internal_error", "message": "no luck" },
    });
    assert_eq!(end(&app, &id).await, failed);
    let id = create(&app, &small("[[moderated]]")).await;
    let moderated = end(&app, &id).await;
    assert_eq!(moderated["video"]["url"], "", "{moderated}");
    assert_eq!(moderated["video"]["respect_moderation"], false, "{moderated}");
    let id = create(&app, &small("rain")).await;
    assert_eq!(end(&app, &id).await["status"], "done");
    clock.advance_ms(25 * 3_600_000);
    let expired = get(&app, &app.test_api_key, &format!("/v1/videos/{id}")).await;
    assert_eq!((expired.status, &expired.json()["status"]), (200, &json!("expired")));
    app.finish().await;
}

/// ai@7 sends a key of its own with the start and repeats it after a failure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_start_is_one_request() {
    let app = TestApp::start().await;
    let send = async |path: &str| -> Answer {
        let request = app.bare_request("POST", path).bearer_auth(&app.test_api_key);
        let request = request.header("idempotency-key", "aisdk_vid_1");
        app.send(request.body(small("[[stall]]").to_string())).await
    };
    let first = send(CREATE).await;
    let again = send(CREATE).await;
    assert_eq!((again.status, &again.bytes), (200, &first.bytes));
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = send(GENERATIONS).await;
    assert_ne!(other.bytes, first.bytes, "a key belongs to its route");
    app.finish().await;
}

/// P02 and P03 at this dialect's route.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p02_p03_ids_of_others_and_what_is_no_id() {
    let app = TestApp::start().await;
    let id = create(&app, &small("[[stall]]")).await;
    let stranger = app.other_account("x").await;
    let long = "9".repeat(10_240);
    let upper = id.to_uppercase();
    let bare = id.replace('-', "");
    let unknown = "00000000-0000-7000-8000-000000000000";
    for (key, text) in [
        (&stranger, id.as_str()),
        (&app.test_api_key, unknown),
        (&app.test_api_key, &long),
        (&app.test_api_key, "%00"),
        (&app.test_api_key, "'%20OR%201=1--"),
        (&app.test_api_key, &upper),
        (&app.test_api_key, &bare),
        (&app.test_api_key, "%ff"),
    ] {
        let answer = get(&app, key, &format!("/v1/videos/{text}")).await;
        assert_eq!(answer.status, 404, "{text}");
        let body = answer.json();
        assert!(body["error"]["message"].is_string() && body["code"].is_string(), "{body}");
    }
    assert_eq!(get(&app, "sk-nonsense", &format!("/v1/videos/{id}")).await.status, 401);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_models_in_xais_words() {
    let app = TestApp::start().await;
    let list = app.get("/v1/video-generation-models").await;
    assert_eq!(list.status, 200);
    let models = list.json()["models"].as_array().expect("a list").clone();
    assert_eq!(models.len(), 2);
    assert_eq!(models[0]["id"], "grok-image-video");
    let one = app.get("/v1/video-generation-models/grok-imagine-video").await;
    assert_eq!(one.json(), models[0], "an alias is the model's name too");
    assert_eq!(app.get("/v1/video-generation-models/nope").await.status, 404);
    app.finish().await;
}
