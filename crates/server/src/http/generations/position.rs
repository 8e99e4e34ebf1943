//! A waiting task's place in its queue, counted at most once a second.
//!
//! Guarantees: whoever asks for a task's place while it is being counted waits for that count, so
//! that a change that ten thousand streams hear of at the same moment is one question to the store.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use rushes_domain::{State, TaskId};
use rushes_store::{Store, StoreError, TaskRow, queue_position};
use tokio::sync::OnceCell;

/// Places kept in memory at most.
const PLACES_MAX: u64 = 10_000;
/// How long a place is believed, in milliseconds.
const PLACE_MS: u64 = 1_000;

/// The places that were counted lately.
#[derive(Debug)]
pub(crate) struct Positions {
    counted: Cache<TaskId, Arc<OnceCell<Option<u32>>>>,
}

impl Default for Positions {
    fn default() -> Self {
        let counted = Cache::builder()
            .max_capacity(PLACES_MAX)
            .time_to_live(Duration::from_millis(PLACE_MS))
            .build();
        Self { counted }
    }
}

impl Positions {
    /// The task's place; `None` once it is under way.
    pub(crate) async fn of(&self, store: &Store, row: &TaskRow) -> Result<Option<u32>, StoreError> {
        if !matches!(row.state, State::Parked | State::Queued) {
            return Ok(None);
        }
        let id = row.id;
        let place = self.counted.get_with(id, Arc::default);
        // Read anew: the row at hand may be older than what the queue looks like now.
        let count = || {
            store.read(move |tx| match rushes_store::task(tx, id)? {
                Some(row) => queue_position(tx, &row),
                None => Ok(None),
            })
        };
        place.get_or_try_init(count).await.copied()
    }
}
