//! Why a create is refused, in sentences.

use rushes_domain::{ApiError, ErrorCode, Ticks};

use crate::http::error::HttpError;
use crate::http::rate::{Allowance, CreateLimit};

/// Seconds after which to try again when nothing serves the model.
const NO_CHANNEL_RETRY_SECONDS: u32 = 30;
/// Seconds after which to try again when too many tasks wait.
const QUEUE_FULL_RETRY_SECONDS: u32 = 5;

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
        "this Idempotency-Key was used before with another request body; use a new key",
    )
    .with_param("Idempotency-Key")
    .into()
}

/// What is needed, and what is left.
pub(super) fn insufficient_quota(needed: Ticks, available: Ticks) -> HttpError {
    ApiError::new(
        ErrorCode::InsufficientQuota,
        format!("the balance does not cover this video: ${needed} needed, ${available} left"),
    )
    .into()
}

/// Too many of the account's tasks are parked.
pub(super) fn queue_full(waiting: u32) -> HttpError {
    ApiError::new(
        ErrorCode::QueueFull,
        format!("{waiting} of your tasks are waiting already; let some finish first"),
    )
    .with_retry_after(QUEUE_FULL_RETRY_SECONDS)
    .into()
}

/// The account was disabled between the look at the key and the write.
pub(super) fn account_disabled() -> HttpError {
    ApiError::new(ErrorCode::AccountDisabled, ErrorCode::AccountDisabled.title()).into()
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
