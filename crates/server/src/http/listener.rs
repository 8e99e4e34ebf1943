//! The accept loop: HTTP/1 connections with limits.
//!
//! Guarantees:
//! - The head of a request arrives within `limits.header_timeout_ms`, or the connection is closed;
//!   the same time closes a kept-alive connection that is idle. A head over
//!   `limits.header_bytes_max` is answered with 431.
//! - At most `limits.connections_max` connections are open. Further ones wait in the kernel's
//!   queue of the listening socket until one ends; nothing is allocated for them.
//! - A client that stops reading its answer is cut off after [`WRITE_STALL_MS_MAX`].
//! - A clean stop closes the socket, lets requests under way finish (those that wait with
//!   `Prefer: wait` are answered at once) and closes idle connections.
//!
//! HTTP/1 only: browsers and SDKs speak HTTP/2 to the TLS proxy in front, and without HTTP/2 its
//! floods of resets cannot happen here. Not here: TLS.

mod guarded;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use self::guarded::Guarded;
use super::proxies::Peer;
use crate::app::App;
use crate::metrics::Metrics;

/// Longest time that an answer may wait for its reader, in milliseconds.
pub const WRITE_STALL_MS_MAX: u64 = 60_000;
/// Most header lines of a request.
const HEADER_LINES_MAX: usize = 128;
/// First and longest pause after an error that is not one connection's own (no file descriptors
/// left), in milliseconds.
const BACK_OFF_MS_MIN: u64 = 10;
const BACK_OFF_MS_MAX: u64 = 1_000;

/// Accepts connections until the app stops.
pub async fn run(app: Arc<App>, listener: TcpListener, router: Router) {
    let limits = &app.config.limits;
    let connections_max = limits.connections_max.min(Semaphore::MAX_PERMITS);
    let places = Arc::new(Semaphore::new(connections_max));
    let server = Arc::new(Server::new(&app, router));
    let mut back_off_ms = BACK_OFF_MS_MIN;
    loop {
        let accepted = tokio::select! {
            biased;
            () = app.stop.cancelled() => return,
            accepted = accept(&places, &listener) => accepted,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                back_off_ms = BACK_OFF_MS_MIN;
                app.tracker.spawn(Arc::clone(&server).serve(stream, peer, place));
            }
            Err(source) if is_of_one_connection(&source) => {}
            Err(source) => {
                tracing::error!(error = %source, back_off_ms, "cannot accept connections");
                pause(&app.stop, back_off_ms).await;
                back_off_ms = (back_off_ms * 2).min(BACK_OFF_MS_MAX);
            }
        }
    }
}

type Accepted = (TcpStream, SocketAddr, OwnedSemaphorePermit);

/// Waits for a place first, so that a connection without one stays in the kernel's queue.
async fn accept(places: &Arc<Semaphore>, listener: &TcpListener) -> io::Result<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

/// Errors that belong to a connection which died before it was accepted.
fn is_of_one_connection(source: &io::Error) -> bool {
    matches!(
        source.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

async fn pause(stop: &CancellationToken, milliseconds: u64) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(Duration::from_millis(milliseconds)) => {}
    }
}

struct Server {
    protocol: http1::Builder,
    router: Router,
    stop: CancellationToken,
    metrics: Arc<Metrics>,
}

impl Server {
    fn new(app: &App, router: Router) -> Self {
        let limits = &app.config.limits;
        let mut protocol = http1::Builder::new();
        protocol
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_millis(limits.header_timeout_ms))
            .max_header_size(limits.header_bytes_max)
            .max_headers(HEADER_LINES_MAX)
            .keep_alive(true);
        Self { protocol, router, stop: app.stop.clone(), metrics: Arc::clone(&app.metrics) }
    }

    async fn serve(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        _place: OwnedSemaphorePermit,
    ) {
        let _open = self.metrics.connection();
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let router = self.router.clone();
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            let router = router.clone();
            async move { Ok::<_, Infallible>(answer(router, request).await) }
        });
        let guarded = Guarded::new(stream, Duration::from_millis(WRITE_STALL_MS_MAX));
        let connection = self.protocol.serve_connection(TokioIo::new(guarded), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(source) = ended {
            // Clients that hang up, send nonsense or nothing are everyday life.
            tracing::debug!(error = %source, "a connection ended early");
        }
    }
}

async fn answer(router: Router, request: hyper::Request<Body>) -> hyper::Response<Body> {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
