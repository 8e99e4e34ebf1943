//! A decoded picture as a JPEG: the poster of a video that somebody else made.
//!
//! Colours are taken as BT.709 in limited range, which video without a word about its colours is
//! taken for by browsers from 720 lines on; a film of old standard definition may look a little off.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use openh264::formats::YUVSource;

/// Quality of the poster, 1 to 100.
const QUALITY: u8 = 85;
/// Half of the fixed-point unit below, for rounding.
const HALF: i32 = 1 << 7;

/// The picture as a JPEG of its own size; `None` if its planes do not fit its size.
pub(super) fn jpeg(picture: &impl YUVSource) -> Option<Vec<u8>> {
    let (width, height) = picture.dimensions();
    let (luma_stride, blue_stride, red_stride) = picture.strides();
    let mut rgb = Vec::with_capacity(width.checked_mul(height)?.checked_mul(3)?);
    for row in 0..height {
        let luma = picture.y().get(row * luma_stride..)?.get(..width)?;
        let half = width.div_ceil(2);
        let blue = picture.u().get(row / 2 * blue_stride..)?.get(..half)?;
        let red = picture.v().get(row / 2 * red_stride..)?.get(..half)?;
        for (pair, (&blue, &red)) in luma.chunks(2).zip(blue.iter().zip(red)) {
            rgb.extend(pair.iter().flat_map(|&luma| colour(luma, blue, red)));
        }
    }
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode(&rgb, width, height, ExtendedColorType::Rgb8)
        .ok()?;
    Some(jpeg)
}

/// ITU-R BT.709-6 item 3, limited range, in 256ths.
fn colour(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    let luma = (i32::from(luma) - 16) * 298 + HALF;
    let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
    [luma + 459 * red, luma - 55 * blue - 136 * red, luma + 541 * blue].map(|value| {
        let [low, ..] = (value >> 8).clamp(0, 255).to_le_bytes();
        low
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_the_range_are_black_and_white_and_colours_are_themselves() {
        assert_eq!(colour(16, 128, 128), [0; 3]);
        assert_eq!(colour(235, 128, 128), [255; 3]);
        // Red of full strength: Y 63, Cb 102, Cr 240.
        let [red, green, blue] = colour(63, 102, 240);
        assert!(red > 252 && green < 4 && blue < 4, "{red} {green} {blue}");
    }
}
