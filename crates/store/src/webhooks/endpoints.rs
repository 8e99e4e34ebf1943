//! Endpoints: addresses of an account's own programs, which its tasks are told to.
//!
//! Guarantees: an account has at most [`ENDPOINTS_PER_ACCOUNT_MAX`]; what was disabled says by whom;
//! a deleted endpoint keeps no secret. Secrets are kept as they were given, sealed. Not here: what
//! a good URL is.

use rushes_domain::webhook::{EventType, FAILING_MS_MAX, OLD_SECRET_MS};
use rushes_domain::{AccountId, EndpointId, Timestamp};

use crate::change::Change;
use crate::error::StoreError;
use crate::params;
use crate::tx::{Row, Tx};

/// Endpoints of an account, at most.
pub const ENDPOINTS_PER_ACCOUNT_MAX: u64 = 10;

/// Who disabled an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisabledBy {
    /// Whose it is.
    Owner,
    /// An operator; its owner cannot enable it again.
    Operator,
    /// Its own answer 410.
    Gone,
    /// The gateway, after five days of nothing but failures.
    Failing,
}

impl DisabledBy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Operator, Self::Gone, Self::Failing];

    /// The word in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Operator => "operator",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// What its owner says about an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointTerms {
    /// Where it is.
    pub url: String,
    /// The URL's host, for comparison.
    pub host: String,
    /// For people.
    pub description: String,
    /// What it wants to hear.
    pub event_types: Vec<EventType>,
    /// Who disabled it; none if it is enabled.
    pub disabled_by: Option<DisabledBy>,
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointRow {
    /// Its id.
    pub id: EndpointId,
    /// Whose it is.
    pub account_id: AccountId,
    /// What was said about it.
    pub terms: EndpointTerms,
    /// When it was disabled.
    pub disabled_at: Option<Timestamp>,
    /// Its secret, sealed.
    pub sealed: Option<Vec<u8>>,
    /// The secret before the last rotation, sealed, and until when it is valid.
    pub old: Option<(Vec<u8>, Timestamp)>,
    /// The first failure after the last success.
    pub failing_since: Option<Timestamp>,
    /// The last success.
    pub succeeded_at: Option<Timestamp>,
    /// The last failure.
    pub failed_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its owner changed it last.
    pub changed_at: Timestamp,
}

impl EndpointRow {
    /// Whether it is sent anything.
    pub const fn is_enabled(&self) -> bool {
        self.terms.disabled_by.is_none()
    }
}

const SELECT: &str = "SELECT id, account_id, url, host, description, event_types, disabled_by,
        disabled_at, sealed, old_sealed, old_expires_at, failing_since, succeeded_at, failed_at,
        created_at, changed_at
    FROM webhook_endpoints WHERE deleted_at IS NULL";

/// Enabled endpoints to which nothing has arrived since this moment or longer, the longest first, at
/// most `limit`.
pub fn failing_endpoints(
    tx: &mut Tx<'_>,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<EndpointRow>, StoreError> {
    let sql = format!(
        "{SELECT} AND disabled_by IS NULL AND failing_since <= $1 ORDER BY failing_since LIMIT $2"
    );
    tx.rows(&sql, params![since, limit], read)
}

fn read(row: &mut Row<'_>) -> Result<EndpointRow, StoreError> {
    let (id, account_id) = (row.take()?, row.take()?);
    let terms = EndpointTerms {
        url: row.take()?,
        host: row.take()?,
        description: row.take()?,
        event_types: types(&row.take::<String>()?)?,
        disabled_by: row.take::<Option<String>>()?.as_deref().map(disabled_by).transpose()?,
    };
    let (disabled_at, sealed) = (row.take()?, row.take()?);
    let (old_sealed, old_expires_at): (Option<Vec<u8>>, _) = (row.take()?, row.take()?);
    Ok(EndpointRow {
        id,
        account_id,
        terms,
        disabled_at,
        sealed,
        old: old_sealed.zip(old_expires_at),
        failing_since: row.take()?,
        succeeded_at: row.take()?,
        failed_at: row.take()?,
        created_at: row.take()?,
        changed_at: row.take()?,
    })
}

