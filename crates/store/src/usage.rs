//! Usage: what was made and paid on each day, by account, key and model.
//!
//! Guarantees: a roll-up that follows from the transfers of kind `post` and `void` alone. It is
//! counted in the transaction that ends a task, and [`rebuild_usage`] gives the very same rows.

use rushes_domain::{AccountId, FailureCode, KeyId, State, Ticks, Timestamp};

use crate::error::StoreError;
use crate::params;
use crate::tasks::row::TaskRow;
use crate::tx::{Row, Tx};
use crate::value::Value;

/// Days in one answer of [`usage`], at most.
pub const USAGE_DAYS_MAX: i64 = 400;

pub(crate) const COUNT: &str = "INSERT INTO usage_days (day, account_id, key_id, model_id,
        succeeded_count, failed_count, cancelled_count, seconds, posted_ticks)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (account_id, day, key_id, model_id) DO UPDATE SET
        succeeded_count = usage_days.succeeded_count + $5,
        failed_count = usage_days.failed_count + $6,
        cancelled_count = usage_days.cancelled_count + $7,
        seconds = usage_days.seconds + $8,
        posted_ticks = usage_days.posted_ticks + $9";

/// Counts a task that has just ended.
pub(crate) fn count(tx: &mut Tx<'_>, task: &TaskRow, now: Timestamp) -> Result<(), StoreError> {
    let is_succeeded = task.state == State::Succeeded;
    let is_cancelled =
        task.failure.as_ref().is_some_and(|failure| failure.code == FailureCode::Cancelled);
    let (seconds, posted) =
        if is_succeeded { (task.seconds, task.price) } else { (0, Ticks::ZERO) };
    let values = params![
        now.unix_days(),
        task.account_id,
        task.key_id,
        &task.model_id,
        is_succeeded,
        !is_succeeded && !is_cancelled,
        !is_succeeded && is_cancelled,
        seconds,
        posted
    ];
    tx.exec(COUNT, values).map(drop)
}

/// Which usage. `None` means: any.
#[derive(Debug, Clone, Copy, Default)]
pub struct UsageFilter<'f> {
    /// Whose.
    pub account_id: Option<AccountId>,
    /// Of which key.
    pub key_id: Option<KeyId>,
    /// Of which model.
    pub model_id: Option<&'f str>,
    /// From this day on (days since 1970, UTC).
    pub from_day: i64,
    /// To this day; both count.
    pub to_day: i64,
}

/// What rows are added up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageGroup {
    /// The day.
    Day,
    /// The key.
    Key,
    /// The model.
    Model,
    /// The account.
    Account,
}

/// A sum. Of the first four fields only the one that was grouped by is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// Days since 1970, UTC.
    pub day: Option<i64>,
    /// The account.
    pub account_id: Option<AccountId>,
    /// The key.
    pub key_id: Option<KeyId>,
    /// The model.
    pub model_id: Option<String>,
    /// Videos.
    pub succeeded_count: u64,
    /// Tasks that failed.
    pub failed_count: u64,
    /// Tasks that were called off.
    pub cancelled_count: u64,
    /// Seconds of the videos.
    pub seconds: u64,
    /// What was paid.
    pub posted: Ticks,
}

/// Of no rows a sum would be null.
const SUMS: &str = "COALESCE(CAST(SUM(succeeded_count) AS BIGINT), 0),
    COALESCE(CAST(SUM(failed_count) AS BIGINT), 0),
    COALESCE(CAST(SUM(cancelled_count) AS BIGINT), 0),
    COALESCE(CAST(SUM(seconds) AS BIGINT), 0), COALESCE(CAST(SUM(posted_ticks) AS BIGINT), 0)";
const FILTERED: &str = "FROM usage_days WHERE day BETWEEN $1 AND $2
    AND ($3 = 0 OR account_id = $3) AND ($4 = 0 OR key_id = $4) AND ($5 = '' OR model_id = $5)";

fn filter_values<'f>(filter: &UsageFilter<'f>) -> [Value<'f>; 5] {
    let from_day = filter.from_day.max(filter.to_day.saturating_sub(USAGE_DAYS_MAX - 1));
    [
        from_day.into(),
        filter.to_day.into(),
        filter.account_id.map_or(0, |id| id.0).into(),
        filter.key_id.map_or(0, |id| id.0).into(),
        filter.model_id.unwrap_or("").into(),
    ]
}

/// The sum of everything that the filter lets through; in its row nothing is set but the numbers.
pub fn usage_total(tx: &mut Tx<'_>, filter: &UsageFilter<'_>) -> Result<UsageRow, StoreError> {
    let total = tx.one(&format!("SELECT {SUMS} {FILTERED}"), &filter_values(filter), sums)?;
    total.ok_or(StoreError::NotFound)
}

