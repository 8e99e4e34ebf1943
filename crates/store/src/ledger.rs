//! The ledger: transfers that are written once and never changed.
//!
//! Guarantees: a hold is resolved at most once (its resolution names it, uniquely), and never by
//! more than it holds; an account's sums move in the same transaction as the transfer that moves
//! them; each transfer says what the account could spend after it. A transfer says all that a bill
//! needs, since it outlives its task.

use rushes_domain::{AccountId, KeyId, State, TaskId, Ticks, Timestamp};

use crate::change::Change;
use crate::error::StoreError;
use crate::params;
use crate::tasks::row::TaskRow;
use crate::tx::{Row, Tx};
use crate::value::Value;

/// Corrections of one task in [`story_of`], at most.
pub const ADJUSTMENTS_SHOWN_MAX: u32 = 100;
/// Transfers in one answer of [`list_transfers`], at most.
pub const TRANSFERS_LIST_MAX: u32 = 1_000;
/// Who books what no person asked for.
pub const SYSTEM_ACTOR: &str = "system";

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// `hold:{task}`, `post:{task}`, `void:{task}`, `adj:{task}:{n}` or `credit:{account}:{name}`.
    pub id: String,
    /// Whose money.
    pub account_id: AccountId,
    /// The part of the id before the first colon.
    pub kind: String,
    /// How much; negative only for an adjustment that takes.
    pub amount: Ticks,
    /// When.
    pub created_at: Timestamp,
    /// Its place among the account's transfers, from 1.
    pub sequence: i64,
    /// What the account could spend after it.
    pub available: Ticks,
    /// The task that it is about.
    pub task_id: Option<TaskId>,
    /// The key of the task.
    pub key_id: Option<KeyId>,
    /// The model of the task.
    pub model_id: Option<String>,
    /// Seconds of the task's video.
    pub seconds: Option<u32>,
    /// The version of the prices of the task.
    pub price_version: Option<i64>,
    /// Why: a void's failure code, or a person's words.
    pub reason: Option<String>,
    /// Who: a name, for what a person booked.
    pub actor: Option<String>,
}

pub(crate) const INSERT: &str = "INSERT INTO transfers
    (id, account_id, kind, amount_ticks, created_at, sequence, available_ticks, task_id, resolves,
        key_id, model_id, seconds, price_version, reason, actor, spend_month)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";

/// The account's sums after a transfer: how many transfers there are, and what it can spend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct After {
    pub(crate) sequence: i64,
    pub(crate) available: Ticks,
}

/// What a statement that moves an account's sums gives back, for [`After`].
pub(crate) const RETURNING_AFTER: &str = "RETURNING transfers_count,
    credits_ticks + adjustments_ticks - posted_ticks - pending_ticks";

pub(crate) fn read_after(row: &mut Row<'_>) -> Result<After, StoreError> {
    Ok(After { sequence: row.take()?, available: row.take()? })
}

/// Sets a new task's price aside in the ledger.
pub(crate) fn hold(
    tx: &mut Tx<'_>,
    task: &TaskRow,
    now: Timestamp,
    after: After,
) -> Result<(), StoreError> {
    insert_for_task(tx, task, "hold", now, after)
}

/// Pays or gives back an ended task's hold. The amount is the hold's own, so a post never exceeds
/// it.
pub(crate) fn resolve(
    tx: &mut Tx<'_>,
    task: &TaskRow,
    now: Timestamp,
    after: After,
) -> Result<(), StoreError> {
    let kind = if task.state == State::Succeeded { "post" } else { "void" };
    insert_for_task(tx, task, kind, now, after)
}

fn insert_for_task(
    tx: &mut Tx<'_>,
    task: &TaskRow,
    kind: &'static str,
    now: Timestamp,
    after: After,
) -> Result<(), StoreError> {
    let hex = task.id.hex();
    let resolves = (kind != "hold").then(|| format!("hold:{hex}"));
    let reason = task.failure.as_ref().filter(|_| kind == "void").map(|it| it.code.as_str());
    let values = params![
        format!("{kind}:{hex}"),
        task.account_id,
        kind,
        task.price,
        now,
        after.sequence,
        after.available,
        task.id,
        resolves,
        task.key_id,
        &task.model_id,
        task.seconds,
        task.price_version,
        reason,
        Value::Null,
        (kind == "hold").then_some(task.spend_month)
    ];
    tx.exec(INSERT, values).map(drop)
}

