//! Handing a job over: images at hand, `submitting` on the disk, one submit, one write.

use std::sync::Arc;

use bytes::Bytes;
use rushes_domain::directive::without_directives;
use rushes_domain::{Failure, FailureCode, State, TaskId, Timestamp};
use rushes_providers::{Provider, ProviderJob, UpstreamError, UpstreamErrorKind};
use rushes_store::{Advance, Claimed, Fence, Happening, ImageSnapshot, TaskRow, advance, images};
use tokio::sync::OwnedSemaphorePermit;

use super::images::FetchOutcome;
use super::settle::{Phase, Settled, settle};
use super::step::{self, Origin, Unwritten};
use super::{FETCH_WAIT_MS, Place, Slot, Worker, is_missing, timing};
use crate::app::App;

/// When images are fetched again after they could not be stored, in milliseconds.
const STORAGE_RETRY_MS: i64 = 10_000;

/// True for a claimed task that ends before it is sent.
pub(super) fn has_another_end(task: &TaskRow, now: Timestamp) -> bool {
    task.cancel_requested || task.deadline_at <= now
}

/// True for a step that will hand its job over without waiting for images.
pub(super) fn takes_room(claimed: &Claimed, origin: Origin) -> bool {
    origin == Origin::Queue && claimed.task.state == State::Submitting
}

/// True for a task from the queue that has images to be fetched.
pub(super) fn needs_images(claimed: &Claimed) -> bool {
    claimed.task.state == State::Queued && claimed.images.iter().any(is_missing)
}

/// Takes a task from the queue to its upstream. Two steps in a row under one lease if there are
/// images to be fetched: fetch and note them, then submit and note that.
pub(super) async fn hand_over(
    worker: &Arc<Worker>,
    provider: &dyn Provider,
    mut claimed: Claimed,
    mut slot: Slot,
    mut place: Option<Place>,
) {
    if claimed.task.state == State::Queued {
        let Some((ready, permit)) = prepare(worker, &claimed, slot).await else { return };
        claimed = ready;
        slot = Slot::Permit(permit);
        place = Some(Place::take(worker));
    }
    submit(&worker.app, provider, &claimed).await;
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
/// another way. Slots for submits are taken by what is ready alone.
async fn prepare(
    worker: &Arc<Worker>,
    claimed: &Claimed,
    slot: Slot,
) -> Option<(Claimed, OwnedSemaphorePermit)> {
    let app = &worker.app;
    let (snapshots, permit) = match slot {
        Slot::Permit(_) if end_otherwise(app, claimed).await => return None,
        Slot::Permit(permit) => (Vec::new(), permit),
        Slot::Line(in_line) => {
            let turn = timing::within(&*app.clock, FETCH_WAIT_MS, in_line.turn());
            let fetch_place = tokio::select! {
                place = turn => place.flatten()?,
                () = app.stop.cancelled() => return None,
            };
            // It may have been called off while it stood in line.
            if !step::still_has(app, &claimed.lease).await.unwrap_or(false)
                || end_otherwise(app, claimed).await
            {
                return None;
            }
            let snapshots = fetch(worker, claimed).await?;
            drop(fetch_place);
            (snapshots, Arc::clone(&worker.submit_slots).acquire_owned().await.ok()?)
        }
    };
    let (lease, now) = (claimed.lease, app.clock.now());
    let written = app.store.write(move |tx| {
        for snapshot in &snapshots {
            rushes_store::set_image_snapshot(tx, &lease, snapshot)?;
        }
        let change = Advance::new(Happening::SubmitStarted, now);
        let task = advance(tx, Fence::Lease(&lease), &change)?;
        Ok(Claimed { images: images(tx, task.id)?, task, lease })
    });
    match written.await {
        Ok(ready) => Some((ready, permit)),
        Err(error) => {
            tracing::debug!(task_id = %lease.task_id, %error, "fetched images came too late");
            None
        }
    }
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
async fn submit(app: &App, provider: &dyn Provider, claimed: &Claimed) {
    let (task, lease) = (&claimed.task, &claimed.lease);
    let resubmit = provider.descriptor().resubmit;
    let outcome = match job(app, claimed).await {
        Ok(job) => provider.submit(&job).await,
        Err(error) => Err(error),
    };
    let now = app.clock.now();
    let upstream_id = match outcome {
        Ok(upstream_id) => upstream_id,
        Err(error) => {
            tracing::info!(task_id = %task.id, %error, "a submit failed");
            let settled = settle(Phase::Submit, &error, &task.into(), resubmit, now);
            step::write(app, task, lease, settled.advance(now, task)).await;
            return;
        }
    };
    let accepted = Happening::SubmitAccepted { upstream_id: upstream_id.as_str().to_owned() };
    let first_ms = i64::from(provider.descriptor().poll.first_ms);
    let change = Settled { event: accepted, wait_ms: first_ms }.advance(now, task);
    if step::try_write(app, task, lease, change).await == Err(Unwritten::TooLate) {
        // Somebody else ended the task: nobody will ask after this job.
        provider.forget(&upstream_id);
    }
}

/// A task found in `submitting` after its step went away: whether the job left is unknown.
pub(super) async fn recover(app: &App, provider: &dyn Provider, claimed: &Claimed) {
    let task = &claimed.task;
    if step::is_overdue(app, task).await {
        let failure = Failure::new(FailureCode::DeadlineExceeded, "while it was handed over");
        step::end(app, task, &claimed.lease, Happening::Failed(failure)).await;
        return;
    }
    let now = app.clock.now();
    let error = UpstreamError::new(UpstreamErrorKind::Ambiguous, "the submit was interrupted");
    let settled = settle(Phase::Submit, &error, &task.into(), provider.descriptor().resubmit, now);
    step::write(app, task, &claimed.lease, settled.advance(now, task)).await;
}

/// Everything that the provider has to know, with the images' bytes.
async fn job(app: &App, claimed: &Claimed) -> Result<ProviderJob, UpstreamError> {
    let task = &claimed.task;
    let mut pictures: Vec<Bytes> = Vec::with_capacity(claimed.images.len());
    for path in claimed.images.iter().filter_map(|image| image.path.as_deref()) {
        let read = app.storage.read(path).await;
        pictures.push(read.map_err(|source| {
            let text = format!("the image {path} cannot be read: {source}");
            UpstreamError::new(UpstreamErrorKind::NotSent, text)
        })?);
    }
    Ok(ProviderJob {
        task_id: task.id,
        account_id: task.account_id,
        model: task.model_id.clone(),
        prompt: if task.directives.is_empty() {
            task.prompt.clone()
        } else {
            without_directives(&task.prompt)
        },
        mode: task.mode,
        seconds: task.seconds,
        width: task.width,
        height: task.height,
        aspect_ratio: task.aspect_ratio.clone(),
        resolution: task.resolution.clone(),
        images: pictures,
        directives: task.directives.clone(),
        seed: seed_of(task.id),
        caption: app.config.preview_caption,
    })
}

/// The random half of the id: the same task is the same film, drawn again or not.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
const fn seed_of(task_id: TaskId) -> u64 {
    task_id.bits() as u64
}
