use rushes_render::inspect;

use crate::samples::{film, spec};

/// Kind and length of the boxes of one level.
fn boxes(bytes: &[u8]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        let length = usize::try_from(length).unwrap();
        found.push((String::from_utf8(bytes[at + 4..at + 8].to_vec()).unwrap(), length));
        at += length;
    }
    assert_eq!(at, bytes.len(), "the boxes fill the file exactly");
    found
}

#[test]
fn moov_comes_first_and_the_lengths_add_up() {
    let video = film(&spec("silk", 160, 90, 2));
    let found = boxes(&video.mp4);
    let kinds: Vec<&str> = found.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["ftyp", "moov", "mdat"]);
    assert_eq!(found.iter().map(|(_, length)| length).sum::<usize>(), video.mp4.len());
    assert!(inspect(&video.mp4).unwrap().moov_first);
}

#[test]
fn the_file_says_that_it_is_no_ai_model() {
    let video = film(&spec("silk", 64, 64, 1));
    let text = String::from_utf8_lossy(&video.mp4);
    assert!(text.contains("Rushes preview renderer – not an AI model"));
}

#[test]
fn the_codec_string_is_that_of_the_parameter_sets() {
    let video = film(&spec("silk", 64, 64, 1));
    let at = video.mp4.windows(4).position(|four| four == b"avcC").unwrap();
    let expected =
        format!("avc1.{:02x}{:02x}{:02x}", video.mp4[at + 5], video.mp4[at + 6], video.mp4[at + 7]);
    assert_eq!(inspect(&video.mp4).unwrap().codec, expected);
    // The sequence parameter set says the same: type 7 and the three bytes behind it.
    assert_eq!(video.mp4[at + 12] & 0x1f, 7);
    assert_eq!(video.mp4[at + 13..at + 16], video.mp4[at + 5..at + 8]);
}
