//! xAI's REST video API (`/v1/videos/generations`).
//!
//! Guarantees: one image goes as `image` and without an aspect ratio, since older versions stretch
//! the image to it; it has been cut to the ratio before. Nothing is sent that this API would
//! silently ignore, such as a seed. Jobs cannot be called off. Not here: fetching the result, whose
//! address works for about a day.

use std::fmt::Write as _;
use std::future::ready;

use http::Method;
use rushes_domain::FailureCode;
use rushes_domain::job::Mode;
use serde_json::{Value, json};

use crate::answer::{Answer, code_word, failed, message_of, send};
use crate::fields::{Fields, json_body, media_url, percent, text, ticks};
use crate::preset::TIMEOUTS_UPLOAD;
use crate::words::failure_code;
use crate::{
    BoxFuture, Check, Descriptor, HttpRequest, JobHandle, JobImage, Operation, PollSchedule,
    Preset, PresetCost, PresetModels, Progress, Provider, ProviderJob, Resubmit, Upstream,
    UpstreamError, UpstreamId, path_segment,
};

/// The provider's name in task rows.
pub const NAME: &str = "xai";

static DESCRIPTOR: Descriptor =
    Descriptor { name: NAME, presets: &[PRESET], cancels: false, sends_options: false };

const PRESET: Preset = Preset {
    name: "xai",
    description: "The video models of xAI, at xAI.",
    base_url: Some("https://api.x.ai"),
    needs_credential: true,
    // There is no idempotency key, and each job is billed.
    resubmit: Resubmit::Never,
    refuses_with_503: false,
    poll: PollSchedule { first_ms: 5_000, interval_ms: 5_000 },
    max_concurrency: 10,
    timeouts: TIMEOUTS_UPLOAD,
    models: PresetModels::Fixed(&[
        ("grok-image-video", "grok-imagine-video"),
        ("grok-video-1.5", "grok-imagine-video-1.5"),
    ]),
    costs: &[
        PresetCost {
            model: "grok-image-video",
            per_second: &[("480p", "0.05"), ("720p", "0.07")],
            per_image: "0.002",
        },
        PresetCost {
            model: "grok-video-1.5",
            per_second: &[("480p", "0.08"), ("720p", "0.14"), ("1080p", "0.25")],
            per_image: "0.01",
        },
    ],
    takes_image_urls: true,
};

/// The provider; it has no state.
#[derive(Debug, Clone, Copy, Default)]
pub struct Xai;

impl Provider for Xai {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn submit<'a>(
        &'a self,
        upstream: Upstream<'a>,
        job: &'a ProviderJob,
    ) -> BoxFuture<'a, Result<UpstreamId, UpstreamError>> {
        Box::pin(async move {
            let request =
                HttpRequest::new(Operation::Submit, Method::POST, "/v1/videos/generations")
                    .with_hops(job)
                    .with_body(json_body(fields_of(job)));
            let answer = send(upstream, request).await?;
            if !answer.is_success() {
                return Err(answer.refusal(Operation::Submit, upstream, &job.own_words()));
            }
            answer.upstream_id(&["/request_id", "/id"])
        })
    }

    fn poll<'a>(
        &'a self,
        upstream: Upstream<'a>,
        job: &'a JobHandle<'a>,
    ) -> BoxFuture<'a, Result<Progress, UpstreamError>> {
        Box::pin(async move {
            let path = format!("/v1/videos/{}", path_segment(job.upstream_id.as_str()));
            let request = HttpRequest::new(Operation::Poll, Method::GET, path);
            let answer = send(upstream, request).await?;
            if !answer.is_success() {
                return Err(answer.refusal(Operation::Poll, upstream, &job.own_words()));
            }
            progress_of(&answer)
        })
    }

    fn cancel<'a>(
        &'a self,
        _upstream: Upstream<'a>,
        _job: &'a JobHandle<'a>,
    ) -> BoxFuture<'a, Result<(), UpstreamError>> {
        Box::pin(ready(Ok(())))
    }

    fn check<'a>(&'a self, upstream: Upstream<'a>) -> BoxFuture<'a, Result<Check, UpstreamError>> {
        Box::pin(async move {
            let path = "/v1/video-generation-models";
            let request = HttpRequest::new(Operation::Check, Method::GET, path);
            send(upstream, request).await?.check(upstream)
        })
    }
}

