//! Accounts: who pays, and what they have left.

use rushes_domain::account::{KeyKind, Role};
use rushes_domain::{AccountId, GroupId, Ticks, Timestamp};

use crate::change::Change;
use crate::error::StoreError;
use crate::groups::DEFAULT_GROUP;
use crate::keys::{self, KeyTerms, NewKey};
use crate::ledger;
use crate::params;
use crate::tx::{Row, Tx};

/// Accounts in one answer of [`list_accounts`], at most.
pub const ACCOUNTS_LIST_MAX: u32 = 200;

/// The account of the installation's owner, with its first two keys.
#[derive(Debug, Clone)]
pub struct NewOwner {
    /// The account's name.
    pub name: String,
    /// Its first credit.
    pub credit: Ticks,
    /// The live key.
    pub live_key: KeySecret,
    /// The test key.
    pub test_key: KeySecret,
    /// The PHC string of the password, if it has one.
    pub password_hash: Option<String>,
    /// The present moment.
    pub now: Timestamp,
}

/// A key's text in the forms in which it may be kept.
#[derive(Debug, Clone)]
pub struct KeySecret {
    /// SHA-256 of it.
    pub hash: [u8; 32],
    /// As it may be shown (`domain::account::mask`).
    pub mask: String,
    /// Sealed, if it may be copied again.
    pub sealed: Option<Vec<u8>>,
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
    let account = NewAccount {
        name: new.name.clone(),
        display_name: String::new(),
        role: Role::Owner,
        group_id: DEFAULT_GROUP,
        password_hash: new.password_hash.clone(),
        now: new.now,
    };
    let account_id = create_account(tx, &account)?
        .ok_or_else(|| StoreError::Sql("the owner's name is taken".to_owned()))?;
    if new.credit > Ticks::ZERO {
        ledger::add_credit(tx, account_id, "first", new.credit, new.now)?;
    }
    for (kind, name, secret) in [
        (KeyKind::Live, "first live key", &new.live_key),
        (KeyKind::Test, "first test key", &new.test_key),
    ] {
        let key = NewKey {
            account_id,
            kind,
            secret: secret.clone(),
            terms: KeyTerms::named(name),
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

/// An account to be made. It has no money and no keys at first.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its name; see `domain::account::is_name`.
    pub name: String,
    /// How it likes to be called; may be empty.
    pub display_name: String,
    /// What it may do.
    pub role: Role,
    /// Its group.
    pub group_id: GroupId,
    /// The PHC string of its password; without one it can sign in by a one-time link only.
    pub password_hash: Option<String>,
    /// The present moment.
    pub now: Timestamp,
}

/// Makes an account; nothing if the name is taken, in either case.
pub fn create_account(tx: &mut Tx<'_>, new: &NewAccount) -> Result<Option<AccountId>, StoreError> {
    if account_by_name(tx, &new.name)?.is_some() {
        return Ok(None);
    }
    let id: Option<AccountId> =
        tx.value("SELECT COALESCE(MAX(id), 0) + 1 FROM accounts", params![])?;
    let id = id.ok_or(StoreError::NotFound)?;
    let changed_at = new.password_hash.as_ref().map(|_| new.now);
    tx.exec(
        "INSERT INTO accounts (id, name, display_name, role, group_id, enabled, password_hash,
             password_changed_at, credits_ticks, posted_ticks, pending_ticks, parked_count,
             queued_count, active_count, in_flight_max, limits_changed_at, last_claimed_at,
             created_at)
         VALUES ($1, $2, $3, $4, $5, 1, $6, $7, 0, 0, 0, 0, 0, 0, 0, $8, 0, $8)",
        params![
            id,
            &new.name,
            &new.display_name,
            new.role,
            new.group_id,
            new.password_hash.as_ref(),
            changed_at,
            new.now
        ],
    )?;
    tx.changed(Change::KeysChanged);
    Ok(Some(id))
}

/// An account with its group and its money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// How it likes to be called; may be empty.
    pub display_name: String,
    /// What it may do.
    pub role: Role,
    /// False if an operator disabled it.
    pub enabled: bool,
    /// Its group.
    pub group_id: GroupId,
    /// Its group's name.
    pub group_name: String,
    /// Whether it can sign in by password.
    pub has_password: bool,
    /// Its money.
    pub balance: Balance,
    /// Tasks that wait for a place in flight.
    pub parked_count: u32,
    /// Tasks in flight: queued or further.
    pub in_flight_count: u32,
    /// When it was made.
    pub created_at: Timestamp,
}

const SELECT: &str = "SELECT accounts.id, accounts.name, accounts.display_name, accounts.role,
        accounts.enabled, accounts.group_id, groups.name, accounts.password_hash IS NOT NULL,
        accounts.credits_ticks, accounts.adjustments_ticks, accounts.posted_ticks,
        accounts.pending_ticks, accounts.parked_count,
        accounts.queued_count + accounts.active_count, accounts.created_at
    FROM accounts JOIN groups ON groups.id = accounts.group_id";

