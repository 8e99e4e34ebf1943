//! `kill -9` of the real binary under load: what was acknowledged is there afterwards and ends,
//! the ledger adds up, and files and rows agree.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rushes_domain::Clock as _;
use rushes_server::clock::SystemClock;
use rushes_store::Store;
use serde_json::{Value, json};

use crate::support::binary::{Binary, client, data_dir};
use crate::support::{eventually, pictures};

/// Lives of the gateway; the long run takes more.
const ROUNDS: u64 = 20;
/// Clients that create at the same time.
const CLIENTS: usize = 4;
/// Creates that must be acknowledged before a kill.
const ACKNOWLEDGED_MIN: usize = 5;
/// Creates of one client in a life; from then on it only polls.
const CREATES_PER_CLIENT_MAX: usize = 10;
/// Real videos a life; the other tasks end at once, so that the test ends in time.
const VIDEOS_PER_ROUND: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_by_kill_9() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let mut acknowledged = BTreeSet::new();
    let mut test_api_key = String::new();
    for round in 0..ROUNDS {
        let binary = Binary::start(folder.path(), &environment()).await;
        test_api_key.clone_from(&binary.test_api_key);
        let created = one_life(binary, round).await;
        assert!(created.len() >= ACKNOWLEDGED_MIN, "round {round}: {}", created.len());
        acknowledged.extend(created);
    }

    let binary = Binary::start(folder.path(), &environment()).await;
    let client = client();
    for id in &acknowledged {
        wait_for_end(&client, &binary.base_url, &test_api_key, id).await;
    }
    assert!(binary.terminate().await.success());
    check_what_is_left(folder.path(), &acknowledged).await;
}

fn environment() -> [(&'static str, &'static str); 1] {
    [("RUSHES_ACCOUNT__IN_FLIGHT_MAX", "8")]
}

/// Creates under load until the kill; returns what was acknowledged.
async fn one_life(binary: Binary, round: u64) -> Vec<String> {
    let created = Arc::new(Mutex::new(Vec::new()));
    let count = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let (created, count, stop) = (created.clone(), count.clone(), stop.clone());
        let (url, key) = (binary.base_url.clone(), binary.test_api_key.clone());
        #[expect(clippy::disallowed_methods, reason = "a client of the test, not of the gateway")]
        clients.push(tokio::spawn(async move {
            let client = client();
            let mut last = String::new();
            for turn in 0.. {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                if turn < CREATES_PER_CLIENT_MAX {
                    let number = count.fetch_add(1, Ordering::Relaxed);
                    let Some(id) = create(&client, &url, &key, round, number).await else { return };
                    created.lock().expect("unpoisoned").push(id.clone());
                    last = id;
                } else if poll(&client, &url, &key, &last).await.is_none() {
                    return;
                }
            }
        }));
    }
    eventually("enough creates are acknowledged", async || {
        (created.lock().expect("unpoisoned").len() >= ACKNOWLEDGED_MIN).then_some(())
    })
    .await;
    // A life of another length each round, so that the kill hits other moments.
    tokio::time::sleep(Duration::from_millis(round * 37 % 400)).await;
    binary.kill();
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("no panic");
    }
    let created = created.lock().expect("unpoisoned");
    created.clone()
}

/// One create; `None` once the gateway is gone.
async fn create(
    client: &reqwest::Client,
    url: &str,
    key: &str,
    round: u64,
    number: usize,
) -> Option<String> {
    let prompt = if number < VIDEOS_PER_ROUND {
        format!("a star over the sea, life {round}, number {number}")
    } else {
        "[[fail: as asked]]".to_owned()
    };
    let mut body = json!({
        "model": "grok-image-video", "prompt": prompt, "seconds": 1, "resolution": "480p",
    });
    if number == 1 {
        body["image_urls"] = json!([pictures::png_data_url([200, 40, 40])]);
    }
    let response = client
        .post(format!("{url}/v1/video/generations"))
        .bearer_auth(key)
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .ok()?;
    let status = response.status();
    let bytes = response.bytes().await.ok()?;
    let answer: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(status, 200, "{answer}");
    Some(answer["task_id"].as_str().expect("an id").to_owned())
}

/// One poll; `None` once the gateway is gone.
async fn poll(client: &reqwest::Client, url: &str, key: &str, id: &str) -> Option<()> {
    let request = client.get(format!("{url}/v1/video/generations/{id}")).bearer_auth(key);
    let response = request.send().await.ok()?;
    assert_eq!(response.status(), 200, "{id}");
    response.bytes().await.ok().map(drop)
}

async fn wait_for_end(client: &reqwest::Client, url: &str, key: &str, id: &str) {
    eventually("the task ends", async || {
        let answer = client
            .get(format!("{url}/v1/video/generations/{id}"))
            .bearer_auth(key)
            .header("prefer", "wait=20")
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200, "{id} is lost");
        let bytes = answer.bytes().await.expect("a body");
        let body: Value = serde_json::from_slice(&bytes).expect("JSON");
        let status = body["data"]["status"].as_str().expect("a status").to_owned();
        if status == "FAILURE" {
            assert_eq!(body["data"]["fail_reason"], "as asked", "{body}");
        }
        matches!(status.as_str(), "SUCCESS" | "FAILURE").then_some(())
    })
    .await;
}

/// The store's invariants, and files against rows in both directions.
pub(crate) async fn check_what_is_left(folder: &Path, acknowledged: &BTreeSet<String>) {
    let data_dir = data_dir(folder);
    let store = Store::open_to_read(&data_dir.join("rushes.db")).expect("the store opens");
    let now = SystemClock.now();
    let violations = store
        .read(move |tx| rushes_store::doctor::check_invariants(tx, now))
        .await
        .expect("readable");
    assert!(violations.is_empty(), "{violations:?}");
    let named = store.read(rushes_store::kept_paths).await.expect("readable");
    let mut there = BTreeSet::new();
    for name in ["files", "images"] {
        for entry in std::fs::read_dir(data_dir.join(name)).expect("a folder") {
            let file = entry.expect("an entry").file_name().to_string_lossy().into_owned();
            there.insert(format!("{name}/{file}"));
        }
    }
    assert!(
        there.iter().any(|path| path.contains(".mp4")),
        "no video among {} tasks",
        acknowledged.len()
    );
    assert_eq!(there, named.into_iter().collect::<BTreeSet<_>>());
    store.close().await;
}
