//! How much of an account with many tasks is looked at.

use pretty_assertions::assert_eq;
use rushes_domain::account::{KeyKind, key_hash};
use rushes_domain::directive::Directives;
use rushes_domain::job::{EngineOptions, Mode};
use rushes_domain::route::Lane;
use rushes_domain::{Dialect, IdSource as _, Ticks, Timestamp};
use rushes_server::ids::SystemIds;
use rushes_store::{AccountLimits, KeyRow, NewTask, create_task, find_key};
use serde_json::{Value, json};

use super::{By, get, make_key, make_person};
use crate::support::TestApp;

/// More than a count looks at.
const TASKS: usize = 5_100;

/// A task that never ends, of a test key.
fn stalled(key: &KeyRow, prompt: &str, now: Timestamp) -> NewTask {
    NewTask {
        id: SystemIds.task_id(),
        account_id: key.account_id,
        key_id: key.id,
        shown: None,
        key_kind: KeyKind::Test,
        model_id: "grok-image-video".into(),
        model_name: "grok-image-video".into(),
        prompt: prompt.into(),
        mode: Mode::TextToVideo,
        seconds: 4,
        seconds_requested: 4,
        aspect_ratio: "16:9".into(),
        resolution: "720p".into(),
        width: 1280,
        height: 720,
        images: Vec::new(),
        metadata: Vec::new(),
        ignored_fields: Vec::new(),
        directives: Directives::parse("[[stall]]"),
        options: EngineOptions::default(),
        hops: 0,
        price: Ticks::ZERO,
        price_version: 1,
        door: "api",
        dialect: Dialect::Native,
        client_address: None,
        user_agent: None,
        request_id: "req_test".into(),
        callback_url: None,
        run_timeout_ms: 1_800_000,
        queue_timeout_ms: 21_600_000,
        now,
        limits: AccountLimits { in_flight_max: 1, waiting_max: 10_000 },
        idempotency: None,
        lane: Lane::Preview,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_and_a_count_look_at_so_many_tasks_and_say_where_they_stopped() {
    let app = TestApp::start().await;
    let cookie = make_person(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let key = make_key(&app, by, &json!({ "kind": "test" })).await;
    let hash = key_hash(key["key"].as_str().expect("a secret"));
    let now = app.now();
    let write = move |tx: &mut rushes_store::Tx<'_>| {
        let key = find_key(tx, &hash)?.expect("known");
        for number in 0..TASKS {
            let prompt = if number == 0 { "a needle" } else { "hay" };
            create_task(tx, &stalled(&key, prompt, now))?;
        }
        Ok(())
    };
    app.app().store.write(write).await.expect("written");
    let (mut after, mut found) = (String::new(), Vec::new());
    for page in 1..=3 {
        let shown = get(&app, by, &format!("/api/tasks?q=needle{after}")).await;
        found.extend(shown["data"].as_array().expect("a list").clone());
        assert_eq!(shown["has_more"], page < 3, "{page}");
        after = format!("&after={}", shown["next_after"].as_str().unwrap_or_default());
    }
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["prompt"], "a needle");
    let counts = get(&app, by, "/api/tasks/counts").await;
    assert_eq!((&counts["all"], &counts["capped"]), (&json!(5_000), &json!(true)));
    let later = now.unix_seconds() + 3_600;
    let none = get(&app, by, &format!("/api/tasks?since={later}")).await;
    assert_eq!((&none["data"], &none["next_after"]), (&json!([]), &Value::Null));
    app.finish().await;
}
