//! Handing a job over: images at hand, `submitting` on the disk, one submit, one write.

use std::sync::Arc;

use rushes_domain::route::Lane;
use rushes_domain::{ChannelId, Failure, FailureCode, GroupId, State, TaskId, Timestamp};
use rushes_providers::{UpstreamError, UpstreamErrorKind, UpstreamId};
use rushes_store::{
    Advance, Claimed, Fence, Happening, ImageSnapshot, TaskRow, advance, images, occupy_routes,
};

use super::images::FetchOutcome;
use super::settle::{Past, Phase, Settled, settle};
use super::step::{self, Unwritten};
use super::target::{Call, Target};
use super::{
    FETCH_WAIT_MS, JOB_MS, LINE_RETRY_MS, PLACE_WAIT_MS, Place, Slot, Worker, claim, is_missing,
    job, timing,
};
use crate::app::App;

/// When images are fetched again after they could not be stored, in milliseconds.
const STORAGE_RETRY_MS: i64 = 10_000;

/// True for a claimed task that ends before it is sent.
pub(super) fn has_another_end(task: &TaskRow, now: Timestamp) -> bool {
    task.cancel_requested || task.deadline_at <= now
}

/// True for a claimed task whose submit has started.
pub(super) fn takes_room(claimed: &Claimed) -> bool {
    claimed.task.state == State::Submitting
}

/// Takes a task from the queue to its upstream. Two steps in a row under one lease if there are
/// images to be fetched: fetch and note them, then submit and note that.
pub(super) async fn hand_over(
    worker: &Arc<Worker>,
    group_id: GroupId,
    mut claimed: Claimed,
    mut slot: Slot,
    mut place: Option<Place>,
) {
    if claimed.task.state == State::Queued {
        let Some((ready, taken)) = prepare(worker, group_id, &claimed, slot).await else { return };
        if ready.task.channel_id == ChannelId::PREVIEW {
            place = Some(Place::take(worker));
        }
        claimed = ready;
        slot = taken;
    }
    let app = &worker.app;
    match Target::of(app, &claimed.task) {
        Some(mut target) => {
            if let Slot::Submit(_, ticket) = &slot {
                target.ticket = *ticket;
            }
            submit(app, &target, group_id, &claimed).await;
        }
        None => {
            // Its channel was taken out of force in this very moment; nothing was sent.
            step::requeue_unsent(app, &claimed.task, &claimed.lease).await;
        }
    }
    drop((slot, place));
}

/// Ends a task that is not to be sent any more; tells whether it was one.
async fn end_otherwise(app: &App, claimed: &Claimed) -> bool {
    let task = &claimed.task;
    let end = if task.cancel_requested {
        Happening::Cancelled(Failure::new(FailureCode::Cancelled, ""))
    } else if step::is_overdue(app, task).await {
        let text = "waited too long in the queue";
        Happening::Failed(Failure::new(FailureCode::DeadlineExceeded, text))
    } else {
        return false;
    };
    step::end(app, task, &claimed.lease, end).await;
    true
}

/// Fetches the images that are missing, notes them and starts the submit; none if the task went
/// another way. Places for submits are taken by what is ready alone.
async fn prepare(
    worker: &Arc<Worker>,
    group_id: GroupId,
    claimed: &Claimed,
    slot: Slot,
) -> Option<(Claimed, Slot)> {
    let app = &worker.app;
    let snapshots = match slot {
        // What is ready and was not started has another end.
        Slot::Permit(_permit) | Slot::Submit(_permit, _) => {
            if !end_otherwise(app, claimed).await {
                step::give_back(app, &claimed.task, &claimed.lease, 0).await;
            }
            return None;
        }
        Slot::Line(in_line) => {
            let turn = timing::within(&*app.clock, FETCH_WAIT_MS, in_line.turn());
            let fetch_place = tokio::select! {
                place = turn => place.flatten(),
                () = app.stop.cancelled() => return None,
            };
            let Some(fetch_place) = fetch_place else {
                step::give_back(app, &claimed.task, &claimed.lease, LINE_RETRY_MS).await;
                return None;
            };
            // It may have been called off while it stood in line.
            if !step::still_has(app, &claimed.lease).await.unwrap_or(false)
                || end_otherwise(app, claimed).await
            {
                return None;
            }
            let snapshots = fetch(worker, claimed).await?;
            drop(fetch_place);
            snapshots
        }
    };
    start(worker, group_id, claimed, snapshots).await
}

