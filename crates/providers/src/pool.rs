//! The renderer's pool as `preview` sees it; the server implements it over plain threads.

use bytes::Bytes;
use rushes_domain::{AccountId, Failure, TaskId};

/// One film to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderJob {
    /// The task; a pool holds at most one job of it.
    pub task_id: TaskId,
    /// Whose task it is; waiting jobs are taken in turns between accounts.
    pub account_id: AccountId,
    /// What to show.
    pub prompt: String,
    /// Variation.
    pub seed: u64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Length in seconds.
    pub seconds: u32,
    /// Encoded pictures.
    pub images: Vec<Bytes>,
    /// Whether the prompt is written into the film.
    pub caption: bool,
}

/// Where a job of the pool stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolState {
    /// The pool has no such job: it never had, forgot it, or was made anew.
    Unknown,
    /// In line.
    Waiting,
    /// Being drawn.
    Running {
        /// Thousandths of the film that are drawn.
        permille: u32,
    },
    /// Drawn; kept until it is forgotten.
    Done {
        /// The MP4 file.
        video: Bytes,
        /// A JPEG.
        poster: Bytes,
    },
    /// Could not be drawn.
    Failed(Failure),
    /// Stopped by [`RenderPool::cancel`].
    Cancelled,
}

/// The line is full; try again when a job has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the render pool's line is full")]
pub struct PoolFull;

/// A bounded pool of renders. No call waits for a render.
pub trait RenderPool: Send + Sync {
    /// Puts a job in line. A job that the pool has already is left as it is.
    fn start(&self, job: RenderJob) -> Result<(), PoolFull>;

    /// Where the task's job stands.
    fn state(&self, task_id: TaskId) -> PoolState;

    /// Stops the task's job. In line: at once; being drawn: within about a frame; ended: no more.
    fn cancel(&self, task_id: TaskId);

    /// Drops everything that is kept for the task, and stops its job if there is still one.
    fn forget(&self, task_id: TaskId);

    /// How many more jobs fit in line.
    fn room(&self) -> usize;

    /// How many jobs are being drawn.
    fn running(&self) -> usize;

    /// The tasks whose job began or ended since the last call, so that nobody has to wait for the
    /// next poll. A hint only: [`RenderPool::state`] is the truth.
    fn take_changed(&self) -> Vec<TaskId>;

    /// Stops everything within moments and forgets it; nothing starts any more.
    fn stop(&self);
}
