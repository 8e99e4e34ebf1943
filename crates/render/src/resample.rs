//! Scaling of pictures, the same bits on every machine.
//!
//! Catmull-Rom, widened when a picture shrinks so that nothing flickers. The caller says what a
//! pixel is turned into before it is weighed, such as laid on white or multiplied by its alpha,
//! and what becomes of the sum.
//! Memory: the result, and the rows that one row of it is made of.

use std::collections::VecDeque;

use crate::math::{float, float_of, floor, position, signed};
use crate::picture::Picture;

/// A part of a picture, in its pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

/// Weights of one output pixel: first source pixel and the share of each from there on.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

/// The taps of `count` output pixels that lie on `length` source pixels from `from` on.
fn taps(from: f32, length: f32, source: usize, count: usize) -> Vec<Taps> {
    let step = length / float(count);
    let wide = step.max(1.0);
    (0..count)
        .map(|at| {
            let middle = from + (float(at) + 0.5) * step - 0.5;
            let first = floor(middle - 2.0 * wide) + 1;
            let last = floor(middle + 2.0 * wide);
            let low = position(first.clamp(0, signed(source) - 1));
            let high = position(last.clamp(0, signed(source) - 1));
            let mut weights = vec![0.0; high - low + 1];
            for tap in first..=last {
                let slot = position(tap.clamp(signed(low), signed(high))) - low;
                weights[slot] += catmull_rom((float_of(tap) - middle) / wide);
            }
            let total: f32 = weights.iter().sum();
            for weight in &mut weights {
                *weight /= total;
            }
            Taps { first: low, weights }
        })
        .collect()
}

fn catmull_rom(x: f32) -> f32 {
    let x = x.abs();
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else if x < 2.0 {
        ((2.5 - 0.5 * x) * x - 4.0) * x + 2.0
    } else {
        0.0
    }
}

/// Scales a part of the picture to a width and height: each of its pixels is seen through `look`,
/// each of the result's, row by row, kept as `keep` says.
pub(crate) fn scale<const CHANNELS: usize>(
    picture: &Picture,
    part: Part,
    (width, height): (usize, usize),
    look: impl Fn([u8; 4]) -> [f32; CHANNELS],
    keep: impl Fn([f32; CHANNELS]) -> [u8; 4],
) -> Vec<[u8; 4]> {
    let size = |side: u32| usize::try_from(side).unwrap_or(1);
    let (source_width, source_height) = (size(picture.width), size(picture.height));
    let across = taps(part.x, part.width, source_width, width);
    let down = taps(part.y, part.height, source_height, height);
    let mut pixels = Vec::with_capacity(width * height);
    // Rows that are already scaled across; an output row needs a short run of them.
    let mut ready: VecDeque<Vec<[f32; CHANNELS]>> = VecDeque::new();
    let mut ready_from = 0;
    let mut seen = Vec::with_capacity(source_width);
    let mut sum = vec![[0.0_f32; CHANNELS]; width];
    for taps in &down {
        while ready_from < taps.first && !ready.is_empty() {
            ready.pop_front();
            ready_from += 1;
        }
        ready_from = ready_from.max(taps.first);
        while ready.len() < taps.weights.len() {
            let row = (ready_from + ready.len()).min(source_height - 1);
            let row = &picture.rgba[row * source_width * 4..][..source_width * 4];
            seen.clear();
            seen.extend(row.as_chunks::<4>().0.iter().map(|&pixel| look(pixel)));
            ready.push_back(across.iter().map(|taps| taps.apply(&seen)).collect());
        }
        sum.fill([0.0; CHANNELS]);
        for (row, weight) in ready.iter().zip(&taps.weights) {
            for (sum, pixel) in sum.iter_mut().zip(row) {
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += value * weight;
                }
            }
        }
        pixels.extend(sum.iter().map(|&pixel| keep(pixel)));
    }
    pixels
}

impl Taps {
    fn apply<const CHANNELS: usize>(&self, row: &[[f32; CHANNELS]]) -> [f32; CHANNELS] {
        let mut sum = [0.0; CHANNELS];
        for (pixel, weight) in row[self.first..].iter().zip(&self.weights) {
            for (sum, value) in sum.iter_mut().zip(pixel) {
                *sum += value * weight;
            }
        }
        sum
    }
}
