//! API keys: found by their SHA-256, and kept besides only sealed, as far as the operator allows.
//!
//! Guarantees: a rolled key's former secret stops to work at its own moment; a deleted key stays as
//! a row, since tasks and transfers name it; of sealed secrets that were dropped no byte stays in the
//! database or its log. (Of a single key that was deleted or rolled a copy can outlast it in a gap of
//! a page, which is of no use to anyone: that secret opens nothing.)

mod label;

use ipnet::IpNet;
use rushes_domain::account::{KeyKind, Role, Scopes};
use rushes_domain::{AccountId, GroupId, KeyId, Ticks, Timestamp};

pub use self::label::{KeyLabel, label_of, name_of};
use crate::accounts::KeySecret;
use crate::change::Change;
use crate::error::StoreError;
use crate::groups::{list, list_text};
use crate::params;
use crate::tx::{Row, Tx};

/// Keys of an account, at most; deleted ones do not count.
pub const KEYS_PER_ACCOUNT_MAX: u32 = 500;
/// Keys that an account may make in 24 hours; deleted ones count, since their rows stay.
pub const KEYS_PER_DAY_MAX: u32 = 1_000;
/// Addresses remembered of each key.
pub const ADDRESSES_PER_KEY_MAX: u32 = 20;

/// A key with what its account and group lend it: what a request needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// The key.
    pub id: KeyId,
    /// The SHA-256 of the secret that was shown.
    pub secret_hash: [u8; 32],
    /// Whose it is.
    pub account_id: AccountId,
    /// Live or test.
    pub kind: KeyKind,
    /// False once it was revoked or deleted.
    pub enabled: bool,
    /// When the secret that was shown stops to work: the key's own expiry, or the end of the grace
    /// after a roll, whichever comes first.
    pub expires_at: Option<Timestamp>,
    /// What it may be used for.
    pub scopes: Scopes,
    /// The models that it may use; `None` is every model of the group.
    pub models: Option<Vec<String>>,
    /// Where it may be used from; `None` is anywhere.
    pub addresses: Option<Vec<IpNet>>,
    /// Creates a minute.
    pub creates_per_minute: Option<u32>,
    /// The account's name.
    pub account_name: String,
    /// What the account may do.
    pub role: Role,
    /// False if the whole account is disabled.
    pub account_enabled: bool,
    /// The account's group.
    pub group_id: GroupId,
    /// What the group's prices are multiplied by.
    pub multiplier_millionths: i64,
    /// The models that the group may use; `None` is every model.
    pub group_models: Option<Vec<String>>,
    /// Creates a minute of each account in the group.
    pub group_creates_per_minute: Option<u32>,
}

/// What can be set about a key. `None` means: no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTerms {
    /// Its owner's name for it.
    pub name: String,
    /// When it stops to work.
    pub expires_at: Option<Timestamp>,
    /// What it may be used for.
    pub scopes: Scopes,
    /// Canonical ids of the models that it may use.
    pub models: Option<Vec<String>>,
    /// Where it may be used from.
    pub addresses: Option<Vec<IpNet>>,
    /// Creates a minute.
    pub creates_per_minute: Option<u32>,
    /// Tasks in flight.
    pub in_flight_max: Option<u32>,
    /// What it may spend in all.
    pub budget: Option<Ticks>,
    /// What it may spend in a calendar month (UTC).
    pub month_budget: Option<Ticks>,
}

impl KeyTerms {
    /// A key with a name and no limits.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            expires_at: None,
            scopes: Scopes::DEFAULT,
            models: None,
            addresses: None,
            creates_per_minute: None,
            in_flight_max: None,
            budget: None,
            month_budget: None,
        }
    }
}

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Whose.
    pub account_id: AccountId,
    /// Live or test.
    pub kind: KeyKind,
    /// Its text, in the forms that are kept.
    pub secret: KeySecret,
    /// What it may do.
    pub terms: KeyTerms,
    /// The present moment.
    pub now: Timestamp,
}

