//! Channels whose own addresses of videos are given out: what the customer sees, what is not kept,
//! and what is never given out.

use fake_upstream::Flavour;
use pretty_assertions::assert_eq;
use rushes_domain::TaskId;
use serde_json::{Value, json};

use super::{add, admin, channel, end_of, fake, gateway, order};
use crate::support::TestApp;

/// How often the fake was asked for a file.
fn fetched(upstream: &fake_upstream::FakeUpstream) -> usize {
    upstream.requests().iter().filter(|(_, path)| path.starts_with("/files/")).count()
}

async fn address(app: &TestApp, prompt: &str) -> String {
    let body = app.wait(&app.create(&order(prompt)).await).await;
    assert_eq!(end_of(&body), ("SUCCESS".to_owned(), "posted".to_owned()), "{prompt}: {body}");
    body["data"]["result_url"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_upstreams_own_address_is_given_out_where_the_operator_wants_it() {
    let (app, upstream) = (gateway().await, fake(Flavour::OpenAi).await);
    let added = add(&app, "main", "xai", &upstream, json!({})).await;
    assert_eq!(added["result_links"], "own", "unless the operator says so");
    let ours = app.wait(&app.create(&order("ours")).await).await["data"].clone();
    assert!(ours["result_url"].as_str().unwrap().starts_with(&app.base_url));
    assert_eq!(fetched(&upstream), 1);
    // Size and poster are those of the file, whatever was asked for.
    assert_eq!((&ours["width"], &ours["height"]), (&json!(320), &json!(180)));
    let poster = ours["poster_url"].as_str().unwrap().trim_start_matches(&app.base_url);
    let poster = app.send(app.bare_request("GET", poster)).await;
    assert_eq!((poster.status, poster.header("content-type")), (200, "image/jpeg"));
    assert!(poster.bytes.starts_with(&[0xff, 0xd8]));
    let change = json!({ "result_links": "upstream" });
    let changed = admin(&app, "PATCH", "/api/admin/channels/main", &change).await;
    assert_eq!(changed.json()["result_links"], "upstream");
    let id = app.create(&order("theirs")).await;
    let data = app.wait(&id).await["data"].clone();
    let theirs = format!("{}/files/{}.mp4", upstream.base_url(), upstream.jobs()[1].id);
    for field in ["/result_url", "/url", "/video_url", "/output", "/data/video_url"] {
        assert_eq!(data.pointer(field), Some(&json!(theirs)), "{field}");
    }
    assert_eq!((&data["status"], &data["progress"]), (&json!("SUCCESS"), &json!("100%")));
    assert_eq!(data["cost"]["state"], "posted");
    assert_eq!((data.get("expires_at"), data.get("poster_url")), (None, None), "nobody knows");
    let task: TaskId = id.parse().unwrap();
    let row = app.app().store.read(move |tx| rushes_store::task(tx, task)).await.unwrap().unwrap();
    assert_eq!((row.result, row.media), (None, None));
    assert_eq!(fetched(&upstream), 1, "nothing was fetched");
    // In the words of the other dialects, and by the road that has bytes elsewhere.
    let xai = app.get(&format!("/v1/videos/{}", uuid_of(&id))).await.json();
    assert_eq!((&xai["status"], &xai["video"]["url"]), (&json!("done"), &json!(theirs)));
    let openai = id.replace("task_", "video_");
    let video = app.get(&format!("/v1/videos/{openai}")).await.json();
    assert_eq!((&video["status"], &video["url"]), (&json!("completed"), &json!(theirs)));
    let content = app.get(&format!("/v1/videos/{openai}/content")).await;
    assert_eq!((content.status, content.header("location")), (302, theirs.as_str()));
    assert_eq!(content.header("cache-control"), "no-store");
    let poster = app.get(&format!("/v1/videos/{openai}/content?variant=thumbnail")).await;
    assert_eq!(poster.status, 404);
    // Whom the task is gone for, for them its address is gone too.
    let path = format!("/v1/video/generations/{id}");
    assert_eq!(app.send(app.request("DELETE", &path)).await.status, 200);
    let row = app.app().store.read(move |tx| rushes_store::task(tx, task)).await.unwrap().unwrap();
    assert_eq!(row.result_link, Some(String::new()));
    app.finish().await;
}

/// An xAI client's spelling of an id.
fn uuid_of(id: &str) -> String {
    let hex = id.trim_start_matches("task_");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_addresses_that_pass_are_given_out_and_no_key_with_them() {
    let (app, upstream) = (gateway().await, fake(Flavour::OpenAi).await);
    add(&app, "main", "xai", &upstream, json!({ "result_links": "upstream" })).await;
    let own = address(&app, "one").await;
    // Elsewhere over https: as it is, and nobody is asked there.
    let elsewhere = "https://cdn.example/v/1.mp4?X-Signature=a%2Fb";
    assert_eq!(address(&app, &format!("a boat <<poll: url {elsewhere}>>")).await, elsewhere);
    assert_eq!(fetched(&upstream), 0);
    // With the channel's key in it: fetched and kept instead.
    let kept = address(&app, &format!("a boat <<poll: url {own}?key=fake-key>>")).await;
    assert!(kept.starts_with(&app.base_url) && !kept.contains("fake-key"), "{kept}");
    assert_eq!(fetched(&upstream), 1);
    for hostile in [
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/x.mp4",
        "https://[::ffff:7f00:1]/x.mp4",
        "https://metadata.google.internal/x.mp4",
        "https://user:secret@cdn.example/x.mp4",
        "https://cdn.example:22/x.mp4",
        "//cdn.example/x.mp4",
    ] {
        let prompt = format!("a boat <<poll: url {hostile}>>");
        let body = app.wait(&app.create(&order(&prompt)).await).await;
        let expected = ("result_invalid".to_owned(), "voided".to_owned());
        assert_eq!(end_of(&body), expected, "{hostile}");
        assert!(!body.to_string().contains("secret@"), "{body}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_video_without_an_address_for_others_is_kept_here() {
    // An OpenAI-like upstream gives its videos only to whoever has its key.
    let (app, upstream) = (gateway().await, fake(Flavour::OpenAi).await);
    add(&app, "main", "openai-videos", &upstream, json!({ "result_links": "upstream" })).await;
    let url = address(&app, "a boat").await;
    assert!(url.starts_with(&app.base_url), "{url}");
    assert_eq!(channel(&app, "main").await["result_links"], "upstream");
    let bad = json!({ "result_links": "theirs" });
    let answer = admin(&app, "PATCH", "/api/admin/channels/main", &bad).await;
    assert_eq!(answer.status, 400, "{}", Value::to_string(&answer.json()));
    app.finish().await;
}
