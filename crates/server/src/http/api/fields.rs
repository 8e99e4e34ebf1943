//! Fields that several requests have: money, names, moments, lists of models.

use rushes_domain::catalogue::Catalogue;
use rushes_domain::{ApiError, Ticks, Timestamp};
use serde::{Deserialize, Deserializer};

/// Most characters of a name that people read.
pub(super) const DISPLAY_NAME_CHARS_MAX: usize = 100;
/// Most characters of a reason.
const REASON_CHARS_MAX: usize = 500;
/// Largest amount in one request, in dollars.
const AMOUNT_DOLLARS_MAX: i64 = 1_000_000;
/// Longest time ahead that a moment may be, in days.
const DAYS_AHEAD_MAX: i64 = 36_500;

/// A field of a change that may be absent, null or a value. With `#[serde(default)]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Patch<T> {
    /// Absent: it stays as it is.
    #[default]
    Keep,
    /// Null: no limit.
    Clear,
    /// A value.
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let value = Option::deserialize(input)?;
        Ok(value.map_or(Self::Clear, Self::Set))
    }
}

impl<T> Patch<T> {
    /// Changes `place` to what `read` makes of the value.
    pub(super) fn apply<U>(
        &self,
        place: &mut Option<U>,
        read: impl FnOnce(&T) -> Result<U, ApiError>,
    ) -> Result<(), ApiError> {
        match self {
            Self::Keep => {}
            Self::Clear => *place = None,
            Self::Set(value) => *place = Some(read(value)?),
        }
        Ok(())
    }
}

/// Text that people read: at most so many characters, no control characters, trimmed.
pub(super) fn text(field: &str, text: &str, chars_max: usize) -> Result<String, ApiError> {
    let text = text.trim();
    if text.chars().count() > chars_max || text.chars().any(char::is_control) {
        return Err(ApiError::invalid(
            field,
            format!("{field} must be at most {chars_max} characters, without line breaks"),
        ));
    }
    Ok(text.to_owned())
}

/// Text that must not be empty.
pub(super) fn some_text(field: &str, given: &str, chars_max: usize) -> Result<String, ApiError> {
    let read = text(field, given, chars_max)?;
    if read.is_empty() {
        return Err(ApiError::invalid(field, format!("{field} is required")));
    }
    Ok(read)
}

/// How somebody likes to be called; may be empty.
pub(super) fn display_name(given: &str) -> Result<String, ApiError> {
    text("display_name", given, DISPLAY_NAME_CHARS_MAX)
}

/// Why money moves.
pub(super) fn reason(given: &str) -> Result<String, ApiError> {
    some_text("reason", given, REASON_CHARS_MAX)
}

/// An amount of dollars as text, more than nothing.
pub(super) fn amount(field: &str, given: &str) -> Result<Ticks, ApiError> {
    let ticks = signed_amount(field, given)?;
    if ticks <= Ticks::ZERO {
        return Err(ApiError::invalid(field, format!("{field} must be more than 0")));
    }
    Ok(ticks)
}

/// An amount of dollars as text, not zero.
pub(super) fn signed_amount(field: &str, given: &str) -> Result<Ticks, ApiError> {
    let most = AMOUNT_DOLLARS_MAX.saturating_mul(rushes_domain::money::TICKS_PER_DOLLAR);
    let ticks = Ticks::parse_dollars(given)
        .map_err(|error| ApiError::invalid(field, format!("{field}: {error}")))?;
    if ticks == Ticks::ZERO || ticks.0.saturating_abs() > most {
        return Err(ApiError::invalid(
            field,
            format!("{field} must not be 0 and be at most {AMOUNT_DOLLARS_MAX} dollars"),
        ));
    }
    Ok(ticks)
}

/// A moment in the future, in whole seconds since 1970.
pub(super) fn future(field: &str, seconds: i64, now: Timestamp) -> Result<Timestamp, ApiError> {
    let latest = now.unix_seconds().saturating_add(DAYS_AHEAD_MAX * 86_400);
    if seconds <= now.unix_seconds() || seconds > latest {
        return Err(ApiError::invalid(
            field,
            format!("{field} must be a moment in the future, in whole seconds since 1970"),
        ));
    }
    Ok(Timestamp::from_unix_seconds(seconds))
}

/// A limit of a count.
pub(super) fn limit(field: &str, given: u32, most: u32) -> Result<u32, ApiError> {
    if (1..=most).contains(&given) {
        return Ok(given);
    }
    Err(ApiError::invalid(field, format!("{field} must be from 1 to {most}, or null for no limit")))
}

/// Models by id or alias, as canonical ids without repetitions.
pub(super) fn models(names: &[String], catalogue: &Catalogue) -> Result<Vec<String>, ApiError> {
    let mut ids: Vec<String> = Vec::new();
    for name in names {
        let model = catalogue.find(name).ok_or_else(|| {
            let known: Vec<&str> =
                catalogue.models().iter().map(|model| model.id.as_str()).collect();
            let shown: String = name.chars().take(64).collect();
            ApiError::invalid(
                "models",
                format!("there is no model {shown:?}; there are: {}", known.join(", ")),
            )
        })?;
        if !ids.contains(&model.id) {
            ids.push(model.id.clone());
        }
    }
    Ok(ids)
}