fn types(words: &str) -> Result<Vec<EventType>, StoreError> {
    let of_word = |word| {
        EventType::from_word(word).ok_or_else(|| StoreError::corrupt("an event's type", word))
    };
    words.split(' ').filter(|word| !word.is_empty()).map(of_word).collect()
}

fn words(types: &[EventType]) -> String {
    types.iter().map(|each| each.as_str()).collect::<Vec<_>>().join(" ")
}

fn disabled_by(word: &str) -> Result<DisabledBy, StoreError> {
    let found = DisabledBy::ALL.into_iter().find(|each| each.as_str() == word);
    found.ok_or_else(|| StoreError::corrupt("who disabled an endpoint", word))
}

/// An account's endpoints, oldest first.
pub fn endpoints(tx: &mut Tx<'_>, account_id: AccountId) -> Result<Vec<EndpointRow>, StoreError> {
    tx.rows(&format!("{SELECT} AND account_id = $1 ORDER BY id"), params![account_id], read)
}

/// An endpoint, whoever it belongs to.
pub fn endpoint(tx: &mut Tx<'_>, id: EndpointId) -> Result<Option<EndpointRow>, StoreError> {
    tx.one(&format!("{SELECT} AND id = $1"), params![id], read)
}

/// An enabled endpoint of the account that has this host.
pub fn endpoint_of_host(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    host: &str,
) -> Result<Option<EndpointRow>, StoreError> {
    let sql = format!("{SELECT} AND account_id = $1 AND host = $2 AND enabled = 1 ORDER BY id");
    tx.one(&sql, params![account_id, host], read)
}

/// The id that the next endpoint gets: its secret is sealed for it.
pub fn next_endpoint_id(tx: &mut Tx<'_>) -> Result<EndpointId, StoreError> {
    let next = tx.value("SELECT COALESCE(MAX(id), 0) + 1 FROM webhook_endpoints", params![])?;
    next.ok_or(StoreError::NotFound)
}

/// Adds an endpoint under an id that [`next_endpoint_id`] gave; false if the account has
/// [`ENDPOINTS_PER_ACCOUNT_MAX`] already.
pub fn add_endpoint(
    tx: &mut Tx<'_>,
    id: EndpointId,
    account_id: AccountId,
    terms: &EndpointTerms,
    sealed: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let count: Option<u64> = tx.value(
        "SELECT COUNT(*) FROM webhook_endpoints WHERE account_id = $1 AND deleted_at IS NULL",
        params![account_id],
    )?;
    if count.unwrap_or(0) >= ENDPOINTS_PER_ACCOUNT_MAX {
        return Ok(false);
    }
    tx.exec(
        "INSERT INTO webhook_endpoints (id, account_id, url, host, description, event_types,
             enabled, disabled_by, disabled_at, listens_since, sealed, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, $10)",
        params![
            id,
            account_id,
            &terms.url,
            &terms.host,
            &terms.description,
            words(&terms.event_types),
            terms.disabled_by.is_none(),
            terms.disabled_by.map(DisabledBy::as_str),
            terms.disabled_by.map(|_| now),
            now,
            sealed
        ],
    )?;
    Ok(true)
}

/// Changes what is said about an endpoint; false if there is none of this id. Enabling it forgets
/// its failures.
pub fn update_endpoint(
    tx: &mut Tx<'_>,
    id: EndpointId,
    terms: &EndpointTerms,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let touched = tx.exec(
        "UPDATE webhook_endpoints SET url = $2, host = $3, description = $4, event_types = $5,
             enabled = $6, disabled_by = $7,
             disabled_at = CASE WHEN $6 = 1 THEN NULL ELSE COALESCE(disabled_at, $8) END,
             failing_since = CASE WHEN $6 = 1 AND enabled = 0 THEN NULL ELSE failing_since END,
             listens_since = $8, changed_at = $8
         WHERE id = $1 AND deleted_at IS NULL",
        params![
            id,
            &terms.url,
            &terms.host,
            &terms.description,
            words(&terms.event_types),
            terms.disabled_by.is_none(),
            terms.disabled_by.map(DisabledBy::as_str),
            now
        ],
    )?;
    tx.changed(Change::DeliveriesDue);
    Ok(touched == 1)
}

