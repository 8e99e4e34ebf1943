//! A form as the pairs that a JSON body would have given.
//!
//! Guarantees: a field means the same as in JSON: its text is a string, several parts of one name
//! are an array, `name[key]`, `name[0]` and `name[]` are what is inside an object or an array, and
//! a part that is JSON is what it says. Whatever is twice and cannot be an array is refused by the
//! field's own reader. All JSON of a form together holds no more values than a JSON body may.
//! Not here: bytes and boundaries (`multipart`).

use std::borrow::Cow;

use crate::error::{ApiError, ErrorCode};
use crate::request::fields::METADATA_FIELD;
use crate::request::images::is_image_field;
use crate::request::json::{JSON_VALUES_MAX, Pairs, Value, read_value};
use crate::request::multipart::{Part, parts};
use crate::text::shown;

/// Deepest `name[…][…]`.
const KEYS_MAX: usize = 8;
/// Most characters of a name that a message repeats.
const NAME_SHOWN_CHARS_MAX: usize = 64;

/// Reads a body whose content type named `boundary`.
pub fn read_pairs<'a>(body: &'a [u8], boundary: &str) -> Result<Pairs<'a>, ApiError> {
    let mut pairs = Pairs::new();
    let mut values_left = JSON_VALUES_MAX;
    for part in parts(body, boundary)? {
        let (base, keys) = split_name(&part.name);
        let value = read_part(&part, base, &mut values_left)?;
        let base = base.to_owned();
        let index = pairs.iter().position(|(name, _)| *name == base);
        if keys.is_empty() {
            match index {
                Some(index) => append(&mut pairs[index].1, value),
                None => pairs.push((Cow::Owned(base), value)),
            }
            continue;
        }
        let index = index.unwrap_or_else(|| {
            pairs.push((Cow::Owned(base), Value::Null));
            pairs.len() - 1
        });
        insert(&mut pairs[index].1, &keys, value)
            .map_err(|()| in_two_forms(&part.name, &pairs[index].0))?;
    }
    for (name, value) in &mut pairs {
        if name != METADATA_FIELD {
            number(value);
        }
    }
    Ok(pairs)
}

/// The value of a part: a file, JSON, or text. Text in a field that JSON fills with an object or an
/// array is read as JSON if it looks like it.
fn read_part<'a>(
    part: &Part<'a>,
    field: &str,
    values_left: &mut usize,
) -> Result<Value<'a>, ApiError> {
    if part.is_file {
        return Ok(Value::File(part.content));
    }
    let text = std::str::from_utf8(part.content).map_err(|_| {
        let name = shown(&part.name, NAME_SHOWN_CHARS_MAX);
        ApiError::invalid(
            field,
            format!("the part {name} is not UTF-8; a file needs a file name or an image's type"),
        )
    })?;
    let is_structured = field == METADATA_FIELD || is_image_field(field);
    if part.is_json || (is_structured && text.trim_start().starts_with(['{', '['])) {
        return read_value(text, field, values_left);
    }
    if text.contains('\0') {
        let name = shown(&part.name, NAME_SHOWN_CHARS_MAX);
        return Err(ApiError::invalid(
            field,
            format!("the part {name} holds the character U+0000"),
        ));
    }
    Ok(Value::String(Cow::Borrowed(text)))
}

/// `a[b][0][]` as `a` and its keys; a name of any other form is one name.
fn split_name(name: &str) -> (&str, Vec<&str>) {
    let whole = (name, Vec::new());
    let Some((base, rest)) = name.split_once('[').filter(|(base, _)| !base.is_empty()) else {
        return whole;
    };
    let Some(rest) = rest.strip_suffix(']') else { return whole };
    let keys: Vec<&str> = rest.split("][").collect();
    let is_plain = keys.len() <= KEYS_MAX && keys.iter().all(|key| !key.contains(['[', ']']));
    if is_plain { (base, keys) } else { whole }
}

/// One more value under a name that has one.
fn append<'a>(slot: &mut Value<'a>, value: Value<'a>) {
    match slot {
        Value::Array(items) => match value {
            Value::Array(more) => items.extend(more),
            one => items.push(one),
        },
        first => {
            let mut items = vec![std::mem::replace(first, Value::Null)];
            match value {
                Value::Array(more) => items.extend(more),
                one => items.push(one),
            }
            *first = Value::Array(items);
        }
    }
}

/// Puts a value where its keys lead. Indices are keys of an object for now ([`number`]).
fn insert<'a>(slot: &mut Value<'a>, keys: &[&str], value: Value<'a>) -> Result<(), ()> {
    let Some((&key, keys)) = keys.split_first() else {
        if *slot == Value::Null {
            *slot = value;
        } else {
            append(slot, value);
        }
        return Ok(());
    };
    if key.is_empty() {
        if *slot == Value::Null {
            *slot = Value::Array(Vec::new());
        }
        let Value::Array(items) = slot else { return Err(()) };
        items.push(Value::Null);
        return items.last_mut().map_or(Err(()), |last| insert(last, keys, value));
    }
    if *slot == Value::Null {
        *slot = Value::Object(Pairs::new());
    }
    let Value::Object(pairs) = slot else { return Err(()) };
    let index = pairs.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
        pairs.push((Cow::Owned(key.to_owned()), Value::Null));
        pairs.len() - 1
    });
    insert(&mut pairs[index].1, keys, value)
}

/// Turns objects whose keys are all indices into arrays, in the order of the indices.
fn number(value: &mut Value<'_>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(number),
        Value::Object(pairs) => {
            for (_, inner) in pairs.iter_mut() {
                number(inner);
            }
            let indices: Option<Vec<u16>> = pairs.iter().map(|(key, _)| key.parse().ok()).collect();
            let Some(indices) = indices.filter(|indices| !indices.is_empty()) else { return };
            let values = std::mem::take(pairs).into_iter().map(|(_, value)| value);
            let mut items: Vec<_> = indices.into_iter().zip(values).collect();
            items.sort_by_key(|(index, _)| *index);
            *value = Value::Array(items.into_iter().map(|(_, value)| value).collect());
        }
        _ => {}
    }
}

fn in_two_forms(name: &str, base: &str) -> ApiError {
    let name = shown(name, NAME_SHOWN_CHARS_MAX);
    ApiError::new(
        ErrorCode::InvalidRequest,
        format!("the part {name} does not fit the parts of that field before it"),
    )
    .with_param(base)
}
