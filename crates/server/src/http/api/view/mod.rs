//! How things look in the JSON API.
//!
//! Guarantees: one type for each kind of thing, used by every route that shows it and by the
//! OpenAPI document; none shows a secret but the answer that makes one. What is not known or not
//! limited is null.

mod done;
mod log;
mod people;

use axum::response::Response;
use http::StatusCode;
use rushes_domain::{Ticks, Timestamp};
use rushes_store::Balance;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(in crate::http) use self::done::{PasswordChanged, SessionsEnded};
pub(in crate::http) use self::log::{AuditEntry, Transfer};
pub(in crate::http) use self::people::{Account, Group, Key, Session};
use crate::http::error::HttpError;
use crate::http::{json as answer_json, to_json};

/// An answer with a JSON value.
pub(in crate::http) fn answer(
    status: StatusCode,
    value: &impl Serialize,
) -> Result<Response, HttpError> {
    Ok(answer_json(status, to_json(serde_json::to_vec(value))?))
}

/// 200 with a JSON value.
pub(in crate::http) fn ok(value: &impl Serialize) -> Result<Response, HttpError> {
    answer(StatusCode::OK, value)
}

/// What is shown, as a value for the audit log.
pub(in crate::http) fn value(shown: &impl Serialize) -> Value {
    // Maps with text keys: it cannot fail.
    serde_json::to_value(shown).unwrap_or_default()
}

/// A moment in whole seconds since 1970.
pub(in crate::http) fn moment(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::unix_seconds)
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct List<T> {
    /// Always `list`.
    #[schema(pattern = "^list$")]
    object: &'static str,
    /// Whether there is another page.
    has_more: bool,
    data: Vec<T>,
    /// What to send as `after` for the next page; null on the last.
    #[schema(required)]
    next_after: Option<String>,
}

impl<T> List<T> {
    /// A page; `next_after` is what the next one is asked for with.
    pub(in crate::http) fn page(data: Vec<T>, next_after: Option<String>) -> Self {
        Self { object: "list", has_more: next_after.is_some(), data, next_after }
    }

    /// All there is.
    pub(in crate::http) fn whole(data: Vec<T>) -> Self {
        Self::page(data, None)
    }
}

/// An amount of money; negative only where something was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Money {
    /// US dollars, with 2 to 10 decimals.
    #[schema(pattern = r"^-?[0-9]+\.[0-9]{2,10}$", examples("0.54"))]
    amount: String,
    /// The same in units of 1e-10 dollar.
    #[schema(pattern = "^-?[0-9]+$", examples("5400000000"))]
    ticks: String,
}

impl From<Ticks> for Money {
    fn from(ticks: Ticks) -> Self {
        Self { amount: ticks.to_string(), ticks: ticks.0.to_string() }
    }
}

/// An account's money.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Balance)]
pub(in crate::http) struct BalanceView {
    /// What can be spent.
    available: Money,
    /// What is held for tasks under way.
    pending: Money,
    /// What was paid for videos.
    posted: Money,
    /// What was given.
    credits: Money,
    /// What corrections gave, less what they took.
    adjustments: Money,
}

impl From<&Balance> for BalanceView {
    fn from(balance: &Balance) -> Self {
        Self {
            available: balance.available.into(),
            pending: balance.pending.into(),
            posted: balance.posted.into(),
            credits: balance.credits.into(),
            adjustments: balance.adjustments.into(),
        }
    }
}
