//! Leases: which worker has which task, and until when.
//!
//! Guarantees: a task is claimed by one caller at a time; each claim raises the epoch, so a caller
//! that was overtaken writes nothing. Queued tasks are claimed only where there is a place for them,
//! in turns between accounts; tasks in flight are claimed channel by channel, so that none waits for
//! another's. While a task is leased its `next_run_at` is the lease's end:
//! an expired lease is simply due again.

use std::sync::LazyLock;

use rushes_domain::route::{Lane, OpenLane, Routes};
use rushes_domain::{AccountId, ChannelId, GroupId, TaskId, Timestamp};

use crate::error::StoreError;
use crate::params;
use crate::tasks::images::{self, ImageRow};
use crate::tasks::query;
use crate::tasks::row::{self, TaskRow};
use crate::tx::{Row, Tx, single};

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

/// A queued task that was claimed, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// The task.
    pub claimed: Claimed,
    /// Its account's group.
    pub group_id: GroupId,
    /// The channel that has a place for it.
    pub channel_id: ChannelId,
    /// Whether it can be sent as it is. Else its images are to be fetched first, and the place is
    /// not kept for it.
    pub is_ready: bool,
}

/// `$1` now, `$2` the lease's end, `$3` how many, `$4` whose.
pub(crate) static CLAIM_DUE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH due AS MATERIALIZED (
             SELECT id FROM tasks
             WHERE state IN ('submitting', 'running', 'finalizing') AND channel_id = $4
                 AND next_run_at <= $1 AND lease_until <= $1
             ORDER BY next_run_at LIMIT $3 /*FOR UPDATE SKIP LOCKED*/
         )
         UPDATE tasks SET lease_until = $2, next_run_at = $2, lease_epoch = lease_epoch + 1
         WHERE id IN (SELECT id FROM due) RETURNING {}",
        row::COLUMNS
    )
});

/// Queued tasks of account `$1` in lane `$2` that are due at `$3`, `$4` of them.
pub(crate) const QUEUED_IN_LANE: &str = "SELECT id, next_run_at FROM tasks
    WHERE account_id = $1 AND lane = $2 AND state = 'queued' AND next_run_at <= $3
        AND lease_until <= $3
    ORDER BY next_run_at, id LIMIT $4";

/// `$1` the task, `$2` now, `$3` the lease's end.
pub(crate) static CLAIM_QUEUED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE tasks SET lease_until = $3, next_run_at = $3, lease_epoch = lease_epoch + 1
         WHERE id = $1 AND state = 'queued' AND lease_until <= $2 RETURNING {}",
        row::COLUMNS
    )
});

/// Accounts whose queued tasks in lane `$2` are all delayed are passed over at the cost of one look
/// each.
pub(crate) const CLAIMABLE_ACCOUNTS: &str = "SELECT id, group_id, last_claimed_at FROM accounts
    WHERE queued_count > 0 AND EXISTS (
        SELECT 1 FROM tasks
        WHERE account_id = accounts.id AND lane = $2 AND state = 'queued' AND next_run_at <= $1
    )
    ORDER BY last_claimed_at, id LIMIT $3";

/// As [`CLAIMABLE_ACCOUNTS`], of group `$4`. The plus keeps SQLite from gathering the whole group and
/// sorting it.
pub(crate) const CLAIMABLE_MEMBERS: &str = "SELECT id, group_id, last_claimed_at FROM accounts
    WHERE queued_count > 0 AND +group_id = $4 AND EXISTS (
        SELECT 1 FROM tasks
        WHERE account_id = accounts.id AND lane = $2 AND state = 'queued' AND next_run_at <= $1
    )
    ORDER BY last_claimed_at, id LIMIT $3";

/// Channels for which alone some task waits.
pub(crate) const PINNED_LANES: &str = "SELECT DISTINCT lane FROM tasks
    WHERE state = 'queued' AND channel_id <> 0";

pub(crate) const ACCOUNT_CLAIMED: &str = "UPDATE accounts SET last_claimed_at = $2 WHERE id = $1";

