//! `/v1/video/generations`: create, list, query, cancel and delete video tasks.

pub(super) mod events;
pub(super) mod list;
pub(super) mod position;

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rushes_domain::{ApiError, Dialect, ErrorCode, GroupId, TaskId, Timestamp};
use rushes_store::{CancelOutcome, TaskRow, cancel_task, hide_task};

pub(super) use self::list::filtered_lists;
use super::auth::Caller;
use super::error::{HttpError, task_not_exist};
use super::{Http, admission, json, prefer, to_json};
use crate::dialects::native::{self, wire};
use crate::dialects::view::View;
use crate::openapi::{parameters, refusals, requests};

/// Tells which part of `Prefer` was followed (RFC 7240, section 3).
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// How often to ask, by the task's age: age in milliseconds below which the seconds apply.
const RETRY_AFTER_SECONDS: [(i64, u32); 2] = [(10_000, 1), (60_000, 2)];
/// How often to ask for an older task; the published document recommends this.
const RETRY_AFTER_SECONDS_MAX: u32 = 5;

type TaskPath = Result<Path<String>, PathRejection>;

/// `POST /v1/video/generations`.
const DOOR: admission::Door = admission::Door {
    route: "POST /v1/video/generations",
    label: None,
    dialect: Dialect::Native,
    request: native::request,
    answer: native::created,
};

/// Makes a video: the answer names the task, which goes on by itself.
///
/// The answer is sent once the task and its money are safe on the disk. Ask for the task until it
/// has ended, or follow its events.
#[utoipa::path(post, path = "/v1/video/generations", operation_id = "createVideo", tag = "videos",
    params(parameters::IdempotencyKey),
    request_body(content((requests::CreateVideo = "application/json"),
        (requests::CreateVideoForm = "multipart/form-data"))),
    responses((status = 200, body = wire::Created), refusals::Create))]
pub(super) async fn create(State(http): State<Arc<Http>>, request: Request) -> Response {
    admission::take(http, DOOR, request).await
}

/// A task. `Prefer: wait=N` holds the answer until it ends, for at most N seconds.
#[utoipa::path(get, path = "/v1/video/generations/{task_id}", operation_id = "getVideo",
    tag = "videos", params(parameters::TaskPath, parameters::Prefer),
    responses((status = 200, body = wire::Envelope), refusals::LookAtTask))]
pub(super) async fn show(
    State(http): State<Arc<Http>>,
    caller: Caller,
    path: TaskPath,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let wait_seconds = prefer::wait_seconds(&headers)?;
    let id = task_id(path)?;
    let row = watch(&http, &caller, id, wait_seconds).await?;
    let mut response = answer(&http, &row, caller.0.group_id, StatusCode::OK).await?;
    tell_wait(response.headers_mut(), wait_seconds);
    Ok(response)
}

/// The caller's task; at its end, if it comes within the wait.
pub(super) async fn watch(
    http: &Http,
    caller: &Caller,
    id: TaskId,
    wait_seconds: Option<u32>,
) -> Result<Arc<TaskRow>, HttpError> {
    let row = own_task(http, caller, id).await?;
    match wait_seconds {
        Some(seconds) if !row.state.is_terminal() => wait_for_end(http, caller, id, seconds).await,
        _ => Ok(row),
    }
}

/// Tells that the preference for a wait was followed.
pub(super) fn tell_wait(headers: &mut HeaderMap, wait_seconds: Option<u32>) {
    if let Some(seconds) = wait_seconds
        && let Ok(applied) = HeaderValue::try_from(format!("wait={seconds}"))
    {
        headers.insert(PREFERENCE_APPLIED, applied);
    }
}

/// Cancels a task.
///
/// 200 says that it has ended and its money was given back. 202 says that the model was asked to
/// stop: if it is too late for that, the task ends with its video and is paid.
#[utoipa::path(post, path = "/v1/video/generations/{task_id}/cancel", operation_id = "cancelVideo",
    tag = "videos", params(parameters::TaskPath),
    responses((status = 200, body = wire::Envelope),
        (status = 202, body = wire::Envelope, description = "The model was asked to stop."),
        refusals::Cancel))]
pub(super) async fn cancel(
    State(http): State<Arc<Http>>,
    caller: Caller,
    path: TaskPath,
) -> Result<Response, HttpError> {
    let id = task_id(path)?;
    let account_id = caller.account_id();
    let now = http.app.clock.now();
    let outcome = http.app.store.write(move |tx| cancel_task(tx, account_id, id, now)).await?;
    answer_cancel(&http, outcome, caller.0.group_id).await
}