/// Gives an endpoint a new secret; the one before is valid for another 24 hours, and the one before
/// that no more. False if there is none of this id.
pub fn rotate_secret(
    tx: &mut Tx<'_>,
    id: EndpointId,
    sealed: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let touched = tx.exec(
        "UPDATE webhook_endpoints SET old_sealed = sealed, old_expires_at = $3, sealed = $2,
             changed_at = $4
         WHERE id = $1 AND deleted_at IS NULL",
        params![id, sealed, now.plus_ms(OLD_SECRET_MS), now],
    )?;
    tx.changed(Change::SecretErased);
    Ok(touched == 1)
}

/// Forgets secrets from before a rotation whose time is over; tells how many there were.
pub fn forget_old_secrets(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    let count = tx.exec(
        "UPDATE webhook_endpoints SET old_sealed = NULL, old_expires_at = NULL
         WHERE old_expires_at <= $1",
        params![now],
    )?;
    if count > 0 {
        tx.changed(Change::SecretErased);
    }
    Ok(count)
}

/// Forgets every secret: for a copy of the database that goes elsewhere.
pub fn drop_webhook_secrets(tx: &mut Tx<'_>) -> Result<usize, StoreError> {
    tx.changed(Change::SecretErased);
    tx.exec(
        "UPDATE webhook_endpoints SET sealed = NULL, old_sealed = NULL, old_expires_at = NULL",
        params![],
    )
}

/// Deletes an endpoint and its secrets; what it was sent stays in the log for its time. False if
/// there is none of this id.
pub fn delete_endpoint(
    tx: &mut Tx<'_>,
    id: EndpointId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let touched = tx.exec(
        "UPDATE webhook_endpoints SET deleted_at = $2, changed_at = $2, enabled = 0,
             sealed = NULL, old_sealed = NULL, old_expires_at = NULL
         WHERE id = $1 AND deleted_at IS NULL",
        params![id, now],
    )?;
    tx.changed(Change::SecretErased);
    tx.changed(Change::DeliveriesDue);
    Ok(touched == 1)
}

/// Notes a success.
pub(crate) fn succeeded(tx: &mut Tx<'_>, id: EndpointId, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(SUCCEEDED, params![id, now]).map(drop)
}

pub(crate) const SUCCEEDED: &str =
    "UPDATE webhook_endpoints SET succeeded_at = $2, failing_since = NULL WHERE id = $1";

pub(crate) const FAILED: &str = "UPDATE webhook_endpoints
    SET failed_at = $2, failing_since = COALESCE(failing_since, $2) WHERE id = $1
    RETURNING enabled = 1 AND failing_since <= $3";

/// Notes a failure; true if the endpoint has now done nothing else for too long and was disabled.
pub(crate) fn failed(tx: &mut Tx<'_>, id: EndpointId, now: Timestamp) -> Result<bool, StoreError> {
    let too_long = now.plus_ms(-FAILING_MS_MAX);
    let is_over: Option<bool> = tx.value(FAILED, params![id, now, too_long])?;
    if is_over == Some(true) {
        return disable(tx, id, DisabledBy::Failing, now);
    }
    Ok(false)
}

/// Disables an endpoint for what it answered; false if it was disabled before.
pub(crate) fn disable(
    tx: &mut Tx<'_>,
    id: EndpointId,
    by: DisabledBy,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let touched = tx.exec(
        "UPDATE webhook_endpoints SET enabled = 0, disabled_by = $2, disabled_at = $3
         WHERE id = $1 AND enabled = 1",
        params![id, by.as_str(), now],
    )?;
    Ok(touched == 1)
}
