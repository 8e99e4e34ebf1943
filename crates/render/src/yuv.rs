//! RGBA to planar YUV 4:2:0 in integers: BT.709 matrix, limited range (16–235, 16–240).
//!
//! Source of the matrix: ITU-R BT.709-6, item 3. Chroma is the mean of 2×2 pixels. Width and
//! height must be even, which `RenderSpec::validate` has checked.

use openh264::formats::YUVSource;

use crate::frame::Frame;

/// Fixed-point shift of the coefficients of luma. All coefficients fit into 16 bits with their sign, so that
/// the compiler has one instruction for the products.
const SHIFT: i32 = 15;
/// Fixed-point shift of the coefficients of chroma, for sums of four pixels.
const CHROMA_SHIFT: i32 = 18;
/// Rounding term and the luma offset of 16.
const LUMA_BIAS: i32 = (16 << SHIFT) + (1 << (SHIFT - 1));
/// Rounding term and the chroma offset of 128, for sums of four pixels.
const CHROMA_BIAS: i32 = (128 << CHROMA_SHIFT) + (1 << (CHROMA_SHIFT - 1));

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
        for (pixel, luma) in frame.rgba.iter().zip(&mut self.luma) {
            *luma = luma_of(u32::from_le_bytes(*pixel));
        }
        let rows = frame.rgba.chunks_exact(2 * width);
        let chroma = self.blue.chunks_exact_mut(half).zip(self.red.chunks_exact_mut(half));
        for (pair, (blue, red)) in rows.zip(chroma) {
            let (top, bottom) = pair.split_at(width);
            let quads = top.as_chunks::<2>().0.iter().zip(bottom.as_chunks::<2>().0);
            for ((top, bottom), (blue, red)) in quads.zip(blue.iter_mut().zip(red.iter_mut())) {
                let quad = [top[0], top[1], bottom[0], bottom[1]];
                (*blue, *red) = chroma_of(quad.map(u32::from_le_bytes));
            }
        }
    }
}

fn luma_of(pixel: u32) -> u8 {
    let channel = |shift: u32| (pixel >> shift & 255).cast_signed();
    let sum = 5_983 * channel(0) + 20_127 * channel(8) + 2_032 * channel(16);
    low_byte((sum + LUMA_BIAS) >> SHIFT)
}

/// The sums of this module are between 0 and 255 once they are shifted.
const fn low_byte(value: i32) -> u8 {
    let [low, ..] = value.to_le_bytes();
    low
}

fn chroma_of(quad: [u32; 4]) -> (u8, u8) {
    // Red and blue in the halves of a word, green in another: four bytes do not overflow a half.
    let sum = |shift: u32| quad.iter().map(|pixel| pixel >> shift & 0x00ff_00ff).sum::<u32>();
    let (both, green) = (sum(0), sum(8));
    let half = |word: u32| (word & 0xffff).cast_signed();
    let (red, green, blue) = (half(both), half(green), half(both >> 16));
    let difference_blue = 6_596 * (blue - red) + 22_189 * (blue - green) + CHROMA_BIAS;
    let difference_red = 26_145 * (red - green) + 2_640 * (red - blue) + CHROMA_BIAS;
    (low_byte(difference_blue >> CHROMA_SHIFT), low_byte(difference_red >> CHROMA_SHIFT))
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