/// What a cancel came to, in words.
pub(super) async fn answer_cancel(
    http: &Http,
    outcome: CancelOutcome,
    group_id: GroupId,
) -> Result<Response, HttpError> {
    let (row, status) = match outcome {
        CancelOutcome::NotFound => return Err(task_not_exist().into()),
        CancelOutcome::AlreadyTerminal(row) => {
            let word = native::status_word(&row);
            return Err(ApiError::new(
                ErrorCode::TaskAlreadyTerminal,
                format!("the task has already ended as {word} and cannot be cancelled"),
            )
            .into());
        }
        CancelOutcome::Cancelled(row) | CancelOutcome::AlreadyCancelled(row) => {
            (row, StatusCode::OK)
        }
        CancelOutcome::Requested(row) => (row, StatusCode::ACCEPTED),
    };
    answer(http, &row, group_id, status).await
}

/// Deletes a task and its files; a task that has not ended is cancelled first.
#[utoipa::path(delete, path = "/v1/video/generations/{task_id}", operation_id = "deleteVideo",
    tag = "videos", params(parameters::TaskPath),
    responses((status = 200, body = wire::Deleted), refusals::Delete))]
pub(super) async fn delete(
    State(http): State<Arc<Http>>,
    caller: Caller,
    path: TaskPath,
) -> Result<Response, HttpError> {
    let id = task_id(path)?;
    hide(&http, &caller, id).await?;
    Ok(json(StatusCode::OK, to_json(native::deleted(id))?))
}

/// Hides the caller's task.
pub(super) async fn hide(http: &Http, caller: &Caller, id: TaskId) -> Result<(), HttpError> {
    let app = &http.app;
    let (account_id, now) = (caller.account_id(), app.clock.now());
    let hidden = app.store.write(move |tx| hide_task(tx, account_id, id, now)).await?;
    hidden.map(drop).ok_or_else(|| task_not_exist().into())
}

/// The id in a path; whatever cannot be one is a task that does not exist.
fn task_id(path: TaskPath) -> Result<TaskId, HttpError> {
    path.ok().and_then(|Path(text)| text.parse().ok()).ok_or_else(|| task_not_exist().into())
}

/// The task as last committed, if it is the caller's and was not deleted.
pub(super) async fn own_task(
    http: &Http,
    caller: &Caller,
    id: TaskId,
) -> Result<Arc<TaskRow>, HttpError> {
    let row = http.app.views.get(&http.app.store, id).await?;
    let is_seen =
        |row: &Arc<TaskRow>| row.account_id == caller.account_id() && row.hidden_at.is_none();
    row.filter(is_seen).ok_or_else(|| task_not_exist().into())
}

/// The task at its end, or as it is when the time is over or the gateway stops.
async fn wait_for_end(
    http: &Http,
    caller: &Caller,
    id: TaskId,
    seconds: u32,
) -> Result<Arc<TaskRow>, HttpError> {
    let app = &http.app;
    let until = app.clock.now().plus_ms(i64::from(seconds) * 1_000);
    let mut time_over = app.clock.sleep_until(until);
    // Subscribed before the row is read, so that no change falls in between.
    let mut versions = app.views.subscribe(id);
    loop {
        let row = own_task(http, caller, id).await?;
        if row.state.is_terminal() {
            return Ok(row);
        }
        let is_changed = tokio::select! {
            changed = versions.changed() => changed.is_ok(),
            () = &mut time_over => false,
            () = app.stop.cancelled() => false,
        };
        if !is_changed {
            return own_task(http, caller, id).await;
        }
    }
}

/// The envelope of a task, with `Retry-After` while it is unfinished.
async fn answer(
    http: &Http,
    row: &TaskRow,
    group_id: GroupId,
    status: StatusCode,
) -> Result<Response, HttpError> {
    let app = &http.app;
    let now = app.clock.now();
    let queue_position = http.positions.of(&app.store, row).await?;
    let is_held_back = app.channels.holds_back(row, group_id);
    let view = View { row, links: &app.links, now, queue_position, is_held_back };
    let mut response = json(status, to_json(native::envelope(&view))?);
    tell_when(response.headers_mut(), row, now);
    Ok(response)
}

/// Tells when to ask for an unfinished task again.
pub(super) fn tell_when(headers: &mut HeaderMap, row: &TaskRow, now: Timestamp) {
    if !row.state.is_terminal() {
        headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds(row, now)));
    }
}

/// Young tasks are worth asking for often: previews take seconds.
pub(super) fn retry_after_seconds(row: &TaskRow, now: Timestamp) -> u32 {
    let age_ms = now.ms_since(row.created_at);
    RETRY_AFTER_SECONDS
        .iter()
        .find(|(below_ms, _)| age_ms < *below_ms)
        .map_or(RETRY_AFTER_SECONDS_MAX, |&(_, seconds)| seconds)
}
