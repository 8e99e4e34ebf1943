//! The OpenAI Videos API (`/v1/videos`), as gateways and one's own engines speak it today.
//!
//! Guarantees: one image at most is sent, because none of these has a field for more; a job with
//! several is refused before anything leaves. What the engines do differently is a row of
//! `QUIRKS`. Not here: `/content` itself, which is fetched by the path that a poll gives.

use bytes::Bytes;
use http::Method;
use rushes_domain::FailureCode;
use serde_json::{Value, json};

use crate::answer::{Answer, code_word, failed, message_of, send};
use crate::fields::{Fields, engine_fields, form_body, json_body, percent, text};
use crate::preset::TIMEOUTS_UPLOAD;
use crate::words::failure_code;
use crate::{
    BoxFuture, Check, Descriptor, HttpBody, HttpRequest, JobHandle, JobImage, Media, Operation,
    Part, PollSchedule, Preset, PresetModels, Progress, Provider, ProviderJob, Resubmit, Upstream,
    UpstreamError, UpstreamErrorKind, UpstreamId, path_segment,
};

/// The provider's name in task rows.
pub const NAME: &str = "openai_videos";

static DESCRIPTOR: Descriptor = Descriptor {
    name: NAME,
    presets: &[OPENAI_VIDEOS, VLLM_OMNI, SGLANG],
    cancels: true,
    sends_options: true,
};

const OPENAI_VIDEOS: Preset = Preset {
    name: "openai-videos",
    description: "A gateway that speaks the OpenAI Videos API.",
    base_url: None,
    needs_credential: true,
    resubmit: Resubmit::Never,
    refuses_with_503: false,
    poll: PollSchedule { first_ms: 5_000, interval_ms: 5_000 },
    max_concurrency: 5,
    timeouts: TIMEOUTS_UPLOAD,
    models: PresetModels::Ask,
    costs: &[],
    takes_image_urls: true,
};

const VLLM_OMNI: Preset = Preset {
    name: "vllm-omni",
    description: "Your own GPUs with vLLM-Omni (vllm serve MODEL --omni).",
    needs_credential: false,
    resubmit: Resubmit::Few,
    // While the model is being loaded.
    refuses_with_503: true,
    poll: PollSchedule { first_ms: 2_000, interval_ms: 2_000 },
    max_concurrency: 2,
    ..OPENAI_VIDEOS
};

const SGLANG: Preset = Preset {
    name: "sglang",
    description: "Your own GPUs with SGLang Diffusion (sglang serve).",
    ..VLLM_OMNI
};

/// What one of these upstreams does differently.
#[derive(Debug, Clone, Copy)]
struct Quirks {
    preset: &'static str,
    encoding: Encoding,
    size: SizeField,
    image_url: ImageUrlField,
    /// Whether it knows the engine's options; one that does not may refuse a field it never saw.
    takes_options: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// A form, always: what the SDKs send.
    Form,
    /// A form if there is a file, else JSON: older versions refuse a form without a file.
    FormForFiles,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SizeField {
    /// `size=1280x720`.
    Size,
    /// `width=1280` and `height=720`.
    WidthAndHeight,
}

/// How an image's address is sent; its bytes are a file called `input_reference` everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ImageUrlField {
    /// `input_reference[image_url]`, as the SDKs flatten an object.
    InputReference,
    /// `image_reference` with JSON as text.
    ImageReference,
    /// `reference_url`.
    ReferenceUrl,
}

/// A row for each preset.
static QUIRKS: [Quirks; 3] = [
    Quirks {
        preset: OPENAI_VIDEOS.name,
        encoding: Encoding::Form,
        size: SizeField::Size,
        image_url: ImageUrlField::InputReference,
        takes_options: false,
    },
    Quirks {
        preset: VLLM_OMNI.name,
        encoding: Encoding::Form,
        size: SizeField::WidthAndHeight,
        image_url: ImageUrlField::ImageReference,
        takes_options: true,
    },
    Quirks {
        preset: SGLANG.name,
        encoding: Encoding::FormForFiles,
        size: SizeField::Size,
        image_url: ImageUrlField::ReferenceUrl,
        takes_options: true,
    },
];

impl Quirks {
    fn of(preset: &Preset) -> &'static Self {
        let [plain, ..] = &QUIRKS;
        QUIRKS.iter().find(|quirks| quirks.preset == preset.name).unwrap_or(plain)
    }
}

/// The provider; it has no state.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenAiVideos;

