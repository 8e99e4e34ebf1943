//! API keys: a person's own under `/api/keys`, an account's under `/api/admin`.
//!
//! Guarantees: a key's text is in the answer that makes, rolls or reveals it and in no other; a
//! revelation needs a session whose password was shown within ten minutes and is in the audit log;
//! a key that is not the caller's does not exist for it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use rushes_domain::{AccountId, ApiError, ErrorCode, KeyId, Timestamp};
use rushes_store::keys::{KEYS_PER_ACCOUNT_MAX, addresses_of, key};
use rushes_store::{KeyDetail, KeyTerms, NewKey, StoreError, Tx};
use serde::Deserialize;
use serde_json::{Value, json};

use super::actor::Actor;
use super::admin::find_account;
use super::keys_input::KeyInput;
use super::login::with;
use super::{input, view};
use crate::http::Http;
use crate::http::error::HttpError;
use crate::keys::make_secret;

/// Name of a key that was given none.
const UNNAMED: &str = "unnamed";
/// Longest time for which the secret before a roll works, in seconds: 7 days.
const GRACE_SECONDS_MAX: i64 = 7 * 86_400;

/// The routes of this module.
pub(super) fn routes() -> Router<Arc<Http>> {
    Router::new()
        .route("/api/keys", get(list_own).post(create_own))
        .route("/api/keys/{id}", get(show).patch(change).delete(remove))
        .route("/api/keys/{id}/roll", post(roll))
        .route("/api/keys/{id}/reveal", post(reveal))
        .route("/api/keys/{id}/addresses", get(addresses))
        .route("/api/admin/accounts/{account}/keys", get(list_of).post(create_for))
        .route("/api/admin/keys/{id}", get(show_any).patch(change_any).delete(remove_any))
        .route("/api/admin/keys/{id}/roll", post(roll_any))
}

type HttpState = State<Arc<Http>>;

async fn list_own(State(http): HttpState, actor: Actor) -> Result<Response, HttpError> {
    list(&http, actor.own_account()?).await
}

async fn list_of(
    State(http): HttpState,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    list(&http, find_account(&http, &name).await?.id).await
}

async fn list(http: &Http, account_id: AccountId) -> Result<Response, HttpError> {
    let rows = http.app.store.read(move |tx| rushes_store::keys_of(tx, account_id)).await?;
    let now = http.app.clock.now();
    view::ok(&view::list(rows.iter().map(|row| view::key(row, now)).collect(), None))
}

async fn create_own(
    State(http): HttpState,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    let account_id = actor.own_account()?;
    create(&http, &actor, account_id, request).await
}

async fn create_for(
    State(http): HttpState,
    actor: Actor,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let account = find_account(&http, &name).await?;
    actor.require_power_over(&account)?;
    create(&http, &actor, account.id, request).await
}

async fn create(
    http: &Http,
    actor: &Actor,
    account_id: AccountId,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let wanted: KeyInput = input::read(&parts.headers, body).await?;
    let app = &http.app;
    let (kind, now) = (wanted.kind()?, app.clock.now());
    let unnamed = KeyTerms::named(UNNAMED);
    let mut terms = wanted.terms(&unnamed, actor, app.prices.base(), now)?;
    if let super::actor::Who::Key(own) = &actor.who {
        // The default scopes are no way to more than the calling key has.
        terms.scopes = terms.scopes.iter().filter(|&scope| own.scopes.has(scope)).collect();
    }
    let (text, secret) = make_secret(kind, &*app.ids, &app.sealer, app.settings.get().key_reveal);
    let new = NewKey { account_id, kind, secret, terms, now };
    let entry = actor.entry(now, "key.create", "", Some(account_id), (Value::Null, Value::Null));
    let write = move |tx: &mut Tx<'_>| {
        let count = rushes_store::keys_of(tx, account_id)?.len();
        if u32::try_from(count).is_ok_and(|count| count >= KEYS_PER_ACCOUNT_MAX) {
            return Ok(None);
        }
        // Random keys do not meet; if they did, another try would mend it.
        let id = rushes_store::create_key(tx, &new)?.ok_or(StoreError::Busy)?;
        let row = key(tx, id)?.ok_or(StoreError::NotFound)?;
        let mut entry = entry.clone();
        entry.object = format!("key {id}");
        entry.after = Some(audited(&row, now).to_string());
        rushes_store::audit(tx, &entry)?;
        Ok(Some(row))
    };
    let row = app.store.write(write).await?.ok_or_else(|| {
        ApiError::new(
            ErrorCode::Conflict,
            format!("an account has at most {KEYS_PER_ACCOUNT_MAX} keys; delete some first"),
        )
    })?;
    view::answer(StatusCode::CREATED, &with(view::key(&row, now), "key", text))
}

