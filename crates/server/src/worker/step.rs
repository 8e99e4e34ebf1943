//! One step of one task: which kind it is, the panic barrier around it, and its write.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use rushes_domain::{Failure, FailureCode, GroupId, State, Timestamp};
use rushes_providers::{JobHandle, Resubmit, UpstreamId};
use rushes_store::{
    Advance, Claimed, Fence, Happening, Lease, Route, StoreError, TaskRow, Tx, advance, task,
};

use super::target::Target;
use super::{Place, Slot, Worker, finalize, poll, settle, submit};
use crate::app::App;

/// Panics of a task's steps in a row after which the task ends.
const PANICS_MAX: u32 = 3;
/// When a task is tried again after a panic, in milliseconds.
const PANIC_RETRY_MS: i64 = 1_000;
/// When a task is looked at again whose channel is not in force, in milliseconds.
const NO_TARGET_RETRY_MS: i64 = 10_000;
/// When a task is sent whose submit was not made, in milliseconds.
const UNSENT_RETRY_MS: i64 = 1_000;
/// First waits before a write is tried again while the store is busy or full, in milliseconds.
const WRITE_RETRIES_MS: [i64; 3] = [100, 1_000, 5_000];
/// All further ones: as many as fit before the step's lease ends, and none once the app stops.
const WRITE_RETRY_MS_MAX: i64 = 5_000;

/// How a task came to its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// From the queue, to be handed over.
    Queue {
        /// The group of its account.
        group_id: GroupId,
    },
    /// In an upstream's hands or ours, and due.
    Due,
}

/// Runs a step behind the barrier.
pub(super) async fn run(
    worker: &Arc<Worker>,
    claimed: Claimed,
    origin: Origin,
    slot: Slot,
    place: Option<Place>,
) {
    let task_id = claimed.task.id;
    let (task, lease) = (claimed.task.clone(), claimed.lease);
    let inner = AssertUnwindSafe(dispatch(worker, claimed, origin, slot, place));
    if inner.catch_unwind().await.is_ok() {
        worker.memory.calmed(task_id);
        return;
    }
    let panics = worker.memory.panicked(task_id);
    tracing::error!(task_id = %task_id, state = task.state.as_str(), panics, "a step panicked");
    if panics >= PANICS_MAX {
        worker.memory.calmed(task_id);
        let failure = Failure::new(FailureCode::InternalError, "its steps panicked");
        end(&worker.app, &task, &lease, Happening::Failed(failure)).await;
        return;
    }
    give_back(&worker.app, &task, &lease, PANIC_RETRY_MS).await;
}

async fn dispatch(
    worker: &Arc<Worker>,
    claimed: Claimed,
    origin: Origin,
    slot: Slot,
    place: Option<Place>,
) {
    let app = &worker.app;
    if let Origin::Queue { group_id } = origin {
        submit::hand_over(worker, group_id, claimed, slot, place).await;
        return;
    }
    let Some(target) = Target::of(app, &claimed.task) else {
        // Its channel was taken out of force in this very moment.
        tracing::warn!(task_id = %claimed.task.id, "nobody speaks to the task's channel now");
        give_back(app, &claimed.task, &claimed.lease, NO_TARGET_RETRY_MS).await;
        return;
    };
    match claimed.task.state {
        State::Submitting => submit::recover(app, &target, &claimed).await,
        State::Running => poll::ask(app, &target, &claimed).await,
        State::Finalizing => finalize::store(worker, &target, &claimed).await,
        state => {
            tracing::error!(task_id = %claimed.task.id, state = state.as_str(), "claimed wrongly");
        }
    }
}

