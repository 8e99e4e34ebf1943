//! `/api/admin/system`: what runs here, since when, and how full it is; and the one repair that can
//! be asked for.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use rushes_store::{Tx, embedded_migrations};
use serde_json::{Value, json};

use super::super::actor::Actor;
use super::super::view;
use crate::app::STORE_FILE;
use crate::http::Http;
use crate::http::error::HttpError;

pub(super) fn routes() -> Router<Arc<Http>> {
    Router::new()
        .route("/api/admin/system", get(show))
        .route("/api/admin/usage/rebuild", post(rebuild))
}

async fn show(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let app = Arc::clone(&http.app);
    let disk = tokio::task::spawn_blocking(move || {
        let database = app.data_dir().path().join(STORE_FILE);
        let database_bytes = std::fs::metadata(database).map(|meta| meta.len()).ok();
        (app.storage.free_bytes().ok(), database_bytes)
    });
    let (free_bytes, database_bytes) = disk.await.map_err(|source| HttpError::internal(&source))?;
    let app = &http.app;
    let uptime_ms = app.clock.monotonic_ms().saturating_sub(app.started_at_monotonic_ms);
    view::ok(&json!({
        "object": "system",
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": uptime_ms / 1_000,
        "schema_version": embedded_migrations().len(),
        "public_url": app.config.public_url,
        "listen": app.config.listen.to_string(),
        "data_dir": app.config.data_dir.display().to_string(),
        "insecure_cookie": http.cookies.is_insecure(),
        "storage": { "free_bytes": free_bytes, "database_bytes": database_bytes },
    }))
}

/// Sums the usage of all days up anew from the ledger (`rushes doctor --rebuild-usage`).
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
    view::ok(&json!({ "object": "usage_rebuilt", "rows": report.rows, "wrong": report.wrong }))
}
