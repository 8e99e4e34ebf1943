//! The audit log: who did what to which object, from where, before and after.
//!
//! Guarantees: lines are only ever added, in the transaction of the change that they tell; nothing
//! here changes or removes one. No secret is written: callers give the fields that may be shown.

use rushes_domain::{AccountId, Timestamp};

use crate::error::StoreError;
use crate::params;
use crate::tx::Tx;

/// Lines in one answer of [`list_audit`], at most.
pub const AUDIT_LIST_MAX: u32 = 1_000;

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who, as a person reads it.
    pub actor: String,
    /// The account that acted; a command on the server's machine has none.
    pub actor_account_id: Option<AccountId>,
    /// From where.
    pub address: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// What, for example `key.create`.
    pub action: String,
    /// To what, for example `key 7` or `group studios`.
    pub object: String,
    /// Whose affairs it touched, if an account's.
    pub account_id: Option<AccountId>,
    /// JSON object with what was before; only the fields that changed.
    pub before: Option<String>,
    /// The same afterwards.
    pub after: Option<String>,
}

/// Adds a line.
pub fn audit(tx: &mut Tx<'_>, entry: &AuditEntry) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO audit_log (id, at, actor, actor_account_id, address, request_id, action,
             object, account_id, before, after)
         VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM audit_log),
             $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            entry.at,
            &entry.actor,
            entry.actor_account_id,
            entry.address.as_ref(),
            entry.request_id.as_ref(),
            &entry.action,
            &entry.object,
            entry.account_id,
            entry.before.as_ref(),
            entry.after.as_ref()
        ],
    )
    .map(drop)
}

/// Which lines to list. Empty texts and `None` mean: any.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Who, exactly as shown.
    pub actor: String,
    /// The beginning of the action, for example `key.`.
    pub action: String,
    /// The object, exactly.
    pub object: String,
    /// Whose affairs.
    pub account_id: Option<AccountId>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// Only lines before this one.
    pub before: Option<i64>,
    /// How many, at most [`AUDIT_LIST_MAX`].
    pub limit: u32,
}

/// Lines with their numbers, newest first.
pub fn list_audit(
    tx: &mut Tx<'_>,
    filter: &AuditFilter,
) -> Result<Vec<(i64, AuditEntry)>, StoreError> {
    let values = params![
        filter.before.unwrap_or(i64::MAX),
        filter.limit.min(AUDIT_LIST_MAX),
        &filter.actor,
        &filter.action,
        &filter.object,
        filter.account_id.map_or(0, |id| id.0),
        filter.from.unwrap_or_default(),
        filter.until.unwrap_or(Timestamp(i64::MAX))
    ];
    tx.rows(
        "SELECT id, at, actor, actor_account_id, address, request_id, action, object, account_id,
             before, after FROM audit_log
         WHERE id < $1 AND ($3 = '' OR actor = $3)
             AND ($4 = '' OR SUBSTR(action, 1, LENGTH($4)) = $4) AND ($5 = '' OR object = $5)
             AND ($6 = 0 OR account_id = $6) AND at >= $7 AND at < $8
         ORDER BY id DESC LIMIT $2",
        values,
        |row| {
            let id = row.take()?;
            let entry = AuditEntry {
                at: row.take()?,
                actor: row.take()?,
                actor_account_id: row.take()?,
                address: row.take()?,
                request_id: row.take()?,
                action: row.take()?,
                object: row.take()?,
                account_id: row.take()?,
                before: row.take()?,
                after: row.take()?,
            };
            Ok((id, entry))
        },
    )
}
