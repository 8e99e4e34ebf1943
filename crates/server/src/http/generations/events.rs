//! `GET …/{task_id}/events`: a task's way as server-sent events (WHATWG HTML, section 9.2).
//!
//! Guarantees: a change is sent when it was committed, and asks the store nothing: a stream is fed
//! by what the view cache is told after each commit, so that ten thousand open ones cost what their
//! tasks' changes cost. The first event says where the task stands; the last one is `end`, and
//! closes the stream. An event's id is the task's version: whoever comes back with it as
//! `Last-Event-ID` hears only what it missed, and nothing at all (204, which ends a browser's
//! tries) if that was the end. An account has so many streams at a time.
//! Not here: what the fields say (`dialects/native`). A queue's positions are counted when a status
//! changes, not when somebody else's task moves.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rushes_domain::{AccountId, ApiError, ErrorCode, GroupId, Limit, TaskId};
use tokio::sync::watch;

use super::{TaskPath, own_task, task_id};
use crate::clock::BoxFuture;
use crate::dialects::native;
use crate::dialects::view::View;
use crate::http::Http;
use crate::http::auth::Caller;
use crate::http::error::HttpError;
use crate::openapi::{models, parameters, refusals};

/// Silence after which a comment is sent, so that nobody on the way takes the stream for dead, in
/// milliseconds.
const HEARTBEAT_MS: i64 = 15_000;
/// After how long a browser comes back if the stream breaks, in milliseconds.
pub(in crate::http) const RETRY_MS: u32 = 2_000;
/// What is sent into a silence.
pub(in crate::http) const HEARTBEAT: &str = ": still there\n\n";
/// When to try again if there are too many streams, in seconds.
const LIMIT_RETRY_SECONDS: u32 = 5;
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Asks nginx to pass events on as they come.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The open streams of each account.
#[derive(Debug, Default)]
pub(crate) struct EventStreams(Arc<Mutex<HashMap<AccountId, usize>>>);

impl EventStreams {
    /// A place for one more; given back when it is dropped.
    pub(in crate::http) fn take(
        &self,
        account_id: AccountId,
        most: usize,
    ) -> Result<OpenStream, ApiError> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(account_id).or_default();
        if *count >= most {
            let text = format!("the account has {most} event streams open, which is the limit");
            return Err(ApiError::new(ErrorCode::RateLimited, text)
                .with_limit(Limit::at_once("event_streams", most))
                .with_retry_after(LIMIT_RETRY_SECONDS));
        }
        *count += 1;
        Ok(OpenStream { streams: Arc::clone(&self.0), account_id })
    }
}

/// A stream's place.
pub(in crate::http) struct OpenStream {
    streams: Arc<Mutex<HashMap<AccountId, usize>>>,
    account_id: AccountId,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut open = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.account_id) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.account_id);
            }
        }
    }
}

/// Follows a task as server-sent events.
///
/// `status` and `progress` carry `{"task_id","status","progress"}` and, in the queue,
/// `queue_position`; `end` carries the task as a query's `data` shows it, and is the last. Silence is
/// broken by a comment every 15 seconds.
#[utoipa::path(get, path = "/v1/video/generations/{task_id}/events", operation_id = "followVideo",
    tag = "videos", params(parameters::TaskPath, parameters::LastEventId),
    responses((status = 200, body = models::StreamEvent, content_type = "text/event-stream"),
        (status = 204, description = "Everything was heard: `Last-Event-ID` is the end's."),
        refusals::Follow))]
pub(in crate::http) async fn events(
    State(http): State<Arc<Http>>,
    caller: Caller,
    path: TaskPath,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let id = task_id(path)?;
    let row = own_task(&http, &caller, id).await?;
    let last_id = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()?.parse().ok());
    if row.state.is_terminal() && last_id == Some(row.version) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        return Ok(response);
    }
    let most = http.app.config.account.event_streams_max;
    let place = http.event_streams.take(caller.account_id(), most)?;
    // Subscribed before the row is read again, so that no change falls in between.
    let versions = (!row.state.is_terminal()).then(|| http.app.views.subscribe(id));
    let feed = Feed {
        heartbeat: heartbeat(&http),
        http,
        id,
        group_id: caller.0.group_id,
        versions,
        heard: last_id,
        shown: None,
        stage: Stage::First,
        _place: place,
    };
    Ok(respond(Body::from_stream(stream::unfold(feed, Feed::next))))
}

