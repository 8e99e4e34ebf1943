//! What the JSON API reads: small objects whose unknown fields are refused, and queries.
//!
//! Guarantees: a refusal names the field, and repeats no value, which may be a password; nothing
//! larger than [`BODY_BYTES_MAX`] is read, and nothing slower than [`BODY_TIME`].

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
        let message = without_value(&error.into_inner().to_string());
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
        ApiError::invalid(
            &path,
            format!("{path}: {}", without_value(&error.into_inner().to_string())),
        )
    })
}

/// Leaves the value out of serde's "invalid type: integer `5`, expected a string at line 1 column 9".
fn without_value(message: &str) -> String {
    let rest = ["invalid type: ", "invalid value: "].iter().find_map(|it| message.strip_prefix(it));
    let Some((found, expected)) = rest.and_then(|rest| rest.rsplit_once(", expected ")) else {
        return message.to_owned();
    };
    let kind = found.split(['`', '"']).next().unwrap_or("").trim_end();
    format!("expected {expected}, not {kind}")
}

#[cfg(test)]
mod tests {
    use super::without_value;

    #[test]
    fn a_refusal_repeats_no_value() {
        for (message, told) in [
            ("invalid type: integer `4711`, expected a string", "expected a string, not integer"),
            ("invalid type: string \"a, expected b\", expected u64", "expected u64, not string"),
            ("invalid value: integer `-1`, expected u32", "expected u32, not integer"),
            ("invalid type: null, expected a string", "expected a string, not null"),
            ("unknown field `nam`, expected `name`", "unknown field `nam`, expected `name`"),
        ] {
            assert_eq!(without_value(message), told);
        }
    }
}