const BY_HASH_COLUMNS: &str = "keys.id, keys.account_id, keys.kind,
    keys.enabled = 1 AND keys.deleted_at IS NULL, keys.scopes, keys.models, keys.addresses,
    keys.creates_per_minute, accounts.name, accounts.role, accounts.enabled, accounts.group_id,
    groups.multiplier_millionths, groups.models, groups.creates_per_minute";

pub(crate) static BY_HASH: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    format!(
        "SELECT keys.expires_at, NULL, {BY_HASH_COLUMNS} FROM keys
             JOIN accounts ON accounts.id = keys.account_id
             JOIN groups ON groups.id = accounts.group_id WHERE keys.hash = $1"
    )
});

pub(crate) static BY_OLD_HASH: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    format!(
        "SELECT keys.expires_at, keys.old_expires_at, {BY_HASH_COLUMNS} FROM keys
             JOIN accounts ON accounts.id = keys.account_id
             JOIN groups ON groups.id = accounts.group_id WHERE keys.old_hash = $1"
    )
});

/// The key with this hash, or that had it before its latest roll, usable or not.
pub fn find_key(tx: &mut Tx<'_>, hash: &[u8; 32]) -> Result<Option<KeyRow>, StoreError> {
    if let Some(found) = tx.one(&BY_HASH, params![hash], |row| read(row, *hash))? {
        return Ok(Some(found));
    }
    tx.one(&BY_OLD_HASH, params![hash], |row| read(row, *hash))
}

fn read(row: &mut Row<'_>, secret_hash: [u8; 32]) -> Result<KeyRow, StoreError> {
    let (own, old) = (row.take::<Option<Timestamp>>()?, row.take::<Option<Timestamp>>()?);
    Ok(KeyRow {
        expires_at: own.into_iter().chain(old).min(),
        id: row.take()?,
        secret_hash,
        account_id: row.take()?,
        kind: row.take()?,
        enabled: row.take()?,
        scopes: scopes(row)?,
        models: list(row)?,
        addresses: networks(row)?,
        creates_per_minute: row.take()?,
        account_name: row.take()?,
        role: row.take()?,
        account_enabled: row.take()?,
        group_id: row.take()?,
        multiplier_millionths: row.take()?,
        group_models: list(row)?,
        group_creates_per_minute: row.take()?,
    })
}

pub(crate) fn scopes(row: &mut Row<'_>) -> Result<Scopes, StoreError> {
    let words: String = row.take()?;
    Scopes::from_words(&words).ok_or_else(|| StoreError::corrupt("a key's scopes", &words))
}

pub(crate) fn networks(row: &mut Row<'_>) -> Result<Option<Vec<IpNet>>, StoreError> {
    let Some(texts) = list(row)? else { return Ok(None) };
    let parse = |text: &String| {
        text.parse().map_err(|_| StoreError::corrupt("a key's allowed address", text))
    };
    texts.iter().map(parse).collect::<Result<_, _>>().map(Some)
}

pub(crate) const COUNT: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM keys
    WHERE account_id = $1 AND deleted_at IS NULL LIMIT $2) AS some";

/// How many keys an account has; at most [`KEYS_PER_ACCOUNT_MAX`] are counted.
pub fn count_keys(tx: &mut Tx<'_>, account_id: AccountId) -> Result<u32, StoreError> {
    tx.value(COUNT, params![account_id, KEYS_PER_ACCOUNT_MAX])?.ok_or(StoreError::NotFound)
}

/// Since when an account has made [`KEYS_PER_DAY_MAX`] keys, if it has made so many.
pub fn many_keys_since(
    tx: &mut Tx<'_>,
    account_id: AccountId,
) -> Result<Option<Timestamp>, StoreError> {
    tx.value(
        "SELECT created_at FROM keys WHERE account_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2",
        params![account_id, KEYS_PER_DAY_MAX - 1],
    )
}

