//! Fetching the images of a task that came as addresses.
//!
//! Guarantees: each address is tried at most [`TRIES_MAX`] times, and all of them together take at
//! most [`FETCH_TOTAL_MS`]; what comes is decoded before it is kept, on the app's bounded places for
//! that; a kept image is on the disk before its row says so. Not here: where a fetch may go
//! (`egress`), and how many tasks fetch at once (`fetch_line`).

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use rushes_domain::{Failure, FailureCode};
use rushes_store::{ImageRow, ImageSnapshot, Lease};
use sha2::{Digest as _, Sha256};

use super::finalize::join;
use super::{FETCH_TOTAL_MS, step, timing};
use crate::app::App;
use crate::egress::FetchError;
use crate::storage::image_path;

/// Tries of one address.
const TRIES_MAX: usize = 3;
/// Waits between them, in milliseconds.
const RETRIES_MS: [i64; TRIES_MAX - 1] = [500, 2_000];

/// Images of one task that are fetched at the same time. Each takes up to 20 MB of memory: 640 MB
/// with every place taken.
const IMAGES_AT_ONCE: usize = 2;

/// What came of a task's addresses.
pub(super) enum FetchOutcome {
    /// All images are on the disk.
    Fetched(Vec<ImageSnapshot>),
    /// One of them cannot be had: the task's end.
    Failed(Failure),
    /// The disk refused one; try again later.
    StorageFailed,
    /// The app stops.
    Stopping,
}

/// Why one image is not there.
enum Trouble {
    /// In the customer's words.
    Image(String),
    Storage,
}

/// Fetches all of them, within the time that a task has for that.
pub(super) async fn fetch(app: &App, lease: &Lease, missing: &[&ImageRow]) -> FetchOutcome {
    let all = timing::within(&*app.clock, FETCH_TOTAL_MS, fetch_all(app, lease, missing));
    let outcome = tokio::select! {
        outcome = all => outcome,
        () = app.stop.cancelled() => return FetchOutcome::Stopping,
    };
    let seconds = FETCH_TOTAL_MS / 1_000;
    let too_long = || Err(Trouble::Image(format!("The images took more than {seconds} seconds.")));
    match outcome.unwrap_or_else(too_long) {
        Ok(snapshots) => FetchOutcome::Fetched(snapshots),
        Err(Trouble::Image(sentence)) => {
            FetchOutcome::Failed(Failure::new(FailureCode::ImageFetchFailed, &sentence))
        }
        Err(Trouble::Storage) => FetchOutcome::StorageFailed,
    }
}

/// Ends with the first trouble in the request's order: the others are of no use any more.
async fn fetch_all(
    app: &App,
    lease: &Lease,
    missing: &[&ImageRow],
) -> Result<Vec<ImageSnapshot>, Trouble> {
    let fetches: Vec<_> = missing.iter().map(|image| fetch_one(app, lease, image)).collect();
    let mut outcomes = stream::iter(fetches).buffered(IMAGES_AT_ONCE);
    let mut snapshots = Vec::with_capacity(missing.len());
    while let Some(outcome) = outcomes.next().await {
        snapshots.push(outcome?);
    }
    Ok(snapshots)
}

async fn fetch_one(app: &App, lease: &Lease, image: &ImageRow) -> Result<ImageSnapshot, Trouble> {
    let Some(url) = image.url.as_deref() else {
        return Err(Trouble::Image("The image is no longer there.".to_owned()));
    };
    let bytes = fetch_bytes(app, url).await?;
    let mime = check(app, bytes.clone()).await?;
    let sha256_hex = format!("{:x}", Sha256::digest(&bytes));
    let position = usize::try_from(image.position).unwrap_or(usize::MAX);
    let path = image_path(lease.task_id, position);
    let bytes_len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if let Err(source) = keep(app, lease, &path, bytes).await {
        tracing::error!(task_id = %lease.task_id, error = %source, "an image cannot be written");
        return Err(Trouble::Storage);
    }
    Ok(ImageSnapshot { position: image.position, path, mime, sha256_hex, bytes_len })
}

/// Writes the file, unless the task is somebody else's by now.
async fn keep(app: &App, lease: &Lease, path: &str, bytes: Bytes) -> std::io::Result<()> {
    let part = app.storage.write_part(path, bytes).await?;
    if !step::still_has(app, lease).await.map_err(std::io::Error::other)? {
        return Err(std::io::Error::other("the task was moved by somebody else in the meantime"));
    }
    part.publish().await
}

/// The bytes behind an address.
async fn fetch_bytes(app: &App, url: &str) -> Result<Bytes, Trouble> {
    let mut retries_ms = RETRIES_MS.into_iter();
    loop {
        let FetchError { sentence, retryable, .. } = match app.egress.fetch_image(url).await {
            Ok(fetched) => return Ok(fetched.bytes),
            Err(error) => error,
        };
        match retries_ms.next() {
            Some(wait_ms) if retryable => {
                app.clock.sleep_until(app.clock.now().plus_ms(wait_ms)).await;
            }
            _ => return Err(Trouble::Image(sentence)),
        }
    }
}

/// Decodes once; gives the media type that the bytes have.
async fn check(app: &App, bytes: Bytes) -> Result<String, Trouble> {
    let place = app.picture_slots.acquire().await.map_err(|_closed| Trouble::Storage)?;
    let work = tokio::task::spawn_blocking(move || {
        let probe = rushes_render::probe(&bytes)?;
        rushes_render::decode(&bytes).map(|_picture| probe.format.mime().to_owned())
    });
    let checked = join(work).await.map_err(|_cancelled| Trouble::Storage)?;
    drop(place);
    checked.map_err(|error| Trouble::Image(error.to_string()))
}
