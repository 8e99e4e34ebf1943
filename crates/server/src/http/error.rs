//! A handler's refusal, on its way to the body of contract 2.
//!
//! Guarantees: a handler can only refuse with a code of the domain's table; the body is written in
//! one place ([`render`]), which knows the request's id. What went wrong inside is logged here and
//! never sent.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rushes_domain::{ApiError, ErrorCode, Limit};
use rushes_store::StoreError;

use super::rate;
use crate::passwords::{PasswordError, WAITING_MAX};
use crate::throttle::Wait;

/// Seconds after which to try again when the handler does not know better.
const RETRY_AFTER_SECONDS: u32 = 5;
/// Seconds after which a database that was busy is free again.
const BUSY_RETRY_SECONDS: u32 = 1;

/// A refusal with the headers that go with it. Boxed, since the way of success carries it too.
#[derive(Debug)]
pub(super) struct HttpError(Box<Refusal>);

#[derive(Debug)]
struct Refusal {
    error: ApiError,
    status: Option<StatusCode>,
    headers: HeaderMap,
}

/// What a refused response carries until [`render`] writes its body.
#[derive(Debug, Clone)]
struct Unwritten(ApiError);

impl HttpError {
    /// `internal_error`; the reason goes to the log only.
    pub(super) fn internal(reason: &dyn std::fmt::Display) -> Self {
        tracing::error!(%reason, "a request failed");
        ApiError::new(
            ErrorCode::InternalError,
            "an internal error; the request id leads to the log",
        )
        .into()
    }

    /// The same refusal with one more header.
    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// The same refusal under a status that the table does not know (416 is HTTP's own).
    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }
}

impl From<ApiError> for HttpError {
    fn from(error: ApiError) -> Self {
        Self(Box::new(Refusal { error, status: None, headers: HeaderMap::new() }))
    }
}

impl From<Wait> for HttpError {
    fn from(wait: Wait) -> Self {
        ApiError::from(wait).into()
    }
}

impl From<StoreError> for HttpError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => {
                tracing::error!("the database's disk is full");
                storage_full().into()
            }
            StoreError::Refused(refusal) => refusal.into(),
            StoreError::Closed => shutting_down().into(),
            StoreError::Busy => {
                let mut refusal = Self::internal(&error);
                refusal.0.error.retry_after_seconds = Some(BUSY_RETRY_SECONDS);
                refusal
            }
            other => Self::internal(&other),
        }
    }
}

impl From<PasswordError> for HttpError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => {
                let limit = Limit::at_once("passwords", WAITING_MAX);
                busy(limit, error.to_string(), RETRY_AFTER_SECONDS).into()
            }
            PasswordError::TooLong => ApiError::invalid("password", error.to_string()).into(),
            other => Self::internal(&other),
        }
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let Refusal { error, status, headers } = *self.0;
        let status = status
            .or_else(|| StatusCode::from_u16(error.code.status()).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response.extensions_mut().insert(Unwritten(error));
        response
    }
}

/// Nothing is written any more below the disk guard's limit.
pub(super) fn storage_full() -> ApiError {
    ApiError::new(ErrorCode::StorageFull, ErrorCode::StorageFull.title()).with_retry_after(60)
}

/// The gateway takes nothing new.
pub(super) fn shutting_down() -> ApiError {
    ApiError::new(ErrorCode::ShuttingDown, ErrorCode::ShuttingDown.title())
        .with_retry_after(RETRY_AFTER_SECONDS)
}

/// Something that all accounts share is taken for longer than this request may wait.
pub(super) fn busy(limit: Limit, message: impl Into<String>, retry_after_seconds: u32) -> ApiError {
    ApiError::new(ErrorCode::RateLimited, message)
        .with_limit(limit)
        .with_retry_after(retry_after_seconds)
}

/// There is no such task, or it is somebody else's.
pub(super) fn task_not_exist() -> ApiError {
    ApiError::new(ErrorCode::TaskNotExist, "the task does not exist")
}

/// Writes the body of a refused response, and the headers that its code asks for.
pub(super) fn render(mut response: Response, request_id: &str, public_url: &str) -> Response {
    let Some(Unwritten(error)) = response.extensions_mut().remove::<Unwritten>() else {
        return response;
    };
    // Text and nothing else: it cannot fail, and an empty body would still carry the status.
    let body = serde_json::to_vec(&error.body(request_id, public_url)).unwrap_or_default();
    *response.body_mut() = Body::from(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if error.code == ErrorCode::InvalidApiKey {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"rushes\""));
    }
    let says_when = matches!(error.code.status(), 429 | 503);
    let seconds = error.retry_after_seconds.or(says_when.then_some(RETRY_AFTER_SECONDS));
    if let Some(seconds) = seconds {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(limit) = &error.limit {
        rate::write_reached(limit, seconds.unwrap_or(RETRY_AFTER_SECONDS), headers);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(error: impl Into<HttpError>) -> (u16, String) {
        let response = render(error.into().into_response(), "req_x", "http://x");
        let seconds = response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap());
        (response.status().as_u16(), seconds.unwrap_or("").to_owned())
    }

    #[test]
    fn troubles_of_the_store_that_pass_say_when_to_try_again() {
        assert_eq!(rendered(StoreError::Full), (503, "60".into()));
        assert_eq!(rendered(StoreError::Closed), (503, "5".into()));
        assert_eq!(rendered(StoreError::Busy), (500, "1".into()));
        assert_eq!(rendered(StoreError::NotFound), (500, String::new()));
    }

    #[test]
    fn passwords_that_are_not_checked() {
        assert_eq!(rendered(PasswordError::Busy), (429, "5".into()));
        assert_eq!(rendered(PasswordError::TooLong), (400, String::new()));
    }
}
