use rushes_domain::account::{KeyKind, is_well_formed, key_hash, make_key, mask};

use crate::support::hex;

/// Bytes that count up, all values in turn.
fn counting() -> impl FnMut(&mut [u8]) {
    let mut next = 0_u8;
    move |bytes| {
        for byte in bytes {
            *byte = next;
            next = next.wrapping_add(1);
        }
    }
}

/// CRC-32 (IEEE), written apart from the code under test: polynomial division of reflected bits.
fn reference_crc32(bytes: &[u8]) -> u32 {
    let table: Vec<u32> = (0..256_u32)
        .map(|index| {
            (0..8).fold(index, |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 })
        })
        .collect();
    let step = |crc: u32, &byte: &u8| {
        table[usize::try_from((crc ^ u32::from(byte)) & 0xFF).expect("a byte")] ^ (crc >> 8)
    };
    bytes.iter().fold(u32::MAX, step) ^ u32::MAX
}

#[test]
fn the_reference_crc_has_the_published_check_value() {
    assert_eq!(reference_crc32(b"123456789"), 0xCBF4_3926);
}

#[test]
fn a_made_key_is_prefix_body_and_checksum_in_base62() {
    for (kind, prefix) in [(KeyKind::Live, "sk-"), (KeyKind::Test, "sk-test-")] {
        let mut source = counting();
        let key = make_key(kind, &mut source);
        assert_eq!(key.len(), prefix.len() + 48);
        assert!(key.starts_with(prefix));
        assert!(is_well_formed(&key), "{key}");
        assert_eq!(KeyKind::of(&key), kind);
        let (head, checksum) = key.split_at(key.len() - 6);
        let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let value = checksum.bytes().fold(0_u64, |sum, byte| {
            let digit = alphabet.iter().position(|&letter| letter == byte).expect("base62");
            sum * 62 + u64::try_from(digit).unwrap()
        });
        assert_eq!(value, u64::from(reference_crc32(head.as_bytes())), "{key}");
    }
}

#[test]
fn bytes_that_would_skew_the_letters_are_drawn_again() {
    let mut draws = 0_u32;
    let mut source = |bytes: &mut [u8]| {
        draws += 1;
        bytes.fill(if draws % 2 == 1 { 255 } else { 61 });
    };
    let key = make_key(KeyKind::Live, &mut source);
    assert_eq!(&key[3..45], "z".repeat(42));
    assert_eq!(draws, 84);
}

#[test]
fn only_the_shape_of_a_key_is_looked_up() {
    let long = format!("sk-{}", "a".repeat(125));
    for good in ["sk-aaaaaaaaaaaaaaaaa", "sk-test-0123456789_-", long.as_str()] {
        assert!(is_well_formed(good), "{good}");
    }
    let too_long = format!("{long}a");
    let bad = [
        "",
        "sk-",
        "sk-aaaaaaaaaaaaaaaa",
        too_long.as_str(),
        "pk-aaaaaaaaaaaaaaaaa",
        "sk-aaaaaaaaaaaaaaaa ",
        "sk-aaaaaaaaaaaaaaaa\0",
        "sk-aaaaaaaaaaaaaaaaé",
        "Sk-aaaaaaaaaaaaaaaaa",
    ];
    for bad in bad {
        assert!(!is_well_formed(bad), "{bad:?}");
    }
}

#[test]
fn the_hash_is_sha_256_of_the_text() {
    let hex = hex(&key_hash("abc"));
    assert_eq!(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn a_masked_key_shows_kind_and_four_characters() {
    assert_eq!(mask("sk-test-abcdefgh1234"), "sk-test-…1234");
    assert_eq!(mask("sk-abcdefghijkl5678"), "sk-…5678");
    assert_eq!(mask(""), "sk-…");
    assert_eq!(mask("ééé"), "sk-…éé");
    assert_eq!(mask("aé€"), "sk-…");
}
