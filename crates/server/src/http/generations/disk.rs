//! The disk guard: nothing new is taken while the disk is nearly full.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rushes_domain::ApiError;

use crate::app::App;
use crate::http::error::storage_full;

/// How long a look at the disk is believed.
const LOOK_KEPT: Duration = Duration::from_secs(1);

/// The last look at the disk.
#[derive(Debug, Default)]
pub(crate) struct DiskGuard {
    last: Mutex<Option<Look>>,
}

#[derive(Debug, Clone, Copy)]
struct Look {
    at: Instant,
    free_bytes: u64,
}

impl DiskGuard {
    /// Refuses with `storage_full` below `limits.storage_free_bytes_min`.
    pub(crate) fn check(&self, app: &App) -> Result<(), ApiError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let look = match *last {
            Some(look) if look.at.elapsed() < LOOK_KEPT => look,
            _ => {
                let free_bytes = app.storage.free_bytes().unwrap_or_else(|source| {
                    // A disk that cannot be asked may still be written; writes will tell.
                    tracing::warn!(error = %source, "the free disk space cannot be read");
                    u64::MAX
                });
                let look = Look { at: Instant::now(), free_bytes };
                *last = Some(look);
                look
            }
        };
        let needed_bytes = app.config.limits.storage_free_bytes_min;
        if look.free_bytes < needed_bytes {
            let free_bytes = look.free_bytes;
            tracing::warn!(
                free_bytes,
                needed_bytes,
                "the disk is nearly full; creates are refused"
            );
            return Err(storage_full());
        }
        Ok(())
    }
}
