//! Contract 2, row by row: status, code, message, and what a refused request left behind.

use std::time::Duration;

use rushes_store::accounts::set_account_enabled;
use rushes_store::set_key_enabled;
use serde_json::{Value, json};

use super::left::left;
use super::raw::{Raw, create_bytes, status};
use super::{CREATES, GENERATIONS, small, stalled};
use crate::support::{Answer, Options, TestApp, pictures};

/// Checks a refusal's shape and gives its message.
pub(super) fn refused(answer: &Answer, status: u16, code: &str) -> String {
    let body = answer.json();
    assert_eq!(answer.status, status, "{body}");
    assert_eq!(body["code"], code, "{body}");
    assert_eq!(body["error"]["code"], code);
    assert_eq!(body["data"], Value::Null);
    let message = body["message"].as_str().expect("a message").to_owned();
    assert_eq!(body["error"]["message"], message);
    assert!(body["error"]["type"].is_string());
    let request_id = answer.header("x-request-id");
    assert!(request_id.starts_with("req_"), "{request_id}");
    assert_eq!(body["error"]["request_id"], request_id);
    let doc_url = body["error"]["doc_url"].as_str().expect("a link");
    assert!(doc_url.ends_with(&format!("/docs/errors#{code}")), "{doc_url}");
    assert_eq!(answer.header("content-type"), "application/json");
    message
}

#[tokio::test]
async fn a_key_that_is_none_gets_one_and_the_same_401() {
    let app = TestApp::start().await;
    let unknown = format!("sk-{}", "a".repeat(48));
    let mut changed = app.api_key.clone();
    let last = changed.pop().expect("a character");
    changed.push(if last == 'a' { 'b' } else { 'a' });
    let long = "a".repeat(200);
    let headers = [
        String::new(),
        "Bearer".into(),
        "Bearer ".into(),
        "Bearer nonsense".into(),
        format!("Bearer {unknown}"),
        format!("Bearer {changed}"),
        format!("Bearer sk-{long}"),
        format!("Basic {}", app.api_key),
        app.api_key.clone(),
    ];
    let paths = ["/v1/models", "/v1/models/x", GENERATIONS, "/v1/video/generations/task_x"];
    let mut bodies = Vec::new();
    for header in &headers {
        for path in paths {
            let mut request = app.bare_request("GET", path);
            if !header.is_empty() {
                request = request.header("authorization", header);
            }
            let answer = app.send(request).await;
            refused(&answer, 401, "invalid_api_key");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
            let mut body = answer.json();
            body["error"]["request_id"] = Value::Null;
            bodies.push(body);
        }
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
    app.finish().await;
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_a_disabled_account_told_so() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/v1/models").await.status, 200);
    let store = app.app().store.clone();
    let hash = rushes_domain::account::key_hash(&app.test_api_key);
    let key = store.read(move |tx| rushes_store::find_key(tx, &hash)).await.unwrap().unwrap();
    store.write(move |tx| set_key_enabled(tx, key.id, false, false)).await.unwrap();
    let answer = app.post_with(&app.test_api_key, GENERATIONS, &small("rain")).await;
    refused(&answer, 401, "invalid_api_key");
    store.write(move |tx| set_account_enabled(tx, key.account_id, false)).await.unwrap();
    let before = left(&app).await;
    refused(&app.post(GENERATIONS, &small("rain")).await, 403, "account_disabled");
    assert_eq!(left(&app).await, before);
    app.finish().await;
}

#[tokio::test]
async fn money_that_is_not_there() {
    let app = Options::default().toml("[account]\nfirst_credit = \"0.50\"").start().await;
    let before = left(&app).await;
    let body = json!({"model": "grok-image-video", "prompt": "rain", "seconds": 6});
    let message = refused(&app.post(GENERATIONS, &body).await, 403, "insufficient_quota");
    assert!(message.contains("$0.54 needed"), "{message}");
    assert!(message.contains("$0.50 left"), "{message}");
    assert_eq!(left(&app).await, before);
    assert_eq!(app.get(GENERATIONS).await.status, 200, "reading costs nothing");
    app.finish().await;
}

#[tokio::test]
async fn bodies_that_are_no_json_object() {
    let app = TestApp::start().await;
    let before = left(&app).await;
    let utf16: Vec<u8> = r#"{"model":"x"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bodies: [&[u8]; 11] = [
        b"",
        b"[]",
        b"null",
        b"{",
        b"{\"model\":\"a\",\"model\":\"b\"}",
        b"{\"seconds\":1e400}",
        b"{\"seconds\":NaN}",
        b"{\"model\":\"\xff\"}",
        b"\xef\xbb\xbf{}",
        b"{} trailing",
        &utf16,
    ];
    for (path, body) in CREATES.into_iter().flat_map(|path| bodies.map(|body| (path, body))) {
        let request = app
            .request("POST", path)
            .header("content-type", "application/json")
            .body(body.to_vec());
        refused(&app.send(request).await, 400, "invalid_request");
    }
    assert_eq!(left(&app).await, before);
    app.finish().await;
}

