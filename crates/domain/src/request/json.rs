//! A JSON body as ordered pairs: what `serde_json::Value` would lose is kept.
//!
//! Guarantees: a duplicate key at any depth is refused, strings without escapes are borrowed,
//! numbers keep their text, and time and memory are bounded by the named limits. Not here: what
//! any field means.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{ApiError, ErrorCode};
use crate::request::numbers::seconds_problem;
use crate::text::shown;

/// Deepest nesting of arrays and objects in a body.
pub const JSON_DEPTH_MAX: u32 = 32;
/// Most values in a body, those inside arrays and objects included.
pub const JSON_VALUES_MAX: usize = 10_000;
/// Most characters of the body that a message repeats.
const SHOWN_CHARS_MAX: usize = 64;

/// A value of a request body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as its text.
    Number(Cow<'a, str>),
    /// A string, escapes undone.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Value<'a>>),
    /// An object, in the order of the body.
    Object(Pairs<'a>),
    /// The bytes of a file; only forms have them.
    File(&'a [u8]),
}

/// Names and values in the order of the body, no name twice.
pub type Pairs<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

impl Value<'_> {
    /// True for what counts as absent: `null`, `""` and `[]`.
    pub fn is_absent(&self) -> bool {
        match self {
            Self::Null => true,
            Self::String(text) => text.is_empty(),
            Self::Array(items) => items.is_empty(),
            Self::Bool(_) | Self::Number(_) | Self::Object(_) | Self::File(_) => false,
        }
    }

    /// The value as a message repeats it, at most `chars_max` characters.
    pub(crate) fn shown(&self, chars_max: usize) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(text) => text.chars().take(chars_max).collect(),
            Self::String(text) => shown(text, chars_max),
            Self::Array(_) => "an array".to_owned(),
            Self::Object(_) => "an object".to_owned(),
            Self::File(_) => "a file".to_owned(),
        }
    }
}

/// Reads a body that must be one JSON object.
pub fn read_pairs(body: &[u8]) -> Result<Pairs<'_>, ApiError> {
    let text = check_encoding(body)?;
    if !text.trim_start().starts_with('{') {
        return Err(body_error(
            "the body must be a JSON object, such as {\"model\": …, \"prompt\": …}",
        ));
    }
    let reader = Reader {
        values_left: Cell::new(JSON_VALUES_MAX),
        field: RefCell::default(),
        problem: RefCell::default(),
    };
    let mut input = serde_json::Deserializer::from_str(text);
    let read = input.deserialize_map(Body(&reader)).and_then(|pairs| {
        reader.field.take();
        input.end().map(|()| pairs)
    });
    read.map_err(|error| reader.explain(text, &error))
}

/// Reads one value that stands alone, for the top-level field `field`. What it holds is taken off
/// `values_left`, which all values of a form share.
pub(crate) fn read_value<'a>(
    text: &'a str,
    field: &str,
    values_left: &mut usize,
) -> Result<Value<'a>, ApiError> {
    let reader = Reader {
        values_left: Cell::new(*values_left),
        field: RefCell::new(Some(field.to_owned())),
        problem: RefCell::default(),
    };
    let mut input = serde_json::Deserializer::from_str(text);
    let read = Node { reader: &reader, depth: 1 }
        .deserialize(&mut input)
        .and_then(|value| input.end().map(|()| value));
    *values_left = reader.values_left.get();
    read.map_err(|error| reader.explain(text, &error))
}

/// The body as text, or why it is none.
fn check_encoding(body: &[u8]) -> Result<&str, ApiError> {
    if body.is_empty() {
        return Err(body_error("the body is empty; send a JSON object"));
    }
    if [&b"\xEF\xBB\xBF"[..], b"\xFE\xFF", b"\xFF\xFE"].iter().any(|mark| body.starts_with(mark)) {
        return Err(body_error("the body starts with a byte order mark; send UTF-8 without one"));
    }
    std::str::from_utf8(body).map_err(|error| {
        let offset = error.valid_up_to();
        body_error(&format!("the body is not UTF-8 (byte {offset}); send JSON in UTF-8"))
    })
}

fn body_error(message: &str) -> ApiError {
    ApiError::new(ErrorCode::InvalidRequest, message)
}

/// What the visitors share: the limits, and what is known when one of them stops.
struct Reader {
    values_left: Cell<usize>,
    /// The top-level field that is being read.
    field: RefCell<Option<String>>,
    /// A refusal of our own, which serde's error type cannot carry.
    problem: RefCell<Option<ApiError>>,
}

