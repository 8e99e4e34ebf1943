//! `GET /api/tasks/events`: all changes of an account's tasks as server-sent events.
//!
//! Guarantees: a change is sent when it was committed, and asks the store for nothing but the name of a
//! key that was not seen lately. Every [`CHECK_MS`] at most, and before more is told, it is asked whether who
//! listens still may: a session that was signed out, or an account that was disabled, hears no more. A stream begins with `reset`, which says that whatever was known before may be
//! old; whoever reads too slowly gets another one instead of what it missed. An account has so many
//! streams at a time, those of `/v1` included. A stream ends after [`STREAM_MS`] and is asked for anew.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use moka::sync::Cache;
use rushes_domain::{KeyId, Timestamp};
use rushes_store::keys::{KeyLabel, label_of};
use rushes_store::{TaskRow, Tx};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::row::Row;
use super::{HttpState, Owner};
use crate::clock::BoxFuture;
use crate::http::Http;
use crate::http::api::actor::Actor;
use crate::http::error::HttpError;
use crate::http::generations::events::{HEARTBEAT, OpenStream, RETRY_MS, heartbeat, respond};
use crate::openapi::{models, refusals};

/// How long a stream lives, in milliseconds.
const STREAM_MS: i64 = 10 * 60 * 1_000;
/// For how long it is believed that who listens may do so, in milliseconds: as long as a silence.
const CHECK_MS: i64 = 15_000;
/// Keys whose names are kept in memory, at most, and for how long they are believed.
const LABELS_MAX: u64 = 10_000;
const LABEL_TIME: Duration = Duration::from_secs(30);

/// The names of keys that were seen lately.
pub(in crate::http) struct KeyLabels(Cache<KeyId, Option<Arc<KeyLabel>>>);

impl Default for KeyLabels {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(LABELS_MAX).time_to_live(LABEL_TIME).build())
    }
}

impl KeyLabels {
    async fn of(&self, http: &Http, id: KeyId) -> Result<Option<Arc<KeyLabel>>, HttpError> {
        if let Some(known) = self.0.get(&id) {
            return Ok(known);
        }
        let label = http.app.store.read(move |tx| label_of(tx, id)).await?.map(Arc::new);
        self.0.insert(id, label.clone());
        Ok(label)
    }
}

/// Follows all tasks of your account as server-sent events.
///
/// `reset` comes first, and again if too much was missed: fetch the list anew. `task` carries a task
/// that was made or changed, as a row of the list; `removed` carries `{"task_id"}`. Silence is broken
/// by a comment every 15 seconds; the stream ends after ten minutes and can be opened again.
#[utoipa::path(get, path = "/api/tasks/events", operation_id = "followTasks", tag = "tasks",
    responses((status = 200, body = models::TaskStreamEvent, content_type = "text/event-stream"),
        refusals::ApiFollow))]
pub(super) async fn events(State(http): HttpState, actor: Actor) -> Result<Response, HttpError> {
    let owner = Owner::of(&actor)?;
    let most = http.app.config.account.event_streams_max;
    let place = http.event_streams.take(owner.account_id, most)?;
    let clock = &http.app.clock;
    let feed = Feed {
        owner,
        actor,
        checked_at: clock.now(),
        changes: http.app.views.follow(owner.account_id),
        heartbeat: heartbeat(&http),
        end: clock.sleep_until(clock.now().plus_ms(STREAM_MS)),
        is_new: true,
        _place: place,
        http,
    };
    Ok(respond(Body::from_stream(stream::unfold(feed, Feed::next))))
}

/// One stream.
struct Feed {
    http: Arc<Http>,
    owner: Owner,
    actor: Actor,
    checked_at: Timestamp,
    changes: broadcast::Receiver<Arc<TaskRow>>,
    heartbeat: BoxFuture<'static, ()>,
    end: BoxFuture<'static, ()>,
    is_new: bool,
    _place: OpenStream,
}

/// What a stream waits for.
enum Woken {
    Changed(Arc<TaskRow>),
    Missed,
    Silent,
    Over,
}

impl Feed {
    /// The next bytes, and the feed for those behind them; nothing at the end.
    async fn next(mut self) -> Option<(io::Result<Bytes>, Self)> {
        let text = if self.is_new {
            self.is_new = false;
            format!("retry: {RETRY_MS}\n\n{}", event("reset", "{}"))
        } else {
            let woken = self.wait().await;
            if !self.may_listen().await {
                return None;
            }
            match woken {
                Woken::Over => return None,
                Woken::Silent => HEARTBEAT.to_owned(),
                Woken::Missed => event("reset", "{}"),
                Woken::Changed(row) => match tell(&self.http, self.owner, &row).await {
                    Ok(text) => text,
                    // The client fetches the list, and hears there what is wrong.
                    Err(error) => {
                        tracing::error!(task_id = %row.id, ?error, "a change could not be told");
                        event("reset", "{}")
                    }
                },
            }
        };
        self.heartbeat = heartbeat(&self.http);
        Some((Ok(Bytes::from(text)), self))
    }

    /// Whether who listens may still do so. A store that does not answer ends the stream too: the
    /// client asks anew, and hears what is wrong.
    async fn may_listen(&mut self) -> bool {
        let now = self.http.app.clock.now();
        if now.ms_since(self.checked_at) < CHECK_MS {
            return true;
        }
        self.checked_at = now;
        let actor = self.actor.clone();
        let read = move |tx: &mut Tx<'_>| actor.refreshed(tx, now).map(|_| ());
        self.http.app.store.read(read).await.is_ok()
    }

    async fn wait(&mut self) -> Woken {
        tokio::select! {
            // A stream that always has something to say ends all the same.
            biased;
            () = self.http.app.stop.cancelled() => Woken::Over,
            () = &mut self.end => Woken::Over,
            change = self.changes.recv() => match change {
                Ok(row) => Woken::Changed(row),
                Err(RecvError::Lagged(_)) => Woken::Missed,
                Err(RecvError::Closed) => Woken::Over,
            },
            () = &mut self.heartbeat => Woken::Silent,
        }
    }
}

/// The event that a change is worth.
async fn tell(http: &Http, owner: Owner, row: &TaskRow) -> Result<String, HttpError> {
    if row.hidden_at.is_some() {
        let data = serde_json::json!({ "task_id": row.id.to_string() });
        return Ok(event("removed", &data.to_string()));
    }
    let label = http.key_labels.of(http, row.key_id).await?;
    let shown = Row::of(http, owner.group_id, row, label.as_deref())?;
    let data = serde_json::to_string(&shown).map_err(|source| HttpError::internal(&source))?;
    Ok(event("task", &data))
}

/// JSON has no line breaks of its own: it is one line of data.
fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
