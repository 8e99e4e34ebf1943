//! Tasks of all accounts, for operators.
//!
//! Guarantees: each call reads so many rows at most, by id, newest first; tasks that their owners
//! deleted are among them. Not here: who may look.

use std::sync::LazyLock;

use rushes_domain::money::CostState;
use rushes_domain::{AccountId, ChannelId, FailureCode, State, TaskId, Ticks, Timestamp};

use crate::channels::EndFacts;
use crate::error::StoreError;
use crate::params;
use crate::tasks::query::LIST_MAX;
use crate::tasks::row::{self, TaskRow};
use crate::tx::{Row, Tx};

/// Rows in one answer of [`recent_tasks`], at most.
pub const RECENT_MAX: usize = 2_000;

/// The id that is behind all others.
const LAST_ID: TaskId = TaskId::new(u128::MAX);

pub(crate) static OF_ALL: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {} FROM tasks WHERE id < $1 ORDER BY id DESC LIMIT $2", row::COLUMNS)
});

pub(crate) static OF_ONE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM tasks WHERE account_id = $3 AND id < $1 ORDER BY id DESC LIMIT $2",
        row::COLUMNS
    )
});

/// Tasks of all accounts, or of one, newest first, those after `after`; also those that their owners
/// deleted. At most `limit`, and at most [`LIST_MAX`].
pub fn list_all_tasks(
    tx: &mut Tx<'_>,
    account_id: Option<AccountId>,
    after: Option<TaskId>,
    limit: usize,
) -> Result<Vec<TaskRow>, StoreError> {
    let (after, limit) = (after.unwrap_or(LAST_ID), limit.min(LIST_MAX));
    match account_id {
        None => tx.rows(&OF_ALL, params![after, limit], row::read),
        Some(id) => tx.rows(&OF_ONE, params![after, limit, id], row::read),
    }
}

/// What figures are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecentTask {
    /// Its id.
    pub id: TaskId,
    /// Who has it, or had it.
    pub channel_id: ChannelId,
    /// Where it stands.
    pub state: State,
    /// What its account paid.
    pub charged: Ticks,
    /// What its job cost, or may have cost, its channel's operator; 0 until it has ended.
    pub cost: Ticks,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it was first sent to an upstream.
    pub submitted_at: Option<Timestamp>,
    /// When the upstream said that the video is ready.
    pub upstream_done_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Why there is no video.
    pub failure_code: Option<FailureCode>,
}

pub(crate) const RECENT: &str = "SELECT id, channel_id, state, price_ticks, cost_state,
        upstream_cost_ticks, expected_cost_ticks, upstream_id IS NOT NULL, attempts, created_at,
        submitted_at, upstream_done_at, finished_at, failure_code
    FROM tasks WHERE key_kind = 'live' AND id >= $1 AND id < $2 ORDER BY id DESC LIMIT $3";

/// Tasks of live keys from the id `from` on and before `before`, newest first, at most [`RECENT_MAX`].
pub fn recent_tasks(
    tx: &mut Tx<'_>,
    from: TaskId,
    before: Option<TaskId>,
) -> Result<Vec<RecentTask>, StoreError> {
    let values = params![from, before.unwrap_or(LAST_ID), RECENT_MAX];
    tx.rows(RECENT, values, read_recent)
}

fn read_recent(row: &mut Row<'_>) -> Result<RecentTask, StoreError> {
    let (id, channel_id, state) = (row.take()?, row.take()?, row.take()?);
    let (price, cost_state): (Ticks, CostState) = (row.take()?, row.take()?);
    let (upstream_cost, expected_cost) = (row.take()?, row.take()?);
    let (has_upstream_id, attempts) = (row.take()?, row.take()?);
    let (created_at, submitted_at) = (row.take()?, row.take()?);
    let (upstream_done_at, finished_at) = (row.take()?, row.take()?);
    let failure_code = row.take()?;
    let facts = EndFacts {
        channel_id,
        state,
        upstream_cost,
        expected_cost,
        has_upstream_id,
        attempts,
        code: failure_code,
    };
    Ok(RecentTask {
        id,
        channel_id,
        state,
        charged: if cost_state == CostState::Posted { price } else { Ticks::ZERO },
        cost: facts.known_cost(),
        created_at,
        submitted_at,
        upstream_done_at,
        finished_at,
        failure_code,
    })
}

/// What the job of a task cost, or may have cost, its channel's operator; 0 until it has ended.
pub fn cost_of(task: &TaskRow) -> Ticks {
    EndFacts::of(task).known_cost()
}
