//! Why a create is refused, in sentences.

use rushes_domain::admission::{Level, Period, Refusal, Withdrawn};
use rushes_domain::{ApiError, ErrorCode, Limit};

use crate::http::auth::{account_disabled, invalid_api_key};
use crate::http::error::HttpError;
use crate::http::rate::{Allowance, CreateLimit};

/// Seconds after which to try again when nothing serves the model.
const NO_CHANNEL_RETRY_SECONDS: u32 = 30;
/// Seconds after which to try again when too many tasks wait.
const QUEUE_FULL_RETRY_SECONDS: u32 = 5;

/// Most characters of a host that a message repeats.
const HOST_SHOWN_CHARS_MAX: usize = 64;

/// The bucket of the account or of the key is empty.
pub(super) fn rate_limited(allowance: &Allowance) -> HttpError {
    let seconds = allowance.retry_after_seconds();
    let whose = match allowance.refused_by {
        Some(CreateLimit::Key) => " with this API key",
        Some(CreateLimit::Account) | None => "",
    };
    ApiError::new(
        ErrorCode::RateLimited,
        format!("too many creates{whose}; the next one is possible in {seconds} s"),
    )
    .with_retry_after(seconds)
    .into()
}

/// The key belongs to another request.
pub(super) fn key_reused() -> HttpError {
    ApiError::new(
        ErrorCode::IdempotencyKeyReused,
        "this Idempotency-Key was used before with another request body, or with a key of the other \
         kind (test, live); use a new one",
    )
    .with_param("Idempotency-Key")
    .into()
}

/// No enabled webhook of the account has the callback URL's host.
pub(super) fn callback_not_registered(host: &str) -> HttpError {
    let host: String = host.chars().take(HOST_SHOWN_CHARS_MAX).collect();
    ApiError::invalid(
        "callback_url",
        format!(
            "callback_url: this account has no enabled webhook at {host}; register one first (POST /api/webhooks), \
             its secret signs the callbacks"
        ),
    )
    .into()
}

/// What the one decision about money and limits says.
pub(super) fn refused(refusal: &Refusal) -> HttpError {
    let code = refused_code(refusal);
    match *refusal {
        Refusal::InvalidKey => invalid_api_key().into(),
        Refusal::AccountDisabled => account_disabled().into(),
        Refusal::Withdrawn(what) => withdrawn(what).into(),
        Refusal::QueueFull { waiting, is_group } => queue_full(waiting, is_group).into(),
        Refusal::InsufficientQuota { needed, available } => ApiError::new(
            code,
            format!("the balance does not cover this video: ${needed} needed, ${available} left"),
        )
        .into(),
        Refusal::KeyBudgetExceeded { needed, left, period } => {
            let whose = match period {
                Period::Total => "the budget of this API key",
                Period::Month => "this month's budget of this API key",
            };
            let message =
                format!("{whose} does not cover this video: ${needed} needed, ${left} left");
            ApiError::new(code, message).into()
        }
    }
}

/// The code of a refusal.
pub(super) const fn refused_code(refusal: &Refusal) -> ErrorCode {
    match refusal {
        Refusal::InvalidKey => ErrorCode::InvalidApiKey,
        Refusal::AccountDisabled => ErrorCode::AccountDisabled,
        Refusal::Withdrawn(what) => withdrawn_code(*what),
        Refusal::QueueFull { .. } => ErrorCode::QueueFull,
        Refusal::InsufficientQuota { .. } => ErrorCode::InsufficientQuota,
        Refusal::KeyBudgetExceeded { .. } => ErrorCode::KeyBudgetExceeded,
    }
}

const fn withdrawn_code(what: Withdrawn) -> ErrorCode {
    match what {
        Withdrawn::Address => ErrorCode::IpNotAllowed,
        Withdrawn::Scope => ErrorCode::PermissionDenied,
        Withdrawn::KeyModel => ErrorCode::ModelNotAllowed,
        Withdrawn::GroupModel => ErrorCode::GroupNotAllowed,
    }
}

/// The code of a request that comes now, and in words that it was otherwise a moment ago.
fn withdrawn(what: Withdrawn) -> ApiError {
    let (message, param) = match what {
        Withdrawn::Address => ("this API key may no longer be used from this address", None),
        Withdrawn::Scope => ("this API key has lost the scope \"generate\"", None),
        Withdrawn::KeyModel => ("this API key may no longer use this model", Some("model")),
        Withdrawn::GroupModel => {
            ("the group of this account may no longer use this model", Some("model"))
        }
    };
    let refusal = ApiError::new(withdrawn_code(what), message);
    match param {
        Some(param) => refusal.with_param(param),
        None => refusal,
    }
}

fn queue_full(waiting: Level, is_group: bool) -> ApiError {
    let Level { count, max } = waiting;
    let (name, message) = if is_group {
        (
            "group-waiting",
            format!("the queue of your group is full ({count} waiting); try again in a while"),
        )
    } else {
        ("waiting", format!("your queue is full ({count} waiting); let some finish first"))
    };
    ApiError::new(ErrorCode::QueueFull, message)
        .with_limit(Limit { name, quota: max, window_seconds: None })
        .with_retry_after(QUEUE_FULL_RETRY_SECONDS)
}

/// Nothing makes videos for this key.
pub(super) fn no_channel() -> HttpError {
    ApiError::new(
        ErrorCode::NoChannel,
        "nothing serves this model at the moment: the operator has added no channel for it",
    )
    .with_retry_after(NO_CHANNEL_RETRY_SECONDS)
    .into()
}