/// Money for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCredit {
    /// Whose.
    pub account_id: AccountId,
    /// What tells it from the account's other credits: the same name books nothing twice.
    pub name: String,
    /// How much, more than nothing.
    pub amount: Ticks,
    /// Why.
    pub reason: Option<String>,
    /// Who.
    pub actor: String,
    /// The present moment.
    pub now: Timestamp,
}

/// What came of booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookOutcome {
    /// It is booked.
    Booked(Box<Transfer>),
    /// A transfer of this name was booked before; this is it, and nothing is booked now.
    Exists(Box<Transfer>),
    /// The account cannot spend so much that this could be taken from it.
    NotCovered {
        /// What it can spend.
        available: Ticks,
    },
    /// The account's sum would be out of range.
    OutOfRange,
}

/// Credits an account, once for each name.
pub fn credit(tx: &mut Tx<'_>, new: &NewCredit) -> Result<BookOutcome, StoreError> {
    if new.amount <= Ticks::ZERO {
        let amount = new.amount;
        return Err(StoreError::Sql(format!("a credit must be more than nothing: {amount:?}")));
    }
    let booking = Booking {
        id: format!("credit:{}:{}", new.account_id, new.name),
        kind: "credit",
        column: "credits_ticks",
        account_id: new.account_id,
        task: None,
        amount: new.amount,
        reason: new.reason.as_deref(),
        actor: &new.actor,
        now: new.now,
    };
    booking.book(tx)
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
    let (name, actor) = (name.to_owned(), SYSTEM_ACTOR.to_owned());
    let outcome = credit(tx, &NewCredit { account_id, name, amount, reason: None, actor, now })?;
    match outcome {
        BookOutcome::Booked(_) => Ok(true),
        BookOutcome::Exists(_) => Ok(false),
        BookOutcome::NotCovered { .. } | BookOutcome::OutOfRange => {
            Err(StoreError::Sql("the credit is out of range".to_owned()))
        }
    }
}

/// A correction by a person, with a task or without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAdjustment {
    /// Whose money.
    pub account_id: AccountId,
    /// The task that it is about: one of the account's.
    pub task_id: Option<TaskId>,
    /// A name by which it is booked once for the account or the task; letters, digits and `._-`.
    pub reference: Option<String>,
    /// How much is given (or taken, if negative); not zero.
    pub amount: Ticks,
    /// Why.
    pub reason: String,
    /// Who.
    pub actor: String,
    /// The present moment.
    pub now: Timestamp,
}

/// Corrects an account, once for each reference. Taking more than it can spend is refused.
/// [`StoreError::NotFound`]: the task has no hold of this account.
pub fn adjust(tx: &mut Tx<'_>, new: &NewAdjustment) -> Result<BookOutcome, StoreError> {
    let subject = match new.task_id {
        Some(id) => {
            let hold = transfer(tx, &format!("hold:{}", id.hex()))?;
            hold.filter(|hold| hold.account_id == new.account_id).ok_or(StoreError::NotFound)?;
            id.hex()
        }
        None => format!("account-{}", new.account_id),
    };
    let prefix = format!("adj:{subject}:");
    let name = if let Some(reference) = &new.reference {
        format!("ref-{reference}")
    } else {
        let count: Option<i64> = tx.value(
            "SELECT COUNT(*) FROM transfers WHERE id >= $1 AND id < $2",
            params![&prefix, format!("adj:{subject};")],
        )?;
        (count.unwrap_or(0) + 1).to_string()
    };
    let booking = Booking {
        id: format!("{prefix}{name}"),
        kind: "adj",
        column: "adjustments_ticks",
        account_id: new.account_id,
        task: new.task_id,
        amount: new.amount,
        reason: Some(&new.reason),
        actor: &new.actor,
        now: new.now,
    };
    booking.book(tx)
}

/// A transfer that no task's state makes.
struct Booking<'b> {
    id: String,
    kind: &'static str,
    column: &'static str,
    account_id: AccountId,
    task: Option<TaskId>,
    amount: Ticks,
    reason: Option<&'b str>,
    actor: &'b str,
    now: Timestamp,
}

