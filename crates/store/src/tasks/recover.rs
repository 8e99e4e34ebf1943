//! After a crash or a stop.

use rushes_domain::Timestamp;

use crate::change::Change;
use crate::error::StoreError;
use crate::params;
use crate::tx::Tx;

pub(crate) const VOID_LEASES: &str = "UPDATE tasks
    SET lease_until = 0, lease_epoch = lease_epoch + 1, next_run_at = $1
    WHERE finished_at IS NULL AND lease_until > 0";

/// Ends every lease and makes its task due at once; tells how many there were. For the process that
/// has just taken the data directory's lock: whoever held a lease is gone.
pub fn void_all_leases(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let count = tx.exec(VOID_LEASES, params![now])?;
    tx.changed(Change::WorkDue);
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}
