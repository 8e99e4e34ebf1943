//! The header `Retry-After` (RFC 9110 section 10.2.3).

use std::time::UNIX_EPOCH;

use rushes_domain::Timestamp;

/// Longest wait that is understood, in milliseconds: a year, so that no sum with it overflows.
const RETRY_AFTER_MS_MAX: u64 = 365 * 24 * 3_600_000;

/// Milliseconds from `now` on that the value asks for: a number of seconds, or a date in any of the
/// three forms of HTTP, where one that has passed is 0. `None` for anything else.
pub(super) fn parse(value: &[u8], now: Timestamp) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Only more than a year does not fit.
        let seconds = text.parse::<u64>().unwrap_or(u64::MAX);
        return Some(seconds.saturating_mul(1_000).min(RETRY_AFTER_MS_MAX));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let date_ms = date.duration_since(UNIX_EPOCH).ok()?.as_millis();
    let now_ms = u128::try_from(now.0.div_euclid(1_000)).unwrap_or(0);
    let wait_ms = u64::try_from(date_ms.saturating_sub(now_ms)).unwrap_or(u64::MAX);
    Some(wait_ms.min(RETRY_AFTER_MS_MAX))
}
