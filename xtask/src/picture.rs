//! Test pictures: a PNG without compression, so that no image library is needed here.
//!
//! Format: the PNG specification (third edition), RFC 1950 and RFC 1951.

/// Most bytes of a stored block of RFC 1951.
const STORED_BLOCK_BYTES_MAX: usize = 65_535;
/// Modulus of Adler-32 (RFC 1950).
const ADLER_MODULUS: u32 = 65_521;

/// A colourful picture; `hue` makes several of them different.
pub(crate) fn png(width: u32, height: u32, hue: u8) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    // 8 bits a channel, RGB, the only compression and filter method, not interlaced.
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &header);
    chunk(&mut file, *b"IDAT", &stored(&pixels(width, height, hue)));
    chunk(&mut file, *b"IEND", &[]);
    file
}

/// A black grey-scale picture as a data URL: large in memory, small on the wire.
pub(crate) fn black_data_url(width: u32, height: u32) -> String {
    use base64::Engine as _;
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    // 8 bits of grey, the only compression and filter method, not interlaced.
    header.extend([8, 0, 0, 0, 0]);
    let bytes_count = usize::try_from((u64::from(width) + 1) * u64::from(height)).unwrap_or(0);
    let level = 6;
    let data = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; bytes_count], level);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &header);
    chunk(&mut file, *b"IDAT", &data);
    chunk(&mut file, *b"IEND", &[]);
    format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(file))
}

fn pixels(width: u32, height: u32, hue: u8) -> Vec<u8> {
    let share = |part: u32, whole: u32| {
        u8::try_from(u64::from(part) * 255 / u64::from(whole.max(1))).unwrap_or(255)
    };
    let mut bytes = Vec::new();
    for y in 0..height {
        // Each row begins with its filter: none.
        bytes.push(0);
        for x in 0..width {
            let is_checked = (x / 32 + y / 32) % 2 == 0;
            let blue = if is_checked { hue } else { hue ^ 0x60 };
            bytes.extend([share(x, width), share(y, height), blue]);
        }
    }
    bytes
}

fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let count = bytes.chunks(STORED_BLOCK_BYTES_MAX).len();
    for (index, block) in bytes.chunks(STORED_BLOCK_BYTES_MAX).enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(index + 1 == count));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % ADLER_MODULUS;
        high = (high + low) % ADLER_MODULUS;
    }
    out.extend(((high << 16) | low).to_be_bytes());
    out
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    file.extend(length.to_be_bytes());
    let from = file.len();
    file.extend(kind);
    file.extend(bytes);
    let sum = crc32(file.get(from..).unwrap_or_default());
    file.extend(sum.to_be_bytes());
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_match_the_published_check_values() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert!(stored(b"Wikipedia").ends_with(&0x11E6_0398_u32.to_be_bytes()));
    }
}
