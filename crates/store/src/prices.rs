//! Placeholder until merged.
use crate::error::StoreError;
use crate::params;
use crate::tx::Tx;
use rushes_domain::Timestamp;
/// Next version.
pub fn add_prices(
    tx: &mut Tx<'_>,
    prices: &str,
    actor: &str,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let latest: Option<(i64, String)> = tx.one(
        "SELECT version, prices FROM price_versions ORDER BY version DESC LIMIT 1",
        params![],
        |row| Ok((row.take()?, row.take()?)),
    )?;
    if let Some((version, text)) = &latest
        && text == prices
    {
        return Ok(*version);
    }
    let version = latest.map_or(1, |(version, _)| version + 1);
    tx.exec(
        "INSERT INTO price_versions (version, prices, actor, created_at) VALUES ($1, $2, $3, $4)",
        params![version, prices, actor, now],
    )?;
    Ok(version)
}
