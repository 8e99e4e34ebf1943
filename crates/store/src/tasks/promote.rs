//! Parked tasks move up when their key, their account and their group have room.
//!
//! Guarantees: within a key the oldest goes first; a key at its limit does not hold up the account's
//! other keys, nor an account at its limit the group's others. A key that was deleted still limits the
//! tasks that it left. Statements begin with parked tasks, which are bounded, and not with keys, of
//! which deleted ones stay.

use std::sync::LazyLock;

use rushes_domain::{AccountId, GroupId, KeyId, TaskId, Timestamp};

use crate::error::StoreError;
use crate::params;
use crate::tasks::advance::{self, Advance, Fence, Happening};
use crate::tasks::create::AccountLimits;
use crate::tasks::row;
use crate::tx::{Tx, single};

/// Tasks promoted by one operation, at most. More than one only after a limit was raised.
const PROMOTED_MAX: usize = 2_000;
/// Accounts of a group that are looked at in one go: those with the oldest parked tasks.
const MEMBERS_MAX: u32 = 200;

pub(crate) const HAS_PARKED: &str = "SELECT parked_count > 0 FROM accounts WHERE id = $1";

/// What of the account is parked, its free places, whether a key of it has a limit, and its group.
pub(crate) const ROOM: &str = "SELECT accounts.parked_count,
        accounts.in_flight_max - accounts.queued_count - accounts.active_count,
        EXISTS (SELECT 1 FROM keys
            WHERE keys.account_id = accounts.id AND keys.in_flight_max IS NOT NULL),
        accounts.group_id
    FROM accounts WHERE accounts.id = $1";

/// Free places that a group's accounts share; none if it has no total. It looks at each of its accounts,
/// so it is asked once for all that are promoted together.
pub(crate) const GROUP_ROOM: &str = "SELECT groups.total_in_flight_max - (
        SELECT COALESCE(SUM(members.queued_count + members.active_count), 0)
        FROM accounts AS members WHERE members.group_id = groups.id)
    FROM groups WHERE groups.id = $1 AND groups.total_in_flight_max IS NOT NULL";

pub(crate) static OLDEST_PARKED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM tasks WHERE account_id = $1 AND state = 'parked' ORDER BY id LIMIT $2",
        row::COLUMNS
    )
});

/// The oldest parked task of a key that has room.
pub(crate) const OLDEST_OF_KEYS: &str = "SELECT MIN(parked.oldest) FROM (
        SELECT key_id, MIN(id) AS oldest FROM tasks
        WHERE account_id = $1 AND state = 'parked' GROUP BY key_id) AS parked
    JOIN keys ON keys.id = parked.key_id
    WHERE keys.in_flight_max IS NULL
        OR keys.in_flight_max > (SELECT COUNT(*) FROM tasks WHERE tasks.key_id = keys.id
            AND tasks.state IN ('queued', 'submitting', 'running', 'finalizing'))";

/// Accounts of a group with parked tasks that their own limits and those of their keys let go, the one
/// whose oldest waits longest first.
pub(crate) const MEMBERS: &str = "SELECT accounts.id FROM accounts
    WHERE accounts.group_id = $1 AND accounts.parked_count > 0
        AND accounts.queued_count + accounts.active_count < accounts.in_flight_max
        AND EXISTS (SELECT 1 FROM (SELECT DISTINCT key_id FROM tasks
                WHERE tasks.account_id = accounts.id AND tasks.state = 'parked') AS parked
            JOIN keys ON keys.id = parked.key_id
            WHERE keys.in_flight_max IS NULL
                OR keys.in_flight_max > (SELECT COUNT(*) FROM tasks WHERE tasks.key_id = keys.id
                    AND tasks.state IN ('queued', 'submitting', 'running', 'finalizing')))
    ORDER BY (SELECT MIN(tasks.id) FROM tasks
        WHERE tasks.account_id = accounts.id AND tasks.state = 'parked')
    LIMIT $2";

/// Whether tasks of the account are parked.
pub(crate) fn has_parked(tx: &mut Tx<'_>, account_id: AccountId) -> Result<bool, StoreError> {
    Ok(tx.value(HAS_PARKED, params![account_id])?.unwrap_or(false))
}

#[derive(Debug, Clone, Copy)]
struct Room {
    parked: i64,
    account: i64,
    keys_have_limits: bool,
    group_id: GroupId,
}

/// Promotes parked tasks into free places: the account's and, where the group shares a total, those
/// of its other accounts. Tells how many.
pub(crate) fn promote(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let Some(room) = room_of(tx, account_id)? else { return Ok(0) };
    match group_room(tx, room.group_id)? {
        Some(places) => promote_members(tx, room.group_id, places, now),
        None => promote_account(tx, account_id, room, PROMOTED_MAX, now),
    }
}

fn group_room(tx: &mut Tx<'_>, group_id: GroupId) -> Result<Option<usize>, StoreError> {
    let places: Option<i64> = tx.value(GROUP_ROOM, params![group_id])?;
    Ok(places.map(|places| usize::try_from(places).unwrap_or(0)))
}

