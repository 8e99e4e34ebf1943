//! A repeating square of surface detail, for planes that are seen at a shallow angle.
//!
//! What is far away on a plane is squeezed along the line of sight only, so that is how the
//! square is averaged: no shimmer where it is small.

use crate::math::{clamp01, float, float_of, floor, position};

/// Side of a patch in texels; a power of two.
pub(super) const SIDE: usize = 256;
/// Halvings along the line of sight.
const LEVELS: usize = 8;

/// The square and its averages.
#[derive(Debug)]
pub(super) struct Patch {
    /// From fine to coarse; every level has [`SIDE`] columns and half of the rows of the one before.
    pub(super) levels: Vec<Vec<[f32; 4]>>,
}

impl Patch {
    /// Computes all texels on `threads` threads from their column and row.
    pub(super) fn paint(
        threads: usize,
        texel: impl Fn(usize, usize) -> [f32; 4] + Sync,
    ) -> Vec<[f32; 4]> {
        let mut first = vec![[0.0; 4]; SIDE * SIDE];
        let chunk = SIDE / threads.max(1) + 1;
        let texel = &texel;
        std::thread::scope(|scope| {
            for (number, rows) in first.chunks_mut(chunk * SIDE).enumerate() {
                scope.spawn(move || {
                    for (at, cell) in rows.iter_mut().enumerate() {
                        *cell = texel(at % SIDE, number * chunk + at / SIDE);
                    }
                });
            }
        });
        first
    }

    /// Averages the finest level.
    pub(super) fn new(first: Vec<[f32; 4]>) -> Self {
        let mut levels = vec![first];
        for level in 1..LEVELS {
            let half: Vec<[f32; 4]> = levels[level - 1]
                .chunks_exact(SIDE * 2)
                .flat_map(|pair| {
                    let (upper, lower) = pair.split_at(SIDE);
                    let mean = |(a, b): (&[f32; 4], &[f32; 4])| {
                        std::array::from_fn(|channel| (a[channel] + b[channel]) * 0.5)
                    };
                    upper.iter().zip(lower).map(mean).collect::<Vec<_>>()
                })
                .collect();
            levels.push(half);
        }
        Self { levels }
    }

    /// The level for a row that is `texels` deep, and the share of the next one.
    pub(super) fn level(texels: f32) -> (usize, f32) {
        let mut level = 0;
        let mut rest = texels.max(1.0);
        while rest >= 2.0 && level < LEVELS - 2 {
            rest *= 0.5;
            level += 1;
        }
        (level, clamp01(rest - 1.0))
    }

    /// Writes the texels at `z` patches ahead, between two levels, times `scale` plus `base`; `out`
    /// is one texel longer than a row, so that it wraps.
    pub(super) fn pick(
        &self,
        out: &mut [[f32; 4]],
        z: f32,
        (level, share): (usize, f32),
        scale: [f32; 4],
        base: [f32; 4],
    ) {
        let mut rows = [(0, 0.0); 4];
        for (half, (level, weight)) in
            [(level, 1.0 - share), (level + 1, share)].into_iter().enumerate()
        {
            let count = SIDE >> level;
            let at = z * float(count) - 0.5 + float(count);
            let whole = floor(at);
            let rest = at - float_of(whole);
            let first = position(whole) & (count - 1);
            rows[half * 2] = (first, weight * (1.0 - rest));
            rows[half * 2 + 1] = ((first + 1) & (count - 1), weight * rest);
        }
        let (fine, coarse) = (&self.levels[level], &self.levels[level + 1]);
        let lines = [
            &fine[rows[0].0 * SIDE..][..SIDE],
            &fine[rows[1].0 * SIDE..][..SIDE],
            &coarse[rows[2].0 * SIDE..][..SIDE],
            &coarse[rows[3].0 * SIDE..][..SIDE],
        ];
        let weights = rows.map(|row| row.1);
        for (at, out) in out.iter_mut().take(SIDE).enumerate() {
            for channel in 0..4 {
                let sum = lines[0][at][channel] * weights[0]
                    + lines[1][at][channel] * weights[1]
                    + lines[2][at][channel] * weights[2]
                    + lines[3][at][channel] * weights[3];
                out[channel] = sum * scale[channel] + base[channel];
            }
        }
        out[SIDE] = out[0];
    }
}
