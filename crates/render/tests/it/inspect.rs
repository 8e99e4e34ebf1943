use proptest::prelude::*;
use rushes_render::inspect::{START_BYTES, may_be_video};
use rushes_render::{InspectError, inspect, inspect_with_poster};

use crate::samples::{film, spec};

fn boxed(kind: [u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let payload = parts.concat();
    let length = u32::try_from(payload.len() + 8).unwrap().to_be_bytes();
    [&length[..], &kind, &payload].concat()
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

/// `moov` for one video track of 1000 ticks a second.
fn movie(entry: [u8; 4], configuration: &[u8], tables: &[u8], extra: &[u8]) -> Vec<u8> {
    let mut sample = words(&[0, 1, 0, 0, 0, 0, 0x0140_00b4, 0x0048_0000, 0x0048_0000, 0]);
    sample.extend([0; 34]);
    sample.extend([0, 24, 0xff, 0xff]);
    let description = boxed(*b"stsd", &[&words(&[0, 1]), &boxed(entry, &[&sample, configuration])]);
    let table = boxed(*b"stbl", &[&description, tables]);
    let media = boxed(
        *b"mdia",
        &[
            &boxed(*b"mdhd", &[&words(&[0, 0, 0, 1000, 0, 0])]),
            &boxed(*b"hdlr", &[&words(&[0, 0]), b"vide", &[0; 13]]),
            &boxed(*b"minf", &[&table]),
        ],
    );
    let mut header = words(&[3, 0, 0, 1]);
    header.extend([0; 60]);
    header.extend(words(&[320 << 16, 180 << 16]));
    let track = boxed(*b"trak", &[&boxed(*b"tkhd", &[&header]), &media]);
    boxed(*b"moov", &[&boxed(*b"mvhd", &[&words(&[0, 0, 0, 1000, 0])]), &track, extra])
}

#[test]
fn our_own_film_is_described_exactly() {
    let video = film(&spec("mountains", 320, 180, 2));
    let info = inspect(&video.mp4).unwrap();
    assert_eq!((info.width, info.height, info.duration_ms), (320, 180, 2000));
    assert_eq!((info.frames, info.moov_first), (Some(48), true));
    assert!(info.codec.starts_with("avc1."), "{}", info.codec);
}

#[test]
fn the_first_picture_is_the_poster_in_its_own_colours() {
    let video = film(&spec("mountains at dusk", 320, 180, 1));
    let (info, poster) = inspect_with_poster(&video.mp4).unwrap();
    assert_eq!((info.width, info.height), (320, 180));
    let poster = image::load_from_memory(&poster.unwrap()).unwrap().to_rgb8();
    assert_eq!(poster.dimensions(), (320, 180));
    // The film's own still is a later frame of the same scene: as bright, and of the same hue.
    let still = image::load_from_memory(&video.poster_jpeg).unwrap().to_rgb8();
    let mean = |picture: &image::RgbImage| {
        let mut sums = [0_u64; 3];
        for pixel in picture.pixels() {
            sums.iter_mut().zip(pixel.0).for_each(|(sum, value)| *sum += u64::from(value));
        }
        sums.map(|sum| sum / (320 * 180))
    };
    for (poster, still) in mean(&poster).into_iter().zip(mean(&still)) {
        assert!(poster.abs_diff(still) < 12, "{poster} and {still}");
    }
}

#[test]
fn moov_may_come_last() {
    let video = film(&spec("silk", 64, 64, 1)).mp4;
    let length = |at: usize| {
        usize::try_from(u32::from_be_bytes(video[at..at + 4].try_into().unwrap())).unwrap()
    };
    let (moov, mdat) = (length(0), length(0) + length(length(0)));
    let mut movie = video[moov..mdat].to_vec();
    let offset = movie.windows(4).position(|four| four == b"stco").unwrap() + 12;
    let moved = u32::try_from(moov + 8).unwrap();
    movie[offset..offset + 4].copy_from_slice(&moved.to_be_bytes());
    let file = [&video[..moov], &video[mdat..], &movie].concat();
    let info = inspect(&file).unwrap();
    assert!(!info.moov_first);
    assert_eq!(info.frames, Some(24));
}

#[test]
fn a_film_whose_key_frame_is_damaged_is_undecodable() {
    let mut video = film(&spec("silk", 64, 64, 1)).mp4;
    let at = video.windows(4).position(|four| four == b"mdat").unwrap() + 8;
    // The type of the first unit becomes one that no decoder knows.
    video[at] = 0;
    video[at + 4..at + 60].fill(0x1f);
    assert_eq!(inspect(&video), Err(InspectError::Undecodable));
}

#[test]
fn fragments_are_added_up() {
    let trex = boxed(*b"mvex", &[&boxed(*b"trex", &[&words(&[0, 1, 1, 40, 100, 0])])]);
    let configuration = boxed(*b"av1C", &[&[0x81, 0x05, 0x0c, 0]]);
    let empty = [
        boxed(*b"stts", &[&words(&[0, 0])]),
        boxed(*b"stsc", &[&words(&[0, 0])]),
        boxed(*b"stsz", &[&words(&[0, 0, 0])]),
        boxed(*b"stco", &[&words(&[0, 0])]),
    ]
    .concat();
    let mut file = boxed(*b"ftyp", &[b"iso5\0\0\0\0"]);
    file.extend(movie(*b"av01", &configuration, &empty, &trex));
    for _ in 0..3 {
        let header = boxed(*b"tfhd", &[&words(&[0x02_0000, 1])]);
        let run = boxed(*b"trun", &[&words(&[0, 25])]);
        file.extend(boxed(*b"moof", &[&boxed(*b"traf", &[&header, &run])]));
        file.extend(boxed(*b"mdat", &[&[0; 16]]));
    }
    let info = inspect(&file).unwrap();
    assert_eq!(
        (info.frames, info.duration_ms, info.codec.as_str()),
        (Some(75), 3000, "av01.0.05M.08")
    );
}

#[test]
fn hevc_is_described_without_being_decoded() {
    let mut hvcc = vec![1, 1];
    hvcc.extend(0x6000_0000_u32.to_be_bytes());
    hvcc.extend([0x90, 0, 0, 0, 0, 0, 93, 0xf0, 0]);
    let tables = [
        boxed(*b"stts", &[&words(&[0, 1, 50, 20])]),
        boxed(*b"stsc", &[&words(&[0, 1, 1, 50, 1])]),
        boxed(*b"stsz", &[&words(&[0, 10, 50])]),
        boxed(*b"stco", &[&words(&[0, 1, 40])]),
    ]
    .concat();
    let mut file = boxed(*b"ftyp", &[b"isom\0\0\0\0"]);
    file.extend(movie(*b"hvc1", &boxed(*b"hvcC", &[&hvcc]), &tables, b""));
    let info = inspect(&file).unwrap();
    assert_eq!((info.duration_ms, info.codec.as_str()), (1000, "hvc1.1.6.L93.90"));
}

#[test]
fn nonsense_is_malformed() {
    for bytes in [&b""[..], b"\0\0\0\x08ftyp", b"GIF89a", &[0xff; 200], &[0; 64]] {
        assert!(inspect(bytes).is_err(), "{bytes:?}");
    }
    // A run of four billion frames costs no time.
    let run = boxed(*b"stts", &[&words(&[0, u32::MAX, 1, 1])]);
    let file = [boxed(*b"ftyp", &[b"isom"]), movie(*b"avc1", b"", &run, b"")].concat();
    assert!(inspect(&file).is_err());
}

/// No regression files: a failing input belongs into a test of its own.
fn config() -> ProptestConfig {
    ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn mutated_films_never_panic(
        changes in prop::collection::vec((0_usize..1200, any::<u8>()), 1..6)
    ) {
        let mut bytes = FILM.clone();
        for (at, value) in changes {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        let _ = inspect(&bytes);
    }

    #[test]
    fn cut_films_never_panic(length in 0_usize..4000) {
        let _ = inspect(&FILM[..length.min(FILM.len())]);
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = inspect(&bytes);
    }
}

static FILM: std::sync::LazyLock<Vec<u8>> =
    std::sync::LazyLock::new(|| film(&spec("silk", 64, 64, 1)).mp4);

#[test]
fn the_start_tells_a_film_from_a_page() {
    let film = film(&spec("a lake", 64, 64, 1));
    assert!(may_be_video(&film.mp4) && may_be_video(&film.mp4[..START_BYTES]));
    for start in
        [&b""[..], b"\0\0\0 fty", b"<html><body>", b"{\"error\":{", b"\x1a\x45\xdf\xa3\0\0\0\0"]
    {
        assert!(!may_be_video(start), "{start:?}");
    }
    for kind in [b"ftyp", b"moov", b"mdat", b"free"] {
        assert!(may_be_video(&[&[0, 0, 0, 8], &kind[..]].concat()));
    }
}