/// Notes fetched images, and starts the submit if a channel has a place now; else the task is in the
/// queue again, with its images.
async fn start(
    worker: &Arc<Worker>,
    group_id: GroupId,
    claimed: &Claimed,
    snapshots: Vec<ImageSnapshot>,
) -> Option<(Claimed, Slot)> {
    let app = &worker.app;
    let roster = match app.channels.current(&app.store).await {
        Ok(roster) => roster,
        Err(error) => {
            tracing::error!(%error, "the channels cannot be read");
            return None;
        }
    };
    let preview_room = u32::try_from(worker.submit_slots.available_permits()).unwrap_or(u32::MAX);
    let routes = roster.routes(preview_room, app.clock.monotonic_ms());
    let (lease, now, lane) = (claimed.lease, app.clock.now(), claimed.task.lane.clone());
    let (refused_by, waiting) = (claimed.task.refused_by.clone(), claimed.clone());
    let known = Arc::clone(&roster);
    let written = app.store.write(move |tx| {
        for snapshot in &snapshots {
            rushes_store::set_image_snapshot(tx, &lease, snapshot)?;
        }
        let mut routes = routes.clone();
        occupy_routes(tx, &mut routes)?;
        let draw = seed_of(lease.task_id);
        let Some(channel_id) = routes.choose(&lane, group_id, &refused_by, draw) else {
            return Ok(None);
        };
        let route = claim::route_to(&known, channel_id, &waiting)?;
        let lease_ms = claim::submit_lease_ms(known.find(channel_id));
        let change = Advance::new(Happening::SubmitStarted(route), now)
            .keep_lease_until(now.plus_ms(lease_ms));
        let task = advance(tx, Fence::Lease(&lease), &change)?;
        Ok(Some(Claimed { images: images(tx, task.id)?, task, lease }))
    });
    let ready = match written.await {
        Ok(Some(ready)) => ready,
        Ok(None) => {
            step::give_back(app, &claimed.task, &claimed.lease, 0).await;
            return None;
        }
        Err(error) => {
            tracing::debug!(task_id = %lease.task_id, %error, "fetched images came too late");
            return None;
        }
    };
    let channel = roster.find(ready.task.channel_id);
    let places = channel.map_or(&worker.submit_slots, |channel| &channel.runtime.submit_steps);
    let place = Arc::clone(places).acquire_owned();
    let Some(Ok(permit)) = timing::within(&*app.clock, PLACE_WAIT_MS, place).await else {
        step::requeue_unsent(app, &ready.task, &ready.lease).await;
        return None;
    };
    let ticket = channel.map(|channel| {
        let now_ms = app.clock.monotonic_ms();
        channel.runtime.breaker(|breaker| breaker.sending(now_ms))
    });
    Some((ready, Slot::Submit(permit, ticket.unwrap_or_default())))
}

/// The images that are missing; none if the task went another way.
async fn fetch(worker: &Arc<Worker>, claimed: &Claimed) -> Option<Vec<ImageSnapshot>> {
    let (app, task, lease) = (&worker.app, &claimed.task, &claimed.lease);
    let missing: Vec<_> = claimed.images.iter().filter(|image| is_missing(image)).collect();
    match super::images::fetch(app, lease, &missing).await {
        FetchOutcome::Fetched(snapshots) => return Some(snapshots),
        FetchOutcome::Failed(failure) => {
            step::end(app, task, lease, Happening::Failed(failure)).await;
        }
        FetchOutcome::StorageFailed => {
            step::give_back(app, task, lease, STORAGE_RETRY_MS).await;
        }
        // Leases are void at the next start.
        FetchOutcome::Stopping => {}
    }
    None
}

