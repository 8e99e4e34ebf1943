//! The disk guard: nothing new is taken while the disk is nearly full.
//!
//! Guarantees: the disk is asked on a thread that may stand still, once at a time; a request waits
//! for the answer for [`LOOK_WAIT`] at most and then goes by the last one.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rushes_domain::ApiError;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout};

use crate::app::App;
use crate::http::error::storage_full;

/// How long a look at the disk is believed without a new one.
const LOOK_KEPT: Duration = Duration::from_secs(1);
/// Longest wait for a new look.
const LOOK_WAIT: Duration = Duration::from_millis(250);

/// The last look at the disk.
#[derive(Debug)]
pub(crate) struct DiskGuard {
    last: watch::Sender<Option<Look>>,
    looker: Arc<Semaphore>,
    /// As [`LOOK_KEPT`] and [`LOOK_WAIT`] say, but in tests.
    kept: Duration,
    wait: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Look {
    at: Instant,
    free_bytes: u64,
}

impl Default for DiskGuard {
    fn default() -> Self {
        Self {
            last: watch::Sender::new(None),
            looker: Arc::new(Semaphore::new(1)),
            kept: LOOK_KEPT,
            wait: LOOK_WAIT,
        }
    }
}

impl DiskGuard {
    /// Refuses with `storage_full` below `limits.storage_free_bytes_min`.
    pub(crate) async fn check(&self, app: &App) -> Result<(), ApiError> {
        let storage = app.storage.clone();
        let free_bytes = self.free_bytes(move || storage.free_bytes()).await;
        let needed_bytes = app.config.limits.storage_free_bytes_min;
        // A disk that cannot be asked may still be written; writes will tell.
        let free_bytes = free_bytes.unwrap_or(u64::MAX);
        if free_bytes < needed_bytes {
            tracing::warn!(
                free_bytes,
                needed_bytes,
                "the disk is nearly full; creates are refused"
            );
            return Err(storage_full());
        }
        Ok(())
    }

    /// What `look` says, or said when it last came back; `None` if it never did.
    async fn free_bytes(
        &self,
        look: impl FnOnce() -> io::Result<u64> + Send + 'static,
    ) -> Option<u64> {
        let mut news = self.last.subscribe();
        let known = *news.borrow_and_update();
        if let Some(known) = known
            && known.at.elapsed() < self.kept
        {
            return Some(known.free_bytes);
        }
        // Whoever has the one permit looks; it comes back even if the look panics.
        if let Ok(permit) = Arc::clone(&self.looker).try_acquire_owned() {
            let last = self.last.clone();
            tokio::task::spawn_blocking(move || {
                let free_bytes = look().unwrap_or_else(|source| {
                    tracing::warn!(error = %source, "the free disk space cannot be read");
                    u64::MAX
                });
                last.send_replace(Some(Look { at: Instant::now(), free_bytes }));
                drop(permit);
            });
        }
        if timeout(self.wait, news.changed()).await.is_err() {
            tracing::warn!("the disk does not say how much of it is free; is a mount hung?");
        }
        let latest = *self.last.borrow();
        latest.map(|look| look.free_bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Longer than any machine is busy.
    const LONG: Duration = Duration::from_secs(600);
    /// For what does not come at all.
    const SHORT: Duration = Duration::from_millis(50);

    /// A guard that believes what it knows, and waits for what it does not.
    fn patient() -> DiskGuard {
        DiskGuard { kept: LONG, wait: LONG, ..DiskGuard::default() }
    }

    /// Waits until nobody looks: an answer comes a moment before the next one may.
    async fn is_idle(guard: &DiskGuard) {
        drop(guard.looker.acquire().await.unwrap());
    }

    #[tokio::test]
    async fn a_disk_that_hangs_holds_nobody_up_and_is_asked_once() {
        let mut guard = patient();
        assert_eq!(guard.free_bytes(|| Ok(7)).await, Some(7));
        assert_eq!(guard.free_bytes(|| Ok(8)).await, Some(7), "believed for a while");
        is_idle(&guard).await;
        (guard.kept, guard.wait) = (Duration::ZERO, SHORT);
        let (release, released) = mpsc::channel::<()>();
        let hang = move || {
            let _ = released.recv();
            Ok(9)
        };
        // It hangs until it is released below: who comes back before was not held up.
        assert_eq!(guard.free_bytes(hang).await, Some(7), "the last known value");
        assert_eq!(guard.free_bytes(|| Ok(10)).await, Some(7), "nobody else asks meanwhile");
        let mut news = guard.last.subscribe();
        news.mark_unchanged();
        drop(release);
        news.changed().await.unwrap();
        guard.kept = LONG;
        assert_eq!(guard.free_bytes(|| Ok(11)).await, Some(9));
    }

    #[tokio::test]
    async fn an_unknown_disk_is_asked_again_after_a_panic() {
        let guard = patient();
        assert_eq!(guard.free_bytes(|| Err(io::ErrorKind::Other.into())).await, Some(u64::MAX));
        let mut guard = DiskGuard { wait: SHORT, ..patient() };
        assert_eq!(guard.free_bytes(|| panic!("as asked")).await, None);
        // Writing down where it happened can take a while.
        is_idle(&guard).await;
        guard.wait = LONG;
        assert_eq!(guard.free_bytes(|| Ok(3)).await, Some(3));
    }
}
