//! `/metrics`: who may read it, and that its numbers are those of what happened.

use rushes_domain::Timestamp;
use rushes_server::clock::ManualClock;
use rushes_server::config::{Config, ConfigSources};
use serde_json::json;

use super::{small, stalled};
use crate::support::{Options, TestApp, eventually};

/// 2026-06-01T00:00:00Z.
const START_SECONDS: i64 = 1_780_272_000;
const TOKEN: &str = "0123456789abcdef-x";
/// How long figures of the store are given out again.
const STATS_KEPT_MS: i64 = 5_000;

fn with_token() -> Options {
    Options::default().toml(&format!("[metrics]\ntoken = \"{TOKEN}\""))
}

async fn scrape(app: &TestApp) -> String {
    let token = app.app().local_token.clone();
    let answer = app.send(app.bare_request("GET", "/metrics").bearer_auth(token)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    String::from_utf8(answer.bytes).expect("UTF-8")
}

/// The value of the one line with this name and these labels; none if there is no such line.
fn find<'t>(text: &'t str, series: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
}

#[track_caller]
fn value<'t>(text: &'t str, series: &str) -> &'t str {
    let found = find(text, series);
    assert!(found.is_some(), "no {series} in\n{text}");
    found.unwrap_or_default()
}

#[tokio::test]
async fn only_who_knows_a_token_may_read_it() {
    let app = with_token().start().await;
    let local = app.app().local_token.clone();
    for (token, status) in [
        (TOKEN, 200),
        (&*local, 200),
        (&*app.api_key, 403),
        ("", 401),
        ("0123456789abcdef-y", 401),
        ("0123456789abcdef-", 401),
    ] {
        let request = app.bare_request("GET", "/metrics").bearer_auth(token);
        let answer = app.send(request).await;
        assert_eq!(answer.status, status, "{token}");
        if status != 200 {
            let code = if status == 401 { "invalid_api_key" } else { "permission_denied" };
            assert_eq!(answer.json()["code"], code);
            assert!(!answer.json().to_string().contains("rushes_"), "nothing leaks");
        }
    }
    let bare = app.bare_request("GET", "/metrics");
    assert_eq!(app.send(bare).await.status, 401);
    let basic =
        app.bare_request("GET", "/metrics").header("authorization", format!("Basic {TOKEN}"));
    assert_eq!(app.send(basic).await.status, 401);
    let twice = app.bare_request("GET", "/metrics").bearer_auth(TOKEN).bearer_auth(TOKEN);
    assert_eq!(app.send(twice).await.status, 401);
    app.finish().await;
}

#[tokio::test]
async fn without_a_token_an_empty_one_opens_nothing() {
    let app = TestApp::start().await;
    let request = app.bare_request("GET", "/metrics").header("authorization", "Bearer ");
    assert_eq!(app.send(request).await.status, 401);
    app.finish().await;
}

#[tokio::test]
async fn requests_are_counted_by_route_method_and_class() {
    let app = TestApp::start().await;
    let other = TestApp::start().await;
    for _ in 0..3 {
        app.get("/v1/video/generations/task_00000000000000000000000000000000").await;
    }
    app.get("/v1/models").await;
    app.get("/no/such/place?with=query").await;
    app.post("/v1/models", &json!({})).await;
    let text = scrape(&app).await;
    let requests = |labels: &str| value(&text, &format!("rushes_http_requests_total{{{labels}}}"));
    let task = "route=\"/v1/video/generations/{task_id}\",method=\"GET\"";
    assert_eq!(requests(&format!("{task},status=\"4xx\"")), "3");
    assert_eq!(requests("route=\"/v1/models\",method=\"GET\",status=\"2xx\""), "1");
    assert_eq!(requests("route=\"/v1/models\",method=\"POST\",status=\"4xx\""), "1");
    assert_eq!(requests("route=\"(none)\",method=\"GET\",status=\"4xx\""), "1");
    let histogram = "rushes_http_request_duration_seconds";
    assert_eq!(value(&text, &format!("{histogram}_count{{{task}}}")), "3");
    assert_eq!(value(&text, &format!("{histogram}_bucket{{{task},le=\"+Inf\"}}")), "3");
    let open: u64 = value(&text, "rushes_http_connections_open").parse().expect("a number");
    assert!(open >= 1, "this scrape's own at least");
    assert!(!text.contains("such/place") && !text.contains("query"), "{text}");

    let others = scrape(&other).await;
    assert!(!others.contains("/v1/models"), "apps of one process do not mix: {others}");
    app.finish().await;
    other.finish().await;
}

