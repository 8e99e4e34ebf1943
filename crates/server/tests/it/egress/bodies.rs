//! Bodies: as long as they say, never longer than the limit, never unpacked.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use rushes_server::egress::EgressOptions;
use tokio::sync::mpsc;

use super::support::{Server, egress, ok, options, refusal, wait_for_close};

/// Longest wait for a server's thread to notice that the client is gone.
const NOTICE_MAX: Duration = Duration::from_secs(10);

fn small() -> EgressOptions {
    EgressOptions { body_bytes_max: 1000, ..options() }
}

/// Writes until the client goes away; gives the number of bytes that were taken.
fn flood(stream: &mut TcpStream, piece: &[u8]) -> usize {
    let mut sent_bytes = 0;
    while stream.write_all(piece).is_ok() {
        sent_bytes += piece.len();
    }
    sent_bytes
}

/// How much a flood brought, once the client is really gone.
async fn end_of_flood(mut sent: mpsc::UnboundedReceiver<usize>) -> usize {
    let sent_bytes = tokio::time::timeout(NOTICE_MAX, sent.recv()).await;
    sent_bytes.expect("the flood ends").expect("a number")
}

#[tokio::test]
async fn a_body_arrives_as_it_was_sent() {
    let cases: [(&[u8], &[u8]); 6] = [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npicture", b"picture"),
        (b"HTTP/1.1 200 OK\r\n\r\npicture", b"picture"),
        (b"HTTP/1.0 200 OK\r\n\r\npicture", b"picture"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\npic\r\n4\r\nture\r\n0\r\n\r\n",
            b"picture",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: Identity\r\nContent-Length: 7\r\n\r\npicture",
            b"picture",
        ),
        // F04: what the bytes are is not looked at here.
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
            b"<html>",
        ),
    ];
    for (answer, body) in cases {
        let server = Server::answering(answer);
        let fetched = egress(options()).fetch_image(&server.url("/a.png")).await.expect("a body");
        assert_eq!(&fetched.bytes[..], body);
    }
}

#[tokio::test]
async fn f05_an_empty_body_is_no_fault_of_the_fetch() {
    for answer in [ok(b""), b"HTTP/1.1 200 OK\r\n\r\n".to_vec()] {
        let server = Server::answering(answer);
        let fetched = egress(options()).fetch_image(&server.url("/")).await.expect("no bytes");
        assert!(fetched.bytes.is_empty());
    }
}

#[tokio::test]
async fn the_limit_itself_is_not_too_large() {
    let server = Server::answering(ok(&[b'a'; 1000]));
    let fetched = egress(small()).fetch_image(&server.url("/")).await.expect("the picture");
    assert_eq!(fetched.bytes.len(), 1000);
    let server = Server::answering(ok(&[b'a'; 1001]));
    let error = refusal(&egress(small()), &server.url("/")).await;
    assert_eq!(error.sentence, "The image is larger than 1000 bytes.");
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_the_body_comes() {
    for length in ["20000001", "9223372036854775807", "18446744073709551613"] {
        let server = Server::start(move |stream, _head| {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n")?;
            wait_for_close(stream)
        });
        let error = refusal(&egress(options()), &server.url("/")).await;
        assert_eq!(error.sentence, "The image is larger than 20 MB.", "{length}");
        assert!(!error.retryable && !error.blocked, "{error:?}");
    }
}

#[tokio::test]
async fn f02_bytes_past_the_announced_length_are_not_taken() {
    let (done, sent) = mpsc::unbounded_channel();
    let server = Server::start(move |stream, _head| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")?;
        let _gone = done.send(flood(stream, &[b'a'; 8192]));
        Ok(())
    });
    let fetched = egress(options()).fetch_image(&server.url("/")).await.expect("what was promised");
    assert_eq!(fetched.bytes.len(), 10_000_000);
    let sent_bytes = end_of_flood(sent).await;
    assert!(sent_bytes < 50_000_000, "{sent_bytes}");
}

#[tokio::test]
async fn f02_a_body_without_a_length_is_cut_off_at_the_limit() {
    let heads: [(&str, &[u8]); 3] = [
        ("HTTP/1.1 200 OK\r\n\r\n", &[b'a'; 8192]),
        ("HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n", &[b'a'; 8192]),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"8\r\npictures\r\n"),
    ];
    for (head, piece) in heads {
        let (done, sent) = mpsc::unbounded_channel();
        let server = Server::start(move |stream, _request| {
            stream.write_all(head.as_bytes())?;
            let _gone = done.send(flood(stream, piece));
            Ok(())
        });
        let error = refusal(&egress(small()), &server.url("/")).await;
        assert_eq!(error.sentence, "The image is larger than 1000 bytes.", "{head}");
        assert!(!error.retryable, "{head}");
        end_of_flood(sent).await;
    }
}

#[tokio::test]
async fn packed_bodies_are_refused_unread() {
    let lines = [
        "Content-Encoding: gzip",
        "Content-Encoding: br",
        "Content-Encoding: identity, gzip",
        "Content-Encoding: identity\r\nContent-Encoding: gzip",
        "Content-Encoding: \u{e9}",
        "Transfer-Encoding: gzip, chunked",
    ];
    for line in lines {
        let server = Server::start(move |stream, _head| {
            write!(stream, "HTTP/1.1 200 OK\r\n{line}\r\n\r\n")?;
            wait_for_close(stream)
        });
        let error = refusal(&egress(options()), &server.url("/")).await;
        assert_eq!(
            error.sentence, "The image's server sent compressed content, which was not asked for.",
            "{line}"
        );
        assert!(!error.retryable, "{line}");
    }
}
