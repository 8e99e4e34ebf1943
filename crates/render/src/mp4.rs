//! An MP4 file (ISO/IEC 14496-12 and -15) with one H.264 track and `moov` before `mdat`.
//!
//! It guarantees an exact duration (every frame lasts 512 ticks of 1/12288 s), `avcC` copied from
//! the parameter sets that were produced, and metadata which says that this is a preview. It
//! writes no clock: creation times are zero, so that the same film gives the same bytes.

use crate::encode::{EncodeError, ParameterSets, Sample};

/// What the file says about itself.
pub(crate) const ENCODER_NAME: &str = "Rushes preview renderer – not an AI model";
/// The longer comment in the file.
const COMMENT: &str =
    "Preview drawn by a procedural renderer from the prompt and pictures; no AI model was used.";
/// Ticks of one second.
const TIMESCALE: u32 = 12_288;
/// Ticks of one frame: 1/24 s.
const FRAME_TICKS: u32 = 512;
/// Unity transformation matrix, ISO/IEC 14496-12 section 6.2.2.
const MATRIX: [u32; 9] = [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000];

/// Everything the file needs; samples are in presentation order, which is decoding order.
pub(crate) struct Track {
    /// Display width in pixels.
    pub width: u32,
    /// Display height in pixels.
    pub height: u32,
    /// Parameter sets that all samples share.
    pub parameter_sets: ParameterSets,
    /// The frames.
    pub samples: Vec<Sample>,
}

/// Writes the file.
pub(crate) fn write(track: Track) -> Result<Vec<u8>, EncodeError> {
    let payload: usize = track.samples.iter().map(|sample| sample.bytes.len()).sum();
    let file_type = boxed(*b"ftyp", &[b"isom", &512_u32.to_be_bytes()[..], b"isomiso2avc1mp41"]);
    // The length of `moov` does not depend on the offset in it, so that it is built twice.
    let length = file_type.len() + movie(&track, 0)?.len() + 8;
    let offset = u32::try_from(length).map_err(|_| EncodeError::Output("header too long"))?;
    let movie = movie(&track, offset)?;
    let payload_box = u32::try_from(payload + 8)
        .map_err(|_| EncodeError::Output("film longer than four gigabytes"))?;
    let mut file = Vec::with_capacity(length + payload);
    file.extend_from_slice(&file_type);
    file.extend_from_slice(&movie);
    file.extend_from_slice(&payload_box.to_be_bytes());
    file.extend_from_slice(b"mdat");
    // Each sample is freed once it is copied: a long film is never held twice.
    for sample in track.samples {
        file.extend_from_slice(&sample.bytes);
    }
    Ok(file)
}

