//! Downloads: whole or not at all, resumed where they broke, without the key.

use std::fs;
use std::time::Duration;

use pretty_assertions::assert_eq;
use rushes_sdk::{Client, Error};
use tempfile::tempdir;
use tokio::time::timeout;

use crate::server::{Reply, Server, json, refusal};

fn file(status: &str, headers: &str, announced: usize, sent: &str) -> Reply {
    let text = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {announced}\r\nconnection: close\r\n{headers}\r\n{sent}"
    );
    Reply::Bytes(text.into_bytes())
}

/// Names in the folder: nothing but the file itself may be left.
fn names(folder: &std::path::Path) -> Vec<String> {
    fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("Unicode"))
        .collect()
}

#[tokio::test]
async fn a_broken_transfer_goes_on_where_it_broke() {
    let etag = "etag: \"v1\"\r\n";
    let rest = "etag: \"v1\"\r\ncontent-range: bytes 4-9/10\r\n";
    let server = Server::start(vec![
        file("200 OK", etag, 10, "0123"),
        file("206 Partial Content", rest, 6, "456789"),
    ]);
    let folder = tempdir().unwrap();
    let path = folder.path().join("v.mp4");
    let mut reported = Vec::new();
    let url = format!("{}/files/v.mp4?x=1", server.url);
    let done = server.client().download(&url, &path, |at| reported.push(at)).await.unwrap();

    assert_eq!(fs::read_to_string(&path).unwrap(), "0123456789");
    assert_eq!(names(folder.path()), ["v.mp4"]);
    assert_eq!((done.bytes, reported.last().unwrap().total), (10, Some(10)));
    let seen = server.seen();
    assert_eq!(seen[1].header("range"), Some("bytes=4-"));
    assert_eq!(seen[1].header("if-range"), Some("\"v1\""));
    assert!(seen.iter().all(|seen| seen.header("authorization").is_none()));
}

#[tokio::test]
async fn another_file_or_another_range_starts_anew() {
    let etag = "etag: \"v1\"\r\n";
    let wrong = "etag: \"v1\"\r\ncontent-range: bytes 0-9/10\r\n";
    let server = Server::start(vec![
        file("200 OK", etag, 10, "0123"),
        file("206 Partial Content", wrong, 10, "0123456789"),
        file("200 OK", "etag: \"v2\"\r\n", 10, "abc"),
        file("200 OK", "etag: \"v3\"\r\n", 5, "ABCDE"),
    ]);
    let folder = tempdir().unwrap();
    let path = folder.path().join("v.mp4");
    server.client().download(&server.url, &path, |_| {}).await.unwrap();

    assert_eq!(fs::read_to_string(&path).unwrap(), "ABCDE");
}

#[tokio::test]
async fn a_refused_or_hopeless_download_leaves_what_was_there() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("v.mp4");
    fs::write(&path, "old").unwrap();

    let server = Server::start(vec![refusal("410 Gone", &[], "result_expired", "no longer kept")]);
    let error = server.client().download(&server.url, &path, |_| {}).await.unwrap_err();
    assert_eq!(error.code(), "result_expired");

    let hang_ups = (0..4).map(|_| Reply::HangUp).collect();
    let server = Server::start(hang_ups);
    let error = server.client().download(&server.url, &path, |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");

    assert_eq!(names(folder.path()), ["v.mp4"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
}

#[tokio::test]
async fn a_server_that_falls_silent_is_not_waited_for() {
    let silent = |head: &str| Reply::Silent(format!("HTTP/1.1 {head}\r\n\r\n").into_bytes());
    let folder = tempdir().unwrap();
    let path = folder.path().join("v.mp4");
    // In a refusal, in one that may pass, and in the file itself.
    for (head, tries, code) in [
        ("410 Gone\r\ncontent-length: 100", 1, "http_410"),
        ("500 Internal Server Error\r\ncontent-length: 100", 4, "http_500"),
        ("200 OK\r\ncontent-length: 100", 4, "unreachable"),
    ] {
        let server = Server::start((0..4).map(|_| silent(head)).collect());
        let builder = Client::builder(&server.url, "sk-test-0123456789abcdef");
        let client = builder.silence_max(Duration::from_millis(100)).build().unwrap();
        let download = client.download(&server.url, &path, |_| {});
        let ended = timeout(Duration::from_secs(20), download).await.expect("an end");
        assert_eq!(ended.unwrap_err().code(), code);
        assert_eq!(server.seen().len(), tries, "{head}");
    }
    assert_eq!(names(folder.path()), [""; 0]);
}

#[tokio::test]
async fn redirects_are_followed_and_circles_are_not() {
    let server = Server::start(vec![
        json("302 Found", &["location: /elsewhere"], ""),
        file("200 OK", "", 2, "ok"),
    ]);
    let folder = tempdir().unwrap();
    let path = folder.path().join("v.mp4");
    server.client().download(&format!("{}/a", server.url), &path, |_| {}).await.unwrap();
    assert_eq!(server.seen()[1].first_line(), "GET /elsewhere HTTP/1.1");

    let circle = (0..6).map(|_| json("302 Found", &["location: /a"], "")).collect();
    let server = Server::start(circle);
    let error = server.client().download(&server.url, &path, |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let server = Server::start(Vec::new());
    let folder = tempdir().unwrap();
    let path = folder.path().join("none/v.mp4");
    let error = server.client().download(&server.url, &path, |_| {}).await.unwrap_err();

    assert!(matches!(error, Error::File { .. }), "{error:?}");
    assert!(error.to_string().contains("v.mp4"), "{error}");
}
