//! The models as data: what each can do, what it offers and what it costs.
//!
//! Guarantees: a [`Catalogue`] that exists is consistent (unique names, a price for each
//! resolution, a pixel size for each ratio at each resolution). Not here: who may use a model, and
//! which channel serves it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::money::{MoneyError, Ticks};

/// Most models in a catalogue.
pub const MODELS_MAX: usize = 256;
/// Most characters of a model's id or alias.
pub const MODEL_NAME_CHARS_MAX: usize = 64;
/// Most seconds that a catalogue may offer in any mode.
pub const MODE_SECONDS_MAX: u32 = 600;
/// Most images that a catalogue may offer in any mode.
pub const MODE_IMAGES_MAX: u32 = 64;
/// Highest price per second or per image, in dollars.
const PRICE_DOLLARS_MAX: i64 = 10_000;
/// Lines on the short side of a video that [`dimensions`] knows.
const SHORT_SIDE_PIXELS: std::ops::RangeInclusive<u32> = 144..=2160;
/// Largest number on either side of a ratio.
const RATIO_PART_MAX: u32 = 64;

const EMBEDDED: &str = include_str!("catalogue.toml");

/// What a model can do in one mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModeLimits {
    /// Longest video in seconds.
    pub max_seconds: u32,
    /// Most images; 0 in text mode, 1 in image mode.
    pub max_images: u32,
    /// Lengths in seconds that a form should offer; any whole number up to the maximum is valid.
    pub seconds: Vec<u32>,
}

/// One model of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The canonical id.
    pub id: String,
    /// Other names that clients may use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The name that people read.
    pub name: String,
    /// One sentence on what it is for.
    #[serde(default)]
    pub description: String,
    /// Who made the model.
    #[serde(default)]
    pub owned_by: String,
    /// When it came out, in seconds since the epoch.
    #[serde(default)]
    pub created: i64,
    /// Ratios offered, e.g. `16:9`.
    pub aspect_ratios: Vec<String>,
    /// Resolutions offered, e.g. `720p`.
    pub resolutions: Vec<String>,
    /// Price of a second by resolution; text in dollars in TOML and JSON.
    #[serde(with = "dollars_by_name")]
    pub price_per_second: BTreeMap<String, Ticks>,
    /// Price of an image; text in dollars in TOML and JSON.
    #[serde(default, with = "dollars")]
    pub price_per_image: Ticks,
    /// Video from a prompt alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<ModeLimits>,
    /// Video from one image, its first frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ModeLimits>,
    /// Video from several images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ModeLimits>,
}

impl Model {
    /// True if the text is this model's id or one of its aliases.
    pub fn is_named(&self, name: &str) -> bool {
        self.id == name || self.aliases.iter().any(|alias| alias == name)
    }

    /// The modes that the model has, by their names in JSON.
    pub fn modes(&self) -> impl Iterator<Item = (&'static str, &ModeLimits)> {
        [
            ("text_to_video", self.text.as_ref()),
            ("image_to_video", self.image.as_ref()),
            ("reference_to_video", self.reference.as_ref()),
        ]
        .into_iter()
        .filter_map(|(name, limits)| limits.map(|limits| (name, limits)))
    }

    /// The entry of `GET /v1/models`, with the group's multiplier worked into the prices.
    pub fn to_json(&self, multiplier_millionths: i64) -> Value {
        let price = |list: Ticks| {
            list.scale_millionths(multiplier_millionths).unwrap_or(Ticks(i64::MAX)).to_string()
        };
        let mut capabilities: Map<String, Value> = self
            .modes()
            .map(|(name, limits)| {
                let entry = json!({
                    "max_seconds": limits.max_seconds,
                    "max_images": limits.max_images,
                    "seconds": limits.seconds,
                });
                (name.to_owned(), entry)
            })
            .collect();
        capabilities.insert("aspect_ratios".to_owned(), json!(self.aspect_ratios));
        capabilities.insert("resolutions".to_owned(), json!(self.resolutions));
        let per_second: BTreeMap<&str, String> = self
            .price_per_second
            .iter()
            .map(|(resolution, &list)| (resolution.as_str(), price(list)))
            .collect();
        json!({
            "id": self.id,
            "object": "model",
            "created": self.created,
            "owned_by": self.owned_by,
            "name": self.name,
            "description": self.description,
            "capabilities": capabilities,
            "pricing": {
                "currency": "USD",
                "per_second": per_second,
                "per_image": price(self.price_per_image),
            },
        })
    }

