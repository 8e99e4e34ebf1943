use super::{clock, create, reach, read};
use crate::support::Options;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
/// The jumps of the reliability table, one after the other.
const JUMPS_MS: [i64; 6] =
    [5 * MINUTE_MS, -5 * MINUTE_MS, -60 * MINUTE_MS, 60 * MINUTE_MS, 30 * DAY_MS, -30 * DAY_MS];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_ends_no_task_deletes_no_video_and_stops_no_queue() {
    let clock = clock();
    let app = Options::default().clock(&clock).start().await;
    let running = create(&app, "a fox [[stall]]").await;
    reach(&app, &running, "IN_PROGRESS").await;
    let mut done = Vec::new();
    for jump_ms in JUMPS_MS {
        clock.jump_ms(jump_ms);
        let next = create(&app, "a fox").await;
        let body = app.wait(&next).await;
        assert_eq!(body["data"]["status"], "SUCCESS", "after {jump_ms} ms: {body}");
        done.push(next);
        assert_eq!(read(&app, &running).await["status"], "IN_PROGRESS", "after {jump_ms} ms");
    }
    for id in &done {
        let name = format!("{}.mp4", id.trim_start_matches("task_"));
        assert!(app.data_dir().join("files").join(name).exists(), "{id}");
    }

    // The time that a task has is spent by time that passes, not by what the clock shows.
    clock.advance_ms(31 * MINUTE_MS);
    let data = app.wait(&running).await["data"].clone();
    assert_eq!(data["error"]["code"], "deadline_exceeded");
    app.finish().await;
}
