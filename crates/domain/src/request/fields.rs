//! The pairs of a body, taken out by name: aliases merge, what is left is unknown.
//!
//! Guarantees: `null`, `""` and `[]` count as absent; two names of one field that say different
//! things are refused.

use crate::error::ApiError;
use crate::request::json::{Pairs, Value};
use crate::request::numbers::{sent, whole};

/// The field of the client's own pairs.
pub(crate) const METADATA_FIELD: &str = "metadata";
/// Most pairs in `metadata`.
pub const METADATA_PAIRS_MAX: usize = 16;
/// Most characters of a name in `metadata`.
pub const METADATA_NAME_CHARS_MAX: usize = 64;
/// Most characters of a value in `metadata`.
pub const METADATA_VALUE_CHARS_MAX: usize = 512;

/// What has not been taken yet.
pub(crate) struct Fields<'a>(Pairs<'a>);

/// A length as it was sent; the model decides whether it is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seconds {
    /// The name that the client used.
    pub(crate) field: &'static str,
    /// The value as a message repeats it.
    pub(crate) sent: String,
    /// The number, if it is a whole one.
    pub(crate) value: Option<u32>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(pairs: Pairs<'a>) -> Self {
        Self(pairs)
    }

    /// Takes a field out; `None` if it is not there or counts as absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value<'a>> {
        let index = self.0.iter().position(|(key, _)| key == name)?;
        let (_, value) = self.0.remove(index);
        if value.is_absent() { None } else { Some(value) }
    }

    /// True if the field is not there or counts as absent.
    pub(crate) fn is_absent(&self, name: &str) -> bool {
        self.0.iter().find(|(key, _)| key == name).is_none_or(|(_, value)| value.is_absent())
    }

    /// What nobody took.
    pub(crate) fn rest(self) -> Pairs<'a> {
        self.0
    }

    /// Takes a short text by its name or an alias, in lower case, without the space around it.
    pub(crate) fn take_word(
        &mut self,
        name: &str,
        aliases: &[&str],
    ) -> Result<Option<String>, ApiError> {
        let mut found: Option<String> = None;
        for &field in [name].iter().chain(aliases) {
            let Some(value) = self.take(field) else { continue };
            let Value::String(text) = &value else {
                return Err(ApiError::invalid(
                    name,
                    format!("{field} must be a string, but {} was sent", sent(&value)),
                ));
            };
            let word = text.trim().to_ascii_lowercase();
            match found {
                Some(first) if first != word => {
                    let first = sent(&Value::String(first.into()));
                    return Err(differ(name, field, &first, &sent(&value)));
                }
                _ => found = Some(word),
            }
        }
        Ok(found)
    }

    /// Takes a text as it is.
    pub(crate) fn take_text(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.into_owned())),
            Some(other) => Err(ApiError::invalid(
                name,
                format!("{name} must be a string, but {} was sent", sent(&other)),
            )),
        }
    }

    /// Takes `seconds` and its alias `duration`.
    pub(crate) fn take_seconds(&mut self) -> Result<Option<Seconds>, ApiError> {
        let mut read = |field| {
            let value = self.take(field)?;
            Some(Seconds { field, sent: sent(&value), value: whole(&value) })
        };
        match (read("seconds"), read("duration")) {
            (Some(one), Some(other)) if other.value.is_none() || one.value.is_none() => {
                Ok(Some(if one.value.is_none() { one } else { other }))
            }
            (Some(one), Some(other)) if one.value != other.value => {
                Err(differ("seconds", "duration", &one.sent, &other.sent))
            }
            (one, other) => Ok(one.or(other)),
        }
    }

    /// Takes `n`, which can only be 1.
    pub(crate) fn take_count(&mut self) -> Result<(), ApiError> {
        match self.take("n") {
            Some(value) if whole(&value) != Some(1) => Err(ApiError::invalid(
                "n",
                format!("n can only be 1, one video a request, but {} was sent", sent(&value)),
            )),
            _ => Ok(()),
        }
    }

    /// Takes `metadata`: pairs of strings, in the order of the body.
    pub(crate) fn take_metadata(&mut self) -> Result<Vec<(String, String)>, ApiError> {
        let Some(value) = self.take(METADATA_FIELD) else { return Ok(Vec::new()) };
        let Value::Object(pairs) = value else {
            return Err(ApiError::invalid(
                "metadata",
                format!("metadata must be an object of strings, but {} was sent", sent(&value)),
            ));
        };
        if pairs.len() > METADATA_PAIRS_MAX {
            return Err(ApiError::invalid(
                "metadata",
                format!(
                    "metadata can hold at most {METADATA_PAIRS_MAX} pairs, but {} were sent",
                    pairs.len()
                ),
            ));
        }
        pairs.into_iter().map(|(name, value)| metadata_pair(&name, &value)).collect()
    }
}

fn metadata_pair(name: &str, value: &Value<'_>) -> Result<(String, String), ApiError> {
    let name_shown = sent(&Value::String(name.into()));
    let Value::String(text) = value else {
        return Err(ApiError::invalid(
            "metadata",
            format!("metadata can hold strings only, but {name_shown} is {}", sent(value)),
        ));
    };
    let name_chars = name.chars().count();
    if !(1..=METADATA_NAME_CHARS_MAX).contains(&name_chars) {
        return Err(ApiError::invalid(
            "metadata",
            format!(
                "a name in metadata must have 1 to {METADATA_NAME_CHARS_MAX} characters, but \
                 {name_shown} has {name_chars}"
            ),
        ));
    }
    let value_chars = text.chars().count();
    if value_chars > METADATA_VALUE_CHARS_MAX {
        return Err(ApiError::invalid(
            "metadata",
            format!(
                "a value in metadata can have at most {METADATA_VALUE_CHARS_MAX} characters, but \
                 that of {name_shown} has {value_chars}"
            ),
        ));
    }
    Ok((name.to_owned(), text.clone().into_owned()))
}

fn differ(name: &str, alias: &str, one: &str, other: &str) -> ApiError {
    ApiError::invalid(
        name,
        format!("{name} and {alias} differ ({one} and {other}); send one of them"),
    )
}
