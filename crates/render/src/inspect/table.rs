//! The sample table of an unfragmented file: frame count, length, first key frame.

use super::boxes::{Boxes, Reader};
use super::{InspectError, KeyFrame, Track, codec};

/// Frames that are believed: a day at 120 a second.
const FRAMES_MAX: u32 = 24 * 3600 * 120;

#[derive(Default)]
struct Table<'a> {
    sizes: Option<&'a [u8]>,
    key_frames: Option<&'a [u8]>,
    chunks: Option<&'a [u8]>,
    offsets: Option<(&'a [u8], bool)>,
}

/// Reads `stbl` into `track`.
pub(super) fn read(bytes: &[u8], track: &mut Track) -> Result<(), InspectError> {
    let mut table = Table::default();
    for found in Boxes::new(bytes) {
        let found = found?;
        match &found.kind {
            b"stsd" => track.entry = codec::read_description(found.payload)?,
            b"stts" => track.table_duration = total_duration(found.payload)?,
            b"stsz" => table.sizes = Some(found.payload),
            b"stss" => table.key_frames = Some(found.payload),
            b"stsc" => table.chunks = Some(found.payload),
            b"stco" => table.offsets = Some((found.payload, false)),
            b"co64" => table.offsets = Some((found.payload, true)),
            _ => {}
        }
    }
    let Some(sizes) = table.sizes else { return Ok(()) };
    let mut reader = Reader::new(sizes);
    reader.skip(8)?;
    track.frames = reader.u32()?;
    if track.frames > FRAMES_MAX {
        return Err(InspectError::Malformed("too many frames"));
    }
    if track.frames > 0 {
        track.key_frame = Some(locate(&table, first_key(&table)?)?);
    }
    Ok(())
}

/// Sum over `stts`: runs of (count, ticks).
fn total_duration(bytes: &[u8]) -> Result<u64, InspectError> {
    let mut reader = Reader::new(bytes);
    reader.skip(4)?;
    let mut total = 0_u64;
    for _ in 0..reader.u32()? {
        let count = u64::from(reader.u32()?);
        total = total.saturating_add(count * u64::from(reader.u32()?));
    }
    Ok(total)
}

/// Number of the first key frame, from 1; without `stss` every frame is one.
fn first_key(table: &Table<'_>) -> Result<u32, InspectError> {
    let Some(bytes) = table.key_frames else { return Ok(1) };
    let mut reader = Reader::new(bytes);
    reader.skip(4)?;
    if reader.u32()? == 0 {
        return Ok(1);
    }
    match reader.u32()? {
        0 => Err(InspectError::Malformed("key frame number 0")),
        number => Ok(number),
    }
}

/// Finds the bytes of frame `number` through chunks and sizes.
fn locate(table: &Table<'_>, number: u32) -> Result<KeyFrame, InspectError> {
    let missing = InspectError::Malformed("the sample table is incomplete");
    let (Some(chunks), Some((offsets, wide))) = (table.chunks, table.offsets) else {
        return Err(missing);
    };
    let mut runs = Reader::new(chunks);
    runs.skip(4)?;
    let mut runs_left = runs.u32()?;
    if runs_left == 0 {
        return Err(missing);
    }
    let (mut chunk, mut per_chunk) = (runs.u32()?, runs.u32()?);
    runs.skip(4)?;
    runs_left -= 1;
    let mut first = 1_u64;
    loop {
        if per_chunk == 0 || chunk == 0 {
            return Err(InspectError::Malformed("an empty chunk"));
        }
        let next = if runs_left > 0 { Some((runs.u32()?, runs.u32()?)) } else { None };
        let chunks_in_run =
            next.map_or(u64::from(u32::MAX), |(next, _)| u64::from(next.saturating_sub(chunk)));
        let steps = (u64::from(number).saturating_sub(first)) / u64::from(per_chunk);
        if steps < chunks_in_run {
            first += steps * u64::from(per_chunk);
            let offset = chunk_offset(offsets, wide, u64::from(chunk) + steps)?;
            return in_chunk(table, offset, first, u64::from(number));
        }
        first += chunks_in_run * u64::from(per_chunk);
        let Some(following) = next else { return Err(missing) };
        (chunk, per_chunk) = following;
        runs.skip(4)?;
        runs_left -= 1;
    }
}

fn chunk_offset(offsets: &[u8], wide: bool, chunk: u64) -> Result<u64, InspectError> {
    let mut reader = Reader::new(offsets);
    reader.skip(4)?;
    let index = chunk.saturating_sub(1);
    if index >= u64::from(reader.u32()?) {
        return Err(InspectError::Malformed("a chunk that is not listed"));
    }
    let width = if wide { 8 } else { 4 };
    let skip = usize::try_from(index * width)
        .map_err(|_| InspectError::Malformed("a chunk that is not listed"))?;
    reader.skip(skip)?;
    if wide { reader.u64() } else { reader.u32().map(u64::from) }
}

/// Adds the sizes of the frames before `number` in its chunk.
fn in_chunk(
    table: &Table<'_>,
    mut offset: u64,
    first: u64,
    number: u64,
) -> Result<KeyFrame, InspectError> {
    let mut reader = Reader::new(table.sizes.unwrap_or_default());
    reader.skip(4)?;
    let same = reader.u32()?;
    let count = u64::from(reader.u32()?);
    if number > count {
        return Err(InspectError::Malformed("a frame that is not listed"));
    }
    if same > 0 {
        let before = (number - first).saturating_mul(u64::from(same));
        return Ok(KeyFrame { offset: offset.saturating_add(before), length: u64::from(same) });
    }
    reader.skip(usize::try_from((first - 1) * 4).unwrap_or(usize::MAX))?;
    for _ in first..number {
        offset = offset.saturating_add(u64::from(reader.u32()?));
    }
    Ok(KeyFrame { offset, length: u64::from(reader.u32()?) })
}