/// Promotes tasks of a group's accounts into its free places, until there is no place or no task.
fn promote_members(
    tx: &mut Tx<'_>,
    group_id: GroupId,
    places: usize,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut count = 0;
    while count < places {
        let members: Vec<AccountId> = tx.rows(MEMBERS, params![group_id, MEMBERS_MAX], single)?;
        let count_before = count;
        for member in members {
            if count == places {
                break;
            }
            let Some(room) = room_of(tx, member)? else { continue };
            count += promote_account(tx, member, room, places - count, now)?;
        }
        if count == count_before {
            break;
        }
    }
    Ok(count)
}

fn room_of(tx: &mut Tx<'_>, account_id: AccountId) -> Result<Option<Room>, StoreError> {
    tx.one(ROOM, params![account_id], |row| {
        Ok(Room {
            parked: row.take()?,
            account: row.take()?,
            keys_have_limits: row.take()?,
            group_id: row.take()?,
        })
    })
}

fn promote_account(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    room: Room,
    places_max: usize,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let own = usize::try_from(room.account.min(room.parked)).unwrap_or(0);
    let places = own.min(places_max).min(PROMOTED_MAX);
    if places == 0 {
        return Ok(0);
    }
    if room.keys_have_limits {
        return promote_by_key(tx, account_id, places, now);
    }
    let parked = tx.rows(&OLDEST_PARKED, params![account_id, places], row::read)?;
    for task in &parked {
        let fence = Fence::Outside(task.id);
        advance::apply(tx, fence, task, &Advance::new(Happening::Promoted, now))?;
    }
    Ok(parked.len())
}

/// One by one, since each takes a place of its key.
fn promote_by_key(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    places: usize,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut count = 0;
    for _ in 0..places {
        let oldest: Option<Option<TaskId>> = tx.value(OLDEST_OF_KEYS, params![account_id])?;
        let Some(id) = oldest.flatten() else { break };
        let task = super::query::task(tx, id)?.ok_or(StoreError::NotFound)?;
        advance::apply(tx, Fence::Outside(id), &task, &Advance::new(Happening::Promoted, now))?;
        count += 1;
    }
    Ok(count)
}

/// What was there before is no fault of the new limits, also if the clock was set back since.
const REFRESH: &str = "UPDATE accounts SET
        limits_changed_at = (SELECT MAX(at) FROM (SELECT $3 AS at UNION ALL
            SELECT queued_at FROM tasks
            WHERE tasks.account_id = accounts.id AND finished_at IS NULL) AS moments),
        in_flight_max = COALESCE((SELECT groups.in_flight_max FROM groups WHERE groups.id = $1), $2)
    WHERE group_id = $1 AND in_flight_max <>
        COALESCE((SELECT groups.in_flight_max FROM groups WHERE groups.id = $1), $2)";

/// The same for what a group's limits count.
const REFRESH_GROUP: &str = "UPDATE groups SET
        limits_changed_at = (SELECT MAX(at) FROM (SELECT $2 AS at UNION ALL
            SELECT COALESCE(tasks.queued_at, tasks.created_at) FROM tasks
                JOIN accounts ON accounts.id = tasks.account_id
            WHERE tasks.finished_at IS NULL AND accounts.group_id = groups.id) AS moments)
    WHERE id = $1 AND (waiting_max IS NOT NULL OR total_in_flight_max IS NOT NULL
        OR total_waiting_max IS NOT NULL)";

const PARKING_MEMBERS: &str =
    "SELECT id FROM accounts WHERE group_id = $1 AND parked_count > 0 AND id > $2
     ORDER BY id LIMIT $3";

/// After a change of a group's limits, of who is in it, or of the configuration: its accounts'
/// limits take effect at once, and parked tasks move up. Tells how many did.
pub fn group_limits_changed(
    tx: &mut Tx<'_>,
    group_id: GroupId,
    defaults: AccountLimits,
    now: Timestamp,
) -> Result<usize, StoreError> {
    tx.exec(REFRESH, params![group_id, defaults.in_flight_max, now])?;
    tx.exec(REFRESH_GROUP, params![group_id, now])?;
    if let Some(places) = group_room(tx, group_id)? {
        return promote_members(tx, group_id, places, now);
    }
    let (mut count, mut after) = (0, AccountId(0));
    loop {
        let values = params![group_id, after, MEMBERS_MAX];
        let members: Vec<AccountId> = tx.rows(PARKING_MEMBERS, values, single)?;
        let Some(&last) = members.last() else { return Ok(count) };
        for member in members {
            count += promote(tx, member, now)?;
        }
        after = last;
    }
}

/// After a change of a key's limits: parked tasks move up. Tells how many did.
pub fn key_limits_changed(
    tx: &mut Tx<'_>,
    key_id: KeyId,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let account: Option<AccountId> =
        tx.value("SELECT account_id FROM keys WHERE id = $1", params![key_id])?;
    account.map_or(Ok(0), |account_id| promote(tx, account_id, now))
}