/// Gives a task back, to be claimed again after a while, whatever its state.
pub(super) async fn give_back(app: &App, task: &TaskRow, lease: &Lease, delay_ms: i64) {
    let change = match task.state {
        State::Running => Happening::Polled { percent: None, started: false },
        State::Finalizing => Happening::FinalizeDeferred,
        State::Submitting => {
            // Whether the job left is unknown.
            let resubmit = Target::of(app, task).map_or(Resubmit::Never, |it| it.resubmit());
            let settled = settle::ambiguous(resubmit, &task.into());
            write(app, task, lease, settled.advance(app.clock.now(), task)).await;
            return;
        }
        State::Queued => {
            requeue(app, task, lease, delay_ms).await;
            return;
        }
        State::Parked | State::Succeeded | State::Failed | State::Cancelled => return,
    };
    let now = app.clock.now();
    write(app, task, lease, Advance::new(change, now).run_at(now.plus_ms(delay_ms))).await;
}

/// Back into the queue for a claimed task that was never about to be sent: a submit that started
/// and was put off in the same moment, to whoever has it in the row.
pub(super) async fn requeue(app: &App, task: &TaskRow, lease: &Lease, delay_ms: i64) {
    let (lease, now) = (*lease, app.clock.now());
    let route = Route {
        channel_id: task.channel_id,
        provider: task.provider.clone(),
        expected_cost: task.expected_cost,
    };
    let refused_by = task.refused_by.clone();
    let put_off = move |tx: &mut Tx<'_>| {
        let fence = Fence::Lease(&lease);
        let started = Happening::SubmitStarted(route.clone());
        advance(tx, fence, &Advance::new(started, now))?;
        let deferred = Happening::SubmitDeferred { refused_by: refused_by.clone() };
        advance(tx, fence, &Advance::new(deferred, now).run_at(now.plus_ms(delay_ms)))
    };
    if let Err(error) = app.store.write(put_off).await {
        tracing::debug!(task_id = %lease.task_id, %error, "a task was not put back into the queue");
    }
}

/// Back into the queue for a task whose submit started and was then not made.
pub(super) async fn requeue_unsent(app: &App, task: &TaskRow, lease: &Lease) {
    let deferred = Happening::SubmitDeferred { refused_by: task.refused_by.clone() };
    let now = app.clock.now();
    write(app, task, lease, Advance::new(deferred, now).run_at(now.plus_ms(UNSENT_RETRY_MS))).await;
}

/// The step's last write: an end. What the provider keeps of the job may go. Tells whether it was
/// written.
pub(super) async fn end(app: &App, task: &TaskRow, lease: &Lease, end: Happening) -> bool {
    let written = write(app, task, lease, Advance::new(end, app.clock.now())).await;
    if written.is_some() {
        forget(app, task);
    }
    written.is_some()
}

/// Lets the provider drop what it keeps in memory for the task's job.
pub(super) fn forget(app: &App, task: &TaskRow) {
    if let (Some(provider), Some(id)) = (app.registry.find(&task.provider), &task.upstream_id) {
        provider.forget(&UpstreamId::new(id.as_str()));
    }
}

/// Asks the upstream to stop; that it did is for a poll to prove.
pub(super) async fn cancel(target: &Target, task: &TaskRow, now: Timestamp) {
    let Some(id) = task.upstream_id.as_deref().map(UpstreamId::new) else { return };
    if !target.provider.descriptor().cancels {
        return;
    }
    if let Err(error) = target.provider.cancel(target.upstream(), &handle(task, &id, now)).await {
        tracing::info!(task_id = %task.id, %error, "the upstream did not take the cancel");
    }
}

/// The task's job as its provider knows it.
pub(super) fn handle<'a>(task: &'a TaskRow, id: &'a UpstreamId, now: Timestamp) -> JobHandle<'a> {
    JobHandle {
        upstream_id: id,
        prompt: &task.prompt,
        negative_prompt: task.options.negative_prompt.as_deref(),
        directives: &task.directives,
        submitted_at: task.submitted_at.unwrap_or(task.created_at),
        now,
        cancel_requested: task.cancel_requested,
    }
}

/// Whether the task's time is over, by a clock with whose jumps the rows have moved. If the store
/// cannot tell it is not: the sweep looks again.
pub(super) async fn is_overdue(app: &App, of: &TaskRow) -> bool {
    let looked = async {
        let now = app.jump.now().await?;
        if now < of.deadline_at {
            return Ok(false);
        }
        // The row at hand may be from before a jump.
        let id = of.id;
        let row = app.store.read(move |tx| task(tx, id)).await?;
        Ok::<_, StoreError>(row.is_some_and(|row| row.deadline_at <= now))
    };
    looked.await.unwrap_or_else(|error| {
        tracing::error!(task_id = %of.id, %error, "whether a task is overdue cannot be seen");
        false
    })
}

