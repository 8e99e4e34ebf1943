//! Whether a file holds nothing beside its pixels.
//!
//! The parts that are known to be pixels, or numbers on how to show them, are listed; whatever is
//! not on the list counts as something beside: EXIF, XMP, IPTC, text, comments, colour profiles
//! (they hold texts), thumbnails, further frames, and bytes behind the end. A file that cannot be
//! walked to its end is not plain either.

use super::PictureFormat;
use super::chunks::{PNG_CHUNKS_MAX, big_endian, little_endian_32};
use super::jpeg::{SEGMENTS_MAX, next_marker, word};

/// Blocks of one GIF or chunks of one WebP that are looked at; a still has five at most.
const BLOCKS_MAX: usize = 16;
/// Bytes of a JFIF segment without a thumbnail, and of Adobe's that tells the colours, without
/// their lengths.
const JFIF_BYTES: usize = 14;
const ADOBE_BYTES: usize = 12;

/// Whether the file holds nothing but one picture.
pub(crate) fn is_plain(format: PictureFormat, bytes: &[u8]) -> bool {
    let is_plain = match format {
        PictureFormat::Png => png(bytes),
        PictureFormat::Jpeg => jpeg(bytes),
        PictureFormat::Webp => webp(bytes),
        PictureFormat::Gif => gif(bytes),
    };
    is_plain.unwrap_or(false)
}

/// `None` if the file ends too soon.
fn png(bytes: &[u8]) -> Option<bool> {
    let mut at: usize = 8;
    for _ in 0..PNG_CHUNKS_MAX {
        let length = usize::try_from(big_endian(bytes, at)?).ok()?;
        let kind = bytes.get(at.checked_add(4)?..at.checked_add(8)?)?;
        at = at.checked_add(12)?.checked_add(length)?;
        match kind {
            b"IEND" => return Some(at == bytes.len()),
            b"IHDR" | b"PLTE" | b"IDAT" | b"tRNS" | b"cHRM" | b"gAMA" | b"sRGB" | b"sBIT"
            | b"bKGD" | b"hIST" | b"pHYs" | b"cICP" | b"mDCV" | b"cLLI" => {}
            _ => return Some(false),
        }
    }
    None
}

/// `None` if the file ends too soon.
fn jpeg(bytes: &[u8]) -> Option<bool> {
    let mut at = 2;
    for _ in 0..SEGMENTS_MAX {
        let marker = next_marker(bytes, &mut at)?;
        if marker == 0xd9 {
            return Some(at == bytes.len());
        }
        let length = usize::try_from(word(bytes, at)?).ok()?;
        let payload = bytes.get(at.checked_add(2)?..at.checked_add(length)?)?;
        let is_known = match marker {
            0xe0 => payload.starts_with(b"JFIF\0") && payload.len() == JFIF_BYTES,
            0xee => payload.starts_with(b"Adobe") && payload.len() == ADOBE_BYTES,
            // Tables, restart interval, frame and scan headers.
            0xdb | 0xdd | 0xda => true,
            0xc0..=0xcf => marker != 0xc8,
            _ => false,
        };
        at += length;
        // Only a scan is followed by anything but the next marker.
        if !is_known || (marker != 0xda && bytes.get(at) != Some(&0xff)) {
            return Some(false);
        }
    }
    None
}

/// `None` if the file ends too soon.
fn webp(bytes: &[u8]) -> Option<bool> {
    let announced = usize::try_from(little_endian_32(bytes, 4)?).ok()?;
    if announced.checked_add(8)? != bytes.len() {
        return Some(false);
    }
    let mut at: usize = 12;
    for _ in 0..BLOCKS_MAX {
        if at == bytes.len() {
            return Some(true);
        }
        let length = usize::try_from(little_endian_32(bytes, at.checked_add(4)?)?).ok()?;
        if !matches!(bytes.get(at..at + 4)?, b"VP8 " | b"VP8L" | b"VP8X" | b"ALPH") {
            return Some(false);
        }
        at = at.checked_add(8)?.checked_add(length)?.checked_add(length % 2)?;
        if at > bytes.len() {
            return None;
        }
    }
    None
}

/// `None` if the file ends too soon.
fn gif(bytes: &[u8]) -> Option<bool> {
    let mut at = 13 + colour_table_bytes(*bytes.get(10)?);
    let mut frames = 0;
    for _ in 0..BLOCKS_MAX {
        match *bytes.get(at)? {
            // How to show the next frame; comments, texts and applications' own are the others.
            0x21 if bytes.get(at + 1) == Some(&0xf9) => at += 2,
            0x2c => {
                frames += 1;
                // The frame's place, its colours, and the code size before the data.
                at += 11 + colour_table_bytes(*bytes.get(at + 9)?);
            }
            0x3b => return Some(frames == 1 && at + 1 == bytes.len()),
            _ => return Some(false),
        }
        while let length @ 1.. = *bytes.get(at)? {
            at += 1 + usize::from(length);
        }
        at += 1;
    }
    None
}

/// Bytes of a GIF's colour table by the flags before it (`GIF89a` sections 18 and 20).
fn colour_table_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}
