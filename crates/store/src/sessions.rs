//! Sessions of people who signed in, and the one-time links by which they may.
//!
//! Guarantees: only the SHA-256 of a token is kept; a link is used once. Not here: refusing
//! a session that is over; whoever asks for one does that.

use rushes_domain::account::Role;
use rushes_domain::{AccountId, GroupId, Timestamp};

use crate::error::StoreError;
use crate::params;
use crate::tx::{Row, Tx};

/// Idle time after which a session ends, in milliseconds.
pub const SESSION_IDLE_MS: i64 = 30 * 60 * 1_000;
/// Time after which a session ends in any case, in milliseconds.
pub const SESSION_MS: i64 = 12 * 3_600 * 1_000;
/// Time that a one-time link works, in milliseconds.
pub const LOGIN_LINK_MS: i64 = 15 * 60 * 1_000;
/// Sessions of an account, at most; the oldest go.
pub const SESSIONS_PER_ACCOUNT_MAX: u32 = 100;

/// A session to be opened.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its name in lists; tells nothing about the token.
    pub id: String,
    /// SHA-256 of the token in the cookie.
    pub token_hash: [u8; 32],
    /// Whose.
    pub account_id: AccountId,
    /// From where.
    pub address: String,
    /// With which program (`User-Agent`).
    pub client: String,
    /// Whether a one-time link opens it, and no password.
    pub by_link: bool,
    /// The present moment.
    pub now: Timestamp,
}

/// A session with its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Its name in lists.
    pub id: String,
    /// Whose.
    pub account_id: AccountId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was used last, to about a minute.
    pub last_seen_at: Timestamp,
    /// When the password was shown last; 1970 if it never was.
    pub confirmed_at: Timestamp,
    /// Whether a one-time link opened it.
    pub by_link: bool,
    /// From where it was opened.
    pub address: String,
    /// With which program.
    pub client: String,
    /// The account's name.
    pub account_name: String,
    /// What the account may do.
    pub role: Role,
    /// False if the account is disabled.
    pub account_enabled: bool,
    /// The account's group.
    pub group_id: GroupId,
}

const SELECT: &str = "SELECT sessions.id, sessions.account_id, sessions.created_at,
        sessions.last_seen_at, sessions.confirmed_at, sessions.by_link, sessions.address,
        sessions.client, accounts.name, accounts.role, accounts.enabled, accounts.group_id
    FROM sessions JOIN accounts ON accounts.id = sessions.account_id";

fn read(row: &mut Row<'_>) -> Result<SessionRow, StoreError> {
    Ok(SessionRow {
        id: row.take()?,
        account_id: row.take()?,
        created_at: row.take()?,
        last_seen_at: row.take()?,
        confirmed_at: row.take()?,
        by_link: row.take()?,
        address: row.take()?,
        client: row.take()?,
        account_name: row.take()?,
        role: row.take()?,
        account_enabled: row.take()?,
        group_id: row.take()?,
    })
}

/// Opens a session. Of more than [`SESSIONS_PER_ACCOUNT_MAX`] the oldest end.
pub fn create_session(tx: &mut Tx<'_>, new: &NewSession) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO sessions (id, token_hash, account_id, created_at, last_seen_at, confirmed_at,
             by_link, address, client)
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8)",
        params![
            &new.id,
            &new.token_hash,
            new.account_id,
            new.now,
            if new.by_link { Timestamp(0) } else { new.now },
            new.by_link,
            &new.address,
            &new.client
        ],
    )?;
    tx.exec(
        "DELETE FROM sessions WHERE account_id = $1 AND id NOT IN (
             SELECT id FROM sessions WHERE account_id = $1 ORDER BY created_at DESC, id LIMIT $2)",
        params![new.account_id, SESSIONS_PER_ACCOUNT_MAX],
    )?;
    Ok(())
}

/// The session of a token.
pub fn find_session(
    tx: &mut Tx<'_>,
    token_hash: &[u8; 32],
) -> Result<Option<SessionRow>, StoreError> {
    tx.one(&format!("{SELECT} WHERE sessions.token_hash = $1"), params![token_hash], read)
}

/// The session of a name in lists.
pub fn session(tx: &mut Tx<'_>, id: &str) -> Result<Option<SessionRow>, StoreError> {
    tx.one(&format!("{SELECT} WHERE sessions.id = $1"), params![id], read)
}

/// Writes down that a session is in use.
pub fn touch_session(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE sessions SET last_seen_at = $2 WHERE id = $1", params![id, now]).map(drop)
}

/// Writes down that a session's password was shown anew.
pub fn confirm_session(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE sessions SET last_seen_at = $2, confirmed_at = $2 WHERE id = $1",
        params![id, now],
    )
    .map(drop)
}

/// An account's sessions that were used after `idle_since` and opened after `opened_since`, the
/// latest first.
pub fn list_sessions(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    idle_since: Timestamp,
    opened_since: Timestamp,
) -> Result<Vec<SessionRow>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE sessions.account_id = $1 AND sessions.last_seen_at > $2
             AND sessions.created_at > $3
         ORDER BY sessions.last_seen_at DESC, sessions.id LIMIT $4"
    );
    tx.rows(&sql, params![account_id, idle_since, opened_since, SESSIONS_PER_ACCOUNT_MAX], read)
}

/// Ends a session of an account; false if it has no such session.
pub fn delete_session(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    id: &str,
) -> Result<bool, StoreError> {
    let touched =
        tx.exec("DELETE FROM sessions WHERE account_id = $1 AND id = $2", params![account_id, id])?;
    Ok(touched == 1)
}

/// Ends all sessions of an account but one, and its one-time links; tells how many sessions.
pub fn delete_other_sessions(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    keep: Option<&str>,
) -> Result<usize, StoreError> {
    tx.exec("DELETE FROM login_links WHERE account_id = $1", params![account_id])?;
    tx.exec(
        "DELETE FROM sessions WHERE account_id = $1 AND id <> $2",
        params![account_id, keep.unwrap_or("")],
    )
}

/// Removes sessions and links that cannot be used any more; tells how many rows, at most `limit` of
/// each kind.
pub fn delete_old_sessions(
    tx: &mut Tx<'_>,
    opened_before: Timestamp,
    now: Timestamp,
    limit: u32,
) -> Result<usize, StoreError> {
    let sessions = tx.exec(
        "DELETE FROM sessions WHERE id IN (
             SELECT id FROM sessions WHERE created_at <= $1 ORDER BY created_at LIMIT $2)",
        params![opened_before, limit],
    )?;
    let links = tx.exec(
        "DELETE FROM login_links WHERE token_hash IN (
             SELECT token_hash FROM login_links WHERE expires_at <= $1 LIMIT $2)",
        params![now, limit],
    )?;
    Ok(sessions + links)
}

/// Keeps a one-time link; links of the account that were made before stop to work.
pub fn create_login_link(
    tx: &mut Tx<'_>,
    token_hash: &[u8; 32],
    account_id: AccountId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.exec("DELETE FROM login_links WHERE account_id = $1", params![account_id])?;
    tx.exec(
        "INSERT INTO login_links (token_hash, account_id, created_at, expires_at)
         VALUES ($1, $2, $3, $4)",
        params![token_hash, account_id, now, expires_at],
    )
    .map(drop)
}

/// Uses a one-time link: the account that it is for, the first time and before its end.
pub fn use_login_link(
    tx: &mut Tx<'_>,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<AccountId>, StoreError> {
    tx.value(
        "UPDATE login_links SET used_at = $2
         WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING account_id",
        params![token_hash, now],
    )
}
