//! Request bodies that nobody read to their end.
//!
//! An answer that is sent before the request has arrived is lost if the connection is then closed
//! on data in flight: the client sees a reset instead of the 401 or 413. So what a handler leaves
//! unread is read and thrown away, within [`LINGER_BYTES_MAX`] and [`LINGER_MS_MAX`]; past these
//! the connection is closed.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http::header::EXPECT;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio_util::task::TaskTracker;

/// Most bytes that are thrown away.
const LINGER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Longest time that is spent on it, in milliseconds.
const LINGER_MS_MAX: u64 = 5_000;

/// Makes sure that the request's body is read to its end, by the handler or after it.
///
/// A client that asks first (`Expect: 100-continue`) has not sent its body yet, and will not after
/// a refusal; reading on would invite it.
pub(super) fn linger(request: Request, tracker: &TaskTracker) -> Request {
    if request.body().is_end_stream() || request.headers().contains_key(EXPECT) {
        return request;
    }
    let tracker = tracker.clone();
    request.map(|body| Body::new(Lingering { body: Some(body), tracker }))
}

struct Lingering {
    body: Option<Body>,
    tracker: TaskTracker,
}

impl HttpBody for Lingering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) else { return };
        if tokio::runtime::Handle::try_current().is_ok() {
            self.tracker.spawn(async move {
                let limit = Duration::from_millis(LINGER_MS_MAX);
                // The outcome does not matter: the answer is on its way.
                let _ = tokio::time::timeout(limit, discard(body)).await;
            });
        }
    }
}

async fn discard(mut body: Body) {
    let mut discarded_bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        discarded_bytes += frame.data_ref().map_or(0, Bytes::len);
        if discarded_bytes > LINGER_BYTES_MAX {
            return;
        }
    }
}
