//! Reads what an MP4 says about itself, whoever wrote it, and proves that H.264 decodes.
//!
//! Box layout: ISO/IEC 14496-12; H.264 and HEVC entries: ISO/IEC 14496-15. Every count and size
//! is checked against the bytes that are there; the work is linear in the length of the file, and
//! garbage ends in an [`InspectError`]. It does not check sound, subtitles or later key frames.

mod boxes;
mod codec;
mod fragments;
mod still;
mod table;

use boxes::{Boxes, Reader};
pub use codec::CODEC_SIDE_MAX;
use openh264::decoder::DecodedYUV;

/// Longest film that is believed, in milliseconds (a day).
pub const DURATION_MS_MAX: u64 = 24 * 3_600_000;
/// Largest sample that is decoded, in bytes.
const KEY_FRAME_BYTES_MAX: usize = 16_000_000;

/// Facts about a video file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoInfo {
    /// Width in pixels of the first video track.
    pub width: u32,
    /// Height in pixels of the first video track.
    pub height: u32,
    /// Length in milliseconds.
    pub duration_ms: u64,
    /// Number of frames, if the file lists them.
    pub frames: Option<u32>,
    /// Codec string of RFC 6381, such as `avc1.64001f`.
    pub codec: String,
    /// Whether `moov` comes before the media data, so that playing can start at once.
    pub moov_first: bool,
}

/// Why a file is not accepted as a video.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    /// The file is no MP4 or breaks the format.
    #[error("The video is not a valid MP4 file: {0}.")]
    Malformed(&'static str),
    /// The file is sound but has no video that can be described.
    #[error("The video file has no usable picture track: {0}.")]
    NoVideo(&'static str),
    /// The first key frame does not decode.
    #[error("The first picture of the video cannot be decoded.")]
    Undecodable,
}

/// Bytes that [`may_be_video`] has to see.
pub const START_BYTES: usize = 8;

/// Whether a file that begins like this can be one that [`inspect`] accepts, so that a page in
/// place of a video is told from the first [`START_BYTES`].
#[must_use]
pub fn may_be_video(start: &[u8]) -> bool {
    // Whatever comes first is a box; these are the ones that writers begin a film with.
    matches!(
        start.get(4..START_BYTES),
        Some(
            b"ftyp"
                | b"styp"
                | b"moov"
                | b"moof"
                | b"mdat"
                | b"sidx"
                | b"pdin"
                | b"free"
                | b"skip"
                | b"wide"
                | b"uuid"
        )
    )
}

/// Where the bytes of the first key frame are.
struct KeyFrame {
    offset: u64,
    length: u64,
}

/// What is known of one video track.
#[derive(Default)]
struct Track {
    id: u32,
    handler_is_video: bool,
    timescale: u32,
    media_duration: u64,
    width: u32,
    height: u32,
    entry: Option<codec::Entry>,
    frames: u32,
    table_duration: u64,
    key_frame: Option<KeyFrame>,
}

/// Parses the file strictly and, for H.264, decodes the first key frame.
///
/// # Errors
/// [`InspectError::Malformed`] for a broken file, [`InspectError::NoVideo`] without a picture
/// track that has size, length and codec, [`InspectError::Undecodable`] if the proof fails.
pub fn inspect(mp4: &[u8]) -> Result<VideoInfo, InspectError> {
    examine(mp4, |_| ()).map(|(info, _)| info)
}

/// As [`inspect`], and the first key frame as a JPEG of the picture's size. There is none for
/// codecs that are not decoded here: all but H.264.
///
/// # Errors
/// Those of [`inspect`].
pub fn inspect_with_poster(mp4: &[u8]) -> Result<(VideoInfo, Option<Vec<u8>>), InspectError> {
    examine(mp4, |picture| still::jpeg(picture)).map(|(info, poster)| (info, poster.flatten()))
}

/// Parses the file, and gives the first key frame to `look` if it is H.264.
fn examine<T>(
    mp4: &[u8],
    look: impl Fn(&DecodedYUV<'_>) -> T,
) -> Result<(VideoInfo, Option<T>), InspectError> {
    let mut movie = None;
    let mut moov_first = false;
    let mut media_seen = false;
    let mut fragments = Vec::new();
    let mut recognised = false;
    for found in Boxes::new(mp4) {
        let found = found?;
        match &found.kind {
            b"moov" if movie.is_none() => {
                movie = Some(found.payload);
                moov_first = !media_seen;
            }
            b"mdat" => media_seen = true,
            b"moof" => {
                media_seen = true;
                fragments.push((found.start, found.payload));
            }
            b"ftyp" | b"styp" => recognised = true,
            _ => {}
        }
    }
    let movie = movie.ok_or(InspectError::Malformed("no moov box"))?;
    if !recognised && !media_seen {
        return Err(InspectError::Malformed("neither ftyp nor media data"));
    }
    let (mut track, movie_duration_ms, defaults) = read_movie(movie)?;
    let fragmented = fragments::read(&fragments, &mut track, &defaults)?;
    let entry = track.entry.take().ok_or(InspectError::NoVideo("no sample entry"))?;
    let (width, height) = size(&track, &entry)?;
    let duration_ms = duration(&track, movie_duration_ms, fragmented)?;
    let mut looked = None;
    if let Some(configuration) = &entry.avc {
        let key_frame = track.key_frame.ok_or(InspectError::NoVideo("no pictures"))?;
        looked = Some(codec::decode(configuration, sample(mp4, &key_frame)?, look)?);
    }
    let info = VideoInfo {
        width,
        height,
        duration_ms,
        frames: (track.frames > 0).then_some(track.frames),
        codec: entry.codec,
        moov_first,
    };
    Ok((info, looked))
}

fn size(track: &Track, entry: &codec::Entry) -> Result<(u32, u32), InspectError> {
    // The sample entry holds pixels; the track header may hold a scaled size.
    let (width, height) = if entry.width > 0 && entry.height > 0 {
        (entry.width, entry.height)
    } else {
        (track.width, track.height)
    };
    if width == 0 || height == 0 {
        return Err(InspectError::NoVideo("no size"));
    }
    Ok((width, height))
}

fn duration(track: &Track, movie_ms: u64, fragmented: bool) -> Result<u64, InspectError> {
    let ticks = if track.table_duration > 0 { track.table_duration } else { track.media_duration };
    let own_ms = match u64::from(track.timescale) {
        0 => 0,
        scale => ticks.saturating_mul(1000).saturating_add(scale / 2) / scale,
    };
    let duration_ms = if own_ms > 0 { own_ms } else { movie_ms };
    if duration_ms == 0 && !fragmented {
        return Err(InspectError::NoVideo("no length"));
    }
    if duration_ms > DURATION_MS_MAX {
        return Err(InspectError::Malformed("longer than a day"));
    }
    Ok(duration_ms)
}

fn sample<'a>(mp4: &'a [u8], key_frame: &KeyFrame) -> Result<&'a [u8], InspectError> {
    let outside = InspectError::Malformed("a picture lies outside the file");
    let (Ok(from), Ok(length)) =
        (usize::try_from(key_frame.offset), usize::try_from(key_frame.length))
    else {
        return Err(outside);
    };
    if length == 0 || length > KEY_FRAME_BYTES_MAX {
        return Err(InspectError::Malformed("a picture with an impossible length"));
    }
    from.checked_add(length).and_then(|to| mp4.get(from..to)).ok_or(outside)
}

