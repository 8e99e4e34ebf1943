//! API keys: a person's own under `/api/keys`, an account's under `/api/admin`.
//!
//! Guarantees: a key's text is in the answer that makes, rolls or reveals it and in no other; a
//! revelation needs a session whose password was shown within ten minutes and is in the audit log;
//! a key that is not the caller's does not exist for it. Both doors lead to the same changes
//! (`change`, `secret`); a key as the actor is bounded by `power`.

mod change;
mod input;
mod power;
mod secret;
mod shapes;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use rushes_domain::{AccountId, ApiError, ErrorCode, KeyId, Timestamp};
use rushes_store::keys::{addresses_of, key};
use rushes_store::{KeyDetail, StoreError, Tx};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::shapes::{KeyAddress, KeyPath};
use super::actor::Actor;
use super::admin::{account_of, find_account};
use super::view;
use crate::http::Http;
use crate::http::error::HttpError;
use crate::http::path::Segment;
use crate::openapi::parameters::AccountPath;
use crate::openapi::refusals;

/// The routes of this module.
pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .routes(routes!(list_own, change::create_own))
        .routes(routes!(show, change::change_own, change::delete_own))
        .routes(routes!(secret::roll_own))
        .routes(routes!(secret::reveal))
        .routes(routes!(addresses))
        .routes(routes!(list_of, change::create_for))
        .routes(routes!(show_any, change::change_any, change::delete_any))
        .routes(routes!(secret::roll_any))
}

type HttpState = State<Arc<Http>>;

/// By which door a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// `/api/keys`: to one's own keys.
    Own,
    /// `/api/admin`: an operator's, to everybody's.
    Admin,
}

impl Door {
    /// The key of this id, if the actor may change it.
    fn key(self, tx: &mut Tx<'_>, actor: &Actor, id: KeyId) -> Result<KeyDetail, StoreError> {
        let account_id = match self {
            Self::Own => Some(actor.own_account()?),
            Self::Admin => {
                actor.require_operator()?;
                None
            }
        };
        let found = key(tx, id)?.ok_or_else(no_such_key)?;
        match account_id {
            Some(own) if found.account_id != own => Err(no_such_key().into()),
            Some(_) => Ok(found),
            None => {
                actor.require_power_over(&account_of(tx, found.account_id)?)?;
                Ok(found)
            }
        }
    }
}

fn key_id(text: &str) -> Result<KeyId, ApiError> {
    text.parse().map(KeyId).map_err(|_| no_such_key())
}

fn no_such_key() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "there is no such key")
}

/// What the audit log keeps of a key.
fn audited(row: &KeyDetail, now: Timestamp) -> Value {
    let mut value = view::value(&view::Key::of(row, now));
    if let Value::Object(fields) = &mut value {
        fields.retain(|name, _| !name.starts_with("last_used") && !name.ends_with("used"));
    }
    value
}

/// Your account's keys.
#[utoipa::path(get, path = "/api/keys", operation_id = "listKeys", tag = "keys",
    responses((status = 200, body = view::List<view::Key>), refusals::ApiLook))]
async fn list_own(State(http): HttpState, actor: Actor) -> Result<Response, HttpError> {
    list(&http, actor.own_account()?).await
}

/// An account's keys.
#[utoipa::path(get, path = "/api/admin/accounts/{account}/keys", operation_id = "listAccountKeys",
    tag = "operators", params(AccountPath),
    responses((status = 200, body = view::List<view::Key>), refusals::ApiLook))]
async fn list_of(
    State(http): HttpState,
    actor: Actor,
    Segment(name): Segment,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    list(&http, find_account(&http, &name).await?.id).await
}

async fn list(http: &Http, account_id: AccountId) -> Result<Response, HttpError> {
    let rows = http.app.store.read(move |tx| rushes_store::keys_of(tx, account_id)).await?;
    let now = http.app.clock.now();
    view::ok(&view::List::whole(rows.iter().map(|row| view::Key::of(row, now)).collect()))
}

/// The key in a path, if it is of the caller's account.
async fn own_key(http: &Http, actor: &Actor, id: &str) -> Result<KeyDetail, HttpError> {
    let (id, actor) = (key_id(id)?, actor.clone());
    Ok(http.app.store.read(move |tx| Door::Own.key(tx, &actor, id)).await?)
}

/// One of your account's keys.
#[utoipa::path(get, path = "/api/keys/{id}", operation_id = "getKey", tag = "keys",
    params(KeyPath), responses((status = 200, body = view::Key), refusals::ApiLook))]
async fn show(
    State(http): HttpState,
    actor: Actor,
    Segment(id): Segment,
) -> Result<Response, HttpError> {
    let row = own_key(&http, &actor, &id).await?;
    view::ok(&view::Key::of(&row, http.app.clock.now()))
}

/// A key of any account.
#[utoipa::path(get, path = "/api/admin/keys/{id}", operation_id = "getAnyKey", tag = "operators",
    params(KeyPath), responses((status = 200, body = view::Key), refusals::ApiLook))]
async fn show_any(
    State(http): HttpState,
    actor: Actor,
    Segment(id): Segment,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let id = key_id(&id)?;
    let row = http.app.store.read(move |tx| key(tx, id)).await?.ok_or_else(no_such_key)?;
    view::ok(&view::Key::of(&row, http.app.clock.now()))
}

/// Where one of your account's keys was used from, the latest first.
#[utoipa::path(get, path = "/api/keys/{id}/addresses", operation_id = "listKeyAddresses",
    tag = "keys", params(KeyPath),
    responses((status = 200, body = view::List<KeyAddress>), refusals::ApiLook))]
async fn addresses(
    State(http): HttpState,
    actor: Actor,
    Segment(id): Segment,
) -> Result<Response, HttpError> {
    let id = own_key(&http, &actor, &id).await?.id;
    let uses = http.app.store.read(move |tx| addresses_of(tx, id)).await?;
    view::ok(&view::List::whole(uses.into_iter().map(KeyAddress::from).collect()))
}
