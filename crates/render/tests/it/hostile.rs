//! Pictures as they come from the world, each made into a film.

use std::io::Cursor;

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgba};
use rushes_render::{RenderSpec, decode, inspect};

use crate::samples::{
    animated_gif, animated_png, animated_webp, cmyk_jpeg, corners, decode_film, encode, film,
    photo, png_chunk, rotated_jpeg, spec,
};

/// Mean brightness of the first frame of a film of one picture, 16 to 235.
fn brightness(name: &str, picture: Vec<u8>) -> u64 {
    let video = film(&RenderSpec { images: vec![picture], ..spec("", 96, 64, 1) });
    assert_eq!(inspect(&video.mp4).unwrap().frames, Some(24), "{name}");
    let frames = decode_film(&video.mp4);
    assert_eq!(frames.len(), 24, "{name}");
    let (width, height, luma) = &frames[0];
    assert_eq!((*width, *height), (96, 64), "{name}");
    luma.iter().map(|level| u64::from(*level)).sum::<u64>() / u64::try_from(luma.len()).unwrap()
}

fn flat(colour: [u8; 4]) -> Vec<u8> {
    encode(ImageBuffer::from_pixel(40, 30, Rgba(colour)), ImageFormat::Png)
}

fn written(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// As many pixels as a picture may have, in one long row of hills.
fn panorama() -> Vec<u8> {
    let image = ImageBuffer::from_fn(20_000, 2_000, |x, y| {
        Luma([if y > 1_000 + (x / 40) % 200 { 200_u8 } else { 60 }])
    });
    written(&DynamicImage::ImageLuma8(image))
}

/// A JPEG with half a megabyte of EXIF before the picture, and a turn in the first of it.
fn jpeg_of_much_exif() -> Vec<u8> {
    let mut jpeg = rotated_jpeg(corners(64, 32), 6);
    let first = usize::from(u16::from_be_bytes([jpeg[4], jpeg[5]])) + 4;
    let mut segment = vec![0xff, 0xe1, 0xff, 0xff];
    segment.extend(b"Exif\0\0");
    segment.resize(2 + 0xffff, 0xff);
    jpeg.splice(first..first, segment.repeat(8));
    jpeg
}

/// A PNG that names a profile, a text and an EXIF block, none of which is what it says.
fn png_of_nonsense() -> Vec<u8> {
    let still = flat([90, 90, 90, 255]);
    let mut png = still[..33].to_vec();
    for kind in [*b"iCCP", *b"eXIf", *b"zTXt", *b"gAMA", *b"cHRM"] {
        png.extend(png_chunk(kind, &[0xff; 999]));
    }
    png.extend(&still[33..]);
    png
}

#[test]
fn a_picture_of_any_kind_makes_a_film_of_it() {
    let sixteen = ImageBuffer::from_pixel(40, 30, Rgba([0x8000_u16, 0x8000, 0x8000, 0xffff]));
    let still = encode(corners(32, 32), ImageFormat::Png);
    let line = encode(photo(900, 1), ImageFormat::Png);
    let pillar = encode(photo(1, 900), ImageFormat::Png);
    let strip = encode(photo(3_000, 40), ImageFormat::Png);
    let tall = decode(&jpeg_of_much_exif()).unwrap();
    assert_eq!((tall.width, tall.height), (32, 64), "turned by the first of its EXIF segments");
    let half = flat([0, 0, 0, 128]);
    let pictures = [
        ("one pixel", encode(photo(1, 1), ImageFormat::Png), 36..=38),
        ("forty megapixels", panorama(), 60..=190),
        ("sixteen bits", written(&DynamicImage::ImageRgba16(sixteen)), 120..=132),
        ("four components", cmyk_jpeg(), 70..=72),
        ("animated GIF", animated_gif(300), 55..=75),
        ("animated PNG", animated_png(&still, 500), 70..=150),
        ("animated WebP", animated_webp(40), 70..=150),
        ("nothing but alpha", flat([0, 0, 0, 0]), 228..=235),
        ("half transparent black", half, 118..=132),
        ("much EXIF", jpeg_of_much_exif(), 50..=150),
        ("wrong chunks", png_of_nonsense(), 85..=100),
        ("a line", line, 30..=36),
        ("a pillar", pillar, 48..=56),
        ("a strip", strip, 61..=69),
    ];
    let means =
        pictures.map(|(name, picture, expected)| (name, expected, brightness(name, picture)));
    let wrong: Vec<_> =
        means.iter().filter(|(_, expected, mean)| !expected.contains(mean)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
