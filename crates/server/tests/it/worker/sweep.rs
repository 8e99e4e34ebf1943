use std::fs::{self, File};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rushes_domain::Clock as _;

use super::{clock, create, reach, read};
use crate::support::{Options, eventually};

const HOUR_MS: i64 = 3_600_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_nobody_takes_up_ends_with_its_time_in_the_queue() {
    let clock = clock();
    let limits = "[account]\nin_flight_max = 1\n[task]\nrun_timeout_ms = 86400000\n\
                  queue_timeout_ms = 60000";
    let app = Options::default().clock(&clock).toml(limits).start().await;
    let first = create(&app, "a fox [[stall]]").await;
    reach(&app, &first, "IN_PROGRESS").await;
    let second = create(&app, "a fox").await;
    reach(&app, &second, "NOT_START").await;
    clock.advance_ms(65_000);
    let data = app.wait(&second).await["data"].clone();
    assert_eq!(data["error"]["code"], "deadline_exceeded");
    assert_eq!(read(&app, &first).await["status"], "IN_PROGRESS");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_old_files_without_a_task_are_swept() {
    let clock = clock();
    let limits = "[task]\nrun_timeout_ms = 86400000";
    let app = Options::default().clock(&clock).toml(limits).start().await;
    let done = create(&app, "a fox").await;
    app.wait(&done).await;
    let stalled = create(&app, "a fox [[stall]]").await;
    reach(&app, &stalled, "IN_PROGRESS").await;

    let hex = |id: &str| id.trim_start_matches("task_").to_owned();
    let files = app.data_dir().join("files");
    let present = clock.now().unix_seconds().unsigned_abs();
    let make = |name: &str, age_seconds: u64| {
        let path = files.join(name);
        if !path.exists() {
            fs::write(&path, b"film").unwrap();
        }
        let modified: SystemTime = UNIX_EPOCH + Duration::from_secs(present - age_seconds);
        File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        path
    };
    let orphan = make("00000000000070008000000000000000.mp4", 3 * 3_600);
    let fresh = make("00000000000070008000000000000001.mp4", 0);
    let staged = make(&format!("{}.mp4", hex(&stalled)), 3 * 3_600);
    let kept = make(&format!("{}.mp4", hex(&done)), 3 * 3_600);

    // A turn of the clock that is long enough for the next big sweep, and short for the fresh one.
    make("00000000000070008000000000000001.mp4", 0);
    clock.advance_ms(HOUR_MS);
    eventually("the orphan is gone", async || (!orphan.exists()).then_some(())).await;
    assert!(fresh.exists() && staged.exists() && kept.exists());
    app.finish().await;
}
