//! The fake upstream over real sockets: the counters, the dialects' happy paths, and that a
//! behaviour is what it says. What a gateway makes of all of them is in the server's matrix.

#![expect(clippy::unwrap_used, reason = "helpers stop the test they serve")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use fake_upstream::script::{Behaviour, Phase};
use fake_upstream::{FakeUpstream, Options};
use serde_json::{Value, json};

/// Sends one request and reads until the other side closes or is silent for a while.
async fn send(upstream: &FakeUpstream, head: &str, body: &str) -> (String, Vec<u8>) {
    let address = upstream.base_url().trim_start_matches("http://").to_owned();
    let key = upstream.api_key();
    let request = format!(
        "{head} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: \
         application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let exchange = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        // A time-out or a reset ends it like an end does.
        let _how_it_ended = stream.read_to_end(&mut bytes);
        bytes
    });
    let bytes = exchange.await.unwrap();
    let at = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) = bytes.split_at(at.map_or(bytes.len(), |at| at + 4));
    (String::from_utf8_lossy(head).into_owned(), body.to_vec())
}

fn value(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or(Value::Null)
}

async fn quick() -> FakeUpstream {
    let takes = Duration::from_millis(1);
    FakeUpstream::start(Options { takes, ..Options::default() }).await.unwrap()
}

