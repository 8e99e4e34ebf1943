//! One account's crowd, slow senders and heavy pictures, and what others notice of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::errors::refused;
use super::heavy::heavy_data_url;
use super::raw::{Raw, create_bytes, status};
use super::{GENERATIONS, small, stalled};
use crate::support::{Answer, Options, TestApp, pictures};

/// What an honest request may take on a busy machine; far less than any of the waits it once had.
const SOON: Duration = Duration::from_secs(4);

fn with_images(images: &[String]) -> Value {
    json!({"model": "grok-image-video", "prompt": "[[stall]]", "seconds": 1, "resolution": "480p",
        "image_urls": images})
}

fn rate_limited(answer: &Answer) {
    refused(answer, 429, "rate_limited");
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heavy_pictures_of_one_account_do_not_delay_another() {
    let app = Arc::new(TestApp::start().await);
    let stranger = app.other_account("b").await;
    let heavy = heavy_data_url();
    let body = with_images(&[heavy.clone(), heavy.clone(), heavy]);
    let done = Arc::new(AtomicUsize::new(0));
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (app, body, done) = (Arc::clone(&app), body.clone(), Arc::clone(&done));
        crowd.spawn(async move {
            let answer = app.post_with(&app.test_api_key, GENERATIONS, &body).await;
            done.fetch_add(usize::from(answer.status == 200), Ordering::Relaxed);
            answer
        });
    }
    // The first refusal tells that the queue is full.
    let first = crowd.join_next().await.expect("an answer").expect("no panic");
    rate_limited(&first);
    let light = with_images(&[pictures::png_data_url([1, 2, 3])]);
    let answer = app.post_with(&stranger, GENERATIONS, &light).await;
    let done_before = done.load(Ordering::Relaxed);
    assert_eq!(answer.status, 200, "{}", answer.json());
    let answers = crowd.join_all().await;
    let (taken, others): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    others.iter().for_each(rate_limited);
    assert!((4..=8).contains(&taken.len()), "{}", taken.len());
    assert!(done_before < taken.len(), "the light one was not behind all heavy ones");
    let app = Arc::into_inner(app).expect("nobody else has it");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_small_pictures_at_once_are_no_crowd() {
    let app = Arc::new(TestApp::start().await);
    let mut requests = tokio::task::JoinSet::new();
    for number in 0..20 {
        let app = Arc::clone(&app);
        let body = with_images(&[pictures::png_data_url([number, 2, 3])]);
        requests.spawn(
            async move { app.post_with(&app.test_api_key, GENERATIONS, &body).await.status },
        );
    }
    assert_eq!(requests.join_all().await, [200; 20]);
    let app = Arc::into_inner(app).expect("nobody else has it");
    app.finish().await;
}

/// A body of more than 1 MiB that is a small request.
fn padded() -> String {
    format!("{}{}", small("[[stall]]"), " ".repeat(1_100_000))
}

#[tokio::test]
async fn announced_lengths_take_no_places_among_large_bodies() {
    let app = TestApp::start().await;
    let mut idle = Vec::new();
    for _ in 0..4 {
        let mut raw = Raw::connect(&app).await;
        let (now, _) = create_bytes(&app.test_api_key, &"{".repeat(2_000_000), 1_999_999);
        raw.send(now).await;
        idle.push(raw);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    let request = app.request("POST", GENERATIONS).body(padded());
    let answer = app.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    drop(idle);
    app.finish().await;
}

#[tokio::test]
async fn an_account_cannot_take_all_places_among_large_bodies_nor_idle_on_them() {
    let app = TestApp::start().await;
    let stranger = app.other_account("b").await;
    let started = Instant::now();
    let mut idle = Vec::new();
    for _ in 0..4 {
        let mut raw = Raw::connect(&app).await;
        let (now, _) = create_bytes(&app.test_api_key, &"{".repeat(2_000_000), 800_000);
        raw.send(now).await;
        idle.push(raw);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let request = app.bare_request("POST", GENERATIONS).bearer_auth(&stranger).body(padded());
    let answer = app.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    for mut raw in idle {
        let answer = raw.read_until("request_timeout").await;
        assert_eq!(status(&answer), "408", "{answer}");
        assert!(answer.contains("bytes a second"), "{answer}");
    }
    // Two places, five seconds each, twice.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    app.finish().await;
}

#[tokio::test]
async fn small_bodies_on_their_way_are_bounded_for_an_account() {
    let app = TestApp::start().await;
    let stranger = app.other_account("b").await;
    let body = small("[[stall]]").to_string();
    let mut slow = Vec::new();
    for _ in 0..64 {
        let mut raw = Raw::connect(&app).await;
        let (now, later) = create_bytes(&app.test_api_key, &body, 5);
        raw.send(now).await;
        slow.push((raw, later));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let small = small("[[stall]]");
    let one_more = app.post_with(&app.test_api_key, GENERATIONS, &small);
    let other = async {
        let started = Instant::now();
        let answer = app.post_with(&stranger, GENERATIONS, &small).await;
        (answer.status, started.elapsed() < SOON)
    };
    let (one_more, other) = tokio::join!(one_more, other);
    rate_limited(&one_more);
    assert_eq!(other, (200, true));
    let (mut raw, later) = slow.pop().expect("64 of them");
    raw.send(later).await;
    assert_eq!(status(&raw.read_until("task_id").await), "200");
    let answer = app.post_with(&app.test_api_key, GENERATIONS, &small).await;
    assert_eq!(answer.status, 200, "a place came free");
    drop(slow);
    app.finish().await;
}

#[tokio::test]
async fn a_model_that_does_not_exist_has_an_empty_list_without_a_look_at_the_store() {
    let app = Options::default().start().await;
    let id = stalled(&app).await;
    let listed = app.get(&format!("{GENERATIONS}?model=grok-imagine-video&status=QUEUED")).await;
    assert_eq!(listed.status, 200, "{}", listed.json());
    app.get(&format!("{GENERATIONS}/{id}")).await;
    let (release, readers) = hold_readers(&app, 2).await;
    let answer = app.get(&format!("{GENERATIONS}?model=nope&status=SUCCESS")).await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!((&body["data"], &body["has_more"]), (&json!([]), &json!(false)), "{body}");
    drop(release);
    readers.join_all().await;
    app.finish().await;
}

#[tokio::test]
async fn lists_with_a_filter_wait_for_each_other_and_not_for_ever() {
    let app = TestApp::start().await;
    let stranger = app.other_account("b").await;
    for key in [&app.api_key, &stranger] {
        let known = app.bare_request("GET", GENERATIONS).bearer_auth(key);
        assert_eq!(app.send(known).await.status, 200);
    }
    // With both readers held, the first list stands still with its place.
    let (release, readers) = hold_readers(&app, 2).await;
    let path = format!("{GENERATIONS}?model=grok-image-video");
    let answers = async {
        let (own, other) = tokio::join!(
            async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                app.get(&path).await
            },
            async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                app.send(app.bare_request("GET", &path).bearer_auth(&stranger)).await
            },
        );
        drop(release);
        (own, other)
    };
    let (first, (own, other)) = tokio::join!(app.get(&path), answers);
    assert_eq!(first.status, 200);
    rate_limited(&own);
    rate_limited(&other);
    readers.join_all().await;
    assert_eq!(app.get(&path).await.status, 200);
    app.finish().await;
}

/// Occupies readers of the store until the sender is dropped.
async fn hold_readers(
    app: &TestApp,
    count: usize,
) -> (Vec<mpsc::Sender<()>>, tokio::task::JoinSet<()>) {
    let mut senders = Vec::new();
    let mut readers = tokio::task::JoinSet::new();
    let standing = Arc::new(AtomicUsize::new(0));
    for _ in 0..count {
        let (sender, receiver) = mpsc::channel::<()>();
        let (receiver, count) = (Mutex::new(receiver), Arc::clone(&standing));
        let store = app.app().store.clone();
        readers.spawn(async move {
            let stand_still = move |_: &mut rushes_store::Tx<'_>| {
                count.fetch_add(1, Ordering::Relaxed);
                let _ = receiver.lock().expect("not poisoned").recv();
                Ok(())
            };
            store.read(stand_still).await.expect("readable");
        });
        senders.push(sender);
    }
    crate::support::eventually("the readers are held", async || {
        (standing.load(Ordering::Relaxed) == count).then_some(())
    })
    .await;
    (senders, readers)
}
