//! Small pictures for requests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A PNG of one colour, `width` × `height`, written by hand: stored blocks need no compressor.
pub(crate) fn png(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    let mut line = vec![0];
    for _ in 0..width {
        line.extend_from_slice(&colour);
    }
    let raw = line.repeat(usize::try_from(height).expect("a height fits"));
    let mut zlib = vec![0x78, 0x01];
    let blocks = raw.chunks(65_535).collect::<Vec<_>>();
    for (index, block) in blocks.iter().enumerate() {
        zlib.push(u8::from(index + 1 == blocks.len()));
        let length = u16::try_from(block.len()).expect("a block fits");
        zlib.extend_from_slice(&length.to_le_bytes());
        zlib.extend_from_slice(&(!length).to_le_bytes());
        zlib.extend_from_slice(block);
    }
    zlib.extend_from_slice(&adler32(&raw).to_be_bytes());
    let mut header = Vec::new();
    header.extend_from_slice(&width.to_be_bytes());
    header.extend_from_slice(&height.to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, body) in [(b"IHDR", &header), (b"IDAT", &zlib), (b"IEND", &Vec::new())] {
        png.extend_from_slice(&u32::try_from(body.len()).expect("fits").to_be_bytes());
        let start = png.len();
        png.extend_from_slice(name);
        png.extend_from_slice(body);
        let checksum = crc32(&png[start..]);
        png.extend_from_slice(&checksum.to_be_bytes());
    }
    png
}

/// The bytes as a data URL.
pub(crate) fn data_url(mime: &str, bytes: &[u8]) -> String {
    format!("data:{mime};base64,{}", STANDARD.encode(bytes))
}

/// A small PNG as a data URL.
pub(crate) fn png_data_url(colour: [u8; 3]) -> String {
    data_url("image/png", &png(64, 48, colour))
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (1_u32, 0_u32);
    for &byte in bytes {
        low = (low + u32::from(byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    (high << 16) | low
}

/// The checksum of a PNG's chunks.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}
