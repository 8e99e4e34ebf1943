//! API keys in memory: a cache in front of the store's look-up by hash.
//!
//! Guarantees: a key is only ever looked up and held by its SHA-256; a change of any key empties
//! the cache with the commit that made it. Unknown keys are remembered for a short time too, so
//! that guessing does not reach the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use rushes_domain::account::{is_well_formed, key_hash};
use rushes_store::{KeyRow, Store, StoreError};

/// Keys kept in memory at most.
const KEYS_MAX: u64 = 10_000;
/// How long a look-up's outcome is believed.
const KEY_SECONDS: u64 = 30;

/// The cache.
pub struct KeyCache {
    rows: Cache<[u8; 32], Option<Arc<KeyRow>>>,
    /// Counts the changes: what was read before one is not put away after it.
    changes: AtomicU64,
}

impl std::fmt::Debug for KeyCache {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("KeyCache")
            .field("rows", &self.rows.entry_count())
            .finish_non_exhaustive()
    }
}

impl Default for KeyCache {
    fn default() -> Self {
        let rows = Cache::builder()
            .max_capacity(KEYS_MAX)
            .time_to_live(Duration::from_secs(KEY_SECONDS))
            .build();
        Self { rows, changes: AtomicU64::new(0) }
    }
}

impl KeyCache {
    /// The key's row; `None` for text that is no key, and for an unknown key.
    pub async fn find(&self, store: &Store, key: &str) -> Result<Option<Arc<KeyRow>>, StoreError> {
        if !is_well_formed(key) {
            return Ok(None);
        }
        let hash = key_hash(key);
        if let Some(known) = self.rows.get(&hash) {
            return Ok(known);
        }
        let changes = self.changes.load(Ordering::Acquire);
        let row = store.read(move |tx| rushes_store::keys::find_key(tx, &hash)).await?;
        let row = row.map(Arc::new);
        self.rows.insert(hash, row.clone());
        if self.changes.load(Ordering::Acquire) != changes {
            self.rows.invalidate(&hash);
        }
        Ok(row)
    }

    /// Forgets everything; called with the commit that changed a key.
    pub fn clear(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.rows.invalidate_all();
    }
}
