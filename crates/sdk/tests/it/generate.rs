//! Creating: once, whatever is repeated, and from the create to the video in one go.

use pretty_assertions::assert_eq;
use rushes_sdk::{Client, Error, GenerateRequest, TaskStatus};

use crate::server::{Reply, Seen, Server, event, events, json, refusal, task};

const CREATED: &str = r#"{"id":"task_1","task_id":"task_1","object":"video","model":"m","status":"queued","progress":0,"created_at":1780000000,"seconds":6}"#;

fn created() -> Reply {
    json("200 OK", &[], CREATED)
}

fn request() -> GenerateRequest {
    GenerateRequest::new("m", "p")
}

/// Fails unless all creates had one key, and gives it.
fn the_key(seen: &[Seen]) -> String {
    let key = |seen: &Seen| seen.header("idempotency-key").expect("a key").to_owned();
    let mut keys: Vec<_> =
        seen.iter().filter(|seen| seen.first_line().starts_with("POST")).map(key).collect();
    keys.dedup();
    assert_eq!(keys.len(), 1, "{keys:?}");
    keys.remove(0)
}

#[tokio::test]
async fn one_call_leads_from_the_request_to_the_video() {
    let end = event(3, "end", "SUCCESS", 100);
    let stream = [event(1, "status", "QUEUED", 0), event(2, "status", "IN_PROGRESS", 7), end];
    let done = json("200 OK", &[], &task("SUCCESS", "100%", "http://x/v.mp4", ""));
    let server = Server::start(vec![created(), events(&stream.concat()), done]);
    let mut told = Vec::new();
    let wait = server.client().generate(&request()).wait();
    let task = wait.on_progress(|at| told.push((at.task_id.clone(), at.percent))).await.unwrap();

    assert_eq!(task.result_url, "http://x/v.mp4");
    // The id is known from the first word on, and what the answer said is not told twice.
    let id = || "task_1".to_owned();
    assert_eq!(told, [(id(), 0), (id(), 7), (id(), 100)]);
}

#[tokio::test]
async fn further_fields_stand_beside_the_usual_ones() {
    let server = Server::start(vec![created()]);
    let more = request().parameter("seed", 7).callback_url("https://hooks.example/jobs/7");
    server.client().generate(&more).await.unwrap();
    let body =
        r#"{"model":"m","prompt":"p","callback_url":"https://hooks.example/jobs/7","seed":7}"#;
    assert_eq!(server.seen()[0].body, body);
}

#[tokio::test]
async fn a_full_queue_is_waited_out_under_the_same_key() {
    let full = || refusal("429 Too Many Requests", &["retry-after: 0"], "queue_full", "full");
    let server = Server::start(vec![full(), full(), created()]);
    assert_eq!(server.client().generate(&request()).await.unwrap().id, "task_1");
    let seen = server.seen();
    assert_eq!((seen.len(), the_key(&seen).len()), (3, 32));
}

#[tokio::test]
async fn a_create_that_was_accepted_and_answered_wrongly_is_repeated_under_the_same_key() {
    let faults = [
        refusal("500 Internal Server Error", &[], "internal_error", "oh"),
        json("502 Bad Gateway", &[], "<html>"),
        json("504 Gateway Timeout", &[], ""),
        Reply::HangUp,
        Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"id\":".into()),
    ];
    for fault in faults {
        let server = Server::start(vec![fault, created()]);
        let given = request().idempotency_key("order-17");
        assert_eq!(server.client().generate(&given).await.unwrap().id, "task_1");
        let seen = server.seen();
        assert_eq!((seen.len(), the_key(&seen).as_str()), (2, "order-17"));
    }
}

#[tokio::test]
async fn refusals_that_stay_the_same_are_not_repeated() {
    for (status, code) in [
        ("400 Bad Request", "invalid_request"),
        ("403 Forbidden", "insufficient_quota"),
        ("422 Unprocessable Entity", "idempotency_key_reused"),
    ] {
        let server = Server::start(vec![refusal(status, &[], code, "no")]);
        let error = server.client().generate(&request()).wait().await.unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_task_that_failed_is_not_ordered_again() {
    let failed = json("200 OK", &[], &task("FAILURE", "100%", "", "no film"));
    let server = Server::start(vec![created(), events(&event(3, "end", "FAILURE", 100)), failed]);
    let error = server.client().generate(&request()).wait().await.unwrap_err();
    let Error::TaskFailed { task } = error else { panic!("{error:?}") };
    assert_eq!((&task.status, task.fail_reason.as_str()), (&TaskStatus::Failure, "no film"));
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_server_that_goes_away_after_a_create_is_waited_for() {
    let server = Server::start(vec![
        created(),
        Reply::Away(std::time::Duration::from_millis(300)),
        events(&event(3, "end", "SUCCESS", 100)),
        json("200 OK", &[], &task("SUCCESS", "100%", "http://x/v.mp4", "")),
    ]);
    assert!(server.client().generate(&request()).wait().await.is_ok());
}

#[tokio::test]
async fn a_delete_is_repeated_only_where_nothing_was_done() {
    let gone = r#"{"id":"task_1","task_id":"task_1","object":"video.deleted","deleted":true}"#;
    let busy = refusal("429 Too Many Requests", &["retry-after: 0"], "rate_limited", "slow down");
    let server = Server::start(vec![busy, json("200 OK", &[], gone)]);
    let deleted = server.client().delete("task_1").await.unwrap();
    assert_eq!((deleted.id.as_str(), deleted.deleted), ("task_1", true));
    assert_eq!(deleted.body, gone.as_bytes());
    let line = "DELETE /v1/video/generations/task_1 HTTP/1.1";
    assert!(server.seen().iter().all(|seen| seen.first_line() == line));

    let proxy = || json("503 Service Unavailable", &[], "<html>");
    for lost in [Reply::HangUp, json("502 Bad Gateway", &[], ""), proxy()] {
        let server = Server::start(vec![lost]);
        assert!(server.client().delete("task_1").await.is_err());
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn one_attempt_means_one_for_a_create_too() {
    let server = Server::start(vec![Reply::HangUp]);
    let client = Client::builder(&server.url, "sk-x").attempts_max(1).build().unwrap();
    let error = client.generate(&request()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert_eq!(server.seen().len(), 1);
}
