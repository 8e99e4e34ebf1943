//! What a provider is told: the whole job once, and a handle to it ever after.

use std::fmt;

use bytes::Bytes;
use rushes_domain::directive::Directives;
use rushes_domain::job::Mode;
use rushes_domain::{AccountId, TaskId, Timestamp};

/// A job to be handed over: everything decided, all images at hand.
#[derive(Debug, Clone)]
pub struct ProviderJob {
    /// The task; also the idempotency key of a keyed submit.
    pub task_id: TaskId,
    /// Whose task it is; the renderer is shared fairly between accounts.
    pub account_id: AccountId,
    /// The model's canonical id.
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
    /// Encoded pictures that were decoded once already.
    pub images: Vec<Bytes>,
    /// What a test prompt asks for; empty for live keys.
    pub directives: Directives,
    /// Variation: the same prompt with another seed is another film.
    pub seed: u64,
    /// Whether a preview carries the prompt as a caption.
    pub caption: bool,
}

/// A job that was handed over, as a poll or a cancel names it.
#[derive(Debug, Clone, Copy)]
pub struct JobHandle<'a> {
    /// The upstream's name for it.
    pub upstream_id: &'a UpstreamId,
    /// What a test prompt asks for; empty for live keys.
    pub directives: &'a Directives,
    /// When the job was handed over.
    pub submitted_at: Timestamp,
    /// The present moment: a provider owns no clock.
    pub now: Timestamp,
    /// Whether the client has asked to stop.
    pub cancel_requested: bool,
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
