//! `/api/admin/settings`: what an operator sets while the gateway runs.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
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
    let app = &http.app;
    // One change at a time: each begins with what the one before left.
    let _turn = http.setting_changes.lock().await;
    let before = app.settings.get();
    let after = before.changed(wanted);
    let now = app.clock.now();
    let entry =
        actor.entry(now, "settings.update", "settings", None, (values(before), values(after)));
    let write = move |tx: &mut rushes_store::Tx<'_>| {
        after.write(tx, now)?;
        rushes_store::audit(tx, &entry)
    };
    app.store.write(write).await?;
    app.settings.put(after);
    view::ok(&shown(after))
}
