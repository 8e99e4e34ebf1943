//! From linear light to what is displayed: vignette, tone curve and static dither.
//!
//! Written in blocks of eight pixels, so that the compiler makes vector code of it; only `sqrt` and one division are
//! slow, and the division is left out where nothing is bright.

/// Pixels that are toned together.
const BLOCK: usize = 8;

/// How the pixels of one row become displayed ones.
pub(crate) struct Tone {
    /// Square of the distance from the middle, 1 at the edges.
    row: f32,
    vignette: f32,
    grain: &'static [f32; BLOCK],
}

impl Tone {
    /// The row `y`, which lies at `height` from −1 at the upper edge to 1 at the lower one; the vignette from 0 to 1.
    pub(crate) fn of_row(y: usize, height: f32, vignette: f32) -> Self {
        Self { row: height * height, vignette: vignette * 0.25, grain: &DITHER[y & 7] }
    }

    /// All red, all green, all blue of a row to pixels; `columns` are the squares of their distances from the
    /// middle. Written in blocks so that the compiler makes vector code of it.
    pub(crate) fn finish(&self, light: &[f32], columns: &[f32], out: &mut [[u8; 4]]) {
        let width = out.len();
        let (red, rest) = light.split_at(width);
        let (green, blue) = rest.split_at(width);
        let (red, green, blue) = (red.as_chunks(), green.as_chunks(), blue.as_chunks());
        let (columns, out) = (columns.as_chunks(), out.as_chunks_mut());
        let lights = red.0.iter().zip(green.0).zip(blue.0);
        for ((((red, green), blue), columns), out) in lights.zip(columns.0).zip(out.0) {
            *out = self.block([red, green, blue], columns);
        }
        if out.1.is_empty() {
            return;
        }
        let lights = [red.1, green.1, blue.1].map(padded);
        let [red, green, blue] = &lights;
        let last = self.block([red, green, blue], &padded(columns.1));
        for (out, pixel) in out.1.iter_mut().zip(last) {
            *out = pixel;
        }
    }

    #[inline]
    fn block(&self, lights: [&[f32; BLOCK]; 3], columns: &[f32; BLOCK]) -> [[u8; 4]; BLOCK] {
        let shade = columns.map(|column| {
            let edge = column + self.row;
            1.0 - self.vignette * edge * edge
        });
        let [red, green, blue] = lights.map(|light| tone(light, &shade, self.grain));
        let mut pixels = [[0; 4]; BLOCK];
        for (pixel, ((red, green), blue)) in pixels.iter_mut().zip(red.iter().zip(green).zip(blue))
        {
            *pixel =
                (red & 255 | (green & 255) << 8 | (blue & 255) << 16 | 255 << 24).to_le_bytes();
        }
        pixels
    }
}

fn padded(rest: &[f32]) -> [f32; BLOCK] {
    let mut block = [0.0; BLOCK];
    for (slot, value) in block.iter_mut().zip(rest) {
        *slot = *value;
    }
    block
}

/// Displayed values of linear light in the low bytes: straight below the knee, then a shoulder that never clips.
#[inline]
fn tone(light: &[f32; BLOCK], shade: &[f32; BLOCK], grain: &[f32; BLOCK]) -> [u32; BLOCK] {
    const KNEE: f32 = 0.72;
    let mut shown = [0.0_f32; BLOCK];
    let mut bright = false;
    for ((shown, light), shade) in shown.iter_mut().zip(light).zip(shade) {
        *shown = (light * shade).max(0.0).sqrt();
        bright |= *shown > KNEE;
    }
    // Most blocks lie below the knee, and a division is slow.
    if bright {
        for shown in &mut shown {
            let over = (*shown - KNEE).max(0.0);
            *shown = shown.min(KNEE) + (1.0 - KNEE) * over / (1.0 - KNEE + over);
        }
    }
    let mut bytes = [0; BLOCK];
    for ((shown, grain), byte) in shown.iter().zip(grain).zip(&mut bytes) {
        // Adding 2^23 leaves the rounded whole number in the low bits, of what is not below zero.
        *byte = ((shown * 255.0 + grain).max(0.0) + 8_388_608.0).to_bits();
    }
    bytes
}

/// An ordered pattern of offsets from −0.47 to 0.47 that keeps gradients from banding.
static DITHER: [[f32; 8]; 8] = dither();

const fn dither() -> [[f32; 8]; 8] {
    let mut table = [[0.0; 8]; 8];
    let mut y: u8 = 0;
    while y < 8 {
        let mut x: u8 = 0;
        while x < 8 {
            // Bayer's matrix: interleave the bits of x ^ y and y, lowest first.
            let mut rank = 0;
            let mut bit = 0;
            while bit < 3 {
                rank = rank << 2 | ((x ^ y) >> bit & 1) << 1 | (y >> bit & 1);
                bit += 1;
            }
            table[y as usize][x as usize] = (rank as f32 + 0.5) / 64.0 * 0.94 - 0.47;
            x += 1;
        }
        y += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_is_monotonic_and_stays_below_white() {
        let mut previous = 0;
        for step in 0..4000_u16 {
            let light = [f32::from(step) / 1000.0; BLOCK];
            let value = tone(&light, &[1.0; BLOCK], &[0.0; BLOCK])[0] & 255;
            assert!(value >= previous);
            previous = value;
        }
        assert!(previous >= 240);
    }

    #[test]
    fn black_stays_black_whatever_the_grain() {
        for grain in [-0.47, -0.26, -0.1, 0.0, 0.4] {
            let value = tone(&[0.0; BLOCK], &[1.0; BLOCK], &[grain; BLOCK])[0] & 255;
            assert_eq!(value, 0, "{grain}");
        }
    }
}
