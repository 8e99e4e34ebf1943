//! What time takes: deadlines, expired videos, files without a row, old rows.
//!
//! Guarantees: a task ends within seconds of its deadline even if no step looks at it; a video's
//! row says that it is gone before its file goes; a file goes only if no row refers to it, its task
//! is over and it is old enough not to belong to a request under way. All in bounded batches, and
//! deadlines wait for nothing else: not for files, not for an upstream, not for a row that fails.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::stream::{self, StreamExt as _};
use rushes_domain::{Failure, FailureCode, State, TaskId, Timestamp};
use rushes_store::sessions::SESSION_MS;
use rushes_store::{
    Advance, Fence, Happening, Retention, StoreError, TaskRow, Tx, WebhookRetention, advance,
    delete_old_rows, delete_old_webhooks, expired_results, forget_old_secrets, overdue,
    referenced_paths, remove_result, task,
};

use super::target::Target;
use super::{step, timing};
use crate::app::App;
use crate::lifecycle::supervise;
use crate::storage::{FILES_FOLDER, IMAGES_FOLDER};

/// Between two looks at deadlines and expired videos, in milliseconds.
const INTERVAL_MS: i64 = 5_000;
/// Between two looks at files and old rows, in milliseconds.
const LONG_INTERVAL_MS: i64 = 3_600_000;
/// Between two writes of when keys were used, in milliseconds.
const KEY_USES_INTERVAL_MS: i64 = 60_000;
/// Rows or files of one batch.
const BATCH_MAX: usize = 500;
/// Overdue tasks that are looked at together …
const OVERDUE_MAX: usize = 1_000;
/// … and those that are ended in one write.
const OVERDUE_WRITE_MAX: usize = 100;
/// How long an upstream may take to hear that a job is to stop, in milliseconds.
const CANCEL_MS_MAX: i64 = 10_000;
/// Upstreams that are told so at the same time.
const CANCELS_AT_ONCE: usize = 16;
/// Batches of one kind in one sweep.
const BATCHES_MAX: usize = 100;
/// How old a file without a row must be before it goes, in milliseconds.
const ORPHAN_GRACE_MS: i64 = 3_600_000;
/// How much longer than its deadline a video that is being stored may take, in milliseconds.
const FINALIZE_GRACE_MS: i64 = 30_000;
const DAY_MS: i64 = 86_400_000;

/// Starts sweeping until the app stops: each kind on its own, so that none waits for another.
pub(super) fn start(app: &Arc<App>) {
    app.tracker.spawn(supervise("deadlines", app, watch_deadlines(Arc::clone(app))));
    app.tracker.spawn(supervise("expired videos", app, watch_videos(Arc::clone(app))));
    app.tracker.spawn(supervise("clean-up", app, clean_up(Arc::clone(app))));
}

async fn watch_deadlines(app: Arc<App>) {
    loop {
        let began = app.clock.now();
        let outcome = match app.jump.now().await {
            Ok(now) => end_overdue(&app, now).await,
            Err(error) => Err(error),
        };
        report("deadlines", outcome);
        if !pause(&app, began).await {
            return;
        }
    }
}

async fn watch_videos(app: Arc<App>) {
    loop {
        let began = app.clock.now();
        if let Some(now) = present_for_deletions(&app).await {
            report("expired videos", remove_expired(&app, now).await);
        }
        if !pause(&app, began).await {
            return;
        }
    }
}

async fn clean_up(app: Arc<App>) {
    let mut due_ms = app.clock.monotonic_ms();
    let mut uses_due_ms = due_ms.saturating_add(KEY_USES_INTERVAL_MS);
    loop {
        let began = app.clock.now();
        if app.clock.monotonic_ms() >= uses_due_ms {
            report("uses of keys", app.keys.flush(&app.store).await.map(|()| 0));
            uses_due_ms = app.clock.monotonic_ms().saturating_add(KEY_USES_INTERVAL_MS);
        }
        if app.clock.monotonic_ms() >= due_ms
            && let Some(now) = present_for_deletions(&app).await
        {
            report("old rows", delete_rows(&app, now).await);
            report("old sessions", delete_sessions(&app, now).await);
            report("old webhooks", delete_webhooks(&app, now).await);
            for folder in [FILES_FOLDER, IMAGES_FOLDER] {
                report("orphan files", remove_orphans(&app, folder, now).await);
            }
            due_ms = app.clock.monotonic_ms().saturating_add(LONG_INTERVAL_MS);
        }
        if !pause(&app, began).await {
            return;
        }
    }
}

