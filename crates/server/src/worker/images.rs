//! Fetching the images of a task that came as addresses.
//!
//! Guarantees: each address is tried at most [`TRIES_MAX`] times; what comes is decoded before it
//! is kept, on the app's bounded places for that; a kept image is on the disk before its row says
//! so. Not here: where a fetch may go (`egress`).

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use rushes_domain::{Failure, FailureCode, TaskId};
use rushes_store::{ImageRow, ImageSnapshot};
use sha2::{Digest as _, Sha256};

use super::Worker;
use super::finalize::join;
use crate::app::App;
use crate::egress::FetchError;
use crate::storage::image_path;

/// Tries of one address.
const TRIES_MAX: usize = 3;
/// Waits between them, in milliseconds.
const RETRIES_MS: [i64; TRIES_MAX - 1] = [500, 2_000];

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

/// Fetches all of them at once.
pub(super) async fn fetch(
    worker: &Arc<Worker>,
    task_id: TaskId,
    missing: &[&ImageRow],
) -> FetchOutcome {
    let all = join_all(missing.iter().map(|image| fetch_one(worker, task_id, image)));
    let outcomes = tokio::select! {
        outcomes = all => outcomes,
        () = worker.app.stop.cancelled() => return FetchOutcome::Stopping,
    };
    let mut snapshots = Vec::with_capacity(outcomes.len());
    let mut storage_failed = false;
    for outcome in outcomes {
        match outcome {
            Ok(snapshot) => snapshots.push(snapshot),
            // The first address in the request's order is the one to be named.
            Err(Trouble::Image(sentence)) => {
                let failure = Failure::new(FailureCode::ImageFetchFailed, &sentence);
                return FetchOutcome::Failed(failure);
            }
            Err(Trouble::Storage) => storage_failed = true,
        }
    }
    if storage_failed {
        return FetchOutcome::StorageFailed;
    }
    FetchOutcome::Fetched(snapshots)
}

async fn fetch_one(
    worker: &Worker,
    task_id: TaskId,
    image: &ImageRow,
) -> Result<ImageSnapshot, Trouble> {
    let app = &worker.app;
    let Some(url) = image.url.as_deref() else {
        return Err(Trouble::Image("The image is no longer there.".to_owned()));
    };
    let (bytes, place) = fetch_bytes(worker, url).await?;
    let mime = check(app, bytes.clone()).await?;
    let sha256_hex = format!("{:x}", Sha256::digest(&bytes));
    let position = usize::try_from(image.position).unwrap_or(usize::MAX);
    let path = image_path(task_id, position);
    let bytes_len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if let Err(source) = app.storage.write(&path, bytes).await {
        tracing::error!(task_id = %task_id, error = %source, "an image cannot be written");
        return Err(Trouble::Storage);
    }
    drop(place);
    Ok(ImageSnapshot { position: image.position, path, mime, sha256_hex, bytes_len })
}

/// The bytes behind an address, and the place in memory that they take.
async fn fetch_bytes<'w>(
    worker: &'w Worker,
    url: &str,
) -> Result<(Bytes, tokio::sync::SemaphorePermit<'w>), Trouble> {
    let app = &worker.app;
    let mut retries_ms = RETRIES_MS.into_iter();
    loop {
        let place = worker.image_fetches.acquire().await.map_err(|_closed| Trouble::Storage)?;
        let FetchError { sentence, retryable, .. } = match app.egress.fetch_image(url).await {
            Ok(fetched) => return Ok((fetched.bytes, place)),
            Err(error) => error,
        };
        drop(place);
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
