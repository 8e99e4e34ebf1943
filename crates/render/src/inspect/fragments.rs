//! Movie fragments: frame count, length and first key frame from `moof` boxes.

use super::boxes::{Boxes, Reader};
use super::{InspectError, KeyFrame, Track};

/// `trex` defaults of one track.
#[derive(Default, Clone, Copy)]
struct TrackDefault {
    track: u32,
    duration: u32,
    size: u32,
}

/// What `mvex` says.
#[derive(Default)]
pub(super) struct Defaults {
    tracks: Vec<TrackDefault>,
}

/// Tracks whose defaults are kept.
const TRACKS_MAX: usize = 64;

/// Reads `mvex`.
pub(super) fn read_defaults(bytes: &[u8]) -> Result<Defaults, InspectError> {
    let mut defaults = Defaults::default();
    for found in Boxes::new(bytes) {
        let found = found?;
        if found.kind == *b"trex" && defaults.tracks.len() < TRACKS_MAX {
            let mut reader = Reader::new(found.payload);
            reader.skip(4)?;
            let track = reader.u32()?;
            reader.skip(4)?;
            let (duration, size) = (reader.u32()?, reader.u32()?);
            defaults.tracks.push(TrackDefault { track, duration, size });
        }
    }
    Ok(defaults)
}

/// Adds what the fragments hold to `track`; says whether there were any for it.
pub(super) fn read(
    fragments: &[(usize, &[u8])],
    track: &mut Track,
    defaults: &Defaults,
) -> Result<bool, InspectError> {
    let default = defaults.tracks.iter().find(|default| default.track == track.id);
    let default = default.copied().unwrap_or_default();
    let mut any = false;
    for (start, payload) in fragments {
        for found in Boxes::new(payload) {
            let found = found?;
            if found.kind == *b"traf" {
                any |= read_track_fragment(found.payload, *start, track, default)?;
            }
        }
    }
    Ok(any)
}

fn read_track_fragment(
    bytes: &[u8],
    start: usize,
    track: &mut Track,
    mut default: TrackDefault,
) -> Result<bool, InspectError> {
    let mut base = start as u64;
    let mut ours = false;
    for found in Boxes::new(bytes) {
        let found = found?;
        match &found.kind {
            b"tfhd" => {
                let mut reader = Reader::new(found.payload);
                let flags = reader.u32()? & 0x00ff_ffff;
                ours = reader.u32()? == track.id;
                if flags & 1 != 0 {
                    base = reader.u64()?;
                }
                reader.skip(if flags & 2 != 0 { 4 } else { 0 })?;
                if flags & 8 != 0 {
                    default.duration = reader.u32()?;
                }
                if flags & 0x10 != 0 {
                    default.size = reader.u32()?;
                }
            }
            b"trun" if ours => read_run(found.payload, base, track, default)?,
            _ => {}
        }
    }
    Ok(ours)
}

fn read_run(
    bytes: &[u8],
    base: u64,
    track: &mut Track,
    default: TrackDefault,
) -> Result<(), InspectError> {
    let mut reader = Reader::new(bytes);
    let flags = reader.u32()? & 0x00ff_ffff;
    let count = reader.u32()?;
    let mut offset = base;
    if flags & 1 != 0 {
        // A signed offset from the base.
        let moved = i64::from(i32::from_be_bytes(reader.u32()?.to_be_bytes()));
        offset = base.saturating_add_signed(moved);
    }
    reader.skip(if flags & 4 != 0 { 4 } else { 0 })?;
    let fields = (flags >> 8 & 0xf).count_ones();
    if fields == 0 {
        // Nothing is listed for each frame, so that the count alone must not cost time.
        track.frames = track.frames.saturating_add(count);
        let ticks = u64::from(count) * u64::from(default.duration);
        track.table_duration = track.table_duration.saturating_add(ticks);
        if track.key_frame.is_none() && count > 0 {
            track.key_frame = Some(KeyFrame { offset, length: u64::from(default.size) });
        }
        return Ok(());
    }
    for _ in 0..count {
        let duration = if flags & 0x100 != 0 { reader.u32()? } else { default.duration };
        let size = if flags & 0x200 != 0 { reader.u32()? } else { default.size };
        reader.skip(if flags & 0x400 != 0 { 4 } else { 0 })?;
        reader.skip(if flags & 0x800 != 0 { 4 } else { 0 })?;
        track.frames = track.frames.saturating_add(1);
        track.table_duration = track.table_duration.saturating_add(u64::from(duration));
        // The first frame of a film is a key frame.
        if track.key_frame.is_none() {
            track.key_frame = Some(KeyFrame { offset, length: u64::from(size) });
        }
        offset = offset.saturating_add(u64::from(size));
    }
    Ok(())
}
