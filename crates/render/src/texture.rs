//! Painted layers and the fast sampler that puts them on a frame.
//!
//! Texels are displayed values with premultiplied alpha. Sampling is bilinear in integers: the
//! four channels of a texel are spread over the lanes of one 64-bit word ([`spread`] says in which
//! order), so that the result is the same on every machine and as fast as vector code.

use crate::math::{bits, byte, fixed, float, position, signed, whole};

/// The even lanes of a word.
const LANES: u64 = 0x00ff_00ff_00ff_00ff;

/// A layer of a scene.
#[derive(Debug, Clone)]
pub(crate) struct Texture {
    /// Width in texels.
    pub(crate) width: usize,
    /// Height in texels.
    pub(crate) height: usize,
    /// Premultiplied texels, row by row.
    pub(crate) texels: Vec<[u8; 4]>,
    /// For each row the texels from the first to behind the last one that is not clear.
    spans: Vec<(usize, usize)>,
    /// For each row and [`BLOCK`] of columns whether any texel of the block, or the one behind
    /// it, is not clear.
    solid: Vec<bool>,
}

/// Columns that are skipped together where they are clear.
const BLOCK: usize = 16;

/// Where a texture lies on the frame: texel = origin + pixel × step, on both axes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placement {
    /// Texel column at the left edge of the frame.
    pub(crate) x: f32,
    /// Texel row at the upper edge of the frame.
    pub(crate) y: f32,
    /// Texels for one pixel.
    pub(crate) step: f32,
}

/// One row of layers being put together, nearest first.
#[derive(Debug)]
pub(crate) struct LayerRow {
    /// Sum of colours in 8.8 fixed point, in the lanes of [`LANE_BITS`].
    pub(crate) sum: Vec<u64>,
    /// What still shines through: 256 is all.
    pub(crate) left: Vec<i32>,
}

impl LayerRow {
    pub(crate) fn new(width: usize) -> Self {
        Self { sum: vec![0; width], left: vec![256; width] }
    }

    pub(crate) fn clear(&mut self) {
        self.sum.fill(0);
        self.left.fill(256);
    }
}

/// Bits below the lanes of red, green and blue in a word of [`spread`]; alpha has the top lane.
pub(crate) const LANE_BITS: [u32; 3] = [0, 32, 16];

/// The four channels of a texel in the 16-bit lanes of a word: red, blue, green, alpha from the low one up,
/// because that order takes one shift.
pub(crate) fn spread(texel: [u8; 4]) -> u64 {
    let word = u64::from(u32::from_le_bytes(texel));
    (word | word << 24) & LANES
}

/// A word of [`spread`] as a texel again.
pub(crate) fn gather(word: u64) -> [u8; 4] {
    crate::math::low(word | word >> 24).to_le_bytes()
}

/// Bilinear mean of four texels, clockwise from the upper left but for the last two, with shares
/// of the right and lower ones in 256ths; rounded, so that a flat colour stays as it is.
pub(crate) fn bilinear(texels: [[u8; 4]; 4], share_x: u64, share_y: u64) -> u64 {
    let both = (share_x * share_y) >> 8;
    let sum = spread(texels[0]) * (256 + both - share_x - share_y)
        + spread(texels[1]) * (share_x - both)
        + spread(texels[2]) * (share_y - both)
        + spread(texels[3]) * both;
    ((sum + 0x0080_0080_0080_0080) >> 8) & LANES
}

impl Texture {
    /// Paints a texture row by row on `threads` threads; `paint` gives straight colour and alpha,
    /// each 0 to 1.
    pub(crate) fn paint(
        width: usize,
        height: usize,
        threads: usize,
        paint: impl Fn(usize, usize) -> ([f32; 3], f32) + Sync,
    ) -> Self {
        let mut texels = vec![[0; 4]; width * height];
        // Enough chunks that unequal rows even out; a texel depends on its place alone.
        let rows = (height / (threads * 4)).max(1);
        let queue = std::sync::Mutex::new(texels.chunks_mut(rows * width).enumerate());
        let paint = &paint;
        let run = || {
            loop {
                let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
                let Some((number, chunk)) = next else { return };
                for (at, texel) in chunk.iter_mut().enumerate() {
                    let (colour, alpha) = paint(at % width, number * rows + at / width);
                    *texel = premultiplied(colour, alpha);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(run);
            }
            run();
        });
        Self::from_texels(width, height, texels)
    }

    /// Takes finished premultiplied texels.
    pub(crate) fn from_texels(width: usize, height: usize, texels: Vec<[u8; 4]>) -> Self {
        let spans = texels
            .chunks_exact(width)
            .map(|row| {
                let solid = |texel: &[u8; 4]| texel[3] > 0;
                let first = row.iter().position(solid).unwrap_or(width);
                (first, row.iter().rposition(solid).map_or(first, |last| last + 1))
            })
            .collect();
        let solid = texels
            .chunks_exact(width)
            .flat_map(|row| {
                (0..width).step_by(BLOCK).map(|first| {
                    row[first..(first + BLOCK + 1).min(width)].iter().any(|texel| texel[3] > 0)
                })
            })
            .collect();
        Self { width, height, texels, spans, solid }
    }

