//! What a provider is told: the whole job once, and a handle to it ever after.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rushes_domain::directive::Directives;
use rushes_domain::job::{EngineOptions, Mode};
use rushes_domain::{AccountId, TaskId, Timestamp};

use crate::words::OwnWords;

/// A job to be handed over: everything decided, all images at hand.
#[derive(Debug, Clone)]
pub struct ProviderJob {
    /// The task; also the idempotency key of a keyed submit.
    pub task_id: TaskId,
    /// Whose task it is; the renderer is shared fairly between accounts.
    pub account_id: AccountId,
    /// What the upstream calls the model.
    pub model: String,
    /// What to show, without test directives.
    pub prompt: String,
    /// How the images are used.
    pub mode: Mode,
    /// Length of the video in seconds.
    pub seconds: u32,
    /// Width of the video in pixels.
    pub width: u32,
    /// Height of the video in pixels.
    pub height: u32,
    /// For example `16:9`.
    pub aspect_ratio: String,
    /// For example `720p`.
    pub resolution: String,
    /// Pictures in the order of the request.
    pub images: Vec<JobImage>,
    /// What the client sent for engines that know it.
    pub options: EngineOptions,
    /// Gateways that the request has passed, this one included (`Rushes-Hops`).
    pub hops: u32,
    /// What a test prompt asks for; empty for live keys.
    pub directives: Directives,
    /// Variation: the same prompt with another seed is another film.
    pub seed: u64,
    /// Whether a preview carries the prompt as a caption.
    pub caption: bool,
}

impl ProviderJob {
    /// What the customer wrote of it.
    pub(crate) fn own_words(&self) -> OwnWords {
        let mut own = OwnWords::default();
        own.add(&self.prompt);
        own.add(self.options.negative_prompt.as_deref().unwrap_or_default());
        for image in &self.images {
            if let JobImage::Url(url) = image {
                own.add(&url.replace("%20", " "));
            }
        }
        own
    }
}

/// A picture of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobImage {
    /// Its bytes, decoded once already and fitted as the channel wants it.
    Bytes {
        /// The media type, such as `image/png`.
        mime: String,
        /// The file.
        bytes: Bytes,
    },
    /// Its address, handed on as it is.
    Url(String),
}

impl JobImage {
    /// The address, or the bytes as a data URL (RFC 2397).
    pub fn to_url(&self) -> String {
        match self {
            Self::Url(url) => url.clone(),
            Self::Bytes { mime, bytes } => {
                let mut url = format!("data:{mime};base64,");
                url.reserve(bytes.len().div_ceil(3) * 4);
                STANDARD.encode_string(bytes, &mut url);
                url
            }
        }
    }

    /// The bytes, if they are at hand.
    pub const fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes { bytes, .. } => Some(bytes),
            Self::Url(_) => None,
        }
    }
}

/// A job that was handed over, as a poll or a cancel names it.
#[derive(Debug, Clone, Copy)]
pub struct JobHandle<'a> {
    /// The upstream's name for it.
    pub upstream_id: &'a UpstreamId,
    /// What was to be shown: the upstream's words may repeat it.
    pub prompt: &'a str,
    /// What was not to be shown, if anything was said about it.
    pub negative_prompt: Option<&'a str>,
    /// What a test prompt asks for; empty for live keys.
    pub directives: &'a Directives,
    /// When the job was handed over.
    pub submitted_at: Timestamp,
    /// The present moment: a provider owns no clock.
    pub now: Timestamp,
    /// Whether the client has asked to stop.
    pub cancel_requested: bool,
}

impl JobHandle<'_> {
    /// What the customer wrote of it, as far as it is known here.
    pub(crate) fn own_words(&self) -> OwnWords {
        let mut own = OwnWords::default();
        own.add(self.prompt);
        own.add(self.negative_prompt.unwrap_or_default());
        own
    }
}

/// An upstream's name for a job.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UpstreamId(String);

impl UpstreamId {
    /// Wraps the upstream's own spelling.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The upstream's own spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UpstreamId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