#[tokio::test]
async fn content_types() {
    let app = TestApp::start().await;
    let before = left(&app).await;
    let send = |content_type: &'static str, body: String| {
        let mut request = app.bare_request("POST", GENERATIONS).bearer_auth(&app.test_api_key);
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        app.send(request.body(body))
    };
    for content_type in ["text/plain", "multipart/mixed; boundary=x", "application/xml"] {
        let answer = send(content_type, small("rain").to_string()).await;
        refused(&answer, 415, "unsupported_media_type");
    }
    let answer = send("application/x-www-form-urlencoded", "model=x".into()).await;
    refused(&answer, 415, "unsupported_media_type");
    let answer = send("application/json; charset=utf-16", small("rain").to_string()).await;
    refused(&answer, 415, "unsupported_media_type");
    assert_eq!(left(&app).await, before);
    for content_type in ["", "application/x-www-form-urlencoded", "application/vnd.x+json"] {
        let answer = send(content_type, small("[[stall]]").to_string()).await;
        assert_eq!(answer.status, 200, "{content_type:?}: {}", answer.json());
    }
    app.finish().await;
}

#[tokio::test]
async fn bodies_that_are_too_large_or_too_slow() {
    let app = Options::default()
        .toml(
            "[limits]\njson_body_bytes_max = 2000\nlarge_body_bytes = 1000\nbody_timeout_ms = 300",
        )
        .start()
        .await;
    let before = left(&app).await;
    let large = small(&"x".repeat(3000)).to_string();
    let request = app.request("POST", GENERATIONS).body(large.clone());
    let message = refused(&app.send(request).await, 413, "request_too_large");
    assert!(message.contains("2000"), "{message}");

    let mut raw = Raw::connect(&app).await;
    let (head, _) = create_bytes(&app.api_key, &large, large.len());
    raw.send(head.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n")).await;
    let answer = raw.read_until("request_too_large").await;
    assert_eq!(status(&answer), "413", "without a byte of the body: {answer}");

    let mut raw = Raw::connect(&app).await;
    raw.send(
        head.replace(&format!("Content-Length: {}", large.len()), "Transfer-Encoding: chunked"),
    )
    .await;
    raw.send(format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len())).await;
    let answer = raw.read_until("request_too_large").await;
    assert_eq!(status(&answer), "413", "{answer}");

    let mut raw = Raw::connect(&app).await;
    let (now, _) = create_bytes(&app.api_key, &small("rain").to_string(), 5);
    raw.send(now).await;
    let answer = raw.read_until("request_timeout").await;
    assert_eq!(status(&answer), "408", "{answer}");
    assert_eq!(left(&app).await, before);
    app.finish().await;
}

#[tokio::test]
async fn a_place_among_large_bodies_is_waited_for() {
    let app = Options::default()
        .toml("[limits]\nlarge_body_bytes = 100\nlarge_bodies_max = 1\nbody_timeout_ms = 2000")
        .start()
        .await;
    let body = small("[[stall]] and some more words so that this counts as large").to_string();
    let (now, later) = create_bytes(&app.test_api_key, &body, 5);
    let mut slow = Raw::connect(&app).await;
    slow.send(now).await;
    let whole =
        app.bare_request("POST", GENERATIONS).bearer_auth(&app.test_api_key).body(body.clone());
    let (waiting, ()) = tokio::join!(app.send(whole), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        slow.send(later).await;
    });
    assert_eq!(waiting.status, 200, "{}", waiting.json());
    assert_eq!(status(&slow.read_until("task_id").await), "200");
    app.finish().await;
}

#[tokio::test]
async fn idempotency_keys_that_are_refused() {
    let app = TestApp::start().await;
    let send = |key: Vec<u8>, body: Value| {
        let key = reqwest::header::HeaderValue::from_bytes(&key).expect("a header");
        let request = app
            .bare_request("POST", GENERATIONS)
            .bearer_auth(&app.test_api_key)
            .header("idempotency-key", key)
            .body(body.to_string());
        app.send(request)
    };
    let before = left(&app).await;
    for key in [Vec::new(), vec![b'a'; 256], "🔑".as_bytes().to_vec(), b"a b".to_vec()] {
        refused(&send(key, small("[[stall]]")).await, 400, "invalid_request");
    }
    // A refused request leaves its key free.
    refused(&send(b"k".to_vec(), small("")).await, 400, "invalid_request");
    assert_eq!(left(&app).await, before);
    assert_eq!(send(b"k".to_vec(), small("[[stall]]")).await.status, 200);
    let after = left(&app).await;
    let answer = send(b"k".to_vec(), small("[[stall]] other")).await;
    refused(&answer, 422, "idempotency_key_reused");
    assert_eq!(left(&app).await, after);
    app.finish().await;
}