/// Makes a key; nothing if its hash is taken.
pub fn create_key(tx: &mut Tx<'_>, new: &NewKey) -> Result<Option<KeyId>, StoreError> {
    if is_taken(tx, &new.secret.hash)? {
        return Ok(None);
    }
    let id: Option<KeyId> = tx.value("SELECT COALESCE(MAX(id), 0) + 1 FROM keys", params![])?;
    let id = id.ok_or(StoreError::NotFound)?;
    tx.exec(
        "INSERT INTO keys (id, account_id, kind, name, mask, hash, enabled, created_at)
         VALUES ($1, $2, $3, '', $4, $5, 1, $6)",
        params![id, new.account_id, new.kind, &new.secret.mask, &new.secret.hash, new.now],
    )?;
    keep_copy(tx, id, new.secret.sealed.as_deref())?;
    update_key(tx, id, &new.terms)?;
    Ok(Some(id))
}

/// Sets everything that can be set about a key; false if there is no such key, or it was deleted.
pub fn update_key(tx: &mut Tx<'_>, id: KeyId, terms: &KeyTerms) -> Result<bool, StoreError> {
    let addresses: Option<Vec<String>> =
        terms.addresses.as_ref().map(|list| list.iter().map(IpNet::to_string).collect());
    let touched = tx.exec(
        "UPDATE keys SET name = $2, expires_at = $3, scopes = $4, models = $5, addresses = $6,
             creates_per_minute = $7, in_flight_max = $8, budget_ticks = $9,
             month_budget_ticks = $10,
             limits_after = CASE WHEN in_flight_max IS NOT DISTINCT FROM $8
                 AND budget_ticks IS NOT DISTINCT FROM $9
                 AND month_budget_ticks IS NOT DISTINCT FROM $10 THEN limits_after
                 ELSE (SELECT transfers_count FROM accounts WHERE accounts.id = account_id) END
         WHERE id = $1 AND deleted_at IS NULL",
        params![
            id,
            &terms.name,
            terms.expires_at,
            terms.scopes.words(),
            list_text(terms.models.as_deref())?,
            list_text(addresses.as_deref())?,
            terms.creates_per_minute,
            terms.in_flight_max,
            terms.budget,
            terms.month_budget
        ],
    )?;
    tx.changed(Change::KeysChanged);
    Ok(touched == 1)
}

/// Whether a key has, or had before its latest roll, this hash.
fn is_taken(tx: &mut Tx<'_>, hash: &[u8; 32]) -> Result<bool, StoreError> {
    let found =
        tx.value::<i64>("SELECT 1 FROM keys WHERE hash = $1 OR old_hash = $1", params![hash])?;
    Ok(found.is_some())
}

/// Enables or revokes a key, and says whether it was an operator who revoked it; false if there is
/// no such key.
pub fn set_key_enabled(
    tx: &mut Tx<'_>,
    id: KeyId,
    enabled: bool,
    disabled_by_operator: bool,
) -> Result<bool, StoreError> {
    let touched = tx.exec(
        "UPDATE keys SET enabled = $2, disabled_by_operator = $3
         WHERE id = $1 AND deleted_at IS NULL",
        params![id, enabled, disabled_by_operator && !enabled],
    )?;
    tx.changed(Change::KeysChanged);
    Ok(touched == 1)
}

/// Deletes a key for good: it stops to work at once, and its secret is forgotten. Its row stays for
/// the tasks and transfers that name it. False if there is no such key.
pub fn delete_key(tx: &mut Tx<'_>, id: KeyId, now: Timestamp) -> Result<bool, StoreError> {
    let touched = tx.exec(
        "UPDATE keys SET deleted_at = $2, enabled = 0, old_hash = NULL, old_expires_at = NULL
         WHERE id = $1 AND deleted_at IS NULL",
        params![id, now],
    )?;
    keep_copy(tx, id, None)?;
    tx.changed(Change::KeysChanged);
    tx.changed(Change::SecretErased);
    Ok(touched == 1)
}

