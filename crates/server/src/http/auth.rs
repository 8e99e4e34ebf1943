//! Who calls: the API key of a request.
//!
//! Guarantees: a missing, malformed, unknown, revoked or expired key gives the same refusal, so
//! that nobody can probe; the key's text is hashed, never kept, compared or logged.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use rushes_domain::{AccountId, ApiError, ErrorCode};
use rushes_store::KeyRow;

use super::Http;
use super::error::HttpError;

/// The key that a request was made with, looked up and valid now.
#[derive(Debug, Clone)]
pub(super) struct Caller(pub(super) Arc<KeyRow>);

impl Caller {
    /// The account that the key belongs to.
    pub(super) fn account_id(&self) -> AccountId {
        self.0.account_id
    }
}

impl FromRequestParts<Arc<Http>> for Caller {
    type Rejection = HttpError;

    async fn from_request_parts(
        parts: &mut Parts,
        http: &Arc<Http>,
    ) -> Result<Self, Self::Rejection> {
        let app = &http.app;
        let text = bearer(&parts.headers).ok_or_else(invalid_api_key)?;
        let row = app.keys.find(&app.store, text).await?.ok_or_else(invalid_api_key)?;
        let is_expired = row.expires_at.is_some_and(|at| at <= app.clock.now());
        if !row.enabled || is_expired {
            return Err(invalid_api_key().into());
        }
        tracing::Span::current().record("account_id", row.account_id.0);
        if !row.account_enabled {
            return Err(account_disabled().into());
        }
        Ok(Self(row))
    }
}

/// The account was disabled by an operator.
pub(super) fn account_disabled() -> ApiError {
    ApiError::new(
        ErrorCode::AccountDisabled,
        "the account of this API key is disabled; ask the operator of this gateway",
    )
}

/// One refusal for all that is wrong with a key.
pub(super) fn invalid_api_key() -> ApiError {
    ApiError::new(
        ErrorCode::InvalidApiKey,
        "the API key is missing or not valid; send the header Authorization: Bearer <API key>",
    )
}

/// The token of the one `Authorization: Bearer` header (RFC 6750, section 2.1; RFC 9110, section
/// 11.1: the scheme's case does not matter).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    token_of(value)
}

fn token_of(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(value: &[u8]) -> Option<String> {
        let value = HeaderValue::from_bytes(value).unwrap();
        token_of(&value).map(str::to_owned)
    }

    #[test]
    fn reads_bearer_tokens_in_any_case() {
        assert_eq!(token(b"Bearer sk-a").as_deref(), Some("sk-a"));
        assert_eq!(token(b"bEARER   sk-a  ").as_deref(), Some("sk-a"));
        assert_eq!(token(b"Bearer ").as_deref(), Some(""));
    }

    #[test]
    fn anything_else_is_no_token() {
        assert_eq!(token(b""), None);
        assert_eq!(token(b"Bearer"), None);
        assert_eq!(token(b"sk-a"), None);
        assert_eq!(token(b"Basic sk-a"), None);
        assert_eq!(token(b"Bearer \xff\xfe"), None);
    }

    #[test]
    fn two_headers_are_no_token() {
        let mut headers = HeaderMap::new();
        headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer a"));
        assert_eq!(bearer(&headers), Some("a"));
        headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer a"));
        assert_eq!(bearer(&headers), None);
    }
}
