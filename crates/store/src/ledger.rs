//! The ledger: transfers that are written once and never changed.
//!
//! Guarantees: a hold is resolved at most once (its resolution names it, uniquely), and never by
//! more than it holds. The accounts' sums are moved in the same transaction, by `tasks`.

use rushes_domain::{AccountId, State, TaskId, Ticks, Timestamp};

use crate::change::Change;
use crate::error::StoreError;
use crate::params;
use crate::tasks::row::TaskRow;
use crate::tx::Tx;
use crate::value::Value;

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// `hold:{task}`, `post:{task}`, `void:{task}` or `credit:{account}:{name}`.
    pub id: String,
    /// Whose money.
    pub account_id: AccountId,
    /// The part of the id before the first colon.
    pub kind: String,
    /// How much.
    pub amount: Ticks,
    /// When.
    pub created_at: Timestamp,
}

pub(crate) const INSERT: &str = "INSERT INTO transfers
    (id, account_id, kind, task_id, resolves, amount_ticks, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Sets a new task's price aside in the ledger.
pub(crate) fn hold(tx: &mut Tx<'_>, task: &TaskRow, now: Timestamp) -> Result<(), StoreError> {
    let id = format!("hold:{}", task.id.hex());
    let values = params![id, task.account_id, "hold", task.id, Value::Null, task.price, now];
    tx.exec(INSERT, values).map(drop)
}

/// Pays or gives back an ended task's hold. The amount is the hold's own, so a post never exceeds
/// it.
pub(crate) fn resolve(tx: &mut Tx<'_>, task: &TaskRow, now: Timestamp) -> Result<(), StoreError> {
    let kind = if task.state == State::Succeeded { "post" } else { "void" };
    let hex = task.id.hex();
    let hold = format!("hold:{hex}");
    let values =
        params![format!("{kind}:{hex}"), task.account_id, kind, task.id, hold, task.price, now];
    tx.exec(INSERT, values).map(drop)
}

/// Credits an account; false if a credit of this name was booked before (and nothing is booked
/// now).
pub fn add_credit(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    name: &str,
    amount: Ticks,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if amount <= Ticks::ZERO {
        return Err(StoreError::Sql(format!("a credit must be more than nothing: {amount:?}")));
    }
    let touched = tx.exec(
        "INSERT INTO transfers (id, account_id, kind, amount_ticks, created_at)
         VALUES ($1, $2, 'credit', $3, $4) ON CONFLICT (id) DO NOTHING",
        params![format!("credit:{account_id}:{name}"), account_id, amount, now],
    )?;
    if touched == 0 {
        return Ok(false);
    }
    let touched = tx.exec(
        "UPDATE accounts SET credits_ticks = credits_ticks + $2 WHERE id = $1",
        params![account_id, amount],
    )?;
    tx.changed(Change::KeysChanged);
    if touched == 1 { Ok(true) } else { Err(StoreError::NotFound) }
}

pub(crate) const OF_TASK: &str = "SELECT id, account_id, kind, amount_ticks, created_at
    FROM transfers WHERE id IN ($1, $2, $3) ORDER BY id";

/// The transfers of a task: its hold and, once it has ended, the hold's resolution.
pub fn transfers_of(tx: &mut Tx<'_>, id: TaskId) -> Result<Vec<Transfer>, StoreError> {
    let hex = id.hex();
    let values = params![format!("hold:{hex}"), format!("post:{hex}"), format!("void:{hex}")];
    tx.rows(OF_TASK, values, |row| {
        Ok(Transfer {
            id: row.take()?,
            account_id: row.take()?,
            kind: row.take()?,
            amount: row.take()?,
            created_at: row.take()?,
        })
    })
}

/// credits − posted − pending.
pub(crate) fn available(
    credits: Ticks,
    posted: Ticks,
    pending: Ticks,
) -> Result<Ticks, StoreError> {
    credits
        .checked_sub(posted)
        .and_then(|left| left.checked_sub(pending))
        .map_err(|_| StoreError::Corrupt("an account's balance is out of range".to_owned()))
}
