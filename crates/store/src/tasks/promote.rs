//! Parked tasks move up when their account has room.

use std::sync::LazyLock;

use rushes_domain::{AccountId, Timestamp};

use crate::error::StoreError;
use crate::params;
use crate::tasks::advance::{self, Advance, Fence, Happening};
use crate::tasks::row;
use crate::tx::Tx;

/// Tasks promoted by one operation, at most. More than one only after a limit was raised.
const PROMOTED_MAX: i64 = 2_000;

pub(crate) const ROOM: &str = "SELECT in_flight_max - queued_count - active_count
    FROM accounts WHERE id = $1 AND parked_count > 0";

pub(crate) static OLDEST_PARKED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM tasks WHERE account_id = $1 AND state = 'parked' ORDER BY id LIMIT $2",
        row::COLUMNS
    )
});

/// Promotes the account's oldest parked tasks into its free slots and tells how many.
pub(crate) fn promote(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let room: Option<i64> = tx.value(ROOM, params![account_id])?;
    let room = room.unwrap_or(0).min(PROMOTED_MAX);
    if room <= 0 {
        return Ok(0);
    }
    let parked = tx.rows(&OLDEST_PARKED, params![account_id, room], row::read)?;
    let count = parked.len();
    for task in &parked {
        let fence = Fence::Outside(task.id);
        advance::apply(tx, fence, task, &Advance::new(Happening::Promoted, now))?;
    }
    Ok(count)
}
