//! `GET …/{id}/events`: what a stream says, when it ends, and what it costs.

use pretty_assertions::assert_eq;
use reqwest::Response;
use rushes_domain::Timestamp;
use rushes_server::clock::ManualClock;
use rushes_store::Operations;
use serde_json::{Value, json};

use super::{small, stalled};
use crate::support::{DEADLINE, Options, TestApp, eventually, still};

/// 2026-06-01T00:00:00Z.
const START_SECONDS: i64 = 1_780_272_000;

/// One event as a browser would see it.
#[derive(Debug, Clone, PartialEq)]
struct Event {
    id: i64,
    name: String,
    data: Value,
}

/// A stream that is read block by block.
struct Stream {
    response: Response,
    text: String,
}

impl Stream {
    async fn open(app: &TestApp, id: &str, last_id: Option<i64>) -> Self {
        let mut request = app
            .request("GET", &format!("/v1/video/generations/{id}/events"))
            .header("accept", "application/json");
        if let Some(last_id) = last_id {
            request = request.header("last-event-id", last_id.to_string());
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("content-type"), "text/event-stream");
        assert_eq!(header("cache-control"), "no-store");
        Self { response, text: String::new() }
    }

    /// The next block, without the empty line behind it; nothing at the end of the stream.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(DEADLINE, self.response.chunk()).await;
            let chunk = chunk.expect("something comes").expect("a whole stream")?;
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    /// The next event; nothing at the end of the stream.
    async fn event(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            let field =
                |name: &str| block.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
            let Some(name) = field("event") else { continue };
            let data = serde_json::from_str(field("data").expect("data")).expect("JSON");
            let id = field("id").expect("an id").parse().expect("a number");
            return Some(Event { id, name: name.to_owned(), data });
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_tells_a_tasks_way_and_ends_with_it() {
    let app = TestApp::start().await;
    let id = app.create_with(&app.test_api_key, &small("a fox")).await;
    let mut stream = Stream::open(&app, &id, None).await;
    assert_eq!(stream.block().await.as_deref(), Some("retry: 2000"));
    let mut events = Vec::new();
    while let Some(event) = stream.event().await {
        events.push(event);
    }
    let first = &events[0];
    assert_ne!(first.name, "progress", "{events:?}");
    let end = events.last().expect("an end");
    assert_eq!(end.name, "end");
    let shown = app.get(&format!("/v1/video/generations/{id}")).await.json();
    assert_eq!(end.data["status"], "SUCCESS");
    assert_eq!(end.data["cost"], shown["data"]["cost"]);
    assert!(end.data["result_url"].as_str().unwrap_or("").contains("/files/"), "{end:?}");
    assert_eq!(events.iter().filter(|event| event.name == "end").count(), 1);
    assert!(events.windows(2).all(|pair| pair[0].id < pair[1].id), "{events:?}");
    for event in &events[..events.len() - 1] {
        assert_eq!(event.data["task_id"], id.as_str());
        assert!(event.data["progress"].as_str().unwrap_or("").ends_with('%'), "{event:?}");
    }

    // Who heard the end is told that there is nothing more, and a browser stops to ask.
    let again = app
        .request("GET", &format!("/v1/video/generations/{id}/events"))
        .header("last-event-id", end.id.to_string());
    assert_eq!(app.send(again).await.status, 204);
    // Who did not hears it again, and only it.
    let mut late = Stream::open(&app, &id, Some(first.id.min(end.id - 1))).await;
    assert_eq!(late.event().await.map(|event| event.name), Some("end".to_owned()));
    assert_eq!(late.event().await, None);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_stream_sends_a_comment_now_and_then() {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(START_SECONDS));
    let app = Options::default().clock(&clock).start().await;
    let id = stalled(&app).await;
    let mut stream = Stream::open(&app, &id, None).await;
    let started = eventually("it is under way", async || {
        let event = stream.event().await?;
        (event.data["status"] == "IN_PROGRESS").then_some(event)
    })
    .await;
    for _ in 0..3 {
        clock.advance_ms(15_000);
        loop {
            let block = stream.block().await.expect("a block");
            if block.starts_with(':') {
                break;
            }
        }
    }
    // Somebody who comes back hears nothing that it has heard.
    let row = app.get(&format!("/v1/video/generations/{id}")).await.json();
    assert_eq!(row["data"]["status"], started.data["status"]);
    let cancelled = app.post(&format!("/v1/video/generations/{id}/cancel"), &json!({})).await;
    assert!(matches!(cancelled.status, 200 | 202), "{cancelled:?}");
    clock.advance_ms(60_000);
    let end = loop {
        let event = stream.event().await.expect("an end");
        if event.name == "end" {
            break event;
        }
    };
    assert_eq!(end.data["error"]["code"], "cancelled");
    assert_eq!(stream.event().await, None);
    app.finish().await;
}

/// Streams of the tests of what they cost.
const MANY: usize = 64;

/// So many streams of one task, each at its first event.
async fn many_streams(app: &TestApp, id: &str) -> Vec<Stream> {
    let mut streams = Vec::new();
    for _ in 0..MANY {
        let mut stream = Stream::open(app, id, None).await;
        stream.event().await.expect("where it stands");
        streams.push(stream);
    }
    streams
}

/// Operations of the store since a moment. The worker's own are few; those of streams that ask it
/// would be at least as many as there are streams.
#[track_caller]
fn is_not_asked_by_streams(app: &TestApp, before: Operations, what: &str) {
    let after = app.app().store.operations();
    let count = (after.reads - before.reads) + (after.writes - before.writes);
    assert!(count < MANY as u64, "{count} operations of the store for {MANY} streams: {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_streams_ask_the_store_nothing() {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(START_SECONDS));
    let app = Options::default().clock(&clock).start().await;
    let id = stalled(&app).await;
    eventually("it is under way", async || {
        let shown = app.get(&format!("/v1/video/generations/{id}")).await.json();
        (shown["data"]["status"] == "IN_PROGRESS").then_some(())
    })
    .await;
    let before = app.app().store.operations();
    let mut streams = many_streams(&app, &id).await;
    is_not_asked_by_streams(&app, before, "to open them");

    // Silence, broken by a comment: here it is a question that nobody asks.
    let before = app.app().store.operations();
    for _ in 0..3 {
        clock.advance_ms(15_000);
        for stream in &mut streams {
            while !stream.block().await.expect("a block").starts_with(':') {}
        }
    }
    is_not_asked_by_streams(&app, before, "while nothing happens");

    let before = app.app().store.operations();
    let cancelled = app.post(&format!("/v1/video/generations/{id}/cancel"), &json!({})).await;
    assert!(matches!(cancelled.status, 200 | 202), "{cancelled:?}");
    clock.advance_ms(1_000);
    for stream in &mut streams {
        while stream.event().await.expect("an end").name != "end" {}
    }
    is_not_asked_by_streams(&app, before, "for an end that all of them hear");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_in_the_queue_is_counted_once_for_all_who_ask_at_a_time() {
    let app = Options::default().toml("[account]\nin_flight_max = 1").start().await;
    stalled(&app).await;
    let id = stalled(&app).await;
    // The key is known from here on.
    assert_eq!(app.get("/v1/models").await.status, 200);
    // Nobody is answered by the store until everybody has asked.
    let still = still::readers(&app).await;
    let before = app.app().store.operations();
    let mut streams = Vec::new();
    for _ in 0..MANY {
        streams.push(Stream::open(&app, &id, None).await);
    }
    drop(still);
    for stream in &mut streams {
        let event = stream.event().await.expect("where it stands");
        assert_eq!(event.data["queue_position"], 1);
    }
    is_not_asked_by_streams(&app, before, "for a place that all of them are told");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_or_unknown_task_is_404_and_a_missing_key_401() {
    let app = TestApp::start().await;
    let id = stalled(&app).await;
    let path = format!("/v1/video/generations/{id}/events");
    let other = app.other_account("q").await;
    let foreign = app.send(app.bare_request("GET", &path).bearer_auth(other)).await;
    let unknown = app.get(&path.replace(&id, "task_00000000000070008000000000000000")).await;
    let nonsense = app.get("/v1/video/generations/what/events").await;
    for answer in [foreign, unknown, nonsense] {
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("task_not_exist")));
    }
    assert_eq!(app.send(app.bare_request("GET", &path)).await.status, 401);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_has_so_many_streams_at_a_time() {
    let app = Options::default().toml("[account]\nevent_streams_max = 2").start().await;
    let id = stalled(&app).await;
    let path = format!("/v1/video/generations/{id}/events");
    let first = Stream::open(&app, &id, None).await;
    let second = Stream::open(&app, &id, None).await;
    let refused = app.get(&path).await;
    assert_eq!((refused.status, &refused.json()["code"]), (429, &json!("rate_limited")));
    assert_eq!(refused.header("retry-after"), "5");
    assert!(refused.header("ratelimit-policy").contains("event_streams"), "{refused:?}");
    // Places come back when clients go.
    drop((first, second));
    eventually("a place is free", async || {
        let request = app.request("GET", &path).send().await.expect("an answer");
        (request.status() == 200).then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_ends_streams_at_once() {
    let app = TestApp::start().await;
    let id = stalled(&app).await;
    let mut stream = Stream::open(&app, &id, None).await;
    stream.event().await.expect("where it stands");
    let reading = async {
        // Whatever comes, the stream ends.
        while let Some(block) = stream.block().await {
            drop(block);
        }
    };
    tokio::join!(reading, async { app.stop().await });
}