impl Reader {
    /// Stops with a refusal about the current field.
    fn refuse<E: Error>(&self, what: &str) -> E {
        let error = self.field.borrow().as_ref().map_or_else(
            || body_error(&format!("the body {what}")),
            |field| {
                let name = shown(field, SHOWN_CHARS_MAX);
                ApiError::invalid(field.as_str(), format!("the field {name} {what}"))
            },
        );
        *self.problem.borrow_mut() = Some(error);
        E::custom("refused")
    }

    /// One more value, as long as there may be.
    fn count<E: Error>(&self) -> Result<(), E> {
        let left =
            self.values_left.get().checked_sub(1).ok_or_else(|| {
                self.refuse(&format!("takes the body over {JSON_VALUES_MAX} values"))
            })?;
        self.values_left.set(left);
        Ok(())
    }

    /// A key or string without U+0000.
    fn check_string<E: Error>(&self, text: &str) -> Result<(), E> {
        if text.contains('\0') { Err(self.refuse("holds the character U+0000")) } else { Ok(()) }
    }

    /// The refusal behind a parser's error.
    fn explain(&self, text: &str, error: &serde_json::Error) -> ApiError {
        if let Some(problem) = self.problem.take() {
            return problem;
        }
        let Some(field) = self.field.take() else {
            return body_error(&format!("the body is not valid JSON: {error}"));
        };
        if matches!(field.as_str(), "seconds" | "duration") {
            return seconds_problem(&field, &token_at(text, error), None);
        }
        let name = shown(&field, SHOWN_CHARS_MAX);
        let message = format!("the value of the field {name} is not valid JSON: {error}");
        ApiError::invalid(field, message)
    }
}

/// The text between the colon before a parser's error and the end of that value.
fn token_at(text: &str, error: &serde_json::Error) -> String {
    let line_start: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let offset = (line_start + error.column()).min(text.len());
    let start =
        text.as_bytes()[..offset].iter().rposition(|&byte| byte == b':').map_or(0, |at| at + 1);
    let token = text[start..].split([',', '}', '\n']).next().unwrap_or("").trim();
    shown(token, SHOWN_CHARS_MAX)
}

/// Reads the pairs of the body, each value first as raw text, so that its field can be named.
struct Body<'r>(&'r Reader);

impl<'de> Visitor<'de> for Body<'_> {
    type Value = Pairs<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Pairs::new();
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key_seed(Text(self.0))? {
            *self.0.field.borrow_mut() = Some(key.chars().take(SHOWN_CHARS_MAX).collect());
            self.0.count()?;
            if !seen.insert(key.clone()) {
                return Err(self.0.refuse("is there twice"));
            }
            let raw: &'de RawValue = map.next_value()?;
            pairs.push((key, self.value(raw.get())?));
            self.0.field.take();
        }
        Ok(pairs)
    }
}

impl Body<'_> {
    fn value<'de, E: Error>(&self, raw: &'de str) -> Result<Value<'de>, E> {
        if raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return Ok(Value::Number(Cow::Borrowed(raw)));
        }
        let mut input = serde_json::Deserializer::from_str(raw);
        Node { reader: self.0, depth: 1 }.deserialize(&mut input).map_err(|error| {
            if self.0.problem.borrow().is_some() {
                return E::custom("refused");
            }
            self.0.refuse(&format!("is not valid JSON: {error}"))
        })
    }
}

/// Reads a string, borrowed where it has no escapes.
struct Text<'r>(&'r Reader);

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        input.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text<'_> {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        self.0.check_string(text)?;
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        self.0.check_string(text)?;
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Reads a value at some depth; recursion ends at [`JSON_DEPTH_MAX`].
#[derive(Clone, Copy)]
struct Node<'r> {
    reader: &'r Reader,
    depth: u32,
}

impl Node<'_> {
    fn inner<E: Error>(self) -> Result<Self, E> {
        if self.depth >= JSON_DEPTH_MAX {
            let limit = format!("is nested deeper than {JSON_DEPTH_MAX} levels");
            return Err(self.reader.refuse(&limit));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Value::Number(Cow::Owned(value.to_string())))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Value::Number(Cow::Owned(value.to_string())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Value::Number(Cow::Owned(value.to_string())))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Text(self.reader).visit_borrowed_str(text).map(Value::String)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Text(self.reader).visit_str(text).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let inner = self.inner()?;
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(inner)? {
            self.reader.count()?;
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let inner = self.inner()?;
        let mut pairs = Pairs::new();
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key_seed(Text(self.reader))? {
            self.reader.count()?;
            if !seen.insert(key.clone()) {
                let name = shown(&key, SHOWN_CHARS_MAX);
                return Err(self.reader.refuse(&format!("holds the key {name} twice")));
            }
            let value = map.next_value_seed(inner)?;
            pairs.push((key, value));
        }
        Ok(Value::Object(pairs))
    }
}
