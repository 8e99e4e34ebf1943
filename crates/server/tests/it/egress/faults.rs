//! How the trusted client tells what went wrong, and whether the request can have arrived.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use pretty_assertions::assert_eq;
use rushes_domain::channel::ChannelTimeouts;
use rushes_providers::{
    ANSWER_BYTES_MAX, Http as _, HttpAnswer, HttpFault, HttpRequest, Operation,
};
use rushes_server::egress::{Resolve, Trusted, TrustedOptions};
use rushes_server::ids::SystemIds;

use super::channels::{Plan, TIMES, plan, poll};
use super::support::{Names, Server, ok, wait_for_close};
use super::times::{Mute, trickle};

#[tokio::test]
async fn what_did_not_leave_is_known() {
    // An address of this test alone, so that nobody else takes the port that is free again.
    let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 4));
    let free = TcpListener::bind((address, 0)).and_then(|listener| listener.local_addr());
    let words = Plan::at(format!("http://{}", free.expect("a port"))).not_sent().await;
    assert_eq!(words, "the connection was refused: nothing listens there");

    let words = Plan::at("http://nowhere.example").not_sent().await;
    assert_eq!(words, "the host name could not be resolved (DNS): no such name");
    let names = Names::one("empty.example", &[]);
    let words = Plan { names, ..Plan::at("http://empty.example") }.not_sent().await;
    assert_eq!(words, "the host name could not be resolved (DNS): it has no address");

    let garbage = Server::start_raw(|stream| {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
        wait_for_close(stream)
    });
    let words = Plan::at(format!("https://{}", garbage.address)).not_sent().await;
    assert!(words.starts_with("no TLS connection could be made: "), "{words}");

    let closing = Server::start_raw(|_stream| Ok(()));
    let words = Plan::at(format!("https://{}", closing.address)).not_sent().await;
    assert!(words.starts_with("connecting failed: "), "{words}");

    let silent = Server::start_raw(wait_for_close);
    let options = TrustedOptions { connect_timeout_ms: 200, ..TrustedOptions::default() };
    let words =
        Plan { options, ..Plan::at(format!("https://{}", silent.address)) }.not_sent().await;
    assert_eq!(words, "connecting timed out after 200 ms");
}

#[tokio::test]
async fn looking_up_the_name_is_part_of_connecting() {
    let plan = Plan::at("http://slow.example");
    let options = TrustedOptions { connect_timeout_ms: 100, ..TrustedOptions::default() };
    let clock = Arc::new(plan.clock.clone());
    let ids = Arc::new(SystemIds);
    let mute: Arc<dyn Resolve> = Arc::new(Mute);
    let trusted = Trusted::new(&options, &mute, clock, ids);
    let channel = trusted.expect("a client").channel(&plan.terms(), None, plan.seen.clone());
    let fault = channel.expect("a channel").send(poll()).await.expect_err("no answer");
    assert_eq!(fault, HttpFault::NotSent("connecting timed out after 100 ms".to_owned()));
}

#[tokio::test]
async fn silence_may_mean_anything() {
    let heads = ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"];
    for head in heads {
        let server = Server::start(move |stream, _request| {
            stream.write_all(head.as_bytes())?;
            wait_for_close(stream)
        });
        let options = TrustedOptions { idle_timeout_ms: 200, ..TrustedOptions::default() };
        let words = Plan { options, ..plan(&server) }.broken().await;
        assert_eq!(words, "the server was silent for 200 ms", "{head}");
    }
}

#[tokio::test]
async fn each_operation_has_its_limit_in_time() {
    let server = Server::start(|stream, _head| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")?;
        trickle(stream, b"a")
    });
    let slow = |operation| HttpRequest::new(operation, Method::GET, "/v1/x");
    let words = |outcome: Result<HttpAnswer, HttpFault>| {
        let fault = outcome.expect_err("no answer");
        assert!(matches!(fault, HttpFault::Broken(_)), "{fault:?}");
        fault.to_string()
    };
    let timeouts = ChannelTimeouts { submit_ms: 250, ..TIMES };
    let plan_submit = Plan { timeouts, ..plan(&server) };
    let text = words(plan_submit.send(slow(Operation::Submit)).await);
    assert_eq!(text, "timed out: no whole answer came within 250 ms");
    let timeouts = ChannelTimeouts { poll_ms: 150, ..TIMES };
    let plan_others = Plan { timeouts, ..plan(&server) };
    for operation in [Operation::Poll, Operation::Cancel, Operation::Check] {
        let text = words(plan_others.send(slow(operation)).await);
        assert_eq!(text, "timed out: no whole answer came within 150 ms");
    }
}

