use std::time::{Duration, Instant};

use image::ImageFormat;
use image::{DynamicImage, ImageBuffer, Luma, Rgba};
use rushes_render::picture::{PICTURE_BYTES_MAX, PICTURE_PIXELS_MAX};
use rushes_render::{Picture, PictureError, PictureFormat, decode, probe};

use crate::samples::{
    animated_gif, animated_png, animated_webp, cmyk_jpeg, corners, encode, photo, png_chunk,
    png_header, rotated_jpeg,
};

fn pixel(picture: &Picture, x: u32, y: u32) -> [u8; 4] {
    let at = usize::try_from((y * picture.width + x) * 4).unwrap();
    picture.rgba[at..at + 4].try_into().unwrap()
}

fn unsupported(bytes: &[u8]) -> bool {
    matches!(decode(bytes), Err(PictureError::Unsupported(_)))
}

fn too_large(bytes: &[u8]) -> bool {
    matches!(probe(bytes), Err(PictureError::TooLarge(_)))
        && matches!(decode(bytes), Err(PictureError::TooLarge(_)))
}

#[test]
fn every_format_is_told_by_content() {
    for (format, expected, mime) in [
        (ImageFormat::Png, PictureFormat::Png, "image/png"),
        (ImageFormat::Jpeg, PictureFormat::Jpeg, "image/jpeg"),
        (ImageFormat::WebP, PictureFormat::Webp, "image/webp"),
        (ImageFormat::Gif, PictureFormat::Gif, "image/gif"),
    ] {
        let bytes = encode(photo(70, 50), format);
        let probed = probe(&bytes).unwrap();
        assert_eq!((probed.format, probed.width, probed.height), (expected, 70, 50));
        assert_eq!(probed.format.mime(), mime);
        let picture = decode(&bytes).unwrap();
        assert_eq!((picture.width, picture.height, picture.rgba.len()), (70, 50, 70 * 50 * 4));
        let one = encode(photo(1, 1), format);
        assert_eq!(decode(&one).unwrap().width, 1);
    }
}

#[test]
fn what_is_no_picture_is_unsupported() {
    for bytes in [
        &b""[..],
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f",
        b"BM\0\0\0\0",
    ] {
        assert!(matches!(probe(bytes), Err(PictureError::Unsupported(_))), "{bytes:?}");
        assert!(unsupported(bytes));
    }
}

#[test]
fn forged_sizes_are_refused_by_the_header() {
    assert!(too_large(&png_header(60_000, 60_000)));
    assert!(too_large(&png_header(40_000_001, 1)));
    assert!(unsupported(&png_header(0, 10)));
    assert!(unsupported(&png_header(10, 0)));
    assert!(unsupported(&png_header(10, 0x8000_0000)));
    assert!(unsupported(&png_header(0xffff_ffff, 0xffff_ffff)));
    assert!(u64::from(8000_u32) * 5000 <= PICTURE_PIXELS_MAX);
    let mut long = encode(photo(4, 4), ImageFormat::Png);
    long.resize(PICTURE_BYTES_MAX + 1, 0);
    assert!(too_large(&long));
    let mut gif = encode(photo(4, 4), ImageFormat::Gif);
    gif[6..10].fill(0xff);
    assert!(too_large(&gif));
}

#[test]
fn truncated_pictures_are_unsupported() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif] {
        let bytes = encode(photo(200, 160), format);
        for share in [3, 5, 9] {
            let cut = &bytes[..bytes.len() * share / 10];
            assert!(unsupported(cut), "{format:?} at {share}0 %");
        }
    }
}

#[test]
fn exif_turns_the_picture_upright() {
    let (red, green, blue) = ([230, 20, 20], [20, 230, 20], [20, 20, 230]);
    // What is at the upper left after each orientation of the EXIF standard.
    for (orientation, expected, turned) in [
        (1, red, false),
        (2, green, false),
        (4, blue, false),
        (5, red, true),
        (6, blue, true),
        (8, green, true),
    ] {
        let picture = decode(&rotated_jpeg(corners(64, 32), orientation)).unwrap();
        let size = if turned { (32, 64) } else { (64, 32) };
        assert_eq!((picture.width, picture.height), size, "orientation {orientation}");
        let corner = pixel(&picture, 4, 4);
        for (channel, expected) in corner.iter().zip(expected) {
            assert!(channel.abs_diff(expected) < 40, "orientation {orientation}: {corner:?}");
        }
    }
    // A nonsensical orientation costs nothing.
    assert_eq!(decode(&rotated_jpeg(corners(64, 32), 77)).unwrap().width, 64);
}

#[test]
fn animations_give_their_first_frame() {
    assert!(pixel(&decode(&animated_gif(300)).unwrap(), 8, 8)[0] > 200);
    let still = encode(corners(32, 32), ImageFormat::Png);
    assert_eq!(decode(&animated_png(&still, 500)).unwrap(), decode(&still).unwrap());
    let decoded = decode(&animated_webp(40)).unwrap();
    assert!(pixel(&decoded, 4, 4)[0] > 200 && decoded.width == 32);
}

#[test]
fn compressed_chunks_that_unfold_are_never_unfolded() {
    let still = encode(corners(32, 32), ImageFormat::Png);
    // Twelve megabytes of zeros behind a name, as a profile and as a text, with a wrong stream.
    let bomb = [&b"x\0\0"[..], &vec![0_u8; 12_000_000]].concat();
    for kind in [*b"iCCP", *b"zTXt"] {
        let mut png = still[..33].to_vec();
        png.extend(png_chunk(kind, &bomb));
        png.extend(&still[33..]);
        assert_eq!(decode(&png).unwrap(), decode(&still).unwrap());
    }
}

#[test]
fn sixteen_bits_grey_and_alpha_become_rgba() {
    let grey = ImageBuffer::from_pixel(20, 10, Luma([0x8000_u16]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageLuma16(grey).write_to(&mut bytes, ImageFormat::Png).unwrap();
    assert_eq!(pixel(&decode(bytes.get_ref()).unwrap(), 3, 3), [128, 128, 128, 255]);
    let clear = ImageBuffer::from_pixel(20, 10, Rgba([9, 8, 7, 0]));
    assert_eq!(pixel(&decode(&encode(clear, ImageFormat::Png)).unwrap(), 3, 3), [9, 8, 7, 0]);
}

#[test]
fn four_component_jpeg_is_read() {
    let jpeg = cmyk_jpeg();
    assert_eq!(probe(&jpeg).unwrap().width, 8);
    let picture = decode(&jpeg);
    assert!(picture.is_ok(), "{picture:?}");
}

#[test]
fn a_thousand_scans_are_refused_at_once() {
    let mut jpeg = encode(photo(64, 64), ImageFormat::Jpeg);
    let scan = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let body = jpeg[scan..jpeg.len() - 2].to_vec();
    jpeg.truncate(jpeg.len() - 2);
    for _ in 0..1000 {
        jpeg.extend(&body);
    }
    jpeg.extend([0xff, 0xd9]);
    let start = Instant::now();
    assert!(unsupported(&jpeg));
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn mutated_pictures_never_panic() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif] {
        let original = encode(photo(40, 30), format);
        let mut state = 0x1234_5678_u32;
        for _ in 0..400 {
            let mut bytes = original.clone();
            for _ in 0..4 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = usize::try_from(state >> 8).unwrap() % bytes.len();
                bytes[at] = state.to_le_bytes()[3];
            }
            let _ = probe(&bytes);
            let _ = decode(&bytes);
        }
    }
}