/// What the audit log keeps of a key.
fn audited(row: &KeyDetail, now: Timestamp) -> Value {
    let mut value = view::key(row, now);
    if let Value::Object(fields) = &mut value {
        fields.retain(|name, _| !name.starts_with("last_used") && !name.ends_with("used"));
    }
    value
}

/// The key in a path, if it is of the caller's account.
async fn own_key(http: &Http, actor: &Actor, id: &str) -> Result<KeyDetail, HttpError> {
    let account_id = actor.own_account()?;
    let found = any_key(http, id).await?;
    if found.account_id == account_id { Ok(found) } else { Err(no_such_key().into()) }
}

async fn any_key(http: &Http, id: &str) -> Result<KeyDetail, HttpError> {
    let id: KeyId = id.parse().map(KeyId).map_err(|_| no_such_key())?;
    let found = http.app.store.read(move |tx| key(tx, id)).await?;
    Ok(found.ok_or_else(no_such_key)?)
}

/// The same for an operator, who has power over the key's account.
async fn ruled_key(http: &Http, actor: &Actor, id: &str) -> Result<KeyDetail, HttpError> {
    actor.require_operator()?;
    let found = any_key(http, id).await?;
    let account = find_account(http, &found.account_id.to_string()).await?;
    actor.require_power_over(&account)?;
    Ok(found)
}

fn no_such_key() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "there is no such key")
}

async fn show(
    State(http): HttpState,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    let row = own_key(&http, &actor, &id).await?;
    view::ok(&view::key(&row, http.app.clock.now()))
}

async fn show_any(
    State(http): HttpState,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let row = any_key(&http, &id).await?;
    view::ok(&view::key(&row, http.app.clock.now()))
}

