//! `/v1/videos`: the same tasks in the dialects of xAI's API and of the `OpenAI` Videos API, which
//! share the path.
//!
//! Guarantees: each dialect's routes take the ids that its own answers name. Where both have the
//! same route, the id decides: `video_…` and `task_…` are answered in `OpenAI`'s words; a UUID in
//! those of the dialect that its task was made in, which are xAI's unless it was `OpenAI`'s. A task
//! is admitted, priced and kept as at any other door.

pub(super) mod content;
pub(super) mod list;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rushes_domain::{ApiError, Dialect, ErrorCode, Spelling, TaskId, Timestamp};
use rushes_store::TaskRow;

use super::auth::Caller;
use super::error::{HttpError, task_not_exist};
use super::generations::{hide, retry_after_seconds, tell_wait, tell_when, watch};
use super::path::Segment;
use super::{Http, admission, json, prefer, to_json};
use crate::dialects::view::View;
use crate::dialects::{openai, xai};
use crate::openapi::{models, parameters, refusals, requests};

/// When the `OpenAI` SDKs poll again, in milliseconds; they read no `Retry-After` of a success.
const OPENAI_POLL_AFTER_MS: HeaderName = HeaderName::from_static("openai-poll-after-ms");

/// `POST /v1/videos/generations`.
const XAI_DOOR: admission::Door = admission::Door {
    route: "POST /v1/videos/generations",
    label: None,
    dialect: Dialect::Xai,
    request: xai::request,
    answer: xai::created,
};

/// `POST /v1/videos`.
const OPENAI_DOOR: admission::Door = admission::Door {
    route: "POST /v1/videos",
    label: None,
    dialect: Dialect::Openai,
    request: openai::request,
    answer: openai::created,
};

/// Makes a video, as xAI's API does.
#[utoipa::path(post, path = "/v1/videos/generations", operation_id = "xaiCreateVideo", tag = "xai",
    params(parameters::IdempotencyKey), request_body = requests::XaiCreateVideo,
    responses((status = 200, body = xai::Created), refusals::Create))]
pub(super) async fn create_xai(State(http): State<Arc<Http>>, request: Request) -> Response {
    admission::take(http, XAI_DOOR, request).await
}

/// Makes a video, as the `OpenAI` Videos API does.
#[utoipa::path(post, path = "/v1/videos", operation_id = "openaiCreateVideo", tag = "openai",
    params(parameters::IdempotencyKey),
    request_body(content((requests::OpenaiCreateVideo = "application/json"),
        (requests::OpenaiCreateVideoForm = "multipart/form-data"))),
    responses((status = 200, body = openai::Video), refusals::Create))]
pub(super) async fn create_openai(State(http): State<Arc<Http>>, request: Request) -> Response {
    admission::take(http, OPENAI_DOOR, request).await
}

/// What these APIs have beyond new videos. The routes are there so that nobody takes their last
/// part for an id.
pub(super) async fn not_offered(_caller: Caller) -> HttpError {
    ApiError::new(
        ErrorCode::NotFound,
        "videos are made from a prompt and images here; they are not edited, extended or remixed",
    )
    .into()
}

/// A video, in the words of the dialect that its id is spelled in.
#[utoipa::path(get, path = "/v1/videos/{video_id}", operation_id = "openaiGetVideo",
    tags = ["openai", "xai"], params(parameters::VideoPath, parameters::Prefer),
    responses((status = 200, body = models::EitherVideo),
        (status = 202, body = xai::Task, description = "Unfinished, in xAI's words."),
        refusals::LookAtTask))]
pub(super) async fn show(
    State(http): State<Arc<Http>>,
    caller: Caller,
    Segment(text): Segment,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let wait_seconds = prefer::wait_seconds(&headers)?;
    let (id, spelling) = task_id(&text)?;
    let row = watch(&http, &caller, id, wait_seconds).await?;
    let (links, now) = (&http.app.links, http.app.clock.now());
    let view = View { row: &row, links, now, queue_position: None, is_held_back: false };
    let mut response = match dialect_of(spelling, &row) {
        Dialect::Xai => {
            let is_over = row.state.is_terminal();
            let status = if is_over { StatusCode::OK } else { StatusCode::ACCEPTED };
            json(status, to_json(xai::task(&view))?)
        }
        Dialect::Openai | Dialect::Native => {
            let mut response = json(StatusCode::OK, to_json(openai::task(&view))?);
            tell_poll(response.headers_mut(), &row, now);
            response
        }
    };
    tell_when(response.headers_mut(), &row, now);
    tell_wait(response.headers_mut(), wait_seconds);
    Ok(response)
}

/// Deletes a video and its files; one that is not finished is cancelled first.
#[utoipa::path(delete, path = "/v1/videos/{video_id}", operation_id = "openaiDeleteVideo",
    tag = "openai", params(parameters::VideoPath),
    responses((status = 200, body = openai::Deleted), refusals::Delete))]
pub(super) async fn delete(
    State(http): State<Arc<Http>>,
    caller: Caller,
    Segment(text): Segment,
) -> Result<Response, HttpError> {
    let (id, spelling) = task_id(&text)?;
    hide(&http, &caller, id).await?;
    Ok(json(StatusCode::OK, to_json(openai::deleted(&spelling.spell(id)))?))
}

/// The id in a path, in any of its spellings; whatever cannot be one is a task that does not exist.
fn task_id(text: &str) -> Result<(TaskId, Spelling), ApiError> {
    Spelling::parse(text).ok_or_else(task_not_exist)
}

/// In whose words a task that was asked for by this spelling is told.
fn dialect_of(spelling: Spelling, row: &TaskRow) -> Dialect {
    match (spelling, row.dialect) {
        (Spelling::Task | Spelling::Video, _) | (Spelling::Uuid, Dialect::Openai) => {
            Dialect::Openai
        }
        (Spelling::Uuid, Dialect::Xai | Dialect::Native) => Dialect::Xai,
    }
}

fn tell_poll(headers: &mut HeaderMap, row: &TaskRow, now: Timestamp) {
    if !row.state.is_terminal() {
        let milliseconds = retry_after_seconds(row, now).saturating_mul(1_000);
        headers.insert(OPENAI_POLL_AFTER_MS, HeaderValue::from(milliseconds));
    }
}