/// First video track, length of the movie in milliseconds, defaults for fragments.
fn read_movie(movie: &[u8]) -> Result<(Track, u64, fragments::Defaults), InspectError> {
    let mut video = None;
    let mut movie_ms = 0;
    let mut defaults = fragments::Defaults::default();
    for found in Boxes::new(movie) {
        let found = found?;
        match &found.kind {
            b"mvhd" => {
                let (scale, ticks) = header_time(found.payload)?;
                let scale = u64::from(scale).max(1);
                movie_ms = ticks.saturating_mul(1000) / scale;
            }
            b"trak" if video.is_none() => {
                let track = read_track(found.payload)?;
                if track.handler_is_video {
                    video = Some(track);
                }
            }
            b"mvex" => defaults = fragments::read_defaults(found.payload)?,
            _ => {}
        }
    }
    Ok((video.ok_or(InspectError::NoVideo("no video track"))?, movie_ms, defaults))
}

fn read_track(bytes: &[u8]) -> Result<Track, InspectError> {
    let mut track = Track::default();
    for found in Boxes::new(bytes) {
        let found = found?;
        match &found.kind {
            b"tkhd" => {
                let mut reader = Reader::new(found.payload);
                let version = reader.u8()?;
                reader.skip(if version == 1 { 19 } else { 11 })?;
                track.id = reader.u32()?;
                // Reserved, duration, reserved, layer, group, volume, reserved, matrix.
                reader.skip(if version == 1 { 64 } else { 60 })?;
                track.width = reader.u32()? >> 16;
                track.height = reader.u32()? >> 16;
            }
            b"mdia" => read_media(found.payload, &mut track)?,
            _ => {}
        }
    }
    Ok(track)
}

fn read_media(bytes: &[u8], track: &mut Track) -> Result<(), InspectError> {
    let mut information = None;
    for found in Boxes::new(bytes) {
        let found = found?;
        match &found.kind {
            b"mdhd" => (track.timescale, track.media_duration) = header_time(found.payload)?,
            b"hdlr" => {
                let mut reader = Reader::new(found.payload);
                reader.skip(8)?;
                track.handler_is_video = reader.u32()?.to_be_bytes() == *b"vide";
            }
            b"minf" => information = Some(found.payload),
            _ => {}
        }
    }
    if let (true, Some(information)) = (track.handler_is_video, information) {
        for found in Boxes::new(information) {
            let found = found?;
            if found.kind == *b"stbl" {
                table::read(found.payload, track)?;
            }
        }
    }
    Ok(())
}

/// Timescale and duration of `mvhd` and `mdhd`; an unknown duration (all ones) is 0.
fn header_time(bytes: &[u8]) -> Result<(u32, u64), InspectError> {
    let mut reader = Reader::new(bytes);
    if reader.u8()? == 1 {
        reader.skip(19)?;
        let scale = reader.u32()?;
        let ticks = reader.u64()?;
        Ok((scale, if ticks == u64::MAX { 0 } else { ticks }))
    } else {
        reader.skip(11)?;
        let scale = reader.u32()?;
        let ticks = reader.u32()?;
        Ok((scale, if ticks == u32::MAX { 0 } else { u64::from(ticks) }))
    }
}
