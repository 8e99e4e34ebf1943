//! A handle by which another thread watches and cancels a render.
//!
//! It guarantees that progress never falls and that a cancel is seen before the next frame is
//! drawn. It does not wait for the render to stop: that is the caller's join.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Progress and cancel flag of one render; share it between threads by `Arc`.
#[derive(Debug, Default)]
pub struct Control {
    cancelled: AtomicBool,
    progress_permille: AtomicU32,
}

impl Control {
    /// A control with no progress that is not cancelled.
    #[must_use]
    pub const fn new() -> Self {
        Self { cancelled: AtomicBool::new(false), progress_permille: AtomicU32::new(0) }
    }

    /// Asks the render to stop; it ends with `RenderError::Cancelled` within about one frame.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether [`Control::cancel`] was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Frames finished, in thousandths of all frames: 0 to 1000, never falling.
    #[must_use]
    pub fn progress_permille(&self) -> u32 {
        self.progress_permille.load(Ordering::Relaxed)
    }

    pub(crate) fn advance_to(&self, permille: u32) {
        self.progress_permille.fetch_max(permille, Ordering::Relaxed);
    }
}
