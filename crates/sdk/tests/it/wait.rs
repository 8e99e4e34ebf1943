//! Waiting: until the end, through outages, and no longer than asked.

use std::time::Duration;

use pretty_assertions::assert_eq;
use rushes_sdk::{Error, Progress};

use crate::server::{EVENTS, Reply, Server, event, events, json, no_events, refusal, task};

const DONE: &str = "http://x/v.mp4";

fn done() -> Reply {
    json("200 OK", &[], &task("SUCCESS", "100%", DONE, ""))
}

#[tokio::test]
async fn every_step_is_reported_until_the_video_is_there() {
    let stream = [
        event(1, "status", "QUEUED", 0),
        event(2, "status", "SOME_NEW_WORD", 30),
        event(3, "end", "SUCCESS", 100),
    ];
    let server = Server::start(vec![events(&stream.concat()), done()]);
    let mut percents = Vec::new();
    let wait = server.client().wait("task_1").on_progress(|at| percents.push(at.percent));
    let task = wait.await.unwrap();

    // The answer is the server's own to a question after the end, not the event.
    assert_eq!(task.result_url, DONE);
    assert!(task.body.starts_with(br#"{"code":"success""#));
    assert_eq!(task.request_id(), Some("req_1"));
    assert_eq!(percents, [0, 30, 100]);
    let lines: Vec<_> = server.seen().iter().map(|it| it.first_line().to_owned()).collect();
    assert_eq!(lines[1], "GET /v1/video/generations/task_1 HTTP/1.1");
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn without_streams_every_answer_is_reported() {
    let again = &["retry-after: 0"];
    let server = Server::start(vec![
        no_events(),
        json("200 OK", again, &task("QUEUED", "0%", "", "")),
        json("200 OK", again, &task("SOME_NEW_WORD", "30%", "", "")),
        done(),
    ]);
    let mut percents = Vec::new();
    let wait = server.client().wait("task_1").on_progress(|at| percents.push(at.percent));
    assert_eq!(wait.await.unwrap().result_url, DONE);
    assert_eq!(percents, [0, 30, 100]);
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_failure_holds_the_reason_and_the_body() {
    let body = task("FAILURE", "100%", "", "Image URL could not be fetched");
    let end = event(3, "end", "FAILURE", 100);
    let server = Server::start(vec![events(&end), json("200 OK", &[], &body)]);
    let error = server.client().wait("task_1").await.unwrap_err();

    assert_eq!(error.to_string(), "Image URL could not be fetched");
    assert_eq!(error.body(), Some(body.as_bytes()));
}

#[tokio::test]
async fn a_wait_without_time_looks_once_and_says_how_the_task_stands() {
    let server = Server::start(vec![json("200 OK", &[], &task("IN_PROGRESS", "40%", "", ""))]);
    let error = server.client().wait("task_1").timeout(Duration::ZERO).await;

    let Err(Error::Timeout { task: Some(task), task_id }) = error else { panic!("{error:?}") };
    assert_eq!((task.percent(), task_id.as_str()), (40, "task_1"));
    let seen = server.seen();
    assert_eq!((seen.len(), seen[0].header("prefer")), (1, None));
}

#[tokio::test]
async fn a_task_that_ends_as_the_time_is_up_has_ended() {
    let stream = format!("{EVENTS}{}", event(1, "status", "QUEUED", 0));
    let server = Server::start(vec![Reply::Silent(stream.into_bytes()), done()]);
    let wait = server.client().wait("task_1").timeout(Duration::from_millis(300));
    assert_eq!(wait.await.unwrap().result_url, DONE);
}

#[tokio::test]
async fn a_server_that_is_away_as_the_time_is_up_changes_nothing_about_the_time_out() {
    let stream = format!("{EVENTS}{}", event(1, "status", "QUEUED", 0));
    let hang_ups = (0..3).map(|_| Reply::HangUp);
    let script = [Reply::Silent(stream.into_bytes())].into_iter().chain(hang_ups).collect();
    let server = Server::start(script);
    let error = server.client().wait("task_1").timeout(Duration::from_millis(300)).await;
    assert!(matches!(error, Err(Error::Timeout { task: None, .. })), "{error:?}");
}

#[tokio::test]
async fn a_server_that_was_there_may_be_away_for_a_while() {
    let retry = format!("retry: 50\n\n{}", event(1, "status", "QUEUED", 0));
    let server = Server::start(vec![
        events(&retry),
        Reply::HangUp,
        Reply::Away(Duration::from_millis(300)),
        events(&event(2, "end", "SUCCESS", 100)),
        // Also between the end and the answer about it.
        Reply::HangUp,
        Reply::HangUp,
        Reply::HangUp,
        done(),
    ]);

    let mut told: Vec<Progress> = Vec::new();
    let wait = server.client().wait("task_1").on_progress(|at| told.push(at.clone()));
    assert!(wait.await.is_ok());
    assert_eq!(told.last().map(|at| at.percent), Some(100));
}

#[tokio::test]
async fn a_server_that_never_was_there_is_not_waited_for() {
    let server = Server::start(vec![Reply::HangUp, Reply::HangUp, Reply::HangUp]);
    let error = server.client().wait("task_1").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { refused: false, .. }), "{error:?}");
}

#[tokio::test]
async fn a_task_that_does_not_exist_is_told_as_such() {
    let unknown = || refusal("404 Not Found", &[], "task_not_exist", "no such task");
    let server = Server::start(vec![unknown(), unknown()]);
    assert_eq!(server.client().wait("task_1").await.unwrap_err().code(), "task_not_exist");
    let server = Server::start(vec![unknown()]);
    let wait = server.client().wait("task_1").timeout(Duration::ZERO);
    assert_eq!(wait.await.unwrap_err().code(), "task_not_exist");
}
