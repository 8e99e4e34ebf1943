//! What time takes away: overdue tasks, expired videos, old rows. All in bounded batches.

use std::collections::HashSet;
use std::sync::Arc;

use rushes_domain::webhook::EventType;
use rushes_domain::{TaskId, Timestamp};

use crate::change::Change;
use crate::error::StoreError;
use crate::idempotency;
use crate::params;
use crate::tasks::query;
use crate::tasks::row::TaskRow;
use crate::tx::{Tx, single};
use crate::webhooks::events;

/// Rows that one sweep operation looks at, at most.
pub const SWEEP_MAX: usize = 1_000;
/// Milliseconds for which an ended task's row is kept: 400 days.
pub const TASK_KEPT_MS: i64 = 400 * 24 * 3_600 * 1_000;

pub(crate) const OVERDUE: &str = "SELECT id FROM tasks
    WHERE finished_at IS NULL AND deadline_at <= $1 ORDER BY deadline_at LIMIT $2";

/// Tasks whose time is over and that have not ended, the longest overdue first.
pub fn overdue(tx: &mut Tx<'_>, now: Timestamp, limit: usize) -> Result<Vec<TaskId>, StoreError> {
    tx.rows(OVERDUE, params![now, limit.min(SWEEP_MAX)], single)
}

/// A video whose time is over and that is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiredResult {
    /// The task.
    pub task_id: TaskId,
    /// Video and still picture, relative to the data directory.
    pub paths: Vec<String>,
}

pub(crate) const EXPIRED: &str = "SELECT id, result_path, result_poster_path FROM tasks
    WHERE result_path IS NOT NULL AND result_removed_at IS NULL AND result_expires_at <= $1
    ORDER BY result_expires_at, id LIMIT $2";

/// Videos to be removed, the longest expired first.
pub fn expired_results(
    tx: &mut Tx<'_>,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<ExpiredResult>, StoreError> {
    tx.rows(EXPIRED, params![now, limit.min(SWEEP_MAX)], |row| {
        let task_id = row.take()?;
        let path: Option<String> = row.take()?;
        let poster_path: Option<String> = row.take()?;
        Ok(ExpiredResult { task_id, paths: path.into_iter().chain(poster_path).collect() })
    })
}

pub(crate) const REMOVE_RESULT: &str = "UPDATE tasks
    SET result_removed_at = $2, version = version + 1
    WHERE id = $1 AND result_path IS NOT NULL AND result_removed_at IS NULL";

/// Notes that a task's video is gone; the observer is told to delete the files after the commit.
/// Gives back the new row, or nothing if there was no video to remove.
pub fn remove_result(
    tx: &mut Tx<'_>,
    id: TaskId,
    now: Timestamp,
) -> Result<Option<TaskRow>, StoreError> {
    if tx.exec(REMOVE_RESULT, params![id, now])? == 0 {
        return Ok(None);
    }
    let task = query::task(tx, id)?.ok_or(StoreError::NotFound)?;
    if let Some(result) = &task.result {
        let paths = [Some(result.path.clone()), result.poster_path.clone()];
        tx.changed(Change::FilesUnreferenced(paths.into_iter().flatten().collect()));
    }
    events::record(tx, &task, EventType::Expired, now)?;
    tx.changed(Change::Task(Arc::new(task.clone())));
    Ok(Some(task))
}

pub(crate) const RESULT_PATHS: &str = "SELECT result_path, result_poster_path FROM tasks
    WHERE id = $1 AND result_path IS NOT NULL AND result_removed_at IS NULL";

pub(crate) const IMAGE_PATH: &str = "SELECT 1 FROM task_images WHERE path = $1 LIMIT 1";

/// Those of `candidates` (at most [`SWEEP_MAX`]; paths relative to the data directory) that a row
/// still refers to. The orphan sweep walks a folder, asks about one bunch of old files after the
/// other, and deletes the rest; nothing has to hold all paths at once.
pub fn referenced_paths(
    tx: &mut Tx<'_>,
    candidates: &[String],
) -> Result<HashSet<String>, StoreError> {
    if candidates.len() > SWEEP_MAX {
        return Err(StoreError::Sql(format!("more than {SWEEP_MAX} paths in one question")));
    }
    let mut referenced = HashSet::new();
    for path in candidates {
        let is_image = tx.value::<i64>(IMAGE_PATH, params![path])?.is_some();
        if is_image || is_result(tx, path)? {
            referenced.insert(path.clone());
        }
    }
    Ok(referenced)
}

/// Results are found by the task's id, which is the name of their files.
fn is_result(tx: &mut Tx<'_>, path: &str) -> Result<bool, StoreError> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Ok(id) = TaskId::from_hex(name.get(..32).unwrap_or("")) else {
        return Ok(false);
    };
    let paths = tx.one(RESULT_PATHS, params![id], |row| {
        Ok((row.take::<Option<String>>()?, row.take::<Option<String>>()?))
    })?;
    let (video, poster) = paths.unwrap_or_default();
    Ok([video, poster].into_iter().flatten().any(|kept| kept == path))
}

/// What to delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Tasks that ended before this moment and whose video is gone.
    pub tasks_before: Timestamp,
    /// Idempotency keys that were used before this moment.
    pub idempotency_before: Timestamp,
    /// Rows of each kind in this batch, at most [`SWEEP_MAX`].
    pub limit: usize,
}

impl Retention {
    /// The defaults of contract 10, seen from `now`.
    pub const fn at(now: Timestamp, limit: usize) -> Self {
        Self {
            tasks_before: now.plus_ms(-TASK_KEPT_MS),
            idempotency_before: now.plus_ms(-idempotency::IDEMPOTENCY_KEPT_MS),
            limit,
        }
    }
}

/// How many rows went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deleted {
    /// Tasks with their images and history.
    pub tasks: usize,
    /// Idempotency keys.
    pub idempotency_keys: usize,
}

/// Ids grow with time, so that the oldest rows are the first ones: no index for this alone. `$1` is
/// the smallest id that a task of the moment `$2` can have.
pub(crate) const DELETE_TASKS: &str = "DELETE FROM tasks WHERE id IN (
    SELECT id FROM tasks WHERE id < $1 AND finished_at < $2
        AND (result_path IS NULL OR result_removed_at IS NOT NULL)
    ORDER BY id LIMIT $3)";

pub(crate) const DELETE_IDEMPOTENCY: &str = "DELETE FROM idempotency_keys
    WHERE (account_id, route, key) IN (
        SELECT account_id, route, key FROM idempotency_keys
        WHERE created_at < $1 ORDER BY created_at LIMIT $2)";

/// Deletes one batch of old rows; call again until it tells less than the limit.
pub fn delete_old_rows(tx: &mut Tx<'_>, retention: &Retention) -> Result<Deleted, StoreError> {
    let limit = retention.limit.min(SWEEP_MAX);
    let before = retention.tasks_before;
    let tasks = tx.exec(DELETE_TASKS, params![first_id_of(before), before, limit])?;
    let idempotency_keys =
        tx.exec(DELETE_IDEMPOTENCY, params![retention.idempotency_before, limit])?;
    Ok(Deleted { tasks, idempotency_keys })
}

/// The smallest `UUIDv7` of a moment: 48 bits of milliseconds, then zeros.
fn first_id_of(moment: Timestamp) -> TaskId {
    let milliseconds = u64::try_from(moment.ms_since(Timestamp(0))).unwrap_or(0);
    TaskId::new(u128::from(milliseconds & 0xFFFF_FFFF_FFFF) << 80)
}
