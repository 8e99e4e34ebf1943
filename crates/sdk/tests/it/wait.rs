//! Waiting: until the end, through outages, and no longer than asked.

use std::time::Duration;

use pretty_assertions::assert_eq;
use rushes_sdk::{Error, WaitOptions};

use crate::server::{Reply, Server, json, task};

const LONG: WaitOptions = WaitOptions::new(Duration::from_secs(600));

#[tokio::test]
async fn every_answer_is_reported_until_the_video_is_there() {
    let again = &["retry-after: 0"];
    let server = Server::start(vec![
        json("200 OK", again, &task("QUEUED", "0%", "", "")),
        json("200 OK", again, &task("SOME_NEW_WORD", "30%", "", "")),
        json("200 OK", &[], &task("SUCCESS", "100%", "http://x/v.mp4", "")),
    ]);
    let mut percents = Vec::new();
    let done = server.client().wait("task_1", &LONG, |task| percents.push(task.percent())).await;

    assert_eq!(done.unwrap().result_url, "http://x/v.mp4");
    assert_eq!(percents, [0, 30, 100]);
    assert!(server.seen().iter().all(|seen| seen.header("prefer") == Some("wait=20")));
}

#[tokio::test]
async fn a_failure_holds_the_reason_and_the_body() {
    let body = task("FAILURE", "100%", "", "Image URL could not be fetched");
    let server = Server::start(vec![json("200 OK", &[], &body)]);
    let error = server.client().wait("task_1", &LONG, |_| {}).await.unwrap_err();

    assert_eq!(error.to_string(), "Image URL could not be fetched");
    assert_eq!(error.body(), Some(body.as_bytes()));
}

#[tokio::test]
async fn a_wait_without_time_looks_once_and_says_how_the_task_stands() {
    let server = Server::start(vec![json("200 OK", &[], &task("IN_PROGRESS", "40%", "", ""))]);
    let error = server.client().wait("task_1", &WaitOptions::new(Duration::ZERO), |_| {}).await;

    let Err(Error::Timeout { task }) = error else { panic!("{error:?}") };
    assert_eq!(task.percent(), 40);
    assert_eq!(server.seen()[0].header("prefer"), None);
}

#[tokio::test]
async fn a_server_that_was_there_may_be_away_for_a_while() {
    let again = &["retry-after: 0"];
    let server = Server::start(vec![
        json("200 OK", again, &task("QUEUED", "0%", "", "")),
        Reply::HangUp,
        Reply::HangUp,
        Reply::HangUp,
        json("200 OK", &[], &task("SUCCESS", "100%", "http://x/v.mp4", "")),
    ]);

    assert!(server.client().wait("task_1", &LONG, |_| {}).await.is_ok());
}

#[tokio::test]
async fn a_server_that_never_was_there_is_not_waited_for() {
    let server = Server::start(vec![Reply::HangUp, Reply::HangUp, Reply::HangUp]);
    let error = server.client().wait("task_1", &LONG, |_| {}).await.unwrap_err();

    assert!(matches!(error, Error::Unreachable { refused: false, .. }), "{error:?}");
}
