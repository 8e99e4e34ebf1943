//! Jumps of the wall clock: noticed by holding it against a clock that nobody sets.
//!
//! Guarantees: when the wall clock is set, or the machine slept, no task loses or gains time: their
//! deadlines and leases move along, and whoever waited for a moment is due at once. For a while
//! after a jump nothing is deleted for its age, since the jump itself may be the mistake.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rushes_domain::Timestamp;
use rushes_store::{Store, StoreError};
use tokio::sync::Mutex;

use crate::clock::AppClock;

/// From which difference on it is a jump and no drift, in milliseconds.
const JUMP_MS_MIN: i64 = 10_000;
/// How long nothing is deleted for its age after a jump, in milliseconds.
const DELETIONS_HELD_MS: i64 = 600_000;

/// The last look at both clocks.
pub struct JumpWatch {
    clock: Arc<dyn AppClock>,
    store: Store,
    last: Mutex<Look>,
    held_until_ms: AtomicI64,
}

impl std::fmt::Debug for JumpWatch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("JumpWatch").field("last", &self.last).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy)]
struct Look {
    now: Timestamp,
    monotonic_ms: i64,
}

impl Look {
    fn at(clock: &dyn AppClock) -> Self {
        Self { now: clock.now(), monotonic_ms: clock.monotonic_ms() }
    }
}

impl JumpWatch {
    /// Begins to watch.
    pub fn new(clock: Arc<dyn AppClock>, store: Store) -> Self {
        let last = Mutex::new(Look::at(&*clock));
        Self { clock, store, last, held_until_ms: AtomicI64::new(i64::MIN) }
    }

    /// The present moment, after everything in the store was moved there if the clock jumped. For
    /// whoever claims tasks by the time, ends them, or makes new ones with a deadline.
    pub async fn now(&self) -> Result<Timestamp, StoreError> {
        // Held over the write: nobody acts by the new time before the rows have moved.
        let mut last = self.last.lock().await;
        let look = Look::at(&*self.clock);
        let jump_ms = look.now.ms_since(last.now) - (look.monotonic_ms - last.monotonic_ms);
        if jump_ms.abs() >= JUMP_MS_MIN {
            tracing::warn!(jump_ms, "the wall clock jumped; unfinished tasks move along");
            let held_until_ms = look.monotonic_ms.saturating_add(DELETIONS_HELD_MS);
            self.held_until_ms.store(held_until_ms, Ordering::Relaxed);
            self.store.write(move |tx| rushes_store::shift_times(tx, look.now, jump_ms)).await?;
        }
        *last = look;
        Ok(look.now)
    }

    /// Whether things may be deleted for their age.
    pub fn allows_deletions(&self) -> bool {
        self.clock.monotonic_ms() >= self.held_until_ms.load(Ordering::Relaxed)
    }
}
