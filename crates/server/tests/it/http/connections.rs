//! Connections: slow, odd, many, and at the end.

use std::time::{Duration, Instant};

use super::raw::{Raw, status};
use super::{GENERATIONS, stalled};
use crate::support::{Options, TestApp};

#[tokio::test]
async fn h12_slow_headers_are_cut_off_while_others_are_served() {
    let app = Options::default().toml("[limits]\nheader_timeout_ms = 300").start().await;
    let mut slow = Raw::connect(&app).await;
    slow.send("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ").await;
    assert_eq!(app.get("/healthz").await.status, 200);
    let started = Instant::now();
    let answer = slow.read_to_end().await;
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(answer.is_empty() || status(&answer) == "408", "{answer}");
    app.finish().await;
}

#[tokio::test]
async fn h05_large_and_odd_headers() {
    let app = TestApp::start().await;
    let head = |value: &[u8]| {
        let mut bytes = b"GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".to_vec();
        bytes.extend_from_slice(b"Authorization: Bearer ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes
    };
    let large = vec![b'a'; 64 * 1024];
    let cases: [(&[u8], &[&str]); 4] =
        [(&large, &["431"]), (b"a\0b", &["400", "401"]), (b"\xff\xfe", &["401"]), (b"", &["401"])];
    for (value, expected) in cases {
        let mut raw = Raw::connect(&app).await;
        raw.send(head(value)).await;
        let answer = raw.read_to_end().await;
        assert!(expected.contains(&status(&answer)), "{expected:?}: {answer}");
    }
    app.finish().await;
}

#[tokio::test]
async fn h01_two_lengths_are_never_two_requests() {
    let app = TestApp::start().await;
    let mut raw = Raw::connect(&app).await;
    raw.send(
        "POST /v1/video/generations HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n\
         GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    )
    .await;
    let answer = raw.read_to_end().await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    assert!(["400", "401"].contains(&status(&answer)), "{answer}");
    app.finish().await;
}

#[tokio::test]
async fn h04_hosts_and_absolute_addresses_are_not_reflected() {
    let app = TestApp::start().await;
    let mut raw = Raw::connect(&app).await;
    raw.send(
        "GET http://evil.example/v1/models HTTP/1.1\r\nHost: evil.example\r\n\
         Connection: close\r\n\r\n",
    )
    .await;
    let answer = raw.read_to_end().await;
    assert_eq!(status(&answer), "401", "{answer}");
    assert!(!answer.contains("evil.example"), "{answer}");
    assert!(answer.contains(&format!("{}/docs/errors", app.base_url)), "{answer}");
    app.finish().await;
}

#[tokio::test]
async fn an_early_answer_reaches_a_client_that_is_still_sending() {
    let app = TestApp::start().await;
    let mut raw = Raw::connect(&app).await;
    let length = 8 * 1024 * 1024;
    raw.send(format!(
        "POST /v1/video/generations HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    ))
    .await;
    raw.send(vec![b'x'; length]).await;
    let answer = raw.read_until("invalid_api_key").await;
    assert_eq!(status(&answer), "401", "{answer}");
    // The connection is still good.
    raw.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(status(&raw.read_until("ok").await), "200");
    app.finish().await;
}

#[tokio::test]
async fn connections_over_the_cap_wait_for_a_place() {
    let app = Options::default().toml("[limits]\nconnections_max = 1").start().await;
    let mut first = Raw::connect(&app).await;
    first.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(status(&first.read_until("ok").await), "200");
    let mut second = Raw::connect(&app).await;
    second.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let waited = tokio::time::timeout(Duration::from_millis(200), second.read_until("ok")).await;
    assert!(waited.is_err(), "the second connection was not to be served yet");
    drop(first);
    assert_eq!(status(&second.read_until("ok").await), "200");
    drop(second);
    app.finish().await;
}

#[tokio::test]
async fn a_clean_stop_closes_idle_connections_and_answers_those_that_wait() {
    let app = TestApp::start().await;
    let id = stalled(&app).await;
    let mut idle = Raw::connect(&app).await;
    idle.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(status(&idle.read_until("ok").await), "200");
    let mut waiting = Raw::connect(&app).await;
    waiting
        .send(format!(
            "GET {GENERATIONS}/{id} HTTP/1.1\r\nHost: x\r\nPrefer: wait=60\r\n\
             Authorization: Bearer {}\r\n\r\n",
            app.test_api_key
        ))
        .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    let (answer, rest, _folder) =
        tokio::join!(waiting.read_to_end(), idle.read_to_end(), app.stop());
    assert!(started.elapsed() < Duration::from_secs(9), "{:?}", started.elapsed());
    assert_eq!(status(&answer), "200", "{answer}");
    assert_eq!(rest, "");
}
