//! Downloads of results: what counts as a film, and how much of it is taken.

use std::io::Write;
use std::net::TcpStream;

use rushes_domain::channel::ChannelTimeouts;
use rushes_server::egress::{DownloadError, DownloadSource, Egress, EgressOptions};

use super::channels::{Plan, TIMES, plan};
use super::download::{FILM, fetch, refusal, strict};
use super::support::{Names, Server, egress, egress_with, ok, options, wait_for_close};
use super::times::trickle;

/// What is wrong with a film that the channel's own server answers like this.
async fn own_refusal(egress: &Egress, answer: &[u8]) -> DownloadError {
    let server = Server::answering(answer);
    let error = refusal(egress, &plan(&server), &server.url("/secret.mp4?secret=1")).await;
    assert_eq!(server.heads().len(), 1, "more than one try");
    error
}

#[tokio::test]
async fn any_status_but_200_is_worth_another_try() {
    for status in
        ["403 Forbidden", "404 Not Found", "500 Internal Server Error", "503 Service Unavailable"]
            .into_iter()
            .chain([
                "204 No Content",
                "206 Partial Content",
                "304 Not Modified",
                "401 Unauthorized",
            ])
    {
        let answer = format!("HTTP/1.1 {status} secret\r\nContent-Length: 0\r\n\r\n");
        let error = own_refusal(&strict(), answer.as_bytes()).await;
        assert_eq!(error.message, format!("the server answered with HTTP status {status}"));
        assert!(!error.is_lasting && !error.blocked, "{error:?}");
    }
}

#[tokio::test]
async fn what_is_cut_off_or_empty_is_worth_another_try() {
    const CLOSED: &str = "the connection was closed before the answer was complete";
    let film = String::from_utf8_lossy(FILM);
    let cases = [
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "the server sent an empty video",
        ),
        ("HTTP/1.1 200 OK\r\n\r\n".to_owned(), "the server sent an empty video"),
        (format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{film}"), CLOSED),
        (format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{film}"), CLOSED),
        (String::new(), CLOSED),
        ("HTTP/1.1 secret\r\n\r\n".to_owned(), "the answer is not valid HTTP"),
    ];
    for (answer, message) in cases {
        let error = own_refusal(&strict(), answer.as_bytes()).await;
        assert_eq!(error.message, message, "{answer}");
        assert!(!error.is_lasting && !error.blocked, "{error:?}");
    }
    // Closing with the request unread makes the system send a reset.
    let server = Server::start_raw(move |stream| {
        stream.peek(&mut [0; 1])?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")?;
        stream.write_all(FILM)
    });
    let error = refusal(&strict(), &plan(&server), &server.url("/")).await;
    assert_eq!(error.message, "the connection was reset before the answer was complete");
    assert!(!error.is_lasting, "{error:?}");
}

/// Whether the server could stop by itself, which it does only when the client is gone.
fn endless(stream: &mut TcpStream, piece: &[u8]) -> std::io::Result<()> {
    loop {
        stream.write_all(piece)?;
    }
}

#[tokio::test]
async fn what_is_no_video_is_given_up_at_its_first_bytes() {
    for start in
        ["<html><body>", "{\"error\":{\"message\":", "\u{1a}E\u{df}\u{a3}webm", "GIF89a \0\0"]
    {
        let server = Server::start(move |stream, _head| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n")?;
            stream.write_all(start.as_bytes())?;
            endless(stream, &[0; 8192])
        });
        let error = refusal(&strict(), &plan(&server), &server.url("/")).await;
        assert_eq!(error.message, "what the server sent is no MP4 video");
        assert!(error.is_lasting && !error.blocked, "{error:?}");
    }
    let error = own_refusal(&strict(), &ok(&FILM[..7])).await;
    assert_eq!(error.message, "what the server sent is no MP4 video");
    let packed = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b";
    let error = own_refusal(&strict(), packed).await;
    assert!(error.is_lasting && error.message.contains("compressed"), "{error:?}");
}

#[tokio::test]
async fn the_first_bytes_may_come_one_by_one() {
    let server = Server::start(|stream, _head| {
        stream.set_nodelay(true)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        for byte in FILM {
            stream.write_all(&[b'1', b'\r', b'\n', *byte, b'\r', b'\n'])?;
        }
        stream.write_all(b"0\r\n\r\n")
    });
    assert_eq!(fetch(&strict(), &plan(&server), DownloadSource::Url(&server.url("/"))).await, FILM);
}

#[tokio::test]
async fn a_long_film_arrives_whole_and_a_longer_one_not_at_all() {
    let film = [FILM, &vec![7; 3_000_000]].concat();
    let most = u64::try_from(film.len()).expect("a length");
    let limited = || {
        let options = EgressOptions { video_bytes_max: most, ..EgressOptions::default() };
        egress_with(options, &Names::default())
    };
    let whole = film.clone();
    let server = Server::start(move |stream, _head| {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {most}\r\n\r\n")?;
        stream.write_all(&whole)
    });
    let url = server.url("/");
    assert!(fetch(&limited(), &plan(&server), DownloadSource::Url(&url)).await == film);

    let message = format!("the video is longer than {most} bytes");
    for length in [most + 1, 10_000_000_000, u64::MAX - 2] {
        let server = Server::start(move |stream, _head| {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n")?;
            wait_for_close(stream)
        });
        let error = refusal(&limited(), &plan(&server), &server.url("/")).await;
        assert_eq!(error.message, message, "{length}");
        assert!(error.is_lasting && !error.blocked, "{error:?}");
    }
    let server = Server::start(|stream, _head| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        stream.write_all(FILM)?;
        endless(stream, &[0; 8192])
    });
    assert_eq!(refusal(&limited(), &plan(&server), &server.url("/")).await.message, message);
}

#[tokio::test]
async fn silence_and_slowness_end() {
    let silent = Server::start(|stream, _head| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")?;
        stream.write_all(FILM)?;
        wait_for_close(stream)
    });
    let mute = Server::start(|stream, _head| wait_for_close(stream));
    let options = || EgressOptions { idle_timeout_ms: 200, ..options() };
    let other = Server::answering(ok(FILM));
    for server in [&silent, &mute] {
        // By the trusted client, whose own limit is longer, and by the other one.
        for channel in [plan(server), plan(&other)] {
            let error = refusal(&egress(options()), &channel, &server.url("/")).await;
            assert_eq!(error.message, "the server was silent for 200 ms");
            assert!(!error.is_lasting, "{error:?}");
        }
    }
    let slow = Server::start(|stream, _head| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")?;
        stream.write_all(FILM)?;
        trickle(stream, b"a")
    });
    let timeouts = ChannelTimeouts { download_ms: 300, ..TIMES };
    let plan = Plan { timeouts, ..plan(&slow) };
    let error = refusal(&strict(), &plan, &slow.url("/")).await;
    assert_eq!(error.message, "the download was not over after 300 ms");
    assert!(!error.is_lasting, "{error:?}");
}