async fn change(
    State(http): HttpState,
    actor: Actor,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, HttpError> {
    let row = own_key(&http, &actor, &id).await?;
    update(&http, &actor, row, request).await
}

async fn change_any(
    State(http): HttpState,
    actor: Actor,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, HttpError> {
    let row = ruled_key(&http, &actor, &id).await?;
    update(&http, &actor, row, request).await
}

async fn update(
    http: &Http,
    actor: &Actor,
    before: KeyDetail,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let wanted: KeyInput = input::read(&parts.headers, body).await?;
    if wanted.kind.is_some() {
        return Err(ApiError::invalid("kind", "the kind of a key cannot be changed").into());
    }
    let app = &http.app;
    let now = app.clock.now();
    let terms = wanted.terms(&before.terms, actor, app.prices.base(), now)?;
    let (id, enabled) = (before.id, wanted.enabled.unwrap_or(before.enabled));
    let after = KeyDetail { terms: terms.clone(), enabled, ..before.clone() };
    let values = (audited(&before, now), audited(&after, now));
    let object = format!("key {id}");
    let entry = actor.entry(now, "key.update", object, Some(before.account_id), values);
    let write = move |tx: &mut Tx<'_>| {
        let is_there = rushes_store::update_key(tx, id, &terms)?
            && rushes_store::set_key_enabled(tx, id, enabled)?;
        if is_there {
            rushes_store::key_limits_changed(tx, id, now)?;
            rushes_store::audit(tx, &entry)?;
        }
        key(tx, id)
    };
    let row = app.store.write(write).await?.ok_or_else(no_such_key)?;
    view::ok(&view::key(&row, now))
}

async fn remove(
    State(http): HttpState,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    let row = own_key(&http, &actor, &id).await?;
    delete(&http, &actor, &row).await
}

async fn remove_any(
    State(http): HttpState,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    let row = ruled_key(&http, &actor, &id).await?;
    delete(&http, &actor, &row).await
}

async fn delete(http: &Http, actor: &Actor, row: &KeyDetail) -> Result<Response, HttpError> {
    let app = &http.app;
    let (id, now) = (row.id, app.clock.now());
    let values = (audited(row, now), Value::Null);
    let entry = actor.entry(now, "key.delete", format!("key {id}"), Some(row.account_id), values);
    let write = move |tx: &mut Tx<'_>| {
        let is_deleted = rushes_store::delete_key(tx, id, now)?;
        if is_deleted {
            rushes_store::audit(tx, &entry)?;
        }
        Ok(is_deleted)
    };
    if !app.store.write(write).await? {
        return Err(no_such_key().into());
    }
    view::ok(&json!({ "object": "key_deleted", "id": id.0 }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Roll {
    #[serde(default)]
    grace_seconds: i64,
}

async fn roll(
    State(http): HttpState,
    actor: Actor,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, HttpError> {
    let row = own_key(&http, &actor, &id).await?;
    give_new_secret(&http, &actor, &row, request).await
}

async fn roll_any(
    State(http): HttpState,
    actor: Actor,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, HttpError> {
    let row = ruled_key(&http, &actor, &id).await?;
    give_new_secret(&http, &actor, &row, request).await
}

async fn give_new_secret(
    http: &Http,
    actor: &Actor,
    row: &KeyDetail,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let wanted: Roll = input::read(&parts.headers, body).await?;
    if !(0..=GRACE_SECONDS_MAX).contains(&wanted.grace_seconds) {
        return Err(ApiError::invalid(
            "grace_seconds",
            format!("grace_seconds must be from 0 to {GRACE_SECONDS_MAX}"),
        )
        .into());
    }
    let app = &http.app;
    let (id, now) = (row.id, app.clock.now());
    let old_expires_at = now.plus_ms(wanted.grace_seconds.saturating_mul(1_000));
    let (text, secret) =
        make_secret(row.kind, &*app.ids, &app.sealer, app.settings.get().key_reveal);
    let values = (
        json!({ "mask": row.mask }),
        json!({ "mask": secret.mask, "grace_seconds": wanted.grace_seconds }),
    );
    let entry = actor.entry(now, "key.roll", format!("key {id}"), Some(row.account_id), values);
    let write = move |tx: &mut Tx<'_>| {
        if !rushes_store::roll_key(tx, id, &secret, old_expires_at, now)? {
            return Ok(None);
        }
        rushes_store::audit(tx, &entry)?;
        key(tx, id)
    };
    let row = app.store.write(write).await?.ok_or_else(no_such_key)?;
    view::ok(&with(view::key(&row, now), "key", text))
}

async fn reveal(
    State(http): HttpState,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    let app = &http.app;
    let row = own_key(&http, &actor, &id).await?;
    if !app.settings.get().key_reveal {
        let error = ApiError::new(ErrorCode::KeyRevealOff, ErrorCode::KeyRevealOff.title());
        return Err(error.into());
    }
    let now = app.clock.now();
    actor.confirmed(now)?;
    let sealed = row.sealed.as_deref().ok_or_else(|| {
        ApiError::new(ErrorCode::Conflict, "no copy of this key is kept; roll it to get a new one")
    })?;
    let (hash, sealed) = (hash_of(&http, row.id).await?, sealed.to_vec());
    let opened = app.sealer.open(&sealed, &hash).map_err(|error| HttpError::internal(&error))?;
    let text = String::from_utf8(opened).map_err(|error| HttpError::internal(&error))?;
    let object = format!("key {}", row.id);
    let values = (Value::Null, Value::Null);
    let entry = actor.entry(now, "key.reveal", object, Some(row.account_id), values);
    app.store.write(move |tx| rushes_store::audit(tx, &entry)).await?;
    view::ok(&json!({ "object": "key_secret", "id": row.id.0, "key": text }))
}

/// The hash under which a key was sealed.
async fn hash_of(http: &Http, id: KeyId) -> Result<[u8; 32], HttpError> {
    let found = http.app.store.read(move |tx| rushes_store::keys::hash_of(tx, id)).await?;
    Ok(found.ok_or_else(no_such_key)?)
}

async fn addresses(
    State(http): HttpState,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    let id = own_key(&http, &actor, &id).await?.id;
    let uses = http.app.store.read(move |tx| addresses_of(tx, id)).await?;
    let data = uses
        .iter()
        .map(|each| {
            json!({
                "object": "key_address",
                "address": each.address,
                "client": each.client,
                "last_used_at": each.at.unix_seconds(),
            })
        })
        .collect();
    view::ok(&view::list(data, None))
}