/// Claims tasks in the hands of a channel, or in ours afterwards, that are due.
pub fn claim_due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    lease_until: Timestamp,
    channel_id: ChannelId,
    limit: usize,
) -> Result<Vec<Claimed>, StoreError> {
    let limit = limit.min(CLAIMS_MAX);
    let mut tasks = tx.rows(&CLAIM_DUE, params![now, lease_until, limit, channel_id], row::read)?;
    tasks.sort_by_key(|task| task.id);
    tasks.into_iter().map(|task| claimed(tx, task)).collect()
}

/// Claims queued tasks for which there is a place, at most `limit`, going round the accounts: those
/// that waited longest for a turn first, one task each, and again while places are left. Within an
/// account the order is that of queueing.
pub fn claim_queued(
    tx: &mut Tx<'_>,
    now: Timestamp,
    lease_until: Timestamp,
    limit: usize,
    routes: &mut Routes,
) -> Result<Vec<Routed>, StoreError> {
    let limit = limit.min(CLAIMS_MAX);
    let mut round = Round { now, lease_until, lanes: open_lanes(tx, routes)?, left: limit };
    if limit == 0 || round.lanes.is_empty() {
        return Ok(Vec::new());
    }
    let mut turns = turns(tx, &round)?;
    let mut taken = Vec::new();
    while round.left > 0 && turns.iter().any(|turn| turn.has_more) {
        let given_before = round.left;
        share_out(&mut turns, &mut round.left);
        for turn in turns.iter_mut().filter(|turn| turn.share > 0) {
            let share = std::mem::take(&mut turn.share);
            let got = claim_share(tx, &round, turn, share, routes)?;
            round.left += share - got.len();
            turn.has_more = got.len() == share;
            taken.extend(got);
        }
        if round.left == given_before {
            break;
        }
    }
    for turn in &turns {
        let claimed_at = now.max(Timestamp(turn.last_claimed_at.0.saturating_add(1)));
        tx.exec(ACCOUNT_CLAIMED, params![turn.account_id, claimed_at])?;
    }
    Ok(taken)
}

/// What is the same for all of one claim.
struct Round {
    now: Timestamp,
    lease_until: Timestamp,
    lanes: Vec<OpenLane>,
    left: usize,
}

/// The lanes that have room; of those for one channel alone only those in which somebody waits.
fn open_lanes(tx: &mut Tx<'_>, routes: &Routes) -> Result<Vec<OpenLane>, StoreError> {
    let mut lanes = routes.open_lanes();
    if lanes.iter().any(|open| matches!(open.lane, Lane::Channel(_))) {
        let pinned: Vec<Lane> = tx.rows(PINNED_LANES, params![], single)?;
        lanes.retain(|open| !matches!(open.lane, Lane::Channel(_)) || pinned.contains(&open.lane));
    }
    Ok(lanes)
}

/// An account's turn in one claim.
struct Turn {
    account_id: AccountId,
    group_id: GroupId,
    last_claimed_at: Timestamp,
    share: usize,
    has_more: bool,
}

/// The accounts that have something in an open lane, the longest unserved first; no more of them
/// than there are places.
fn turns(tx: &mut Tx<'_>, round: &Round) -> Result<Vec<Turn>, StoreError> {
    let mut turns: Vec<Turn> = Vec::new();
    let read = |row: &mut Row<'_>| {
        Ok(Turn {
            account_id: row.take()?,
            group_id: row.take()?,
            last_claimed_at: row.take()?,
            share: 0,
            has_more: true,
        })
    };
    for OpenLane { lane, groups } in &round.lanes {
        match groups {
            None => {
                let values = params![round.now, lane, round.left];
                turns.extend(tx.rows(CLAIMABLE_ACCOUNTS, values, read)?);
            }
            Some(groups) => {
                for &group_id in groups {
                    let values = params![round.now, lane, round.left, group_id];
                    turns.extend(tx.rows(CLAIMABLE_MEMBERS, values, read)?);
                }
            }
        }
    }
    turns.sort_by_key(|turn| (turn.last_claimed_at, turn.account_id));
    turns.dedup_by_key(|turn| turn.account_id);
    turns.truncate(round.left);
    Ok(turns)
}