fn boxed(kind: [u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = 8 + parts.iter().map(|part| part.len()).sum::<usize>();
    let mut bytes = Vec::with_capacity(length);
    // Boxes outside `mdat` are a few kilobytes; the cap keeps the arithmetic total.
    bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(&kind);
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// Big-endian words, one after the other.
fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn movie(track: &Track, offset: u32) -> Result<Vec<u8>, EncodeError> {
    let count =
        u32::try_from(track.samples.len()).map_err(|_| EncodeError::Output("too many frames"))?;
    let duration = count * FRAME_TICKS;
    // Version and flags, two times, timescale, duration, rate 1.0, volume 0 (silent), reserved.
    let mut header = words(&[0, 0, 0, TIMESCALE, duration, 0x0001_0000, 0, 0, 0]);
    header.extend(words(&MATRIX));
    header.extend(words(&[0, 0, 0, 0, 0, 0, 2]));
    // Flags 3: enabled and in the movie. Then times, track id, reserved, duration, layer, volume.
    let mut track_header = words(&[3, 0, 0, 1, 0, duration, 0, 0, 0, 0]);
    track_header.extend(words(&MATRIX));
    track_header.extend(words(&[track.width << 16, track.height << 16]));
    // Language `und`, packed as three five-bit letters.
    let media_header = words(&[0, 0, 0, TIMESCALE, duration, 0x55c4_0000]);
    let handler = [words(&[0, 0]), b"vide".to_vec(), words(&[0, 0, 0]), b"Rushes\0".to_vec()];
    let location = boxed(*b"url ", &[&words(&[1])]);
    let references = boxed(*b"dref", &[&words(&[0, 1]), &location]);
    let information = boxed(
        *b"minf",
        &[
            &boxed(*b"vmhd", &[&words(&[1, 0, 0])]),
            &boxed(*b"dinf", &[&references]),
            &sample_table(track, count, offset)?,
        ],
    );
    let media = boxed(
        *b"mdia",
        &[&boxed(*b"mdhd", &[&media_header]), &boxed(*b"hdlr", &[&handler.concat()]), &information],
    );
    let tracks = boxed(*b"trak", &[&boxed(*b"tkhd", &[&track_header]), &media]);
    Ok(boxed(*b"moov", &[&boxed(*b"mvhd", &[&header]), &tracks, &metadata()]))
}

fn sample_table(track: &Track, count: u32, offset: u32) -> Result<Vec<u8>, EncodeError> {
    let mut sizes = words(&[0, 0, count]);
    let mut keys = Vec::new();
    for (number, sample) in (1_u32..).zip(&track.samples) {
        let size = u32::try_from(sample.bytes.len())
            .map_err(|_| EncodeError::Output("a frame that is too large"))?;
        sizes.extend_from_slice(&size.to_be_bytes());
        if sample.key {
            keys.push(number);
        }
    }
    let key_count = u32::try_from(keys.len()).unwrap_or(count);
    Ok(boxed(
        *b"stbl",
        &[
            &boxed(*b"stsd", &[&words(&[0, 1]), &sample_entry(track)?]),
            &boxed(*b"stts", &[&words(&[0, 1, count, FRAME_TICKS])]),
            &boxed(*b"stss", &[&words(&[0, key_count]), &words(&keys)]),
            &boxed(*b"stsc", &[&words(&[0, 1, 1, count, 1])]),
            &boxed(*b"stsz", &[&sizes]),
            &boxed(*b"stco", &[&words(&[0, 1, offset])]),
        ],
    ))
}

/// The `avc1` entry with `avcC` (ISO/IEC 14496-15 section 5.3.3.1) and the colour description.
fn sample_entry(track: &Track) -> Result<Vec<u8>, EncodeError> {
    let ParameterSets { sequence, picture } = &track.parameter_sets;
    let (Some(profile), Ok(sequence_length), Ok(picture_length)) =
        (sequence.get(1..4), u16::try_from(sequence.len()), u16::try_from(picture.len()))
    else {
        return Err(EncodeError::Output("parameter sets missing"));
    };
    let (Ok(width), Ok(height)) = (u16::try_from(track.width), u16::try_from(track.height)) else {
        return Err(EncodeError::Output("size out of range"));
    };
    let mut configuration = vec![1];
    configuration.extend_from_slice(profile);
    // 4-byte lengths; one sequence parameter set.
    configuration.extend_from_slice(&[0xff, 0xe1]);
    configuration.extend_from_slice(&sequence_length.to_be_bytes());
    configuration.extend_from_slice(sequence);
    configuration.push(1);
    configuration.extend_from_slice(&picture_length.to_be_bytes());
    configuration.extend_from_slice(picture);
    if matches!(profile[0], 100 | 110 | 122 | 144) {
        // High profiles end with chroma format 4:2:0, eight bits twice, no extensions.
        configuration.extend_from_slice(&[0xfd, 0xf8, 0xf8, 0]);
    }
    let mut entry = words(&[0, 1, 0, 0, 0, 0]);
    entry.extend_from_slice(&width.to_be_bytes());
    entry.extend_from_slice(&height.to_be_bytes());
    // 72 dots an inch twice, reserved, one frame a sample.
    entry.extend(words(&[0x0048_0000, 0x0048_0000, 0]));
    entry.extend_from_slice(&[0, 1]);
    let mut name = [0; 32];
    name[0] = 6;
    name[1..7].copy_from_slice(b"Rushes");
    entry.extend_from_slice(&name);
    // Depth 24, no colour table.
    entry.extend_from_slice(&[0, 0x18, 0xff, 0xff]);
    // BT.709 primaries, transfer and matrix, limited range.
    let colour = boxed(*b"colr", &[b"nclx", &[0, 1, 0, 1, 0, 1, 0]]);
    Ok(boxed(*b"avc1", &[&entry, &boxed(*b"avcC", &[&configuration]), &colour]))
}

/// `udta` in the layout that players and ffprobe read: `meta` › `hdlr` + `ilst`.
fn metadata() -> Vec<u8> {
    let text = |kind: [u8; 4], value: &str| {
        boxed(kind, &[&boxed(*b"data", &[&words(&[1, 0]), value.as_bytes()])])
    };
    let handler = [words(&[0, 0]), b"mdirappl".to_vec(), words(&[0, 0]), vec![0]].concat();
    let items = [text(*b"\xa9too", ENCODER_NAME), text(*b"\xa9cmt", COMMENT)].concat();
    let meta = boxed(
        *b"meta",
        &[&words(&[0]), &boxed(*b"hdlr", &[&handler]), &boxed(*b"ilst", &[&items])],
    );
    boxed(*b"udta", &[&meta])
}
