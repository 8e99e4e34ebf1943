//! Starts and stops: ready soon with a full store, and a clean stop that loses nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rushes_domain::account::{KeyKind, key_hash};
use rushes_domain::directive::Directives;
use rushes_domain::job::{EngineOptions, Mode};
use rushes_domain::route::{Lane, Routes};
use rushes_domain::{Clock as _, IdSource as _, Ticks};
use rushes_server::clock::SystemClock;
use rushes_server::ids::SystemIds;
use rushes_store::{
    AccountLimits, Advance, Fence, Happening, KeyRow, NewTask, Route, Store, StoreOptions, Tx,
    advance, claim_queued, create_task, find_key,
};
use serde_json::json;

use crate::support::binary::{Binary, client, data_dir};
use crate::support::{Options, TestApp};

/// Unfinished tasks at the start (issue 2, reliability I12).
const UNFINISHED: usize = 10_000;
/// How long until the gateway answers then.
const READY_WITHIN: Duration = Duration::from_secs(5);
/// The default grace of a stop, with room for a busy machine.
const STOPPED_WITHIN: Duration = Duration::from_secs(11);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ready_within_five_seconds_with_ten_thousand_unfinished_tasks() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let binary = Binary::start(folder.path(), &[]).await;
    let key = binary.test_api_key.clone();
    assert!(binary.terminate().await.success());
    fill_store(&data_dir(folder.path()), &key).await;

    let started = Instant::now();
    let binary = Binary::start(folder.path(), &[]).await;
    let took = started.elapsed();
    assert!(took < READY_WITHIN, "ready after {took:?}");
    let answer = client()
        .get(format!("{}/v1/video/generations?limit=100", binary.base_url))
        .bearer_auth(&key)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    assert!(binary.terminate().await.success());
}

async fn fill_store(data_dir: &std::path::Path, key: &str) {
    let store = Store::open(&data_dir.join("rushes.db"), StoreOptions::default(), Arc::new(()))
        .expect("the store opens");
    let hash = key_hash(key);
    let key = store.read(move |tx| find_key(tx, &hash)).await.expect("readable").expect("known");
    // One transaction: the disk's patience is not what is tested here.
    store
        .write(move |tx| {
            for _ in 0..UNFINISHED {
                create_task(tx, &new_task(&key))?;
            }
            move_some_on(tx)
        })
        .await
        .expect("written");
    store.close().await;
}

/// A third of them has been submitted when the process goes.
fn move_some_on(tx: &mut Tx<'_>) -> Result<(), rushes_store::StoreError> {
    let now = SystemClock.now();
    for _ in 0..UNFINISHED / 300 {
        let mut routes = Routes::new(100, Vec::new());
        for routed in claim_queued(tx, now, now.plus_ms(60_000), 100, &mut routes)? {
            let claimed = routed.claimed;
            let upstream_id = claimed.task.id.hex();
            for event in [
                Happening::SubmitStarted(Route::preview()),
                Happening::SubmitAccepted { upstream_id },
            ] {
                advance(tx, Fence::Lease(&claimed.lease), &Advance::new(event, now))?;
            }
        }
    }
    Ok(())
}

fn new_task(key: &KeyRow) -> NewTask {
    NewTask {
        id: SystemIds.task_id(),
        account_id: key.account_id,
        key_id: key.id,
        shown: None,
        key_kind: KeyKind::Test,
        model_id: "grok-image-video".into(),
        model_name: "grok-image-video".into(),
        prompt: "[[stall]]".into(),
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
        dialect: rushes_domain::Dialect::Native,
        client_address: None,
        user_agent: None,
        request_id: "req_test".into(),
        callback_url: None,
        run_timeout_ms: 1_800_000,
        queue_timeout_ms: 21_600_000,
        now: SystemClock.now(),
        limits: AccountLimits { in_flight_max: 5_000, waiting_max: 10_000 },
        idempotency: None,
        lane: Lane::Preview,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clean_stop_during_renders_loses_nothing_and_ends_within_its_grace() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let prompt = format!("a long night over the mountains, take {number}");
        let body = json!({"model": "grok-image-video", "prompt": prompt, "seconds": 2});
        ids.push(app.create(&body).await);
    }
    let started = Instant::now();
    let folder = app.stop().await;
    let took = started.elapsed();
    assert!(took < STOPPED_WITHIN, "stopped after {took:?}");

    let app = Options::default().start_in(folder).await;
    for id in &ids {
        let body = app.wait(id).await;
        assert_eq!(body["data"]["status"], "SUCCESS", "{body}");
    }
    app.finish().await;
}
