//! A client deletes a task: called off if it lives, and out of the client's sight.
//!
//! Guarantees: the row, its log, its money and its usage stay; its video goes with it, and one that
//! is stored later goes in the transaction that stores it; so does an upstream's address of one. The
//! worker's lease is untouched, so that a task that was handed over still ends as its upstream proves.

use std::sync::Arc;

use rushes_domain::{AccountId, State, TaskId, Timestamp};

use crate::change::Change;
use crate::error::StoreError;
use crate::params;
use crate::tasks::cancel::{CancelOutcome, cancel_task};
use crate::tasks::query;
use crate::tasks::row::TaskRow;
use crate::tasks::sweep::remove_result;
use crate::tx::Tx;

pub(crate) const HIDE: &str = "UPDATE tasks SET hidden_at = $2, version = version + 1,
        result_link = CASE WHEN result_link IS NOT NULL THEN '' END
    WHERE id = $1 AND hidden_at IS NULL";

/// Calls the account's task off if it has not ended, hides it and takes its video away; `None` if
/// there is no such task of this account.
pub fn hide_task(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    id: TaskId,
    now: Timestamp,
) -> Result<Option<TaskRow>, StoreError> {
    if cancel_task(tx, account_id, id, now)? == CancelOutcome::NotFound {
        return Ok(None);
    }
    if tx.exec(HIDE, params![id, now])? != 1 {
        return Err(StoreError::NotFound);
    }
    let hidden = query::task(tx, id)?.ok_or(StoreError::NotFound)?;
    tx.changed(Change::TaskHidden(Arc::new(hidden.clone())));
    Ok(Some(remove_result(tx, id, now)?.unwrap_or(hidden)))
}

/// The video of a task that was hidden before it was stored: nobody will ask for it.
pub(crate) fn drop_unwanted_result(
    tx: &mut Tx<'_>,
    task: TaskRow,
    now: Timestamp,
) -> Result<TaskRow, StoreError> {
    if task.hidden_at.is_none() || task.state != State::Succeeded {
        return Ok(task);
    }
    Ok(remove_result(tx, task.id, now)?.unwrap_or(task))
}
