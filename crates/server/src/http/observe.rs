//! What every request gets: an id, a span in the log, a barrier against panics, and the headers
//! that all answers carry.
//!
//! Guarantees: an answer always has `X-Request-Id`, also when a handler panicked or there is no
//! such route. The log holds method, matched route, status, time, request id and account id;
//! never a query (links are signed in it), a header's value or a body. Reads that went well are
//! logged at `debug`, everything else at `info`, since polls are most of the traffic.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

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
    let route = matched.as_ref().map_or("(none)", MatchedPath::as_str);
    let span = tracing::info_span!(
        "request", %method, route, request_id = &*request_id.0, account_id = Empty
    );
    request.extensions_mut().insert(request_id.clone());
    let request = linger::linger(request, &http.app.tracker);
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone()).await;
    let response = handled
        .unwrap_or_else(|_| span.in_scope(|| HttpError::internal(&"a panic").into_response()));
    let mut response = render(response, &request_id.0, &http.app.config.public_url);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::try_from(&*request_id.0) {
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    span.in_scope(|| log(&method, &response, started));
    response
}

fn log(method: &Method, response: &Response, started: Instant) {
    let status = response.status().as_u16();
    let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    if status < 400 && method.is_safe() {
        tracing::debug!(status, duration_us, "answered");
    } else {
        tracing::info!(status, duration_us, "answered");
    }
}
