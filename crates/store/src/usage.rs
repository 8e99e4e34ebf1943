//! Placeholder.
use crate::error::StoreError;
use crate::tasks::row::TaskRow;
use crate::tx::Tx;
use rushes_domain::Timestamp;
pub(crate) fn count(_tx: &mut Tx<'_>, _task: &TaskRow, _now: Timestamp) -> Result<(), StoreError> {
    Ok(())
}
