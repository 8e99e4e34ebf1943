//! Pictures and requests made in code, so that no binary file is committed.

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Frame, ImageBuffer, ImageFormat, Rgba, RgbaImage};
use openh264::decoder::Decoder;
use openh264::formats::YUVSource;
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

/// Frames of 16 × 16, the first red, all others blue.
pub(crate) fn animated_gif(frames: u32) -> Vec<u8> {
    let mut gif = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut gif, 30);
    for number in 0..frames {
        let colour = if number == 0 { Rgba([250, 10, 10, 255]) } else { Rgba([10, 10, 250, 255]) };
        encoder.encode_frame(Frame::new(ImageBuffer::from_pixel(16, 16, colour))).unwrap();
    }
    drop(encoder);
    gif
}

/// An APNG whose default image is `still` and whose other frames are nonsense.
pub(crate) fn animated_png(still: &[u8], frames: u32) -> Vec<u8> {
    let mut animated = still[..33].to_vec();
    animated.extend(png_chunk(*b"acTL", &[0, 0, 0x27, 0x10, 0, 0, 0, 0]));
    animated.extend(&still[33..still.len() - 12]);
    for number in 0..frames {
        animated.extend(png_chunk(*b"fdAT", &number.to_be_bytes()));
    }
    animated.extend(png_chunk(*b"IEND", b""));
    animated
}

/// Frames of 32 × 32 pixels, each like [`corners`].
pub(crate) fn animated_webp(frames: u32) -> Vec<u8> {
    let still = encode(corners(32, 32), ImageFormat::WebP);
    let chunk = |kind: &[u8], data: &[u8]| {
        let length = u32::try_from(data.len()).unwrap().to_le_bytes();
        let padding = vec![0; data.len() % 2];
        [kind, &length[..], data, &padding].concat()
    };
    // Offset 0,0, size 32 × 32 less one, 100 ms, no flags.
    let header = [0, 0, 0, 0, 0, 0, 31, 0, 0, 31, 0, 0, 100, 0, 0, 0];
    let mut body = b"WEBP".to_vec();
    body.extend(chunk(b"VP8X", &[0x12, 0, 0, 0, 31, 0, 0, 31, 0, 0]));
    body.extend(chunk(b"ANIM", &[0, 0, 0, 0, 0, 0]));
    for _ in 0..frames {
        body.extend(chunk(b"ANMF", &[&header[..], &still[12..]].concat()));
    }
    let mut file = b"RIFF".to_vec();
    file.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    file.extend(body);
    file
}

/// An 8 × 8 baseline JPEG with four flat components, as printers make them: one-entry Huffman tables,
/// every value 128.
pub(crate) fn cmyk_jpeg() -> Vec<u8> {
    let mut jpeg = vec![0xff, 0xd8];
    // Adobe segment, transform 0: CMYK as it is.
    jpeg.extend([0xff, 0xee, 0, 14]);
    jpeg.extend(b"Adobe\0\x64\0\0\0\0\0");
    jpeg.extend([0xff, 0xdb, 0, 67, 0]);
    jpeg.extend([1; 64]);
    jpeg.extend([0xff, 0xc0, 0, 20, 8, 0, 8, 0, 8, 4]);
    for component in 1..=4 {
        jpeg.extend([component, 0x11, 0]);
    }
    for class in [0x00, 0x10] {
        // One code of one bit for the value 0: no difference, end of block.
        jpeg.extend([0xff, 0xc4, 0, 20, class, 1]);
        jpeg.extend([0; 15]);
        jpeg.push(0);
    }
    jpeg.extend([0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
    // Eight zero bits: a difference and an end of block for each component.
    jpeg.extend([0x00, 0xff, 0xd9]);
    jpeg
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

/// Decodes the samples of one of our files: width, height and brightness of all frames.
pub(crate) fn decode_film(mp4: &[u8]) -> Vec<(usize, usize, Vec<u8>)> {
    let find = |kind: &[u8; 4]| mp4.windows(4).position(|four| four == kind).unwrap() + 4;
    let word = |at: usize| {
        usize::try_from(u32::from_be_bytes(mp4[at..at + 4].try_into().unwrap())).unwrap()
    };
    let short = |at: usize| usize::from(u16::from_be_bytes([mp4[at], mp4[at + 1]]));
    let avcc = find(b"avcC");
    let sequence = &mp4[avcc + 8..][..short(avcc + 6)];
    let after = avcc + 8 + sequence.len();
    let picture = &mp4[after + 3..][..short(after + 1)];
    let mut decoder = Decoder::new().unwrap();
    let mut stream = [&[0, 0, 0, 1], sequence, &[0, 0, 0, 1], picture].concat();
    let (sizes, mut at) = (find(b"stsz"), word(find(b"stco") + 8));
    let mut frames = Vec::new();
    for number in 0..word(sizes + 8) {
        let end = at + word(sizes + 12 + number * 4);
        while at < end {
            let length = word(at);
            stream.extend([0, 0, 0, 1]);
            stream.extend(&mp4[at + 4..at + 4 + length]);
            at += 4 + length;
        }
        if let Some(decoded) = decoder.decode(&stream).unwrap() {
            let (width, height) = decoded.dimensions();
            let stride = decoded.strides().0;
            let rows = decoded.y().chunks(stride).take(height);
            frames.push((width, height, rows.flat_map(|row| &row[..width]).copied().collect()));
        }
        stream.clear();
    }
    assert_eq!(at, mp4.len(), "the samples end where the file ends");
    frames
}
