//! The loop that moves tasks: claims what is due and runs one step for each.
//!
//! Guarantees: a step has at most one effect outside the store and then one fenced write; a step
//! that is interrupted at any point is simply due again; a step that panics harms no other; a step
//! ends before its lease does, and no two of one task run at once. The
//! rows are the only truth: what is kept here (which steps run, who is to be looked at sooner) may
//! be lost at any time. Nothing is asked in intervals while there is nothing to do: the loop
//! sleeps until a commit, a render or the next due moment wakes it.
//! Not here: which state follows which (`domain::transition`), writing it (`store::advance`),
//! and drawing (`render_pool`).

mod claim;
pub mod fetch_line;
mod finalize;
mod images;
mod memory;
mod poll;
pub mod settle;
mod step;
mod submit;
mod sweep;
mod timing;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rushes_domain::{TaskId, Timestamp};
use rushes_store::{Advance, Claimed, Fence, Happening, ImageRow, StoreError, Tx, advance};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use claim::Claims;
use fetch_line::FetchLine;
use memory::Memory;

/// Polls and finalizations at the same time.
const DUE_STEPS_MAX: usize = 64;
/// Hand-overs at the same time; fetching images is none.
const SUBMIT_STEPS_MAX: usize = 128;
/// Videos checked at the same time; each is in memory as a whole.
const INSPECTIONS_MAX: usize = 2;
/// For how long a step that polls or stores has its task for itself, in milliseconds: time for the
/// others to be checked before it.
const DUE_LEASE_MS: i64 = 180_000;
/// The same for a step that hands over what is ready.
const SUBMIT_LEASE_MS: i64 = 60_000;
/// How long a claimed task waits for a place to fetch its images, in milliseconds. After that it is
/// let go of without a trace: its lease ends, and it is claimed again.
const FETCH_WAIT_MS: i64 = 180_000;
/// Time for all images of a task, with every repetition, in milliseconds.
const FETCH_TOTAL_MS: i64 = 120_000;
/// The lease of a task from the queue: all that may have to come before its submit, and that.
const QUEUE_LEASE_MS: i64 = FETCH_WAIT_MS + FETCH_TOTAL_MS + SUBMIT_LEASE_MS;
/// How long before its lease's end a step is stopped, in milliseconds.
const LEASE_MARGIN_MS: i64 = 10_000;
/// When to look again after the store failed, in milliseconds.
const STORE_RETRY_MS: i64 = 1_000;

/// What the loop and its steps share.
struct Worker {
    app: Arc<App>,
    due_slots: Arc<Semaphore>,
    submit_slots: Arc<Semaphore>,
    fetch_line: FetchLine,
    inspections: Semaphore,
    /// Claimed jobs that will take room at a provider but have not yet.
    handing_over: AtomicUsize,
    memory: Memory,
}

/// What a step holds while it runs.
enum Slot {
    /// One of those for steps of its kind.
    Permit(OwnedSemaphorePermit),
    /// A spot in the line of those that have images to fetch.
    Line(fetch_line::Spot),
}

/// Moves tasks until the app stops. Steps run on the app's tracker, which a clean stop waits for.
pub async fn run(app: Arc<App>) {
    sweep::start(&app);
    let worker = Arc::new(Worker::new(app));
    let app = &worker.app;
    while !app.stop.is_cancelled() {
        let next = match worker.turn().await {
            Ok(next) => next,
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "the worker cannot read its tasks");
                Some(app.clock.now().plus_ms(STORE_RETRY_MS))
            }
        };
        let timer = async {
            match next {
                Some(at) => app.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = app.worker_wake.notified() => {}
            () = timer => {}
        }
    }
}

impl Worker {
    fn new(app: Arc<App>) -> Self {
        Self {
            app,
            due_slots: Arc::new(Semaphore::new(DUE_STEPS_MAX)),
            submit_slots: Arc::new(Semaphore::new(SUBMIT_STEPS_MAX)),
            fetch_line: FetchLine::default(),
            inspections: Semaphore::new(INSPECTIONS_MAX),
            handing_over: AtomicUsize::new(0),
            memory: Memory::default(),
        }
    }

