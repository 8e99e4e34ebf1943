//! `/metrics`: what an operator's Prometheus reads.
//!
//! Guarantees: only who knows this run's local token or `metrics.token`, or has an operator's key
//! with the scope `manage`, is answered; the store is asked at most once in [`STATS_KEPT_MS`], however many scrape,
//! and the disk for [`LOOK_WAIT`] at most. No label holds a customer's name, key or prompt.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use rushes_domain::account::Scope;
use rushes_domain::money::TICKS_PER_DOLLAR;
use rushes_domain::{ApiError, ErrorCode, State as TaskState, Timestamp};
use rushes_store::{KeptFiles, Stats, TicksSum};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::timeout;

use super::auth::{Caller, bearer};
use super::error::HttpError;
use super::{Http, json};
use crate::app::{App, STORE_FILE};
use crate::metrics::text::{Kind, MEDIA_TYPE, Text};
use crate::metrics::{OTHER_MODEL, channels, label};
use crate::openapi::refusals;

/// How long figures of the store are given out again, in milliseconds.
const STATS_KEPT_MS: i64 = 5_000;
/// Longest wait for the disk. A mount that hangs costs its own lines, not the scrape.
const LOOK_WAIT: Duration = Duration::from_millis(500);

/// The latest figures that had to be asked for.
#[derive(Debug)]
pub(super) struct Scrapes {
    latest: Mutex<Option<Latest>>,
    /// One place: whoever has it looks at the disk.
    looker: Arc<Semaphore>,
}

#[derive(Debug, Clone)]
pub(super) struct Latest {
    at_ms: i64,
    /// What the store says.
    pub(super) stats: Arc<Stats>,
    /// What the disk says, if it answered.
    pub(super) disk: Option<Disk>,
}

/// What the disk says, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Disk {
    /// Below the data directory.
    pub(super) free_bytes: u64,
    store_bytes: u64,
}

impl Default for Scrapes {
    fn default() -> Self {
        Self { latest: Mutex::default(), looker: Arc::new(Semaphore::new(1)) }
    }
}

/// Figures for monitoring, in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", operation_id = "getMetrics", tag = "service",
    responses((status = 200, body = String, content_type = "text/plain"), refusals::Scrape))]
pub(super) async fn scrape(
    State(http): State<Arc<Http>>,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, _) = request.into_parts();
    let app = &http.app;
    if !knows_token(app, &parts.headers) {
        check_key(&http, &parts).await?;
    }
    let latest = http.scrapes.latest(app).await?;
    let mut text = Text::default();
    app.metrics.write(app.prices.base(), &mut text);
    write_tasks(app, &latest.stats, app.clock.now(), &mut text);
    write_money(&latest.stats, &mut text);
    write_storage(&latest, &mut text);
    let help = "Read operations that were asked of the store.";
    text.family("rushes_store_reads_total", Kind::Counter, help)
        .sample(&[], app.store.operations().reads);
    write_channels(app, &mut text).await?;
    write_webhooks(app, &mut text).await?;
    let help = "Previews that are being drawn.";
    text.family("rushes_renders_running", Kind::Gauge, help).sample(&[], app.pool.running());
    let help = "The program that runs; always 1.";
    text.family("rushes_build_info", Kind::Gauge, help)
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    let mut response = json(StatusCode::OK, text.finish().into_bytes());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Ok(response)
}

async fn write_webhooks(app: &App, text: &mut Text) -> Result<(), HttpError> {
    let (count, due_at) = app.store.read(rushes_store::waiting_deliveries).await?;
    let late_ms = due_at.map_or(0, |at| app.clock.now().ms_since(at).max(0));
    let (seconds, rest_ms) = (late_ms / 1_000, late_ms % 1_000);
    let help = "Webhook deliveries that wait for an attempt.";
    text.family("rushes_webhook_deliveries_pending", Kind::Gauge, help).sample(&[], count);
    let help = "How late the most overdue of them is.";
    text.family("rushes_webhook_delay_seconds", Kind::Gauge, help)
        .sample(&[], format_args!("{seconds}.{rest_ms:03}"));
    Ok(())
}

async fn write_channels(app: &App, text: &mut Text) -> Result<(), HttpError> {
    let roster = app.channels.current(&app.store).await?;
    let ids: Vec<_> = roster.all().iter().map(|channel| channel.id()).collect();
    let count = move |tx: &mut rushes_store::Tx<'_>| {
        ids.iter().map(|&id| rushes_store::jobs_of_channel(tx, id)).collect()
    };
    let jobs: Vec<u32> = app.store.read(count).await?;
    channels::write(roster.all(), &jobs, app.clock.monotonic_ms(), text);
    Ok(())
}

/// Whether the request comes with this run's local token or `metrics.token`.
fn knows_token(app: &App, headers: &HeaderMap) -> bool {
    let Some(token) = bearer(headers) else { return false };
    // Digests are compared: how far two of them agree tells nothing about the tokens.
    let given = Sha256::digest(token);
    let known = [app.local_token.as_str(), app.config.metrics.token.expose()];
    let mut tokens = known.into_iter().filter(|token| !token.is_empty());
    tokens.any(|token| Sha256::digest(token) == given)
}

/// Refuses a request without an operator's key that has the scope `manage`.
async fn check_key(http: &Http, parts: &Parts) -> Result<(), HttpError> {
    let caller = Caller::of(parts, http).await?;
    caller.require(Scope::Manage)?;
    if caller.0.role.is_operator() {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::PermissionDenied, "/metrics is for operators").into())
}

