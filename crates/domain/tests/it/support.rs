//! Short ways to say what most tests need.

use std::net::IpAddr;

use rushes_domain::account::KeyKind;
use rushes_domain::catalogue::Catalogue;
use rushes_domain::job::Job;
use rushes_domain::request::VideoRequest;
use rushes_domain::{ApiError, ErrorCode};
use serde_json::{Value, json};

/// A picture's beginning as a data URL; eight bytes.
pub(crate) const PNG: &str = "data:image/png;base64,iVBORw0KGgo=";
pub(crate) const PNG_BYTES: &[u8] = b"\x89PNG\r\n\x1a\n";
pub(crate) const URL: &str = "https://example.com/a.png";

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).fold(String::new(), |mut text, digit| {
        text.extend(char::from_digit(u32::from(digit), 16));
        text
    })
}

pub(crate) fn nothing_allowed(_: IpAddr) -> bool {
    false
}

/// What a body becomes for a live key.
pub(crate) fn job_of_bytes(body: &[u8]) -> Result<Job, ApiError> {
    VideoRequest::parse_json(body)?.into_job(
        &Catalogue::embedded(),
        KeyKind::Live,
        &nothing_allowed,
    )
}

pub(crate) fn job_of(body: &Value) -> Result<Job, ApiError> {
    job_of_bytes(body.to_string().as_bytes())
}

/// A valid text request with the fields of `more` added or replaced.
pub(crate) fn body_with(more: &Value) -> Value {
    let mut body = json!({"model": "grok-image-video", "prompt": "a red kite"});
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

pub(crate) fn job_with(more: &Value) -> Result<Job, ApiError> {
    job_of(&body_with(more))
}

/// The refusal of a valid text request with `more`.
#[track_caller]
pub(crate) fn refusal_with(more: &Value) -> ApiError {
    job_with(more).expect_err(&more.to_string())
}

#[track_caller]
pub(crate) fn assert_refused(more: &Value, code: ErrorCode, message_part: &str) -> ApiError {
    let error = refusal_with(more);
    assert_eq!(error.code, code, "{more}: {error}");
    assert!(error.message.contains(message_part), "{more}: {error}");
    error
}