#[tokio::test]
async fn an_end_is_counted_once() {
    let app = TestApp::start().await;
    let id = app.create(&small("a red secretcar")).await;
    app.wait(&id).await;
    let failed = app.create_with(&app.test_api_key, &small("[[fail: no]]")).await;
    app.wait(&failed).await;
    let first = scrape(&app).await;
    let ended = |text: &str, outcome: &str| {
        let labels = format!("model=\"grok-image-video\",outcome=\"{outcome}\"");
        value(text, &format!("rushes_tasks_ended_total{{{labels}}}")).to_owned()
    };
    assert_eq!(ended(&first, "succeeded"), "1");
    assert_eq!(ended(&first, "failed"), "1");
    assert_eq!(ended(&first, "cancelled"), "0");
    assert_eq!(value(&first, "rushes_storage_files{kind=\"video\"}"), "1");
    assert_eq!(value(&first, "rushes_storage_files{kind=\"poster\"}"), "1");
    let bytes: u64 =
        value(&first, "rushes_storage_bytes{kind=\"video\"}").parse().expect("a number");
    assert!(bytes > 1_000, "{bytes}");
    assert_ne!(value(&first, "rushes_ledger_posted_dollars"), "0.0000000000");
    let commits: u64 = value(&first, "rushes_store_commit_duration_seconds_count").parse().unwrap();
    let writes: u64 = value(&first, "rushes_store_writes_total").parse().unwrap();
    assert!(commits > 0 && writes >= commits, "{commits} {writes}");
    let reads: u64 = value(&first, "rushes_store_reads_total").parse().unwrap();
    app.app().store.read(|_| Ok(())).await.expect("read");
    let more: u64 = value(&scrape(&app).await, "rushes_store_reads_total").parse().unwrap();
    assert!(more > reads, "{reads} {more}");

    let task_id = id.parse().expect("an id");
    let remove = move |tx: &mut rushes_store::Tx<'_>| {
        let row = rushes_store::task(tx, task_id)?.expect("the task");
        let expires_at = row.result.expect("its video").expires_at;
        rushes_store::remove_result(tx, task_id, expires_at).map(|row| assert!(row.is_some()))
    };
    app.app().store.write(remove).await.expect("removed");
    let second = scrape(&app).await;
    assert_eq!(ended(&second, "succeeded"), "1", "the removal is no second end");
    for secret in ["secretcar", &*app.api_key, &*app.test_api_key, &*id] {
        assert!(!second.contains(secret), "{secret}");
    }
    app.finish().await;
}

#[tokio::test]
async fn live_tasks_their_age_and_money_come_from_the_store_every_five_seconds() {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(START_SECONDS));
    let limits = "[account]\nin_flight_max = 1";
    let app = Options::default().toml(limits).clock(&clock).start().await;
    let before = scrape(&app).await;
    let tasks = |text: &str, state: &str| {
        let series = format!("rushes_tasks{{model=\"grok-image-video\",state=\"{state}\"}}");
        value(text, &series).to_owned()
    };
    assert_eq!(tasks(&before, "parked"), "0");
    assert_eq!(value(&before, "rushes_queue_age_seconds{state=\"parked\"}"), "0.000");
    assert_eq!(value(&before, "rushes_ledger_credits_dollars"), "100.0000000000");
    assert_eq!(value(&before, "rushes_ledger_pending_dollars"), "0.0000000000");

    let taken = json!({ "amount": "-2.5", "reason": "a typo" });
    let request = app.bare_request("POST", "/api/admin/accounts/owner/adjustments");
    let request = request.bearer_auth(&app.app().local_token);
    let request = request.header("content-type", "application/json").body(taken.to_string());
    assert_eq!(app.send(request).await.status, 201);
    stalled(&app).await;
    app.create(&small("held back")).await;
    let same = scrape(&app).await;
    assert_eq!(tasks(&same, "parked"), "0", "the figures of a moment ago");
    clock.advance_ms(STATS_KEPT_MS);
    let after = eventually("the stalled task runs", async || {
        let text = scrape(&app).await;
        clock.advance_ms(STATS_KEPT_MS);
        (tasks(&text, "running") == "1").then_some(text)
    })
    .await;
    assert_eq!(tasks(&after, "parked"), "1");
    let age: f64 =
        value(&after, "rushes_queue_age_seconds{state=\"parked\"}").parse().expect("a number");
    assert!(age >= 5.0, "{age}");
    assert_eq!(value(&after, "rushes_ledger_adjustments_dollars"), "-2.5000000000");
    assert_eq!(value(&after, "rushes_ledger_pending_dollars"), "0.0600000000");
    let free: u64 = value(&after, "rushes_disk_free_bytes").parse().expect("a number");
    let store: u64 = value(&after, "rushes_store_bytes").parse().expect("a number");
    assert!(free > 0 && store > 0);
    app.finish().await;
}

#[test]
fn a_token_that_can_be_guessed_is_refused_and_none_is_shown() {
    let load = |token: &str| {
        let flags = [("metrics.token", token), ("data_dir", "/nowhere")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let flags = flags.into_iter().collect();
        Config::load(&ConfigSources { file: None, environment: false, flags })
    };
    for token in ["short", "fifteen-letters", "with spaces in between", "ümlautümlautümlaut"] {
        let error = load(token).expect_err(token).to_string();
        assert!(error.contains("metrics.token") && !error.contains(token), "{error}");
    }
    let config = load(TOKEN).expect("a good token");
    assert_eq!(config.metrics.token.expose(), TOKEN);
    let shown = format!("{config:?} {}", serde_json::to_string(&config).expect("JSON"));
    assert!(!shown.contains(TOKEN) && shown.contains("hidden"), "{shown}");
}