/// An engine may be silent for as long as it takes a job in; the channel's limit is the only one.
#[tokio::test]
async fn a_submit_may_be_silent_for_as_long_as_its_channel_allows() {
    let server = Server::start(|stream, _head| {
        std::thread::sleep(Duration::from_millis(400));
        stream.write_all(&ok(b"{}"))
    });
    let options = TrustedOptions { idle_timeout_ms: 100, ..TrustedOptions::default() };
    let plan = Plan { options, ..plan(&server) };
    let request = |operation| HttpRequest::new(operation, Method::GET, "/v1/x");
    let answer = plan.send(request(Operation::Submit)).await.expect("an answer");
    assert_eq!(answer.status, 200);
    plan.send(request(Operation::Poll)).await.expect_err("too silent for a poll");
}

#[tokio::test]
async fn connections_that_break_may_have_brought_it() {
    const CLOSED: &str = "the connection was closed before the answer was complete";
    let cases: [(&str, &[u8]); 5] = [
        ("closed without a word", b""),
        ("closed within the head", b"HTTP/1.1 200 OK\r\nContent-"),
        ("shorter than announced", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"),
        (
            "chunks without an end",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        ),
        ("cut chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{}"),
    ];
    for (name, answer) in cases {
        let server = Server::answering(answer);
        assert_eq!(plan(&server).broken().await, CLOSED, "{name}");
        // Sent once.
        assert_eq!(server.heads().len(), 1, "{name}");
    }
    for answer in
        ["", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"]
    {
        // Closing with the request unread makes the system send a reset.
        let server = Server::start_raw(move |stream| {
            stream.peek(&mut [0; 1])?;
            stream.write_all(answer.as_bytes())
        });
        let words = plan(&server).broken().await;
        assert_eq!(words, "the connection was reset before the answer was complete", "{answer}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_no_answer() {
    let cases: [&[u8]; 6] = [
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 70\r\n\r\npicture",
    ];
    for answer in cases {
        let server = Server::answering(answer);
        let words = plan(&server).broken().await;
        assert_eq!(words, "the answer is not valid HTTP", "{}", String::from_utf8_lossy(answer));
    }
    let pieces = ["a: b\r\n".to_owned(), format!("a: {}\r\n", "b".repeat(100_000))];
    for piece in pieces {
        let server = Server::start(move |stream, _head| {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                stream.write_all(piece.as_bytes())?;
            }
        });
        assert_eq!(plan(&server).broken().await, "the head of the answer is too long");
    }
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_limit() {
    let whole = vec![b'a'; ANSWER_BYTES_MAX];
    let server = Server::answering(ok(&whole));
    let answer = plan(&server).send(poll()).await.expect("an answer");
    assert_eq!(answer.body.len(), ANSWER_BYTES_MAX);

    let longer = format!("the answer is longer than {ANSWER_BYTES_MAX} bytes");
    for length in [ANSWER_BYTES_MAX + 1, 50_000_000, usize::MAX - 2] {
        let server = Server::start(move |stream, _head| {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n")?;
            wait_for_close(stream)
        });
        assert_eq!(plan(&server).broken().await, longer, "{length}");
    }
    let heads =
        ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"];
    for head in heads {
        let server = Server::start(move |stream, _head| {
            stream.write_all(head.as_bytes())?;
            loop {
                stream.write_all(b"8\r\n12345678\r\n")?;
            }
        });
        assert_eq!(plan(&server).broken().await, longer, "{head}");
    }
}

#[tokio::test]
async fn packed_answers_are_not_unpacked() {
    for line in [
        "Content-Encoding: gzip",
        "Content-Encoding: br",
        "Content-Encoding: identity, gzip",
        "Transfer-Encoding: gzip, chunked",
    ] {
        let server = Server::start(move |stream, _head| {
            write!(stream, "HTTP/1.1 200 OK\r\n{line}\r\n\r\n")?;
            wait_for_close(stream)
        });
        let words = plan(&server).broken().await;
        assert_eq!(words, "the answer is compressed, which was not asked for", "{line}");
    }
}
