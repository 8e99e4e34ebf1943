//! From "the upstream is done" to "the file is readable": check, keep, note.
//!
//! Guarantees: a task succeeds only with a file that is on the disk, whole, and was decoded as a
//! video; what is no video fails at once, what the disk or the network refuses is tried again a
//! bounded number of times. What is noted of a file is true of the bytes that were checked, and a
//! step that lost its task replaces no file. A channel can be told to give out the upstream's own
//! address instead, and then nothing of that is so but the check of its text.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use rushes_domain::channel::ResultLinks;
use rushes_domain::difference::{Measures, differences};
use rushes_domain::directive::EXPIRE_SECONDS;
use rushes_domain::{Failure, FailureCode, Timestamp};
use rushes_providers::{Media, Progress, UpstreamId};
use rushes_render::{InspectError, VideoInfo};
use rushes_store::{Claimed, Happening, Lease, StoredResult, TaskRow};
use sha2::{Digest as _, Sha256};

use super::settle::Settled;
use super::target::Target;
use super::{Worker, step};
use crate::app::App;
use crate::egress::DownloadSource;
use crate::storage::{poster_path, video_path};

/// Largest video that is kept, in bytes.
const VIDEO_BYTES_MAX: usize = 512 * 1024 * 1024;
/// Waits between the tries to get hold of a video, in milliseconds: five tries in two minutes.
const RETRIES_MS: [i64; 4] = [1_000, 5_000, 20_000, 60_000];

/// Writes a finished video and its still to where they will be read from, if the task is still the
/// step's. May be repeated.
pub(super) async fn stage(
    app: &App,
    lease: &Lease,
    video: Bytes,
    poster: Option<Bytes>,
) -> io::Result<()> {
    let (storage, task_id) = (&app.storage, lease.task_id);
    let poster = match poster {
        Some(poster) => Some(storage.write_part(&poster_path(task_id), poster).await?),
        None => None,
    };
    let video = storage.write_part(&video_path(task_id), video).await?;
    // What lies there by now may be what a later step has checked and noted.
    if !step::still_has(app, lease).await.map_err(io::Error::other)? {
        return Err(io::Error::other("the task was moved by somebody else in the meantime"));
    }
    if let Some(poster) = poster {
        poster.publish().await?;
    }
    video.publish().await
}

/// Checks the video and ends the task with it.
pub(super) async fn store(worker: &Arc<Worker>, target: &Target, claimed: &Claimed) {
    let (app, task, lease) = (&worker.app, &claimed.task, &claimed.lease);
    if let Some(url) = link(app, target, task) {
        step::end(app, task, lease, Happening::Linked(url)).await;
        return;
    }
    match bring(app, target, claimed).await {
        Ok(()) => {}
        Err(Trouble::Passing(text)) => {
            put_off(app, claimed, &text).await;
            return;
        }
        Err(Trouble::Lasting(text)) => {
            refuse(app, claimed, &text).await;
            return;
        }
    }
    // Before the bytes are read: a place is also room in memory for a video.
    let Ok(_slot) = worker.inspections.acquire().await else { return };
    let bytes = match video_bytes(app, target, claimed).await {
        Ok(bytes) => bytes,
        Err(Trouble::Passing(text)) => {
            put_off(app, claimed, &text).await;
            return;
        }
        Err(Trouble::Lasting(text)) => {
            refuse(app, claimed, &text).await;
            return;
        }
    };
    if bytes.len() > VIDEO_BYTES_MAX {
        refuse(app, claimed, &format!("{} bytes are too many", bytes.len())).await;
        return;
    }
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let poster_path = poster_path(task.id);
    let has_poster = app.storage.modified(&poster_path).await.is_ok();
    let (info, poster, sha256_hex) = match inspect(bytes, !has_poster).await {
        Ok((Ok((info, poster)), sha256_hex)) => (info, poster, sha256_hex),
        Ok((Err(error), _)) => {
            refuse(app, claimed, &error.to_string()).await;
            return;
        }
        Err(source) => {
            put_off(app, claimed, &source.to_string()).await;
            return;
        }
    };
    let has_poster = has_poster || keep_poster(app, lease, poster).await;
    let now = app.clock.now();
    let stored = StoredResult {
        path: video_path(task.id),
        poster_path: has_poster.then_some(poster_path),
        bytes: length,
        sha256_hex,
        width: info.width,
        height: info.height,
        duration_ms: info.duration_ms,
        expires_at: expires_at(app, task, now),
    };
    if step::end(app, task, lease, Happening::Stored(stored)).await {
        compare(target, task, &info);
    }
}

