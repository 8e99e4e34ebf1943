//! The preview renderer's threads: a bounded number of renders at a time, off the async runtime.
//!
//! Guarantees: at most `slots` films are drawn at once, each on its own threads at low priority;
//! waiting jobs are taken in turns between accounts; a render that panics becomes a failed job and
//! costs no slot; nothing here blocks its caller, and the only thing a finished render does is to
//! note itself and ring the worker's bell. Not here: what becomes of a task (the worker), and
//! anything that has to survive the process: a job that is not known any more is drawn again.

mod line;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rushes_domain::{Failure, FailureCode, TaskId};
use rushes_providers::{PoolFull, PoolState, RenderJob, RenderPool};
use rushes_render::{Control, RenderError, RenderSpec, Video};
use tokio::sync::Notify;

use crate::config::RenderConfig;
use line::{Ended, Line, Taken};

/// Jobs in line at most. Few: what waits here has left the fair queue of the store.
pub const WAITING_MAX: usize = 8;
/// Films at the same time at most, whatever the configuration says.
const SLOTS_MAX: usize = 64;
/// How much nicer than the rest of the process a render is, in steps of `nice(2)`.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Draws one film on so many threads; the renderer itself, or a test's stand-in.
pub type RenderFunction =
    dyn Fn(&RenderSpec, usize, &Control) -> Result<Video, RenderError> + Send + Sync;

/// A pool of plain threads, one for each slot.
pub struct ThreadRenderPool {
    shared: Arc<Shared>,
}

/// What the threads of a pool share.
struct Shared {
    line: Mutex<Line>,
    /// Rung when a job comes into line, and at the end.
    work: Condvar,
    worker_wake: Arc<Notify>,
    threads_per_render: usize,
    render: Box<RenderFunction>,
}

impl ThreadRenderPool {
    /// Starts the threads; `worker_wake` is rung when a render begins or ends.
    pub fn start(config: &RenderConfig, worker_wake: Arc<Notify>) -> Self {
        Self::with_renderer(
            config.slot_count(),
            config.thread_count(),
            worker_wake,
            Box::new(rushes_render::render),
        )
    }

    /// The same with `slots` films at a time and a renderer of the caller's own.
    pub fn with_renderer(
        slots: usize,
        threads_per_render: usize,
        worker_wake: Arc<Notify>,
        render: Box<RenderFunction>,
    ) -> Self {
        let shared = Arc::new(Shared {
            line: Mutex::new(Line::new(WAITING_MAX)),
            work: Condvar::new(),
            worker_wake,
            threads_per_render,
            render,
        });
        for slot in 0..slots.clamp(1, SLOTS_MAX) {
            let shared = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name(format!("render-{slot}"));
            if let Err(source) = thread.spawn(move || shared.run_slot()) {
                tracing::error!(slot, error = %source, "a render thread cannot be started");
            }
        }
        Self { shared }
    }
}

impl Drop for ThreadRenderPool {
    fn drop(&mut self) {
        self.stop();
    }
}

impl std::fmt::Debug for ThreadRenderPool {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ThreadRenderPool").field("room", &self.room()).finish()
    }
}

impl RenderPool for ThreadRenderPool {
    fn start(&self, job: RenderJob) -> Result<(), PoolFull> {
        self.shared.line().start(job)?;
        self.shared.work.notify_one();
        Ok(())
    }

    fn state(&self, task_id: TaskId) -> PoolState {
        self.shared.line().state(task_id)
    }

    fn cancel(&self, task_id: TaskId) {
        self.shared.line().cancel(task_id);
        self.shared.worker_wake.notify_one();
    }

    fn forget(&self, task_id: TaskId) {
        self.shared.line().forget(task_id);
    }

    fn room(&self) -> usize {
        self.shared.line().room()
    }

    fn running(&self) -> usize {
        self.shared.line().running()
    }

    fn take_changed(&self) -> Vec<TaskId> {
        self.shared.line().take_changed()
    }

    fn stop(&self) {
        self.shared.line().stop();
        self.shared.work.notify_all();
    }
}

impl Shared {
    fn line(&self) -> MutexGuard<'_, Line> {
        // No code under the lock can leave the line half changed.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One slot's life: take a job, draw it, note the end; until the pool stops.
    fn run_slot(&self) {
        lower_priority();
        while let Some(Taken { job, control }) = self.next_job() {
            let task_id = job.task_id;
            self.worker_wake.notify_one();
            let ended = self.draw(job, &control);
            self.line().end(task_id, &control, ended);
            self.worker_wake.notify_one();
        }
    }

    /// Waits for a job; none once the pool has stopped.
    fn next_job(&self) -> Option<Taken> {
        let mut line = self.line();
        loop {
            if line.is_stopped() {
                return None;
            }
            if let Some(taken) = line.take() {
                return Some(taken);
            }
            line = self.work.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn draw(&self, job: RenderJob, control: &Control) -> Ended {
        let task_id = job.task_id;
        let spec = RenderSpec {
            prompt: job.prompt,
            seed: job.seed,
            width: job.width,
            height: job.height,
            seconds: job.seconds,
            images: job.images.into_iter().map(Vec::from).collect(),
            caption: job.caption,
        };
        let draw = || (self.render)(&spec, self.threads_per_render, control);
        match catch_unwind(AssertUnwindSafe(draw)) {
            Ok(Ok(video)) => Ended::Done {
                video: Bytes::from(video.mp4),
                poster: Bytes::from(video.poster_jpeg),
            },
            Ok(Err(RenderError::Cancelled)) => Ended::Cancelled,
            Ok(Err(error)) => Ended::Failed(failure_of(&error)),
            Err(_panic) => {
                // The panic hook has logged where; here is which task it was.
                tracing::error!(task_id = %task_id, "a render panicked");
                Ended::Failed(Failure::new(FailureCode::InternalError, "the renderer panicked"))
            }
        }
    }
}

/// The customer's failure for what the renderer says.
fn failure_of(error: &RenderError) -> Failure {
    match error {
        RenderError::Image { source, .. } => {
            Failure::new(FailureCode::InvalidForUpstream, &format!("{error} {source}"))
        }
        RenderError::Spec(source) => {
            Failure::new(FailureCode::InvalidForUpstream, &source.to_string())
        }
        RenderError::Encode(source) => {
            Failure::new(FailureCode::UpstreamError, &format!("{error} {source}"))
        }
        RenderError::Cancelled => Failure::new(FailureCode::Cancelled, ""),
    }
}

/// Best effort: on Linux niceness belongs to the thread and is inherited by those it starts.
#[cfg(target_os = "linux")]
fn lower_priority() {
    if let Err(source) = rustix::process::nice(NICENESS) {
        tracing::debug!(error = %source, "renders run at normal priority");
    }
}

/// Elsewhere niceness belongs to the whole process, which is not to be slowed down.
#[cfg(not(target_os = "linux"))]
const fn lower_priority() {}
