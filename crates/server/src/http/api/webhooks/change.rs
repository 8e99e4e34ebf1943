//! Making, changing, rotating and deleting endpoints.
//!
//! Guarantees: those of `api::change`; a URL is looked at, and its name resolved, before anything
//! is written; what an operator disabled its owner cannot enable.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::{ApiError, EndpointId, ErrorCode, Timestamp};
use rushes_store::{
    DisabledBy, ENDPOINTS_PER_ACCOUNT_MAX, EndpointRow, StoreError, Tx, add_endpoint,
    delete_endpoint, endpoint, next_endpoint_id, rotate_secret, update_endpoint,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::input::{NewWebhook, WebhookInput};
use super::{HttpState, Place, Want, WebhookPath, no_such_webhook, view};
use crate::app::App;
use crate::http::api::actor::Actor;
use crate::http::api::input;
use crate::http::api::view as api_view;
use crate::http::error::HttpError;
use crate::openapi::refusals;
use crate::signing;

/// Adds to your webhooks.
///
/// Only this answer shows the secret that signs what is sent.
#[utoipa::path(post, path = "/api/webhooks", operation_id = "createWebhook", tag = "webhooks",
    request_body = NewWebhook,
    responses((status = 201, body = view::Webhook), refusals::ApiChange))]
pub(super) async fn create(
    State(http): HttpState,
    actor: Actor,
    place: Place,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    allowed(&http.app, &actor, &place).await?;
    let wanted: WebhookInput = input::read(&parts.headers, body).await?;
    let terms = wanted.first_terms()?;
    wanted.vet(&http.app).await?;
    let app = Arc::clone(&http.app);
    let now = app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let account_id = place.account(tx, actor, Want::Change)?;
        let id = next_endpoint_id(tx)?;
        let (text, sealed) = make_secret(&app, id);
        if !add_endpoint(tx, id, account_id, &terms, &sealed, now)? {
            let most = ENDPOINTS_PER_ACCOUNT_MAX;
            let text = format!("an account has at most {most} webhooks; delete some first");
            return Err(ApiError::new(ErrorCode::Conflict, text).into());
        }
        let row = endpoint(tx, id)?.ok_or(StoreError::NotFound)?;
        note(tx, actor, "webhook.create", (Value::Null, view::audited(&row)), &row, now)?;
        Ok((row, text))
    };
    let (row, text) = http.change(&actor, change).await?;
    let shown = view::Webhook::of(&row, now).with_secret(text);
    api_view::answer(StatusCode::CREATED, &shown)
}

/// Refuses who may change nothing there, before a name is looked up for them.
async fn allowed(app: &App, actor: &Actor, place: &Place) -> Result<(), HttpError> {
    let (actor, place) = (actor.clone(), place.clone());
    let look = move |tx: &mut Tx<'_>| place.account(tx, &actor, Want::Change).map(drop);
    Ok(app.store.read(look).await?)
}

/// A secret's text, and how it is kept.
fn make_secret(app: &App, id: EndpointId) -> (String, Vec<u8>) {
    let text = signing::make_secret(&*app.ids);
    let context = format!("webhook {id}");
    let sealed = app.webhook_secrets.seal(&*app.ids, text.as_bytes(), context.as_bytes());
    (text, sealed)
}

/// Changes one of your webhooks.
#[utoipa::path(patch, path = "/api/webhooks/{id}", operation_id = "changeWebhook",
    tag = "webhooks", params(WebhookPath), request_body = WebhookInput,
    responses((status = 200, body = view::Webhook), refusals::ApiChange))]
pub(super) async fn update(
    State(http): HttpState,
    actor: Actor,
    place: Place,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    allowed(&http.app, &actor, &place).await?;
    let wanted: WebhookInput = input::read(&parts.headers, body).await?;
    wanted.vet(&http.app).await?;
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let before = place.endpoint(tx, actor, Want::Change)?;
        let by = if place.is_admin() { DisabledBy::Operator } else { DisabledBy::Owner };
        if before.terms.disabled_by == Some(DisabledBy::Operator)
            && wanted.enabled == Some(true)
            && !actor.role().is_operator()
        {
            let text = "an operator disabled this webhook; ask the operator of this gateway";
            let refusal = ApiError::new(ErrorCode::PermissionDenied, text);
            return Err(refusal.with_param("enabled").into());
        }
        let terms = wanted.terms(&before.terms, by)?;
        update_endpoint(tx, before.id, &terms, now)?;
        let after = endpoint(tx, before.id)?.ok_or_else(no_such_webhook)?;
        let values = (view::audited(&before), view::audited(&after));
        note(tx, actor, "webhook.update", values, &after, now)?;
        Ok(after)
    };
    let row = http.change(&actor, change).await?;
    api_view::ok(&view::Webhook::of(&row, now))
}

/// Gives one of your webhooks another secret.
///
/// Only this answer shows it. The one before signs too until `old_secret_expires_at`.
#[utoipa::path(post, path = "/api/webhooks/{id}/rotate", operation_id = "rotateWebhook",
    tag = "webhooks", params(WebhookPath),
    responses((status = 200, body = view::Webhook), refusals::ApiDeed))]
pub(super) async fn rotate(
    State(http): HttpState,
    actor: Actor,
    place: Place,
) -> Result<Response, HttpError> {
    let app = Arc::clone(&http.app);
    let now = app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let id = place.endpoint(tx, actor, Want::Change)?.id;
        let (text, sealed) = make_secret(&app, id);
        rotate_secret(tx, id, &sealed, now)?;
        let row = endpoint(tx, id)?.ok_or_else(no_such_webhook)?;
        note(tx, actor, "webhook.rotate", (Value::Null, Value::Null), &row, now)?;
        Ok((row, text))
    };
    let (row, text) = http.change(&actor, change).await?;
    api_view::ok(&view::Webhook::of(&row, now).with_secret(text))
}

/// That a webhook is gone.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDeleted)]
struct Deleted {
    /// Always `webhook_deleted`.
    #[schema(pattern = "^webhook_deleted$")]
    object: &'static str,
    id: i64,
}

/// Deletes one of your webhooks.
///
/// What was still to be sent to it is given up.
#[utoipa::path(delete, path = "/api/webhooks/{id}", operation_id = "deleteWebhook",
    tag = "webhooks", params(WebhookPath),
    responses((status = 200, body = Deleted), refusals::ApiDeed))]
pub(super) async fn delete(
    State(http): HttpState,
    actor: Actor,
    place: Place,
) -> Result<Response, HttpError> {
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let row = place.endpoint(tx, actor, Want::Change)?;
        delete_endpoint(tx, row.id, now)?;
        note(tx, actor, "webhook.delete", (view::audited(&row), Value::Null), &row, now)?;
        Ok(row.id)
    };
    let id = http.change(&actor, change).await?;
    api_view::ok(&Deleted { object: "webhook_deleted", id: id.0 })
}

/// A line of the audit log.
pub(super) fn note(
    tx: &mut Tx<'_>,
    actor: &Actor,
    action: &str,
    values: (Value, Value),
    row: &EndpointRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let object = format!("webhook {}", row.id);
    rushes_store::audit(tx, &actor.entry(now, action, object, Some(row.account_id), values))
}
