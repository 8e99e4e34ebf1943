//! Heads of answers, and connections that break.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, TcpListener};

use rushes_server::egress::EgressOptions;

use super::support::{Server, egress, options, refusal, wait_for_close};

const BROKEN: &str = "The image's server closed the connection before the image was complete.";
const NOT_HTTP: &str = "The image's server did not answer with valid HTTP.";

#[tokio::test]
async fn a_status_is_told_with_its_usual_words() {
    let cases = [
        ("204 Gone fishing", "204 No Content", false),
        ("206 Partial Content", "206 Partial Content", false),
        ("300 Multiple Choices", "300 Multiple Choices", false),
        ("304 Not Modified", "304 Not Modified", false),
        ("403 http://evil.example/", "403 Forbidden", false),
        ("404 Not Found", "404 Not Found", false),
        ("404", "404 Not Found", false),
        ("408 Request Timeout", "408 Request Timeout", true),
        ("410 Gone", "410 Gone", false),
        ("429 Too Many Requests", "429 Too Many Requests", true),
        ("500 Internal Server Error", "500 Internal Server Error", true),
        ("501 Not Implemented", "501 Not Implemented", false),
        ("503 Service Unavailable", "503 Service Unavailable", true),
        ("599 Whatever", "599", true),
        ("999 Request denied", "999", false),
    ];
    for (line, words, retryable) in cases {
        let server = Server::answering(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n"));
        let error = refusal(&egress(options()), &server.url("/a.png")).await;
        assert_eq!(error.sentence, format!("Fetching image failed with HTTP status {words}."));
        assert_eq!((error.retryable, error.blocked), (retryable, false), "{line}");
    }
}

#[tokio::test]
async fn an_error_page_is_not_read() {
    let server = Server::start(|stream, _head| {
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\n<html>")?;
        wait_for_close(stream)
    });
    let error = refusal(&egress(options()), &server.url("/a.png")).await;
    assert_eq!(error.sentence, "Fetching image failed with HTTP status 404 Not Found.");
}

#[tokio::test]
async fn broken_connections_are_worth_another_try() {
    let cases: [(&str, &[u8]); 5] = [
        ("closed without a word", b""),
        ("closed within the head", b"HTTP/1.1 200 OK\r\nContent-"),
        ("shorter than announced", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npicture"),
        (
            "chunks without an end",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\npicture\r\n",
        ),
        ("cut chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\npicture"),
    ];
    for (name, answer) in cases {
        let server = Server::answering(answer);
        let error = refusal(&egress(options()), &server.url("/")).await;
        assert_eq!(error.sentence, BROKEN, "{name}");
        assert!(error.retryable && !error.blocked, "{name}: {error:?}");
        // One try: no retry of the client's own.
        assert_eq!(server.heads().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn resets_are_worth_another_try() {
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npicture"] {
        // Closing with the request unread makes the system send a reset.
        let server = Server::start_raw(move |stream| {
            stream.peek(&mut [0; 1])?;
            stream.write_all(answer.as_bytes())
        });
        let error = refusal(&egress(options()), &server.url("/")).await;
        assert_eq!(error.sentence, BROKEN, "{answer}");
        assert!(error.retryable, "{answer}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_worth_another_try() {
    // An address of this test alone, so that nobody else takes the port that is free again.
    let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));
    let free = TcpListener::bind((address, 0)).and_then(|listener| listener.local_addr());
    let options = EgressOptions { allow: vec![address.into()], ..EgressOptions::default() };
    let url = format!("http://{}/", free.expect("a port"));
    let error = refusal(&egress(options), &url).await;
    assert_eq!(error.sentence, "Connecting to the image's server failed.");
    assert!(error.retryable && !error.blocked, "{error:?}");
}

#[tokio::test]
async fn what_is_not_http_is_refused() {
    let cases: [(&str, &[u8]); 8] = [
        ("another protocol", b"SSH-2.0-OpenSSH_9.9\r\n"),
        ("no head at all", b"\x89PNG\r\n\x1a\n"),
        ("no status", b"HTTP/1.1 abc OK\r\n\r\n"),
        ("unknown version", b"HTTP/9.9 200 OK\r\n\r\n"),
        ("broken header", b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
        ("negative length", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        ("length over 64 bits", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"),
        (
            "two lengths",
            b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 70\r\n\r\npicture",
        ),
    ];
    for (name, answer) in cases {
        let server = Server::answering(answer);
        let error = refusal(&egress(options()), &server.url("/")).await;
        assert_eq!(error.sentence, NOT_HTTP, "{name}");
        assert!(!error.retryable && !error.blocked, "{name}: {error:?}");
    }
}

#[tokio::test]
async fn a_hundred_headers_are_enough() {
    for (count, is_fine) in [(99, true), (101, false)] {
        let lines = "a: b\r\n".repeat(count - 1);
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{lines}\r\n");
        let server = Server::answering(answer);
        let outcome = egress(options()).fetch_image(&server.url("/")).await;
        assert_eq!(outcome.is_ok(), is_fine, "{count}: {outcome:?}");
    }
}

#[tokio::test]
async fn floods_of_headers_are_refused() {
    let pieces =
        ["a: b\r\n".to_owned(), format!("a: {}\r\n", "b".repeat(100_000)), "c".repeat(4096)];
    for piece in pieces {
        let server = Server::start(move |stream, _head| {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                stream.write_all(piece.as_bytes())?;
            }
        });
        let error = refusal(&egress(options()), &server.url("/")).await;
        assert_eq!(error.sentence, NOT_HTTP);
    }
}
