//! Looks for broken invariants. The numbers are those of `docs/reliability.md`.
//!
//! Guarantees: reads only, and says what it finds in sentences. It may read whole tables, so it is for
//! tests and for `rushes doctor`. A limit that was lowered leaves more behind than it allows: it is
//! broken only by what came after. Not here: what only the files can tell (that a video's bytes are
//! still the ones of its SHA-256; [`kept_videos`] names them).

mod checks;

use std::collections::HashSet;

use rushes_domain::channel::{ChannelTerms, Resubmit};
use rushes_domain::{ChannelId, TaskId, Timestamp};

use crate::error::StoreError;
use crate::params;
use crate::tx::{Tx, single};

/// Sentences of one check, at most.
const SENTENCES_MAX: u32 = 20;
/// Jobs of a task where a second one costs little.
const FEW_MAX: u64 = 3;
/// Videos of one page.
const PAGE_MAX: u32 = 500;

/// A broken invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its number, for example `I4`.
    pub invariant: &'static str,
    /// What is wrong, as a sentence.
    pub detail: String,
    /// True for what time alone breaks while nobody serves, and the worker's first round mends.
    pub is_of_time: bool,
}

/// All broken invariants that the rows can tell, with a bounded number of sentences each.
pub fn check_invariants(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Violation>, StoreError> {
    let mut violations = Vec::new();
    let mut add = |invariant, is_of_time, sentences: Vec<String>| {
        let violation = |detail| Violation { invariant, detail, is_of_time };
        violations.extend(sentences.into_iter().map(violation));
    };
    for &(invariant, sql) in checks::TIMELESS {
        add(invariant, false, tx.rows(sql, params![SENTENCES_MAX], single)?);
    }
    for &(invariant, allowed_ms, sql) in checks::TIMED {
        let before = now.plus_ms(-allowed_ms);
        add(invariant, true, tx.rows(sql, params![SENTENCES_MAX, before], single)?);
    }
    add("I3", false, doubled_jobs(tx)?);
    add("I5", false, full_channels(tx)?);
    add("I5", false, crate::usage::faults(tx, SENTENCES_MAX)?);
    Ok(violations)
}

/// I3: tasks that were handed over more often than their channel allows. A hand-over that was provably
/// refused does not count.
fn doubled_jobs(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    let several = tx.rows(checks::SEVERAL_JOBS, params![], |row| {
        Ok((row.take::<TaskId>()?, row.take::<String>()?, row.take::<u64>()?))
    })?;
    let mut sentences = Vec::new();
    for (id, terms, count) in several {
        let max = match read_terms(&terms)?.resubmit {
            Resubmit::Never => 1,
            Resubmit::Few => FEW_MAX,
            // Repeating is exact, or costs nothing.
            Resubmit::Keyed | Resubmit::Free => continue,
        };
        if count > max {
            sentences.push(format!("task {id} may have {count} jobs, where {max} is the most"));
        }
    }
    sentences.truncate(SENTENCES_MAX as usize);
    Ok(sentences)
}

/// I5: channels that were sent more jobs than their terms allow.
fn full_channels(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    let channels = tx.rows(checks::CHANNEL_JOBS, params![], |row| {
        Ok((row.take::<ChannelId>()?, row.take::<String>()?, row.take::<u32>()?, row.take()?))
    })?;
    let mut sentences = Vec::new();
    for (id, terms, count, joined_since) in channels {
        let max = read_terms(&terms)?.max_concurrency;
        if count > max && joined_since {
            sentences.push(format!("channel {id} has {count} jobs, over its limit of {max}"));
        }
    }
    sentences.truncate(SENTENCES_MAX as usize);
    Ok(sentences)
}

fn read_terms(text: &str) -> Result<ChannelTerms, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Corrupt(format!("the terms of a channel: {error}")))
}

/// What the database finds wrong with its own file; empty if it is whole.
pub fn integrity_faults(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    let lines = tx.rows("PRAGMA integrity_check", &[], single::<String>)?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

const KEPT_PATHS: &str = "SELECT result_path FROM tasks
        WHERE result_path IS NOT NULL AND result_removed_at IS NULL
    UNION SELECT result_poster_path FROM tasks
        WHERE result_poster_path IS NOT NULL AND result_removed_at IS NULL
    UNION SELECT path FROM task_images WHERE path IS NOT NULL";

/// Paths of all files that a row still keeps, relative to the data directory. Holds them all at
/// once: for tests and for `rushes doctor`.
pub fn kept_paths(tx: &mut Tx<'_>) -> Result<HashSet<String>, StoreError> {
    let paths = tx.rows(KEPT_PATHS, &[], single::<String>)?;
    Ok(paths.into_iter().collect())
}

/// A video that a row keeps, as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptVideo {
    /// The task.
    pub task_id: TaskId,
    /// Relative to the data directory.
    pub path: String,
    /// Its still picture, relative to the data directory.
    pub poster_path: Option<String>,
    /// Its length in bytes.
    pub bytes_len: u64,
    /// Its SHA-256 in hex.
    pub sha256_hex: String,
}

const KEPT_VIDEOS: &str = "SELECT id, result_path, result_poster_path, result_bytes, result_sha256
    FROM tasks
    WHERE result_path IS NOT NULL AND result_removed_at IS NULL AND id > $1
    ORDER BY id LIMIT $2";

/// Videos that rows keep, in the order of their tasks' ids, a page at a time; `after` is the last one
/// seen.
pub fn kept_videos(tx: &mut Tx<'_>, after: Option<TaskId>) -> Result<Vec<KeptVideo>, StoreError> {
    let after = after.unwrap_or(TaskId::new(0));
    tx.rows(KEPT_VIDEOS, params![after, PAGE_MAX], |row| {
        Ok(KeptVideo {
            task_id: row.take()?,
            path: row.take()?,
            poster_path: row.take()?,
            bytes_len: row.take()?,
            sha256_hex: row.take()?,
        })
    })
}
