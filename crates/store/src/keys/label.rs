//! What people know a key by, for lists of what was made with keys.
//!
//! Guarantees: a key that was deleted still has its label.

use rushes_domain::KeyId;
use rushes_domain::account::KeyKind;

use crate::error::StoreError;
use crate::params;
use crate::tx::Tx;

/// What people know a key by, also one that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLabel {
    /// The key.
    pub id: KeyId,
    /// Live or test.
    pub kind: KeyKind,
    /// Its owner's name for it.
    pub name: String,
    /// As it may be shown.
    pub mask: String,
    /// Whether it was deleted.
    pub is_deleted: bool,
}

/// The label of a key.
pub fn label_of(tx: &mut Tx<'_>, id: KeyId) -> Result<Option<KeyLabel>, StoreError> {
    let sql = "SELECT id, kind, name, mask, deleted_at IS NOT NULL FROM keys WHERE id = $1";
    tx.one(sql, params![id], |row| {
        Ok(KeyLabel {
            id: row.take()?,
            kind: row.take()?,
            name: row.take()?,
            mask: row.take()?,
            is_deleted: row.take()?,
        })
    })
}

/// A key's name, also of one that was deleted.
pub fn name_of(tx: &mut Tx<'_>, id: KeyId) -> Result<Option<String>, StoreError> {
    tx.value("SELECT name FROM keys WHERE id = $1", params![id])
}
