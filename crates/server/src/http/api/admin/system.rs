//! `/api/admin/system`: what runs here, since when, and how full it is; and the one repair that can
//! be asked for.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use rushes_store::{Tx, embedded_migrations};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::actor::Actor;
use super::super::view;
use crate::app::STORE_FILE;
use crate::backup::kept;
use crate::config::Line;
use crate::http::Http;
use crate::http::error::HttpError;
use crate::openapi::refusals;

pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(rebuild))
}

/// What runs here.
#[derive(Serialize, ToSchema)]
struct System {
    /// Always `system`.
    #[schema(pattern = "^system$")]
    object: &'static str,
    /// Of the gateway.
    #[schema(examples("0.1.0"))]
    version: &'static str,
    /// Since the gateway was started.
    uptime_seconds: i64,
    /// How many migrations the database has had.
    schema_version: usize,
    /// What links begin with.
    #[schema(format = "uri")]
    public_url: String,
    /// Where the gateway listens.
    #[schema(examples("127.0.0.1:8080"))]
    listen: String,
    /// The folder that holds everything.
    data_dir: String,
    /// Whether passwords and cookies can be read on their way to `public_url`.
    insecure_cookie: bool,
    storage: Storage,
    /// The settings in force, and where each comes from.
    config: Vec<Line>,
}

/// How full the disk is; null for what cannot be told.
#[derive(Serialize, ToSchema)]
#[schema(as = SystemStorage)]
struct Storage {
    /// Free on the disk.
    #[schema(required)]
    free_bytes: Option<u64>,
    /// The database, without its log.
    #[schema(required)]
    database_bytes: Option<u64>,
    /// The videos that are kept.
    videos_bytes: u64,
    videos_count: u64,
    /// The backups that are kept here.
    #[schema(required)]
    backups_bytes: Option<u64>,
    #[schema(required)]
    backups_count: Option<u64>,
}

/// That the sums of usage were made anew.
#[derive(Serialize, ToSchema)]
#[schema(as = UsageRebuilt)]
struct Rebuilt {
    /// Always `usage_rebuilt`.
    #[schema(pattern = "^usage_rebuilt$")]
    object: &'static str,
    /// How many sums there are now.
    rows: u64,
    /// How many were wrong before.
    wrong: u64,
}

/// What runs here, since when, and how full the disk is.
#[utoipa::path(get, path = "/api/admin/system", operation_id = "getSystem", tag = "settings",
    responses((status = 200, body = System), refusals::ApiLook))]
async fn show(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let app = Arc::clone(&http.app);
    let disk = tokio::task::spawn_blocking(move || {
        let database = app.data_dir().path().join(STORE_FILE);
        let database_bytes = std::fs::metadata(database).map(|meta| meta.len()).ok();
        let backups = kept::list(app.data_dir().path()).ok();
        (app.storage.free_bytes().ok(), database_bytes, backups)
    });
    let (free_bytes, database_bytes, backups) =
        disk.await.map_err(|source| HttpError::internal(&source))?;
    let app = &http.app;
    let files = http.scrapes.files(app).await?;
    let uptime_ms = app.clock.monotonic_ms().saturating_sub(app.started_at_monotonic_ms);
    view::ok(&System {
        object: "system",
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: uptime_ms / 1_000,
        schema_version: embedded_migrations().len(),
        public_url: app.config.public_url.clone(),
        listen: app.config.listen.to_string(),
        data_dir: app.config.data_dir.display().to_string(),
        insecure_cookie: http.cookies.is_insecure(),
        storage: Storage {
            free_bytes,
            database_bytes,
            videos_bytes: files.video_bytes,
            videos_count: files.videos,
            backups_bytes: backups.as_ref().map(|all| all.iter().map(|it| it.bytes).sum()),
            backups_count: backups.as_ref().map(|all| all.len() as u64),
        },
        config: app.config.lines.clone(),
    })
}

/// Sums the usage of all days up anew from the ledger.
///
/// What `rushes doctor --rebuild-usage` does.
#[utoipa::path(post, path = "/api/admin/usage/rebuild", operation_id = "rebuildUsage",
    tag = "settings", responses((status = 200, body = Rebuilt), refusals::ApiDeed))]
async fn rebuild(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let entry = actor.entry(now, "usage.rebuild", "usage", None, (Value::Null, Value::Null));
        let report = rushes_store::rebuild_usage(tx)?;
        rushes_store::audit(tx, &entry)?;
        Ok(report)
    };
    let report = http.change(&actor, change).await?;
    view::ok(&Rebuilt { object: "usage_rebuilt", rows: report.rows, wrong: report.wrong })
}
