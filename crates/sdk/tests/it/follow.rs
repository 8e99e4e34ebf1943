//! Following a task: every change once and in order, whatever becomes of connections.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use pretty_assertions::assert_eq;
use rushes_sdk::{Error, Follow, GenerateRequest, TaskEvent, TaskStatus};

use crate::server::{EVENTS, Reply, Server, event, events, json, no_events, refusal, task};

/// What happened, in short: the kind of event, the status and the percentage.
fn brief(event: &TaskEvent) -> String {
    let kind = match event {
        TaskEvent::Status(_) => "status",
        TaskEvent::Progress(_) => "progress",
        TaskEvent::End(_) => "end",
        _ => "other",
    };
    let at = event.progress();
    format!("{kind} {} {}", at.status.as_str(), at.percent)
}

async fn all(follow: &mut Follow) -> Vec<String> {
    let mut told = Vec::new();
    while let Some(event) = follow.next().await.expect("no error") {
        told.push(brief(&event));
    }
    told
}

fn last_ids(server: &Server) -> Vec<Option<String>> {
    let id = |seen: &crate::server::Seen| seen.header("last-event-id").map(str::to_owned);
    server.seen().iter().map(id).collect()
}

const TOLD: [&str; 4] =
    ["status QUEUED 0", "status IN_PROGRESS 7", "progress IN_PROGRESS 40", "end SUCCESS 100"];

/// A whole way, with repetitions, comments and events of a later version in it.
fn way() -> String {
    [
        "retry: 50\n\n",
        &event(3, "status", "QUEUED", 0),
        ": still there\n\n",
        &event(4, "status", "IN_PROGRESS", 7),
        "event: applause\ndata: loud\n\n",
        &event(5, "progress", "IN_PROGRESS", 40),
        &event(5, "progress", "IN_PROGRESS", 40),
        &event(9, "end", "SUCCESS", 100),
    ]
    .concat()
}

#[tokio::test]
async fn each_change_is_told_once_and_then_the_end() {
    let server = Server::start(vec![events(&way())]);
    let mut follow = server.client().follow("task_1");
    assert_eq!(all(&mut follow).await, TOLD);
    assert!(follow.next().await.expect("no error").is_none());

    let seen = server.seen();
    assert_eq!(seen[0].first_line(), "GET /v1/video/generations/task_1/events HTTP/1.1");
    assert_eq!(seen[0].header("accept"), Some("text/event-stream"));
    assert_eq!(seen[0].header("last-event-id"), None);
}

#[tokio::test]
async fn it_is_a_stream_of_the_same_events() {
    let server = Server::start(vec![events(&way())]);
    let told: Vec<TaskEvent> = server.client().follow("task_1").try_collect().await.unwrap();
    assert_eq!(told.iter().map(brief).collect::<Vec<_>>(), TOLD);
    let Some(TaskEvent::End(task)) = told.last() else { panic!("{told:?}") };
    assert!(task.is_success());
}

