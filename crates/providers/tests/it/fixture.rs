//! Recorded exchanges as files: `fixtures/<provider>/<case>.json`.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rushes_domain::catalogue::dimensions;
use rushes_domain::directive::Directives;
use rushes_domain::job::{EngineOptions, Mode};
use rushes_providers::{
    Check, HttpAnswer, HttpBody, HttpFault, HttpRequest, JobImage, Media, Progress, ProviderJob,
    UpstreamError, UpstreamId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::support::job;

/// One exchange.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fixture {
    /// What it shows, where its name does not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) about: Option<String>,
    /// The preset, or several that behave alike.
    pub(crate) preset: OneOrMore,
    pub(crate) call: Call,
    /// What differs from the usual job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) job: Option<JobChanges>,
    /// What differs from the usual handle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) handle: Option<HandleChanges>,
    pub(crate) answers: Vec<Answer>,
    /// What was sent, and what was understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expect: Option<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::One(name) => vec![name],
            Self::More(names) => names.iter().map(String::as_str).collect(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    Submit,
    Poll,
    Cancel,
    Check,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobChanges {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<Mode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aspect_ratio: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resolution: Option<String>,
    /// Without it there is none, and the mode is text to video.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    images: Vec<Image>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    options: Option<EngineOptions>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hops: Option<u32>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Image {
    Url { url: String },
    Bytes { mime: String, text: String },
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandleChanges {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) upstream_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prompt: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) cancel_requested: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum Answer {
    Fault {
        fault: Fault,
    },
    Whole {
        status: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
        /// Text as it is, anything else as JSON; nothing if it is absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body_base64: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    NotSent,
    Broken,
}

impl Answer {
    pub(crate) fn to_http(&self) -> Result<HttpAnswer, HttpFault> {
        match self {
            Self::Fault { fault: Fault::NotSent } => {
                Err(HttpFault::NotSent("connection refused".into()))
            }
            Self::Fault { fault: Fault::Broken } => Err(HttpFault::Broken("timed out".into())),
            Self::Whole { status, retry_after_ms, body, body_base64 } => {
                let body = match (body, body_base64) {
                    (Some(Value::String(text)), _) => Bytes::from(text.clone()),
                    (Some(body), _) => Bytes::from(body.to_string()),
                    (None, Some(encoded)) => Bytes::from(STANDARD.decode(encoded).unwrap()),
                    (None, None) => Bytes::new(),
                };
                Ok(HttpAnswer { status: *status, retry_after_ms: *retry_after_ms, body })
            }
        }
    }
}

impl Fixture {
    /// The usual job with this file's changes.
    pub(crate) fn job(&self) -> ProviderJob {
        let usual = ProviderJob {
            model: "upstream-model".into(),
            mode: Mode::TextToVideo,
            images: Vec::new(),
            ..job(Directives::default())
        };
        let Some(changes) = self.job.clone() else { return usual };
        let images: Vec<JobImage> = changes.images.into_iter().map(JobImage::from).collect();
        let mode = match images.len() {
            0 => Mode::TextToVideo,
            1 => Mode::ImageToVideo,
            _ => Mode::ReferenceToVideo,
        };
        let aspect_ratio = changes.aspect_ratio.unwrap_or(usual.aspect_ratio);
        let resolution = changes.resolution.unwrap_or(usual.resolution);
        let (width, height) = dimensions(&aspect_ratio, &resolution).unwrap();
        ProviderJob {
            model: changes.model.unwrap_or(usual.model),
            prompt: changes.prompt.unwrap_or(usual.prompt),
            mode: changes.mode.unwrap_or(mode),
            seconds: changes.seconds.unwrap_or(usual.seconds),
            width,
            height,
            aspect_ratio,
            resolution,
            images,
            options: changes.options.unwrap_or_default(),
            hops: changes.hops.unwrap_or(usual.hops),
            ..usual
        }
    }
}

impl From<Image> for JobImage {
    fn from(image: Image) -> Self {
        match image {
            Image::Url { url } => Self::Url(url),
            Image::Bytes { mime, text } => Self::Bytes { mime, bytes: Bytes::from(text) },
        }
    }
}

/// Every file below `fixtures/`, with the folder that it lies in.
pub(crate) fn all() -> Vec<(String, PathBuf, Fixture)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found = Vec::new();
    for folder in sorted(&root) {
        for path in sorted(&folder) {
            let text = fs::read_to_string(&path).unwrap();
            let fixture = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            found.push((name, path, fixture));
        }
    }
    found
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

pub(crate) fn write(path: &Path, fixture: &Fixture) {
    let text = serde_json::to_string_pretty(fixture).unwrap();
    fs::write(path, format!("{text}\n")).unwrap();
}

/// A request as a fixture shows it.
pub(crate) fn request(request: &HttpRequest) -> Value {
    let mut shown = Map::new();
    shown.insert("operation".into(), request.operation.as_str().into());
    shown.insert("method".into(), request.method.as_str().into());
    shown.insert("path".into(), request.path.as_str().into());
    if !request.headers.is_empty() {
        let headers: Map<String, Value> = request
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
            .collect();
        assert_eq!(headers.len(), request.headers.len(), "a header is sent twice");
        shown.insert("headers".into(), headers.into());
    }
    match &request.body {
        HttpBody::None => {}
        HttpBody::Json(bytes) => {
            shown.insert("json".into(), serde_json::from_slice(bytes).unwrap());
        }
        HttpBody::Multipart(parts) => {
            let parts: Vec<Value> = parts
                .iter()
                .map(|part| {
                    let text = std::str::from_utf8(&part.bytes).unwrap();
                    match &part.file {
                        None => json!({ "name": part.name, "text": text }),
                        Some((file, mime)) => {
                            json!({ "name": part.name, "file": file, "mime": mime, "text": text })
                        }
                    }
                })
                .collect();
            shown.insert("form".into(), parts.into());
        }
    }
    shown.into()
}

/// An outcome as a fixture shows it.
pub(crate) fn outcome<T>(outcome: Result<T, UpstreamError>, show: fn(&T) -> Value) -> Value {
    match outcome {
        Ok(value) => show(&value),
        Err(UpstreamError { kind, message, retry_after_ms }) => {
            let mut error = json!({ "kind": format!("{kind:?}"), "message": message });
            if let Some(wait) = retry_after_ms {
                error["retry_after_ms"] = wait.into();
            }
            json!({ "error": error })
        }
    }
}

pub(crate) fn submitted(id: &UpstreamId) -> Value {
    json!({ "id": id.as_str() })
}

pub(crate) fn progress(progress: &Progress) -> Value {
    match progress {
        Progress::Pending { percent, started, again_in_ms, unknown_word } => {
            let mut pending = json!({
                "percent": percent, "started": started, "again_in_ms": again_in_ms,
            });
            if let Some(word) = unknown_word {
                pending["unknown_word"] = word.as_str().into();
            }
            json!({ "pending": pending })
        }
        Progress::Done { media, cost } => {
            let media = match media {
                Media::Url(url) => json!({ "url": url }),
                Media::Path(path) => json!({ "path": path }),
                Media::Bytes { .. } => json!("bytes"),
            };
            json!({ "done": { "media": media, "cost_ticks": cost.map(|cost| cost.0) } })
        }
        Progress::Failed(failure) => {
            json!({ "failed": {
                "code": failure.code, "reason": failure.reason, "internal": failure.internal,
            } })
        }
    }
}

pub(crate) fn checked(check: &Check) -> Value {
    match check {
        Check::Models(models) => json!({ "models": models }),
        Check::NoList => json!("no_list"),
    }
}
