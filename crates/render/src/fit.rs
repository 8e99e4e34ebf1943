//! Pictures made fit for an upstream: right in shape, of a format that it reads, and with nothing
//! in the file that tells of places or people.
//!
//! Guarantees: what [`fit()`] makes is upright, at most [`FITTED_SIDE_MAX`] pixels long, and holds
//! pixels alone; the same picture gives the same bytes on every machine. A file that is all of that
//! already is left alone, and that does not say that it decodes. Memory and work are bounded as in
//! [`crate::picture`]. Not here: colour profiles, which are dropped and not applied.

mod shape;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};

use crate::math::{byte, float_of_u32};
use crate::picture::{Picture, PictureError, PictureFormat, decode, is_plain, probe};
use crate::plate;
use crate::resample::{self, Part};
use shape::Shape;

/// Longest side of a fitted picture, in pixels.
pub const FITTED_SIDE_MAX: u32 = 2_048;
/// Shortest side of a picture that was brought into a ratio, in pixels: fewer whole pixels would
/// miss the ratio by more than [`RATIO_PERCENT_MAX`].
const FITTED_SIDE_MIN: u32 = 64;
/// How far a ratio may be off and still count as the one that was asked for, in per cent.
const RATIO_PERCENT_MAX: u64 = 1;
/// Quality of a fitted JPEG, of 100.
const JPEG_QUALITY: u8 = 92;

/// How a picture is brought into the ratio that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Its middle, cut so that it fills the frame.
    Cover,
    /// All of it, on a dim blur of itself that fills the frame.
    Contain,
    /// In its own ratio.
    AsIs,
}

/// A picture that was made to fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitted {
    /// The media type: `image/jpeg` or `image/png`.
    pub mime: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// Makes a picture fit for a frame of `width` to `height` and an upstream that reads `accepts`.
///
/// `None` if the file can be sent as it is: its format is accepted, it holds one picture and
/// nothing else, and, except for [`Fit::AsIs`], its ratio is right within 1 % and no side is too
/// long. What is made is a JPEG if it is opaque, else a PNG; the other one if only that is
/// accepted.
///
/// # Errors
/// Those of [`probe`] and [`decode`].
pub fn fit(
    bytes: &[u8],
    width: u32,
    height: u32,
    fit: Fit,
    accepts: &[PictureFormat],
) -> Result<Option<Fitted>, PictureError> {
    let frame = Shape { width: width.max(1), height: height.max(1) };
    let found = probe(bytes)?;
    let stored = Shape { width: found.width, height: found.height };
    let has_shape = fit == Fit::AsIs || (stored.is_like(frame) && stored.long() <= FITTED_SIDE_MAX);
    if has_shape && accepts.contains(&found.format) && is_plain(found.format, bytes) {
        return Ok(None);
    }
    let picture = decode(bytes)?;
    let own = Shape { width: picture.width, height: picture.height };
    let (size, pixels) = match fit {
        Fit::AsIs => cover(&picture, own, own, 1),
        Fit::Contain if !own.is_like(frame) => contain(&picture, own, frame),
        Fit::Cover | Fit::Contain => cover(&picture, own, frame, FITTED_SIDE_MIN),
    };
    encode(size, &pixels, accepts).map(Some)
}

/// The middle of the picture in the ratio of `frame`; its pixels are copied if they need not be
/// scaled.
fn cover(picture: &Picture, own: Shape, frame: Shape, short_min: u32) -> (Shape, Vec<[u8; 4]>) {
    let cut = own.within(frame);
    let size = frame.sized(cut.long(), short_min);
    if size == cut {
        let (left, top) =
            (count((own.width - cut.width) / 2), count((own.height - cut.height) / 2));
        let rows = picture.rgba.as_chunks::<4>().0.chunks_exact(count(own.width));
        let rows = rows.skip(top).take(count(cut.height));
        let pixels = rows.flat_map(|row| row.iter().skip(left).take(count(cut.width)).copied());
        return (size, pixels.collect());
    }
    let (width, height) = (float_of_u32(own.width), float_of_u32(own.height));
    let ratio = float_of_u32(frame.width) / float_of_u32(frame.height);
    let (part_width, part_height) = if own.is_wider(frame) {
        ((height * ratio).min(width), height)
    } else {
        (width, (width / ratio).min(height))
    };
    let part = Part {
        x: (width - part_width) * 0.5,
        y: (height - part_height) * 0.5,
        width: part_width,
        height: part_height,
    };
    (size, scale(picture, part, size))
}

