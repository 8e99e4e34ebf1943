//! `/api/admin/settings`: what an operator sets while the gateway runs.
//!
//! Guarantees: changes are made one after another; one that is committed is in force.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use rushes_store::Tx;
use serde_json::{Value, json};

use super::super::actor::Actor;
use super::super::login::with;
use super::super::{input, view};
use crate::http::Http;
use crate::http::error::HttpError;
use crate::settings::{Settings, SettingsChange};

pub(super) fn routes() -> Router<Arc<Http>> {
    Router::new().route("/api/admin/settings", get(show).patch(change))
}

async fn show(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    actor.require_operator()?;
    view::ok(&shown(http.app.settings.get()))
}

fn shown(settings: Settings) -> Value {
    with(values(settings), "object", "settings")
}

fn values(settings: Settings) -> Value {
    serde_json::to_value(settings).unwrap_or_else(|_| json!({}))
}

async fn change(
    State(http): State<Arc<Http>>,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: SettingsChange = input::read(&parts.headers, body).await?;
    let after =
        Arc::clone(&http).to_its_end(async move { put(&http, &actor, wanted).await }).await?;
    view::ok(&shown(after))
}

async fn put(http: &Http, actor: &Actor, wanted: SettingsChange) -> Result<Settings, HttpError> {
    let app = &http.app;
    // One change at a time: each begins with what the one before left.
    let _turn = http.setting_changes.lock().await;
    let before = app.settings.get();
    let after = before.changed(wanted);
    let now = app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        after.write(tx, now)?;
        let values = (values(before), values(after));
        rushes_store::audit(tx, &actor.entry(now, "settings.update", "settings", None, values))
    };
    http.change(actor, change).await?;
    app.settings.put(after);
    Ok(after)
}
