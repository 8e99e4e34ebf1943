//! Asking after a job: one poll, one write.

use rushes_domain::{Failure, FailureCode, Timestamp};
use rushes_providers::{Media, Progress, UpstreamId};
use rushes_store::{Advance, Claimed, Happening, TaskRow};

use super::settle::{Phase, Settled, settle};
use super::target::{Call, Target};
use super::{finalize, step};
use crate::app::App;

/// When a finished video is put away again after the disk refused it, in milliseconds.
const STAGE_RETRY_MS: i64 = 5_000;

/// Polls, after asking to stop if the client wants that or the time is over. Asking to stop needs
/// no write of its own: it may be repeated, and what it brings shows in a poll.
pub(super) async fn ask(app: &App, target: &Target, claimed: &Claimed) {
    let (task, lease, now) = (&claimed.task, &claimed.lease, app.clock.now());
    if step::is_overdue(app, task).await {
        step::cancel(target, task, now).await;
        let failure = Failure::new(FailureCode::DeadlineExceeded, "while the upstream had it");
        step::end(app, task, lease, Happening::Failed(failure)).await;
        return;
    }
    if task.cancel_requested {
        step::cancel(target, task, now).await;
    }
    let id = UpstreamId::new(task.upstream_id.clone().unwrap_or_default());
    let handle = step::handle(task, &id, now);
    let outcome = target.provider.poll(target.upstream(), &handle).await;
    target.note(app, Call::Poll, outcome.as_ref().map(drop));
    let now = app.clock.now();
    let change = match outcome {
        Ok(Progress::Done { media, cost }) => {
            put_away(app, claimed, media, now).await.unwrap_or_else(|media| {
                let done = Happening::UpstreamDone { upstream_cost: cost, media };
                Advance::new(done, now)
            })
        }
        Ok(Progress::Failed(failure)) => Advance::new(failed(task, failure), now),
        Ok(Progress::Pending { percent, started, again_in_ms, unknown_word }) => {
            if let Some(word) = unknown_word {
                target.unknown_word(&word);
            }
            let interval_ms = || {
                let age_ms = now.ms_since(handle.submitted_at);
                target.interval_ms(age_ms, draw_of(task))
            };
            let wait_ms = again_in_ms
                .map_or_else(interval_ms, |asked| i64::try_from(asked).unwrap_or(i64::MAX));
            let event = Happening::Polled { percent, started };
            Settled { event, wait_ms }.advance(now, task)
        }
        Err(error) => {
            tracing::debug!(task_id = %task.id, %error, "a poll failed");
            settle(Phase::Poll, &error, &task.into(), target.resubmit(), now).advance(now, task)
        }
    };
    let Some(written) = step::write(app, task, lease, change).await else { return };
    if written.state != task.state {
        step::forget(app, task);
    }
}

/// Another number for each task and each of its polls.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
const fn draw_of(task: &TaskRow) -> u64 {
    (task.id.bits() as u64) ^ task.version.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Bytes that only the provider's memory has go to the disk before the state says that there is a
/// video. Else gives where the video is to be fetched, or the write that puts the poll off if the
/// disk refuses.
async fn put_away(
    app: &App,
    claimed: &Claimed,
    media: Media,
    now: Timestamp,
) -> Result<Advance, Option<String>> {
    let (video, poster) = match media {
        Media::Bytes { video, poster } => (video, poster),
        Media::Url(url) => return Err(Some(finalize::media_at_url(&url))),
        Media::Path(path) => return Err(Some(finalize::media_at_path(&path))),
    };
    let task = &claimed.task;
    let Err(source) = finalize::stage(app, &claimed.lease, video, poster).await else {
        return Err(None);
    };
    tracing::error!(task_id = %task.id, error = %source, "a video cannot be written; trying again");
    let event = Happening::Polled { percent: None, started: true };
    Ok(Settled { event, wait_ms: STAGE_RETRY_MS }.advance(now, task))
}

/// An upstream that stopped because it was asked to has cancelled; any other end is a failure.
fn failed(task: &TaskRow, failure: Failure) -> Happening {
    match (failure.code, task.cancel_requested) {
        (FailureCode::Cancelled, true) => Happening::Cancelled(failure),
        (FailureCode::Cancelled, false) => {
            Happening::Failed(Failure::new(FailureCode::UpstreamError, "cancelled by the upstream"))
        }
        _ => Happening::Failed(failure),
    }
}
