//! Pictures and requests made in code, so that no binary file is committed.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use rushes_render::{Control, RenderSpec, Video, render};

/// A picture whose four corners differ: red, green, blue, white.
pub(crate) fn corners(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => Rgba([230, 20, 20, 255]),
        (false, true) => Rgba([20, 230, 20, 255]),
        (true, false) => Rgba([20, 20, 230, 255]),
        (false, false) => Rgba([240, 240, 240, 255]),
    })
}

/// A smooth picture with detail, as a photo has.
pub(crate) fn photo(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let level = |value: u32| u8::try_from(value % 256).unwrap();
        let wave = if (x / 9 + y / 7) % 2 == 0 { 24 } else { 0 };
        Rgba([
            level(x * 200 / width + wave),
            level(y * 200 / height + wave),
            level((x + y) * 120 / (width + height) + wave),
            255,
        ])
    })
}

/// Encodes by the named format.
pub(crate) fn encode(image: RgbaImage, format: ImageFormat) -> Vec<u8> {
    let image = DynamicImage::ImageRgba8(image);
    let image = if format == ImageFormat::Jpeg { image.to_rgb8().into() } else { image };
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG with an EXIF orientation.
pub(crate) fn rotated_jpeg(image: RgbaImage, orientation: u8) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let rgb = DynamicImage::ImageRgba8(image).to_rgb8();
    JpegEncoder::new_with_quality(&mut jpeg, 95).encode_image(&rgb).unwrap();
    // Little-endian TIFF with one entry: tag 0x0112, type SHORT, count 1.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let segment = [&[0xff, 0xe1], &length[..], &exif].concat();
    jpeg.splice(2..2, segment);
    jpeg
}

/// A PNG chunk with a right checksum.
pub(crate) fn png_chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    let body = [&kind[..], data].concat();
    let mut remainder = u32::MAX;
    for byte in &body {
        remainder ^= u32::from(*byte);
        for _ in 0..8 {
            remainder = (remainder >> 1) ^ (0xedb8_8320 & (remainder & 1).wrapping_neg());
        }
    }
    [&length[..], &body, &(!remainder).to_be_bytes()].concat()
}

/// A PNG that is only a header of the given size.
pub(crate) fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend_from_slice(&[8, 6, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    png.extend(png_chunk(*b"IHDR", &header));
    png.extend(png_chunk(*b"IDAT", &[0x78, 0x9c, 0x03, 0, 0, 0, 0, 1]));
    png.extend(png_chunk(*b"IEND", b""));
    png
}

/// A request for a small film.
pub(crate) fn spec(prompt: &str, width: u32, height: u32, seconds: u32) -> RenderSpec {
    RenderSpec {
        prompt: prompt.to_owned(),
        seed: 7,
        width,
        height,
        seconds,
        images: Vec::new(),
        caption: true,
    }
}

/// Renders on two threads.
pub(crate) fn film(spec: &RenderSpec) -> Video {
    render(spec, 2, &Control::new()).unwrap()
}
