//! Accounts: who pays, and what they have left.

use rushes_domain::account::KeyKind;
use rushes_domain::{AccountId, Ticks, Timestamp};

use crate::change::Change;
use crate::error::StoreError;
use crate::keys::{self, NewKey};
use crate::ledger;
use crate::params;
use crate::tx::Tx;

/// The multiplier that changes no price.
pub const MULTIPLIER_ONE_MILLIONTHS: i64 = 1_000_000;

/// The account of the installation's owner, with its first two keys.
#[derive(Debug, Clone)]
pub struct NewOwner {
    /// The account's name.
    pub name: String,
    /// Its first credit.
    pub credit: Ticks,
    /// SHA-256 of the live key.
    pub live_key_hash: [u8; 32],
    /// The live key as it may be shown (`domain::account::mask`).
    pub live_key_mask: String,
    /// SHA-256 of the test key.
    pub test_key_hash: [u8; 32],
    /// The test key as it may be shown.
    pub test_key_mask: String,
    /// The present moment.
    pub now: Timestamp,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerOutcome {
    /// The owner is made.
    Created(AccountId),
    /// There is one already; nothing was changed.
    Exists,
}

/// Makes the owner's account, credit and keys, unless there is an owner.
pub fn create_owner(tx: &mut Tx<'_>, new: &NewOwner) -> Result<OwnerOutcome, StoreError> {
    if owner_exists(tx)? {
        return Ok(OwnerOutcome::Exists);
    }
    let id: Option<AccountId> =
        tx.value("SELECT COALESCE(MAX(id), 0) + 1 FROM accounts", params![])?;
    let account_id = id.ok_or(StoreError::NotFound)?;
    tx.exec(
        "INSERT INTO accounts (id, name, role, enabled, multiplier_millionths, credits_ticks,
             posted_ticks, pending_ticks, parked_count, queued_count, active_count, in_flight_max,
             limits_changed_at, last_claimed_at, created_at)
         VALUES ($1, $2, 'owner', 1, $3, 0, 0, 0, 0, 0, 0, 0, $4, 0, $4)",
        params![account_id, &new.name, MULTIPLIER_ONE_MILLIONTHS, new.now],
    )?;
    if new.credit > Ticks::ZERO {
        ledger::add_credit(tx, account_id, "first", new.credit, new.now)?;
    }
    for (kind, name, hash, mask) in [
        (KeyKind::Live, "first live key", &new.live_key_hash, &new.live_key_mask),
        (KeyKind::Test, "first test key", &new.test_key_hash, &new.test_key_mask),
    ] {
        let key = NewKey {
            account_id,
            kind,
            name: name.to_owned(),
            hash: *hash,
            mask: mask.clone(),
            expires_at: None,
            now: new.now,
        };
        keys::create_key(tx, &key)?.ok_or_else(|| {
            StoreError::Sql("the owner's keys must differ from each other".to_owned())
        })?;
    }
    Ok(OwnerOutcome::Created(account_id))
}

/// Whether there is an owner.
pub fn owner_exists(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let found =
        tx.value::<i64>("SELECT 1 FROM accounts WHERE role = 'owner' LIMIT 1", params![])?;
    Ok(found.is_some())
}

/// Enables or disables an account; false if there is no such account.
pub fn set_account_enabled(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    enabled: bool,
) -> Result<bool, StoreError> {
    let touched =
        tx.exec("UPDATE accounts SET enabled = $2 WHERE id = $1", params![account_id, enabled])?;
    tx.changed(Change::KeysChanged);
    Ok(touched == 1)
}

/// An account's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// All that was ever credited.
    pub credits: Ticks,
    /// All that was paid.
    pub posted: Ticks,
    /// All that is held for unfinished tasks.
    pub pending: Ticks,
    /// What is left to spend.
    pub available: Ticks,
}

pub(crate) const BALANCE: &str = "SELECT credits_ticks, posted_ticks, pending_ticks
    FROM accounts WHERE id = $1";

/// An account's money.
pub fn balance(tx: &mut Tx<'_>, account_id: AccountId) -> Result<Balance, StoreError> {
    let found =
        tx.one(BALANCE, params![account_id], |row| Ok((row.take()?, row.take()?, row.take()?)))?;
    let (credits, posted, pending) = found.ok_or(StoreError::NotFound)?;
    let available = ledger::available(credits, posted, pending)?;
    Ok(Balance { credits, posted, pending, available })
}
