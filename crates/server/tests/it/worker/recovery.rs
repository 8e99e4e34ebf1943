use std::sync::Arc;

use rushes_domain::{Clock as _, TaskId};
use rushes_server::clock::ManualClock;
use rushes_store::{Advance, Fence, Happening, Store, StoreOptions, advance};
use tempfile::TempDir;

use super::{clock, create, reach, read};
use crate::support::{Options, TestApp};

async fn start(clock: &ManualClock, folder: Arc<TempDir>) -> TestApp {
    Options::default().clock(clock).start_in(folder).await
}

fn task_id(id: &str) -> TaskId {
    id.parse().expect("a task id")
}

/// Brings a running task of a stopped gateway to where its video was put away, as a crash right
/// after that would have left it.
async fn upstream_done(folder: &TempDir, clock: &ManualClock, id: &str, video: &[u8]) {
    let data_dir = folder.path().join("data");
    let name = format!("files/{}.mp4", task_id(id).hex());
    std::fs::write(data_dir.join(name), video).unwrap();
    let path = data_dir.join(rushes_server::app::STORE_FILE);
    let store = Store::open(&path, StoreOptions::default(), Arc::new(())).unwrap();
    let (id, now) = (task_id(id), clock.now());
    let done = Advance::new(Happening::UpstreamDone { upstream_cost: None, media: None }, now);
    store.write(move |tx| advance(tx, Fence::Outside(id), &done)).await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_render_that_a_stop_interrupted_is_drawn_by_the_next_run() {
    let clock = clock();
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let app = start(&clock, folder).await;
    let held = create(&app, "a fox [[delay: 10s]]").await;
    reach(&app, &held, "IN_PROGRESS").await;
    let cancelled = create(&app, "a fox [[delay: 10s]]").await;
    reach(&app, &cancelled, "IN_PROGRESS").await;
    let folder = app.stop().await;
    clock.advance_ms(10_000);

    let app = start(&clock, folder).await;
    assert_eq!(app.wait(&held).await["data"]["status"], "SUCCESS");
    assert_eq!(app.wait(&cancelled).await["data"]["status"], "SUCCESS");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_video_that_was_put_away_before_a_crash_is_not_made_again() {
    let clock = clock();
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let app = start(&clock, folder).await;
    let done = create(&app, "a fox").await;
    let url = app.wait(&done).await["data"]["result_url"].as_str().unwrap().to_owned();
    let video = app.send(app.bare_request("GET", &url)).await.bytes;
    let stalled = create(&app, "a fox [[stall]]").await;
    reach(&app, &stalled, "IN_PROGRESS").await;
    let folder = app.stop().await;
    upstream_done(&folder, &clock, &stalled, &video).await;

    let app = start(&clock, folder).await;
    let data = app.wait(&stalled).await["data"].clone();
    assert_eq!(data["status"], "SUCCESS", "{data}");
    let url = data["result_url"].as_str().unwrap();
    assert_eq!(app.send(app.bare_request("GET", url)).await.bytes, video);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_no_video_never_count_as_success() {
    let clock = clock();
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let app = start(&clock, folder).await;
    let stalled = create(&app, "a fox [[stall]]").await;
    reach(&app, &stalled, "IN_PROGRESS").await;
    let folder = app.stop().await;
    upstream_done(&folder, &clock, &stalled, b"<html>gateway time-out</html>").await;

    let app = start(&clock, folder).await;
    let data = app.wait(&stalled).await["data"].clone();
    assert_eq!(data["error"]["code"], "result_invalid", "{data}");
    assert_eq!(data["cost"]["amount"], "0.00");
    assert_eq!(read(&app, &stalled).await["result_url"], "");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_video_that_went_missing_is_tried_five_times_in_two_minutes() {
    let clock = clock();
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let app = start(&clock, folder).await;
    let stalled = create(&app, "a fox [[stall]]").await;
    reach(&app, &stalled, "IN_PROGRESS").await;
    let folder = app.stop().await;
    upstream_done(&folder, &clock, &stalled, b"").await;
    let name = format!("data/files/{}.mp4", task_id(&stalled).hex());
    std::fs::remove_file(folder.path().join(name)).unwrap();

    let app = start(&clock, folder).await;
    for (tries, wait_ms) in [(1, 1_000), (2, 5_000), (3, 20_000), (4, 60_000)] {
        crate::support::eventually("a try", async || {
            let id = task_id(&stalled);
            let row = app.app().store.read(move |tx| rushes_store::task(tx, id)).await.unwrap()?;
            (row.finalize_attempts == tries).then_some(())
        })
        .await;
        clock.advance_ms(wait_ms);
    }
    let data = app.wait(&stalled).await["data"].clone();
    assert_eq!(data["error"]["code"], "result_invalid", "{data}");
    app.finish().await;
}
