//! The xAI dialect: `/v1/videos/generations` and `/v1/videos/{request_id}`, as xAI's REST API and
//! its clients have them.
//!
//! Guarantees: a status is one that these clients know (`pending`, `done`, `failed`, `expired`),
//! since they poll on until their time is over at any other; an answer always has a JSON body;
//! `video.url` is a string wherever there is a `video`, never null. Errors have the body of all
//! other errors, which these clients read too. Not here: edits and extensions.

use rushes_domain::catalogue::Model;
use rushes_domain::money::CostState;
use rushes_domain::request::VideoRequest;
use rushes_domain::request::json::Pairs;
use rushes_domain::{Dialect, FailureCode, State};
use rushes_store::NewTask;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::request_of;
use super::view::View;
use crate::openapi::words;

/// Fields of xAI's that nobody here can follow, and what to do about it. They would change the
/// video or its delivery, so that leaving them out in silence would sell something else.
pub const REFUSED: [(&str, &str); 5] = [
    ("last_frame", "an image can only be the first frame; send it in image"),
    ("keyframes", "images have no moments of their own; send them in reference_images"),
    ("reference_audios", "voices and sounds cannot be given; leave it out"),
    ("video", "videos are made from a prompt and images only; leave it out"),
    ("output", "results are not sent anywhere; fetch video.url of the finished request"),
];
/// Hex digits of a model's fingerprint.
const FINGERPRINT_CHARS: usize = 10;
/// The version of every model: the catalogue knows none.
const MODEL_VERSION: &str = "1.0";

/// The request behind a body's fields. Those of the native dialect mean the same here; the defaults
/// are xAI's.
pub fn request(pairs: Pairs<'_>) -> VideoRequest {
    request_of(pairs, Dialect::Xai, &REFUSED)
}

/// The body of the answer to a create.
pub fn created(task: &NewTask) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Created { request_id: Dialect::Xai.spelling().spell(task.id) })
}

/// The body of the answer to a query. It goes out with status 202 while the task is unfinished.
pub fn task(view: &View<'_>) -> serde_json::Result<Vec<u8>> {
    let row = view.row;
    let is_expired = view.is_expired();
    let is_moderated =
        row.failure.as_ref().is_some_and(|failure| failure.code == FailureCode::Moderated);
    let status = match row.state {
        State::Succeeded if is_expired => "expired",
        State::Succeeded => "done",
        // As xAI tells it: done, without an address, and `respect_moderation` says why.
        _ if is_moderated => "done",
        State::Failed | State::Cancelled => "failed",
        _ => "pending",
    };
    let has_video = status == "done";
    let paid = if row.cost_state == CostState::Posted { row.price.0 } else { 0 };
    serde_json::to_vec(&Task {
        status,
        progress: view.percent(),
        model: has_video.then_some(&row.model_name),
        video: has_video.then(|| Video {
            url: view.url(),
            duration: row.seconds,
            respect_moderation: !is_moderated,
        }),
        usage: row.state.is_terminal().then_some(Usage { cost_in_usd_ticks: paid }),
        error: row
            .failure
            .as_ref()
            .map(|failure| Error { code: code_of(failure.code), message: &failure.reason }),
    })
}

/// The codes of failed requests that xAI's reference lists.
pub(crate) const FAILURE_CODES: [&str; 5] = [
    "invalid_argument",
    "permission_denied",
    "failed_precondition",
    "service_unavailable",
    "internal_error",
];

/// The code of a request that failed: one of [`FAILURE_CODES`].
const fn code_of(code: FailureCode) -> &'static str {
    match code {
        FailureCode::ImageFetchFailed
        | FailureCode::Moderated
        | FailureCode::InvalidForUpstream => "invalid_argument",
        FailureCode::Cancelled | FailureCode::LoopDetected => "failed_precondition",
        FailureCode::UpstreamUnavailable | FailureCode::DeadlineExceeded => "service_unavailable",
        FailureCode::UpstreamError
        | FailureCode::UpstreamLost
        | FailureCode::UpstreamSubmitAmbiguous
        | FailureCode::ResultInvalid
        | FailureCode::InternalError => "internal_error",
    }
}

