//! The JSON API behind the console and the command line: a person's own affairs under `/api`, an
//! operator's under `/api/admin`.
//!
//! Guarantees: it is the only door to what it does, for the console and the command line too. Who
//! acts is an [`Actor`](actor::Actor). Every change is one `store.write` that holds the change and
//! its line in the audit log. Lists answer `{"object":"list","data":[…],"has_more","next_after"}`;
//! amounts are `{"amount","ticks"}`, moments are whole seconds since 1970, what is not known or not
//! limited is null. Unknown fields are refused with their name. No answer holds a secret but the
//! one that makes, rolls or reveals it.

pub(super) mod actor;
pub(super) mod admin;
mod change;
mod codes;
mod console;
mod csv;
mod fields;
mod input;
mod keys;
mod login;
mod me;
mod money;
mod record;
pub(super) mod tasks;
mod usage;
mod view;
mod webhooks;

pub(super) use self::admin::upkeep::Upkeep;
pub(crate) use self::tasks::filter::{TASK_SOURCE_WORDS, TASK_STATE_WORDS};

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use super::Http;

/// All routes of the JSON API.
pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .merge(admin::routes())
        .merge(codes::routes())
        .merge(console::routes())
        .merge(keys::routes())
        .merge(login::routes())
        .merge(me::routes())
        .merge(money::routes())
        .merge(tasks::routes())
        .merge(usage::routes())
        .merge(webhooks::routes())
}
