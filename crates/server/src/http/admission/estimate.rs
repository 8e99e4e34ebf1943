//! `POST /v1/video/generations/estimate`: what a video would cost, and whether it would be taken.
//!
//! Guarantees: the body is read and checked as a create's is, and nothing is stored, held or
//! counted; pictures are looked at (type and size) but not decoded.

use std::sync::Arc;

use axum::extract::{FromRequestParts as _, Request, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::ErrorCode;
use rushes_domain::admission::{Refusal, Verdict, admit, check_money};
use rushes_domain::money::CostState;
use rushes_domain::request::VideoRequest;
use rushes_domain::request::json::Pairs;
use serde::Serialize;
use utoipa::ToSchema;

use super::order::{PARSE_INLINE_BYTES_MAX, look_at_callback, off_the_loop};
use super::refusal::refused_code;
use super::{Checked, check, standing};
use crate::channels::lane_for;
use crate::dialects::native;
use crate::dialects::native::wire::Cost;
use crate::http::auth::{Caller, invalid_api_key};
use crate::http::body::{self, ReadBody};
use crate::http::error::HttpError;
use crate::http::{Http, json, to_json};
use crate::openapi::{refusals, requests, words};

/// What a video would be, and cost.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Estimate<'a> {
    /// Always `video.estimate`.
    #[schema(pattern = r"^video\.estimate$")]
    object: &'static str,
    /// The model as the request named it.
    model: &'a str,
    #[schema(inline, value_type = words::ModeWord)]
    mode: &'static str,
    /// The length, in seconds.
    seconds: u32,
    /// What was asked for: more, if it is cut to what the mode allows.
    seconds_requested: u32,
    /// The shape.
    aspect_ratio: &'a str,
    /// The height in lines.
    resolution: &'a str,
    cost: Cost,
    /// Whether balance and budgets cover it.
    sufficient: bool,
    /// The code with which a create would be refused now; null if it would be taken.
    #[schema(required)]
    reason: Option<&'static str>,
}

/// What a video would cost, and whether it would be taken. Nothing is made or counted.
#[utoipa::path(post, path = "/v1/video/generations/estimate", operation_id = "estimateVideo",
    tag = "videos",
    request_body(content((requests::CreateVideo = "application/json"),
        (requests::CreateVideoForm = "multipart/form-data"))),
    responses((status = 200, body = Estimate), refusals::Estimate))]
pub(in crate::http) async fn estimate(
    State(http): State<Arc<Http>>,
    request: Request,
) -> Result<Response, HttpError> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &http).await?;
    let limits = &http.app.config.limits;
    let account_id = caller.account_id();
    let body = body::read(&parts.headers, body, limits, &http.bodies, account_id).await?;
    answer(&http, &caller, body, native::request).await
}

/// What a video of this request would cost with this key.
pub(in crate::http) async fn answer(
    http: &Http,
    caller: &Caller,
    body: ReadBody,
    read: fn(Pairs<'_>) -> VideoRequest,
) -> Result<Response, HttpError> {
    let is_large = body.bytes.len() > PARSE_INLINE_BYTES_MAX;
    let (app, asker) = (Arc::clone(&http.app), caller.clone());
    let checked = off_the_loop(is_large, move || {
        let request = read(body.format.pairs(&body.bytes)?);
        check(&app, &asker, request)
    })
    .await??;
    let Checked { job, price, .. } = checked;
    look_at_callback(http, caller, job.callback_url.as_deref()).await?;
    let roster = http.app.channels.current(&http.app.store).await?;
    let lane = lane_for(&roster, caller.0.kind, &job.model_id, caller.0.group_id);
    let standing = standing(&http.app, caller).await?;
    let sufficient = check_money(&standing, price).is_none();
    let reason = match admit(&standing, price) {
        Verdict::Refuse(Refusal::InvalidKey) => {
            return Err(invalid_api_key().into());
        }
        Verdict::Refuse(refusal) => Some(refused_code(&refusal)),
        _ if lane.is_none() => Some(ErrorCode::NoChannel),
        Verdict::Queue | Verdict::Park => None,
    };
    let answer = Estimate {
        object: "video.estimate",
        model: &job.model_name,
        mode: job.mode.as_str(),
        seconds: job.seconds,
        seconds_requested: job.seconds_requested,
        aspect_ratio: &job.aspect_ratio,
        resolution: &job.resolution,
        cost: Cost::of(price, CostState::Estimated),
        sufficient,
        reason: reason.map(ErrorCode::as_str),
    };
    Ok(json(StatusCode::OK, to_json(serde_json::to_vec(&answer))?))
}
