//! Leases: which worker has which task, and until when.
//!
//! Guarantees: a task is claimed by one caller at a time; each claim raises the epoch, so a caller
//! that was overtaken writes nothing. While a task is leased its `next_run_at` is the lease's end:
//! an expired lease is simply due again.

use std::sync::LazyLock;

use rushes_domain::{AccountId, TaskId, Timestamp};

use crate::error::StoreError;
use crate::params;
use crate::tasks::images::{self, ImageRow};
use crate::tasks::row::{self, TaskRow};
use crate::tx::Tx;

/// Tasks that one claim gives out, at most.
pub const CLAIMS_MAX: usize = 1_000;

/// Proof of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The task.
    pub task_id: TaskId,
    /// Its epoch when it was claimed.
    pub epoch: i64,
}

/// A task that the caller has for itself until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The task's row.
    pub task: TaskRow,
    /// What the caller's writes are fenced by.
    pub lease: Lease,
    /// The task's images in order.
    pub images: Vec<ImageRow>,
}

/// `$1` now, `$2` the lease's end, `$3` how many.
pub(crate) static CLAIM_DUE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH due AS MATERIALIZED (
             SELECT id FROM tasks
             WHERE state IN ('submitting', 'running', 'finalizing')
                 AND next_run_at <= $1 AND lease_until <= $1
             ORDER BY next_run_at LIMIT $3 /*FOR UPDATE SKIP LOCKED*/
         )
         UPDATE tasks SET lease_until = $2, next_run_at = $2, lease_epoch = lease_epoch + 1
         WHERE id IN (SELECT id FROM due) RETURNING {}",
        row::COLUMNS
    )
});

/// As [`CLAIM_DUE`] for the queued tasks of account `$4`.
pub(crate) static CLAIM_QUEUED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH due AS MATERIALIZED (
             SELECT id FROM tasks
             WHERE account_id = $4 AND state = 'queued' AND next_run_at <= $1 AND lease_until <= $1
             ORDER BY next_run_at, id LIMIT $3 /*FOR UPDATE SKIP LOCKED*/
         )
         UPDATE tasks SET lease_until = $2, next_run_at = $2, lease_epoch = lease_epoch + 1
         WHERE id IN (SELECT id FROM due) RETURNING {}",
        row::COLUMNS
    )
});

/// Accounts whose queued tasks are all delayed are passed over at the cost of one look each.
pub(crate) const CLAIMABLE_ACCOUNTS: &str = "SELECT id, last_claimed_at FROM accounts
    WHERE queued_count > 0 AND EXISTS (
        SELECT 1 FROM tasks
        WHERE account_id = accounts.id AND state = 'queued' AND next_run_at <= $1
    )
    ORDER BY last_claimed_at, id LIMIT $2";

pub(crate) const ACCOUNT_CLAIMED: &str = "UPDATE accounts SET last_claimed_at = $2 WHERE id = $1";

/// Claims tasks in an upstream's hands, or in ours afterwards, that are due.
pub fn claim_due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    lease_until: Timestamp,
    limit: usize,
) -> Result<Vec<Claimed>, StoreError> {
    let limit = limit.min(CLAIMS_MAX);
    let mut tasks = tx.rows(&CLAIM_DUE, params![now, lease_until, limit], row::read)?;
    tasks.sort_by_key(|task| task.id);
    tasks.into_iter().map(|task| claimed(tx, task)).collect()
}

/// Claims queued tasks for `slots` free places, going round the accounts: those that waited longest
/// for a turn first, one task each, and again while places are left. Within an account the order is
/// that of queueing.
pub fn claim_queued(
    tx: &mut Tx<'_>,
    now: Timestamp,
    lease_until: Timestamp,
    slots: usize,
) -> Result<Vec<Claimed>, StoreError> {
    let slots = slots.min(CLAIMS_MAX);
    if slots == 0 {
        return Ok(Vec::new());
    }
    let mut turns: Vec<Turn> = tx.rows(CLAIMABLE_ACCOUNTS, params![now, slots], |row| {
        Ok(Turn { account_id: row.take()?, last_claimed_at: row.take()?, share: 0, has_more: true })
    })?;
    let mut left = slots;
    let mut tasks = Vec::new();
    while left > 0 && turns.iter().any(|turn| turn.has_more) {
        let given_before = left;
        share_out(&mut turns, &mut left);
        for turn in turns.iter_mut().filter(|turn| turn.share > 0) {
            let share = std::mem::take(&mut turn.share);
            let got = tx.rows(
                &CLAIM_QUEUED,
                params![now, lease_until, share, turn.account_id],
                row::read,
            )?;
            left += share - got.len();
            turn.has_more = got.len() == share;
            tasks.extend(got);
        }
        if left == given_before {
            break;
        }
    }
    for turn in &turns {
        let claimed_at = now.max(Timestamp(turn.last_claimed_at.0.saturating_add(1)));
        tx.exec(ACCOUNT_CLAIMED, params![turn.account_id, claimed_at])?;
    }
    tasks.into_iter().map(|task| claimed(tx, task)).collect()
}

/// An account's turn in one claim.
struct Turn {
    account_id: AccountId,
    last_claimed_at: Timestamp,
    share: usize,
    has_more: bool,
}

/// Deals the places that are left to the accounts that have more, one by one from the front.
fn share_out(turns: &mut [Turn], left: &mut usize) {
    while *left > 0 {
        for turn in turns.iter_mut().filter(|turn| turn.has_more).take(*left) {
            turn.share += 1;
            *left -= 1;
        }
    }
}

pub(crate) const NEXT_IN_FLIGHT: &str = "SELECT next_run_at FROM tasks
    WHERE state IN ('submitting', 'running', 'finalizing') AND next_run_at IS NOT NULL
    ORDER BY next_run_at LIMIT 1";

pub(crate) const NEXT_QUEUED: &str = "SELECT next_run_at FROM tasks
    WHERE state = 'queued' AND next_run_at > $1 ORDER BY next_run_at LIMIT 1";

/// The next moment at which a claim can find something that it does not find now: the earliest due
/// moment of a task in flight (or its lease's end), or the end of a queued task's delay. Queued
/// tasks that are due already wait for a slot, not for a moment.
pub fn next_due(tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let in_flight: Option<Timestamp> = tx.value(NEXT_IN_FLIGHT, params![])?;
    let queued: Option<Timestamp> = tx.value(NEXT_QUEUED, params![now])?;
    Ok(in_flight.into_iter().chain(queued).min())
}

fn claimed(tx: &mut Tx<'_>, task: TaskRow) -> Result<Claimed, StoreError> {
    let images = if task.image_count == 0 { Vec::new() } else { images::images(tx, task.id)? };
    let lease = Lease { task_id: task.id, epoch: task.lease_epoch };
    Ok(Claimed { task, lease, images })
}
