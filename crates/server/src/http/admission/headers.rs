//! Headers of a create: the key that makes it repeatable, and what of it was ignored.

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rushes_domain::{ApiError, ErrorCode};

/// Longest idempotency key, in characters.
const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
/// Most ignored fields that the header names, and most bytes of it.
const IGNORED_FIELDS_MAX: usize = 20;
const IGNORED_FIELDS_BYTES_MAX: usize = 4096;
/// Gateways that a request may have passed before this one.
const HOPS_MAX: u32 = 3;
/// How gateways of this kind count themselves.
const RUSHES_HOPS: HeaderName = HeaderName::from_static("rushes-hops");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What is escaped in a name within `Rushes-Ignored-Fields`: whatever is no token character, and
/// the comma that separates the names.
const NOT_IN_A_NAME: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'%').add(b',').add(b';').add(b'\\').add(b'<').add(b'>');

/// The one `Idempotency-Key` header: 1 to 255 visible ASCII characters.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let bytes = value.as_bytes();
    let is_valid = (1..=IDEMPOTENCY_KEY_CHARS_MAX).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_graphic);
    match value.to_str() {
        Ok(text) if is_valid && values.next().is_none() => Ok(Some(text.to_owned())),
        _ => Err(ApiError::invalid(
            "Idempotency-Key",
            format!(
                "Idempotency-Key must be sent once and be 1 to {IDEMPOTENCY_KEY_CHARS_MAX} \
                 visible ASCII characters, without spaces"
            ),
        )),
    }
}

/// How many gateways the request has passed. One more than [`HOPS_MAX`] is taken for a loop.
pub(super) fn hops(headers: &HeaderMap) -> Result<u32, ApiError> {
    let Some(value) = headers.get(RUSHES_HOPS) else { return Ok(0) };
    let count: Option<u32> = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let Some(count) = count else {
        return Err(ApiError::invalid("Rushes-Hops", "Rushes-Hops must be a whole number"));
    };
    if count > HOPS_MAX {
        return Err(ApiError::new(
            ErrorCode::LoopDetected,
            format!(
                "the request has passed {count} gateways; more than {HOPS_MAX} are taken for \
                 gateways that are each other's channels"
            ),
        ));
    }
    Ok(count)
}

/// The header that names what was ignored.
pub(super) fn ignored_fields(names: &[String]) -> Option<HeaderValue> {
    let mut text = String::new();
    for name in names.iter().take(IGNORED_FIELDS_MAX) {
        let name = utf8_percent_encode(name, NOT_IN_A_NAME).to_string();
        if text.len() + name.len() + 2 > IGNORED_FIELDS_BYTES_MAX {
            break;
        }
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&name);
    }
    HeaderValue::try_from(text).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: &[u8]) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(value).unwrap());
        idempotency_key(&headers).map_err(|error| error.code.as_str().to_owned())
    }

    #[test]
    fn h07_idempotency_keys() {
        assert_eq!(key(b"a"), Ok(Some("a".to_owned())));
        assert_eq!(key(&[b'~'; 255]).unwrap().unwrap().len(), 255);
        for bad in [b"".as_slice(), &[b'a'; 256], "🔑".as_bytes(), b"a b", b"\t", b"\xff"] {
            assert_eq!(key(bad), Err("invalid_request".to_owned()), "{bad:?}");
        }
        assert_eq!(idempotency_key(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn ignored_fields_are_escaped_and_few() {
        let header = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            ignored_fields(&names).map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(header(&[]), None);
        assert_eq!(header(&["seed", "a,b", "雨\r\n"]).unwrap(), "seed, a%2Cb, %E9%9B%A8%0D%0A");
        let many: Vec<String> = (0..30).map(|number| format!("f{number}")).collect();
        let many = ignored_fields(&many).unwrap();
        assert_eq!(many.to_str().unwrap().split(", ").count(), 20);
    }
}
