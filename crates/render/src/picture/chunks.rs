//! Sizes of PNG, WebP and GIF from their headers, and PNG reduced to what a still needs.

/// Chunks of one PNG that are looked at; a photo has a few hundred.
pub(super) const PNG_CHUNKS_MAX: usize = 100_000;

pub(super) fn big_endian(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn little_endian_16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?)))
}

fn little_endian_24(bytes: &[u8], at: usize) -> Option<u32> {
    Some(little_endian_16(bytes, at)? | u32::from(*bytes.get(at + 2)?) << 16)
}

pub(super) fn little_endian_32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// Size from `IHDR`, the first chunk by rule (W3C PNG section 5.6).
pub(super) fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    if big_endian(bytes, 8)? != 13 || bytes.get(12..16)? != b"IHDR" {
        return None;
    }
    Some((big_endian(bytes, 16)?, big_endian(bytes, 20)?))
}

/// Size of the logical screen (`GIF89a` section 18).
pub(super) fn gif_size(bytes: &[u8]) -> Option<(u32, u32)> {
    Some((little_endian_16(bytes, 6)?, little_endian_16(bytes, 8)?))
}

/// Size from the first chunk: `VP8 `, `VP8L` or `VP8X` (RFC 9649 section 2).
pub(super) fn webp_size(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8 " => {
            // RFC 6386 section 9.1: a key frame, its start code, then two 14-bit sizes.
            if bytes.get(20)? & 1 != 0 || bytes.get(23..26)? != [0x9d, 0x01, 0x2a] {
                return None;
            }
            Some((little_endian_16(bytes, 26)? & 0x3fff, little_endian_16(bytes, 28)? & 0x3fff))
        }
        b"VP8L" => {
            if *bytes.get(20)? != 0x2f {
                return None;
            }
            let bits = little_endian_16(bytes, 21)? | little_endian_16(bytes, 23)? << 16;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => Some((little_endian_24(bytes, 24)? + 1, little_endian_24(bytes, 27)? + 1)),
        _ => None,
    }
}

/// The same PNG with only the chunks that a still and its rotation need.
///
/// Compressed text and profiles, which may unfold to gigabytes, and the frames of an animation
/// never reach the decoder. `None` if the file ends before `IEND`.
pub(super) fn png_still(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut still = Vec::with_capacity(bytes.len());
    still.extend_from_slice(bytes.get(..8)?);
    let mut at: usize = 8;
    for _ in 0..PNG_CHUNKS_MAX {
        let length = usize::try_from(big_endian(bytes, at)?).ok()?;
        let chunk = bytes.get(at..at.checked_add(12)?.checked_add(length)?)?;
        let kind = chunk.get(4..8)?;
        if matches!(kind, b"IHDR" | b"PLTE" | b"IDAT" | b"IEND" | b"tRNS" | b"eXIf") {
            still.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Some(still);
        }
        at += chunk.len();
    }
    None
}
