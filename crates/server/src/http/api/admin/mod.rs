//! What operators do: accounts, groups, models, settings, and the log of it all.
//!
//! Guarantees: every route asks for an operator; only the owner touches operators and the owner.

mod accounts;
mod audit;
mod channels;
mod groups;
mod models;
mod settings;
mod system;

use std::sync::Arc;

use axum::Router;
use rushes_domain::account::Role;
use rushes_domain::{AccountId, ApiError, ErrorCode};
use rushes_store::AccountRow;

use super::actor::Actor;
use crate::http::Http;
use crate::http::error::HttpError;

/// Most characters of a name that a message repeats.
const NAME_SHOWN_CHARS_MAX: usize = 64;

/// The routes below `/api/admin` that are about no money.
pub(super) fn routes() -> Router<Arc<Http>> {
    Router::new()
        .merge(accounts::routes())
        .merge(audit::routes())
        .merge(channels::routes())
        .merge(groups::routes())
        .merge(models::routes())
        .merge(settings::routes())
        .merge(system::routes())
}

/// The account in a path: its id, or its name.
pub(super) async fn find_account(http: &Http, text: &str) -> Result<AccountRow, HttpError> {
    let (name, id) = (text.to_owned(), text.parse().ok().map(AccountId));
    let find = move |tx: &mut rushes_store::Tx<'_>| {
        if let Some(id) = id
            && let Some(found) = rushes_store::account(tx, id)?
        {
            return Ok(Some(found));
        }
        rushes_store::account_by_name(tx, &name)
    };
    let found = http.app.store.read(find).await?;
    Ok(found.ok_or_else(|| not_there("account", text))?)
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
}