impl Booking<'_> {
    fn book(&self, tx: &mut Tx<'_>) -> Result<BookOutcome, StoreError> {
        if let Some(known) = transfer(tx, &self.id)? {
            return Ok(BookOutcome::Exists(Box::new(known)));
        }
        let balance = crate::accounts::balance(tx, self.account_id)?;
        let Ok(available) = balance.available.checked_add(self.amount) else {
            return Ok(BookOutcome::OutOfRange);
        };
        if available < Ticks::ZERO {
            return Ok(BookOutcome::NotCovered { available: balance.available });
        }
        // What was ever credited must stay in range too, although what is left would.
        let sum = if self.kind == "credit" { balance.credits } else { balance.adjustments };
        if sum.checked_add(self.amount).is_err() {
            return Ok(BookOutcome::OutOfRange);
        }
        let column = self.column;
        let sql = format!(
            "UPDATE accounts SET {column} = {column} + $2, transfers_count = transfers_count + 1
             WHERE id = $1 {RETURNING_AFTER}"
        );
        let after = tx
            .one(&sql, params![self.account_id, self.amount], read_after)?
            .ok_or(StoreError::NotFound)?;
        let values = params![
            &self.id,
            self.account_id,
            self.kind,
            self.amount,
            self.now,
            after.sequence,
            after.available,
            self.task,
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            self.reason,
            self.actor,
            Value::Null
        ];
        tx.exec(INSERT, values)?;
        tx.changed(Change::KeysChanged);
        let booked = transfer(tx, &self.id)?.ok_or(StoreError::NotFound)?;
        Ok(BookOutcome::Booked(Box::new(booked)))
    }
}

const COLUMNS: &str = "id, account_id, kind, amount_ticks, created_at, sequence, available_ticks,
    task_id, key_id, model_id, seconds, price_version, reason, actor";

fn read(row: &mut Row<'_>) -> Result<Transfer, StoreError> {
    Ok(Transfer {
        id: row.take()?,
        account_id: row.take()?,
        kind: row.take()?,
        amount: row.take()?,
        created_at: row.take()?,
        sequence: row.take()?,
        available: row.take()?,
        task_id: row.take()?,
        key_id: row.take()?,
        model_id: row.take()?,
        seconds: row.take()?,
        price_version: row.take()?,
        reason: row.take()?,
        actor: row.take()?,
    })
}

/// A transfer.
pub fn transfer(tx: &mut Tx<'_>, id: &str) -> Result<Option<Transfer>, StoreError> {
    tx.one(&format!("SELECT {COLUMNS} FROM transfers WHERE id = $1"), params![id], read)
}

pub(crate) static OF_TASK: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    format!("SELECT {COLUMNS} FROM transfers WHERE id IN ($1, $2, $3) ORDER BY id")
});

/// The transfers of a task: its hold and, once it has ended, the hold's resolution.
pub fn transfers_of(tx: &mut Tx<'_>, id: TaskId) -> Result<Vec<Transfer>, StoreError> {
    let hex = id.hex();
    let values = params![format!("hold:{hex}"), format!("post:{hex}"), format!("void:{hex}")];
    tx.rows(&OF_TASK, values, read)
}

/// Everything that was booked about a task, oldest first: hold, resolution and at most
/// [`ADJUSTMENTS_SHOWN_MAX`] corrections.
pub fn story_of(tx: &mut Tx<'_>, id: TaskId) -> Result<Vec<Transfer>, StoreError> {
    let mut lines = transfers_of(tx, id)?;
    let hex = id.hex();
    let sql =
        format!("SELECT {COLUMNS} FROM transfers WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3");
    let values = params![format!("adj:{hex}:"), format!("adj:{hex};"), ADJUSTMENTS_SHOWN_MAX];
    lines.extend(tx.rows(&sql, values, read)?);
    lines.sort_by_key(|line| line.sequence);
    Ok(lines)
}

/// An account's transfers, newest first, those before the place `before`.
pub fn list_transfers(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Transfer>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM transfers WHERE account_id = $1 AND sequence < $2
         ORDER BY sequence DESC LIMIT $3"
    );
    let before = before.unwrap_or(i64::MAX);
    tx.rows(&sql, params![account_id, before, limit.min(TRANSFERS_LIST_MAX)], read)
}