    /// One turn of the loop; tells when to turn again if nothing rings before.
    async fn turn(self: &Arc<Self>) -> Result<Option<Timestamp>, StoreError> {
        self.pass_on_changes().await?;
        let Claims { due, queued, next_due } = claim::claim(self).await?;
        // With all slots taken the end of a step rings; a moment that has passed must not.
        let is_full = due.len() >= self.due_slots.available_permits();
        for claimed in due {
            if let Ok(permit) = Arc::clone(&self.due_slots).try_acquire_owned() {
                self.spawn(claimed, Slot::Permit(permit), step::Origin::Due);
            }
        }
        for claimed in queued {
            self.take_from_queue(claimed);
        }
        Ok(next_due.filter(|_| !is_full))
    }

    /// Hands over what is ready and lines up what has images to fetch. A task for which the line
    /// is too long is left to its lease; nothing is noted for it.
    fn take_from_queue(self: &Arc<Self>, claimed: Claimed) {
        let slot = if submit::needs_images(&claimed) {
            // Whoever is behind it in the queue is to be claimed in its stead.
            self.app.worker_wake.notify_one();
            self.fetch_line.join(claimed.task.account_id).map(Slot::Line)
        } else {
            Arc::clone(&self.submit_slots).try_acquire_owned().ok().map(Slot::Permit)
        };
        if let Some(slot) = slot {
            self.spawn(claimed, slot, step::Origin::Queue);
        } else {
            tracing::debug!(task_id = %claimed.task.id, "no place for a claimed task");
        }
    }

    /// Jobs that the providers take at the moment, less those on their way. A provider without
    /// room that gets a job all the same says that it is busy.
    fn room(&self) -> usize {
        let providers = self.app.registry.all().iter();
        let room = providers.map(|provider| provider.room()).max().unwrap_or(0);
        room.saturating_sub(self.handing_over.load(Ordering::Relaxed))
    }

    fn spawn(self: &Arc<Self>, claimed: Claimed, slot: Slot, origin: step::Origin) {
        let task_id = claimed.task.id;
        let turn = self.memory.step_began(task_id);
        let place = submit::takes_room(&claimed, origin).then(|| Place::take(self));
        let limit_ms = match (origin, &slot) {
            (step::Origin::Due, _) => DUE_LEASE_MS,
            (step::Origin::Queue, Slot::Permit(_)) => SUBMIT_LEASE_MS,
            (step::Origin::Queue, Slot::Line(_)) => QUEUE_LEASE_MS,
        } - LEASE_MARGIN_MS;
        let worker = Arc::clone(self);
        self.app.tracker.spawn(async move {
            let work = async {
                // An earlier step of the task may still be on its last lines.
                let _turn = turn.lock().await;
                step::run(&worker, claimed, origin, slot, place).await;
            };
            if timing::within(&*worker.app.clock, limit_ms, Box::pin(work)).await.is_none() {
                tracing::warn!(task_id = %task_id, "a step took too long; its lease runs out");
            }
            worker.memory.step_ended(task_id);
            worker.app.worker_wake.notify_one();
        });
    }

    /// Makes tasks due whose render began or ended, so that no poll interval is waited out. A task
    /// that a step has at the moment comes after that step: what it saw may be older.
    async fn pass_on_changes(&self) -> Result<(), StoreError> {
        let changed = self.memory.take_changed(self.app.pool.take_changed());
        if changed.is_empty() {
            return Ok(());
        }
        let now = self.app.clock.now();
        let ids = changed.clone();
        let all = move |tx: &mut Tx<'_>| ids.iter().try_for_each(|&id| make_due(tx, id, now));
        match self.app.store.write(all).await {
            Ok(()) => return Ok(()),
            Err(error @ StoreError::Closed) => return Err(error),
            Err(error) => tracing::error!(%error, "reports cannot be noted; trying one by one"),
        }
        for task_id in changed {
            if let Err(error) = self.app.store.write(move |tx| make_due(tx, task_id, now)).await {
                tracing::error!(task_id = %task_id, %error, "a report cannot be noted");
            }
        }
        Ok(())
    }
}

fn make_due(tx: &mut Tx<'_>, task_id: TaskId, now: Timestamp) -> Result<(), StoreError> {
    let polled = Happening::Polled { percent: None, started: false };
    match advance(tx, Fence::Outside(task_id), &Advance::new(polled, now)) {
        // A task that is not running has nothing to be told.
        Ok(_) | Err(StoreError::Illegal(_) | StoreError::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A place at a provider that a job on its way will take; given back when dropped.
struct Place(Arc<Worker>);

impl Place {
    fn take(worker: &Arc<Worker>) -> Self {
        worker.handing_over.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(worker))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.handing_over.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An image that is still to be fetched.
const fn is_missing(image: &ImageRow) -> bool {
    image.path.is_none()
}
