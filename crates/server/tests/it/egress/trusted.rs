//! The trusted client: what it sends, byte by byte, and what it makes of whole answers.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use pretty_assertions::assert_eq;
use rushes_providers::{
    Http as _, HttpAnswer, HttpBody, HttpFault, HttpRequest, Operation, Part, path_segment,
};
use rushes_server::egress::{Credential, RequestOutcome, TrustedOptions};
use tokio::sync::mpsc;

use super::channels::{KEY, Plan, plan, poll, read_request};
use super::support::{Canary, Names, SERVER_ADDRESS, Server, ok};

/// Heads and bodies of requests.
type Requests = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A server that keeps whole requests, and answers each with a JSON object.
fn recorder() -> (Server, Requests) {
    let requests = Requests::default();
    let kept = Arc::clone(&requests);
    let server = Server::start_raw(move |stream| {
        let request = read_request(stream)?;
        kept.lock().expect("the requests").push(request);
        stream.write_all(&ok(b"{\"id\":\"1\"}"))
    });
    (server, requests)
}

fn submit(body: HttpBody) -> HttpRequest {
    HttpRequest::new(Operation::Submit, Method::POST, "/v1/videos").with_body(body)
}

#[tokio::test]
async fn json_is_sent_as_it_is_below_the_channels_address() {
    let (server, requests) = recorder();
    let plan = Plan::at(server.url("/tenant/one"));
    let request = submit(HttpBody::Json(Bytes::from_static("{\"prompt\":\"雨\"}".as_bytes())))
        .with_header("idempotency-key", "task_1");
    let answer = plan.send(request).await.expect("an answer");
    let expected = HttpAnswer {
        status: 200,
        retry_after_ms: None,
        body: Bytes::from_static(b"{\"id\":\"1\"}"),
    };
    assert_eq!(answer, expected);
    let [(head, body)] = requests.lock().expect("the requests").clone().try_into().expect("one");
    let expected = format!(
        "POST /tenant/one/v1/videos HTTP/1.1\r\n\
         accept: application/json\r\n\
         idempotency-key: task_1\r\n\
         authorization: Bearer {KEY}\r\n\
         content-type: application/json\r\n\
         user-agent: Rushes/{}\r\n\
         accept-encoding: identity\r\n\
         host: {}\r\n\
         content-length: 16\r\n\r\n",
        env!("CARGO_PKG_VERSION"),
        server.address
    );
    assert_eq!(head, expected);
    assert_eq!(body, "{\"prompt\":\"雨\"}".as_bytes());
}

#[tokio::test]
async fn a_form_is_sent_part_by_part() {
    let (server, requests) = recorder();
    let parts = vec![
        Part::text("prompt", "two\r\nlines"),
        Part::file(
            "input_reference",
            "雨 \"a\"\r\nX: y\u{0}.png",
            "image/png",
            Bytes::from_static(b"\x89PNG\r\n\0"),
        ),
        Part::file("mask", "m", "image/png\r\nX: y", Bytes::new()),
    ];
    plan(&server).send(submit(HttpBody::Multipart(parts))).await.expect("an answer");
    let [(head, body)] = requests.lock().expect("the requests").clone().try_into().expect("one");
    let boundary = format!("rushes-{}", "ab".repeat(16));
    let line = format!("\r\ncontent-type: multipart/form-data; boundary={boundary}\r\n");
    assert!(head.contains(&line), "{head}");
    let mut expected = format!(
        "--{boundary}\r\n\
         Content-Disposition: form-data; name=\"prompt\"\r\n\r\n\
         two\r\nlines\r\n\
         --{boundary}\r\n\
         Content-Disposition: form-data; name=\"input_reference\"; \
         filename=\"雨 %22a%22%0D%0AX: y_.png\"\r\n\
         Content-Type: image/png\r\n\r\n"
    )
    .into_bytes();
    expected.extend(b"\x89PNG\r\n\0\r\n");
    expected.extend(
        format!(
            "--{boundary}\r\n\
             Content-Disposition: form-data; name=\"mask\"; filename=\"m\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n\r\n\
             --{boundary}--\r\n"
        )
        .bytes(),
    );
    assert_eq!(String::from_utf8_lossy(&body), String::from_utf8_lossy(&expected));
    assert_eq!(body, expected);
}

#[tokio::test]
async fn the_credential_is_the_channels_own_or_none() {
    let (server, requests) = recorder();
    let plan = plan(&server);
    plan.send(poll().with_header("authorization", "Bearer other")).await.expect("an answer");
    let open = Plan { key: None, ..Plan::at(server.url("")) };
    open.send(poll()).await.expect("an answer");
    let heads: Vec<_> =
        requests.lock().expect("the requests").iter().map(|it| it.0.clone()).collect();
    assert!(heads[0].contains(&format!("\r\nauthorization: Bearer {KEY}\r\n")), "{heads:?}");
    assert!(!heads[0].contains("other") && !heads[1].contains("authorization"), "{heads:?}");
    assert!(heads[1].starts_with("GET /v1/videos/1?query=1 HTTP/1.1\r\n"), "{heads:?}");
}

