//! Calls: what is sent, what is read, what is repeated, and how refusals arrive.

use pretty_assertions::assert_eq;
use rushes_sdk::{ApiRequest, Client, Error, GenerateRequest, Image, ListQuery};

use crate::server::{Reply, Server, json, refusal, task};

const CREATED: &str = r#"{"id":"task_1","task_id":"task_1","object":"video","model":"grok-image-video","status":"queued","progress":0,"created_at":1780000000,"seconds":6,"cost":{"amount":"0.54","ticks":"5400000000","state":"held"}}"#;

#[tokio::test]
async fn generate_sends_only_what_was_set_and_keeps_the_body() {
    let server = Server::start(vec![json("200 OK", &[], CREATED)]);
    let request = GenerateRequest::new("grok-image-video", "雨夜霓虹")
        .seconds(6)
        .image(Image::bytes(b"GIF89a").unwrap())
        .metadata("order", "17");
    let created = server.client().generate(&request).await.unwrap();

    assert_eq!(created.id, "task_1");
    assert_eq!(created.cost.as_ref().unwrap().amount, "0.54");
    assert_eq!(created.body, CREATED.as_bytes());
    assert_eq!(created.request_id(), Some("req_1"));
    let seen = server.seen();
    assert_eq!(seen[0].first_line(), "POST /v1/video/generations HTTP/1.1");
    assert_eq!(seen[0].header("authorization"), Some("Bearer sk-test-0123456789abcdef"));
    assert_eq!(
        seen[0].body,
        r#"{"model":"grok-image-video","prompt":"雨夜霓虹","seconds":6,"image_urls":["data:image/gif;base64,R0lGODlh"],"metadata":{"order":"17"}}"#
    );
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_repeated_with_the_same_idempotency_key() {
    let server = Server::start(vec![Reply::HangUp, json("200 OK", &[], CREATED)]);
    let created = server.client().generate(&GenerateRequest::new("m", "p")).await.unwrap();

    assert_eq!(created.id, "task_1");
    let seen = server.seen();
    let keys: Vec<_> = seen.iter().map(|seen| seen.header("idempotency-key").unwrap()).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
    assert_eq!(keys[0].len(), 32);
}

#[tokio::test]
async fn two_creates_have_different_keys_unless_one_is_given() {
    let reply = || json("200 OK", &[], CREATED);
    let server = Server::start(vec![reply(), reply(), reply()]);
    let client = server.client();
    let request = GenerateRequest::new("m", "p");
    client.generate(&request).await.unwrap();
    client.generate(&request).await.unwrap();
    client.generate(&request.clone().idempotency_key("mine")).await.unwrap();

    let seen = server.seen();
    assert_ne!(seen[0].header("idempotency-key"), seen[1].header("idempotency-key"));
    assert_eq!(seen[2].header("idempotency-key"), Some("mine"));
}

#[tokio::test]
async fn a_refusal_is_typed_and_not_repeated() {
    let server = Server::start(vec![refusal(
        "400 Bad Request",
        &[],
        "invalid_request",
        "prompt is required",
    )]);
    let error = server.client().generate(&GenerateRequest::new("m", "")).await.unwrap_err();

    assert_eq!(error.to_string(), "prompt is required");
    let Error::Api { status, code, param, request_id, body, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!((status, code.as_str()), (400, "invalid_request"));
    assert_eq!(param.as_deref(), Some("prompt"));
    assert_eq!(request_id.as_deref(), Some("req_2"));
    assert!(body.starts_with(br#"{"code":"invalid_request""#));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_passing_refusal_is_waited_out_as_the_server_says() {
    let busy = refusal("503 Service Unavailable", &["retry-after: 0"], "shutting_down", "stopping");
    let server = Server::start(vec![busy, json("200 OK", &[], r#"{"data":[{"id":"m"}]}"#)]);
    let models = server.client().models().await.unwrap();

    assert_eq!(models[0].id, "m");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_long_retry_after_is_the_callers_decision() {
    let busy = refusal("429 Too Many Requests", &["retry-after: 3600"], "queue_full", "full");
    let server = Server::start(vec![busy]);
    let error = server.client().models().await.unwrap_err();

    assert!(matches!(error, Error::Api { retry_after_seconds: Some(3600), .. }), "{error:?}");
}

#[tokio::test]
async fn one_attempt_means_one() {
    let busy = refusal("429 Too Many Requests", &["retry-after: 0"], "rate_limited", "slow down");
    let server = Server::start(vec![busy]);
    let client = Client::builder(&server.url, "sk-x").attempts_max(1).build().unwrap();

    assert_eq!(client.models().await.unwrap_err().code(), "rate_limited");
}

#[tokio::test]
async fn a_stranger_in_front_is_described() {
    let html = Reply::Bytes(
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>".to_vec(),
    );
    let moved = json("301 Moved Permanently", &["location: https://example.com/"], "");
    let server = Server::start(vec![html, moved, json("200 OK", &[], "[1]")]);
    let client = server.client();

    let error = client.models().await.unwrap_err();
    assert_eq!(error.code(), "http_404");
    assert_eq!(error.to_string(), "the server answered 404 Not Found and gave no reason");
    let error = client.models().await.unwrap_err();
    assert!(error.to_string().contains("redirects to https://example.com/"), "{error}");
    let error = client.models().await.unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
}

#[tokio::test]
async fn nobody_listening_is_told_at_once() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", unused.local_addr().unwrap());
    drop(unused);
    let error = Client::new(&url, "sk-x").unwrap().models().await.unwrap_err();

    assert_eq!(error.to_string(), format!("cannot reach {url}: connection refused"));
    assert!(matches!(error, Error::Unreachable { refused: true, not_sent: true, .. }));
}

#[tokio::test]
async fn ids_and_queries_are_encoded_and_a_base_path_is_kept() {
    let page = r#"{"object":"list","data":[],"has_more":true,"next_after":"task_9"}"#;
    let server = Server::start(vec![
        json("200 OK", &[], page),
        json("200 OK", &[], &task("QUEUED", "0%", "", "")),
        json("202 Accepted", &[], &task("IN_PROGRESS", "7%", "", "")),
    ]);
    let client = Client::new(&format!("{}/prefix/", server.url), "sk-x").unwrap();
    let query = ListQuery {
        limit: Some(5),
        status: Some("IN_PROGRESS".into()),
        model: Some("a b&c".into()),
        ..ListQuery::default()
    };
    let page = client.list(&query).await.unwrap();
    assert_eq!(page.next_after.as_deref(), Some("task_9"));
    client.task("../x y").await.unwrap();
    let cancelled = client.cancel("task_1").await.unwrap();
    assert_eq!((cancelled.http_status, cancelled.percent()), (202, 7));

    let lines: Vec<_> = server.seen().iter().map(|seen| seen.first_line().to_owned()).collect();
    assert_eq!(
        lines,
        [
            "GET /prefix/v1/video/generations?limit=5&status=IN_PROGRESS&model=a+b%26c HTTP/1.1",
            "GET /prefix/v1/video/generations/..%2Fx%20y HTTP/1.1",
            "POST /prefix/v1/video/generations/task_1/cancel HTTP/1.1",
        ]
    );
}

#[test]
fn a_base_url_is_right_with_and_without_v1() {
    for (given, base) in [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080"),
        ("https://example.com/prefix/v1/", "https://example.com/prefix"),
        ("http://v1", "http://v1"),
        ("http://127.0.0.1/av1", "http://127.0.0.1/av1"),
    ] {
        assert_eq!(Client::new(given, "sk-a").unwrap().base_url(), base, "{given}");
    }
}

#[test]
fn addresses_and_keys_that_cannot_work_are_refused_with_a_reason() {
    let reason = |url: &str, key: &str| Client::new(url, key).unwrap_err().to_string();
    assert!(reason("localhost:8080", "sk-x").contains("not an http or https URL"));
    assert!(reason("nonsense", "sk-x").contains("not a URL"));
    assert!(reason("http://u:p@h", "sk-x").contains("user name"));
    assert!(!reason("http://u:p@h", "sk-x").contains("u:p"));
    assert!(reason("http://h/?a=1", "sk-x").contains("query"));
    assert!(reason("http://h", "").contains("empty"));
    assert!(reason("http://h", "sk-\n").contains("characters"));
    let client = Client::new("http://h", "sk-secret").unwrap();
    assert!(!format!("{client:?}").contains("sk-secret"));
}

#[tokio::test]
async fn what_cannot_be_an_id_is_refused_before_anything_is_sent() {
    let server = Server::start((0..40).map(|_| Reply::HangUp).collect());
    let client = server.client();
    for id in ["", ".", "..", ".\t.", "task_1\n"] {
        let errors = [
            client.task(id).await.unwrap_err(),
            client.cancel(id).await.unwrap_err(),
            client.delete(id).await.unwrap_err(),
            client.model(id).await.unwrap_err(),
            client.follow(id).next().await.unwrap_err(),
            client.wait(id).await.unwrap_err(),
            client.api(&ApiRequest::delete(&["keys", id])).await.unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, Error::Invalid(_)), "{id:?}: {error:?}");
            assert_eq!(error.to_string(), format!("{id:?} is no id"));
        }
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn an_id_is_one_segment_of_the_path_whatever_it_holds() {
    let ids = ["a/../b", "%2e%2e", "...", "a?b#c", "雨"];
    let lines = ["a%2F..%2Fb", "%252e%252e", "...", "a%3Fb%23c", "%E9%9B%A8"];
    let gone = || refusal("404 Not Found", &[], "task_not_exist", "no such task");
    let server = Server::start(ids.iter().map(|_| gone()).collect());
    for id in ids {
        server.client().task(id).await.unwrap_err();
    }
    let sent: Vec<_> = server.seen().iter().map(|seen| seen.first_line().to_owned()).collect();
    assert_eq!(sent, lines.map(|line| format!("GET /v1/video/generations/{line} HTTP/1.1")));
}

#[tokio::test]
async fn what_is_shown_for_debugging_holds_no_key_and_no_password() {
    let key = "sk-test-0123456789abcdef";
    let made = format!(r#"{{"key":"{key}"}}"#);
    let server = Server::start(vec![json("200 OK", &[], &made)]);
    let request = ApiRequest::post(&["keys"], serde_json::json!({ "password": key }));
    let answer = server.client().api(&request).await.unwrap();
    assert_eq!(answer.value["key"], key);
    let with_password = format!("http://somebody:{key}@127.0.0.1");
    for (shown, holds) in [
        (format!("{:?}", Client::builder(&server.url, key)), "127.0.0."),
        (format!("{:?}", Client::builder(&with_password, key)), "127.0.0."),
        (format!("{:?}", Client::builder(key, key)), "attempts_max: 3"),
        (format!("{:?}", server.client()), "127.0.0."),
        (format!("{request:?}"), "[\"keys\"]"),
        (format!("{answer:?}"), "http_status: 200"),
        (format!("{:?}", server.client().generate(&GenerateRequest::new("m", "p"))), "127.0.0."),
    ] {
        assert!(shown.contains(holds), "{shown}");
        // Neither as text nor as numbers.
        assert!(!shown.contains("0123456789") && !shown.contains("48, 49, 50"), "{shown}");
    }
}
