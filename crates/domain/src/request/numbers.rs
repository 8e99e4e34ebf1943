//! Whole numbers as clients send them: `6`, `6.0`, `"6"`, `6e0`.
//!
//! Guarantees: decided on the decimal text, so that no rounding makes 6.0000000000000000001 a 6,
//! and no exponent makes work.

use crate::catalogue::ModeLimits;
use crate::error::ApiError;
use crate::request::json::Value;

/// Most characters of a number that are looked at.
const NUMBER_CHARS_MAX: usize = 64;
/// Most characters of a number that a message repeats.
const SHOWN_CHARS_MAX: usize = 32;

/// A whole number from 0 to `u32::MAX`, given as number or string.
pub(crate) fn whole(value: &Value<'_>) -> Option<u32> {
    match value {
        Value::Number(text) => whole_text(text),
        Value::String(text) => whole_text(text.trim()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) | Value::File(_) => None,
    }
}

/// `-?digits[.digits][e[±]digits]`, if the value is whole and fits.
fn whole_text(text: &str) -> Option<u32> {
    if text.len() > NUMBER_CHARS_MAX {
        return None;
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_negative = integer.starts_with('-');
    let integer = integer.strip_prefix('-').unwrap_or(integer);
    let bare_exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if !is_digits(integer) || !is_digits(fraction) || !is_digits(bare_exponent) {
        return None;
    }
    let digits = format!("{integer}{fraction}");
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    if is_negative {
        return None;
    }
    let exponent: i64 = exponent.parse().ok()?;
    let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
    let point = i64::try_from(fraction.len()).ok()?;
    // value = significant × 10^power; a negative power leaves a fraction.
    let power = exponent.checked_add(zeros)?.checked_sub(point)?;
    let power = u32::try_from(power).ok().filter(|&power| power <= 10)?;
    let significant: u64 = significant.parse().ok()?;
    significant.checked_mul(10_u64.pow(power)).and_then(|value| u32::try_from(value).ok())
}

/// The refusal of a length: the allowed values, and what was sent. Always blames `seconds`, the
/// name of the field whose alias `duration` is.
pub(crate) fn seconds_problem(field: &str, sent: &str, limits: Option<&ModeLimits>) -> ApiError {
    let allowed = limits.map_or_else(
        || "from 1 to the model's max_seconds in GET /v1/models".to_owned(),
        |limits| {
            let offered: Vec<String> = limits.seconds.iter().map(u32::to_string).collect();
            format!("from 1 to {} (suggested: {})", limits.max_seconds, offered.join(", "))
        },
    );
    ApiError::invalid(
        "seconds",
        format!("{field} must be a whole number of seconds {allowed}, but {sent} was sent"),
    )
}

/// A value as the refusal of a number repeats it.
pub(crate) fn sent(value: &Value<'_>) -> String {
    value.shown(SHOWN_CHARS_MAX)
}
