//! `/api/admin/settings`: what an operator sets while the gateway runs.
//!
//! Guarantees: changes are made one after another; one that is committed is in force.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use rushes_store::Tx;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::actor::Actor;
use super::super::{input, view};
use crate::http::Http;
use crate::http::error::HttpError;
use crate::openapi::refusals;
use crate::openapi::words::{OnOrOff, OpenOrClosed};
use crate::settings::{Settings, SettingsChange, word};

pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new().routes(routes!(show, change))
}

/// The settings in force.
#[derive(Serialize, ToSchema)]
#[schema(as = Settings)]
struct Shown {
    /// Whether people may make accounts by themselves.
    #[schema(inline, value_type = OpenOrClosed)]
    registration: &'static str,
    /// Whether a key can be copied again after it was made.
    #[schema(inline, value_type = OnOrOff)]
    key_reveal: &'static str,
    /// Whether prompts, addresses and programs are forgotten when a task ends.
    #[schema(inline, value_type = OnOrOff)]
    privacy: &'static str,
    /// Always `settings`.
    #[schema(pattern = "^settings$")]
    object: &'static str,
}

impl From<Settings> for Shown {
    fn from(settings: Settings) -> Self {
        let Settings { registration, key_reveal, privacy } = settings;
        Self {
            registration: if registration { "open" } else { "closed" },
            key_reveal: word(key_reveal),
            privacy: word(privacy),
            object: "settings",
        }
    }
}

/// The settings: what an operator sets while the gateway runs.
#[utoipa::path(get, path = "/api/admin/settings", operation_id = "getSettings", tag = "settings",
    responses((status = 200, body = Shown), refusals::ApiLook))]
async fn show(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    actor.require_operator()?;
    view::ok(&Shown::from(http.app.settings.get()))
}

/// Changes settings.
///
/// A value set here wins over the configuration's, and survives a restart.
#[utoipa::path(patch, path = "/api/admin/settings", operation_id = "changeSettings",
    tag = "settings", request_body = SettingsChange,
    responses((status = 200, body = Shown), refusals::ApiChange))]
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
    view::ok(&Shown::from(after))
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
        let values = (view::value(&before), view::value(&after));
        rushes_store::audit(tx, &actor.entry(now, "settings.update", "settings", None, values))
    };
    http.change(actor, change).await?;
    app.settings.put(after);
    Ok(after)
}
