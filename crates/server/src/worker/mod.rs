//! The loop that moves tasks: claims what is due and runs one step for each.
//!
//! Guarantees: a step has at most one effect outside the store and then one fenced write; a step
//! that is interrupted at any point is simply due again; a step that panics harms no other. The
//! rows are the only truth: what is kept here (which steps run, who is to be looked at sooner) may
//! be lost at any time. Nothing is asked in intervals while there is nothing to do: the loop
//! sleeps until a commit, a render or the next due moment wakes it.
//! Not here: which state follows which (`domain::transition`), writing it (`store::advance`),
//! and drawing (`render_pool`).

mod finalize;
mod images;
mod memory;
mod poll;
pub mod settle;
mod step;
mod submit;
mod sweep;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rushes_domain::Timestamp;
use rushes_store::{
    Advance, Claimed, Fence, Happening, ImageRow, StoreError, Tx, advance, claim_due, claim_queued,
    next_due,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use memory::Memory;

/// Polls and finalizations at the same time.
const DUE_STEPS_MAX: usize = 64;
/// Hand-overs at the same time, fetching their images included.
const SUBMIT_STEPS_MAX: usize = 128;
/// Images fetched at the same time; each may take 20 MB of memory.
const IMAGE_FETCHES_MAX: usize = 16;
/// Videos checked at the same time.
const INSPECTIONS_MAX: usize = 2;
/// For how long a step that polls or stores has its task for itself, in milliseconds.
const DUE_LEASE_MS: i64 = 60_000;
/// The same for a step that hands over: three fetches of 30 s and what lies between them.
const SUBMIT_LEASE_MS: i64 = 300_000;
/// When to look again after the store failed, in milliseconds.
const STORE_RETRY_MS: i64 = 1_000;

/// What the loop and its steps share.
struct Worker {
    app: Arc<App>,
    due_slots: Arc<Semaphore>,
    submit_slots: Arc<Semaphore>,
    image_fetches: Semaphore,
    inspections: Semaphore,
    /// Claimed jobs that will take room at a provider but have not yet.
    handing_over: AtomicUsize,
    memory: Memory,
}

/// What one look at the store brought.
struct Claims {
    due: Vec<Claimed>,
    queued: Vec<Claimed>,
    next_due: Option<Timestamp>,
}

/// Moves tasks until the app stops. Steps run on the app's tracker, which a clean stop waits for.
pub async fn run(app: Arc<App>) {
    app.tracker.spawn(sweep::run(Arc::clone(&app)));
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
            image_fetches: Semaphore::new(IMAGE_FETCHES_MAX),
            inspections: Semaphore::new(INSPECTIONS_MAX),
            handing_over: AtomicUsize::new(0),
            memory: Memory::default(),
        }
    }

    /// One turn of the loop; tells when to turn again if nothing rings before.
    async fn turn(self: &Arc<Self>) -> Result<Option<Timestamp>, StoreError> {
        self.pass_on_changes().await?;
        let Claims { due, queued, next_due } = self.claim().await?;
        // With all slots taken the end of a step rings; a moment that has passed must not.
        let is_full = due.len() >= self.due_slots.available_permits();
        for claimed in due {
            if let Ok(permit) = Arc::clone(&self.due_slots).try_acquire_owned() {
                self.spawn(claimed, permit, step::Origin::Due);
            }
        }
        for claimed in queued {
            if let Ok(permit) = Arc::clone(&self.submit_slots).try_acquire_owned() {
                self.spawn(claimed, permit, step::Origin::Queue);
            }
        }
        Ok(next_due.filter(|_| !is_full))
    }

    /// Claims what there are slots for, and starts the submit of what can be sent as it is: the
    /// state `submitting` is on the disk before anything leaves.
    async fn claim(&self) -> Result<Claims, StoreError> {
        let now = self.app.jump.now().await?;
        let due_limit = self.due_slots.available_permits();
        let slots = self.submit_slots.available_permits().min(self.room());
        self.app
            .store
            .write(move |tx| {
                let due = claim_due(tx, now, now.plus_ms(DUE_LEASE_MS), due_limit)?;
                let mut queued = claim_queued(tx, now, now.plus_ms(SUBMIT_LEASE_MS), slots)?;
                for claimed in &mut queued {
                    start_submit(tx, claimed, now)?;
                }
                Ok(Claims { due, queued, next_due: next_due(tx, now)? })
            })
            .await
    }

    /// Jobs that the providers take at the moment, less those on their way. A provider without
    /// room that gets a job all the same says that it is busy.
    fn room(&self) -> usize {
        let providers = self.app.registry.all().iter();
        let room = providers.map(|provider| provider.room()).max().unwrap_or(0);
        room.saturating_sub(self.handing_over.load(Ordering::Relaxed))
    }

    fn spawn(
        self: &Arc<Self>,
        claimed: Claimed,
        permit: OwnedSemaphorePermit,
        origin: step::Origin,
    ) {
        let task_id = claimed.task.id;
        self.memory.step_began(task_id);
        let place = submit::takes_room(&claimed, origin).then(|| Place::take(self));
        let worker = Arc::clone(self);
        self.app.tracker.spawn(async move {
            step::run(&worker, claimed, origin, place).await;
            drop(permit);
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
        self.app
            .store
            .write(move |tx| {
                for &task_id in &changed {
                    let polled = Happening::Polled { percent: None, started: false };
                    match advance(tx, Fence::Outside(task_id), &Advance::new(polled, now)) {
                        // A task that is not running has nothing to be told.
                        Ok(_) | Err(StoreError::Illegal(_) | StoreError::NotFound) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(())
            })
            .await
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

/// Starts the submit of a claimed task, unless something else has to come before.
fn start_submit(tx: &mut Tx<'_>, claimed: &mut Claimed, now: Timestamp) -> Result<(), StoreError> {
    if submit::has_another_end(&claimed.task, now) || claimed.images.iter().any(is_missing) {
        return Ok(());
    }
    let change = Advance::new(Happening::SubmitStarted, now);
    claimed.task = advance(tx, Fence::Lease(&claimed.lease), &change)?;
    Ok(())
}

/// An image that is still to be fetched.
const fn is_missing(image: &ImageRow) -> bool {
    image.path.is_none()
}