    /// Seconds and images at the catalogue's price, before the group's multiplier.
    pub fn price(&self, resolution: &str, seconds: u32, images: u32) -> Result<Ticks, MoneyError> {
        let per_second = self.price_per_second.get(resolution).ok_or(MoneyError::NoPrice)?;
        let time = per_second.checked_mul(i64::from(seconds))?;
        time.checked_add(self.price_per_image.checked_mul(i64::from(images))?)
    }
}

/// Why a list of models is no catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// The text is not TOML of the right shape.
    #[error("the catalogue cannot be read: {0}")]
    Toml(String),
    /// No model, or more than [`MODELS_MAX`].
    #[error("the catalogue must hold 1 to {MODELS_MAX} models, but it holds {0}")]
    Count(usize),
    /// Two models share a name.
    #[error("two models of the catalogue are called {0:?}")]
    Duplicate(String),
    /// One model contradicts itself.
    #[error("model {model:?} of the catalogue: {problem}")]
    Model {
        /// The model's id.
        model: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// All models, in the order in which they are listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalogue {
    models: Vec<Model>,
}

impl Catalogue {
    /// The built-in catalogue.
    pub fn embedded() -> Self {
        // A test holds that the built-in text is valid, so that the default is never taken.
        Self::from_toml(EMBEDDED).unwrap_or_default()
    }

    /// Reads `[[models]]` tables.
    pub fn from_toml(text: &str) -> Result<Self, CatalogueError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Document {
            models: Vec<Model>,
        }
        let document: Document =
            toml::from_str(text).map_err(|error| CatalogueError::Toml(error.to_string()))?;
        Self::from_models(document.models)
    }

    /// Checks the models against themselves and each other.
    pub fn from_models(models: Vec<Model>) -> Result<Self, CatalogueError> {
        if models.is_empty() || models.len() > MODELS_MAX {
            return Err(CatalogueError::Count(models.len()));
        }
        let mut names = BTreeSet::new();
        for model in &models {
            check_model(model)
                .map_err(|problem| CatalogueError::Model { model: model.id.clone(), problem })?;
            for name in std::iter::once(&model.id).chain(&model.aliases) {
                if !names.insert(name.as_str()) {
                    return Err(CatalogueError::Duplicate(name.clone()));
                }
            }
        }
        Ok(Self { models })
    }

    /// The model with this id or alias.
    pub fn find(&self, id_or_alias: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.is_named(id_or_alias))
    }

    /// Every model, in order.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The model for clients that have no wish of their own: the first.
    pub fn default_model(&self) -> Option<&Model> {
        self.models.first()
    }
}

/// The pixel size of a video: the resolution is the short side, the long side follows from the
/// ratio, rounded to an even number. `None` for words that are no ratio or resolution.
pub fn dimensions(aspect_ratio: &str, resolution: &str) -> Option<(u32, u32)> {
    let (wide, high) = ratio_parts(aspect_ratio)?;
    let short = resolution.strip_suffix('p').and_then(plain_number)?;
    if !SHORT_SIDE_PIXELS.contains(&short) || short % 2 != 0 {
        return None;
    }
    // The nearest even number to short × larger / smaller.
    let (larger, smaller) = (wide.max(high), wide.min(high));
    let long = (short * larger + smaller) / (2 * smaller) * 2;
    Some(if wide >= high { (long, short) } else { (short, long) })
}

