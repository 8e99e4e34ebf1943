//! API keys in memory: a cache in front of the store's look-up by hash, and when each was used.
//!
//! Guarantees: a key is only ever looked up and held by its SHA-256; a change of any key empties
//! the cache with the commit that made it. Unknown keys are remembered for a short time too, so
//! that guessing does not reach the store. A key's uses are gathered and written about once a
//! minute, so that a request costs no write; a crash loses at most these.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use rushes_domain::account::{KeyKind, is_well_formed, key_hash, make_key, mask};
use rushes_domain::{IdSource, KeyId, Timestamp};
use rushes_store::{KeyRow, KeySecret, KeyUse, Store, StoreError};

use crate::sealing::Sealer;

/// Keys kept in memory at most.
const KEYS_MAX: u64 = 10_000;
/// How long a look-up's outcome is believed.
const KEY_SECONDS: u64 = 30;
/// A key's use is noted again after this time, in milliseconds.
const NOTE_MS: i64 = 10_000;
/// Uses that wait to be written, at most; further ones are dropped until then.
const USES_MAX: usize = 20_000;

/// A key that was looked up.
#[derive(Debug)]
pub struct KnownKey {
    /// Its row.
    pub row: Arc<KeyRow>,
    /// When its use was noted last, in microseconds since 1970.
    noted_at: AtomicI64,
}

/// A new key: its text, to be shown now, and the forms in which it is kept. It is sealed only if
/// `is_revealable`, so that it can be copied again.
pub fn make_secret(
    kind: KeyKind,
    ids: &dyn IdSource,
    sealer: &Sealer,
    is_revealable: bool,
) -> (String, KeySecret) {
    let text = make_key(kind, &mut |bytes: &mut [u8]| ids.fill(bytes));
    let secret = kept(&text, ids, is_revealable.then_some(sealer));
    (text, secret)
}

/// A key's text in the forms that are kept.
pub fn kept(text: &str, ids: &dyn IdSource, sealer: Option<&Sealer>) -> KeySecret {
    let hash = key_hash(text);
    KeySecret {
        hash,
        mask: mask(text),
        sealed: sealer.map(|sealer| sealer.seal(ids, text.as_bytes(), &hash)),
    }
}

/// The cache.
pub struct KeyCache {
    rows: Cache<[u8; 32], Option<Arc<KnownKey>>>,
    /// Counts the changes: what was read before one is not put away after it.
    changes: AtomicU64,
    uses: Mutex<HashMap<(KeyId, IpAddr), Use>>,
}

#[derive(Debug)]
struct Use {
    client: String,
    at: Timestamp,
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
        Self { rows, changes: AtomicU64::new(0), uses: Mutex::default() }
    }
}

impl KeyCache {
    /// The key's row; `None` for text that is no key, and for an unknown key.
    pub async fn find(
        &self,
        store: &Store,
        key: &str,
    ) -> Result<Option<Arc<KnownKey>>, StoreError> {
        if !is_well_formed(key) {
            return Ok(None);
        }
        let hash = key_hash(key);
        if let Some(known) = self.rows.get(&hash) {
            return Ok(known);
        }
        let changes = self.changes.load(Ordering::Acquire);
        let row = store.read(move |tx| rushes_store::keys::find_key(tx, &hash)).await?;
        let known = row.map(|row| {
            Arc::new(KnownKey { row: Arc::new(row), noted_at: AtomicI64::new(i64::MIN) })
        });
        self.rows.insert(hash, known.clone());
        if self.changes.load(Ordering::Acquire) != changes {
            self.rows.invalidate(&hash);
        }
        Ok(known)
    }

    /// Notes that a key was used, unless that was noted a moment ago.
    pub fn note(
        &self,
        key: &KnownKey,
        now: Timestamp,
        address: impl FnOnce() -> IpAddr,
        client: impl FnOnce() -> String,
    ) {
        let noted_at = Timestamp(key.noted_at.load(Ordering::Relaxed));
        if (0..NOTE_MS).contains(&now.ms_since(noted_at)) {
            return;
        }
        key.noted_at.store(now.0, Ordering::Relaxed);
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.len() < USES_MAX {
            uses.insert((key.row.id, address()), Use { client: client(), at: now });
        }
    }

    /// Writes down what was gathered.
    pub async fn flush(&self, store: &Store) -> Result<(), StoreError> {
        let gathered =
            std::mem::take(&mut *self.uses.lock().unwrap_or_else(PoisonError::into_inner));
        if gathered.is_empty() {
            return Ok(());
        }
        let uses: Vec<KeyUse> = gathered
            .into_iter()
            .map(|((key_id, address), Use { client, at })| KeyUse {
                key_id,
                address: address.to_string(),
                client,
                at,
            })
            .collect();
        store.write(move |tx| rushes_store::record_uses(tx, &uses)).await
    }

    /// Forgets everything; called with the commit that changed a key.
    pub fn clear(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.rows.invalidate_all();
    }
}
