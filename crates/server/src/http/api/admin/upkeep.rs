//! `/api/admin/system/doctor` and `/api/admin/backups`: what keeps a gateway well.
//!
//! Guarantees: one examination and one backup at a time, none of them on a thread that answers requests; a
//! backup that would leave too little room for videos is not begun, and one that failed leaves nothing;
//! whoever hangs up stops neither, and a gateway that stops waits for neither. A backup is in the audit
//! log before there is one.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::{ApiError, ErrorCode, Limit};
use rushes_store::Tx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::actor::Actor;
use super::super::{input, view};
use crate::app::{App, STORE_FILE};
use crate::backup::kept::{self, Kept};
use crate::backup::{BackupError, Saved};
use crate::doctor::{self, Finding, Verdict};
use crate::http::Http;
use crate::http::error::{HttpError, busy, shutting_down, storage_full};
use crate::openapi::refusals;
use crate::storage::{FILES_FOLDER, IMAGES_FOLDER};

/// After so many seconds somebody who was told that one runs may ask again.
const RETRY_AFTER_SECONDS: u32 = 30;
/// The snapshot, and its place in the archive.
const COPIES: u64 = 2;

/// Looks at upstreams that are no channels yet, at a time.
const PROBES_MAX: usize = 4;

/// What is done once at a time, or few times.
pub(in crate::http) struct Upkeep {
    examination: Arc<Semaphore>,
    backup: Arc<Semaphore>,
    probes: Arc<Semaphore>,
}

impl Upkeep {
    /// A place for a look at an upstream that is no channel yet.
    pub(super) fn probe_turn(&self) -> Result<OwnedSemaphorePermit, HttpError> {
        let limit = Limit::at_once("probes", PROBES_MAX);
        take(&self.probes, limit, "upstreams are being looked at already")
    }
}

impl Default for Upkeep {
    fn default() -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Self { examination: places(1), backup: places(1), probes: places(PROBES_MAX) }
    }
}

pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new().routes(routes!(examine)).routes(routes!(backups, back_up))
}

/// What was found.
#[derive(Serialize, ToSchema)]
struct Doctor {
    /// Always `doctor`.
    #[schema(pattern = "^doctor$")]
    object: &'static str,
    /// Whether nothing is broken; warnings are no fault.
    ok: bool,
    /// When it was looked at, in seconds since 1970.
    at: i64,
    /// How long that took.
    took_ms: i64,
    checks: Vec<Finding>,
}

/// How much is looked at.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Depth {
    /// Whether the lengths of videos are enough; else every byte of them is read.
    #[serde(default)]
    quick: bool,
}

/// A backup.
#[derive(Serialize, ToSchema)]
#[schema(as = Backup)]
struct BackupView {
    /// Always `backup`.
    #[schema(pattern = "^backup$")]
    object: &'static str,
    /// Its file, in the folder `backups` of the data directory.
    #[schema(examples("rushes-20261128T205900000.tar"))]
    name: String,
    bytes: u64,
    /// When it was made, in seconds since 1970.
    created_at: i64,
}

impl From<Kept> for BackupView {
    fn from(Kept { name, bytes, created_at }: Kept) -> Self {
        Self { object: "backup", name, bytes, created_at }
    }
}

/// A backup that was just made.
#[derive(Serialize, ToSchema)]
#[schema(as = BackupMade)]
struct Made {
    /// Always `backup`.
    #[schema(pattern = "^backup$")]
    object: &'static str,
    /// Its file, in the folder `backups` of the data directory.
    name: String,
    bytes: u64,
    /// When it was made, in seconds since 1970.
    created_at: i64,
    /// How many accounts are in it.
    accounts: u64,
    /// How many tasks are in it.
    tasks: u64,
    /// How many videos are in it.
    videos: u64,
    /// What is odd about it, in words.
    warnings: Vec<String>,
}

/// What a backup holds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BackupInput)]
struct Wanted {
    /// Whether the videos are in it too.
    #[serde(default)]
    files: bool,
}

/// Holds balances against the ledger, tasks against files, and reads every video.
///
/// What `rushes doctor` does; nothing is changed. It may take minutes where there are many videos.
#[utoipa::path(get, path = "/api/admin/system/doctor", operation_id = "examine", tag = "settings",
    params(Depth), responses((status = 200, body = Doctor), refusals::ApiTasks))]
async fn examine(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let depth: Depth = input::query(query.as_deref())?;
    let limit = Limit::at_once("examinations", 1);
    let turn = take(&http.upkeep.examination, limit, "the gateway is being examined already")?;
    let app = Arc::clone(&http.app);
    let work = async move {
        let _turn = turn;
        let (at, began_ms) = (app.clock.now().unix_seconds(), app.clock.monotonic_ms());
        let checks = look(Arc::clone(&app), depth.quick).await?;
        let took_ms = app.clock.monotonic_ms().saturating_sub(began_ms);
        let ok = checks.iter().all(|it| it.verdict != Verdict::Fail);
        Ok(Doctor { object: "doctor", ok, at, took_ms, checks })
    };
    view::ok(&http.to_its_end(work).await?)
}