fn fields_of(job: &ProviderJob) -> Fields {
    let mut fields: Fields = vec![
        ("model", job.model.as_str().into()),
        ("prompt", job.prompt.as_str().into()),
        ("duration", job.seconds.into()),
        ("resolution", job.resolution.as_str().into()),
    ];
    let object = |image: &JobImage| json!({ "url": image.to_url() });
    match (job.mode, job.images.as_slice()) {
        (Mode::ImageToVideo, [image]) => fields.push(("image", object(image))),
        (_, images) => {
            fields.push(("aspect_ratio", job.aspect_ratio.as_str().into()));
            if !images.is_empty() {
                fields.push(("reference_images", images.iter().map(object).collect()));
            }
        }
    }
    fields
}

fn progress_of(answer: &Answer) -> Result<Progress, UpstreamError> {
    // "Accepted, still at it" is said by the status alone; its body may be anything.
    let is_pending = answer.status == 202;
    let Some(job) = answer.object() else {
        if is_pending {
            return Ok(answer.pending(None, false));
        }
        return Err(answer.unreadable(Operation::Poll, "a status"));
    };
    let percent = percent(job.get("progress"));
    let has_begun = percent.is_some_and(|percent| percent > 0);
    let status = text(job.get("status")).map(str::to_lowercase);
    match status.as_deref() {
        Some("done") => Ok(end_of(job)),
        Some("failed") => Ok(failure_of(job)),
        Some("expired") => Ok(failed(FailureCode::UpstreamLost, "expired", &error_words(job))),
        Some("pending") => Ok(answer.pending(percent, has_begun)),
        Some(word) => Ok(answer.pending_in_a_word(percent, word)),
        // An early version leaves the status out at the end.
        None if video_url(job).is_some() || is_moderated(job) => Ok(end_of(job)),
        None if is_pending || percent.is_some() => Ok(answer.pending(percent, has_begun)),
        None => Err(answer.unreadable(Operation::Poll, "a status")),
    }
}

fn end_of(job: &Value) -> Progress {
    if is_moderated(job) {
        return with_cost(failed(FailureCode::Moderated, "respect_moderation", ""), job);
    }
    if let Some(media) = media_url(video_url(job)) {
        return Progress::Done { media, cost: cost_of(job) };
    }
    let words = "the job is done, but there is no address of a video";
    with_cost(failed(FailureCode::ResultInvalid, "", words), job)
}

fn failure_of(job: &Value) -> Progress {
    let code = job.pointer("/error/code").map(code_word).unwrap_or_default();
    let words = error_words(job);
    with_cost(failed(failure_code(&code, &words), &code, &words), job)
}

/// What was charged for a video that never came, where operators see it.
fn with_cost(progress: Progress, job: &Value) -> Progress {
    match (progress, cost_of(job)) {
        (Progress::Failed(mut failure), Some(cost)) => {
            // Writing to a String cannot fail.
            let _ = write!(failure.internal, " (charged ${cost})");
            Progress::Failed(failure)
        }
        (progress, _) => progress,
    }
}

fn cost_of(job: &Value) -> Option<rushes_domain::Ticks> {
    ticks(job.pointer("/usage/cost_in_usd_ticks"))
}

fn error_words(job: &Value) -> String {
    message_of(job.get("error"))
}

/// The address at xAI, or that of the copy in its file store.
fn video_url(job: &Value) -> Option<&Value> {
    ["/video/url", "/video/file_output/public_url"]
        .into_iter()
        .filter_map(|path| job.pointer(path))
        .find(|url| text(Some(url)).is_some())
}

fn is_moderated(job: &Value) -> bool {
    job.pointer("/video/respect_moderation") == Some(&Value::Bool(false))
}
