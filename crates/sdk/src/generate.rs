//! Creating a task.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::image::Image;
use crate::task::Cost;

/// What to make. Whatever is not set is the server's default.
///
/// ```
/// use rushes_sdk::{GenerateRequest, Image};
/// let request = GenerateRequest::new("grok-image-video", "a slow camera around the product")
///     .seconds(6)
///     .aspect_ratio("9:16")
///     .image(Image::url("https://example.com/product.png"))
///     .metadata("order", "4711");
/// ```
#[derive(Debug, Clone, Serialize)]
pub struct GenerateRequest {
    model: String,
    prompt: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aspect_ratio: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    image_urls: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    #[serde(skip)]
    pub(crate) idempotency_key: Option<String>,
}

impl GenerateRequest {
    /// A video of this model from this prompt.
    pub fn new(model: impl Into<String>, prompt: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            prompt: prompt.into(),
            seconds: None,
            aspect_ratio: None,
            resolution: None,
            image_urls: Vec::new(),
            metadata: BTreeMap::new(),
            idempotency_key: None,
        }
    }

    /// Length in seconds.
    #[must_use]
    pub const fn seconds(mut self, seconds: u32) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// For example `16:9`.
    #[must_use]
    pub fn aspect_ratio(mut self, aspect_ratio: impl Into<String>) -> Self {
        self.aspect_ratio = Some(aspect_ratio.into());
        self
    }

    /// For example `720p`.
    #[must_use]
    pub fn resolution(mut self, resolution: impl Into<String>) -> Self {
        self.resolution = Some(resolution.into());
        self
    }

    /// One more image, in the order in which they count.
    #[must_use]
    pub fn image(mut self, image: Image) -> Self {
        self.image_urls.push(image.into_url());
        self
    }

    /// A pair of the caller's own, echoed with the task.
    #[must_use]
    pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(name.into(), value.into());
        self
    }

    /// The same key twice gives the same task. Without one, each call of
    /// [`Client::generate`](crate::Client::generate) makes up its own.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }
}

/// A task that was accepted: it is on disk and will be worked on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Created {
    /// What to ask with.
    pub id: String,
    /// The model as the request named it.
    #[serde(default)]
    pub model: String,
    /// `queued`.
    #[serde(default)]
    pub status: String,
    /// Seconds since the epoch.
    #[serde(default)]
    pub created_at: i64,
    /// Length that will be made; cut to the model's limit with several images.
    #[serde(default)]
    pub seconds: Option<u32>,
    /// For example `16:9`.
    #[serde(default)]
    pub aspect_ratio: Option<String>,
    /// For example `720p`.
    #[serde(default)]
    pub resolution: Option<String>,
    /// What is set aside for it.
    #[serde(default)]
    pub cost: Option<Cost>,
}
