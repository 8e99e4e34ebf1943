//! What a question about usage says, and the answer to it.

use rushes_store::{UsageGroup, UsageRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::api::view::Money;
use crate::openapi::words;

/// A question, as operators may ask it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Input {
    /// The first day, in UTC, not before 1970; by default 29 days before `to`.
    #[param(format = "date", example = "2026-11-01")]
    pub(super) from: Option<String>,
    /// The last day, in UTC; by default today. At most 400 days are summed at a time.
    #[param(format = "date", example = "2026-11-22")]
    pub(super) to: Option<String>,
    /// What to add up by; by default the day.
    #[param(inline, value_type = Option<words::UsageGroupWord>)]
    pub(super) group_by: Option<String>,
    /// Only this account: its name, or `id:` and its id.
    #[param(example = "lin")]
    pub(super) account: Option<String>,
}

/// A question about one's own account.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(super) struct OwnQuery {
    /// The first day, in UTC, not before 1970; by default 29 days before `to`.
    #[param(format = "date", example = "2026-11-01")]
    from: Option<String>,
    /// The last day, in UTC; by default today. At most 400 days are summed at a time.
    #[param(format = "date", example = "2026-11-22")]
    to: Option<String>,
    /// What to add up by; by default the day.
    #[param(inline)]
    group_by: Option<words::OwnUsageGroupWord>,
}

/// What was made and paid.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Usage {
    /// Always `usage`.
    #[schema(pattern = "^usage$")]
    pub(super) object: &'static str,
    /// The first day, in UTC.
    #[schema(format = "date")]
    pub(super) from: String,
    /// The last day, in UTC.
    #[schema(format = "date")]
    pub(super) to: String,
    #[schema(inline, value_type = words::UsageGroupWord)]
    pub(super) group_by: &'static str,
    /// The first 1000 sums, in the order of what they are added up by.
    pub(super) data: Vec<Sums>,
    /// Whether there are more sums than these; the total is of all.
    pub(super) has_more: bool,
    pub(super) total: Total,
}

/// A sum, and what it is of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageSums)]
pub(super) struct Sums {
    /// Videos.
    succeeded: u64,
    /// Tasks that failed.
    failed: u64,
    /// Tasks that were cancelled.
    cancelled: u64,
    /// Seconds of the videos.
    seconds: u64,
    /// What was paid.
    amount: Money,
    /// With `group_by=key`: the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<i64>,
    /// With `group_by=key`: how the key is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_name: Option<String>,
    /// With `group_by=account`: the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<i64>,
    /// With `group_by=account`: the account's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// With `group_by=day`: the day, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date")]
    day: Option<String>,
    /// With `group_by=model`: the model's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("grok-image-video"))]
    model: Option<String>,
}

impl Sums {
    /// The sum in a row; `name` is what a person calls the thing that it is of.
    pub(super) fn of(group: UsageGroup, row: &UsageRow, name: String) -> Self {
        let mut name = Some(name);
        let mut of = |wanted: UsageGroup| name.take_if(|_| group == wanted);
        Self {
            succeeded: row.succeeded_count,
            failed: row.failed_count,
            cancelled: row.cancelled_count,
            seconds: row.seconds,
            amount: row.posted.into(),
            key_id: row.key_id.map(|id| id.0),
            key_name: of(UsageGroup::Key),
            account_id: row.account_id.map(|id| id.0),
            account: of(UsageGroup::Account),
            day: of(UsageGroup::Day),
            model: of(UsageGroup::Model),
        }
    }
}

/// The sum of everything.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageTotal)]
pub(super) struct Total {
    /// Videos.
    succeeded: u64,
    /// Tasks that failed.
    failed: u64,
    /// Tasks that were cancelled.
    cancelled: u64,
    /// Seconds of the videos.
    seconds: u64,
    /// What was paid.
    amount: Money,
}

impl From<&UsageRow> for Total {
    fn from(row: &UsageRow) -> Self {
        Self {
            succeeded: row.succeeded_count,
            failed: row.failed_count,
            cancelled: row.cancelled_count,
            seconds: row.seconds,
            amount: row.posted.into(),
        }
    }
}