/// Gives a key a new secret; the one before works until `old_expires_at`, the one before that no
/// longer. False if there is no such key, or the new hash is taken.
pub fn roll_key(
    tx: &mut Tx<'_>,
    id: KeyId,
    secret: &KeySecret,
    old_expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if is_taken(tx, &secret.hash)? {
        return Ok(false);
    }
    let touched = tx.exec(
        "UPDATE keys SET old_hash = hash, old_expires_at = $2, hash = $3, mask = $4,
             rolled_at = $5 WHERE id = $1 AND deleted_at IS NULL",
        params![id, old_expires_at, &secret.hash, &secret.mask, now],
    )?;
    if touched == 1 {
        keep_copy(tx, id, secret.sealed.as_deref())?;
    }
    tx.changed(Change::KeysChanged);
    tx.changed(Change::SecretErased);
    Ok(touched == 1)
}

/// Forgets every sealed secret, so that no key can be copied again; tells how many there were.
pub fn drop_sealed_keys(tx: &mut Tx<'_>) -> Result<usize, StoreError> {
    tx.changed(Change::SecretErased);
    // Without a condition: the whole table is overwritten.
    tx.exec("DELETE FROM key_copies", params![])
}

/// Keeps a key's sealed secret in the place of the one before, or none.
fn keep_copy(tx: &mut Tx<'_>, id: KeyId, sealed: Option<&[u8]>) -> Result<(), StoreError> {
    match sealed {
        Some(sealed) => tx.exec(
            "INSERT INTO key_copies (key_id, sealed) VALUES ($1, $2)
             ON CONFLICT (key_id) DO UPDATE SET sealed = $2",
            params![id, sealed],
        ),
        None => tx.exec("DELETE FROM key_copies WHERE key_id = $1", params![id]),
    }
    .map(drop)
}

/// A key as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDetail {
    /// The key.
    pub id: KeyId,
    /// Whose it is.
    pub account_id: AccountId,
    /// Live or test.
    pub kind: KeyKind,
    /// As it may be shown.
    pub mask: String,
    /// False once it was revoked.
    pub enabled: bool,
    /// Whether an operator revoked it: its owner cannot enable it again.
    pub disabled_by_operator: bool,
    /// What was set about it.
    pub terms: KeyTerms,
    /// What its tasks cost: all holds that were not given back.
    pub used: Ticks,
    /// The same of `month`.
    pub month_used: Ticks,
    /// The month of `month_used`, as `Timestamp::utc_month` counts.
    pub month: i64,
    /// The secret, sealed, if it may be copied again.
    pub sealed: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was rolled last.
    pub rolled_at: Option<Timestamp>,
    /// Until when the secret before the last roll works.
    pub old_expires_at: Option<Timestamp>,
    /// When it was used last, to about a minute.
    pub last_used_at: Option<Timestamp>,
    /// From where.
    pub last_used_address: Option<String>,
    /// By which program (`User-Agent`).
    pub last_used_client: Option<String>,
}

impl KeyDetail {
    /// What its tasks of the present month cost; at most, after a clock that was far ahead.
    pub fn month_used_at(&self, now: Timestamp) -> Ticks {
        match self.month - now.utc_month() {
            ..0 => Ticks::ZERO,
            0..=1 => self.month_used,
            2.. => self.used,
        }
    }
}

const DETAIL: &str = "SELECT id, account_id, kind, mask, enabled, disabled_by_operator, name,
        expires_at, scopes, models, addresses, creates_per_minute, in_flight_max, budget_ticks,
        month_budget_ticks, used_ticks, month_used_ticks, month,
        (SELECT sealed FROM key_copies WHERE key_copies.key_id = keys.id), created_at, rolled_at,
        old_expires_at, last_used_at, last_used_address, last_used_client
    FROM keys WHERE deleted_at IS NULL";

