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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_content_is_the_video() {
    let app = TestApp::start().await;
    let id = id_of(&app.post(VIDEOS, &small("rain")).await);
    let early = app.get(&format!("{VIDEOS}/{id}/content")).await;
    assert_eq!((early.status, &early.json()["code"]), (404, &json!("not_found")));
    let ended = end(&app, &id).await;
    let linked = app.send(app.bare_request("GET", ended["url"].as_str().expect("a link"))).await;
    for query in ["", "?variant=video"] {
        let content = app.get(&format!("{VIDEOS}/{id}/content{query}")).await;
        assert_eq!((content.status, content.header("content-type")), (200, "video/mp4"));
        assert_eq!(content.bytes, linked.bytes);
        assert_eq!(content.header("access-control-allow-origin"), "", "it needs a key");
        let name = format!("inline; filename=\"{id}.mp4\"");
        assert_eq!(content.header("content-disposition"), name);
    }
    let part = app.request("GET", &format!("{VIDEOS}/{id}/content")).header("range", "bytes=4-7");
    let part = app.send(part).await;
    assert_eq!((part.status, part.bytes.as_slice()), (206, &b"ftyp"[..]));
    let head = app.send(app.request("HEAD", &format!("{VIDEOS}/{}/content", native(&id)))).await;
    assert_eq!(head.header("content-length"), linked.bytes.len().to_string());
    let still = app.get(&format!("{VIDEOS}/{id}/content?variant=thumbnail")).await;
    assert_eq!((still.status, still.header("content-type")), (200, "image/jpeg"));
    assert!(still.bytes.starts_with(b"\xff\xd8"));

    let stranger = app.other_account("x").await;
    let path = format!("{VIDEOS}/{id}/content");
    assert_eq!(get(&app, &stranger, &path).await.status, 404);
    assert_eq!(app.send(app.bare_request("GET", &path)).await.status, 401);
    let failed = id_of(&app.post_with(&app.test_api_key, VIDEOS, &small("[[fail: x]]")).await);
    end(&app, &failed).await;
    let nothing = app.get(&format!("{VIDEOS}/{failed}/content")).await;
    assert_eq!((nothing.status, &nothing.json()["code"]), (404, &json!("not_found")));
    app.finish().await;
}

/// P04, whatever the id is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p04_a_variant_that_is_none() {
    let app = TestApp::start().await;
    let id = id_of(&app.post_with(&app.test_api_key, VIDEOS, &small("[[stall]]")).await);
    for id in [id.as_str(), "00000000-0000-7000-8000-000000000000", "nonsense"] {
        for variant in ["../../etc/passwd", "..%2F..%2Fetc%2Fpasswd", "spritesheet", ""] {
            let path = format!("{VIDEOS}/{id}/content?variant={variant}");
            let answer = app.get(&path).await;
            assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!("variant")));
        }
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_page_by_page() {
    let app = TestApp::start().await;
    let key = &app.test_api_key;
    let stall = small("[[stall]]");
    let mut ids = vec![app.create_with(key, &stall).await.replace("task_", "video_")];
    for _ in 0..2 {
        ids.push(id_of(&app.post_with(key, VIDEOS, &stall).await));
    }
    let page = async |query: &str| {
        let answer = get(&app, key, &format!("{VIDEOS}{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        answer.json()
    };
    let listed = |page: &Value| -> Vec<String> {
        let data = page["data"].as_array().expect("a list").iter();
        data.map(|video| video["id"].as_str().expect("an id").to_owned()).collect()
    };
    let newest_first: Vec<String> = ids.iter().rev().cloned().collect();
    let all = page("").await;
    assert_eq!((listed(&all), &all["has_more"]), (newest_first.clone(), &json!(false)));
    assert_eq!((&all["first_id"], &all["last_id"]), (&json!(ids[2]), &json!(ids[0])));
    let first = page("?limit=2").await;
    assert_eq!((&listed(&first), &first["has_more"]), (&newest_first[..2].to_vec(), &json!(true)));
    let rest = page(&format!("?limit=2&after={}", ids[1])).await;
    assert_eq!((listed(&rest), &rest["has_more"]), (vec![ids[0].clone()], &json!(false)));
    assert_eq!(listed(&page("?order=asc&limit=2").await), ids[..2]);
    assert_eq!(listed(&page(&format!("?order=asc&after={}", ids[0])).await), ids[1..]);
    for query in ["?limit=0", "?after=x", "?order=x"] {
        assert_eq!(get(&app, key, &format!("{VIDEOS}{query}")).await.status, 400, "{query}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_video_is_gone_in_every_dialect() {
    let app = TestApp::start().await;
    let key = &app.test_api_key;
    let stranger = app.other_account("x").await;
    let delete = async |key: &str, text: &str| {
        let request = app.bare_request("DELETE", &format!("{VIDEOS}/{text}")).bearer_auth(key);
        app.send(request).await
    };
    for spell in [str::to_owned as fn(&str) -> String, native, uuid] {
        let id = id_of(&app.post_with(key, VIDEOS, &small("[[stall]]")).await);
        let text = spell(&id);
        assert_eq!(delete(&stranger, &text).await.status, 404);
        let answer = delete(key, &text).await;
        let expected = json!({ "id": text, "object": "video.deleted", "deleted": true });
        assert_eq!((answer.status, answer.json()), (200, expected));
        for path in [
            format!("{VIDEOS}/{id}"),
            format!("{VIDEOS}/{}", uuid(&id)),
            format!("{VIDEOS}/{id}/content"),
            format!("{GENERATIONS}/{}", native(&id)),
        ] {
            let gone = get(&app, key, &path).await;
            assert_eq!((gone.status, &gone.json()["code"]), (404, &json!("task_not_exist")));
        }
        assert_eq!(delete(key, &text).await.status, 404);
    }
    assert_eq!(get(&app, key, VIDEOS).await.json()["data"], json!([]));
    app.finish().await;
}

/// A key for reading reads, and makes and deletes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scopes_hold_at_these_routes() {
    use rushes_domain::account::{KeyKind, Scope};
    use rushes_store::KeyTerms;

    use crate::support::customers::Customer;

    let app = TestApp::start().await;
    for (scope, name) in [(Scope::Read, "reader"), (Scope::Generate, "maker")] {
        let mut terms = KeyTerms::named(name);
        terms.scopes = [scope].into_iter().collect();
        let made =
            Customer { terms, kind: KeyKind::Test, ..Customer::named(name) }.make(&app).await;
        let is_reader = scope == Scope::Read;
        let unknown = "video_00000000000070008000000000000000";
        for (method, path, needs_read) in [
            ("GET", VIDEOS.to_owned(), true),
            ("GET", format!("{VIDEOS}/{unknown}"), true),
            ("GET", format!("{VIDEOS}/{unknown}/content"), true),
            ("GET", "/v1/video-generation-models".to_owned(), true),
            ("DELETE", format!("{VIDEOS}/{unknown}"), false),
            ("DELETE", format!("{GENERATIONS}/{}", native(unknown)), false),
            ("POST", VIDEOS.to_owned(), false),
            ("POST", "/v1/videos/generations".to_owned(), false),
        ] {
            let request = app.bare_request(method, &path).bearer_auth(&made.key);
            let answer = app.send(request.body("{}")).await;
            let is_allowed = needs_read == is_reader;
            assert_eq!(answer.status != 403, is_allowed, "{name}: {method} {path}");
        }
    }
    app.finish().await;
}
