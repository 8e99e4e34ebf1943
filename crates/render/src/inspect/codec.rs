//! Sample entries, codec strings, and the proof that an H.264 key frame decodes.

use std::fmt::Write as _;

use openh264::decoder::{DecodedYUV, Decoder};

use super::InspectError;
use super::boxes::{Boxes, Reader};

/// Longest side in pixels that is handed to the decoder.
pub const CODEC_SIDE_MAX: u32 = 4096;
/// Bytes of parameter sets that are believed.
const PARAMETER_SETS_BYTES_MAX: usize = 65_536;

/// A video sample entry.
pub(super) struct Entry {
    pub width: u32,
    pub height: u32,
    pub codec: String,
    pub avc: Option<AvcConfiguration>,
}

/// What `avcC` holds.
pub(super) struct AvcConfiguration {
    length_bytes: usize,
    /// Parameter sets with start codes.
    annex_b: Vec<u8>,
    side_max: u32,
}

/// Reads the first entry of `stsd`.
pub(super) fn read_description(bytes: &[u8]) -> Result<Option<Entry>, InspectError> {
    let mut reader = Reader::new(bytes);
    reader.skip(4)?;
    let count = reader.u32()?;
    let Some(found) = Boxes::new(reader.rest()).next() else { return Ok(None) };
    if count == 0 {
        return Ok(None);
    }
    let found = found?;
    let mut fields = Reader::new(found.payload);
    // Reserved, data reference, predefined; then the size, resolution, name, depth.
    fields.skip(24)?;
    let width = u32::from(fields.u16()?);
    let height = u32::from(fields.u16()?);
    fields.skip(50)?;
    let mut entry = Entry { width, height, codec: letters(found.kind), avc: None };
    for inner in Boxes::new(fields.rest()) {
        let inner = inner?;
        match &inner.kind {
            b"avcC" if matches!(&found.kind, b"avc1" | b"avc3") => {
                read_avc(inner.payload, &mut entry)?;
            }
            b"hvcC" => entry.codec = hevc(found.kind, inner.payload)?,
            b"av1C" => entry.codec = av1(inner.payload)?,
            b"vpcC" => entry.codec = vp9(found.kind, inner.payload)?,
            _ => {}
        }
    }
    if matches!(&found.kind, b"avc1") && entry.avc.is_none() {
        return Err(InspectError::Malformed("avc1 without avcC"));
    }
    Ok(Some(entry))
}

fn letters(kind: [u8; 4]) -> String {
    kind.iter().map(|&byte| if byte.is_ascii_graphic() { char::from(byte) } else { '?' }).collect()
}

fn read_avc(bytes: &[u8], entry: &mut Entry) -> Result<(), InspectError> {
    let mut reader = Reader::new(bytes);
    if reader.u8()? != 1 {
        return Err(InspectError::Malformed("unknown avcC version"));
    }
    let (profile, compatibility, level) = (reader.u8()?, reader.u8()?, reader.u8()?);
    entry.codec = format!("{}.{profile:02x}{compatibility:02x}{level:02x}", entry.codec);
    let length_bytes = usize::from(reader.u8()? & 3) + 1;
    let mut annex_b = Vec::new();
    for mask in [0x1f, 0xff] {
        for _ in 0..(reader.u8()? & mask) {
            let length = usize::from(reader.u16()?);
            annex_b.extend_from_slice(&[0, 0, 0, 1]);
            annex_b.extend_from_slice(reader.take(length)?);
        }
    }
    if annex_b.len() > PARAMETER_SETS_BYTES_MAX {
        return Err(InspectError::Malformed("parameter sets are too long"));
    }
    let side_max = entry.width.max(entry.height);
    entry.avc = Some(AvcConfiguration { length_bytes, annex_b, side_max });
    Ok(())
}

/// ISO/IEC 14496-15 annex E.3: profile, compatibility, tier and level.
fn hevc(kind: [u8; 4], bytes: &[u8]) -> Result<String, InspectError> {
    let mut reader = Reader::new(bytes);
    reader.skip(1)?;
    let profile = reader.u8()?;
    let compatibility = reader.u32()?.reverse_bits();
    let constraints = reader.take(6)?;
    let level = reader.u8()?;
    let space = ["", "A", "B", "C"][usize::from(profile >> 6)];
    let tier = if profile & 0x20 != 0 { 'H' } else { 'L' };
    let kind = letters(kind);
    let mut codec = format!("{kind}.{space}{}.{compatibility:X}.{tier}{level}", profile & 0x1f);
    let used = constraints.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    for byte in constraints.iter().take(used) {
        // Writing to a string cannot fail.
        let _ = write!(codec, ".{byte:X}");
    }
    Ok(codec)
}

/// AV1 codec ISO media file format binding, section 5.
fn av1(bytes: &[u8]) -> Result<String, InspectError> {
    let mut reader = Reader::new(bytes);
    reader.skip(1)?;
    let first = reader.u8()?;
    let second = reader.u8()?;
    let tier = if second & 0x80 != 0 { 'H' } else { 'M' };
    let depth = match second & 0x60 {
        0x60 => 12,
        0x40 => 10,
        _ => 8,
    };
    Ok(format!("av01.{}.{:02}{tier}.{depth:02}", first >> 5, first & 0x1f))
}

fn vp9(kind: [u8; 4], bytes: &[u8]) -> Result<String, InspectError> {
    let mut reader = Reader::new(bytes);
    reader.skip(4)?;
    let (profile, level, depth) = (reader.u8()?, reader.u8()?, reader.u8()? >> 4);
    Ok(format!("{}.{profile:02}.{level:02}.{depth:02}", letters(kind)))
}

/// Decodes one length-prefixed sample with the decoder that the renderer's tests also use, and
/// gives the picture to `look`.
pub(super) fn decode<T>(
    configuration: &AvcConfiguration,
    sample: &[u8],
    look: impl Fn(&DecodedYUV<'_>) -> T,
) -> Result<T, InspectError> {
    if configuration.side_max > CODEC_SIDE_MAX {
        return Err(InspectError::Malformed("the picture is too large"));
    }
    let mut stream = configuration.annex_b.clone();
    let mut rest = sample;
    while !rest.is_empty() {
        let mut reader = Reader::new(rest);
        let mut length = 0_usize;
        for _ in 0..configuration.length_bytes {
            length = length << 8 | usize::from(reader.u8()?);
        }
        let unit = reader.take(length)?;
        stream.extend_from_slice(&[0, 0, 0, 1]);
        stream.extend_from_slice(unit);
        rest = reader.rest();
    }
    let mut decoder = Decoder::new().map_err(|_| InspectError::Undecodable)?;
    if let Ok(Some(picture)) = decoder.decode(&stream) {
        return Ok(look(&picture));
    }
    // A stream with reordering gives its first picture only when it is flushed.
    let pictures = decoder.flush_remaining().map_err(|_| InspectError::Undecodable)?;
    pictures.first().map(look).ok_or(InspectError::Undecodable)
}