fn order() -> String {
    json!({ "model": "grok-imagine-video", "prompt": "a fox", "duration": 4 }).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_dialect_takes_a_job_and_brings_a_video() {
    let upstream = quick().await;
    let (_, body) = send(&upstream, "POST /v1/videos/generations", &order()).await;
    let id = value(&body)["request_id"].as_str().unwrap().to_owned();
    let (_, body) = send(&upstream, &format!("GET /v1/videos/{id}"), "").await;
    let done = value(&body);
    assert_eq!(done["status"], "done");
    let path = done["video"]["url"].as_str().unwrap().replace(upstream.base_url(), "");
    let (head, video) = send(&upstream, &format!("GET {path}"), "").await;
    assert!(head.contains("video/mp4") && rushes_render::inspect(&video).is_ok(), "{head}");

    let (_, body) = send(&upstream, "POST /v1/videos", &order()).await;
    let id = value(&body)["id"].as_str().unwrap().to_owned();
    let (head, body) = send(&upstream, &format!("GET /v1/videos/{id}"), "").await;
    assert_eq!(value(&body)["status"], "completed");
    assert!(head.contains("openai-poll-after-ms"));
    let (_, video) = send(&upstream, &format!("GET /v1/videos/{id}/content"), "").await;
    assert!(rushes_render::inspect(&video).is_ok());

    let (_, body) = send(&upstream, "POST /v1/video/generations", &order()).await;
    let id = value(&body)["task_id"].as_str().unwrap().to_owned();
    let (_, body) = send(&upstream, &format!("GET /v1/video/generations/{id}"), "").await;
    assert_eq!(value(&body)["data"]["status"], "SUCCESS");
    assert_eq!(upstream.accepted(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_real_ones_refuse_is_refused_and_not_counted() {
    let upstream = quick().await;
    let odd = json!({ "model": "grok-imagine-video", "prompt": "x", "aspect_ratio": "auto" });
    let (head, body) = send(&upstream, "POST /v1/videos/generations", &odd.to_string()).await;
    assert!(head.starts_with("HTTP/1.1 422") && head.contains("text/plain"), "{head}");
    assert!(String::from_utf8_lossy(&body).contains("unknown variant `auto`"));
    let long = json!({ "model": "grok-imagine-video", "prompt": "x", "duration": 16 });
    let (_, body) = send(&upstream, "POST /v1/videos/generations", &long.to_string()).await;
    assert_eq!(value(&body)["code"], "invalid-argument");
    assert_eq!(upstream.accepted(), 0);
}

/// Looks at the head and the body of an answer.
type IsIt = fn(&str, &[u8]) -> bool;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behaviours_are_what_they_say() {
    let upstream = quick().await;
    let table: [(&str, IsIt); 9] = [
        ("silence", |head, body| head.is_empty() && body.is_empty()),
        ("headers_then_silence", |head, body| head.contains("200 OK") && body.is_empty()),
        ("reset_headers", |head, _| !head.contains("\r\n\r\n")),
        ("lost_reply", |head, _| head.is_empty()),
        ("too_long", |_, body| !body.is_empty()),
        ("empty", |head, body| head.contains("content-length: 0") && body.is_empty()),
        ("html", |head, _| head.contains("text/html")),
        ("truncated_json", |_, body| !body.is_empty() && value(body).is_null()),
        ("503", |head, _| head.starts_with("HTTP/1.1 503")),
    ];
    for (name, is_it) in table {
        upstream.clear();
        upstream.set(Phase::Submit, name.parse().unwrap(), Some(1));
        let (head, body) = send(&upstream, "POST /v1/videos/generations", &order()).await;
        assert!(is_it(&head, &body), "{name}: {head} {}", String::from_utf8_lossy(&body));
    }
    // All but the 503 were taken.
    assert_eq!(upstream.accepted(), table.len() - 1);
    upstream.set(Phase::Submit, Behaviour::RetryAfter("7".to_owned()), Some(1));
    let (head, _) = send(&upstream, "POST /v1/videos/generations", &order()).await;
    assert!(head.starts_with("HTTP/1.1 429") && head.contains("retry-after: 7"), "{head}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_has_pages_and_forgets_what_was_deleted() {
    let upstream = quick().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let (_, body) = send(&upstream, "POST /v1/videos", &order()).await;
        ids.push(value(&body)["id"].as_str().unwrap().to_owned());
    }
    let (_, body) = send(&upstream, "GET /v1/videos?limit=2", "").await;
    let page = value(&body);
    assert_eq!((&page["first_id"], &page["last_id"]), (&json!(ids[2]), &json!(ids[1])));
    assert_eq!(page["has_more"], true);
    let (_, body) = send(&upstream, &format!("GET /v1/videos?after={}", ids[1]), "").await;
    assert_eq!(value(&body)["data"][0]["id"], json!(ids[0]));
    send(&upstream, &format!("DELETE /v1/videos/{}", ids[0]), "").await;
    let (_, body) = send(&upstream, "GET /v1/videos?order=asc", "").await;
    assert_eq!(value(&body)["first_id"], json!(ids[1]));
    let (head, _) = send(&upstream, "GET /v1/videos?limit=0", "").await;
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
}

/// What the program prints before it waits.
fn greeting(flavour: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fake-upstream"))
        .args(["--listen", "127.0.0.1:0", "--flavour", flavour])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut text = String::new();
    for line in lines {
        text.push_str(&line);
        text.push('\n');
        if line.starts_with("stop with") {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_flavour_says_which_channel_it_is_and_lists_the_models_that_it_says() {
    let upstream = quick().await;
    let (_, body) = send(&upstream, "GET /v1/models", "").await;
    let models = value(&body)["data"].as_array().unwrap().clone();
    for (flavour, presets) in [
        ("openai", ["xai", "openai-videos", "gateway"].as_slice()),
        ("vllm-omni", &["vllm-omni"]),
        ("sglang", &["sglang"]),
    ] {
        let text = tokio::task::spawn_blocking(|| greeting(flavour)).await.unwrap();
        let after = |marker: &'static str| {
            let words = text.match_indices(marker).map(|(at, found)| &text[at + found.len()..]);
            words.filter_map(|rest| rest.split_whitespace().next()).collect::<Vec<_>>()
        };
        assert_eq!(after("--provider "), presets, "{text}");
        for pair in after("--model ") {
            let theirs = pair.split('=').nth(1).unwrap();
            assert!(models.iter().any(|model| model["id"] == theirs), "{theirs} is not listed");
        }
    }
}
