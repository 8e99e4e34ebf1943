//! Requests and tasks in the words of each dialect that the gateway speaks.
//!
//! Guarantees: each dialect is one module of pure functions, from the fields of a request to the
//! domain's request and from a task's row to an answer; no handler reads a field or writes a task's
//! JSON by hand. `docs/dialects.md` has all fields side by side. Not here: routes, and what may be
//! read by whom.

#[cfg(test)]
mod documented;
pub mod native;
pub mod openai;
#[cfg(test)]
mod samples;
pub mod view;
pub mod xai;

use rushes_domain::request::VideoRequest;
use rushes_domain::request::json::Pairs;
use rushes_domain::{ApiError, Dialect};

/// The request behind a body's fields. A field that the dialect knows and nobody here can follow
/// (`refused`, with what to do about it) is refused in these words, also one that holds a picture,
/// which as an unknown field would be sent elsewhere.
fn request_of(
    mut pairs: Pairs<'_>,
    dialect: Dialect,
    refused: &[(&'static str, &str)],
) -> VideoRequest {
    let is_sent =
        |field: &str| pairs.iter().any(|(name, value)| name == field && !value.is_absent());
    let first = refused.iter().find(|(field, _)| is_sent(field));
    if first.is_some() {
        pairs.retain(|(name, _)| refused.iter().all(|(field, _)| name != field));
    }
    let request = VideoRequest::with_defaults(pairs, dialect.defaults());
    match first {
        Some((field, advice)) => request
            .refused(ApiError::invalid(*field, format!("{field} is not supported: {advice}"))),
        None => request,
    }
}
