//! API keys: only their SHA-256 is kept.

use rushes_domain::account::KeyKind;
use rushes_domain::{AccountId, KeyId, Timestamp};

use crate::change::Change;
use crate::error::StoreError;
use crate::params;
use crate::tx::Tx;

/// A key with what its account lends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// The key.
    pub id: KeyId,
    /// Whose it is.
    pub account_id: AccountId,
    /// Live or test.
    pub kind: KeyKind,
    /// The operator's name for it.
    pub name: String,
    /// The key as it may be shown.
    pub mask: String,
    /// False once it was revoked.
    pub enabled: bool,
    /// When it stops to work.
    pub expires_at: Option<Timestamp>,
    /// False if the whole account is disabled.
    pub account_enabled: bool,
    /// What the account's prices are multiplied by.
    pub multiplier_millionths: i64,
}

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Whose.
    pub account_id: AccountId,
    /// Live or test.
    pub kind: KeyKind,
    /// The operator's name for it.
    pub name: String,
    /// SHA-256 of its text.
    pub hash: [u8; 32],
    /// Its text as it may be shown.
    pub mask: String,
    /// When it stops to work.
    pub expires_at: Option<Timestamp>,
    /// The present moment.
    pub now: Timestamp,
}

pub(crate) const BY_HASH: &str = "SELECT keys.id, keys.account_id, keys.kind, keys.name, keys.mask,
        keys.enabled, keys.expires_at, accounts.enabled, accounts.multiplier_millionths
    FROM keys JOIN accounts ON accounts.id = keys.account_id WHERE keys.hash = $1";

/// The key with this hash, usable or not.
pub fn find_key(tx: &mut Tx<'_>, hash: &[u8; 32]) -> Result<Option<KeyRow>, StoreError> {
    tx.one(BY_HASH, params![hash], |row| {
        Ok(KeyRow {
            id: row.take()?,
            account_id: row.take()?,
            kind: row.take()?,
            name: row.take()?,
            mask: row.take()?,
            enabled: row.take()?,
            expires_at: row.take()?,
            account_enabled: row.take()?,
            multiplier_millionths: row.take()?,
        })
    })
}

/// Makes a key; nothing if its hash is taken.
pub fn create_key(tx: &mut Tx<'_>, new: &NewKey) -> Result<Option<KeyId>, StoreError> {
    let id: Option<KeyId> = tx.value("SELECT COALESCE(MAX(id), 0) + 1 FROM keys", params![])?;
    let id = id.ok_or(StoreError::NotFound)?;
    let touched = tx.exec(
        "INSERT INTO keys
             (id, account_id, kind, name, mask, hash, enabled, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8) ON CONFLICT (hash) DO NOTHING",
        params![
            id,
            new.account_id,
            new.kind,
            &new.name,
            &new.mask,
            &new.hash,
            new.expires_at,
            new.now
        ],
    )?;
    tx.changed(Change::KeysChanged);
    Ok((touched == 1).then_some(id))
}

/// Enables or revokes a key; false if there is no such key.
pub fn set_key_enabled(tx: &mut Tx<'_>, id: KeyId, enabled: bool) -> Result<bool, StoreError> {
    let touched = tx.exec("UPDATE keys SET enabled = $2 WHERE id = $1", params![id, enabled])?;
    tx.changed(Change::KeysChanged);
    Ok(touched == 1)
}
