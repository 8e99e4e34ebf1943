//! Servers that take their time.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rushes_server::egress::{Egress, EgressOptions, Resolve, Resolving};

use super::support::{Server, egress, options, redirect, refusal, wait_for_close};

/// Time between two pieces of a slow answer.
const PIECE_INTERVAL: Duration = Duration::from_millis(20);

/// Writes `piece` again and again, slowly, until the client goes away.
pub(super) fn trickle(stream: &mut TcpStream, piece: &[u8]) -> io::Result<()> {
    stream.set_read_timeout(Some(PIECE_INTERVAL))?;
    loop {
        stream.write_all(piece)?;
        match stream.read(&mut [0; 16]) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

fn short_total() -> EgressOptions {
    EgressOptions { total_timeout_ms: 200, ..options() }
}

fn short_idle() -> EgressOptions {
    EgressOptions { idle_timeout_ms: 100, ..options() }
}

#[tokio::test]
async fn f01_a_trickling_answer_ends_with_the_total_time() {
    let cases: [(&str, &[u8]); 3] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"a"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        ("HTTP/1.1 200 OK\r\na: ", b"a"),
    ];
    for (head, piece) in cases {
        let server = Server::start(move |stream, _request| {
            stream.write_all(head.as_bytes())?;
            trickle(stream, piece)
        });
        let error = refusal(&egress(short_total()), &server.url("/")).await;
        assert_eq!(error.sentence, "Fetching image timed out after 200 ms.", "{head}");
        assert!(error.retryable && !error.blocked, "{error:?}");
    }
}

#[tokio::test]
async fn the_total_time_covers_all_redirects() {
    let server = Server::start(|stream, _head| {
        stream.set_read_timeout(Some(Duration::from_millis(80)))?;
        let _waited = stream.read(&mut [0; 16]);
        stream.write_all(&redirect(302, "/"))
    });
    let error = refusal(&egress(short_total()), &server.url("/")).await;
    assert_eq!(error.sentence, "Fetching image timed out after 200 ms.");
}

#[tokio::test]
async fn informational_answers_without_end_are_no_answer() {
    let server =
        Server::start(|stream, _head| trickle(stream, b"HTTP/1.1 103 Early Hints\r\n\r\n"));
    let error = refusal(&egress(short_total()), &server.url("/")).await;
    assert_eq!(error.sentence, "Fetching image timed out after 200 ms.");
}

#[tokio::test]
async fn silence_ends_with_the_idle_time() {
    let heads = ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npicture"];
    for head in heads {
        let server = Server::start(move |stream, _request| {
            stream.write_all(head.as_bytes())?;
            wait_for_close(stream)
        });
        let error = refusal(&egress(short_idle()), &server.url("/")).await;
        assert_eq!(error.sentence, "The image's server was silent for 100 ms.", "{head}");
        assert!(error.retryable && !error.blocked, "{error:?}");
    }
}

/// Never answers.
pub(super) struct Mute;

impl Resolve for Mute {
    fn resolve(&self, _host: &str, _port: u16) -> Resolving {
        Box::pin(std::future::pending::<io::Result<Vec<SocketAddr>>>())
    }
}

#[tokio::test]
async fn looking_up_the_name_is_part_of_connecting() {
    let options = EgressOptions { connect_timeout_ms: 100, ..options() };
    let egress = Egress::new(options, Arc::new(Mute)).expect("a client");
    let error = refusal(&egress, "http://images.example/").await;
    assert_eq!(error.sentence, "Connecting to the image's server timed out after 100 ms.");
    assert!(error.retryable && !error.blocked, "{error:?}");
}
