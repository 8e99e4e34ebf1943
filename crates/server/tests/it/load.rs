//! Many clients at once: nobody gets an error, nobody waits for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::TestApp;

/// Clients that poll (issue 2).
const POLLERS: usize = 200;
/// Clients that create at the same time.
const CREATORS: usize = 50;
/// Longest time that one answer may take on a busy machine of two cores.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_clients_poll_while_fifty_create() {
    let app = Arc::new(TestApp::start().await);
    let target = app.create_with(&app.test_api_key, &body("a fox [[delay: 2s]]")).await;
    let stop = Arc::new(AtomicBool::new(false));
    let polls = Arc::new(AtomicUsize::new(0));
    let mut pollers = Vec::new();
    for _ in 0..POLLERS {
        let (app, target, stop, polls) = (app.clone(), target.clone(), stop.clone(), polls.clone());
        pollers.push(spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let started = Instant::now();
                let answer = app.get(&format!("/v1/video/generations/{target}")).await;
                assert_eq!(answer.status, 200, "{answer:?}");
                assert!(started.elapsed() < ANSWER_WITHIN, "{:?}", started.elapsed());
                polls.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    let mut creators = Vec::new();
    for number in 0..CREATORS {
        let app = app.clone();
        creators.push(spawn(async move {
            let prompt = format!("number {number} [[fail: as asked]]");
            app.create_with(&app.test_api_key, &body(&prompt)).await
        }));
    }
    let mut ids = Vec::new();
    for creator in creators {
        ids.push(creator.await.expect("no panic"));
    }
    for id in &ids {
        let ended = app.wait(id).await;
        assert_eq!(ended["data"]["fail_reason"], "as asked", "{ended}");
    }
    let ended = app.wait(&target).await;
    assert_eq!(ended["data"]["status"], "SUCCESS", "{ended}");
    stop.store(true, Ordering::Relaxed);
    for poller in pollers {
        poller.await.expect("no panic");
    }
    assert!(polls.load(Ordering::Relaxed) >= POLLERS);
    let app = Arc::into_inner(app).expect("nobody else holds it");
    app.finish().await;
}

fn body(prompt: &str) -> Value {
    json!({"model": "grok-image-video", "prompt": prompt, "seconds": 1, "resolution": "480p"})
}

#[expect(clippy::disallowed_methods, reason = "clients of the test, not of the gateway")]
fn spawn<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    tokio::spawn(future)
}
