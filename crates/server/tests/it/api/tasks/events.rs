//! The stream of all changes of an account's tasks.

use pretty_assertions::assert_eq;
use reqwest::Response;
use rushes_server::views::CHANGES_MAX;
use serde_json::{Value, json};

use super::{
    By, call, make_account, make_key, make_person, must, on_a_clock, order, post, refusal,
};
use crate::support::{DEADLINE, Options, TestApp};

/// A stream that is read event by event.
struct Stream {
    response: Response,
    text: String,
}

impl Stream {
    async fn open(app: &TestApp, cookie: &str) -> Self {
        let request = app.bare_request("GET", "/api/tasks/events").header("cookie", cookie);
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { response, text: String::new() }
    }

    /// The next event's name and data, or a comment; nothing at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    let line = block.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_default().to_owned()
                };
                if block.starts_with("retry:") {
                    continue;
                }
                if block.starts_with(':') {
                    return Some((block, Value::Null));
                }
                let data = serde_json::from_str(&field("data: ")).expect("JSON");
                return Some((field("event: "), data));
            }
            let chunk = tokio::time::timeout(DEADLINE, self.response.chunk()).await;
            let chunk = chunk.expect("something comes").expect("a whole stream")?;
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    async fn named(&mut self, name: &str) -> Value {
        let (found, data) = self.next().await.expect("an event");
        assert_eq!(found, name, "{data}");
        data
    }
}

async fn make(app: &TestApp, by: By<'_>, key: &Value, prompt: &str) -> String {
    let mut wanted = order(&key["id"]);
    wanted["prompt"] = json!(prompt);
    let made = must(&post(app, by, "/api/tasks", &wanted).await, 200);
    made["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_of_the_own_tasks_is_told() {
    let app = TestApp::start().await;
    let (alice, bob) = (make_person(&app, "alice").await, make_person(&app, "bob").await);
    let by = By::Cookie(&alice);
    let test = json!({ "kind": "test", "name": "try" });
    let key = make_key(&app, by, &test).await;
    let of_bob = make_key(&app, By::Cookie(&bob), &test).await;
    let mut stream = Stream::open(&app, &alice).await;
    assert_eq!(stream.named("reset").await, json!({}));
    make(&app, By::Cookie(&bob), &of_bob, "[[stall]]").await;
    let id = make(&app, by, &key, "A pier").await;
    let mut states = Vec::new();
    let last = loop {
        let row = stream.named("task").await;
        assert_eq!((&row["task"]["id"], &row["key"]["name"]), (&json!(id), &json!("try")));
        assert_eq!(row["prompt"], "A pier");
        let state = row["state"].as_str().expect("a word").to_owned();
        if states.last() != Some(&state) {
            states.push(state);
        }
        if row["took_ms"].is_i64() {
            break row;
        }
    };
    assert_eq!(states, ["waiting", "running", "succeeded"]);
    let listed = super::get(&app, by, "/api/tasks").await;
    for field in ["object", "state", "prompt", "key", "took_ms", "source"] {
        assert_eq!(last[field], listed["data"][0][field], "{field}: a row is that of the list");
    }
    let path = format!("/api/tasks/{id}");
    must(&call(&app, by, "DELETE", &path, &Value::Null).await, 200);
    assert_eq!(stream.named("removed").await, json!({ "task_id": id }));
    drop(stream);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_told_that_it_missed_some() {
    let app = TestApp::start().await;
    let account_id = {
        let shown = make_account(&app, "alice", &json!({})).await;
        rushes_domain::AccountId(shown["id"].as_i64().expect("a number"))
    };
    let cookie = super::sign_in(&app, "alice").await;
    let key = make_key(&app, By::Cookie(&cookie), &json!({ "kind": "test" })).await;
    let id = make(&app, By::Cookie(&cookie), &key, "[[stall]]").await;
    let parsed = id.parse().expect("an id");
    let mut changes = app.app().views.follow(account_id);
    let row = app.app().store.read(move |tx| rushes_store::task(tx, parsed)).await;
    let row = std::sync::Arc::new(row.expect("read").expect("a task"));
    let many = vec![rushes_store::Change::TaskHidden(row); 2 * CHANGES_MAX];
    rushes_store::CommitObserver::committed(&*app.app().views, &many);
    let first = changes.recv().await;
    let missed = matches!(first, Err(tokio::sync::broadcast::error::RecvError::Lagged(_)));
    assert!(missed, "{first:?}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_broken_and_a_stream_ends_in_time() {
    let (app, clock) = on_a_clock().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = super::sign_in(&app, "alice").await;
    let mut stream = Stream::open(&app, &cookie).await;
    stream.named("reset").await;
    clock.advance_ms(15_000);
    assert_eq!(stream.next().await.expect("a comment").0, ": still there");
    clock.advance_ms(10 * 60 * 1_000);
    assert_eq!(stream.next().await, None, "whoever may still follow comes back");
    app.finish().await;
}

/// Nothing is told to a session that was signed out, not even once more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_with_its_session_and_with_its_account() {
    let (app, clock) = on_a_clock().await;
    for end in ["logout", "disable"] {
        make_account(&app, end, &json!({})).await;
        let cookie = super::sign_in(&app, end).await;
        let (by, other) = (By::Cookie(&cookie), super::sign_in(&app, end).await);
        let key = make_key(&app, By::Cookie(&other), &json!({ "kind": "test" })).await;
        let mut stream = Stream::open(&app, &cookie).await;
        stream.named("reset").await;
        let answer = if end == "logout" {
            post(&app, by, "/api/logout", &Value::Null).await
        } else {
            let change = json!({ "enabled": false });
            call(&app, By::Local, "PATCH", "/api/admin/accounts/disable", &change).await
        };
        assert!(answer.status < 300, "{end}: {}", answer.status);
        clock.advance_ms(15_000);
        if end == "logout" {
            make(&app, By::Cookie(&other), &key, "[[stall]]").await;
        }
        assert_eq!(stream.next().await, None, "{end}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_few_and_for_the_account() {
    let app = Options::default().toml("[account]\nevent_streams_max = 1").start().await;
    let cookie = make_person(&app, "alice").await;
    let mut stream = Stream::open(&app, &cookie).await;
    stream.named("reset").await;
    let path = "/api/tasks/events";
    let refused = call(&app, By::Cookie(&cookie), "GET", path, &Value::Null).await;
    assert_eq!(refusal(&refused), (429, "rate_limited".to_owned()));
    assert_eq!(call(&app, By::Nobody, "GET", path, &Value::Null).await.status, 401);
    assert_eq!(call(&app, By::Local, "GET", path, &Value::Null).await.status, 403);
    drop(stream);
    app.finish().await;
}