/// Whether the step still has its task: asked before something is done that no fence holds back.
pub(super) async fn still_has(app: &App, lease: &Lease) -> Result<bool, StoreError> {
    let lease = *lease;
    let row = app.store.read(move |tx| task(tx, lease.task_id)).await?;
    Ok(row.is_some_and(|row| row.lease_epoch == lease.epoch && !row.state.is_terminal()))
}

/// Why a step's write did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unwritten {
    /// Somebody else moved the task in the meantime.
    TooLate,
    /// The store failed, or was closed: what the step did is still to be noted by somebody.
    StoreFailed,
}

/// As [`try_write`], for steps that are over either way.
pub(super) async fn write(
    app: &App,
    task: &TaskRow,
    lease: &Lease,
    change: Advance,
) -> Option<TaskRow> {
    try_write(app, task, lease, change).await.ok()
}

/// The one fenced write of a step. While the store is busy or full it is tried again; the end of
/// the step's lease is the end of that.
pub(super) async fn try_write(
    app: &App,
    task: &TaskRow,
    lease: &Lease,
    change: Advance,
) -> Result<TaskRow, Unwritten> {
    let mut retries_ms = WRITE_RETRIES_MS.into_iter();
    loop {
        let (lease, change, was_asked) = (*lease, change.clone(), task.cancel_requested);
        let outcome = app.store.write(move |tx| write_in(tx, &lease, &change, was_asked)).await;
        let error = match outcome {
            Ok(row) => {
                report_end(&row);
                return Ok(row);
            }
            Err(error) => error,
        };
        match error {
            StoreError::Fenced | StoreError::Illegal(_) | StoreError::NotFound => {
                tracing::debug!(task_id = %task.id, %error, "a step came too late and is dropped");
                return Err(Unwritten::TooLate);
            }
            StoreError::Busy | StoreError::Full => {
                tracing::warn!(task_id = %task.id, %error, "a step's write is tried again");
                let first_ms = retries_ms.next();
                if first_ms.is_none() && app.stop.is_cancelled() {
                    return Err(Unwritten::StoreFailed);
                }
                let wait_ms = first_ms.unwrap_or(WRITE_RETRY_MS_MAX);
                app.clock.sleep_until(app.clock.now().plus_ms(wait_ms)).await;
            }
            StoreError::Closed => return Err(Unwritten::StoreFailed),
            StoreError::Corrupt(_)
            | StoreError::Io(_)
            | StoreError::Schema(_)
            | StoreError::Sql(_)
            | StoreError::Refused(_)
            | StoreError::Panicked => {
                tracing::error!(task_id = %task.id, %error, "a step's outcome could not be written");
                return Err(Unwritten::StoreFailed);
            }
        }
    }
}

/// One line in the log for each task's end.
fn report_end(task: &TaskRow) {
    if task.state.is_terminal() {
        let (state, failure) = (task.state.as_str(), task.failure.as_ref());
        let code = failure.map(|failure| failure.code.as_str());
        let internal = failure.map(|failure| failure.internal.as_str());
        let (channel, provider) = (task.channel_id.0, task.provider.as_str());
        tracing::info!(
            task_id = %task.id, state, code, internal, channel, provider, "a task has ended"
        );
    }
}

/// A client may have asked to stop while the step ran: the task is then due at once.
fn write_in(
    tx: &mut Tx<'_>,
    lease: &Lease,
    change: &Advance,
    was_asked: bool,
) -> Result<TaskRow, StoreError> {
    let mut change = change.clone();
    if !was_asked && change.next_run_at.is_some() {
        let row = task(tx, lease.task_id)?.ok_or(StoreError::NotFound)?;
        if row.cancel_requested {
            change.next_run_at = None;
        }
    }
    advance(tx, Fence::Lease(lease), &change)
}