    /// Whether the block of `column` has anything to show between two rows, and the first column
    /// behind it.
    fn block(&self, column: i32, rows: (usize, usize)) -> (bool, usize) {
        if column < 0 {
            return (true, 0);
        }
        let blocks = self.width.div_ceil(BLOCK);
        let block = position(column) / BLOCK;
        let solid = |row: usize| self.solid.get(row * blocks + block).copied().unwrap_or(false);
        (solid(rows.0) || solid(rows.1), (block + 1) * BLOCK)
    }

    /// Adds row `y` of the frame behind what `row` already holds; says whether it may have.
    pub(crate) fn compose(&self, placement: Placement, y: usize, row: &mut LayerRow) -> bool {
        let step = fixed(placement.step).max(1);
        let v = fixed(placement.y + float(y) * placement.step);
        let top = v >> 16;
        if top < -1 || top >= signed(self.height) {
            return false;
        }
        let upper = position(top).min(self.height - 1);
        let lower = position(top + 1).min(self.height - 1);
        let share_y = u64::from((v >> 8).unsigned_abs() & 255);
        // Above the first row the texture fades in over one texel instead of starting hard.
        let fade_in = top < 0;
        let first = self.spans[upper].0.min(self.spans[lower].0);
        let last = self.spans[upper].1.max(self.spans[lower].1);
        if first >= last {
            return false;
        }
        let u = fixed(placement.x);
        let width = row.sum.len();
        let from = ((signed(first) << 16) - u) / step - 1;
        let to = ((signed(last) << 16) - u) / step + 2;
        let (from, to) = (position(from).min(width), position(to).min(width));
        let rows = (
            &self.texels[upper * self.width..][..self.width],
            &self.texels[lower * self.width..][..self.width],
        );
        let mut x = from;
        while x < to {
            let at = u.wrapping_add(signed(x).wrapping_mul(step));
            let (solid, next) = self.block(at >> 16, (upper, lower));
            // The first pixel behind the block.
            let until = ((signed(next) << 16) - u + step - 1) / step;
            let until = position(until).clamp(x + 1, to.max(x + 1));
            if solid && row.left[x..until].iter().any(|left| *left > 0) {
                self.compose_run(x..until, rows, (u, step), (share_y, fade_in), row);
            }
            x = until;
        }
        true
    }

    /// Adds the pixels of `run`, each from two texels of both rows; at an edge there is but one.
    fn compose_run(
        &self,
        run: std::ops::Range<usize>,
        rows: (&[[u8; 4]], &[[u8; 4]]),
        (u, step): (i32, i32),
        (share_y, fade_in): (u64, bool),
        row: &mut LayerRow,
    ) {
        let edge = signed(self.width) - 1;
        let mut at = u.wrapping_add(signed(run.start).wrapping_mul(step));
        let lanes = row.sum[run.clone()].iter_mut().zip(&mut row.left[run]);
        for (sum, left) in lanes {
            let here = at;
            at = at.wrapping_add(step);
            if *left == 0 {
                continue;
            }
            let near = whole(bits(here));
            let pairs = (rows.0.get(near..near + 2), rows.1.get(near..near + 2));
            let mut four = if let (Some(upper), Some(lower)) = pairs {
                [upper[0], upper[1], lower[0], lower[1]]
            } else {
                let column = here >> 16;
                if column < -1 || column > edge {
                    continue;
                }
                let (near, far) = (position(column), position((column + 1).min(edge)));
                [rows.0[near], rows.0[far], rows.1[near], rows.1[far]]
            };
            if fade_in {
                (four[0], four[1]) = ([0; 4], [0; 4]);
            }
            if four.iter().fold(0, |any, texel| any | u32::from_le_bytes(*texel)) == 0 {
                continue;
            }
            let share_x = u64::from(bits(here) >> 8 & 255);
            let texel = bilinear(four, share_x, share_y);
            let alpha = crate::math::low(texel >> 48);
            if alpha == 0 {
                continue;
            }
            let before = bits(*left);
            *sum += texel * u64::from(before);
            // Rounding down keeps every lane of the sum below 2^16.
            *left = (before * (255 - alpha) / 255).cast_signed();
        }
    }
}

/// Straight colour and alpha, 0 to 1 each, as a premultiplied texel.
pub(crate) fn premultiplied(colour: [f32; 3], alpha: f32) -> [u8; 4] {
    let alpha = alpha.clamp(0.0, 1.0);
    let channel = |value: f32| byte(value.clamp(0.0, 1.0) * alpha);
    [channel(colour[0]), channel(colour[1]), channel(colour[2]), byte(alpha)]
}

impl Texture {
    /// Changes the texels of a rectangle, clipped to the texture; `change` gets the position in
    /// the rectangle and the old texel.
    pub(crate) fn edit(
        &mut self,
        left: usize,
        top: usize,
        width: usize,
        height: usize,
        change: impl Fn(usize, usize, [u8; 4]) -> [u8; 4],
    ) {
        for y in 0..height.min(self.height.saturating_sub(top)) {
            for x in 0..width.min(self.width.saturating_sub(left)) {
                let at = (top + y) * self.width + left + x;
                if let Some(texel) = self.texels.get_mut(at) {
                    *texel = change(x, y, *texel);
                    if let Some(solid) = self
                        .solid
                        .get_mut((top + y) * self.width.div_ceil(BLOCK) + (left + x) / BLOCK)
                    {
                        *solid = true;
                    }
                }
            }
        }
    }
}