impl Provider for OpenAiVideos {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn submit<'a>(
        &'a self,
        upstream: Upstream<'a>,
        job: &'a ProviderJob,
    ) -> BoxFuture<'a, Result<UpstreamId, UpstreamError>> {
        Box::pin(async move {
            let body = body_of(job, Quirks::of(upstream.preset))?;
            let request =
                HttpRequest::new(Operation::Submit, Method::POST, "/v1/videos").with_hops(job);
            let answer = send(upstream, request.with_body(body)).await?;
            if !answer.is_success() {
                return Err(answer.refusal(Operation::Submit, upstream, &job.own_words()));
            }
            answer.upstream_id(&["/id"])
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
            if matches!(answer.status, 404 | 410) && job.cancel_requested {
                // Engines forget a job that they were told to delete.
                return Ok(failed(FailureCode::Cancelled, "deleted", &answer.words()));
            }
            if !answer.is_success() {
                return Err(answer.refusal(Operation::Poll, upstream, &job.own_words()));
            }
            progress_of(&answer, job)
        })
    }

    fn cancel<'a>(
        &'a self,
        upstream: Upstream<'a>,
        job: &'a JobHandle<'a>,
    ) -> BoxFuture<'a, Result<(), UpstreamError>> {
        Box::pin(async move {
            let request = HttpRequest::new(Operation::Cancel, Method::DELETE, path_of(job));
            send(upstream, request).await?.cancelled(upstream)
        })
    }

    fn check<'a>(&'a self, upstream: Upstream<'a>) -> BoxFuture<'a, Result<Check, UpstreamError>> {
        Box::pin(async move {
            let request = HttpRequest::new(Operation::Check, Method::GET, "/v1/models");
            send(upstream, request).await?.check(upstream)
        })
    }
}

fn path_of(job: &JobHandle<'_>) -> String {
    format!("/v1/videos/{}", path_segment(job.upstream_id.as_str()))
}

fn body_of(job: &ProviderJob, quirks: &Quirks) -> Result<HttpBody, UpstreamError> {
    let image = match job.images.as_slice() {
        [] => None,
        [image] => Some(image),
        images => {
            let message =
                format!("it takes one image at most, but the request has {}", images.len());
            return Err(UpstreamError::new(UpstreamErrorKind::Unsuited, message));
        }
    };
    let mut fields: Fields =
        vec![("model", job.model.as_str().into()), ("prompt", job.prompt.as_str().into())];
    let seconds = match quirks.encoding {
        Encoding::Form => Value::from(job.seconds.to_string()),
        Encoding::FormForFiles => Value::from(job.seconds),
    };
    fields.push(("seconds", seconds));
    match quirks.size {
        SizeField::Size => fields.push(("size", format!("{}x{}", job.width, job.height).into())),
        SizeField::WidthAndHeight => {
            fields.extend([("width", job.width.into()), ("height", job.height.into())]);
        }
    }
    if quirks.takes_options {
        fields.extend(engine_fields(&job.options));
    }
    let mut files = Vec::new();
    match image {
        None => {}
        Some(JobImage::Url(url)) => fields.push(image_url_field(url, quirks)),
        Some(JobImage::Bytes { mime, bytes }) => files.push(file_of(mime, bytes)),
    }
    Ok(match quirks.encoding {
        Encoding::FormForFiles if files.is_empty() => json_body(fields),
        Encoding::Form | Encoding::FormForFiles => form_body(fields, files),
    })
}

fn image_url_field(url: &str, quirks: &Quirks) -> (&'static str, Value) {
    match quirks.image_url {
        ImageUrlField::InputReference => ("input_reference[image_url]", url.into()),
        ImageUrlField::ImageReference => {
            ("image_reference", json!({ "image_url": url }).to_string().into())
        }
        ImageUrlField::ReferenceUrl => ("reference_url", url.into()),
    }
}

/// Engines guess the type from the file's name.
fn file_of(mime: &str, bytes: &Bytes) -> Part {
    let name = match mime {
        "image/jpeg" => "image.jpg",
        "image/webp" => "image.webp",
        "image/gif" => "image.gif",
        _ => "image.png",
    };
    Part::file("input_reference", name, mime, bytes.clone())
}

fn progress_of(answer: &Answer, job: &JobHandle<'_>) -> Result<Progress, UpstreamError> {
    let missing = || answer.unreadable(Operation::Poll, "a status");
    let video = answer.object().ok_or_else(missing)?;
    let percent = percent(video.get("progress"));
    let status = text(video.get("status")).ok_or_else(missing)?.to_lowercase();
    Ok(match status.as_str() {
        "completed" => {
            let path = format!("{}/content", path_of(job));
            Progress::Done { media: Media::Path(path), cost: None }
        }
        "failed" => {
            let code = video.pointer("/error/code").map(code_word).unwrap_or_default();
            let words = message_of(video.get("error"));
            failed(failure_code(&code, &words), &code, &words)
        }
        "deleted" | "cancelled" | "canceled" => {
            let asked = job.cancel_requested;
            let code = if asked { FailureCode::Cancelled } else { FailureCode::UpstreamLost };
            failed(code, &status, &message_of(video.get("error")))
        }
        // Some engines have no other word until the end: there the progress tells.
        "queued" => answer.pending(percent, percent.is_some_and(|percent| percent > 0)),
        "in_progress" => answer.pending(percent, true),
        word => answer.pending_in_a_word(percent, word),
    })
}
