//! `kill -9` of the real binary while upstreams have its jobs: nothing that was acknowledged is lost,
//! and no upstream gets a second job of a task that could cost twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fake_upstream::{FakeUpstream, Flavour, Options as FakeOptions};
use serde_json::{Value, json};

use crate::crash::check_what_is_left;
use crate::support::binary::{Binary, client, data_dir};
use crate::support::eventually;

/// Lives of the gateway; the long run takes more.
const LIVES: usize = 25;
/// Clients that create at the same time, and the creates of each in a life.
const CLIENTS: usize = 6;
const CREATES_EACH: usize = 4;
/// A job outlives several lives, so that about two hundred are in flight at a kill.
const TAKES: Duration = Duration::from_secs(5);
/// How often a task may be handed over where a second job costs nothing but time.
const FEW_MAX: usize = 3;
const ENVIRONMENT: [(&str, &str); 3] = [
    ("RUSHES_ACCOUNT__IN_FLIGHT_MAX", "1000"),
    ("RUSHES_ACCOUNT__FIRST_CREDIT", "100000"),
    ("RUSHES_LOG__LEVEL", "error"),
];

/// The channels: preset, flavour of the upstream, and the most jobs of one task.
const CHANNELS: [(&str, Flavour, usize); 3] = [
    ("xai", Flavour::OpenAi, 1),
    ("vllm-omni", Flavour::VllmOmni, FEW_MAX),
    ("gateway", Flavour::OpenAi, 1),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_no_task_and_doubles_no_job() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut upstreams = Vec::new();
    for (_, flavour, _) in CHANNELS {
        let options = FakeOptions { takes: TAKES, flavour, ..FakeOptions::default() };
        upstreams.push(FakeUpstream::start(options).await.expect("a fake upstream"));
    }
    let binary = Binary::start(folder.path(), &ENVIRONMENT).await;
    for ((preset, ..), upstream) in CHANNELS.iter().zip(&upstreams) {
        add(&binary, folder.path(), preset, upstream).await;
    }
    let mut tasks = one_life(binary, 0).await;
    let mut in_flight_max = 0;
    for life in 1..LIVES {
        let binary = Binary::start(folder.path(), &ENVIRONMENT).await;
        tasks.extend(one_life(binary, life).await);
        let is_open = |job: &fake_upstream::Job| job.stage() != fake_upstream::Stage::Done;
        let jobs = upstreams.iter().flat_map(FakeUpstream::jobs);
        in_flight_max = in_flight_max.max(jobs.filter(is_open).count());
    }
    assert!(in_flight_max >= 100, "in flight at a kill, at most: {in_flight_max}");
    let binary = Binary::start(folder.path(), &ENVIRONMENT).await;
    let ambiguous = wait_for_ends(&binary, &tasks).await;
    assert!(binary.terminate().await.success());
    check_jobs(&upstreams, &ambiguous);
    check_what_is_left(folder.path(), &tasks.into_keys().collect()).await;
}

async fn add(binary: &Binary, folder: &Path, preset: &str, upstream: &FakeUpstream) {
    let note = rushes_server::data_dir::read_note(&data_dir(folder)).expect("a note");
    let body = json!({
        "name": preset, "provider": preset, "base_url": upstream.base_url(),
        "api_key": upstream.api_key(), "models": { "grok-image-video": "grok-imagine-video" },
        "poll_interval_ms": 200, "max_concurrency": 1000,
    });
    let url = format!("{}/api/admin/channels", binary.base_url);
    let request = client().post(url).bearer_auth(note.token);
    let request = request.header("content-type", "application/json").body(body.to_string());
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 201, "{preset}");
}

/// Creates until the kill; returns what was acknowledged: ids and prompts.
async fn one_life(binary: Binary, life: usize) -> BTreeMap<String, String> {
    let number = AtomicUsize::new(0);
    let (url, key) = (format!("{}/v1/video/generations", binary.base_url), &binary.api_key);
    let (number, url) = (&number, &url);
    let creates = (0..CLIENTS).map(|_| async move {
        let (client, mut made) = (client(), Vec::new());
        for _ in 0..CREATES_EACH {
            let prompt = format!("life {life}, film {}", number.fetch_add(1, Ordering::Relaxed));
            let body = json!({
                "model": "grok-image-video", "prompt": prompt, "seconds": 4, "resolution": "480p",
            });
            let request = client.post(url).bearer_auth(key);
            let request = request.header("content-type", "application/json");
            let answer = request.body(body.to_string()).send().await.expect("an answer");
            assert_eq!(answer.status(), 200);
            let body: Value =
                serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
            made.push((body["task_id"].as_str().expect("an id").to_owned(), prompt));
        }
        made
    });
    let made = futures_util::future::join_all(creates).await;
    // The last ones are being handed over just now; each life ends at another moment of that.
    tokio::time::sleep(Duration::from_millis((life as u64 * 13) % 60)).await;
    binary.kill();
    made.into_iter().flatten().collect()
}

/// Waits for the end of all; returns the prompts of those of which it is not known whether the
/// upstream has them.
async fn wait_for_ends(binary: &Binary, tasks: &BTreeMap<String, String>) -> BTreeSet<String> {
    let client = client();
    let mut ambiguous = BTreeSet::new();
    for (id, prompt) in tasks {
        let url = format!("{}/v1/video/generations/{id}", binary.base_url);
        let data = eventually(&format!("{id} ends"), async || {
            let request = client.get(&url).bearer_auth(&binary.api_key);
            let answer = request.header("prefer", "wait=20").send().await.expect("an answer");
            assert_eq!(answer.status(), 200, "{id} is lost");
            let bytes = answer.bytes().await.expect("a body");
            let body: Value = serde_json::from_slice(&bytes).expect("JSON");
            let data = body["data"].clone();
            matches!(data["status"].as_str(), Some("SUCCESS" | "FAILURE")).then_some(data)
        })
        .await;
        if data["status"] == "SUCCESS" {
            assert_eq!(data["cost"]["state"], "posted", "{data}");
        } else {
            assert_eq!(data["error"]["code"], "upstream_submit_ambiguous", "{data}");
            assert_eq!(data["cost"]["state"], "voided", "{data}");
            ambiguous.insert(prompt.clone());
        }
    }
    ambiguous
}

fn check_jobs(upstreams: &[FakeUpstream], ambiguous: &BTreeSet<String>) {
    let mut homes: BTreeMap<String, &str> = BTreeMap::new();
    for ((preset, _, jobs_max), upstream) in CHANNELS.iter().zip(upstreams) {
        let mut jobs: BTreeMap<String, usize> = BTreeMap::new();
        for job in upstream.jobs() {
            *jobs.entry(job.prompt).or_default() += 1;
        }
        for (prompt, count) in jobs {
            assert!(count <= *jobs_max, "{preset} has {count} jobs of {prompt}");
            let other = homes.insert(prompt.clone(), preset);
            assert_eq!(other, None, "{prompt} went to {preset} as well");
        }
    }
    for prompt in ambiguous {
        // Perhaps it has it, perhaps not: that is what the word means.
        let home = homes.get(prompt);
        assert!(home.is_none_or(|home| *home == "xai"), "{prompt}: {home:?}");
    }
}
