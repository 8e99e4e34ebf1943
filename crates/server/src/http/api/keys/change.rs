//! Making, changing and deleting keys.
//!
//! Guarantees: those of `api::change`; of two changes at a time none undoes the other, and a
//! customer cannot enable what an operator disabled.

use std::sync::Arc;

use axum::extract::Request;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use rushes_domain::account::Role;
use rushes_domain::{AccountId, ApiError, ErrorCode, KeyId, Limit, Timestamp};
use rushes_store::keys::{
    KEYS_PER_ACCOUNT_MAX, KEYS_PER_DAY_MAX, count_keys, key, many_keys_since,
};
use rushes_store::{KeyDetail, KeyTerms, NewKey, StoreError, Tx};
use serde_json::Value;

use super::input::{KeyChange, KeyInput};
use super::power::{Bounds, Subject};
use super::shapes::{Deleted, KeyPath};
use super::{Door, HttpState, audited, key_id, no_such_key};
use crate::app::App;
use crate::http::Http;
use crate::http::api::actor::Actor;
use crate::http::api::admin::{account_named, find_account};
use crate::http::api::{input, view};
use crate::http::error::HttpError;
use crate::http::path::Segment;
use crate::keys::make_secret;
use crate::openapi::parameters::AccountPath;
use crate::openapi::refusals;
use crate::settings::is_key_reveal_on;

/// Name of a key that was given none.
const UNNAMED: &str = "unnamed";
/// The time of [`KEYS_PER_DAY_MAX`].
const DAY_SECONDS: u32 = 86_400;

/// Makes a key for your account. Its secret is in this answer.
///
/// A key that makes another gives it no more than it has itself.
#[utoipa::path(post, path = "/api/keys", operation_id = "createKey", tag = "keys",
    request_body = KeyInput,
    responses((status = 201, body = view::Key), refusals::ApiChange))]
pub(super) async fn create_own(
    State(http): HttpState,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    actor.own_account()?;
    create(&http, &actor, None, request).await
}

/// Makes a key for an account. Its secret is in this answer.
#[utoipa::path(post, path = "/api/admin/accounts/{account}/keys",
    operation_id = "createAccountKey", tag = "operators", params(AccountPath),
    request_body = KeyInput,
    responses((status = 201, body = view::Key), refusals::ApiChange))]
pub(super) async fn create_for(
    State(http): HttpState,
    actor: Actor,
    Segment(name): Segment,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    find_account(&http, &name).await?;
    create(&http, &actor, Some(name), request).await
}

/// Makes a key for the account of this name, or for the actor's own.
async fn create(
    http: &Http,
    actor: &Actor,
    name: Option<String>,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let wanted: KeyInput = input::read(&parts.headers, body).await?;
    let (kind, app) = (wanted.kind()?, Arc::clone(&http.app));
    let now = app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let account_id = match &name {
            None => actor.own_account()?,
            Some(name) => {
                actor.require_operator()?;
                let account = account_named(tx, name)?;
                actor.require_power_over(&account)?;
                account.id
            }
        };
        check_count(tx, account_id, now)?;
        let bounds = Bounds::of(tx, actor, now)?;
        let subject = Subject::new_key(account_id, kind.unwrap_or_else(|| bounds.first_kind()));
        let first = bounds.first_terms(KeyTerms::named(UNNAMED), account_id);
        let terms = wanted.terms(&first, app.prices.base(), now)?;
        bounds.check(&subject, &terms)?;
        let (mut row, text) = insert(tx, &app, &subject, terms, now)?;
        if wanted.enabled == Some(false) {
            rushes_store::set_key_enabled(tx, row.id, false, name.is_some())?;
            row = key(tx, row.id)?.ok_or_else(no_such_key)?;
        }
        let values = (Value::Null, audited(&row, now));
        let object = format!("key {}", row.id);
        let entry = actor.entry(now, "key.create", object, Some(account_id), values);
        rushes_store::audit(tx, &entry)?;
        Ok((row, text))
    };
    let (row, text) = http.change(actor, change).await?;
    view::answer(StatusCode::CREATED, &view::Key::of(&row, now).with_secret(text))
}

fn insert(
    tx: &mut Tx<'_>,
    app: &App,
    subject: &Subject,
    terms: KeyTerms,
    now: Timestamp,
) -> Result<(KeyDetail, String), StoreError> {
    let &Subject { account_id, kind, .. } = subject;
    let is_revealable = is_key_reveal_on(tx, app.config.key_reveal)?;
    let (text, secret) = make_secret(kind, &*app.ids, &app.sealer, is_revealable);
    let new = NewKey { account_id, kind, secret, terms, now };
    // Random keys do not meet; if they did, another try would mend it.
    let id = rushes_store::create_key(tx, &new)?.ok_or(StoreError::Busy)?;
    Ok((key(tx, id)?.ok_or(StoreError::NotFound)?, text))
}

fn check_count(tx: &mut Tx<'_>, account_id: AccountId, now: Timestamp) -> Result<(), StoreError> {
    if count_keys(tx, account_id)? >= KEYS_PER_ACCOUNT_MAX {
        let text = format!("an account has at most {KEYS_PER_ACCOUNT_MAX} keys; delete some first");
        return Err(ApiError::new(ErrorCode::Conflict, text).into());
    }
    let Some(since) = many_keys_since(tx, account_id)? else { return Ok(()) };
    let wait_ms = i64::from(DAY_SECONDS) * 1_000 - now.ms_since(since);
    if wait_ms <= 0 {
        return Ok(());
    }
    let text = format!("an account may make {KEYS_PER_DAY_MAX} keys in 24 hours");
    let seconds = u32::try_from(wait_ms / 1_000 + 1).unwrap_or(u32::MAX);
    let limit = Limit { name: "keys", quota: KEYS_PER_DAY_MAX, window_seconds: Some(DAY_SECONDS) };
    let refusal = ApiError::new(ErrorCode::RateLimited, text).with_limit(limit);
    Err(refusal.with_retry_after(seconds).into())
}