#[test]
fn it_can_be_made_before_there_is_a_runtime() {
    let server = Server::start(vec![events(&way())]);
    let client = server.client();
    let mut follow = client.follow("task_1").timeout(Duration::from_secs(60));
    drop((client.wait("task_1"), client.generate(&GenerateRequest::new("m", "p")).wait()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(all(&mut follow)), TOLD);
}

#[tokio::test]
async fn a_next_that_is_dropped_loses_nothing() {
    let (first, second) = (event(3, "status", "QUEUED", 0), event(4, "status", "IN_PROGRESS", 7));
    let server = Server::start(vec![events(&first), events(&(second + &way()))]);
    let mut follow = server.client().follow("task_1");
    let mut told = Vec::new();
    let mut given_up = 0;
    loop {
        let event = tokio::select! {
            biased;
            event = follow.next() => event.expect("no error"),
            () = tokio::task::yield_now() => {
                given_up += 1;
                continue;
            }
        };
        let Some(event) = event else { break };
        told.push(brief(&event));
    }
    assert!(given_up > 0);
    assert_eq!(told.last().map(String::as_str), Some("end SUCCESS 100"), "{told:?}");
    assert_eq!(told[..2], TOLD[..2]);
}

#[tokio::test]
async fn places_in_the_queue_are_progress() {
    let place = |place: u32| {
        format!(
            "event: status\ndata: {{\"task_id\":\"task_1\",\"status\":\"QUEUED\",\"progress\":\"0%\",\"queue_position\":{place}}}\n\n"
        )
    };
    let end = event(9, "end", "FAILURE", 100);
    let server = Server::start(vec![events(&[place(2), place(2), place(1), end].concat())]);
    let told: Vec<TaskEvent> = server.client().follow("task_1").try_collect().await.unwrap();
    let places: Vec<_> = told.iter().map(|event| event.progress().queue_position).collect();
    assert_eq!(places, [Some(2), Some(1), None]);
    assert_eq!(told[2].progress().status, TaskStatus::Failure);
}

#[tokio::test]
async fn a_stream_that_breaks_goes_on_behind_the_last_whole_event() {
    // The first breaks off in the middle of a transfer, the second ends in the middle of an event.
    let whole = event(4, "status", "QUEUED", 0);
    let chunked = EVENTS.replace("connection: close", "transfer-encoding: chunked");
    let broken = format!("{chunked}fff\r\nretry: 50\n\n{whole}id: 8\nevent: progress\nda");
    let half = event(6, "status", "IN_PROGRESS", 7) + "id: 9\nevent: end\ndata: {\"task_id\":";
    let server = Server::start(vec![
        Reply::Bytes(broken.into_bytes()),
        events(&half),
        Reply::HangUp,
        events(&way()),
    ]);
    let mut follow = server.client().follow("task_1");
    let told = all(&mut follow).await;
    assert_eq!(told.last().map(String::as_str), Some("end SUCCESS 100"));
    assert_eq!(told[..2], TOLD[..2]);
    let six = Some("6".to_owned());
    assert_eq!(last_ids(&server), [None, Some("4".to_owned()), six.clone(), six]);
}

#[tokio::test]
async fn a_silent_connection_counts_as_broken() {
    let text = format!("{EVENTS}retry: 50\n\n{}", event(4, "status", "QUEUED", 0));
    let server = Server::start(vec![Reply::Silent(text.into_bytes()), events(&way())]);
    let mut follow = server.client().follow("task_1").silence_max(Duration::from_millis(200));
    assert_eq!(all(&mut follow).await, TOLD);
    assert_eq!(last_ids(&server), [None, Some("4".to_owned())]);
}

#[tokio::test]
async fn a_server_without_streams_is_asked() {
    let html = json("200 OK", &[], "{}");
    let not_allowed = refusal("405 Method Not Allowed", &[], "method_not_allowed", "no");
    for without in [no_events(), not_allowed, html] {
        let again = &["retry-after: 0"];
        let server = Server::start(vec![
            without,
            json("200 OK", again, &task("QUEUED", "0%", "", "")),
            json("200 OK", again, &task("IN_PROGRESS", "7%", "", "")),
            json("200 OK", again, &task("IN_PROGRESS", "40%", "", "")),
            json("200 OK", &[], &task("SUCCESS", "100%", "http://x/v.mp4", "")),
        ]);
        assert_eq!(all(&mut server.client().follow("task_1")).await, TOLD);
        let seen = server.seen();
        let holds: Vec<_> = seen[1..].iter().map(|seen| seen.header("prefer")).collect();
        assert_eq!(holds, [None, Some("wait=5"), Some("wait=5"), Some("wait=5")]);
    }
}

#[tokio::test]
async fn too_many_streams_are_waited_out_by_asking() {
    let again = &["retry-after: 0"];
    let server = Server::start(vec![
        refusal("429 Too Many Requests", again, "rate_limited", "too many"),
        json("200 OK", again, &task("QUEUED", "0%", "", "")),
        events(&way()),
    ]);
    assert_eq!(all(&mut server.client().follow("task_1")).await, TOLD);

    // As long as the pause is not over no stream is opened.
    let later = &["retry-after: 60"];
    let server = Server::start(vec![
        refusal("429 Too Many Requests", later, "rate_limited", "too many"),
        json("200 OK", again, &task("QUEUED", "0%", "", "")),
        json("200 OK", &[], &task("SUCCESS", "100%", "http://x/v.mp4", "")),
    ]);
    let told = all(&mut server.client().follow("task_1")).await;
    assert_eq!(told, ["status QUEUED 0", "end SUCCESS 100"]);
}

#[tokio::test]
async fn what_is_no_stream_to_understand_is_given_up_for_questions() {
    let endless = [EVENTS.as_bytes(), &vec![b'x'; 2 * 1024 * 1024]].concat();
    let no_json = events("event: status\ndata: {\n\n");
    for reply in [Reply::Bytes(endless), no_json] {
        let done = json("200 OK", &[], &task("SUCCESS", "100%", "http://x/v.mp4", ""));
        let server = Server::start(vec![reply, done]);
        assert_eq!(all(&mut server.client().follow("task_1")).await, ["end SUCCESS 100"]);
    }
}

#[tokio::test]
async fn streams_that_bring_nothing_are_given_up_for_questions() {
    let done = json("200 OK", &[], &task("SUCCESS", "100%", "http://x/v.mp4", ""));
    let silent = Reply::Silent(EVENTS.into());
    let server = Server::start(vec![events(""), silent, done]);
    let mut follow = server.client().follow("task_1").silence_max(Duration::from_millis(200));
    assert_eq!(all(&mut follow).await, ["end SUCCESS 100"]);
}

#[tokio::test]
async fn an_end_that_was_missed_is_asked_for() {
    let nothing_more = Reply::Bytes(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".into());
    let done = json("200 OK", &[], &task("FAILURE", "100%", "", "no"));
    let server = Server::start(vec![nothing_more, done]);
    assert_eq!(all(&mut server.client().follow("task_1")).await, ["end FAILURE 100"]);
}

#[tokio::test]
async fn a_task_that_is_gone_is_an_error_and_the_last_word() {
    let gone = || refusal("404 Not Found", &[], "task_not_exist", "no such task");
    let server = Server::start(vec![events(&event(3, "status", "QUEUED", 0)), gone(), gone()]);
    let mut follow = server.client().follow("task_1");
    assert!(follow.next().await.unwrap().is_some());
    assert_eq!(follow.next().await.unwrap_err().code(), "task_not_exist");
    assert!(follow.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_refused_key_is_told_at_once() {
    let server = Server::start(vec![refusal("401 Unauthorized", &[], "invalid_api_key", "no")]);
    let error = server.client().follow("task_1").next().await.unwrap_err();
    assert_eq!(error.code(), "invalid_api_key");
}

#[tokio::test]
async fn nothing_lasts_longer_than_the_time_out() {
    let text = format!("{EVENTS}{}", event(4, "status", "QUEUED", 0));
    let server = Server::start(vec![Reply::Silent(text.into_bytes())]);
    let mut follow = server.client().follow("task_1").timeout(Duration::from_secs(1));
    assert!(follow.next().await.unwrap().is_some());
    let error = follow.next().await.unwrap_err();
    assert!(matches!(&error, Error::Timeout { task: None, .. }), "{error:?}");
    assert_eq!(error.to_string(), "the task task_1 has not ended in time");
    assert!(follow.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_server_that_restarts_is_found_again() {
    let server = Server::start(vec![
        events(&format!("retry: 50\n\n{}", event(3, "status", "QUEUED", 0))),
        Reply::Away(Duration::from_millis(300)),
        refusal("503 Service Unavailable", &["retry-after: 0"], "shutting_down", "stopping"),
        refusal("500 Internal Server Error", &[], "internal_error", "oh"),
        events(&way()),
    ]);
    assert_eq!(all(&mut server.client().follow("task_1")).await, TOLD);
    assert_eq!(last_ids(&server)[1..], [Some("3".to_owned()), Some("3".into()), Some("3".into())]);
}

#[tokio::test]
async fn a_server_that_never_was_there_is_not_waited_for() {
    let server = Server::start(vec![Reply::HangUp, Reply::HangUp, Reply::HangUp]);
    let error = server.client().follow("task_1").next().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { refused: false, .. }), "{error:?}");
    assert_eq!(server.seen().len(), 3);
}
