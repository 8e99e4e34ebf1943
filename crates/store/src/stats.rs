//! Figures about the whole store, for the operator's `/metrics`.
//!
//! Guarantees: one call is one read on one snapshot, and looks at a bounded number of tasks, videos
//! and images ([`COUNTED_MAX`] of each), so that a scrape cannot hold a reader for long; what is
//! beyond is not counted. Not here: customers. No figure is of one account.

use rushes_domain::money::TICKS_PER_DOLLAR;
use rushes_domain::{State, Timestamp};

use crate::error::StoreError;
use crate::params;
use crate::tx::Tx;

/// Rows of one kind that are counted, at most.
pub const COUNTED_MAX: usize = 100_000;

/// Unfinished tasks of one state and model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveTasks {
    /// Where they stand.
    pub state: State,
    /// The model's canonical id.
    pub model_id: String,
    /// How many there are.
    pub count: u64,
    /// When the one that has waited longest began to: for parked tasks when it was accepted, for
    /// queued ones when it got its slot.
    pub waiting_since: Timestamp,
}

/// A sum of money over all accounts, in ticks. Wider than one amount can be, so that it cannot
/// overflow.
pub type TicksSum = i128;

/// The ledger's sums over all accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LedgerSums {
    /// All that was ever credited.
    pub credits: TicksSum,
    /// All that operators corrected; less than nothing where they took more than they gave.
    pub adjustments: TicksSum,
    /// All that was paid.
    pub posted: TicksSum,
    /// All that is held for unfinished tasks.
    pub pending: TicksSum,
}

/// Files that rows name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeptFiles {
    /// Videos.
    pub videos: u64,
    /// What they take, in bytes.
    pub video_bytes: u64,
    /// Still pictures of videos.
    pub posters: u64,
    /// Pictures of unfinished tasks.
    pub images: u64,
    /// What they take, in bytes.
    pub image_bytes: u64,
}

/// Everything that one scrape asks the store for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stats {
    /// Unfinished tasks by state and model; groups without any are left out.
    pub live: Vec<LiveTasks>,
    /// Money.
    pub ledger: LedgerSums,
    /// Files.
    pub files: KeptFiles,
}

pub(crate) const LIVE: &str = "SELECT state, model_id, COUNT(*), MIN(since) FROM (
        SELECT state, model_id, COALESCE(queued_at, created_at) AS since FROM tasks
        WHERE finished_at IS NULL LIMIT $1) AS live
    GROUP BY state, model_id";

/// Whole dollars and the ticks beyond them are summed apart: neither sum can leave 64 bits.
pub(crate) const LEDGER: &str = "SELECT
        COALESCE(CAST(SUM(credits_ticks / $1) AS BIGINT), 0),
        COALESCE(CAST(SUM(credits_ticks % $1) AS BIGINT), 0),
        COALESCE(CAST(SUM(adjustments_ticks / $1) AS BIGINT), 0),
        COALESCE(CAST(SUM(adjustments_ticks % $1) AS BIGINT), 0),
        COALESCE(CAST(SUM(posted_ticks / $1) AS BIGINT), 0),
        COALESCE(CAST(SUM(posted_ticks % $1) AS BIGINT), 0),
        COALESCE(CAST(SUM(pending_ticks / $1) AS BIGINT), 0),
        COALESCE(CAST(SUM(pending_ticks % $1) AS BIGINT), 0)
    FROM accounts";

pub(crate) const VIDEOS: &str = "SELECT COUNT(*), COALESCE(CAST(SUM(bytes) AS BIGINT), 0),
        COUNT(poster) FROM (
        SELECT result_bytes AS bytes, result_poster_path AS poster FROM tasks
        WHERE result_path IS NOT NULL AND result_removed_at IS NULL LIMIT $1) AS kept";

pub(crate) const IMAGES: &str = "SELECT COUNT(*), COALESCE(CAST(SUM(bytes) AS BIGINT), 0) FROM (
        SELECT bytes FROM task_images WHERE path IS NOT NULL LIMIT $1) AS kept";

/// The figures as of now.
pub fn stats(tx: &mut Tx<'_>) -> Result<Stats, StoreError> {
    let live = tx.rows(LIVE, params![COUNTED_MAX], |row| {
        Ok(LiveTasks {
            state: row.take()?,
            model_id: row.take()?,
            count: row.take()?,
            waiting_since: row.take()?,
        })
    })?;
    Ok(Stats { live, ledger: ledger_sums(tx)?, files: kept_files(tx)? })
}

fn ledger_sums(tx: &mut Tx<'_>) -> Result<LedgerSums, StoreError> {
    let sums = tx.one(LEDGER, params![TICKS_PER_DOLLAR], |row| {
        let mut next = || -> Result<TicksSum, StoreError> {
            let dollars: i64 = row.take()?;
            let ticks: i64 = row.take()?;
            Ok(TicksSum::from(dollars) * TicksSum::from(TICKS_PER_DOLLAR) + TicksSum::from(ticks))
        };
        Ok(LedgerSums { credits: next()?, adjustments: next()?, posted: next()?, pending: next()? })
    })?;
    Ok(sums.unwrap_or_default())
}

fn kept_files(tx: &mut Tx<'_>) -> Result<KeptFiles, StoreError> {
    let videos = tx.one(VIDEOS, params![COUNTED_MAX], |row| {
        Ok((row.take::<u64>()?, row.take::<u64>()?, row.take::<u64>()?))
    })?;
    let (videos, video_bytes, posters) = videos.unwrap_or_default();
    let images =
        tx.one(IMAGES, params![COUNTED_MAX], |row| Ok((row.take::<u64>()?, row.take::<u64>()?)))?;
    let (images, image_bytes) = images.unwrap_or_default();
    Ok(KeptFiles { videos, video_bytes, posters, images, image_bytes })
}
