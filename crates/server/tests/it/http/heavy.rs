//! A picture that is small on the wire and large in memory.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const WIDTH: u32 = 7300;
const HEIGHT: u32 = 5400;
/// The longest match of DEFLATE.
const MATCH: u32 = 258;

/// A black grey-scale PNG of 39 megapixels as a data URL of about 330 KB.
pub(super) fn heavy_data_url() -> String {
    let length = (WIDTH + 1) * HEIGHT;
    let mut zlib = vec![0x78, 0x01];
    zlib.extend(zeros(length));
    // Adler-32 of zeros: the low sum stays 1, the high one counts them.
    zlib.extend_from_slice(&(((length % 65_521) << 16) | 1).to_be_bytes());
    let mut header = [WIDTH.to_be_bytes(), HEIGHT.to_be_bytes()].concat();
    header.extend_from_slice(&[8, 0, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, body) in [(b"IHDR", &header), (b"IDAT", &zlib), (b"IEND", &Vec::new())] {
        png.extend_from_slice(&u32::try_from(body.len()).expect("fits").to_be_bytes());
        let chunk = [name.as_slice(), body].concat();
        png.extend_from_slice(&chunk);
        png.extend_from_slice(&crc32(&chunk).to_be_bytes());
    }
    format!("data:image/png;base64,{}", STANDARD.encode(png))
}

/// So many zeros as one DEFLATE block with fixed codes (RFC 1951, section 3.2.6).
fn zeros(length: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    // The last block, fixed codes: numbers come lowest bit first, codes highest bit first.
    bits.push(0b011, 3);
    let matches = (length - 1) / MATCH;
    for _ in 0..length - matches * MATCH {
        // Literal 0 is 00110000.
        bits.push(0b0000_1100, 8);
    }
    for _ in 0..matches {
        // Length 258 is 11000101, distance 1 is 00000.
        bits.push(0b1010_0011, 8);
        bits.push(0, 5);
    }
    // The end is 0000000.
    bits.push(0, 7);
    bits.finish()
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        self.pending |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push(self.pending.to_le_bytes()[0]);
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.push(0, (8 - self.count) % 8);
        self.bytes
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}
