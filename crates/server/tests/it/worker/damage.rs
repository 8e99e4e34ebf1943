use rushes_domain::TaskId;
use rushes_store::{StoreError, params};

use super::{clock, create, reach, read};
use crate::support::{Options, TestApp, eventually};

/// Makes a task's row unreadable, and due.
async fn damage(app: &TestApp, id: &str) {
    let (id, now) = (id.parse::<TaskId>().unwrap(), app.now());
    let spoil = move |tx: &mut rushes_store::Tx<'_>| {
        let sql = "UPDATE tasks SET metadata = '{', next_run_at = $2 WHERE id = $1";
        tx.exec(sql, params![id, now])
    };
    assert_eq!(app.app().store.write(spoil).await.unwrap(), 1);
    let looked = app.app().store.read(move |tx| rushes_store::task(tx, id)).await;
    assert!(matches!(looked, Err(StoreError::Corrupt(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_cannot_be_claimed_stops_no_other_task() {
    let app = TestApp::start().await;
    let bad = create(&app, "a fox [[stall]]").await;
    reach(&app, &bad, "IN_PROGRESS").await;
    damage(&app, &bad).await;
    let good = create(&app, "a fox").await;
    assert_eq!(app.wait(&good).await["data"]["status"], "SUCCESS");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_cannot_be_ended_keeps_no_other_task_alive() {
    let clock = clock();
    let limits = "[task]\nrun_timeout_ms = 60000";
    let app = Options::default().clock(&clock).toml(limits).start().await;
    let bad = create(&app, "a fox [[stall]]").await;
    reach(&app, &bad, "IN_PROGRESS").await;
    let mut good = Vec::new();
    for _ in 0..3 {
        good.push(create(&app, "a fox [[stall]]").await);
    }
    for id in &good {
        reach(&app, id, "IN_PROGRESS").await;
    }
    damage(&app, &bad).await;
    clock.advance_ms(65_000);
    eventually("the others end", async || {
        for id in &good {
            if read(&app, id).await["error"]["code"] != "deadline_exceeded" {
                return None;
            }
        }
        Some(())
    })
    .await;
    app.stop().await;
}
