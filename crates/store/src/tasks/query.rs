//! Looking at tasks.

use std::sync::LazyLock;

use rushes_domain::{AccountId, State, TaskId, Timestamp};

use crate::error::StoreError;
use crate::params;
use crate::tasks::row::{self, TaskRow};
use crate::tx::Tx;
use crate::value::Value;

/// Tasks in one answer of [`list_tasks`], at most.
pub const LIST_MAX: usize = 1_000;
/// Places that [`queue_position`] counts, at most.
pub const POSITION_MAX: u32 = 10_000;
/// Lines in one answer of [`state_log`], at most.
pub const STATE_LOG_MAX: u32 = 10_000;

pub(crate) static BY_ID: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {} FROM tasks WHERE id = $1", row::COLUMNS));

/// A task, whoever it belongs to.
pub fn task(tx: &mut Tx<'_>, id: TaskId) -> Result<Option<TaskRow>, StoreError> {
    tx.one(&BY_ID, params![id], row::read)
}

/// Which tasks to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFilter {
    /// Whose.
    pub account_id: AccountId,
    /// How many, at most [`LIST_MAX`].
    pub limit: usize,
    /// Only tasks that come after this one in the list's order.
    pub after: Option<TaskId>,
    /// Oldest first instead of newest first.
    pub is_oldest_first: bool,
    /// Only tasks in these states.
    pub states: Option<Vec<State>>,
    /// Only tasks of these models (canonical ids).
    pub model_ids: Option<Vec<String>>,
}

/// An account's tasks, without those that it deleted.
pub fn list_tasks(tx: &mut Tx<'_>, filter: &ListFilter) -> Result<Vec<TaskRow>, StoreError> {
    let (sql, values) = list_sql(filter);
    tx.rows(&sql, &values, row::read)
}

/// The statement has one text for each shape of filter, so that it can stay prepared.
pub(crate) fn list_sql(filter: &ListFilter) -> (String, Vec<Value<'_>>) {
    let mut values: Vec<Value<'_>> =
        vec![filter.account_id.into(), filter.limit.min(LIST_MAX).into()];
    let mut sql =
        format!("SELECT {} FROM tasks WHERE account_id = $1 AND hidden_at IS NULL", row::COLUMNS);
    if let Some(after) = filter.after {
        values.push(after.into());
        sql.push_str(if filter.is_oldest_first { " AND id > $3" } else { " AND id < $3" });
    }
    let states = filter.states.iter().flatten().map(|&state| state.into());
    add_list(&mut sql, &mut values, "state", filter.states.is_some(), states);
    let models = filter.model_ids.iter().flatten().map(Into::into);
    add_list(&mut sql, &mut values, "model_id", filter.model_ids.is_some(), models);
    let order = if filter.is_oldest_first { "ASC" } else { "DESC" };
    for part in [" ORDER BY id ", order, " LIMIT $2"] {
        sql.push_str(part);
    }
    (sql, values)
}

fn add_list<'v>(
    sql: &mut String,
    values: &mut Vec<Value<'v>>,
    column: &str,
    is_wanted: bool,
    wanted: impl Iterator<Item = Value<'v>>,
) {
    if !is_wanted {
        return;
    }
    let numbers: Vec<String> = wanted
        .map(|value| {
            values.push(value);
            format!("${}", values.len())
        })
        .collect();
    // An empty list allows nothing; `IN ()` is no portable SQL.
    let list = if numbers.is_empty() { "NULL".to_owned() } else { numbers.join(", ") };
    for part in [" AND ", column, " IN (", &list, ")"] {
        sql.push_str(part);
    }
}

pub(crate) const QUEUED_BEFORE: &str = "SELECT COUNT(*) FROM (
    SELECT 1 FROM tasks WHERE account_id = $1 AND lane = $5 AND state = 'queued'
        AND next_run_at <= $2 AND (next_run_at < $2 OR id < $3) LIMIT $4
    ) AS earlier";

pub(crate) const PARKED_BEFORE: &str = "SELECT COUNT(*) FROM (
    SELECT 1 FROM tasks WHERE account_id = $1 AND state = 'parked' AND id < $2 LIMIT $3
    ) AS earlier";

pub(crate) const QUEUED_OF_ACCOUNT: &str = "SELECT queued_count FROM accounts WHERE id = $1";

/// The place of a waiting task among its account's in the same lane, 1 for the next one; none once it is under way.
pub fn queue_position(tx: &mut Tx<'_>, task: &TaskRow) -> Result<Option<u32>, StoreError> {
    let earlier: Option<u32> = match task.state {
        State::Queued => {
            let due = task.next_run_at.unwrap_or(task.created_at);
            let values = params![task.account_id, due, task.id, POSITION_MAX, &task.lane];
            tx.value(QUEUED_BEFORE, values)?
        }
        State::Parked => {
            let queued: Option<u32> = tx.value(QUEUED_OF_ACCOUNT, params![task.account_id])?;
            let values = params![task.account_id, task.id, POSITION_MAX];
            let parked: Option<u32> = tx.value(PARKED_BEFORE, values)?;
            parked.map(|parked| parked.saturating_add(queued.unwrap_or(0)))
        }
        _ => return Ok(None),
    };
    Ok(earlier.map(|earlier| earlier.saturating_add(1)))
}

/// A line of a task's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateLogRow {
    /// The task's version after the change.
    pub version: i64,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub event: String,
    /// The state after it.
    pub state: State,
    /// The upstream's id or the failure's code.
    pub detail: String,
}

pub(crate) const STATE_LOG: &str = "SELECT version, at, event, state, detail FROM task_log
    WHERE task_id = $1 ORDER BY version LIMIT $2";

/// A task's history, oldest line first.
pub fn state_log(tx: &mut Tx<'_>, id: TaskId) -> Result<Vec<StateLogRow>, StoreError> {
    tx.rows(STATE_LOG, params![id, STATE_LOG_MAX], |row| {
        Ok(StateLogRow {
            version: row.take()?,
            at: row.take()?,
            event: row.take()?,
            state: row.take()?,
            detail: row.take()?,
        })
    })
}
