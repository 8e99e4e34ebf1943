use image::{ImageFormat, Rgba, RgbaImage};
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;
use rushes_render::fit::FITTED_SIDE_MAX;
use rushes_render::{Fit, Fitted, Picture, PictureError, PictureFormat, decode, fit};
use sha2::{Digest, Sha256};

use crate::samples::{corners, encode, photo, png_chunk, rotated_jpeg};

const BOTH: &[PictureFormat] = &[PictureFormat::Jpeg, PictureFormat::Png];
const ALL: &[PictureFormat] =
    &[PictureFormat::Png, PictureFormat::Jpeg, PictureFormat::Webp, PictureFormat::Gif];
const FORMATS: [ImageFormat; 4] =
    [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif];
/// What a phone writes into its EXIF, here without the tags around it.
const GPS: &[u8] = b"N 52.5163 E 13.3777 Erika Mustermann";

/// Fits a picture that cannot stay as it is.
fn fitted(bytes: &[u8], (width, height): (u32, u32), how: Fit) -> (Fitted, Picture) {
    let fitted = fit(bytes, width, height, how, BOTH).unwrap().expect("a new file");
    let picture = decode(&fitted.bytes).unwrap();
    assert_eq!((picture.width, picture.height), (fitted.width, fitted.height));
    (fitted, picture)
}

fn stays(bytes: &[u8], (width, height): (u32, u32), how: Fit) -> bool {
    fit(bytes, width, height, how, ALL).unwrap().is_none()
}

fn pixel(picture: &Picture, x: u32, y: u32) -> [u8; 4] {
    let at = usize::try_from((y * picture.width + x) * 4).unwrap();
    picture.rgba[at..at + 4].try_into().unwrap()
}

/// Whether two colours look the same, JPEG and scaling aside.
fn is_near(one: [u8; 4], other: [u8; 4]) -> bool {
    one.iter().zip(other).all(|(one, other)| one.abs_diff(other) < 24)
}

fn is_ratio(size: (u32, u32), ratio: (u32, u32)) -> bool {
    let own = f64::from(size.0) / f64::from(size.1);
    let asked = f64::from(ratio.0) / f64::from(ratio.1);
    (own / asked - 1.0).abs() <= 0.01
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A JPEG segment behind the first two bytes.
fn with_segment(jpeg: &[u8], marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, payload, &jpeg[2..]].concat()
}

/// A PNG chunk behind the header.
fn with_chunk(png: &[u8], kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    [&png[..33], &png_chunk(kind, data), &png[33..]].concat()
}

/// A WebP chunk at the end, with the length at the start put right.
fn with_riff_chunk(webp: &[u8], kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    let mut file = [webp, &kind, &length, data, &vec![0; data.len() % 2]].concat();
    let total = u32::try_from(file.len() - 8).unwrap().to_le_bytes();
    file[4..8].copy_from_slice(&total);
    file
}

/// A GIF extension in front of the end.
fn with_extension(gif: &[u8], label: u8, data: &[u8]) -> Vec<u8> {
    let (end, rest) = gif.split_last().unwrap();
    let length = u8::try_from(data.len()).unwrap();
    [rest, &[0x21, label, length], data, &[0, *end]].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_comes_the_ratio_is_the_one_that_was_asked_for(
        size in (1_u32..300, 1_u32..300),
        frame in select(&[(1280_u32, 720_u32), (720, 1280), (960, 960), (1080, 1440), (2, 3)][..]),
        how in select(&[Fit::Cover, Fit::Contain][..]),
        clear in any::<bool>(),
    ) {
        let mut image = photo(size.0, size.1);
        image.put_pixel(0, 0, Rgba([1, 2, 3, if clear { 0 } else { 255 }]));
        let bytes = encode(image, ImageFormat::WebP);
        let fitted = fit(&bytes, frame.0, frame.1, how, BOTH).unwrap().unwrap();
        prop_assert!(is_ratio((fitted.width, fitted.height), frame), "{:?}", (size, frame, &fitted));
        prop_assert!(fitted.width.max(fitted.height) <= FITTED_SIDE_MAX);
        let picture = decode(&fitted.bytes).unwrap();
        prop_assert_eq!((picture.width, picture.height), (fitted.width, fitted.height));
        // What was made needs nothing more.
        prop_assert!(stays(&fitted.bytes, frame, how));
    }
}

