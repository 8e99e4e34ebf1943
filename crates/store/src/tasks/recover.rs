//! After a crash, a stop, or a jump of the clock.

use rushes_domain::Timestamp;

use crate::change::Change;
use crate::error::StoreError;
use crate::params;
use crate::tx::Tx;
use crate::webhooks::work;

pub(crate) const VOID_LEASES: &str = "UPDATE tasks
    SET lease_until = 0, lease_epoch = lease_epoch + 1, next_run_at = $1
    WHERE finished_at IS NULL AND lease_until > 0";

/// A clock that was set back between two runs must not keep a task waiting for its old moment.
const DUE_NOW: &str = "UPDATE tasks SET next_run_at = $1
    WHERE finished_at IS NULL AND next_run_at > $1";

/// Leases and deadlines move along with the clock; who waits for a moment is due at once.
const SHIFT_TIMES: &str = "UPDATE tasks SET
    deadline_at = deadline_at + $2,
    queue_deadline_at = queue_deadline_at + $2,
    lease_until = CASE WHEN lease_until > 0 THEN lease_until + $2 ELSE lease_until END,
    next_run_at = CASE
        WHEN lease_until > 0 THEN next_run_at + $2
        WHEN next_run_at > $1 THEN $1
        ELSE next_run_at END
    WHERE finished_at IS NULL";

/// Ends every lease and makes its task due at once; tells how many there were. For the process that
/// has just taken the data directory's lock: whoever held a lease is gone.
pub fn void_all_leases(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let count = tx.exec(VOID_LEASES, params![now])?;
    tx.exec(DUE_NOW, params![now])?;
    work::void_leases(tx, now)?;
    tx.changed(Change::WorkDue);
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}

/// After the wall clock jumped by `by_ms` (negative: back) while this process ran: unfinished tasks
/// keep the time that they had left, running steps keep their leases, everything else is due at
/// once. Tells how many tasks there were.
pub fn shift_times(tx: &mut Tx<'_>, now: Timestamp, by_ms: i64) -> Result<u64, StoreError> {
    let shift = by_ms.saturating_mul(1_000);
    let count = tx.exec(SHIFT_TIMES, params![now, shift])?;
    work::shift_times(tx, shift)?;
    tx.changed(Change::WorkDue);
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}
