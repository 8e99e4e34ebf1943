//! Who calls: the API key of a request.
//!
//! Guarantees: a missing, malformed, unknown, revoked or expired key gives the same refusal, so
//! that nobody can probe; the key's text is hashed, never kept, compared or logged.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;
use rushes_domain::account::Scope;
use rushes_domain::{AccountId, ApiError, ErrorCode, Timestamp};
use rushes_store::KeyRow;

use super::Http;
use super::admission::address_of;
use super::error::HttpError;

/// Most characters of a `User-Agent` that are kept.
const CLIENT_CHARS_MAX: usize = 256;

/// The key that a request was made with, looked up and valid now, used from an address that it may
/// be used from and, as an extractor, for what its scopes allow: safe methods need `read`, others
/// `generate`.
#[derive(Debug, Clone)]
pub(super) struct Caller(pub(super) Arc<KeyRow>);

impl Caller {
    /// The account that the key belongs to.
    pub(super) fn account_id(&self) -> AccountId {
        self.0.account_id
    }

    /// The key of a request, whatever its scopes.
    pub(super) async fn of(parts: &Parts, http: &Http) -> Result<Self, HttpError> {
        let app = &http.app;
        let text = bearer(&parts.headers).ok_or_else(invalid_api_key)?;
        let known = app.keys.find(&app.store, text).await?.ok_or_else(invalid_api_key)?;
        let (row, now) = (&known.row, app.clock.now());
        let address = || address_of(http, parts);
        check_key(row, now, address)?;
        tracing::Span::current().record("account_id", row.account_id.0);
        app.keys.note(&known, now, address, || client_of(parts));
        Ok(Self(Arc::clone(row)))
    }

    /// Refuses a key that lacks the scope.
    pub(super) fn require(&self, scope: Scope) -> Result<(), ApiError> {
        require_scope(&self.0, scope)
    }
}

/// Refuses a key that lacks the scope.
pub(super) fn require_scope(row: &KeyRow, scope: Scope) -> Result<(), ApiError> {
    if row.scopes.has(scope) {
        return Ok(());
    }
    let (needed, has) = (scope.as_str(), row.scopes.words());
    Err(ApiError::new(
        ErrorCode::PermissionDenied,
        format!("this API key lacks the scope {needed:?}; it has: {has}"),
    ))
}

impl FromRequestParts<Arc<Http>> for Caller {
    type Rejection = HttpError;

    async fn from_request_parts(
        parts: &mut Parts,
        http: &Arc<Http>,
    ) -> Result<Self, Self::Rejection> {
        let caller = Self::of(parts, http).await?;
        caller.require(if parts.method.is_safe() { Scope::Read } else { Scope::Generate })?;
        Ok(caller)
    }
}

/// Refuses a key that is not valid now, or not from this address.
pub(super) fn check_key(
    row: &KeyRow,
    now: Timestamp,
    address: impl FnOnce() -> IpAddr,
) -> Result<(), ApiError> {
    if !row.enabled || row.expires_at.is_some_and(|at| at <= now) {
        return Err(invalid_api_key());
    }
    if let Some(networks) = &row.addresses {
        check_address(networks, address())?;
    }
    if row.account_enabled { Ok(()) } else { Err(account_disabled()) }
}

fn check_address(networks: &[IpNet], address: IpAddr) -> Result<(), ApiError> {
    if networks.iter().any(|network| network.contains(&address)) {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::IpNotAllowed,
        format!("this API key may not be used from {address}"),
    ))
}

/// The program that calls, cut to what is kept.
pub(super) fn client_of(parts: &Parts) -> String {
    let value = parts.headers.get(USER_AGENT).map_or(&b""[..], HeaderValue::as_bytes);
    String::from_utf8_lossy(value).chars().take(CLIENT_CHARS_MAX).collect()
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
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
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