#[test]
fn a_credential_is_a_header_and_never_printed() {
    for key in ["", "two words", "line\nbreak", "ключ", "\u{7f}", &"k".repeat(5_000)] {
        assert!(Credential::new(key).is_err(), "{key}");
    }
    let credential = Credential::new(KEY).expect("a credential");
    assert_eq!(format!("{credential:?}"), "Credential(…)");
    let server = Server::answering(ok(b""));
    assert!(!format!("{:?}", plan(&server).build()).contains(KEY));
}

#[tokio::test]
async fn a_path_never_leads_away_from_the_channels_address() {
    let (server, requests) = recorder();
    let plan = Plan::at(server.url("/tenant"));
    let send = |path: String| plan.send(HttpRequest::new(Operation::Cancel, Method::DELETE, path));
    let hostile = [
        format!("/v1/videos/{}", path_segment("..")),
        format!("/v1/videos/{}/content", path_segment(".")),
        "/../x".to_owned(),
        "@127.0.0.2/x".to_owned(),
        ":1/x".to_owned(),
        ".example/x".to_owned(),
        "v1/x".to_owned(),
        String::new(),
        "/x#y".to_owned(),
        "/x\ny".to_owned(),
        "/x\\y".to_owned(),
        "/雨".to_owned(),
    ];
    for path in hostile {
        let outcome = send(path.clone()).await;
        assert!(matches!(outcome, Err(HttpFault::NotSent(_))), "{path}: {outcome:?}");
    }
    assert!(requests.lock().expect("the requests").is_empty());
    let path = format!("/v1/videos/{}", path_segment("a/../b.c?d#e f"));
    send(path.clone()).await.expect("an answer");
    let heads = requests.lock().expect("the requests");
    assert!(heads[0].0.starts_with(&format!("DELETE /tenant{path} HTTP/1.1\r\n")), "{heads:?}");
}

#[tokio::test]
async fn headers_that_are_none_are_not_sent() {
    let (server, requests) = recorder();
    let plan = plan(&server);
    for (name, value) in [("two words", "x"), ("x", "a\r\nb: c"), ("x", "\u{0}")] {
        let outcome = plan.send(poll().with_header(name, value)).await;
        assert!(matches!(outcome, Err(HttpFault::NotSent(_))), "{name}: {outcome:?}");
    }
    assert!(requests.lock().expect("the requests").is_empty());
}

#[tokio::test]
async fn an_answer_is_an_answer_whatever_it_says() {
    let cases: [(&[u8], u16, &[u8]); 7] = [
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 402 Pay\r\nContent-Length: 2\r\n\r\n\xff\xfe", 402, b"\xff\xfe"),
        (
            b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n<h1\r\n1\r\n>\r\n0\r\n\r\n",
            500,
            b"<h1>",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
            200,
            b"{}",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}and more", 200, b"{}"),
    ];
    for (bytes, status, body) in cases {
        let server = Server::answering(bytes);
        let answer = plan(&server).send(poll()).await.expect("an answer");
        assert_eq!((answer.status, &answer.body[..]), (status, body));
    }
}

#[tokio::test]
async fn redirects_are_answers_and_not_followed() {
    let canary = Canary::start();
    for status in [301, 302, 303, 307, 308] {
        for location in ["/next".to_owned(), format!("http://{}/", canary.address())] {
            let server = Server::answering(super::support::redirect(status, &location));
            let answer =
                plan(&server).send(submit(HttpBody::Json(Bytes::from_static(b"{}")))).await;
            assert_eq!(answer.expect("an answer").status, status);
            assert_eq!(server.heads().len(), 1);
        }
    }
    assert!(!canary.is_touched());
}

#[tokio::test]
async fn an_operator_may_use_private_addresses() {
    let server = Server::answering(ok(b"{}"));
    let port = server.address.port();
    let names = Names::one("engine.internal", &[SERVER_ADDRESS]);
    let plan = Plan { names, ..Plan::at(format!("http://engine.internal:{port}")) };
    plan.send(poll()).await.expect("an answer");
    assert!(server.heads()[0].contains("host: engine.internal"), "{:?}", server.heads());
}

