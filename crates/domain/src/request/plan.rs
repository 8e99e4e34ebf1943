//! A model's rules applied to parsed parameters.
//!
//! Guarantees: what comes out is offered by the model. Not here: who may use the model.

use std::net::IpAddr;

use crate::catalogue::{ModeLimits, Model, dimensions};
use crate::dialect::Defaults;
use crate::error::{ApiError, ErrorCode};
use crate::image_url::check_image_url;
use crate::job::{ImageSource, Mode};
use crate::request::Parameters;
use crate::request::fields::Seconds;
use crate::request::images::{IMAGES_FIELD, Images, at};
use crate::request::numbers::seconds_problem;
use crate::text::shown;

/// Most characters of a value that a message repeats.
const SHOWN_CHARS_MAX: usize = 32;

/// Everything that the model's rules decide.
pub(crate) struct Plan {
    pub(crate) mode: Mode,
    pub(crate) seconds: u32,
    pub(crate) seconds_requested: u32,
    pub(crate) aspect_ratio: String,
    pub(crate) resolution: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Decides mode, length and size.
pub(crate) fn decide(
    model: &Model,
    model_name: &str,
    parameters: &Parameters,
    defaults: &Defaults,
) -> Result<Plan, ApiError> {
    let (mode, limits) = choose_mode(model, model_name, &parameters.images)?;
    let seconds_requested = match &parameters.seconds {
        Some(seconds) => check_seconds(seconds, mode, limits)?,
        None => defaults.seconds.min(limits.max_seconds),
    };
    let (aspect_ratio, resolution) = match parameters.size {
        Some(size) => size.fit(model)?,
        None => (
            choose(
                "aspect_ratio",
                parameters.aspect_ratio.as_deref(),
                defaults.aspect_ratio,
                &model.aspect_ratios,
            )?,
            choose(
                "resolution",
                parameters.resolution.as_deref(),
                defaults.resolution,
                &model.resolutions,
            )?,
        ),
    };
    // The catalogue was checked to have a size for every pair that it offers.
    let (width, height) = dimensions(&aspect_ratio, &resolution).ok_or_else(|| {
        ApiError::new(ErrorCode::InternalError, "the model offers a size that does not exist")
    })?;
    Ok(Plan {
        mode,
        seconds: seconds_requested.min(limits.max_seconds),
        seconds_requested,
        aspect_ratio,
        resolution,
        width,
        height,
    })
}

/// How many images of which field mean which mode (contract 4), as far as the model has it.
fn choose_mode<'m>(
    model: &'m Model,
    model_name: &str,
    images: &Images,
) -> Result<(Mode, &'m ModeLimits), ApiError> {
    let count = images.sources.len();
    let refuse = |problem: &str| {
        Err(ApiError::new(ErrorCode::InvalidReferenceImages, format!("{model_name} {problem}"))
            .with_param(IMAGES_FIELD))
    };
    match (&model.text, &model.image, &model.reference) {
        (None, Some(_), None) if count != 1 => refuse("only supports exactly one reference image"),
        (Some(limits), _, _) if count == 0 => Ok((Mode::TextToVideo, limits)),
        (None, _, _) if count == 0 => refuse("needs at least one reference image"),
        (_, None, None) => refuse("does not support reference images"),
        (_, Some(limits), reference)
            if count == 1 && !(images.is_reference && reference.is_some()) =>
        {
            Ok((Mode::ImageToVideo, limits))
        }
        (_, _, Some(limits)) if count <= usize::try_from(limits.max_images).unwrap_or(0) => {
            Ok((Mode::ReferenceToVideo, limits))
        }
        (_, _, Some(limits)) => {
            refuse(&format!("supports at most {} reference images", limits.max_images))
        }
        (_, Some(_), None) => refuse("supports at most 1 reference image"),
    }
}

/// The length that was asked for; in reference mode anything from one second up is fine, since
/// what is too long is cut.
fn check_seconds(seconds: &Seconds, mode: Mode, limits: &ModeLimits) -> Result<u32, ApiError> {
    let most = if mode == Mode::ReferenceToVideo { u32::MAX } else { limits.max_seconds };
    seconds
        .value
        .filter(|value| (1..=most).contains(value))
        .ok_or_else(|| seconds_problem(seconds.field, &seconds.sent, Some(limits)))
}

/// What was asked for if it is offered; else the default, or the first offer if that is not.
fn choose(
    field: &str,
    asked: Option<&str>,
    default: &str,
    offers: &[String],
) -> Result<String, ApiError> {
    let wanted = asked.unwrap_or(default);
    if let Some(offer) = offers.iter().find(|offer| *offer == wanted) {
        return Ok(offer.clone());
    }
    match (asked, offers.first()) {
        (None, Some(first)) => Ok(first.clone()),
        _ => Err(ApiError::invalid(
            field,
            format!(
                "{field} must be one of {}, but {} was sent",
                offers.join(", "),
                shown(wanted, SHOWN_CHARS_MAX)
            ),
        )),
    }
}

/// Looks at every URL; those that pass are kept as they were understood.
pub(crate) fn vet_urls(
    sources: Vec<ImageSource>,
    is_allowed: &dyn Fn(IpAddr) -> bool,
) -> Result<Vec<ImageSource>, ApiError> {
    let vet = |(index, source): (usize, ImageSource)| match source {
        ImageSource::Inline(bytes) => Ok(ImageSource::Inline(bytes)),
        ImageSource::Url(text) => check_image_url(&text, is_allowed)
            .map(|url| ImageSource::Url(url.into()))
            .map_err(|error| at(&format!("image {}", index + 1), error).with_param(IMAGES_FIELD)),
    };
    sources.into_iter().enumerate().map(vet).collect()
}
