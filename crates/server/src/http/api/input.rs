//! What the JSON API reads: small objects whose unknown fields are refused, and queries.
//!
//! Guarantees: a refusal names the field; nothing larger than [`BODY_BYTES_MAX`] is read, and
//! nothing slower than [`BODY_TIME`].

use std::time::Duration;

use axum::body::Body;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use rushes_domain::{ApiError, ErrorCode};
use serde::de::DeserializeOwned;

/// Largest body of the JSON API, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Time for it to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Reads a JSON object; an empty body counts as `{}`.
pub(in crate::http) async fn read<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
) -> Result<T, ApiError> {
    let arrives = axum::body::to_bytes(body, BODY_BYTES_MAX);
    let bytes = tokio::time::timeout(BODY_TIME, arrives)
        .await
        .map_err(|_| ApiError::new(ErrorCode::RequestTimeout, "the body did not arrive in time"))?
        .map_err(|_| {
            ApiError::new(
                ErrorCode::RequestTooLarge,
                format!("the body is over {BODY_BYTES_MAX} bytes, or broke off"),
            )
        })?;
    let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = kind.split(';').next().unwrap_or("").trim();
    let is_absent = essence.is_empty() && bytes == b"{}";
    if !is_absent && !essence.eq_ignore_ascii_case("application/json") {
        return Err(ApiError::new(
            ErrorCode::UnsupportedMediaType,
            "send the body as JSON, with Content-Type: application/json",
        ));
    }
    let mut input = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut input).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        if path == "." {
            ApiError::new(ErrorCode::InvalidRequest, format!("the body is not valid: {message}"))
        } else {
            ApiError::invalid(&path, format!("{path}: {message}"))
        }
    })?;
    input.end().map_err(|error| {
        ApiError::new(ErrorCode::InvalidRequest, format!("the body is not valid: {error}"))
    })?;
    Ok(value)
}

/// Reads a query; unknown names are refused.
pub(in crate::http) fn query<T: DeserializeOwned>(text: Option<&str>) -> Result<T, ApiError> {
    let pairs = url::form_urlencoded::parse(text.unwrap_or("").as_bytes());
    let input = serde_urlencoded::Deserializer::new(pairs);
    serde_path_to_error::deserialize(input).map_err(|error| {
        let path = error.path().to_string();
        ApiError::invalid(&path, format!("{path}: {}", error.into_inner()))
    })
}