/// Changes one of your account's keys; what it says holds for the key's next request.
#[utoipa::path(patch, path = "/api/keys/{id}", operation_id = "changeKey", tag = "keys",
    params(KeyPath), request_body = KeyChange,
    responses((status = 200, body = view::Key), refusals::ApiChange))]
pub(super) async fn change_own(
    State(http): HttpState,
    actor: Actor,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, HttpError> {
    update(&http, &actor, Door::Own, key_id(&id)?, request).await
}

/// Changes a key of any account. One that is disabled so, its account cannot enable again.
#[utoipa::path(patch, path = "/api/admin/keys/{id}", operation_id = "changeAnyKey",
    tag = "operators", params(KeyPath), request_body = KeyChange,
    responses((status = 200, body = view::Key), refusals::ApiChange))]
pub(super) async fn change_any(
    State(http): HttpState,
    actor: Actor,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    update(&http, &actor, Door::Admin, key_id(&id)?, request).await
}

async fn update(
    http: &Http,
    actor: &Actor,
    door: Door,
    id: KeyId,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let wanted: KeyInput = input::read(&parts.headers, body).await?;
    if wanted.kind.is_some() {
        return Err(ApiError::invalid("kind", "the kind of a key cannot be changed").into());
    }
    let app = Arc::clone(&http.app);
    let now = app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let before = door.key(tx, actor, id)?;
        let terms = wanted.terms(&before.terms, app.prices.base(), now)?;
        let enabled = wanted.enabled.unwrap_or(before.enabled);
        check_change(tx, actor, door, &before, (&terms, enabled), now)?;
        let by_operator = match (door, wanted.enabled) {
            (Door::Admin, Some(enabled)) => !enabled,
            (_, _) => before.disabled_by_operator,
        };
        let after = (&terms, enabled, by_operator && !enabled);
        if after == (&before.terms, before.enabled, before.disabled_by_operator) {
            return Ok(before);
        }
        rushes_store::update_key(tx, id, &terms)?;
        rushes_store::set_key_enabled(tx, id, enabled, by_operator)?;
        rushes_store::key_limits_changed(tx, id, now)?;
        let after = key(tx, id)?.ok_or_else(no_such_key)?;
        let values = (audited(&before, now), audited(&after, now));
        let object = format!("key {id}");
        let entry = actor.entry(now, "key.update", object, Some(before.account_id), values);
        rushes_store::audit(tx, &entry)?;
        Ok(after)
    };
    let row = http.change(actor, change).await?;
    view::ok(&view::Key::of(&row, now))
}

fn check_change(
    tx: &mut Tx<'_>,
    actor: &Actor,
    door: Door,
    before: &KeyDetail,
    (terms, enabled): (&KeyTerms, bool),
    now: Timestamp,
) -> Result<(), StoreError> {
    let is_enabled_now = enabled && !before.enabled;
    // Whoever it was disabled for does not undo that, by whichever door; but nobody is above the owner.
    let is_own = actor.account_id() == Some(before.account_id) && actor.role() != Role::Owner;
    if is_enabled_now && before.disabled_by_operator && (door == Door::Own || is_own) {
        let text = "an operator disabled this key; ask the operator of this gateway";
        return Err(ApiError::new(ErrorCode::PermissionDenied, text).with_param("enabled").into());
    }
    // To revoke is always allowed.
    if *terms == before.terms && !is_enabled_now {
        return Ok(());
    }
    let (bounds, subject) = (Bounds::of(tx, actor, now)?, Subject::of(before, now));
    bounds.check(&subject, &before.terms)?;
    Ok(bounds.check(&subject, terms)?)
}

/// Deletes one of your account's keys: it stops to work at once.
#[utoipa::path(delete, path = "/api/keys/{id}", operation_id = "deleteKey", tag = "keys",
    params(KeyPath), responses((status = 200, body = Deleted), refusals::ApiDeed))]
pub(super) async fn delete_own(
    State(http): HttpState,
    actor: Actor,
    Segment(id): Segment,
) -> Result<Response, HttpError> {
    delete(&http, &actor, Door::Own, key_id(&id)?).await
}

/// Deletes a key of any account: it stops to work at once.
#[utoipa::path(delete, path = "/api/admin/keys/{id}", operation_id = "deleteAnyKey",
    tag = "operators", params(KeyPath),
    responses((status = 200, body = Deleted), refusals::ApiDeed))]
pub(super) async fn delete_any(
    State(http): HttpState,
    actor: Actor,
    Segment(id): Segment,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    delete(&http, &actor, Door::Admin, key_id(&id)?).await
}

async fn delete(http: &Http, actor: &Actor, door: Door, id: KeyId) -> Result<Response, HttpError> {
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let row = door.key(tx, actor, id)?;
        rushes_store::delete_key(tx, id, now)?;
        let values = (audited(&row, now), Value::Null);
        let object = format!("key {id}");
        let entry = actor.entry(now, "key.delete", object, Some(row.account_id), values);
        rushes_store::audit(tx, &entry)
    };
    http.change(actor, change).await?;
    view::ok(&Deleted::new(id))
}
