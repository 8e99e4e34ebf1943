//! What operators do: accounts, groups, models, settings, and the log of it all.
//!
//! Guarantees: every route asks for an operator, and a change asks again in its transaction; only
//! the owner touches operators and the owner.

mod accounts;
mod audit;
mod channels;
pub(in crate::http) mod dashboard;
mod groups;
mod models;
mod settings;
mod system;
mod tasks;

use std::sync::Arc;

use rushes_domain::account::Role;
use rushes_domain::{AccountId, ApiError, ErrorCode};
use rushes_store::{AccountRow, StoreError, Tx};
use utoipa_axum::router::OpenApiRouter;

pub(super) use accounts::audited as audited_account;

use super::actor::Actor;
use crate::http::Http;
use crate::http::error::HttpError;

/// Most characters of a name that a message repeats.
const NAME_SHOWN_CHARS_MAX: usize = 64;

/// The routes below `/api/admin` that are about no money.
pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .merge(accounts::routes())
        .merge(audit::routes())
        .merge(channels::routes())
        .merge(dashboard::routes())
        .merge(groups::routes())
        .merge(models::routes())
        .merge(settings::routes())
        .merge(system::routes())
        .merge(tasks::routes())
}

/// Before an id in a path; no name has a colon, so a name of digits is never taken for an id.
const ID_PREFIX: &str = "id:";

/// The number of a path's `id:5`.
fn id_in(text: &str) -> Option<i64> {
    text.strip_prefix(ID_PREFIX)?.parse().ok()
}

/// The account in a path: its name, or `id:` and its id.
pub(super) fn account_named(tx: &mut Tx<'_>, text: &str) -> Result<AccountRow, StoreError> {
    let found = match id_in(text) {
        Some(id) => rushes_store::account(tx, AccountId(id))?,
        None => rushes_store::account_by_name(tx, text)?,
    };
    Ok(found.ok_or_else(|| not_there("account", text))?)
}

/// The account of an id, which is there.
pub(super) fn account_of(tx: &mut Tx<'_>, id: AccountId) -> Result<AccountRow, StoreError> {
    rushes_store::account(tx, id)?.ok_or(StoreError::NotFound)
}

/// [`account_named`] by itself.
pub(super) async fn find_account(http: &Http, text: &str) -> Result<AccountRow, HttpError> {
    let text = text.to_owned();
    Ok(http.app.store.read(move |tx| account_named(tx, &text)).await?)
}

/// There is no such thing.
fn not_there(what: &str, name: &str) -> ApiError {
    let shown: String = name.chars().take(NAME_SHOWN_CHARS_MAX).collect();
    ApiError::new(ErrorCode::NotFound, format!("there is no {what} {shown:?}"))
}

impl Actor {
    /// Refuses an operator who would touch an operator or the owner.
    pub(super) fn require_power_over(&self, account: &AccountRow) -> Result<(), ApiError> {
        if account.role == Role::User || self.account_id() == Some(account.id) {
            return Ok(());
        }
        self.require_owner("change the accounts of operators and of the owner")
    }

    /// Refuses to open the actor's own account: whoever has its key or an open browser would get all
    /// of it.
    pub(super) fn require_other(&self, account: &AccountRow) -> Result<(), ApiError> {
        if self.account_id() != Some(account.id) {
            return Ok(());
        }
        let text = "not for your own account; sign in and use POST /api/me/password, or run \
                    `rushes users` on the gateway's machine";
        Err(ApiError::new(ErrorCode::PermissionDenied, text))
    }
}
