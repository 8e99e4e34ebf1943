//! The one variable part of a path.
//!
//! Guarantees: a part that is no UTF-8 once its percent signs are decoded is a 404 in the shape of
//! every other error.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use rushes_domain::{ApiError, ErrorCode};

use super::error::HttpError;

/// The text of a path's one variable part, decoded.
#[derive(Debug, Clone)]
pub(in crate::http) struct Segment(pub(in crate::http) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let read = Path::<String>::from_request_parts(parts, state).await;
        read.map(|Path(text)| Self(text)).map_err(|_| {
            ApiError::new(ErrorCode::NotFound, "this address is not text in UTF-8").into()
        })
    }
}
