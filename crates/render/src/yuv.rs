//! RGBA to planar YUV 4:2:0 in integers: BT.709 matrix, limited range (16–235, 16–240).
//!
//! Source of the matrix: ITU-R BT.709-6, item 3. Chroma is the mean of 2×2 pixels. Width and
//! height must be even, which `RenderSpec::validate` has checked.

use openh264::formats::YUVSource;

use crate::frame::Frame;

/// Fixed-point shift of the coefficients below.
const SHIFT: i32 = 16;
/// Rounding term and the luma offset of 16.
const LUMA_BIAS: i32 = (16 << SHIFT) + (1 << (SHIFT - 1));
/// Rounding term and the chroma offset of 128, for sums of four pixels.
const CHROMA_BIAS: i32 = (128 << (SHIFT + 2)) + (1 << (SHIFT + 1));

/// A frame as the encoder reads it.
pub(crate) struct Yuv {
    width: usize,
    height: usize,
    luma: Vec<u8>,
    blue: Vec<u8>,
    red: Vec<u8>,
}

impl Yuv {
    /// An empty picture of an even size.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let quarter = (width / 2) * (height / 2);
        Self {
            width,
            height,
            luma: vec![16; width * height],
            blue: vec![128; quarter],
            red: vec![128; quarter],
        }
    }

    /// Converts a frame of the same size.
    pub(crate) fn convert(&mut self, frame: &Frame) {
        let width = self.width;
        let half = width / 2;
        let rows = frame.rgba.chunks_exact(2 * width);
        let luma = self.luma.chunks_exact_mut(2 * width);
        let chroma = self.blue.chunks_exact_mut(half).zip(self.red.chunks_exact_mut(half));
        for ((pair, luma), (blue, red)) in rows.zip(luma).zip(chroma) {
            for (pixel, luma) in pair.iter().zip(luma.iter_mut()) {
                *luma = luma_of(*pixel);
            }
            let (top, bottom) = pair.split_at(width);
            let quads = top.chunks_exact(2).zip(bottom.chunks_exact(2));
            for ((top, bottom), (blue, red)) in quads.zip(blue.iter_mut().zip(red.iter_mut())) {
                (*blue, *red) = chroma_of([top[0], top[1], bottom[0], bottom[1]]);
            }
        }
    }
}

fn luma_of([red, green, blue, _]: [u8; 4]) -> u8 {
    let sum = 11_966 * i32::from(red) + 40_254 * i32::from(green) + 4_064 * i32::from(blue);
    low_byte((sum + LUMA_BIAS) >> SHIFT)
}

/// The sums of this module are between 0 and 255 once they are shifted.
const fn low_byte(value: i32) -> u8 {
    let [low, ..] = value.to_le_bytes();
    low
}

fn chroma_of(quad: [[u8; 4]; 4]) -> (u8, u8) {
    let sum = |channel: usize| quad.iter().map(|pixel| i32::from(pixel[channel])).sum::<i32>();
    let (red, green, blue) = (sum(0), sum(1), sum(2));
    let difference_blue = -6_596 * red - 22_189 * green + 28_785 * blue + CHROMA_BIAS;
    let difference_red = 28_785 * red - 26_145 * green - 2_640 * blue + CHROMA_BIAS;
    (low_byte(difference_blue >> (SHIFT + 2)), low_byte(difference_red >> (SHIFT + 2)))
}

impl YUVSource for Yuv {
    fn dimensions(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    fn strides(&self) -> (usize, usize, usize) {
        (self.width, self.width / 2, self.width / 2)
    }

    fn y(&self) -> &[u8] {
        &self.luma
    }

    fn u(&self) -> &[u8] {
        &self.blue
    }

    fn v(&self) -> &[u8] {
        &self.red
    }
}