/// An answer of events.
pub(in crate::http) fn respond(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

/// The end of a silence that begins now.
pub(in crate::http) fn heartbeat(http: &Http) -> BoxFuture<'static, ()> {
    let clock = &http.app.clock;
    clock.sleep_until(clock.now().plus_ms(HEARTBEAT_MS))
}

/// One stream.
struct Feed {
    http: Arc<Http>,
    id: TaskId,
    group_id: GroupId,
    /// None if the task had ended before.
    versions: Option<watch::Receiver<i64>>,
    /// The version that the client has heard of.
    heard: Option<i64>,
    /// Status and progress as they were sent last.
    shown: Option<(&'static str, u8)>,
    heartbeat: BoxFuture<'static, ()>,
    stage: Stage,
    _place: OpenStream,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    First,
    Following,
    Ended,
}

/// What a stream waits for.
enum Woken {
    Changed,
    Silent,
    Over,
}

type Chunk = io::Result<Bytes>;

impl Feed {
    /// The next bytes, and the feed for those behind them; nothing at the end.
    async fn next(mut self) -> Option<(Chunk, Self)> {
        loop {
            let text = match self.stage {
                Stage::Ended => return None,
                Stage::First => {
                    self.stage = Stage::Following;
                    let event = self.look().await;
                    event.map(|event| format!("retry: {RETRY_MS}\n\n{event}"))
                }
                Stage::Following => match self.wait().await {
                    Woken::Over => return None,
                    Woken::Silent => Ok(HEARTBEAT.to_owned()),
                    Woken::Changed => self.look().await,
                },
            };
            let text = match text {
                Ok(text) if text.is_empty() => continue,
                Ok(text) => text,
                // The stream breaks off, and the client comes back.
                Err(error) => {
                    tracing::error!(task_id = %self.id, ?error, "a stream of events breaks off");
                    self.stage = Stage::Ended;
                    return Some((Err(io::Error::other("the stream breaks off")), self));
                }
            };
            self.heartbeat = heartbeat(&self.http);
            return Some((Ok(Bytes::from(text)), self));
        }
    }

    async fn wait(&mut self) -> Woken {
        let Some(versions) = &mut self.versions else { return Woken::Over };
        tokio::select! {
            // No sender any more: the end was told before it went, and so it is looked at.
            changed = versions.changed() => {
                if changed.is_err() {
                    self.versions = None;
                }
                Woken::Changed
            }
            () = self.http.app.stop.cancelled() => Woken::Over,
            () = &mut self.heartbeat => Woken::Silent,
        }
    }

    /// The event that the task's row is worth; empty if it says nothing new.
    async fn look(&mut self) -> Result<String, HttpError> {
        let app = &self.http.app;
        let row = app.views.get(&app.store, self.id).await?;
        let Some(row) = row.filter(|row| row.hidden_at.is_none()) else {
            // It was deleted; a query is told that there is no such task.
            self.stage = Stage::Ended;
            return Ok(String::new());
        };
        let mut view = View {
            row: &row,
            links: &app.links,
            now: app.clock.now(),
            queue_position: None,
            is_held_back: app.channels.holds_back(&row, self.group_id),
        };
        if row.state.is_terminal() {
            self.stage = Stage::Ended;
            return event("end", row.version, native::event::whole(&view));
        }
        let shown = native::event::shown(&view);
        let before = self.shown.replace(shown);
        if before.is_none() && self.heard == Some(row.version) {
            return Ok(String::new());
        }
        match before {
            Some(before) if before == shown => Ok(String::new()),
            Some((status, _)) if status == shown.0 => {
                event("progress", row.version, native::event::brief(&view))
            }
            _ => {
                view.queue_position = self.http.positions.of(&app.store, &row).await?;
                event("status", row.version, native::event::brief(&view))
            }
        }
    }
}

/// JSON has no line breaks of its own: it is one line of data.
fn event(name: &str, version: i64, data: serde_json::Result<String>) -> Result<String, HttpError> {
    let data = data.map_err(|source| HttpError::internal(&source))?;
    Ok(format!("id: {version}\nevent: {name}\ndata: {data}\n\n"))
}
