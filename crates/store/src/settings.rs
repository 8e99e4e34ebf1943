//! Settings that the program keeps for itself, such as the one-way switch away from previews.

use rushes_domain::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::tx::Tx;

/// The value of a setting.
pub fn setting(tx: &mut Tx<'_>, key: &str) -> Result<Option<String>, StoreError> {
    tx.value("SELECT value FROM settings WHERE key = $1", params![key])
}

/// Sets a setting.
pub fn set_setting(
    tx: &mut Tx<'_>,
    key: &str,
    value: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO settings (key, value, changed_at) VALUES ($1, $2, $3)
         ON CONFLICT (key) DO UPDATE SET value = $2, changed_at = $3",
        params![key, value, now],
    )
    .map(drop)
}
