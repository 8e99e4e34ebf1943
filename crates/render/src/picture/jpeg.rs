//! A walk over the markers of a JPEG, so that size and work are known before it is decoded.

use std::ops::Range;

use super::PictureError;

/// Pixels times scans that one picture may take: the ten scans of a usual progressive JPEG at 40
/// megapixels and some more. Each scan goes over all coefficients again.
const SCAN_PIXELS_MAX: u64 = 480_000_000;
/// Scans of one picture; encoders write about ten.
const SCANS_MAX: u64 = 64;
/// Segments before we give up; a photo has a few dozen.
pub(super) const SEGMENTS_MAX: usize = 10_000;

/// What the markers tell.
pub(super) struct Survey {
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Scans of coefficient data.
    pub scans: u64,
    /// Whether an end-of-image marker closes the data.
    pub complete: bool,
    /// Where the first EXIF block's TIFF data lies, if it stands before the picture.
    pub exif: Option<Range<usize>>,
}

/// Walks the segments (ISO/IEC 10918-1 annex B). `None` without a valid frame header.
pub(super) fn survey(bytes: &[u8]) -> Option<Survey> {
    let (mut found, mut exif): (Option<Survey>, Option<Range<usize>>) = (None, None);
    let mut at = 2;
    for _ in 0..SEGMENTS_MAX {
        let Some(marker) = next_marker(bytes, &mut at) else { break };
        match marker {
            0xd9 => {
                if let Some(survey) = &mut found {
                    survey.complete = true;
                }
                break;
            }
            // Restart markers, start of image and TEM stand alone.
            0xd0..=0xd8 | 0x01 => continue,
            _ => {}
        }
        let Some(length) = word(bytes, at) else { break };
        if length < 2 {
            break;
        }
        let end = at + usize::try_from(length).ok()?;
        match marker {
            // Of several EXIF blocks the first counts: cameras write one, and what follows it is not theirs.
            0xe1 if exif.is_none() => {
                let text = bytes.get(at + 2..end).unwrap_or_default();
                exif = text.starts_with(b"Exif\0\0").then_some(at + 8..end);
            }
            // Frame headers; C4, C8 and CC are tables and reserved.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) && found.is_none() => {
                let height = word(bytes, at + 3)?;
                let width = word(bytes, at + 5)?;
                let exif = exif.take();
                found = Some(Survey { size: (width, height), scans: 0, complete: false, exif });
            }
            0xda => {
                if let Some(survey) = &mut found {
                    survey.scans += 1;
                }
            }
            _ => {}
        }
        at = end;
    }
    found
}

/// Refuses a picture that is cut off or that would keep a core busy for long; gives the EXIF data of others.
pub(super) fn check_work(
    bytes: &[u8],
    width: u32,
    height: u32,
) -> Result<Option<&[u8]>, PictureError> {
    let survey = survey(bytes).filter(|survey| survey.complete && survey.scans > 0);
    let Some(survey) = survey else {
        return Err(PictureError::Unsupported(
            "The JPEG picture is cut off or damaged.".to_owned(),
        ));
    };
    let pixels = u64::from(width) * u64::from(height);
    if survey.scans > SCANS_MAX || pixels.saturating_mul(survey.scans) > SCAN_PIXELS_MAX {
        return Err(PictureError::Unsupported(format!(
            "The JPEG picture has {} scans, which is too many.",
            survey.scans
        )));
    }
    Ok(survey.exif.and_then(|place| bytes.get(place)))
}

pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?])))
}

/// Moves past the next marker and gives its code; entropy-coded data in between is skipped.
pub(super) fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        let rest = bytes.get(*at..)?;
        let skip = rest.iter().position(|&byte| byte == 0xff)?;
        *at += skip + 1;
        let code = *bytes.get(*at)?;
        // FF 00 is a stuffed data byte, FF FF is fill, and restarts are part of the data.
        if code == 0xff {
            continue;
        }
        *at += 1;
        if code != 0 && !(0xd0..=0xd7).contains(&code) {
            return Some(code);
        }
    }
}