/// Claims an account's oldest tasks, from whichever of its lanes.
fn claim_share(
    tx: &mut Tx<'_>,
    round: &Round,
    turn: &Turn,
    share: usize,
    routes: &mut Routes,
) -> Result<Vec<Routed>, StoreError> {
    let mut oldest: Vec<(Timestamp, TaskId)> = Vec::new();
    for open in round.lanes.iter().filter(|open| open.serves_group(turn.group_id)) {
        let values = params![turn.account_id, &open.lane, round.now, share];
        let read = |row: &mut Row<'_>| {
            let id = row.take()?;
            Ok((row.take()?, id))
        };
        oldest.extend(tx.rows(QUEUED_IN_LANE, values, read)?);
    }
    oldest.sort_unstable();
    let mut taken = Vec::with_capacity(share);
    for (_, id) in oldest {
        if taken.len() == share {
            break;
        }
        if let Some(routed) = claim_one(tx, round, turn, id, routes)? {
            taken.push(routed);
        }
    }
    Ok(taken)
}

/// Claims one task if there still is a place for it.
fn claim_one(
    tx: &mut Tx<'_>,
    round: &Round,
    turn: &Turn,
    id: TaskId,
    routes: &mut Routes,
) -> Result<Option<Routed>, StoreError> {
    let Some(task) = query::task(tx, id)? else { return Ok(None) };
    let group_id = turn.group_id;
    let chosen = routes.choose(&task.lane, group_id, &task.refused_by, draw_of(&task));
    let Some(channel_id) = chosen else { return Ok(None) };
    let values = params![id, round.now, round.lease_until];
    let Some(task) = tx.one(&CLAIM_QUEUED, values, row::read)? else { return Ok(None) };
    let claimed = claimed(tx, task)?;
    let has_all = claimed.images.iter().all(|image| image.path.is_some());
    let is_ready = has_all || routes.passes_image_urls(channel_id);
    if is_ready {
        routes.take(channel_id);
    }
    Ok(Some(Routed { claimed, group_id, channel_id, is_ready }))
}

/// The random half of the id: the same task draws the same, whenever it is asked.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
const fn draw_of(task: &TaskRow) -> u64 {
    task.id.bits() as u64
}

/// Deals places to the accounts that have more: one to each from the front, since they may all want
/// the same channel's last ones; all that are left to an account that is alone.
fn share_out(turns: &mut [Turn], left: &mut usize) {
    let is_alone = turns.iter().filter(|turn| turn.has_more).count() == 1;
    for turn in turns.iter_mut().filter(|turn| turn.has_more) {
        let share = if is_alone { *left } else { 1.min(*left) };
        turn.share += share;
        *left -= share;
    }
}

pub(crate) const NEXT_IN_FLIGHT: &str = "SELECT next_run_at FROM tasks
    WHERE state IN ('submitting', 'running', 'finalizing') AND channel_id = $1
        AND next_run_at IS NOT NULL
    ORDER BY next_run_at LIMIT 1";

pub(crate) const NEXT_QUEUED: &str = "SELECT next_run_at FROM tasks
    WHERE state = 'queued' AND next_run_at > $1 ORDER BY next_run_at LIMIT 1";

/// The earliest moment at which a task in a channel's hands is due, or its lease ends.
pub fn next_in_flight(
    tx: &mut Tx<'_>,
    channel_id: ChannelId,
) -> Result<Option<Timestamp>, StoreError> {
    tx.value(NEXT_IN_FLIGHT, params![channel_id])
}

/// The next end of a queued task's delay. Queued tasks that are due already wait for a place, not
/// for a moment.
pub fn next_queued(tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    tx.value(NEXT_QUEUED, params![now])
}

fn claimed(tx: &mut Tx<'_>, task: TaskRow) -> Result<Claimed, StoreError> {
    let images = if task.image_count == 0 { Vec::new() } else { images::images(tx, task.id)? };
    let lease = Lease { task_id: task.id, epoch: task.lease_epoch };
    Ok(Claimed { task, lease, images })
}