#[test]
fn what_fits_already_is_left_alone() {
    for format in FORMATS {
        let bytes = encode(photo(320, 180), format);
        for how in [Fit::Cover, Fit::Contain, Fit::AsIs] {
            assert!(stays(&bytes, (1280, 720), how), "{format:?} {how:?}");
        }
        assert!(stays(&bytes, (720, 1280), Fit::AsIs), "{format:?}");
        assert!(!stays(&bytes, (720, 1280), Fit::Cover), "{format:?}");
    }
    let clear = RgbaImage::from_pixel(32, 18, Rgba([1, 2, 3, 0]));
    assert!(stays(&encode(clear, ImageFormat::Png), (16, 9), Fit::Cover));
    // One per cent either way.
    for (width, is_fitting) in [(1584, true), (1616, true), (1583, false), (1617, false)] {
        let bytes = encode(photo(width, 900), ImageFormat::Jpeg);
        assert_eq!(stays(&bytes, (16, 9), Fit::Cover), is_fitting, "{width}");
    }
}

#[test]
fn a_format_that_the_upstream_does_not_read_is_made_one_that_it_does() {
    let gif = encode(corners(128, 72), ImageFormat::Gif);
    let (made, picture) = fitted(&gif, (1280, 720), Fit::Cover);
    assert_eq!((made.mime, made.width, made.height), ("image/jpeg", 128, 72));
    assert!(is_near(pixel(&picture, 2, 2), [230, 20, 20, 255]));

    let mut clear = corners(128, 72);
    clear.put_pixel(120, 60, Rgba([0, 0, 0, 0]));
    let gif = encode(clear, ImageFormat::Gif);
    let (made, picture) = fitted(&gif, (1280, 720), Fit::Cover);
    assert_eq!(made.mime, "image/png");
    assert_eq!(pixel(&picture, 120, 60)[3], 0);

    // Whatever is best, an upstream gets what it reads.
    let only = |format| fit(&gif, 1280, 720, Fit::Cover, &[format]).unwrap().unwrap();
    let jpeg = only(PictureFormat::Jpeg);
    assert_eq!(jpeg.mime, "image/jpeg");
    assert!(is_near(pixel(&decode(&jpeg.bytes).unwrap(), 120, 60), [240, 240, 240, 255]));
    let opaque = encode(corners(128, 72), ImageFormat::Gif);
    let png = fit(&opaque, 1280, 720, Fit::Cover, &[PictureFormat::Png]).unwrap().unwrap();
    assert_eq!((png.mime, decode(&png.bytes)), ("image/png", decode(&opaque)));
    // One that reads neither gets the best there is.
    assert_eq!(only(PictureFormat::Webp).mime, "image/png");
}