/// The body of `GET /v1/video-generation-models`.
pub fn models(models: &[&Model]) -> serde_json::Result<Vec<u8>> {
    let models = models.iter().map(|model| entry(model)).collect::<Result<Vec<_>, _>>()?;
    serde_json::to_vec(&Models { models })
}

/// The body of `GET /v1/video-generation-models/{id}`.
pub fn model(model: &Model) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&entry(model)?)
}

fn entry(model: &Model) -> serde_json::Result<ModelEntry<'_>> {
    // Changes when anything of the model does, its price too.
    let hash = format!("{:x}", Sha256::digest(serde_json::to_vec(model)?));
    let takes_images = model.image.is_some() || model.reference.is_some();
    let modalities: &[_] = if takes_images { &["text", "image"] } else { &["text"] };
    Ok(ModelEntry {
        id: &model.id,
        fingerprint: format!("fp_{}", &hash[..FINGERPRINT_CHARS]),
        created: model.created,
        object: "model",
        owned_by: &model.owned_by,
        version: MODEL_VERSION,
        input_modalities: modalities,
        output_modalities: &["video"],
        aliases: &model.aliases,
    })
}

/// The answer to a create.
#[derive(Serialize, ToSchema)]
#[schema(as = XaiCreated)]
pub(crate) struct Created {
    /// The request, as a UUID.
    #[schema(format = "uuid", examples("0197f0c2-a5d8-7b3c-9e4f-6a1b2c3d4e5f"))]
    request_id: String,
}

/// A request.
#[derive(Serialize, ToSchema)]
#[schema(as = XaiVideo)]
pub(crate) struct Task<'a> {
    #[schema(inline, value_type = words::XaiStatus)]
    status: &'static str,
    /// Per cent.
    #[schema(maximum = 100)]
    progress: u8,
    /// The model as the request named it; there once it is `done`.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a String>,
    /// There once it is `done`.
    #[serde(skip_serializing_if = "Option::is_none")]
    video: Option<Video>,
    /// There at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    /// There if it is `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error<'a>>,
}

/// The video.
#[derive(Serialize, ToSchema)]
#[schema(as = XaiVideoFile)]
pub(crate) struct Video {
    /// The link of the MP4, which works for an hour; empty if it was held back.
    url: String,
    /// In seconds.
    duration: u32,
    /// False if moderation held the video back.
    respect_moderation: bool,
}

/// What it cost.
#[derive(Serialize, ToSchema)]
#[schema(as = XaiUsage)]
pub(crate) struct Usage {
    /// In units of 1e-10 US dollar.
    cost_in_usd_ticks: i64,
}

/// Why it failed.
#[derive(Serialize, ToSchema)]
#[schema(as = XaiError)]
pub(crate) struct Error<'a> {
    #[schema(inline, value_type = words::XaiFailureCode)]
    code: &'static str,
    /// A sentence for people.
    message: &'a str,
}

/// The models that this key may use.
#[derive(Serialize, ToSchema)]
#[schema(as = XaiModelList)]
pub(crate) struct Models<'a> {
    models: Vec<ModelEntry<'a>>,
}

/// A model.
#[derive(Serialize, ToSchema)]
#[schema(as = XaiModel)]
pub(crate) struct ModelEntry<'a> {
    #[schema(examples("grok-image-video"))]
    id: &'a str,
    /// Changes when the model is changed.
    fingerprint: String,
    /// Seconds since 1970.
    created: i64,
    /// Always `model`.
    #[schema(pattern = "^model$")]
    object: &'static str,
    owned_by: &'a str,
    version: &'static str,
    #[schema(value_type = Vec<String>)]
    input_modalities: &'a [&'static str],
    #[schema(value_type = Vec<String>)]
    output_modalities: &'a [&'static str],
    /// Other names of it.
    aliases: &'a [String],
}

#[cfg(test)]
mod tests;