/// Sums, ordered by what they are grouped by; at most `rows_max` of them.
pub fn usage(
    tx: &mut Tx<'_>,
    filter: &UsageFilter<'_>,
    group: UsageGroup,
    rows_max: u32,
) -> Result<Vec<UsageRow>, StoreError> {
    let column = match group {
        UsageGroup::Day => "day",
        UsageGroup::Key => "key_id",
        UsageGroup::Model => "model_id",
        UsageGroup::Account => "account_id",
    };
    let sql =
        format!("SELECT {column}, {SUMS} {FILTERED} GROUP BY {column} ORDER BY {column} LIMIT $6");
    let [from, to, account, key, model] = filter_values(filter);
    let values = [from, to, account, key, model, rows_max.into()];
    tx.rows(&sql, &values, |row| read(row, group))
}

fn read(row: &mut Row<'_>, group: UsageGroup) -> Result<UsageRow, StoreError> {
    let (mut day, mut account_id, mut key_id, mut model_id) = (None, None, None, None);
    match group {
        UsageGroup::Day => day = Some(row.take()?),
        UsageGroup::Key => key_id = Some(row.take()?),
        UsageGroup::Model => model_id = Some(row.take()?),
        UsageGroup::Account => account_id = Some(row.take()?),
    }
    Ok(UsageRow { day, account_id, key_id, model_id, ..sums(row)? })
}

fn sums(row: &mut Row<'_>) -> Result<UsageRow, StoreError> {
    Ok(UsageRow {
        day: None,
        account_id: None,
        key_id: None,
        model_id: None,
        succeeded_count: row.take()?,
        failed_count: row.take()?,
        cancelled_count: row.take()?,
        seconds: row.take()?,
        posted: row.take()?,
    })
}

/// What the transfers say.
const FROM_TRANSFERS: &str = "SELECT created_at / 86400000000 AS day, account_id,
        COALESCE(key_id, 0) AS key_id, COALESCE(model_id, '') AS model_id,
        SUM(CASE WHEN kind = 'post' THEN 1 ELSE 0 END) AS succeeded_count,
        SUM(CASE WHEN kind = 'void' AND COALESCE(reason, '') <> 'cancelled' THEN 1 ELSE 0 END)
            AS failed_count,
        SUM(CASE WHEN kind = 'void' AND reason = 'cancelled' THEN 1 ELSE 0 END)
            AS cancelled_count,
        SUM(CASE WHEN kind = 'post' THEN COALESCE(seconds, 0) ELSE 0 END) AS seconds,
        SUM(CASE WHEN kind = 'post' THEN amount_ticks ELSE 0 END) AS posted_ticks
    FROM transfers WHERE kind IN ('post', 'void') GROUP BY 1, 2, 3, 4";

/// What a rebuild found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildReport {
    /// Rows now.
    pub rows: u64,
    /// Rows that were missing, wrong or too many.
    pub wrong: u64,
}

/// Rows that differ between the roll-up and the transfers, from both sides.
fn difference() -> String {
    let columns = "day, account_id, key_id, model_id, succeeded_count, failed_count,
        cancelled_count, seconds, posted_ticks";
    format!(
        "SELECT DISTINCT day, account_id, key_id, model_id FROM (
             SELECT * FROM (SELECT {columns} FROM usage_days
                 EXCEPT SELECT {columns} FROM ({FROM_TRANSFERS}) AS summed) AS extra
             UNION ALL
             SELECT * FROM (SELECT {columns} FROM ({FROM_TRANSFERS}) AS summed
                 EXCEPT SELECT {columns} FROM usage_days) AS missing) AS differing"
    )
}

/// Writes the roll-up anew from the transfers.
pub fn rebuild_usage(tx: &mut Tx<'_>) -> Result<RebuildReport, StoreError> {
    let wrong: Option<u64> =
        tx.value(&format!("SELECT COUNT(*) FROM ({}) AS rows", difference()), params![])?;
    tx.exec("DELETE FROM usage_days", params![])?;
    let rows = tx.exec(
        &format!(
            "INSERT INTO usage_days (day, account_id, key_id, model_id, succeeded_count,
                 failed_count, cancelled_count, seconds, posted_ticks) {FROM_TRANSFERS}"
        ),
        params![],
    )?;
    Ok(RebuildReport { rows: u64::try_from(rows).unwrap_or(u64::MAX), wrong: wrong.unwrap_or(0) })
}

/// Sentences about days whose usage does not follow from the transfers, at most `limit`.
pub(crate) fn faults(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "SELECT 'the usage of account ' || account_id || ', key ' || key_id || ', model '
             || model_id || ' on day ' || day || ' does not follow from the ledger; '
             || 'rushes doctor --rebuild-usage mends it'
         FROM ({}) AS rows LIMIT $1",
        difference()
    );
    tx.rows(&sql, params![limit], crate::tx::single)
}