#[test]
fn exif_with_a_place_is_gone() {
    let plain = encode(photo(320, 180), ImageFormat::Jpeg);
    let exif = [b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0", GPS].concat();
    let jpeg = with_segment(&plain, 0xe1, &exif);
    assert!(holds(&jpeg, GPS) && decode(&jpeg).is_ok());
    for how in [Fit::Cover, Fit::Contain, Fit::AsIs] {
        let (made, picture) = fitted(&jpeg, (1280, 720), how);
        assert_eq!((made.mime, made.width, made.height), ("image/jpeg", 320, 180));
        assert!(!holds(&made.bytes, b"Exif") && !holds(&made.bytes, b"Mustermann"));
        let before = decode(&plain).unwrap();
        assert!(is_near(pixel(&picture, 100, 100), pixel(&before, 100, 100)));
    }
}

#[test]
fn whatever_a_file_holds_beside_its_pixels_is_gone() {
    let [png, jpeg, webp, gif] = FORMATS.map(|format| encode(photo(320, 180), format));
    let xmp = [b"http://ns.adobe.com/xap/1.0/\0", GPS].concat();
    let mut zip = jpeg.clone();
    zip.extend(GPS);
    let mut hidden = with_segment(&jpeg, 0xdd, &[0, 0]);
    hidden.splice(8..8, GPS.iter().copied());
    let cases = [
        ("JPEG XMP", with_segment(&jpeg, 0xe1, &xmp)),
        ("JPEG profile", with_segment(&jpeg, 0xe2, &[b"ICC_PROFILE\0\x01\x01", GPS].concat())),
        ("JPEG IPTC", with_segment(&jpeg, 0xed, &[b"Photoshop 3.0\0", GPS].concat())),
        ("JPEG comment", with_segment(&jpeg, 0xfe, GPS)),
        ("JPEG thumbnail", with_segment(&jpeg, 0xe0, &[b"JFIF\0", GPS].concat())),
        ("JPEG more behind the end", zip),
        ("JPEG between segments", hidden),
        ("PNG EXIF", with_chunk(&png, *b"eXIf", &[b"II*\0\x08\0\0\0\0\0\0\0\0\0", GPS].concat())),
        ("PNG text", with_chunk(&png, *b"tEXt", &[b"Comment\0", GPS].concat())),
        ("PNG XMP", with_chunk(&png, *b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", GPS].concat())),
        ("PNG packed text", with_chunk(&png, *b"zTXt", &[b"Comment\0\0", GPS].concat())),
        ("PNG profile", with_chunk(&png, *b"iCCP", &[b"x\0\0", GPS].concat())),
        ("PNG private", with_chunk(&png, *b"prVt", GPS)),
        ("PNG more behind the end", [&png[..], GPS].concat()),
        ("WebP EXIF", with_riff_chunk(&webp, *b"EXIF", GPS)),
        ("WebP XMP", with_riff_chunk(&webp, *b"XMP ", GPS)),
        ("WebP more behind the end", [&webp[..], GPS].concat()),
        ("GIF comment", with_extension(&gif, 0xfe, GPS)),
        ("GIF XMP", with_extension(&gif, 0xff, &[b"XMP DataXMP", GPS].concat())),
        ("GIF more behind the end", [&gif[..], GPS].concat()),
    ];
    for (name, bytes) in cases {
        assert!(holds(&bytes, GPS), "{name}");
        assert!(!stays(&bytes, (1280, 720), Fit::AsIs), "{name}");
        let (made, _) = fitted(&bytes, (1280, 720), Fit::AsIs);
        assert!(!holds(&made.bytes, b"Mustermann"), "{name}");
        assert_eq!((made.width, made.height), (320, 180), "{name}");
        assert!(stays(&made.bytes, (1280, 720), Fit::Cover), "{name}");
    }
}

#[test]
fn numbers_on_how_to_show_a_png_are_no_reason_to_touch_it() {
    let png = encode(photo(320, 180), ImageFormat::Png);
    let png = with_chunk(&png, *b"pHYs", &[0, 0, 11, 19, 0, 0, 11, 19, 1]);
    assert!(stays(&with_chunk(&png, *b"sRGB", &[0]), (1280, 720), Fit::Cover));
}

#[test]
fn an_animation_becomes_its_first_frame() {
    let first = encode(corners(64, 36), ImageFormat::Gif);
    let second = encode(photo(64, 36), ImageFormat::Gif);
    // Both have a colour table of 256 entries behind 13 bytes of header.
    let mut animated = first.clone();
    animated.pop();
    let frame = second.windows(4).position(|four| four == [0x21, 0xf9, 4, 0]).unwrap_or(781);
    animated.extend(&second[frame..]);
    assert!(!stays(&animated, (16, 9), Fit::AsIs));
    let (_, picture) = fitted(&animated, (16, 9), Fit::Cover);
    assert!(is_near(pixel(&picture, 2, 2), [230, 20, 20, 255]));
}

#[test]
fn a_turned_picture_is_upright_before_it_is_cut() {
    // Stored lying, shown standing: blue is at the upper left then.
    let (made, picture) = fitted(&rotated_jpeg(corners(640, 360), 6), (720, 1280), Fit::Cover);
    assert_eq!((made.width, made.height), (360, 640));
    assert!(is_near(pixel(&picture, 20, 20), [20, 20, 230, 255]));
    let (made, _) = fitted(&rotated_jpeg(corners(640, 360), 8), (720, 1280), Fit::AsIs);
    assert_eq!((made.width, made.height), (360, 640));
}

#[test]
fn cover_cuts_the_middle_out_without_scaling_it() {
    let image = photo(400, 400);
    let png = encode(image.clone(), ImageFormat::Png);
    let made = fit(&png, 1280, 720, Fit::Cover, &[PictureFormat::Png]).unwrap().unwrap();
    let picture = decode(&made.bytes).unwrap();
    assert_eq!((picture.width, picture.height), (400, 225));
    for (x, y) in [(0, 0), (399, 0), (200, 112), (399, 224)] {
        assert_eq!(pixel(&picture, x, y), image.get_pixel(x, y + 87).0);
    }
    let made = fit(&png, 720, 1280, Fit::Cover, &[PictureFormat::Png]).unwrap().unwrap();
    let picture = decode(&made.bytes).unwrap();
    assert_eq!((picture.width, picture.height), (225, 400));
    assert_eq!(pixel(&picture, 0, 9), image.get_pixel(87, 9).0);
}

#[test]
fn contain_shows_all_of_it_on_its_own_dim_blur() {
    let png = encode(corners(200, 200), ImageFormat::Png);
    let (made, picture) = fitted(&png, (1280, 720), Fit::Contain);
    assert_eq!((made.mime, made.width, made.height), ("image/jpeg", 356, 200));
    let corners_of_it = [
        ((80, 2), [230, 20, 20, 255]),
        ((275, 2), [20, 230, 20, 255]),
        ((80, 197), [20, 20, 230, 255]),
        ((275, 197), [240, 240, 240, 255]),
    ];
    for ((x, y), colour) in corners_of_it {
        assert!(is_near(pixel(&picture, x, y), colour), "{x} {y}: {:?}", pixel(&picture, x, y));
    }
    let aside = pixel(&picture, 10, 10);
    assert!(aside[0] > 60 && aside[0] < 180 && aside[1] < 60, "a dim red: {aside:?}");

    // A picture with holes lies on its blur as well, so that nothing is left open.
    let clear = RgbaImage::from_pixel(200, 200, Rgba([250, 0, 0, 0]));
    let (made, _) = fitted(&encode(clear, ImageFormat::Png), (720, 1280), Fit::Contain);
    assert_eq!((made.mime, made.width, made.height), ("image/jpeg", 200, 356));
}

#[test]
fn what_is_long_is_scaled_down() {
    let jpeg = encode(photo(3000, 2000), ImageFormat::Jpeg);
    for (how, size) in [(Fit::Cover, (2048, 1152)), (Fit::Contain, (2048, 1152))] {
        let (made, _) = fitted(&jpeg, (1280, 720), how);
        assert_eq!((made.width, made.height), size, "{how:?}");
    }
    assert!(stays(&jpeg, (1280, 720), Fit::AsIs));
    let (made, _) = fitted(&with_segment(&jpeg, 0xfe, b"hello"), (1280, 720), Fit::AsIs);
    assert_eq!((made.width, made.height), (2048, 1365));
    // The right ratio is not enough.
    assert!(!stays(&encode(photo(3200, 1800), ImageFormat::Jpeg), (16, 9), Fit::Cover));
    assert!(stays(&encode(photo(2048, 1152), ImageFormat::Jpeg), (16, 9), Fit::Cover));
}

#[test]
fn a_single_pixel_becomes_a_picture_of_the_ratio() {
    let image = RgbaImage::from_pixel(1, 1, Rgba([200, 100, 50, 255]));
    let png = encode(image, ImageFormat::Png);
    for how in [Fit::Cover, Fit::Contain] {
        let (made, picture) = fitted(&png, (1280, 720), how);
        assert_eq!((made.width, made.height), (114, 64), "{how:?}");
        assert!(is_near(pixel(&picture, 57, 32), [200, 100, 50, 255]), "{how:?}");
    }
    assert!(stays(&png, (1280, 720), Fit::AsIs));
    let (made, _) = fitted(&with_chunk(&png, *b"tEXt", b"a\0b"), (1280, 720), Fit::AsIs);
    assert_eq!((made.width, made.height), (1, 1));
}

#[test]
fn strips_of_the_longest_side_become_pictures() {
    for (width, height) in [(65_535, 1), (1, 65_535), (65_535, 60), (60, 65_535)] {
        let png = encode(photo(width, height), ImageFormat::Png);
        for (frame, how) in [((1280, 720), Fit::Cover), ((720, 1280), Fit::Contain)] {
            let (made, _) = fitted(&png, frame, how);
            assert!(is_ratio((made.width, made.height), frame), "{width}x{height} {how:?}");
        }
        let (made, _) = fitted(&with_chunk(&png, *b"tEXt", b"a\0b"), (1, 1), Fit::AsIs);
        assert_eq!(made.width.max(made.height), 2048);
        assert_eq!(made.width.min(made.height), if width.min(height) == 1 { 1 } else { 2 });
    }
}

#[test]
fn frames_of_no_sense_are_met_as_well_as_can_be() {
    let png = encode(photo(30, 20), ImageFormat::Png);
    for frame in [(0, 0), (0, 720), (u32::MAX, 1), (1, u32::MAX), (u32::MAX, u32::MAX)] {
        for how in [Fit::Cover, Fit::Contain, Fit::AsIs] {
            let made = fit(&png, frame.0, frame.1, how, BOTH).unwrap();
            if let Some(made) = made {
                assert!(made.width.max(made.height) <= FITTED_SIDE_MAX, "{frame:?} {how:?}");
                decode(&made.bytes).unwrap();
            }
        }
    }
}

#[test]
fn transparency_stays_and_darkens_no_edge() {
    // Red on what is black and cannot be seen.
    let image = RgbaImage::from_fn(3000, 3000, |x, _| {
        if x < 1500 { Rgba([255, 0, 0, 255]) } else { Rgba([0, 0, 0, 0]) }
    });
    let (made, picture) = fitted(&encode(image, ImageFormat::Png), (1, 1), Fit::Cover);
    assert_eq!((made.mime, made.width), ("image/png", 2048));
    assert_eq!(pixel(&picture, 100, 5), [255, 0, 0, 255]);
    assert_eq!(pixel(&picture, 2000, 5)[3], 0);
    for x in 1000..1048 {
        let [red, green, blue, alpha] = pixel(&picture, x, 1000);
        assert!(alpha == 0 || (red, green, blue) == (255, 0, 0), "{x}: {red} {green} {blue}");
    }
}

#[test]
fn the_same_picture_gives_the_same_pixels_everywhere() {
    let webp = encode(photo(3000, 1000), ImageFormat::WebP);
    // Of the pixels alone: what the encoders make of them may change with their versions.
    let sums = [Fit::Cover, Fit::Contain].map(|how| {
        let made = fit(&webp, 1280, 720, how, &[PictureFormat::Png]).unwrap().unwrap();
        format!("{:x}", Sha256::digest(decode(&made.bytes).unwrap().rgba))[..16].to_owned()
    });
    assert_eq!(sums, ["5438c7577d3dc31e", "23d2ba4423d71e77"]);
}

#[test]
fn what_is_no_picture_is_an_error() {
    let is_unsupported = |bytes: &[u8]| {
        matches!(fit(bytes, 16, 9, Fit::Cover, BOTH), Err(PictureError::Unsupported(_)))
    };
    assert!(is_unsupported(b""));
    assert!(is_unsupported(b"<html>"));
    for format in FORMATS {
        let bytes = encode(photo(200, 160), format);
        assert!(is_unsupported(&bytes[..bytes.len() / 2]), "{format:?}");
        // The ratio is right: even so half a file is not sent on.
        let bytes = encode(photo(320, 180), format);
        assert!(is_unsupported(&bytes[..bytes.len() / 2]), "{format:?}");
    }
}

#[test]
fn mutated_pictures_never_panic() {
    for format in FORMATS {
        let original = encode(photo(40, 30), format);
        let mut state = 0x8765_4321_u32;
        for _ in 0..200 {
            let mut bytes = original.clone();
            for _ in 0..4 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = usize::try_from(state >> 8).unwrap() % bytes.len();
                bytes[at] = state.to_le_bytes()[3];
            }
            let _ = fit(&bytes, 16, 9, Fit::Contain, ALL);
            let _ = fit(&bytes, 4, 3, Fit::AsIs, ALL);
        }
    }
}