/// The two numbers of a ratio such as `16:9`.
pub(crate) fn ratio_parts(aspect_ratio: &str) -> Option<(u32, u32)> {
    let (wide, high) = aspect_ratio.split_once(':')?;
    let part =
        |text: &str| plain_number(text).filter(|number| (1..=RATIO_PART_MAX).contains(number));
    Some((part(wide)?, part(high)?))
}

/// Digits without sign or leading zero.
fn plain_number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if is_plain { text.parse().ok() } else { None }
}

fn check_model(model: &Model) -> Result<(), String> {
    for name in std::iter::once(&model.id).chain(&model.aliases) {
        let is_name = (1..=MODEL_NAME_CHARS_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte));
        if !is_name {
            return Err(format!(
                "{name:?} is no name: 1 to {MODEL_NAME_CHARS_MAX} letters, digits and -_.:/"
            ));
        }
    }
    if model.modes().next().is_none() {
        return Err("it needs at least one of text, image and reference".to_owned());
    }
    for (name, limits) in model.modes() {
        check_mode(name, limits)?;
    }
    check_offers(model)?;
    let most = Ticks(PRICE_DOLLARS_MAX * crate::money::TICKS_PER_DOLLAR);
    let mut prices = model.price_per_second.values().chain([&model.price_per_image]);
    if prices.any(|price| *price < Ticks::ZERO || *price > most) {
        return Err(format!("prices must be from 0 to {PRICE_DOLLARS_MAX} dollars"));
    }
    Ok(())
}

fn check_mode(name: &str, limits: &ModeLimits) -> Result<(), String> {
    let images = match name {
        "text_to_video" => 0..=0,
        "image_to_video" => 1..=1,
        _ => 2..=MODE_IMAGES_MAX,
    };
    if !images.contains(&limits.max_images) {
        return Err(format!(
            "max_images of {name} must be from {} to {}",
            images.start(),
            images.end()
        ));
    }
    if !(1..=MODE_SECONDS_MAX).contains(&limits.max_seconds) {
        return Err(format!("max_seconds of {name} must be from 1 to {MODE_SECONDS_MAX}"));
    }
    let offered = 1..=limits.max_seconds;
    if limits.seconds.is_empty() || limits.seconds.iter().any(|second| !offered.contains(second)) {
        return Err(format!("seconds of {name} must hold numbers from 1 to its max_seconds"));
    }
    Ok(())
}

fn check_offers(model: &Model) -> Result<(), String> {
    if model.aspect_ratios.is_empty() || model.resolutions.is_empty() {
        return Err("it needs at least one aspect ratio and one resolution".to_owned());
    }
    for resolution in &model.resolutions {
        for ratio in &model.aspect_ratios {
            if dimensions(ratio, resolution).is_none() {
                return Err(format!(
                    "{ratio:?} at {resolution:?} is no size, write \"16:9\" and \"720p\""
                ));
            }
        }
        if !model.price_per_second.contains_key(resolution) {
            return Err(format!("price_per_second lacks {resolution:?}"));
        }
    }
    let stray = model.price_per_second.keys().find(|key| !model.resolutions.contains(key));
    stray.map_or(Ok(()), |key| Err(format!("price_per_second names {key:?}, which is not offered")))
}

/// A price as text in dollars.
mod dollars {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::money::Ticks;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    pub(super) fn serialize<S: Serializer>(price: &Ticks, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(price)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Ticks, D::Error> {
        Ticks::parse_dollars(&String::deserialize(input)?).map_err(D::Error::custom)
    }
}

/// Prices as text in dollars, by name.
mod dollars_by_name {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::money::Ticks;

    pub(super) fn serialize<S: Serializer>(
        prices: &BTreeMap<String, Ticks>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        out.collect_map(prices.iter().map(|(name, price)| (name, price.to_string())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        input: D,
    ) -> Result<BTreeMap<String, Ticks>, D::Error> {
        BTreeMap::<String, String>::deserialize(input)?
            .into_iter()
            .map(|(name, text)| Ok((name, Ticks::parse_dollars(&text).map_err(D::Error::custom)?)))
            .collect()
    }
}