/// The submit itself.
async fn submit(app: &App, target: &Target, group_id: GroupId, claimed: &Claimed) {
    let (task, lease) = (&claimed.task, &claimed.lease);
    let job = timing::within(&*app.clock, JOB_MS, job::of(app, target, claimed)).await;
    let (outcome, was_sent) = match job {
        Some(Ok(job)) => (target.provider.submit(target.upstream(), &job).await, true),
        Some(Err(error)) => (Err(error), false),
        None => {
            let text = "its pictures were not ready in time";
            (Err(UpstreamError::new(UpstreamErrorKind::NotSent, text)), false)
        }
    };
    let is_unsuited =
        outcome.as_ref().is_err_and(|error| error.kind == UpstreamErrorKind::Unsuited);
    if was_sent && !is_unsuited {
        target.note(app, Call::Submit, outcome.as_ref().map(drop));
    } else {
        target.not_sent();
    }
    let now = app.clock.now();
    let upstream_id = match outcome {
        Ok(upstream_id) => upstream_id,
        Err(error) => {
            let channel = target.channel.as_ref().map(|it| it.row.terms.name.as_str());
            tracing::info!(task_id = %task.id, channel, %error, "a submit failed");
            let past = past_of(app, task, group_id);
            let settled = settle(Phase::Submit, &error, &past, target.resubmit(), now);
            step::write(app, task, lease, settled.advance(now, task)).await;
            return;
        }
    };
    let accepted = Happening::SubmitAccepted { upstream_id: upstream_id.as_str().to_owned() };
    let wait_ms = target.first_poll_ms();
    let change = Settled { event: accepted, wait_ms }.advance(now, task);
    if step::try_write(app, task, lease, change).await == Err(Unwritten::TooLate) {
        // Somebody else ended the task: nobody will ask after this job.
        target.provider.forget(&upstream_id);
        call_off(app, target, task, &upstream_id, now).await;
    }
}

/// Asks an upstream to stop a job whose task has ended meanwhile.
async fn call_off(
    app: &App,
    target: &Target,
    task: &TaskRow,
    upstream_id: &UpstreamId,
    now: Timestamp,
) {
    if target.channel.is_none() || !target.provider.descriptor().cancels {
        return;
    }
    let handle = step::handle(task, upstream_id, now);
    if let Err(error) = target.provider.cancel(target.upstream(), &handle).await {
        tracing::info!(task_id = %task.id, %error, "the upstream did not take the cancel");
    }
    app.worker_wake.notify_one();
}

/// What the task has behind it, and whether another channel is left.
fn past_of(app: &App, task: &TaskRow, group_id: GroupId) -> Past {
    let mut past = Past::from(task);
    if let (Lane::Model(model), Some(own)) = (&task.lane, past.channel_id) {
        let refused: Vec<ChannelId> = past.refused_by.iter().copied().chain([own]).collect();
        let routes = app.channels.known().routes(0, app.clock.monotonic_ms());
        past.has_other = routes.has_other(model, group_id, &refused);
    }
    past
}

/// A task found in `submitting` after its step went away: whether the job left is unknown.
pub(super) async fn recover(app: &App, target: &Target, claimed: &Claimed) {
    let task = &claimed.task;
    if step::is_overdue(app, task).await {
        let failure = Failure::new(FailureCode::DeadlineExceeded, "while it was handed over");
        step::end(app, task, &claimed.lease, Happening::Failed(failure)).await;
        return;
    }
    let now = app.clock.now();
    let error = UpstreamError::new(UpstreamErrorKind::Ambiguous, "the submit was interrupted");
    let settled = settle(Phase::Submit, &error, &task.into(), target.resubmit(), now);
    step::write(app, task, &claimed.lease, settled.advance(now, task)).await;
}

/// The random half of the id: the same task is the same film, drawn again or not.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
pub(super) const fn seed_of(task_id: TaskId) -> u64 {
    task_id.bits() as u64
}