/// An account.
pub fn account(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<AccountRow>, StoreError> {
    tx.one(&format!("{SELECT} WHERE accounts.id = $1"), params![id], read)
}

/// The account of this name, in either case.
pub fn account_by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<AccountRow>, StoreError> {
    tx.one(&format!("{SELECT} WHERE LOWER(accounts.name) = LOWER($1)"), params![name], read)
}

/// Accounts by id, those after `after`, whose name or display name holds `search` (in either case,
/// ASCII).
pub fn list_accounts(
    tx: &mut Tx<'_>,
    search: &str,
    group_id: Option<GroupId>,
    after: Option<AccountId>,
    limit: u32,
) -> Result<Vec<AccountRow>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE accounts.id > $1 AND ($2 = 0 OR accounts.group_id = $2)
             AND ($3 = '' OR LOWER(accounts.name) LIKE $3 ESCAPE '!'
                 OR LOWER(accounts.display_name) LIKE $3 ESCAPE '!')
         ORDER BY accounts.id LIMIT $4"
    );
    let mut pattern = String::new();
    if !search.is_empty() {
        pattern.push('%');
        for letter in search.to_ascii_lowercase().chars() {
            if matches!(letter, '%' | '_' | '!') {
                pattern.push('!');
            }
            pattern.push(letter);
        }
        pattern.push('%');
    }
    let after = after.map_or(0, |id| id.0);
    let group = group_id.map_or(0, |id| id.0);
    tx.rows(&sql, params![after, group, pattern, limit.min(ACCOUNTS_LIST_MAX)], read)
}

fn read(row: &mut Row<'_>) -> Result<AccountRow, StoreError> {
    Ok(AccountRow {
        id: row.take()?,
        name: row.take()?,
        display_name: row.take()?,
        role: row.take()?,
        enabled: row.take()?,
        group_id: row.take()?,
        group_name: row.take()?,
        has_password: row.take()?,
        balance: read_balance(row)?,
        parked_count: row.take()?,
        in_flight_count: row.take()?,
        created_at: row.take()?,
    })
}

/// What can be changed about an account; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    /// How it likes to be called.
    pub display_name: Option<String>,
    /// What it may do.
    pub role: Option<Role>,
    /// Its group.
    pub group_id: Option<GroupId>,
    /// Whether it works.
    pub enabled: Option<bool>,
}

/// Changes an account; false if there is none. The owner stays owner and enabled: an installation
/// without one could not be administered any more.
pub fn update_account(
    tx: &mut Tx<'_>,
    id: AccountId,
    change: &AccountChange,
) -> Result<bool, StoreError> {
    let touched = tx.exec(
        "UPDATE accounts SET display_name = COALESCE($2, display_name),
             role = CASE WHEN role = 'owner' THEN role ELSE COALESCE($3, role) END,
             group_id = COALESCE($4, group_id),
             enabled = CASE WHEN role = 'owner' THEN 1 ELSE COALESCE($5, enabled) END
         WHERE id = $1",
        params![id, change.display_name.as_ref(), change.role, change.group_id, change.enabled],
    )?;
    tx.changed(Change::KeysChanged);
    Ok(touched == 1)
}

/// Enables or disables an account, the owner's too; false if there is no such account.
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

/// The PHC string of an account's password.
pub fn password_hash(tx: &mut Tx<'_>, account_id: AccountId) -> Result<Option<String>, StoreError> {
    let hash: Option<Option<String>> =
        tx.value("SELECT password_hash FROM accounts WHERE id = $1", params![account_id])?;
    Ok(hash.flatten())
}

/// Sets an account's password; false if there is no such account.
pub fn set_password(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    phc: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let touched = tx.exec(
        "UPDATE accounts SET password_hash = $2, password_changed_at = $3 WHERE id = $1",
        params![account_id, phc, now],
    )?;
    Ok(touched == 1)
}

/// An account's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// All that was ever credited.
    pub credits: Ticks,
    /// The sum of its adjustments; may be negative.
    pub adjustments: Ticks,
    /// All that was paid.
    pub posted: Ticks,
    /// All that is held for unfinished tasks.
    pub pending: Ticks,
    /// What is left to spend: credits + adjustments − posted − pending.
    pub available: Ticks,
}

pub(crate) const BALANCE: &str = "SELECT credits_ticks, adjustments_ticks, posted_ticks,
    pending_ticks FROM accounts WHERE id = $1";

/// An account's money.
pub fn balance(tx: &mut Tx<'_>, account_id: AccountId) -> Result<Balance, StoreError> {
    tx.one(BALANCE, params![account_id], read_balance)?.ok_or(StoreError::NotFound)
}

fn read_balance(row: &mut Row<'_>) -> Result<Balance, StoreError> {
    let (credits, adjustments, posted, pending) =
        (row.take::<Ticks>()?, row.take()?, row.take()?, row.take()?);
    let available = credits
        .checked_add(adjustments)
        .and_then(|sum| sum.checked_sub(posted))
        .and_then(|left| left.checked_sub(pending))
        .map_err(|_| StoreError::Corrupt("an account's balance is out of range".to_owned()))?;
    Ok(Balance { credits, adjustments, posted, pending, available })
}