/// Counts and tells in what the video is not what was asked for.
fn compare(target: &Target, task: &TaskRow, info: &VideoInfo) {
    let Some(channel) = &target.channel else { return };
    let asked = Measures {
        width: task.width,
        height: task.height,
        duration_ms: u64::from(task.seconds) * 1_000,
    };
    let VideoInfo { width, height, duration_ms, .. } = *info;
    let differences = differences(asked, Measures { width, height, duration_ms });
    channel.runtime.metrics.differs(&differences);
    if !differences.is_empty() {
        let what: Vec<&str> = differences.iter().map(|it| it.as_str()).collect();
        let (what, name) = (what.join(", "), channel.row.terms.name.as_str());
        tracing::info!(
            task_id = %task.id, channel = name, what, width, height, duration_ms,
            "a video is not what was asked for"
        );
    }
}

/// Where a video is, in the words of a task's row.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    Url(String),
    Path(String),
}

/// A video at an address, as the row notes it.
pub(super) fn media_at_url(url: &str) -> String {
    noted(&Place::Url(url.to_owned()))
}

/// A video at a path of the channel's, as the row notes it.
pub(super) fn media_at_path(path: &str) -> String {
    noted(&Place::Path(path.to_owned()))
}

fn noted(place: &Place) -> String {
    // Two texts are always JSON; an empty note is no address, and says so when it is read.
    serde_json::to_string(place).unwrap_or_default()
}

/// The upstream's own address of the video, if the channel's terms give it out and it can be. What
/// cannot is fetched as ever, which also says what is wrong with it.
fn link(app: &App, target: &Target, task: &TaskRow) -> Option<String> {
    let channel = target.channel.as_ref()?;
    if channel.row.terms.result_links != ResultLinks::Upstream {
        return None;
    }
    let Ok(Place::Url(url)) = serde_json::from_str(task.media.as_ref()?) else { return None };
    app.egress.given_out(&channel.http, &url).map(String::from)
}

/// Downloads the video if it is somewhere else: to the disk in one stream, and under its name only
/// when it is whole and the task is still the step's.
async fn bring(app: &App, target: &Target, claimed: &Claimed) -> Result<(), Trouble> {
    let task = &claimed.task;
    let (Some(noted), Some(channel)) = (&task.media, &target.channel) else { return Ok(()) };
    let path = video_path(task.id);
    if app.storage.modified(&path).await.is_ok() {
        return Ok(());
    }
    let place: Place =
        serde_json::from_str(noted).map_err(|source| Trouble::Lasting(source.to_string()))?;
    let source = match &place {
        Place::Url(url) => DownloadSource::Url(url),
        Place::Path(path) => DownloadSource::Path(path),
    };
    let passing = |source: io::Error| Trouble::Passing(source.to_string());
    let mut part = app.storage.part_writer(&path).await.map_err(passing)?;
    let downloaded = app.egress.download(&channel.http, source, &mut part).await;
    downloaded.map_err(|error| {
        let trouble = if error.is_lasting { Trouble::Lasting } else { Trouble::Passing };
        trouble(error.message)
    })?;
    let part = part.finish().await.map_err(passing)?;
    if !step::still_has(app, &claimed.lease).await.map_err(|it| passing(io::Error::other(it)))? {
        return Err(Trouble::Passing("the task was moved by somebody else".to_owned()));
    }
    part.publish().await.map_err(passing)
}

/// Why there are no bytes.
enum Trouble {
    /// Another try may find them.
    Passing(String),
    /// It will not.
    Lasting(String),
}

