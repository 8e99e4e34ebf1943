//! What every request gets: an id, a span in the log, a barrier against panics, and the headers
//! that all answers carry.
//!
//! Guarantees: an answer always has `X-Request-Id`, also when a handler panicked or there is no
//! such route. The log holds method, matched route, status, time, request id and account id;
//! never a query (links are signed in it), a header's value or a body. Reads that went well are
//! logged at `debug`, everything else at `info`, since polls are most of the traffic.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::header::X_CONTENT_TYPE_OPTIONS;
use http::{HeaderName, HeaderValue, Method};
use tracing::Instrument as _;
use tracing::field::Empty;

use super::error::{HttpError, render};
use super::{Http, linger};
use crate::metrics::requests::NO_ROUTE;

/// Names the request in the log and in the answer.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The request's id, for handlers that keep it.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) Arc<str>);

/// The layer around all routes.
pub(super) async fn observe(
    State(http): State<Arc<Http>>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let request_id = RequestId(http.app.ids.request_id().into());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let span = tracing::info_span!(
        "request", %method, route, request_id = &*request_id.0, account_id = Empty
    );
    request.extensions_mut().insert(request_id.clone());
    let request = linger::linger(request, &http.app.tracker);
    let response = behind_barrier(next.run(request)).instrument(span.clone()).await;
    let mut response = render(response, &request_id.0, &http.app.config.public_url);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::try_from(&*request_id.0) {
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let took = started.elapsed();
    http.app.metrics.requests.record(route, &method, response.status(), took);
    span.in_scope(|| log(&method, &response, took));
    response
}

/// A panic of a handler is an `internal_error` of its request, and of no other.
async fn behind_barrier(handled: impl Future<Output = Response>) -> Response {
    let caught = AssertUnwindSafe(handled).catch_unwind().await;
    caught.unwrap_or_else(|_| HttpError::internal(&"a handler panicked").into_response())
}

fn log(method: &Method, response: &Response, took: Duration) {
    let status = response.status().as_u16();
    let duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    if status < 400 && method.is_safe() {
        tracing::debug!(status, duration_us, "answered");
    } else {
        tracing::info!(status, duration_us, "answered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_internal_error() {
        let response = behind_barrier(async { panic!("secret detail") }).await;
        assert_eq!(response.status(), 500);
        let response = render(response, "req_1", "https://x.example");
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(body["code"], "internal_error");
        assert_eq!(body["error"]["request_id"], "req_1");
        assert!(!body.to_string().contains("secret"));
    }
}