/// The whole picture in the middle of its own dim blur, which has the ratio of `frame`.
fn contain(picture: &Picture, own: Shape, frame: Shape) -> (Shape, Vec<[u8; 4]>) {
    let size = frame.sized(own.around(frame).long(), FITTED_SIDE_MIN);
    let inner = size.within(own);
    let (width, height) = (float_of_u32(own.width), float_of_u32(own.height));
    let ratio = (width / height) / (float_of_u32(size.width) / float_of_u32(size.height));
    let mut pixels = plate::fill(picture, ratio, count(size.width), count(size.height));
    let whole = Part { x: 0.0, y: 0.0, width, height };
    let inner_pixels = scale(picture, whole, inner);
    let (left, top) = ((size.width - inner.width) / 2, (size.height - inner.height) / 2);
    let rows = pixels.chunks_exact_mut(count(size.width)).skip(count(top));
    for (row, inner_row) in rows.zip(inner_pixels.chunks_exact(count(inner.width))) {
        for (below, above) in row.iter_mut().skip(count(left)).zip(inner_row) {
            *below = over(*above, *below);
        }
    }
    (size, pixels)
}

/// Scales a part of the picture; colours are weighed by how opaque they are.
fn scale(picture: &Picture, part: Part, size: Shape) -> Vec<[u8; 4]> {
    let weighed = |[red, green, blue, alpha]: [u8; 4]| {
        let alpha = f32::from(alpha) / 255.0;
        let channel = |value: u8| f32::from(value) / 255.0 * alpha;
        [channel(red), channel(green), channel(blue), alpha]
    };
    let plain = |[red, green, blue, alpha]: [f32; 4]| {
        if byte(alpha) == 0 {
            return [0; 4];
        }
        [byte(red / alpha), byte(green / alpha), byte(blue / alpha), byte(alpha)]
    };
    resample::scale(picture, part, (count(size.width), count(size.height)), weighed, plain)
}

/// One pixel laid on an opaque one.
fn over([red, green, blue, alpha]: [u8; 4], below: [u8; 4]) -> [u8; 4] {
    let share = f32::from(alpha) / 255.0;
    let mix = |above: u8, below: u8| {
        byte((f32::from(above) * share + f32::from(below) * (1.0 - share)) / 255.0)
    };
    [mix(red, below[0]), mix(green, below[1]), mix(blue, below[2]), 255]
}

/// The file.
fn encode(
    size: Shape,
    pixels: &[[u8; 4]],
    accepts: &[PictureFormat],
) -> Result<Fitted, PictureError> {
    let is_opaque = pixels.iter().all(|pixel| pixel[3] == 255);
    let (best, other) = if is_opaque {
        (PictureFormat::Jpeg, PictureFormat::Png)
    } else {
        (PictureFormat::Png, PictureFormat::Jpeg)
    };
    let is_best = accepts.contains(&best) || !accepts.contains(&other);
    let format = if is_best { best } else { other };
    let Shape { width, height } = size;
    let mut bytes = Vec::new();
    let written = if format == PictureFormat::Jpeg {
        let rgb = colours(pixels);
        JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).write_image(
            &rgb,
            width,
            height,
            ExtendedColorType::Rgb8,
        )
    } else {
        let encoder = PngEncoder::new_with_quality(
            &mut bytes,
            CompressionType::Default,
            FilterType::Adaptive,
        );
        if is_opaque {
            encoder.write_image(&colours(pixels), width, height, ExtendedColorType::Rgb8)
        } else {
            encoder.write_image(pixels.as_flattened(), width, height, ExtendedColorType::Rgba8)
        }
    };
    written.map_err(|_| PictureError::Unsupported("The picture cannot be written.".to_owned()))?;
    Ok(Fitted { mime: format.mime(), bytes, width, height })
}

/// The colours alone, on white where they are not opaque.
fn colours(pixels: &[[u8; 4]]) -> Vec<u8> {
    let on_white = |&pixel: &[u8; 4]| {
        let [red, green, blue, _] = over(pixel, [255; 4]);
        [red, green, blue]
    };
    pixels.iter().flat_map(on_white).collect()
}

/// A number of pixels as the length of a list.
fn count(side: u32) -> usize {
    usize::try_from(side).unwrap_or(usize::MAX)
}
