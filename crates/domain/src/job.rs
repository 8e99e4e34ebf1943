//! A validated request: everything decided, nothing left to ask.
//!
//! Guarantees: a [`Job`] that exists was allowed by the catalogue; its seconds, ratio, resolution
//! and pixel size are offered by its model. Not here: how a request becomes one (`request`), and
//! whether the account can pay (`store`).

use serde::{Deserialize, Serialize};

use crate::directive::Directives;
use crate::money::Ticks;

/// How the images of a request are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// No image.
    TextToVideo,
    /// One image, the first frame.
    ImageToVideo,
    /// Several images, or one in `reference_images`.
    ReferenceToVideo,
}

impl Mode {
    /// The word in JSON and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TextToVideo => "text_to_video",
            Self::ImageToVideo => "image_to_video",
            Self::ReferenceToVideo => "reference_to_video",
        }
    }

    /// The mode behind a stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::TextToVideo, Self::ImageToVideo, Self::ReferenceToVideo]
            .into_iter()
            .find(|mode| mode.as_str() == word)
    }
}

/// Where an image of a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageSource {
    /// The bytes of a data URL, base64 undone; not looked at yet.
    Inline(Vec<u8>),
    /// An `http(s)` URL whose text was vetted; the task fetches it.
    Url(String),
}

/// Settings that some engines know and others do not: sent on to those that do, named as ignored
/// to the client where no channel of the model does. Fractions are kept as the client wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EngineOptions {
    /// Variation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// What is not to be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negative_prompt: Option<String>,
    /// Frames a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps: Option<u32>,
    /// How closely the prompt is followed; a decimal number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guidance_scale: Option<String>,
    /// Steps of the diffusion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_inference_steps: Option<u32>,
}

impl EngineOptions {
    /// True if the client sent none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A request that the catalogue allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The model's canonical id in the catalogue.
    pub model_id: String,
    /// The model as the client named it; answers use this.
    pub model_name: String,
    /// The prompt as sent, test directives included.
    pub prompt: String,
    /// How the images are used.
    pub mode: Mode,
    /// Length of the video in seconds, after the cut of reference mode.
    pub seconds: u32,
    /// Length that was asked for, in seconds.
    pub seconds_requested: u32,
    /// For example `16:9`.
    pub aspect_ratio: String,
    /// For example `720p`.
    pub resolution: String,
    /// Width of the video in pixels.
    pub width: u32,
    /// Height of the video in pixels.
    pub height: u32,
    /// Images in the order of the request.
    pub images: Vec<ImageSource>,
    /// Settings for engines that know them.
    pub options: EngineOptions,
    /// The client's own pairs, echoed.
    pub metadata: Vec<(String, String)>,
    /// Where its own events go. Whether one of the account's webhooks has this host is not known
    /// here.
    pub callback_url: Option<String>,
    /// Unknown fields of the request, as sent, at most 20.
    pub ignored_fields: Vec<String>,
    /// Price before the group's multiplier.
    pub list_price: Ticks,
    /// What a test prompt asks of the preview renderer; empty unless the key is a test key.
    pub directives: Directives,
}
