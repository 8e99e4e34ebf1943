//! The loop that moves tasks: claims what is due and runs one step for each.
//!
//! Guarantees: a step has at most one effect outside the store and then one fenced write; a step
//! that is interrupted at any point is simply due again; a step that panics harms no other; a step
//! ends before its lease does, and no two of one task run at once. The
//! rows are the only truth: what is kept here (which steps run, who is to be looked at sooner) may
//! be lost at any time. Nothing is asked in intervals while there is nothing to do: the loop
//! sleeps until a commit, a render or the next due moment wakes it.
//! Channels do not wait for each other: each has places of its own for its steps.
//! Not here: which state follows which (`domain::transition`), writing it (`store::advance`),
//! and drawing (`render_pool`).

mod claim;
mod deliver;
pub mod fetch_line;
mod finalize;
mod images;
mod job;
mod memory;
mod poll;
pub mod settle;
mod step;
mod submit;
mod sweep;
mod target;
mod timing;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rushes_domain::{TaskId, Timestamp};
use rushes_store::{Advance, Claimed, Fence, Happening, ImageRow, Routed, StoreError, Tx, advance};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use crate::channels::Roster;
use crate::channels::breaker::Ticket;
use claim::Claims;
use fetch_line::FetchLine;
use memory::Memory;

/// Polls and finalizations of previews at the same time.
const DUE_STEPS_MAX: usize = 64;
/// Hand-overs to the preview renderer at the same time; fetching images is none.
const SUBMIT_STEPS_MAX: usize = 128;
/// Videos checked at the same time; each is in memory as a whole.
const INSPECTIONS_MAX: usize = 2;
/// For how long a step that polls or stores has its task for itself, in milliseconds: time for the
/// others to be checked before it.
const DUE_LEASE_MS: i64 = 180_000;
/// The same for a step that hands over what is ready.
const SUBMIT_LEASE_MS: i64 = 60_000;
/// How long a claimed task waits for a place to fetch its images, in milliseconds. After that it goes
/// back into the queue.
const FETCH_WAIT_MS: i64 = 180_000;
/// When a task is claimed again for which the line of image fetches was too long, in milliseconds.
const LINE_RETRY_MS: i64 = 2_000;
/// How long a task whose submit was started waits for one of its channel's places, and how long its
/// pictures may take to be fitted after that, in milliseconds. Both count against the submit's lease,
/// and are far within it: what takes longer is put back, since nothing of it was sent.
const PLACE_WAIT_MS: i64 = 15_000;
const JOB_MS: i64 = 30_000;
/// Time for all images of a task, with every repetition, in milliseconds.
const FETCH_TOTAL_MS: i64 = 120_000;
/// Longest time for a submit, in milliseconds.
const SUBMIT_MS_MAX: i64 = 600_000;
/// The lease of a task from the queue: all that may have to come before its submit, and that.
const QUEUE_LEASE_MS: i64 = FETCH_WAIT_MS + FETCH_TOTAL_MS + SUBMIT_MS_MAX + SUBMIT_LEASE_MS;
/// How long before its lease's end a step is stopped, in milliseconds.
const LEASE_MARGIN_MS: i64 = 10_000;

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
    /// One of those for hand-overs, and when the job is sent as its channel's breaker counts.
    Submit(OwnedSemaphorePermit, Ticket),
    /// A spot in the line of those that have images to fetch.
    Line(fetch_line::Spot),
}

/// Moves tasks until the app stops. Steps run on the app's tracker, which a clean stop waits for.
pub async fn run(app: Arc<App>) {
    sweep::start(&app);
    deliver::start(&app);
    let worker = Arc::new(Worker::new(app));
    let app = &worker.app;
    while timing::pause(app, "tasks", worker.turn().await, &app.worker_wake).await {}
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
        let Claims { due, queued, roster, next_due, .. } = claim::claim(self).await?;
        for claimed in due {
            let channel = roster.find(claimed.task.channel_id);
            let places = channel.map_or(&self.due_slots, |channel| &channel.runtime.due_steps);
            if let Ok(permit) = Arc::clone(places).try_acquire_owned() {
                let limit_ms = claim::due_lease_ms(channel) - LEASE_MARGIN_MS;
                self.spawn(claimed, step::Origin::Due, Slot::Permit(permit), None, limit_ms);
            }
        }
        for routed in queued {
            self.take_from_queue(routed, &roster);
        }
        Ok(next_due)
    }

    /// Hands over what is ready and lines up what has images to fetch. What finds no place after all
    /// goes back into the queue: left to its lease it would look as if it might have been sent.
    fn take_from_queue(self: &Arc<Self>, routed: Routed, roster: &Roster) {
        let Routed { claimed, channel_id, is_ready, .. } = routed;
        let task_id = claimed.task.id;
        let channel = roster.find(channel_id);
        let origin = step::Origin::Queue { group_id: routed.group_id };
        if !is_ready {
            // Whoever is behind it in the queue is to be claimed in its stead.
            self.app.worker_wake.notify_one();
            if let Some(spot) = self.fetch_line.join(claimed.task.account_id) {
                let limit_ms = QUEUE_LEASE_MS - LEASE_MARGIN_MS;
                self.spawn(claimed, origin, Slot::Line(spot), None, limit_ms);
            } else {
                tracing::debug!(%task_id, "the line of image fetches is full");
                self.put_back(claimed, LINE_RETRY_MS);
            }
            return;
        }
        let places = channel.map_or(&self.submit_slots, |channel| &channel.runtime.submit_steps);
        let Ok(permit) = Arc::clone(places).try_acquire_owned() else {
            tracing::debug!(%task_id, "no place for a claimed task");
            self.put_back(claimed, 0);
            return;
        };
        let ticket = channel.filter(|_| submit::takes_room(&claimed)).map(|channel| {
            let now_ms = self.app.clock.monotonic_ms();
            channel.runtime.breaker(|breaker| breaker.sending(now_ms))
        });
        let is_preview = channel.is_none() && submit::takes_room(&claimed);
        let place = is_preview.then(|| Place::take(self));
        let limit_ms = claim::submit_lease_ms(channel) - LEASE_MARGIN_MS;
        let slot = Slot::Submit(permit, ticket.unwrap_or_default());
        self.spawn(claimed, origin, slot, place, limit_ms);
    }

    /// Gives back a claimed task of which nothing was sent.
    fn put_back(self: &Arc<Self>, claimed: Claimed, delay_ms: i64) {
        let worker = Arc::clone(self);
        self.app.tracker.spawn(async move {
            let (app, Claimed { task, lease, .. }) = (&worker.app, &claimed);
            if submit::takes_room(&claimed) {
                step::requeue_unsent(app, task, lease).await;
            } else {
                step::give_back(app, task, lease, delay_ms).await;
            }
            app.worker_wake.notify_one();
        });
    }

    /// Previews that the renderer takes at the moment, less those on their way.
    fn room(&self) -> usize {
        self.app.pool.room().saturating_sub(self.handing_over.load(Ordering::Relaxed))
    }

    fn spawn(
        self: &Arc<Self>,
        claimed: Claimed,
        origin: step::Origin,
        slot: Slot,
        place: Option<Place>,
        limit_ms: i64,
    ) {
        let task_id = claimed.task.id;
        let turn = self.memory.step_began(task_id);
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
