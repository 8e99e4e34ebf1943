//! The versions of the prices: what each hold was priced with, for ever.
//!
//! Guarantees: a version is written once and never changed.

use rushes_domain::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::tx::{Row, Tx};

/// Versions in one answer of [`list_prices`], at most.
pub const PRICES_LIST_MAX: u32 = 200;

/// The prices of all models from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceVersion {
    /// Its number, from 1.
    pub version: i64,
    /// JSON: the model's id → its prices.
    pub prices: String,
    /// Who set them.
    pub actor: String,
    /// Since when they were in force.
    pub created_at: Timestamp,
}

const SELECT: &str = "SELECT version, prices, actor, created_at FROM price_versions";

fn read(row: &mut Row<'_>) -> Result<PriceVersion, StoreError> {
    Ok(PriceVersion {
        version: row.take()?,
        prices: row.take()?,
        actor: row.take()?,
        created_at: row.take()?,
    })
}

/// A version.
pub fn price_version(tx: &mut Tx<'_>, version: i64) -> Result<Option<PriceVersion>, StoreError> {
    tx.one(&format!("{SELECT} WHERE version = $1"), params![version], read)
}

/// Versions, the latest first.
pub fn list_prices(
    tx: &mut Tx<'_>,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<PriceVersion>, StoreError> {
    let sql = format!("{SELECT} WHERE version < $1 ORDER BY version DESC LIMIT $2");
    let before = before.unwrap_or(i64::MAX);
    tx.rows(&sql, params![before, limit.min(PRICES_LIST_MAX)], read)
}

/// Takes prices into force and gives their number. The very prices of the latest version keep its
/// number.
pub fn add_prices(
    tx: &mut Tx<'_>,
    prices: &str,
    actor: &str,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let latest = list_prices(tx, None, 1)?.pop();
    if let Some(latest) = &latest
        && latest.prices == prices
    {
        return Ok(latest.version);
    }
    let version = latest.map_or(1, |latest| latest.version.saturating_add(1));
    tx.exec(
        "INSERT INTO price_versions (version, prices, actor, created_at) VALUES ($1, $2, $3, $4)",
        params![version, prices, actor, now],
    )?;
    Ok(version)
}
