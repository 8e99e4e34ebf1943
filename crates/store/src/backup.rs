//! What a backup asks of a snapshot, and how a snapshot lets go of files that it will not have.
//!
//! Guarantees: after [`withdraw_result`], [`withdraw_all_results`] or [`withdraw_image`] the rows name
//! those files no more and break no invariant; the tasks stay what they were. Not here: files, and the copy of the
//! database itself ([`crate::Store::backup_blocking`]). Meant for a copy that nobody serves from:
//! the observer hears of nothing.

use rushes_domain::{TaskId, Timestamp};

use crate::error::StoreError;
use crate::params;
use crate::tx::{Tx, single};

/// Rows in one answer, at most.
pub const PAGE_MAX: usize = 1_000;

/// A picture that a row keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptImage {
    /// The task.
    pub task_id: TaskId,
    /// Relative to the data directory.
    pub path: String,
}

const KEPT_IMAGES: &str = "SELECT task_id, path FROM task_images
    WHERE path IS NOT NULL AND path > $1 ORDER BY path LIMIT $2";

/// Pictures that rows keep, in the order of their paths, [`PAGE_MAX`] at a time; `after` is the last
/// path seen, or empty.
pub fn kept_images(tx: &mut Tx<'_>, after: &str) -> Result<Vec<KeptImage>, StoreError> {
    tx.rows(KEPT_IMAGES, params![after, PAGE_MAX], |row| {
        Ok(KeptImage { task_id: row.take()?, path: row.take()? })
    })
}

/// Notes that a picture is not there: the task fetches it again if it came from an address, and else
/// fails when it needs it. False if no row keeps it.
pub fn withdraw_image(tx: &mut Tx<'_>, path: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE task_images SET path = NULL WHERE path = $1";
    Ok(tx.exec(sql, params![path])? > 0)
}

/// The video's time is over now, unless it was before: a video is never gone before its time (I7).
const WITHDRAW: &str = "UPDATE tasks SET
        result_removed_at = $1,
        result_expires_at = CASE WHEN result_expires_at > $1 THEN $1 ELSE result_expires_at END,
        version = version + 1
    WHERE result_path IS NOT NULL AND result_removed_at IS NULL";

const WITHDRAW_ONE: &str = "UPDATE tasks SET
        result_removed_at = $1,
        result_expires_at = CASE WHEN result_expires_at > $1 THEN $1 ELSE result_expires_at END,
        version = version + 1
    WHERE result_path IS NOT NULL AND result_removed_at IS NULL AND id = $2";

/// Notes that a task's video is gone, and that its time is over; false if it has none.
pub fn withdraw_result(tx: &mut Tx<'_>, id: TaskId, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(WITHDRAW_ONE, params![now, id])? > 0)
}

/// The same for every video; tells how many there were.
pub fn withdraw_all_results(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    tx.exec(WITHDRAW, params![now])
}

/// How much is in a store, for people who compare two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Accounts.
    pub accounts: u64,
    /// Tasks in any state.
    pub tasks: u64,
    /// Those of them that have not ended.
    pub unfinished_tasks: u64,
    /// Videos that are kept.
    pub videos: u64,
}

/// Counts whole tables: for backups, not for requests.
pub fn counts(tx: &mut Tx<'_>) -> Result<Counts, StoreError> {
    let mut count = |sql: &str| tx.value::<u64>(sql, params![]).map(Option::unwrap_or_default);
    Ok(Counts {
        accounts: count("SELECT COUNT(*) FROM accounts")?,
        tasks: count("SELECT COUNT(*) FROM tasks")?,
        unfinished_tasks: count("SELECT COUNT(*) FROM tasks WHERE finished_at IS NULL")?,
        videos: count(
            "SELECT COUNT(*) FROM tasks
             WHERE result_path IS NOT NULL AND result_removed_at IS NULL",
        )?,
    })
}

/// The number of the newest migration that was applied.
pub fn schema_version(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let newest = tx.rows("SELECT COALESCE(MAX(version), 0) FROM migrations", &[], single)?;
    Ok(newest.into_iter().next().unwrap_or(0))
}