/// Sessions and one-time links that cannot be used any more.
async fn delete_sessions(app: &App, now: Timestamp) -> Result<usize, StoreError> {
    let opened_before = now.plus_ms(-SESSION_MS);
    let limit = u32::try_from(BATCH_MAX).unwrap_or(u32::MAX);
    app.store
        .write(move |tx| rushes_store::delete_old_sessions(tx, opened_before, now, limit))
        .await
}

/// The present, if things may be deleted for their age.
async fn present_for_deletions(app: &App) -> Option<Timestamp> {
    let now = app.jump.now().await.ok()?;
    app.jump.allows_deletions().then_some(now)
}

/// Waits for the turn after the one that began then; false if the app stops.
async fn pause(app: &App, began: Timestamp) -> bool {
    tokio::select! {
        () = app.stop.cancelled() => false,
        () = app.clock.sleep_until(began.plus_ms(INTERVAL_MS)) => true,
    }
}

/// A sweep that fails is tried again at the next turn.
fn report(what: &'static str, outcome: Result<usize, StoreError>) {
    match outcome {
        Ok(0) | Err(StoreError::Closed) => {}
        Ok(count) => tracing::info!(count, "swept {what}"),
        Err(error) => tracing::error!(%error, "cannot sweep {what}"),
    }
}

/// Ends tasks whose time is over, until there is none left that can be ended now.
async fn end_overdue(app: &Arc<App>, now: Timestamp) -> Result<usize, StoreError> {
    let mut seen = BTreeSet::new();
    let mut count = 0;
    loop {
        let mut ids = app.store.read(move |tx| overdue(tx, now, OVERDUE_MAX)).await?;
        ids.retain(|&id| seen.insert(id));
        if ids.is_empty() {
            return Ok(count);
        }
        for batch in ids.chunks(OVERDUE_WRITE_MAX) {
            let ended = end_batch(app, batch, now).await?;
            count += ended.len();
            app.tracker.spawn(call_off(Arc::clone(app), ended, now));
        }
    }
}

/// Ends these tasks in one write; if that fails, each in its own, without those that fail.
async fn end_batch(app: &App, ids: &[TaskId], now: Timestamp) -> Result<Vec<TaskRow>, StoreError> {
    let batch = ids.to_vec();
    let all = move |tx: &mut Tx<'_>| {
        let ended = batch.iter().map(|&id| end_one(tx, id, now));
        ended.collect::<Result<Vec<_>, _>>()
    };
    match app.store.write(all).await {
        Ok(ended) => return Ok(ended.into_iter().flatten().collect()),
        Err(error @ (StoreError::Closed | StoreError::Busy | StoreError::Full)) => {
            return Err(error);
        }
        Err(error) => tracing::error!(%error, "overdue tasks cannot be ended; one by one then"),
    }
    let mut ended = Vec::new();
    for &id in ids {
        match app.store.write(move |tx| end_one(tx, id, now)).await {
            Ok(row) => ended.extend(row),
            Err(error @ StoreError::Closed) => return Err(error),
            Err(error) => tracing::error!(task_id = %id, %error, "an overdue task stays"),
        }
    }
    Ok(ended)
}

/// Asks the upstreams of ended tasks to stop; nobody waits for that.
async fn call_off(app: Arc<App>, ended: Vec<TaskRow>, now: Timestamp) {
    let app = &*app;
    let all = stream::iter(ended).for_each_concurrent(CANCELS_AT_ONCE, async |task| {
        if let Some(target) = Target::of(app, &task) {
            let cancel = step::cancel(&target, &task, now);
            if timing::within(&*app.clock, CANCEL_MS_MAX, cancel).await.is_none() {
                tracing::info!(task_id = %task.id, "the upstream did not hear the cancel in time");
            }
        }
        step::forget(app, &task);
    });
    tokio::select! {
        () = all => {}
        () = app.stop.cancelled() => {}
    }
}

fn end_one(tx: &mut Tx<'_>, id: TaskId, now: Timestamp) -> Result<Option<TaskRow>, StoreError> {
    let Some(row) = task(tx, id)? else { return Ok(None) };
    let is_nearly_done =
        row.state == State::Finalizing && now < row.deadline_at.plus_ms(FINALIZE_GRACE_MS);
    if row.state.is_terminal() || now < row.deadline_at || is_nearly_done {
        return Ok(None);
    }
    let failure = Failure::new(FailureCode::DeadlineExceeded, row.state.as_str());
    let change = Advance::new(Happening::Failed(failure), now);
    advance(tx, Fence::Outside(id), &change).map(Some)
}