/// The bytes that were put away; if they are gone, the provider's once more.
async fn video_bytes(app: &App, target: &Target, claimed: &Claimed) -> Result<Bytes, Trouble> {
    let task = &claimed.task;
    match app.storage.read(&video_path(task.id)).await {
        Ok(bytes) => return Ok(bytes),
        Err(source) if source.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(Trouble::Passing(source.to_string())),
    }
    let id = UpstreamId::new(task.upstream_id.clone().unwrap_or_default());
    let handle = step::handle(task, &id, app.clock.now());
    match target.provider.poll(target.upstream(), &handle).await {
        Ok(Progress::Done { media: Media::Bytes { video, poster }, .. }) => {
            let staged = stage(app, &claimed.lease, video.clone(), poster).await;
            staged.map(|()| video).map_err(|source| Trouble::Passing(source.to_string()))
        }
        Ok(Progress::Done { media: Media::Url(_) | Media::Path(_), .. }) => {
            Err(Trouble::Passing("the downloaded video is gone".to_owned()))
        }
        Ok(Progress::Pending { .. }) => {
            Err(Trouble::Passing("the upstream says it is not done after all".to_owned()))
        }
        Ok(Progress::Failed(failure)) => Err(Trouble::Lasting(failure.reason)),
        Err(error) => Err(Trouble::Passing(error.to_string())),
    }
}

/// What a video is, with its first picture as a JPEG if that was wanted and could be had.
type Inspected = Result<(VideoInfo, Option<Vec<u8>>), InspectError>;

/// Decodes and hashes off the async threads.
async fn inspect(bytes: Bytes, wants_poster: bool) -> io::Result<(Inspected, String)> {
    let work = tokio::task::spawn_blocking(move || {
        let sha256_hex = format!("{:x}", Sha256::digest(&bytes));
        let inspected = if wants_poster {
            rushes_render::inspect_with_poster(&bytes)
        } else {
            rushes_render::inspect(&bytes).map(|info| (info, None))
        };
        (inspected, sha256_hex)
    });
    join(work).await
}

/// Puts a poster where it is read from; true if it is there. A video does not fail for its poster.
async fn keep_poster(app: &App, lease: &Lease, poster: Option<Vec<u8>>) -> bool {
    let Some(poster) = poster else { return false };
    let path = poster_path(lease.task_id);
    let kept = async {
        let part = app.storage.write_part(&path, poster.into()).await?;
        if !step::still_has(app, lease).await.map_err(io::Error::other)? {
            return Ok(false);
        }
        part.publish().await.map(|()| true)
    };
    kept.await.unwrap_or_else(|error: io::Error| {
        tracing::warn!(task_id = %lease.task_id, %error, "a poster could not be kept");
        false
    })
}

/// The outcome of blocking work; its panic goes on here, to the step's barrier.
pub(super) async fn join<T>(work: tokio::task::JoinHandle<T>) -> io::Result<T> {
    work.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(cancelled) => io::Error::other(cancelled),
    })
}

fn expires_at(app: &App, task: &TaskRow, now: Timestamp) -> Timestamp {
    let seconds = if task.directives.expire {
        u64::from(EXPIRE_SECONDS)
    } else {
        app.config.retention.file_seconds
    };
    now.plus_ms(i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX))
}

/// Tries again later, until the tries or the task's time are used up.
async fn put_off(app: &App, claimed: &Claimed, text: &str) {
    let task = &claimed.task;
    let is_overdue = step::is_overdue(app, task).await;
    let now = app.clock.now();
    let tries = usize::try_from(task.finalize_attempts).unwrap_or(usize::MAX);
    match RETRIES_MS.get(tries) {
        Some(&wait_ms) if !is_overdue => {
            tracing::warn!(task_id = %task.id, error = text, "a video cannot be had yet");
            let settled = Settled { event: Happening::FinalizeDeferred, wait_ms };
            step::write(app, task, &claimed.lease, settled.advance(now, task)).await;
        }
        _ => refuse(app, claimed, text).await,
    }
}

/// Ends the task without a video.
async fn refuse(app: &App, claimed: &Claimed, text: &str) {
    tracing::warn!(task_id = %claimed.task.id, error = text, "a result is not a usable video");
    let failure = Failure::new(FailureCode::ResultInvalid, text);
    step::end(app, &claimed.task, &claimed.lease, Happening::Failed(failure)).await;
}
