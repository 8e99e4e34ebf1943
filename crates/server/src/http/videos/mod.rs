//! `/v1/videos`: the same tasks in the dialects of xAI's API.
//!
//! Guarantees: each dialect's routes take the ids that its own answers name; a task is admitted,
//! priced and kept as at any other door.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use rushes_domain::{Dialect, Spelling};

use super::auth::Caller;
use super::error::{HttpError, task_not_exist};
use super::generations::{tell_wait, tell_when, watch};
use super::path::Segment;
use super::{Http, admission, json, prefer, to_json};
use crate::dialects::view::View;
use crate::dialects::xai;

/// `POST /v1/videos/generations`.
const XAI_DOOR: admission::Door = admission::Door {
    route: "POST /v1/videos/generations",
    dialect: Dialect::Xai,
    request: xai::request,
    answer: xai::created,
};

/// `POST /v1/videos/generations`.
pub(super) async fn create_xai(State(http): State<Arc<Http>>, request: Request) -> Response {
    admission::take(http, XAI_DOOR, request).await
}

/// `GET /v1/videos/{id}`, with `Prefer: wait=N`.
pub(super) async fn show(
    State(http): State<Arc<Http>>,
    caller: Caller,
    Segment(text): Segment,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let wait_seconds = prefer::wait_seconds(&headers)?;
    let id = Spelling::parse(&text).filter(|(_, spelling)| *spelling == Spelling::Uuid);
    let (id, _) = id.ok_or_else(task_not_exist)?;
    let row = watch(&http, &caller, id, wait_seconds).await?;
    let (links, now) = (&http.app.links, http.app.clock.now());
    let view = View { row: &row, links, now, queue_position: None, is_held_back: false };
    let is_over = row.state.is_terminal();
    let status = if is_over { StatusCode::OK } else { StatusCode::ACCEPTED };
    let mut response = json(status, to_json(xai::task(&view))?);
    tell_when(response.headers_mut(), &row, now);
    tell_wait(response.headers_mut(), wait_seconds);
    Ok(response)
}