/// Rows first; the store's observer removes the files after the commit.
async fn remove_expired(app: &App, now: Timestamp) -> Result<usize, StoreError> {
    let mut count = 0;
    for _ in 0..BATCHES_MAX {
        let expired = app.store.read(move |tx| expired_results(tx, now, BATCH_MAX)).await?;
        if expired.is_empty() {
            break;
        }
        count += expired.len();
        let remove = move |tx: &mut Tx<'_>| {
            for result in &expired {
                remove_result(tx, result.task_id, now)?;
            }
            Ok(())
        };
        app.store.write(remove).await?;
    }
    Ok(count)
}

async fn delete_rows(app: &App, now: Timestamp) -> Result<usize, StoreError> {
    let kept = &app.config.retention;
    let retention = Retention {
        tasks_before: now.plus_ms(-i64::from(kept.task_days).saturating_mul(DAY_MS)),
        idempotency_before: now.plus_ms(-i64::from(kept.idempotency_days).saturating_mul(DAY_MS)),
        limit: BATCH_MAX,
    };
    let mut count = 0;
    for _ in 0..BATCHES_MAX {
        let deleted = app.store.write(move |tx| delete_old_rows(tx, &retention)).await?;
        count += deleted.tasks + deleted.idempotency_keys;
        if deleted.tasks < BATCH_MAX && deleted.idempotency_keys < BATCH_MAX {
            break;
        }
    }
    Ok(count)
}

/// Deliveries, events and rotated secrets that are kept no longer.
async fn delete_webhooks(app: &App, now: Timestamp) -> Result<usize, StoreError> {
    let kept = &app.config.retention;
    let before = |days: u32| now.plus_ms(-i64::from(days).saturating_mul(DAY_MS));
    let retention = WebhookRetention {
        deliveries_before: before(kept.webhook_delivery_days),
        events_before: before(kept.webhook_event_days),
        limit: BATCH_MAX,
    };
    let mut count = app.store.write(move |tx| forget_old_secrets(tx, now)).await?;
    for _ in 0..BATCHES_MAX {
        let most = app.store.write(move |tx| delete_old_webhooks(tx, &retention)).await?;
        count += most;
        if most < BATCH_MAX {
            break;
        }
    }
    Ok(count)
}

/// Removes files that nobody will ask for: left by a crash between writing and committing.
async fn remove_orphans(
    app: &App,
    folder: &'static str,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let paths = match app.storage.list(folder).await {
        Ok(paths) => paths,
        Err(source) => {
            tracing::error!(error = %source, folder, "the folder cannot be read");
            return Ok(0);
        }
    };
    let mut count = 0;
    for batch in paths.chunks(BATCH_MAX) {
        let mut old = Vec::new();
        for path in batch {
            if is_old(app, path, now).await {
                old.push(path.clone());
            }
        }
        if old.is_empty() {
            continue;
        }
        let candidates = old.clone();
        let kept = app.store.read(move |tx| still_needed(tx, &candidates)).await?;
        for path in old.iter().filter(|path| !kept.contains(*path)) {
            match app.storage.remove(path).await {
                Ok(()) => count += 1,
                Err(source) => tracing::warn!(%path, error = %source, "an orphan stays"),
            }
        }
    }
    Ok(count)
}

async fn is_old(app: &App, path: &str, now: Timestamp) -> bool {
    let before = moment(now.plus_ms(-ORPHAN_GRACE_MS));
    app.storage.modified(path).await.is_ok_and(|modified| modified < before)
}

/// Files that a row names, and those of tasks that are not over: a video that was put away is named
/// by no row until its task has succeeded.
fn still_needed(tx: &mut Tx<'_>, candidates: &[String]) -> Result<HashSet<String>, StoreError> {
    let mut needed = referenced_paths(tx, candidates)?;
    for path in candidates {
        let name = path.rsplit('/').next().unwrap_or_default();
        let Ok(id) = TaskId::from_hex(name.get(..32).unwrap_or_default()) else { continue };
        if !needed.contains(path) && task(tx, id)?.is_some_and(|row| !row.state.is_terminal()) {
            needed.insert(path.clone());
        }
    }
    Ok(needed)
}

/// A moment as the file system counts it.
fn moment(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(at.0).unwrap_or(0))
}
