//! Another gateway of this product, and the family of New API: `/v1/video/generations`.
//!
//! Guarantees: to its own kind a submit carries the task's id as `Idempotency-Key`, so that a
//! repetition is exact, and both kinds are told how many gateways the request has passed, so that
//! a loop ends. A 503 proves nothing but with the codes of its own kind, or where New API had no
//! channel for the job. Not here: reading a task (`task`).

mod task;

use std::future::ready;

use http::Method;
use rushes_domain::job::Mode;
use serde_json::Value;

use crate::answer::{Answer, send};
use crate::fields::{Fields, engine_fields, json_body};
use crate::preset::TIMEOUTS_UPLOAD;
use crate::words::OwnWords;
use crate::{
    BoxFuture, Check, Descriptor, HttpRequest, JobHandle, JobImage, Operation, PollSchedule,
    Preset, PresetModels, Progress, Provider, ProviderJob, Resubmit, Upstream, UpstreamError,
    UpstreamErrorKind as Kind, UpstreamId, path_segment,
};

/// The provider's name in task rows.
pub const NAME: &str = "gateway";
/// Where tasks are made and asked after.
const PATH: &str = "/v1/video/generations";

static DESCRIPTOR: Descriptor =
    Descriptor { name: NAME, presets: &[GATEWAY, NEW_API], cancels: true, sends_options: true };

const GATEWAY: Preset = Preset {
    name: "gateway",
    description: "Another Rushes gateway.",
    base_url: None,
    needs_credential: true,
    resubmit: Resubmit::Keyed,
    // Its own codes prove it; a 503 without one comes from something in between.
    refuses_with_503: false,
    poll: PollSchedule { first_ms: 2_000, interval_ms: 3_000 },
    max_concurrency: 20,
    timeouts: TIMEOUTS_UPLOAD,
    models: PresetModels::Same,
    costs: &[],
    takes_image_urls: true,
};

const NEW_API: Preset = Preset {
    name: "new-api",
    description: "A gateway of the New API family.",
    resubmit: Resubmit::Never,
    poll: PollSchedule { first_ms: 5_000, interval_ms: 5_000 },
    max_concurrency: 10,
    models: PresetModels::Ask,
    ..GATEWAY
};

/// The provider; it has no state.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gateway;

impl Provider for Gateway {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn submit<'a>(
        &'a self,
        upstream: Upstream<'a>,
        job: &'a ProviderJob,
    ) -> BoxFuture<'a, Result<UpstreamId, UpstreamError>> {
        Box::pin(async move {
            let mut request =
                HttpRequest::new(Operation::Submit, Method::POST, PATH).with_hops(job);
            request.body = if is_own_kind(upstream.preset) {
                request = request.with_header("idempotency-key", job.task_id.to_string());
                json_body(own_fields(job))
            } else {
                json_body(new_api_fields(job))
            };
            let answer = send(upstream, request).await?;
            if !answer.is_success() {
                return Err(refusal(&answer, Operation::Submit, upstream, &job.own_words()));
            }
            answer.upstream_id(&["/task_id", "/id", "/data/task_id", "/data/id", "/data"])
        })
    }

    fn poll<'a>(
        &'a self,
        upstream: Upstream<'a>,
        job: &'a JobHandle<'a>,
    ) -> BoxFuture<'a, Result<Progress, UpstreamError>> {
        Box::pin(async move {
            let request = HttpRequest::new(Operation::Poll, Method::GET, path_of(job));
            let answer = send(upstream, request).await?;
            if !answer.is_success() {
                return Err(refusal(&answer, Operation::Poll, upstream, &job.own_words()));
            }
            task::progress_of(&answer)
        })
    }

    fn cancel<'a>(
        &'a self,
        upstream: Upstream<'a>,
        job: &'a JobHandle<'a>,
    ) -> BoxFuture<'a, Result<(), UpstreamError>> {
        if !is_own_kind(upstream.preset) {
            // That family has no such call.
            return Box::pin(ready(Ok(())));
        }
        Box::pin(async move {
            let path = format!("{}/cancel", path_of(job));
            let request = HttpRequest::new(Operation::Cancel, Method::POST, path);
            let answer = send(upstream, request).await?;
            // `task_already_terminal`: there is nothing left to stop.
            if answer.status == 409 {
                return Ok(());
            }
            answer.cancelled(upstream)
        })
    }

    fn check<'a>(&'a self, upstream: Upstream<'a>) -> BoxFuture<'a, Result<Check, UpstreamError>> {
        Box::pin(async move {
            let request = HttpRequest::new(Operation::Check, Method::GET, "/v1/models");
            send(upstream, request).await?.check(upstream)
        })
    }
}