pub(crate) static OF_ACCOUNT: std::sync::LazyLock<String> =
    std::sync::LazyLock::new(|| format!("{DETAIL} AND account_id = $1 ORDER BY id LIMIT $2"));

/// An account's keys, oldest first.
pub fn keys_of(tx: &mut Tx<'_>, account_id: AccountId) -> Result<Vec<KeyDetail>, StoreError> {
    tx.rows(&OF_ACCOUNT, params![account_id, KEYS_PER_ACCOUNT_MAX], read_detail)
}

/// A key, unless it was deleted.
pub fn key(tx: &mut Tx<'_>, id: KeyId) -> Result<Option<KeyDetail>, StoreError> {
    tx.one(&format!("{DETAIL} AND id = $1"), params![id], read_detail)
}

fn read_detail(row: &mut Row<'_>) -> Result<KeyDetail, StoreError> {
    Ok(KeyDetail {
        id: row.take()?,
        account_id: row.take()?,
        kind: row.take()?,
        mask: row.take()?,
        enabled: row.take()?,
        disabled_by_operator: row.take()?,
        terms: KeyTerms {
            name: row.take()?,
            expires_at: row.take()?,
            scopes: scopes(row)?,
            models: list(row)?,
            addresses: networks(row)?,
            creates_per_minute: row.take()?,
            in_flight_max: row.take()?,
            budget: row.take()?,
            month_budget: row.take()?,
        },
        used: row.take()?,
        month_used: row.take()?,
        month: row.take()?,
        sealed: row.take()?,
        created_at: row.take()?,
        rolled_at: row.take()?,
        old_expires_at: row.take()?,
        last_used_at: row.take()?,
        last_used_address: row.take()?,
        last_used_client: row.take()?,
    })
}

/// One use of a key, the latest from its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// The key.
    pub key_id: KeyId,
    /// From where.
    pub address: String,
    /// By which program (`User-Agent`).
    pub client: String,
    /// When.
    pub at: Timestamp,
}

/// Writes down uses that were gathered for a while. Not a change that empties caches.
pub fn record_uses(tx: &mut Tx<'_>, uses: &[KeyUse]) -> Result<(), StoreError> {
    for each in uses {
        let values = params![each.key_id, each.at, &each.address, &each.client];
        tx.exec(
            "UPDATE keys SET last_used_at = $2, last_used_address = $3, last_used_client = $4
             WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $2)",
            values,
        )?;
        tx.exec(
            "INSERT INTO key_addresses (key_id, last_used_at, address, client)
             SELECT $1, $2, $3, $4 FROM keys WHERE id = $1
             ON CONFLICT (key_id, address) DO UPDATE SET client = $4, last_used_at = $2",
            values,
        )?;
        tx.exec(
            "DELETE FROM key_addresses WHERE key_id = $1 AND address NOT IN (
                 SELECT address FROM key_addresses WHERE key_id = $1
                 ORDER BY last_used_at DESC LIMIT $2)",
            params![each.key_id, ADDRESSES_PER_KEY_MAX],
        )?;
    }
    Ok(())
}

/// Where a key was used from, the latest first.
pub fn addresses_of(tx: &mut Tx<'_>, id: KeyId) -> Result<Vec<KeyUse>, StoreError> {
    tx.rows(
        "SELECT key_id, address, client, last_used_at FROM key_addresses WHERE key_id = $1
         ORDER BY last_used_at DESC LIMIT $2",
        params![id, ADDRESSES_PER_KEY_MAX],
        |row| {
            Ok(KeyUse {
                key_id: row.take()?,
                address: row.take()?,
                client: row.take()?,
                at: row.take()?,
            })
        },
    )
}

/// The SHA-256 of a key's present secret.
pub fn hash_of(tx: &mut Tx<'_>, id: KeyId) -> Result<Option<[u8; 32]>, StoreError> {
    tx.value("SELECT hash FROM keys WHERE id = $1 AND deleted_at IS NULL", params![id])
}
