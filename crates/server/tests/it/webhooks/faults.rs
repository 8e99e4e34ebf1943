//! Receivers that fail, hang, redirect, never end, have gone, or lead elsewhere by now.

use std::net::{IpAddr, Ipv4Addr};

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{after_attempts, call, endpoint, failing_task, must, on_a_clock, options};
use crate::support::eventually;
use crate::support::receiver::{Names, Receiver, Reply};

const ENDS: &str = "video.failed";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_each_fault_leaves_in_the_log() {
    let names = Names::loopback();
    let (target, receiver) = (Receiver::start(), Receiver::start());
    let elsewhere = target.url("other.example", "/");
    let location = format!("Location: {elsewhere}\r\n");
    let long = "b".repeat(5_000);
    let cases: Vec<(&str, Reply, &str, &str)> = vec![
        ("500", Reply::status(500, "x"), "failed", "answered with status 500"),
        ("hang", Reply::Hang, "failed", "there was no answer within 500 ms"),
        (
            "redirect",
            Reply::with(307, &location, ""),
            "failed",
            "answered with status 307; redirects are not followed",
        ),
        ("no HTTP", Reply::Bytes(b"hello\r\n\r\n".to_vec()), "failed", "not valid HTTP"),
        ("reset", Reply::Bytes(Vec::new()), "failed", "closed before the answer was complete"),
        ("endless", Reply::Endless, "delivered", ""),
        ("long", Reply::status(200, &long), "delivered", ""),
        ("204", Reply::status(204, ""), "delivered", ""),
    ];
    let app = options(&names).webhook_timeout_ms(500).start().await;
    let (path, _) = endpoint(&app, &receiver, &json!({})).await;
    for (name, reply, status, words) in cases {
        receiver.answer(move |_| reply.clone());
        let sent = must(&call(&app, "POST", &format!("{path}/test"), &Value::Null).await, 202);
        let id = sent["id"].as_str().expect("an id").to_owned();
        let ended = eventually("the test ends", async || {
            let row = call(&app, "GET", &format!("{path}/deliveries/{id}"), &Value::Null).await;
            let row = must(&row, 200);
            (row["status"] != "pending").then_some(row)
        })
        .await;
        assert_eq!(ended["status"], status, "{name}: {ended}");
        let attempt = &ended["attempts"][0];
        let error = attempt["error"].as_str().unwrap_or("");
        assert!(error.contains(words) && (words.is_empty() == error.is_empty()), "{name}: {error}");
        let body = attempt["response_body"].as_str().unwrap_or("");
        assert!(body.len() <= 4_096, "{name}: {}", body.len());
        assert_eq!(ended["attempts"].as_array().map(Vec::len), Some(1), "{name}");
    }
    assert!(target.calls().is_empty(), "the redirect was followed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gone_disables_at_once() {
    let names = Names::loopback();
    let (app, _clock) = on_a_clock(&names).await;
    let receiver = Receiver::start();
    receiver.answer(|_| Reply::status(410, ""));
    let (path, _) = endpoint(&app, &receiver, &json!({ "event_types": [ENDS] })).await;
    failing_task(&app).await;
    let ended = after_attempts(&app, &path, 1).await;
    assert_eq!((&ended["status"], &ended["reason"]), (&json!("failed"), &json!("gone")));
    let row = must(&call(&app, "GET", &path, &Value::Null).await, 200);
    assert_eq!((&row["enabled"], &row["disabled_by"]), (&json!(false), &json!("gone")));
    failing_task(&app).await;
    let list = must(&call(&app, "GET", &format!("{path}/deliveries"), &Value::Null).await, 200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1), "it is told nothing more");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_asks_for_time_gets_it() {
    let names = Names::loopback();
    let (app, clock) = on_a_clock(&names).await;
    let receiver = Receiver::start();
    receiver.answer(|_| Reply::with(429, "Retry-After: 3600\r\n", ""));
    let (path, _) = endpoint(&app, &receiver, &json!({ "event_types": [ENDS] })).await;
    failing_task(&app).await;
    let waiting = after_attempts(&app, &path, 1).await;
    assert_eq!(waiting["next_attempt_at"], app.now().unix_seconds() + 3_600);
    receiver.answer(|_| Reply::with(503, "Retry-After: 99999999\r\n", ""));
    clock.advance_ms(3_600_000);
    let waiting = after_attempts(&app, &path, 2).await;
    assert_eq!(waiting["next_attempt_at"], app.now().unix_seconds() + 86_400, "a day at most");
    app.finish().await;
}

/// W01: a name that leads elsewhere at the fourth try.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w01_an_address_that_turned_private_is_not_dialled() {
    let names = Names::loopback();
    let (app, clock) = on_a_clock(&names).await;
    let receiver = Receiver::start();
    receiver.answer(|_| Reply::status(500, ""));
    let (path, _) = endpoint(&app, &receiver, &json!({ "event_types": [ENDS] })).await;
    failing_task(&app).await;
    for number in 1..=3 {
        let waiting = after_attempts(&app, &path, number).await;
        if number == 3 {
            // 127.0.0.2 is loopback as well, and not allowed.
            names.set("hooks.example", &[IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2))]);
        }
        let wait =
            waiting["next_attempt_at"].as_i64().expect("a moment") - app.now().unix_seconds();
        clock.advance_ms((wait + 1) * 1_000);
    }
    let blocked = after_attempts(&app, &path, 4).await;
    let attempt = &blocked["attempts"][0];
    assert_eq!(attempt["error"], "the host's address is not public");
    assert_eq!(attempt["response_status"], Value::Null);
    assert_eq!((receiver.calls().len(), &blocked["status"]), (3, &json!("pending")));
    let metrics = app.bare_request("GET", "/metrics").bearer_auth(&app.app().local_token);
    let text = String::from_utf8(app.send(metrics).await.bytes).expect("text");
    for line in [
        "rushes_webhook_attempts_total{outcome=\"blocked\"} 1",
        "rushes_webhook_attempts_total{outcome=\"failed\"} 3",
        "rushes_webhook_deliveries_pending 1",
    ] {
        assert!(text.contains(line), "{line} in:\n{text}");
    }
    app.finish().await;
}