fn is_own_kind(preset: &Preset) -> bool {
    preset.name == GATEWAY.name
}

fn path_of(job: &JobHandle<'_>) -> String {
    format!("{PATH}/{}", path_segment(job.upstream_id.as_str()))
}

/// The fields of the contract.
fn own_fields(job: &ProviderJob) -> Fields {
    let mut fields: Fields = vec![
        ("model", job.model.as_str().into()),
        ("prompt", job.prompt.as_str().into()),
        ("seconds", job.seconds.into()),
        ("aspect_ratio", job.aspect_ratio.as_str().into()),
        ("resolution", job.resolution.as_str().into()),
    ];
    if !job.images.is_empty() {
        let name = match job.mode {
            // One image in this field is a reference too, and no first frame.
            Mode::ReferenceToVideo => "reference_images",
            Mode::TextToVideo | Mode::ImageToVideo => "image_urls",
        };
        fields.push((name, job.images.iter().map(JobImage::to_url).collect()));
    }
    fields.extend(engine_fields(&job.options));
    fields
}

/// The fields of New API's reference, and the two of the contract that other members of the
/// family read. `seconds` is text there; a number would be refused.
fn new_api_fields(job: &ProviderJob) -> Fields {
    let mut fields: Fields = vec![
        ("model", job.model.as_str().into()),
        ("prompt", job.prompt.as_str().into()),
        ("duration", job.seconds.into()),
        ("seconds", job.seconds.to_string().into()),
        ("width", job.width.into()),
        ("height", job.height.into()),
        ("size", format!("{}x{}", job.width, job.height).into()),
        ("aspect_ratio", job.aspect_ratio.as_str().into()),
        ("resolution", job.resolution.as_str().into()),
    ];
    match job.images.as_slice() {
        [] => {}
        [image] => fields.push(("image", image.to_url().into())),
        images => {
            let urls: Vec<Value> = images.iter().map(|image| image.to_url().into()).collect();
            fields.push(("images", urls.into()));
        }
    }
    let known = |(name, _): &(&str, Value)| matches!(*name, "seed" | "fps");
    fields.extend(engine_fields(&job.options).into_iter().filter(known));
    fields
}

/// What an answer that is no success means: by its code where that proves more than its status.
fn refusal(
    answer: &Answer,
    operation: Operation,
    upstream: Upstream<'_>,
    own: &OwnWords,
) -> UpstreamError {
    let code = answer.code();
    let by_code = match (answer.status, code.as_str()) {
        (508, _) | (400..=599, "loop_detected") => Some(Kind::Loop),
        (400..=499, "task_not_exist") if operation != Operation::Submit => Some(Kind::Lost),
        (400..=499, "moderated") => Some(Kind::Moderated),
        (400..=499, code) if code.starts_with("image_") => Some(Kind::ImageRefused),
        (408 | 503, code) if is_refused_for_now(code, upstream.preset) => Some(Kind::Busy),
        // New API's distributor speaks before any of its channels has seen the request.
        (503, "model_not_found") if answer.words().contains("distributor") => Some(Kind::Busy),
        _ => None,
    };
    match by_code {
        Some(kind) => answer.error(kind),
        None => answer.refusal(operation, upstream, own),
    }
}

/// Codes with which its own kind says that nothing was made.
fn is_refused_for_now(code: &str, preset: &Preset) -> bool {
    let codes = ["no_channel", "storage_full", "shutting_down", "request_timeout"];
    is_own_kind(preset) && codes.contains(&code)
}