impl Scrapes {
    /// What is kept for tasks, as it was a moment ago.
    pub(super) async fn files(&self, app: &App) -> Result<KeptFiles, HttpError> {
        Ok(self.latest(app).await?.stats.files)
    }

    /// Figures that are at most [`STATS_KEPT_MS`] old. Scrapes that come together share a read.
    pub(super) async fn latest(&self, app: &App) -> Result<Latest, HttpError> {
        let mut latest = self.latest.lock().await;
        let now_ms = app.clock.monotonic_ms();
        if let Some(known) = &*latest
            && now_ms - known.at_ms < STATS_KEPT_MS
        {
            return Ok(known.clone());
        }
        let stats = Arc::new(app.store.read(rushes_store::stats).await?);
        let fresh = Latest { at_ms: now_ms, stats, disk: self.look(app).await };
        *latest = Some(fresh.clone());
        Ok(fresh)
    }

    /// What the disk says, unless it does not answer in time or is still being asked.
    async fn look(&self, app: &App) -> Option<Disk> {
        let permit = Arc::clone(&self.looker).try_acquire_owned().ok()?;
        let storage = app.storage.clone();
        let data_dir = app.data_dir().path().to_owned();
        let look = tokio::task::spawn_blocking(move || {
            let length = |name: &str| {
                std::fs::metadata(data_dir.join(name)).map_or(0, |metadata| metadata.len())
            };
            let store_bytes = length(STORE_FILE) + length(&format!("{STORE_FILE}-wal"));
            let free_bytes = storage.free_bytes();
            drop(permit);
            free_bytes.ok().map(|free_bytes| Disk { free_bytes, store_bytes })
        });
        timeout(LOOK_WAIT, look).await.ok()?.ok()?
    }
}

/// Every state and model of the catalogue has its line, also without a task.
fn write_tasks(app: &App, stats: &Stats, now: Timestamp, text: &mut Text) {
    let live = || TaskState::ALL.into_iter().filter(|state| !state.is_terminal());
    let catalogue = app.prices.base();
    let models = catalogue.models().iter().map(|model| model.id.as_str());
    let help = "Unfinished tasks.";
    text.family("rushes_tasks", Kind::Gauge, help);
    for model in models.chain([OTHER_MODEL]) {
        for state in live() {
            let of_group = stats
                .live
                .iter()
                .filter(|group| group.state == state && label(catalogue, &group.model_id) == model);
            let count: u64 = of_group.map(|group| group.count).sum();
            if model != OTHER_MODEL || count > 0 {
                text.sample(&[("model", model), ("state", state.as_str())], count);
            }
        }
    }
    let help = "Age of the task that has waited longest in this state; 0 without one.";
    text.family("rushes_queue_age_seconds", Kind::Gauge, help);
    for state in [TaskState::Queued, TaskState::Parked] {
        let oldest = stats.live.iter().filter(|group| group.state == state);
        let since = oldest.map(|group| group.waiting_since).min();
        let age_ms = since.map_or(0, |since| now.ms_since(since).max(0));
        let (seconds, rest_ms) = (age_ms / 1_000, age_ms % 1_000);
        let age = format_args!("{seconds}.{rest_ms:03}");
        text.sample(&[("state", state.as_str())], age);
    }
}

fn write_money(stats: &Stats, text: &mut Text) {
    let sums = stats.ledger;
    let families = [
        ("rushes_ledger_credits_dollars", "All that was ever credited.", sums.credits),
        ("rushes_ledger_adjustments_dollars", "All corrections by operators.", sums.adjustments),
        ("rushes_ledger_posted_dollars", "All that was paid for videos.", sums.posted),
        ("rushes_ledger_pending_dollars", "All that is held for unfinished tasks.", sums.pending),
    ];
    for (name, help, sum) in families {
        text.family(name, Kind::Gauge, help).sample(&[], dollars(sum));
    }
}

/// An exact decimal number of dollars.
fn dollars(sum: TicksSum) -> String {
    let per_dollar = TicksSum::from(TICKS_PER_DOLLAR).unsigned_abs();
    let sign = if sum < 0 { "-" } else { "" };
    let magnitude = sum.unsigned_abs();
    let (whole, ticks) = (magnitude / per_dollar, magnitude % per_dollar);
    format!("{sign}{whole}.{ticks:010}")
}

fn write_storage(latest: &Latest, text: &mut Text) {
    let files = latest.stats.files;
    let help = "Files that tasks keep.";
    text.family("rushes_storage_files", Kind::Gauge, help)
        .sample(&[("kind", "video")], files.videos)
        .sample(&[("kind", "poster")], files.posters)
        .sample(&[("kind", "image")], files.images);
    let help = "What those files take; the size of posters is not kept.";
    text.family("rushes_storage_bytes", Kind::Gauge, help)
        .sample(&[("kind", "video")], files.video_bytes)
        .sample(&[("kind", "image")], files.image_bytes);
    if let Some(disk) = latest.disk {
        let help = "Free disk below the data directory.";
        text.family("rushes_disk_free_bytes", Kind::Gauge, help).sample(&[], disk.free_bytes);
        let help = "The database with its log.";
        text.family("rushes_store_bytes", Kind::Gauge, help).sample(&[], disk.store_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_exact_and_wider_than_one_amount() {
        assert_eq!(dollars(5_400_000_000), "0.5400000000");
        assert_eq!(dollars(-30_000_000_001), "-3.0000000001");
        assert_eq!(dollars(2 * TicksSum::from(i64::MAX)), "1844674407.3709551614");
    }
}
