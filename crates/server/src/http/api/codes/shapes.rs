//! What is asked and answered about redemption codes, with its schema.

use rushes_domain::Timestamp;
use rushes_store::CodeRow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::api::view::{Money, moment};
use crate::openapi::words::CodeStateWord;

/// A code that somebody has.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RedeemInput)]
pub(super) struct Redeem {
    /// In either case, with or without hyphens and spaces; `O` is read as 0, `I` and `L` as 1.
    #[schema(max_length = 100, examples("RC-0123-4567-89AB-CDEF-GHJK"))]
    pub(super) code: String,
}

/// New codes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CodesInput)]
pub(super) struct New {
    /// What each is worth, in US dollars: more than 0, at most 1000000.
    #[schema(pattern = r"^[0-9]{1,7}(\.[0-9]{1,10})?$", examples("5.00"))]
    pub(super) amount: String,
    /// How many.
    #[schema(minimum = 1, maximum = 1_000, default = 1)]
    pub(super) count: Option<u32>,
    /// A name for those that are made together; without line breaks.
    #[serde(default)]
    #[schema(max_length = 64, examples("spring fair"))]
    pub(super) batch: String,
    /// Until when they can be redeemed: seconds since 1970, not past, at most 100 years ahead.
    #[schema(minimum = 1, examples(1_893_456_000))]
    pub(super) expires_at: Option<i64>,
}

/// Which codes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only codes that were made together under this name.
    #[serde(default)]
    #[param(example = "spring fair")]
    pub(super) batch: String,
    /// Only codes with this state.
    #[param(inline, value_type = Option<CodeStateWord>)]
    pub(super) state: Option<String>,
    /// How many: 0 counts as 1, and more than 200 as 200.
    #[param(default = 50)]
    pub(super) limit: Option<u32>,
    /// The `next_after` of the page before.
    pub(super) after: Option<i64>,
}

/// A code by its id.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(super) struct CodePath {
    /// The code's id; its text is not known here.
    #[param(example = 7)]
    id: i64,
}

/// A redemption code.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RedemptionCode {
    /// Always `redemption_code`.
    #[schema(pattern = "^redemption_code$")]
    object: &'static str,
    id: i64,
    /// The part of its text that is shown.
    #[schema(examples("RC-…GHJK"))]
    mask: String,
    /// The name of those that were made together; may be empty.
    #[schema(examples("spring fair"))]
    batch: String,
    /// What it is worth.
    amount: Money,
    #[schema(inline, value_type = CodeStateWord)]
    state: &'static str,
    /// Seconds since 1970.
    created_at: i64,
    /// Until when it can be redeemed, in seconds since 1970; null for ever.
    #[schema(required)]
    expires_at: Option<i64>,
    /// When an operator took it back, in seconds since 1970.
    #[schema(required)]
    revoked_at: Option<i64>,
    /// Seconds since 1970.
    #[schema(required)]
    redeemed_at: Option<i64>,
    /// The id of the account that got its worth.
    #[schema(required)]
    redeemed_by: Option<i64>,
    /// Its text: only in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^RC(-[0-9A-HJKMNP-TV-Z]{4}){5}$")]
    #[schema(examples("RC-0123-4567-89AB-CDEF-GHJK"))]
    code: Option<String>,
}

impl RedemptionCode {
    /// A code at a moment, without its text.
    pub(super) fn of(row: &CodeRow, now: Timestamp) -> Self {
        Self {
            object: "redemption_code",
            id: row.id,
            mask: row.mask.clone(),
            batch: row.batch.clone(),
            amount: row.amount.into(),
            state: row.state(now).as_str(),
            created_at: row.created_at.unix_seconds(),
            expires_at: moment(row.expires_at),
            revoked_at: moment(row.revoked_at),
            redeemed_at: moment(row.redeemed_at),
            redeemed_by: row.redeemed_by.map(|id| id.0),
            code: None,
        }
    }

    /// The same with its text.
    pub(super) fn with_text(self, text: String) -> Self {
        Self { code: Some(text), ..self }
    }
}
