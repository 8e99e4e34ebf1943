//! `size`, or `width` and `height`: pixels in place of a ratio and a resolution.
//!
//! Guarantees: a size is mapped only to what the model offers, to a ratio within
//! [`RATIO_TOLERANCE_PERCENT`].

use crate::catalogue::{Model, dimensions, ratio_parts};
use crate::error::ApiError;
use crate::request::fields::Fields;
use crate::request::json::Value;
use crate::request::numbers::{sent, whole};

/// How far the ratio of a size may be from an offered one.
pub const RATIO_TOLERANCE_PERCENT: u64 = 2;
/// Shortest and longest side of a size, in pixels.
pub const SIDE_PIXELS: std::ops::RangeInclusive<u32> = 16..=8192;

/// Pixels that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Size {
    /// Takes `size`, `width` and `height` out of the fields, with the names that were there.
    pub(crate) fn take(fields: &mut Fields<'_>) -> Result<Option<(Self, Vec<String>)>, ApiError> {
        let joined = fields.take("size").map(|value| parse_size(&value)).transpose()?;
        let width = fields.take("width").map(|value| side("width", &value)).transpose()?;
        let height = fields.take("height").map(|value| side("height", &value)).transpose()?;
        let apart = match (width, height) {
            (Some(width), Some(height)) => Some(Self { width, height }),
            (None, None) => None,
            (Some(_), None) => {
                return Err(ApiError::invalid("height", "width and height must be sent together"));
            }
            (None, Some(_)) => {
                return Err(ApiError::invalid("width", "width and height must be sent together"));
            }
        };
        match (joined, apart) {
            (Some(one), Some(other)) if one != other => Err(ApiError::invalid(
                "size",
                format!(
                    "size ({}x{}) differs from width and height ({}x{}); send one of them",
                    one.width, one.height, other.width, other.height
                ),
            )),
            (one, other) => {
                let mut names = Vec::new();
                names.extend(one.map(|_| "size".to_owned()));
                names.extend(other.map(|_| "width".to_owned()));
                names.extend(other.map(|_| "height".to_owned()));
                Ok(one.or(other).map(|size| (size, names)))
            }
        }
    }

    /// The nearest ratio and resolution that the model offers.
    pub(crate) fn fit(self, model: &Model) -> Result<(String, String), ApiError> {
        let ratio = model
            .aspect_ratios
            .iter()
            .filter_map(|ratio| Some((self.distance(ratio_parts(ratio)?), ratio)))
            .min_by_key(|&(distance, _)| distance)
            .filter(|&(distance, _)| distance <= RATIO_TOLERANCE_PERCENT * 1_000)
            .map(|(_, ratio)| ratio);
        let short = self.width.min(self.height);
        let resolution = ratio.and_then(|ratio| {
            // Of two that are equally far, the larger.
            model.resolutions.iter().min_by_key(|resolution| {
                let (width, height) = dimensions(ratio, resolution).unwrap_or((0, 0));
                (width.min(height).abs_diff(short), u32::MAX - width.min(height))
            })
        });
        match (ratio, resolution) {
            (Some(ratio), Some(resolution)) => Ok((ratio.clone(), resolution.clone())),
            _ => Err(ApiError::invalid(
                "size",
                format!(
                    "no aspect ratio of this model is within {RATIO_TOLERANCE_PERCENT} % of {}x{}; \
                     it offers {}",
                    self.width,
                    self.height,
                    model.aspect_ratios.join(", ")
                ),
            )),
        }
    }

    /// How far the size is from a ratio, in thousandths of a per cent of that ratio.
    fn distance(self, (wide, high): (u32, u32)) -> u64 {
        let ours = u64::from(self.width) * u64::from(high);
        let theirs = u64::from(self.height) * u64::from(wide);
        (ours.abs_diff(theirs) * 100_000).div_ceil(theirs)
    }
}

/// `1280x720`; `X`, `*` and `×` mean the same.
fn parse_size(value: &Value<'_>) -> Result<Size, ApiError> {
    let problem = || {
        ApiError::invalid(
            "size",
            format!(
                "size must be two numbers of pixels from {} to {}, such as \"1280x720\", but {} \
                 was sent",
                SIDE_PIXELS.start(),
                SIDE_PIXELS.end(),
                sent(value)
            ),
        )
    };
    let Value::String(text) = value else { return Err(problem()) };
    let (width, height) = text.trim().split_once(['x', 'X', '*', '×']).ok_or_else(problem)?;
    let number = |part: &str| {
        let is_plain = (1..=5).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|side| is_plain && SIDE_PIXELS.contains(side))
    };
    let width = number(width.trim()).ok_or_else(problem)?;
    let height = number(height.trim()).ok_or_else(problem)?;
    Ok(Size { width, height })
}

fn side(name: &str, value: &Value<'_>) -> Result<u32, ApiError> {
    whole(value).filter(|side| SIDE_PIXELS.contains(side)).ok_or_else(|| {
        ApiError::invalid(
            name,
            format!(
                "{name} must be a whole number of pixels from {} to {}, but {} was sent",
                SIDE_PIXELS.start(),
                SIDE_PIXELS.end(),
                sent(value)
            ),
        )
    })
}
