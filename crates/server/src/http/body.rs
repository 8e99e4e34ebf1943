//! Reading a JSON body: type, size, time, and how many large ones at once.
//!
//! Guarantees: a body over the limit is refused without being read when its length is announced,
//! and at the first byte too many otherwise; whoever sends slowly holds one of the few places for
//! large bodies for the configured time at most.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use rushes_domain::{ApiError, ErrorCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::LimitsConfig;

/// A whole body, and its place among the large ones for as long as it is in memory.
#[derive(Debug)]
pub(super) struct ReadBody {
    /// The bytes, UTF-8 as far as its first bytes show.
    pub(super) bytes: Bytes,
    /// Held while a large body is in memory.
    pub(super) place: Option<OwnedSemaphorePermit>,
}

/// What the content type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    /// What `curl -d` sends when nothing else is said; JSON if it looks like it.
    Form,
}

/// Reads the body of a request that takes JSON.
///
/// # Errors
/// 415, 413, 408, and 400 for bytes that are no UTF-8 JSON at a glance or a broken connection.
pub(super) async fn read_json(
    headers: &HeaderMap,
    body: Body,
    limits: &LimitsConfig,
    large_bodies: &Arc<Semaphore>,
) -> Result<ReadBody, ApiError> {
    let kind = kind_of(headers)?;
    if body.size_hint().lower() > limits.json_body_bytes_max as u64 {
        return Err(too_large(limits));
    }
    let time = Duration::from_millis(limits.body_timeout_ms);
    let read = tokio::time::timeout(time, collect(body, limits, large_bodies))
        .await
        .map_err(|_| timed_out(limits))??;
    check_start(&read.bytes, kind)?;
    Ok(read)
}

async fn collect(
    mut body: Body,
    limits: &LimitsConfig,
    large_bodies: &Arc<Semaphore>,
) -> Result<ReadBody, ApiError> {
    let expected = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut place = None;
    if expected > limits.large_body_bytes {
        place = Some(take_place(large_bodies).await?);
    }
    let mut bytes = BytesMut::with_capacity(expected.min(limits.json_body_bytes_max));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            ApiError::new(ErrorCode::InvalidRequest, "the request body did not arrive whole")
        })?;
        let Ok(data) = frame.into_data() else { continue };
        let length = bytes.len().saturating_add(data.len());
        if length > limits.json_body_bytes_max {
            return Err(too_large(limits));
        }
        if length > limits.large_body_bytes && place.is_none() {
            place = Some(take_place(large_bodies).await?);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(ReadBody { bytes: bytes.freeze(), place })
}

async fn take_place(large_bodies: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ApiError> {
    // The semaphore is never closed; if it were, nothing new would be taken.
    Arc::clone(large_bodies).acquire_owned().await.map_err(|_| super::error::shutting_down())
}

fn kind_of(headers: &HeaderMap) -> Result<Kind, ApiError> {
    if let Some(encoding) = headers.get(CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Err(unsupported("a compressed body (Content-Encoding)"));
    }
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(Kind::Json) };
    let text = value.to_str().map_err(|_| unsupported("this Content-Type"))?;
    let mut parts = text.split(';');
    let essence = parts.next().unwrap_or("").trim().to_ascii_lowercase();
    let charset = parts.filter_map(|part| part.trim().split_once('=')).find_map(|(name, value)| {
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    if let Some(charset) = charset
        && !["utf-8", "utf8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known))
    {
        return Err(unsupported(&format!("the character set \"{}\"", cut(charset))));
    }
    let is_json_suffix = essence.starts_with("application/") && essence.ends_with("+json");
    match essence.as_str() {
        "" | "application/json" | "text/json" => Ok(Kind::Json),
        _ if is_json_suffix => Ok(Kind::Json),
        "application/x-www-form-urlencoded" => Ok(Kind::Form),
        other => Err(unsupported(&format!("the content type \"{}\"", cut(other)))),
    }
}

/// A look at the first bytes, for a better sentence than a JSON parser's.
fn check_start(bytes: &[u8], kind: Kind) -> Result<(), ApiError> {
    let is_other_unicode = bytes.starts_with(&[0xff, 0xfe])
        || bytes.starts_with(&[0xfe, 0xff])
        || bytes.iter().take(4).any(|&byte| byte == 0);
    if is_other_unicode {
        return Err(not_utf8("the body looks like UTF-16 or UTF-32; send UTF-8"));
    }
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        return Err(not_utf8("the body starts with a byte order mark; send UTF-8 without one"));
    }
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if kind == Kind::Form && first != Some(&b'{') {
        return Err(unsupported("a form; the body must be a JSON object"));
    }
    Ok(())
}

fn not_utf8(message: &str) -> ApiError {
    ApiError::new(ErrorCode::InvalidRequest, message)
}

fn unsupported(what: &str) -> ApiError {
    ApiError::new(
        ErrorCode::UnsupportedMediaType,
        format!("{what} is not supported; send JSON with Content-Type: application/json"),
    )
}

fn too_large(limits: &LimitsConfig) -> ApiError {
    ApiError::new(
        ErrorCode::RequestTooLarge,
        format!("the request body is over {} bytes", limits.json_body_bytes_max),
    )
}

fn timed_out(limits: &LimitsConfig) -> ApiError {
    ApiError::new(
        ErrorCode::RequestTimeout,
        format!("the request body did not arrive within {} ms", limits.body_timeout_ms),
    )
}

/// At most 64 characters of what the client sent.
fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(content_type: &'static str) -> Result<Kind, ErrorCode> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(content_type));
        kind_of(&headers).map_err(|error| error.code)
    }

    #[test]
    fn json_in_all_its_names() {
        assert_eq!(kind_of(&HeaderMap::new()).ok(), Some(Kind::Json));
        for name in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
            "application/vnd.api+json",
        ] {
            assert_eq!(kind(name), Ok(Kind::Json), "{name}");
        }
        assert_eq!(kind("application/x-www-form-urlencoded"), Ok(Kind::Form));
    }

    #[test]
    fn j11_other_types_and_character_sets() {
        for name in ["text/plain", "multipart/form-data; boundary=x", "application/jsonp", "x"] {
            assert_eq!(kind(name), Err(ErrorCode::UnsupportedMediaType), "{name}");
        }
        assert_eq!(kind("application/json; charset=utf-16"), Err(ErrorCode::UnsupportedMediaType));
    }

    #[test]
    fn j11_other_encodings_of_unicode() {
        let code = |bytes: &[u8], kind| check_start(bytes, kind).err().map(|error| error.code);
        for bytes in [b"\xff\xfe{\0}\0".as_slice(), b"\xfe\xff\0{\0}", b"{\0}\0", b"\xef\xbb\xbf{}"]
        {
            assert_eq!(code(bytes, Kind::Json), Some(ErrorCode::InvalidRequest), "{bytes:?}");
        }
        assert_eq!(code(b" \n{}", Kind::Form), None);
        assert_eq!(code(b"a=b", Kind::Form), Some(ErrorCode::UnsupportedMediaType));
        assert_eq!(code(b"", Kind::Json), None);
    }
}