#[tokio::test]
async fn the_rate_limit() {
    let app =
        Options::default().toml("[account]\ncreate_burst = 2\ncreate_per_second = 1").start().await;
    for remaining in [1, 0] {
        let answer = app.post(GENERATIONS, &small("")).await;
        assert_eq!(answer.status, 400, "a token is taken before the body is looked at");
        let limit = answer.header("ratelimit");
        assert!(limit.starts_with(&format!("\"create\";r={remaining};t=")), "{limit}");
        assert_eq!(answer.header("ratelimit-policy"), "\"create\";q=2;w=2");
    }
    let before = left(&app).await;
    let answer = app.post(GENERATIONS, &small("rain")).await;
    refused(&answer, 429, "rate_limited");
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.header("ratelimit"), "\"create\";r=0;t=1");
    assert_eq!(left(&app).await, before);
    app.finish().await;
}

#[tokio::test]
async fn the_queue_limit() {
    let app =
        Options::default().toml("[account]\nin_flight_max = 1\nwaiting_max = 1").start().await;
    stalled(&app).await;
    let parked = stalled(&app).await;
    let body = app.get(&format!("{GENERATIONS}/{parked}")).await.json();
    assert_eq!(body["data"]["status"], "NOT_START", "{body}");
    let before = left(&app).await;
    let png = pictures::png_data_url([9, 9, 9]);
    let body = json!({"model": "grok-image-video", "prompt": "x", "image_urls": [png]});
    let answer = app.post(GENERATIONS, &body).await;
    refused(&answer, 429, "queue_full");
    assert!(!answer.header("retry-after").is_empty());
    assert!(!answer.header("ratelimit").is_empty());
    assert_eq!(left(&app).await, before, "the picture's file was taken back");
    app.finish().await;
}

#[tokio::test]
async fn nothing_serves_live_keys_when_previews_are_off() {
    let app = Options::default().toml("preview = \"off\"").start().await;
    let before = left(&app).await;
    let answer = app.post(GENERATIONS, &small("rain")).await;
    refused(&answer, 503, "no_channel");
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(left(&app).await, before);
    assert_eq!(app.get("/v1/models").await.json()["data"], json!([]));
    stalled(&app).await;
    app.finish().await;
}

#[tokio::test]
async fn a_full_disk() {
    let toml = "[limits]\nstorage_free_bytes_min = 4611686018427387904";
    let app = Options::default().toml(toml).start().await;
    let before = left(&app).await;
    let answer = app.post(GENERATIONS, &small("rain")).await;
    refused(&answer, 503, "storage_full");
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(left(&app).await, before);
    app.finish().await;
}

#[tokio::test]
async fn a_gateway_that_stops_takes_nothing_new() {
    let app = TestApp::start().await;
    let before = left(&app).await;
    let (now, later) = create_bytes(&app.api_key, &small("rain").to_string(), 3);
    let mut raw = Raw::connect(&app).await;
    raw.send(now).await;
    // The request is under way for certain once a second one on another connection was answered.
    assert_eq!(app.get("/readyz").await.status, 200);
    tokio::time::sleep(Duration::from_millis(50)).await;
    app.app().stop.cancel();
    raw.send(later).await;
    let answer = raw.read_to_end().await;
    assert_eq!(status(&answer), "503", "{answer}");
    assert!(answer.contains("shutting_down"), "{answer}");
    assert!(answer.to_lowercase().contains("retry-after:"), "{answer}");
    assert_eq!(left(&app).await, before);
    app.finish().await;
}

#[tokio::test]
async fn ids_that_are_none_of_the_callers() {
    let app = TestApp::start().await;
    let unknown = format!("task_{}", "0".repeat(32));
    let real = stalled(&app).await;
    let long = "a".repeat(10_000);
    let names = [
        unknown.as_str(),
        &real.to_uppercase(),
        &real.replace("task_", "video_"),
        &real[5..],
        "%00",
        "%ff",
        "'%20OR%201=1--",
        "..%2f..%2fetc%2fpasswd",
        &long,
    ];
    for name in names {
        refused(&app.get(&format!("{GENERATIONS}/{name}")).await, 404, "task_not_exist");
        let cancel = app.request("POST", &format!("{GENERATIONS}/{name}/cancel"));
        refused(&app.send(cancel).await, 404, "task_not_exist");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_foreign_task_is_a_task_that_does_not_exist() {
    let app = TestApp::start().await;
    let stranger = app.other_account("b").await;
    let id = stalled(&app).await;
    for method_and_path in
        [("GET", format!("{GENERATIONS}/{id}")), ("POST", format!("{GENERATIONS}/{id}/cancel"))]
    {
        let (method, path) = method_and_path;
        let request = app.bare_request(method, &path).bearer_auth(&stranger);
        refused(&app.send(request).await, 404, "task_not_exist");
    }
    let path = format!("{GENERATIONS}?after={id}");
    let listed = app.send(app.bare_request("GET", &path).bearer_auth(&stranger)).await;
    assert_eq!(listed.status, 200);
    assert_eq!(listed.json()["data"], json!([]));
    app.finish().await;
}
