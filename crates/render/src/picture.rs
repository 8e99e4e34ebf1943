//! Pictures from strangers: sniffed, measured and decoded within fixed limits.
//!
//! The format is what the bytes say, never a name. [`probe`] reads headers only; [`decode`] gives
//! the first frame, upright, as RGBA. Neither panics nor uses memory that the limits do not
//! bound: colour profiles, text and animation are dropped before a decoder sees them. It does not
//! apply colour profiles.

mod chunks;
mod jpeg;
mod plain;

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageResult, Limits};

pub(crate) use plain::is_plain;

/// Largest picture file, in bytes (20 MB).
pub const PICTURE_BYTES_MAX: usize = 20_000_000;
/// Most pixels of a picture.
pub const PICTURE_PIXELS_MAX: u64 = 40_000_000;
/// Longest side of a picture, in pixels: that of a JPEG (ISO/IEC 10918-1 B.2.2).
pub const PICTURE_SIDE_MAX: u32 = 65_535;
/// Memory of one decoder, in bytes: 40 megapixels of 16-bit RGBA and 64 MB to work with.
const DECODER_BYTES_MAX: u64 = 40_000_000 * 8 + 64_000_000;

/// The formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureFormat {
    /// Portable Network Graphics, also animated.
    Png,
    /// JPEG, baseline or progressive.
    Jpeg,
    /// WebP, lossy, lossless or animated.
    Webp,
    /// GIF, also animated.
    Gif,
}

impl PictureFormat {
    /// The media type, such as `image/png`.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }
}

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// The format by content.
    pub format: PictureFormat,
    /// Width in pixels as stored, before any rotation that EXIF asks for.
    pub width: u32,
    /// Height in pixels as stored.
    pub height: u32,
}

/// Why a picture cannot be used; the text is fit to be shown to a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Not a picture of a known format, or a damaged one.
    #[error("{0}")]
    Unsupported(String),
    /// More bytes, pixels or work than the limits allow.
    #[error("{0}")]
    TooLarge(String),
}

/// A decoded picture, upright.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Red, green, blue and straight alpha, row by row.
    pub rgba: Vec<u8>,
}

/// Reads format and size from the header.
///
/// # Errors
/// [`PictureError::Unsupported`] if the bytes are no picture of a known format or have no valid
/// size, [`PictureError::TooLarge`] over [`PICTURE_BYTES_MAX`] or [`PICTURE_PIXELS_MAX`].
pub fn probe(bytes: &[u8]) -> Result<Probe, PictureError> {
    if bytes.len() > PICTURE_BYTES_MAX {
        return Err(PictureError::TooLarge(format!(
            "The picture has {} bytes; {PICTURE_BYTES_MAX} are possible.",
            bytes.len()
        )));
    }
    let format = sniff(bytes)?;
    let size = match format {
        PictureFormat::Png => chunks::png_size(bytes),
        PictureFormat::Jpeg => jpeg::survey(bytes).map(|survey| survey.size),
        PictureFormat::Webp => chunks::webp_size(bytes),
        PictureFormat::Gif => chunks::gif_size(bytes),
    };
    let (width, height) =
        size.ok_or_else(|| unsupported(format, "has a damaged or incomplete header"))?;
    // PNG (section 11.2.1) and all the others stay below 2^31; more is a forged header.
    if width == 0 || height == 0 || width > i32::MAX as u32 || height > i32::MAX as u32 {
        return Err(unsupported(format, "has no valid size"));
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PICTURE_PIXELS_MAX || width > PICTURE_SIDE_MAX || height > PICTURE_SIDE_MAX {
        return Err(PictureError::TooLarge(format!(
            "The picture has {width}x{height} pixels; {} megapixels are possible.",
            PICTURE_PIXELS_MAX / 1_000_000
        )));
    }
    Ok(Probe { format, width, height })
}

/// Decodes the first frame to RGBA and turns it upright.
///
/// # Errors
/// Those of [`probe`], [`PictureError::Unsupported`] for truncated or damaged data and
/// [`PictureError::TooLarge`] for a picture that would take too much memory or work.
pub fn decode(bytes: &[u8]) -> Result<Picture, PictureError> {
    let Probe { format, width, height } = probe(bytes)?;
    let decoded = match format {
        PictureFormat::Png => {
            let still = chunks::png_still(bytes)
                .ok_or_else(|| unsupported(format, "is cut off or damaged"))?;
            PngDecoder::with_limits(Cursor::new(&still), limits()).and_then(upright)
        }
        PictureFormat::Jpeg => {
            let exif = jpeg::check_work(bytes, width, height)?;
            let turned = exif.and_then(Orientation::from_exif_chunk);
            JpegDecoder::new(Cursor::new(bytes)).and_then(|decoder| oriented(decoder, turned))
        }
        PictureFormat::Webp => WebPDecoder::new(Cursor::new(bytes)).and_then(upright),
        PictureFormat::Gif => GifDecoder::new(Cursor::new(bytes)).and_then(upright),
    };
    match decoded {
        Ok(image) => {
            let rgba = image.into_rgba8();
            Ok(Picture { width: rgba.width(), height: rgba.height(), rgba: rgba.into_raw() })
        }
        Err(image::ImageError::Limits(_)) => Err(PictureError::TooLarge(format!(
            "The {} picture would take too much memory.",
            name(format)
        ))),
        Err(_) => Err(unsupported(format, "is cut off or damaged")),
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(PICTURE_SIDE_MAX);
    limits.max_image_height = Some(PICTURE_SIDE_MAX);
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    limits
}

fn upright(mut decoder: impl ImageDecoder) -> ImageResult<DynamicImage> {
    let orientation = decoder.orientation().ok();
    oriented(decoder, orientation)
}

/// Damaged EXIF costs the rotation, not the picture.
fn oriented(
    mut decoder: impl ImageDecoder,
    orientation: Option<Orientation>,
) -> ImageResult<DynamicImage> {
    decoder.set_limits(limits())?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation.unwrap_or(Orientation::NoTransforms));
    Ok(image)
}

fn sniff(bytes: &[u8]) -> Result<PictureFormat, PictureError> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Ok(PictureFormat::Png)
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Ok(PictureFormat::Jpeg)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Ok(PictureFormat::Webp)
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        Ok(PictureFormat::Gif)
    } else {
        Err(PictureError::Unsupported(
            "The data is not a PNG, JPEG, WebP or GIF picture.".to_owned(),
        ))
    }
}

const fn name(format: PictureFormat) -> &'static str {
    match format {
        PictureFormat::Png => "PNG",
        PictureFormat::Jpeg => "JPEG",
        PictureFormat::Webp => "WebP",
        PictureFormat::Gif => "GIF",
    }
}

fn unsupported(format: PictureFormat, what: &str) -> PictureError {
    PictureError::Unsupported(format!("The {} picture {what}.", name(format)))
}
