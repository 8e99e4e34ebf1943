//! Secrets of keys: rolling one, and copying it again.
//!
//! Guarantees: those of `api::change`; whoever shows a secret that was rolled away in the meantime
//! rolls nothing; whether a copy is kept is decided in the transaction that keeps it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use rushes_domain::{ApiError, ErrorCode, KeyId};
use rushes_store::keys::{hash_of, key};
use rushes_store::{StoreError, Tx};
use serde_json::{Value, json};

use super::power::{Bounds, Subject};
use super::shapes::{KeyPath, Roll, Secret};
use super::{Door, HttpState, key_id, no_such_key};
use crate::http::Http;
use crate::http::api::actor::Actor;
use crate::http::api::{input, view};
use crate::http::error::HttpError;
use crate::http::path::Segment;
use crate::keys::make_secret;
use crate::openapi::refusals;
use crate::settings::is_key_reveal_on;

/// Longest time for which the secret before a roll works, in seconds: 7 days.
const GRACE_SECONDS_MAX: i64 = 7 * 86_400;

/// Gives one of your account's keys another secret, which is in this answer.
#[utoipa::path(post, path = "/api/keys/{id}/roll", operation_id = "rollKey", tag = "keys",
    params(KeyPath), request_body = Roll,
    responses((status = 200, body = view::Key), refusals::ApiChange))]
pub(super) async fn roll_own(
    State(http): HttpState,
    actor: Actor,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, HttpError> {
    roll(&http, &actor, Door::Own, key_id(&id)?, request).await
}

/// Gives a key of any account another secret, which is in this answer.
#[utoipa::path(post, path = "/api/admin/keys/{id}/roll", operation_id = "rollAnyKey",
    tag = "operators", params(KeyPath), request_body = Roll,
    responses((status = 200, body = view::Key), refusals::ApiChange))]
pub(super) async fn roll_any(
    State(http): HttpState,
    actor: Actor,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    roll(&http, &actor, Door::Admin, key_id(&id)?, request).await
}

async fn roll(
    http: &Http,
    actor: &Actor,
    door: Door,
    id: KeyId,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let wanted: Roll = input::read(&parts.headers, body).await?;
    let seconds = wanted.grace_seconds;
    if !(0..=GRACE_SECONDS_MAX).contains(&seconds) {
        let text = format!("grace_seconds must be from 0 to {GRACE_SECONDS_MAX} (7 days)");
        return Err(ApiError::invalid("grace_seconds", text).into());
    }
    let app = Arc::clone(&http.app);
    let now = app.clock.now();
    let old_expires_at = now.plus_ms(seconds.saturating_mul(1_000));
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let before = door.key(tx, actor, id)?;
        // The new secret is in the answer, and with it all that the key may do.
        Bounds::of(tx, actor, now)?.check(&Subject::of(&before, now), &before.terms)?;
        let is_revealable = is_key_reveal_on(tx, app.config.key_reveal)?;
        let (text, secret) = make_secret(before.kind, &*app.ids, &app.sealer, is_revealable);
        if !rushes_store::roll_key(tx, id, &secret, old_expires_at, now)? {
            return Err(StoreError::Busy);
        }
        let values = (
            json!({ "mask": before.mask }),
            json!({ "mask": secret.mask, "grace_seconds": seconds }),
        );
        let object = format!("key {id}");
        let entry = actor.entry(now, "key.roll", object, Some(before.account_id), values);
        rushes_store::audit(tx, &entry)?;
        Ok((key(tx, id)?.ok_or_else(no_such_key)?, text))
    };
    let (row, text) = http.change(actor, change).await?;
    view::ok(&view::Key::of(&row, now).with_secret(text))
}

/// Shows the secret of one of your account's keys again, where the operator keeps copies.
///
/// For a person who entered the password within the last ten minutes (`POST /api/session/confirm`).
#[utoipa::path(post, path = "/api/keys/{id}/reveal", operation_id = "revealKey", tag = "keys",
    security(("session" = [])), params(KeyPath),
    responses((status = 200, body = Secret), refusals::ApiReveal))]
pub(super) async fn reveal(
    State(http): HttpState,
    actor: Actor,
    Segment(id): Segment,
) -> Result<Response, HttpError> {
    let (app, id) = (Arc::clone(&http.app), key_id(&id)?);
    let now = app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let row = Door::Own.key(tx, actor, id)?;
        if !is_key_reveal_on(tx, app.config.key_reveal)? {
            let code = ErrorCode::KeyRevealOff;
            return Err(ApiError::new(code, code.title()).into());
        }
        actor.confirmed(now)?;
        let sealed = row.sealed.ok_or_else(|| {
            let text = "no copy of this key is kept; roll it to get a new one";
            ApiError::new(ErrorCode::Conflict, text)
        })?;
        let hash = hash_of(tx, id)?.ok_or_else(no_such_key)?;
        let object = format!("key {id}");
        let values = (Value::Null, Value::Null);
        let entry = actor.entry(now, "key.reveal", object, Some(row.account_id), values);
        rushes_store::audit(tx, &entry)?;
        Ok((sealed, hash))
    };
    let (sealed, hash) = http.change(&actor, change).await?;
    let opened = http.app.sealer.open(&sealed, &hash);
    let opened = opened.map_err(|error| HttpError::internal(&error))?;
    let text = String::from_utf8(opened).map_err(|error| HttpError::internal(&error))?;
    view::ok(&Secret::new(id, text))
}
