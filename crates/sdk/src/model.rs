//! Models as the API lists them.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A model that the key may use.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct Model {
    /// What to send as `model`.
    pub id: String,
    /// A name for people.
    #[serde(default)]
    pub name: String,
    /// What it is good for.
    #[serde(default)]
    pub description: String,
    /// Who made it.
    #[serde(default)]
    pub owned_by: String,
    /// What it can do.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// What it costs.
    #[serde(default)]
    pub pricing: Pricing,
}

/// What a model can do; a mode that it lacks is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// From a prompt alone.
    pub text_to_video: Option<ModeLimits>,
    /// From a prompt and one image, the first frame.
    pub image_to_video: Option<ModeLimits>,
    /// From a prompt and several images.
    pub reference_to_video: Option<ModeLimits>,
    /// For example `16:9`.
    pub aspect_ratios: Vec<String>,
    /// For example `720p`.
    pub resolutions: Vec<String>,
}

/// Limits of one mode.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ModeLimits {
    /// Longest video in seconds.
    pub max_seconds: u32,
    /// Most images.
    pub max_images: u32,
    /// Lengths to offer.
    pub seconds: Vec<u32>,
}

/// Prices in dollars as decimal numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Pricing {
    /// `USD`.
    pub currency: String,
    /// Resolution → price of a second.
    pub per_second: BTreeMap<String, String>,
    /// Price of an image of the request.
    pub per_image: String,
}
