//! What is asked about money, with its schema.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which page of a ledger.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// How many lines: 0 counts as 1, and more than 200 as 200.
    #[param(default = 50)]
    pub(super) limit: Option<u32>,
    /// The `next_after` of the page before.
    pub(super) after: Option<i64>,
}

/// A grant of credit.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditInput)]
pub(super) struct Credit {
    /// US dollars: more than 0, at most 1000000.
    #[schema(pattern = r"^[0-9]{1,7}(\.[0-9]{1,10})?$", examples("20.00"))]
    pub(super) amount: String,
    /// Why, for people; without line breaks.
    #[schema(min_length = 1, max_length = 500, pattern = r"\S", examples("order 17"))]
    pub(super) reason: String,
    /// A name of your own for this grant, by which it is booked once; random if absent.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$", examples("invoice-17"))]
    pub(super) reference: Option<String>,
}

/// A correction.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdjustmentInput)]
pub(super) struct Adjustment {
    /// US dollars, not 0, at most 1000000; negative to take, at most what the account can spend.
    #[schema(pattern = r"^-?[0-9]{1,7}(\.[0-9]{1,10})?$", examples("-0.54"))]
    pub(super) amount: String,
    /// Why, for people; without line breaks.
    #[schema(min_length = 1, max_length = 500, pattern = r"\S", examples("charged twice"))]
    pub(super) reason: String,
    /// A name of your own for this correction, by which it is booked once.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$", examples("ticket-17"))]
    pub(super) reference: Option<String>,
    /// The account's task that it is about.
    #[schema(pattern = "^task_[0-9a-f]{32}$", examples("task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f"))]
    pub(super) task_id: Option<String>,
}