#[tokio::test]
async fn retry_after_is_read_in_all_its_forms() {
    const YEAR_MS: u64 = 365 * 24 * 3_600_000;
    let cases = [
        ("0", Some(0)),
        ("120", Some(120_000)),
        (" 7 ", Some(7_000)),
        ("99999999999", Some(YEAR_MS)),
        ("99999999999999999999999999", Some(YEAR_MS)),
        // The clock shows 2026-06-01 00:00:00.
        ("Mon, 01 Jun 2026 00:01:30 GMT", Some(90_000)),
        ("Monday, 01-Jun-26 00:01:30 GMT", Some(90_000)),
        ("Mon Jun  1 00:01:30 2026", Some(90_000)),
        ("Sun, 31 May 2026 23:59:59 GMT", Some(0)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", Some(YEAR_MS)),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("1e3", None),
        ("１", None),
        ("Mon, 32 Jun 2026 00:01:30 GMT", None),
        ("2026-06-01T00:01:30Z", None),
    ];
    for (value, expected) in cases {
        let answer =
            format!("HTTP/1.1 429 Slow\r\nRetry-After: {value}\r\nContent-Length: 2\r\n\r\n{{}}");
        let server = Server::answering(answer);
        let answer = plan(&server).send(poll()).await.expect("an answer");
        assert_eq!((answer.status, answer.retry_after_ms), (429, expected), "{value:?}");
    }
}

/// Answers request after request on one connection, until `left` of them are answered.
fn keep_alive(stream: &mut TcpStream, left: usize) -> std::io::Result<()> {
    for _ in 0..left {
        read_request(stream)?;
        stream.write_all(&ok(b"{}"))?;
    }
    Ok(())
}

/// A server that keeps every connection, and how many there were.
fn keeping() -> (Server, Arc<AtomicUsize>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let server = Server::start_raw(move |stream| {
        count.fetch_add(1, Ordering::SeqCst);
        keep_alive(stream, 100)
    });
    (server, connections)
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_poll_but_not_for_long() {
    let (server, connections) = keeping();
    let options = TrustedOptions { pool_idle_ms: 500, ..TrustedOptions::default() };
    let channel = Plan { options, ..plan(&server) }.build();
    for _ in 0..3 {
        channel.send(poll()).await.expect("an answer");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    tokio::time::sleep(Duration::from_millis(700)).await;
    channel.send(poll()).await.expect("an answer");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_submit_always_takes_a_new_connection() {
    let (server, connections) = keeping();
    let channel = plan(&server).build();
    channel.send(poll()).await.expect("an answer");
    for _ in 0..3 {
        channel.send(submit(HttpBody::Json(Bytes::from_static(b"{}")))).await.expect("an answer");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 4);
    // The one of the polls is still there.
    channel.send(poll()).await.expect("an answer");
    assert_eq!(connections.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_is_no_fault_of_the_next_request() {
    let (closed, mut closings) = mpsc::unbounded_channel();
    let server = Server::start_raw(move |stream| {
        keep_alive(stream, 1)?;
        stream.shutdown(Shutdown::Both)?;
        closed.send(()).map_err(std::io::Error::other)
    });
    let channel = plan(&server).build();
    for _ in 0..5 {
        channel.send(poll()).await.expect("an answer");
        closings.recv().await.expect("a close");
        // A moment for the client's own task to hear of it.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_poll_into_a_kept_connection_that_closes_is_not_sent_twice() {
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    let server = Server::start_raw(move |stream| {
        keep_alive(stream, 1)?;
        count.fetch_add(1, Ordering::SeqCst);
        // Takes a second one, and is gone.
        read_request(stream)?;
        count.fetch_add(1, Ordering::SeqCst);
        Ok(())
    });
    let channel = plan(&server).build();
    channel.send(poll()).await.expect("an answer");
    let fault = channel.send(poll()).await;
    assert!(matches!(fault, Err(HttpFault::Broken(_))), "{fault:?}");
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn every_request_is_observed_with_the_time_it_took() {
    let slow = Plan::at("http://127.0.0.1:1");
    let clock = slow.clock.clone();
    let server = Server::start(move |stream, _head| {
        clock.advance_ms(1_234);
        stream.write_all(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
    });
    let plan = Plan { base_url: server.url(""), ..slow };
    plan.send(submit(HttpBody::None)).await.expect("an answer");
    let took = Duration::from_millis(1_234);
    assert_eq!(plan.seen.all(), [(Operation::Submit, RequestOutcome::Answered(503), took)]);
}

#[tokio::test]
async fn addresses_that_are_none_make_no_channel() {
    for text in ["not a URL", "", "ftp://engine.example", "data:,"] {
        let plan = Plan::at(text);
        let trusted = plan.trusted();
        let problem = trusted.channel(&plan.terms(), None, plan.seen.clone()).expect_err(text);
        assert_eq!(problem.field, "base_url");
    }
}
