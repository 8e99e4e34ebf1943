//! Idempotency keys: one key, one task, one answer.

use rushes_domain::{AccountId, TaskId, Timestamp};

use crate::error::StoreError;
use crate::params;
use crate::tx::Tx;

/// Milliseconds for which a key is remembered: 7 days.
pub const IDEMPOTENCY_KEPT_MS: i64 = 7 * 24 * 3_600 * 1_000;

/// A key to be kept with the answer that its repetitions get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIdempotency {
    /// The client's key; it belongs to account and route.
    pub key: String,
    /// SHA-256 of the parsed request.
    pub fingerprint: [u8; 32],
    /// The route, for example `POST /v1/video/generations`.
    pub route: &'static str,
    /// The answer's status.
    pub response_status: u16,
    /// The answer's bytes.
    pub response_body: Vec<u8>,
}

/// What is known of a used key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// SHA-256 of the request that used it.
    pub fingerprint: [u8; 32],
    /// The task it made.
    pub task_id: TaskId,
    /// The answer's status.
    pub status: u16,
    /// The answer's bytes.
    pub body: Vec<u8>,
}

pub(crate) const FIND: &str = "SELECT fingerprint, task_id, response_status, response_body
    FROM idempotency_keys
    WHERE account_id = $1 AND route = $2 AND key = $3 AND created_at > $4";

/// The key's earlier use, if it is not forgotten yet. The caller compares the fingerprints.
pub fn find_replay(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    route: &str,
    key: &str,
    now: Timestamp,
) -> Result<Option<Replay>, StoreError> {
    let forgotten_at = now.plus_ms(-IDEMPOTENCY_KEPT_MS);
    tx.one(FIND, params![account_id, route, key, forgotten_at], |row| {
        Ok(Replay {
            fingerprint: row.take()?,
            task_id: row.take()?,
            status: row.take()?,
            body: row.take()?,
        })
    })
}

/// An old key's row is taken over; a young one means that somebody else was faster.
pub(crate) const UPSERT: &str = "INSERT INTO idempotency_keys
    (account_id, route, key, fingerprint, task_id, response_status, response_body, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (account_id, route, key) DO UPDATE SET
        fingerprint = $4, task_id = $5, response_status = $6, response_body = $7, created_at = $8
    WHERE idempotency_keys.created_at <= $9";

/// Keeps a key. [`StoreError::Busy`] means that another transaction used it first: run again.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    task_id: TaskId,
    new: &NewIdempotency,
    now: Timestamp,
) -> Result<(), StoreError> {
    let touched = tx.exec(
        UPSERT,
        params![
            account_id,
            new.route,
            &new.key,
            &new.fingerprint,
            task_id,
            new.response_status,
            new.response_body.as_slice(),
            now,
            now.plus_ms(-IDEMPOTENCY_KEPT_MS)
        ],
    )?;
    if touched == 1 { Ok(()) } else { Err(StoreError::Busy) }
}