/// What the doctor finds. It asks the disk much: that is done away from the threads of requests.
async fn look(app: Arc<App>, is_quick: bool) -> Result<Vec<Finding>, HttpError> {
    let runtime = Handle::current();
    let work = tokio::task::spawn_blocking(move || {
        let lock = Finding::ok("lock", format!("held by this gateway, {}", std::process::id()));
        runtime.block_on(async {
            tokio::select! {
                found = doctor::examine(&app.config, is_quick, lock) => Some(found),
                () = app.stop.cancelled() => None,
            }
        })
    });
    let found = work.await.map_err(|error| HttpError::internal(&error))?;
    found.ok_or_else(|| shutting_down().into())
}

/// The backups that the gateway keeps, the newest first.
#[utoipa::path(get, path = "/api/admin/backups", operation_id = "listBackups", tag = "settings",
    responses((status = 200, body = view::List<BackupView>), refusals::ApiLook))]
async fn backups(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let data_dir = http.app.config.data_dir.clone();
    let look = tokio::task::spawn_blocking(move || kept::list(&data_dir));
    let kept = look.await.map_err(|error| HttpError::internal(&error))?;
    let kept = kept.map_err(|error| HttpError::internal(&error))?;
    view::ok(&view::List::whole(kept.into_iter().map(BackupView::from).collect()))
}

/// Makes a backup now, while everything goes on.
///
/// What `rushes backup --without-secrets` makes, in the folder `backups` of the data directory. The
/// newest 3 and the last of each of 7 days are kept, those with videos apart. `secret.key` is not in it: keep it
/// elsewhere. Copy backups to another disk.
#[utoipa::path(post, path = "/api/admin/backups", operation_id = "makeBackup", tag = "settings",
    request_body = Wanted, responses((status = 201, body = Made), refusals::ApiChange))]
async fn back_up(
    State(http): State<Arc<Http>>,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: Wanted = input::read(&parts.headers, body).await?;
    let permit = Arc::clone(&http.upkeep.backup).try_acquire_owned();
    let turn = permit.map_err(|_| {
        ApiError::new(ErrorCode::Conflict, "a backup is being made; wait until it is finished")
    })?;
    let work = {
        let http = Arc::clone(&http);
        async move { make(&http, &actor, wanted.files, turn).await }
    };
    view::answer(StatusCode::CREATED, &http.to_its_end(work).await?)
}

async fn make(
    http: &Http,
    actor: &Actor,
    with_files: bool,
    turn: OwnedSemaphorePermit,
) -> Result<Made, HttpError> {
    let app = &http.app;
    require_room(app, with_files).await?;
    let (data_dir, now) = (app.config.data_dir.clone(), app.clock.now());
    let entry = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let values = (Value::Null, json!({ "files": with_files }));
        rushes_store::audit(tx, &actor.entry(now, "backup.create", "backup", None, values))
    };
    http.change(actor, entry).await?;
    let stop = app.stop.clone();
    let work = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let mut progress = |_files: usize, _bytes: u64| {
            if stop.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        kept::make(&data_dir, with_files, now, &mut progress)
    });
    let made = work.await.map_err(|error| HttpError::internal(&error))?;
    let (name, Saved { manifest, bytes, warnings, .. }) = made.map_err(refusal)?;
    Ok(Made {
        object: "backup",
        name,
        bytes,
        created_at: now.unix_seconds(),
        accounts: manifest.accounts,
        tasks: manifest.tasks,
        videos: manifest.videos,
        warnings,
    })
}

/// Refuses a backup that would leave less room than creates need.
async fn require_room(app: &Arc<App>, with_files: bool) -> Result<(), HttpError> {
    let app = Arc::clone(app);
    let look = tokio::task::spawn_blocking(move || {
        let data_dir = &app.config.data_dir;
        let database = [STORE_FILE.to_owned(), format!("{STORE_FILE}-wal")];
        let database_bytes: u64 = database.iter().map(|name| length(&data_dir.join(name))).sum();
        let files_bytes =
            folder_bytes(&data_dir.join(IMAGES_FOLDER)).saturating_add(if with_files {
                folder_bytes(&data_dir.join(FILES_FOLDER))
            } else {
                0
            });
        let needed = database_bytes.saturating_mul(COPIES).saturating_add(files_bytes);
        let left = app.storage.free_bytes().map(|free| free.saturating_sub(needed));
        left.map(|left| left >= app.config.limits.storage_free_bytes_min)
    });
    let is_room = look.await.map_err(|error| HttpError::internal(&error))?;
    if is_room.map_err(|error| HttpError::internal(&error))? {
        return Ok(());
    }
    Err(storage_full().into())
}

/// A file's length in bytes; 0 if it is not there.
fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |it| it.len())
}

/// What the files of a folder take, in bytes.
fn folder_bytes(path: &Path) -> u64 {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| entry.metadata().map_or(0, |it| it.len())).sum()
}

fn refusal(error: BackupError) -> HttpError {
    match error {
        BackupError::Stopped => shutting_down().into(),
        BackupError::Refused(_) | BackupError::Damaged(_) => {
            ApiError::new(ErrorCode::Conflict, error.to_string()).into()
        }
        BackupError::Store(error) => error.into(),
        other => HttpError::internal(&other),
    }
}

fn take(
    places: &Arc<Semaphore>,
    limit: Limit,
    message: &str,
) -> Result<OwnedSemaphorePermit, HttpError> {
    let permit = Arc::clone(places).try_acquire_owned();
    permit.map_err(|_| busy(limit, message, RETRY_AFTER_SECONDS).into())
}
