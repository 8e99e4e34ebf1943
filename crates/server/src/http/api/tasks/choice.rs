//! Which key of the account a video is made with.
//!
//! Guarantees: a key of somebody else, or none, is refused in the same words; one that cannot make
//! videos now is refused with why. Where a key may be used from is not asked of a person who chose
//! it: that rule is about its secret, which is not shown here. Not here: what the key may do, which
//! admission asks as of any key.

use std::sync::Arc;

use rushes_domain::account::{KeyKind, Scope, Scopes};
use rushes_domain::request::json::{Pairs, Value};
use rushes_domain::{ApiError, ErrorCode, KeyId};
use rushes_store::{KeyRow, Shown, StoreError, Tx, keys};

use crate::http::Http;
use crate::http::admission::order::{PARSE_INLINE_BYTES_MAX, off_the_loop};
use crate::http::api::actor::{Actor, Who};
use crate::http::auth::Caller;
use crate::http::body::ReadBody;
use crate::http::error::HttpError;

/// The field that names the key.
pub(super) const KEY_ID: &str = "key_id";

/// The key that a body names, or that the actor is, as a caller; with its secret if it was shown.
pub(super) async fn of_body(
    http: &Http,
    actor: &Actor,
    body: &ReadBody,
) -> Result<(Caller, Option<Shown>), HttpError> {
    let is_large = body.bytes.len() > PARSE_INLINE_BYTES_MAX;
    let (bytes, format) = (body.bytes.clone(), body.format.clone());
    let named =
        off_the_loop(is_large, move || format.pairs(&bytes).and_then(|it| named(&it))).await??;
    let key = chosen(http, actor, named).await?.ok_or_else(|| {
        let text = "key_id is required: the id of one of your keys (GET /api/keys)";
        ApiError::invalid(KEY_ID, text)
    })?;
    require_working(http, &key)?;
    let shown = match &actor.who {
        Who::Key(_, secret_hash) => {
            Some(Shown { secret_hash: *secret_hash, address: actor.address })
        }
        Who::Local | Who::Session(_) => None,
    };
    Ok((Caller(key), shown))
}

/// The key of this id, if the actor may choose it; without an id the actor's own, if it is one.
pub(super) async fn chosen(
    http: &Http,
    actor: &Actor,
    id: Option<KeyId>,
) -> Result<Option<Arc<KeyRow>>, HttpError> {
    let account_id = actor.own_account()?;
    if let Who::Key(own, _) = &actor.who {
        if id.is_some_and(|id| id != own.id) {
            let text = "a key makes videos with itself alone; sign in to choose another";
            return Err(ApiError::new(ErrorCode::PermissionDenied, text).with_param(KEY_ID).into());
        }
        return Ok(Some(Arc::clone(own)));
    }
    let Some(id) = id else { return Ok(None) };
    let read = move |tx: &mut Tx<'_>| match keys::hash_of(tx, id)? {
        Some(hash) => keys::find_key(tx, &hash),
        None => Ok(None),
    };
    let found: Option<KeyRow> = http.app.store.read(read).await?;
    let own = found.filter(|key| key.account_id == account_id).ok_or_else(no_such_key)?;
    Ok(Some(Arc::new(own)))
}

/// Refuses a key that makes no videos now.
fn require_working(http: &Http, key: &KeyRow) -> Result<(), ApiError> {
    let is_over = key.expires_at.is_some_and(|at| at <= http.app.clock.now());
    let text = if !key.enabled {
        "this key is disabled; choose another"
    } else if is_over {
        "this key's time is over; choose another"
    } else if !key.scopes.has(Scope::Generate) {
        "this key lacks the scope \"generate\"; choose another"
    } else {
        return Ok(());
    };
    Err(ApiError::new(ErrorCode::PermissionDenied, format!("key_id: {text}")).with_param(KEY_ID))
}

/// A key without limits of its own, as the account could make one: for what the account may use.
pub(super) async fn unlimited(http: &Http, actor: &Actor) -> Result<KeyRow, HttpError> {
    let account_id = actor.own_account()?;
    let read = move |tx: &mut Tx<'_>| {
        let account = rushes_store::account(tx, account_id)?.ok_or(StoreError::NotFound)?;
        let group = rushes_store::group(tx, account.group_id)?.ok_or(StoreError::NotFound)?;
        Ok((account, group))
    };
    let (account, group) = http.app.store.read(read).await?;
    Ok(KeyRow {
        id: KeyId(0),
        secret_hash: [0; 32],
        account_id,
        kind: KeyKind::Live,
        enabled: true,
        expires_at: None,
        scopes: Scopes::DEFAULT,
        models: None,
        addresses: None,
        creates_per_minute: None,
        account_name: account.name,
        role: account.role,
        account_enabled: account.enabled,
        group_id: account.group_id,
        multiplier_millionths: group.terms.multiplier_millionths,
        group_models: group.terms.models,
        group_creates_per_minute: group.terms.creates_per_minute,
    })
}

/// The key that a body names: a number, or its digits as a form has them.
fn named(pairs: &Pairs<'_>) -> Result<Option<KeyId>, ApiError> {
    let value = pairs.iter().find(|(name, _)| name == KEY_ID).map(|(_, value)| value);
    match value {
        None => Ok(None),
        Some(value) if value.is_absent() => Ok(None),
        Some(Value::Number(text) | Value::String(text)) => parse(text).map(Some),
        Some(_) => Err(ApiError::invalid(KEY_ID, "key_id must be the number of a key")),
    }
}

/// An id as text.
pub(super) fn parse(text: &str) -> Result<KeyId, ApiError> {
    let id = text.parse().map(KeyId);
    id.map_err(|_| ApiError::invalid(KEY_ID, "key_id must be the number of a key"))
}

fn no_such_key() -> ApiError {
    ApiError::invalid(KEY_ID, "key_id: your account has no such key (GET /api/keys lists them)")
}
