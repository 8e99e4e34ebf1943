//! The sandy floor in perspective, with ripples of sand and the net of light that waves cast on it.

use super::patch::{Patch, SIDE};
use super::reef_paint::Palette;
use super::{Moment, View};
use crate::canvas::Canvas;
use crate::math::{
    clamp01, cosine, fade, float, float_of, floor, linear, mix, mix3, position, scale3, signed,
    sine, smooth, unit,
};
use crate::noise::{hash, hash_at};
use crate::prompt::Hour;

/// Columns for one sample.
const STEP: usize = 2;
/// Size of one patch of sand, and of the two fields whose sum makes the net of light, in heights
/// of the eye.
const SIZES: [f32; 3] = [3.0, 2.6, 2.0];

/// The floor.
#[derive(Debug)]
pub(super) struct Floor {
    patch: Patch,
    sand: [f32; 3],
    light: [f32; 3],
}

impl Floor {
    pub(super) fn new(palette: &Palette, seed: u32, hour: Hour, threads: usize) -> Self {
        let waves = waves(seed);
        let first = Patch::paint(threads, |column, row| texel(&waves, column, row, seed));
        let net = match hour {
            Hour::Day => 1.0,
            Hour::Dawn => 0.75,
            Hour::Dusk => 0.50,
            Hour::Night => 0.16,
        };
        Self {
            patch: Patch::new(first),
            sand: linear(palette.sand),
            light: scale3(mix3(linear(palette.surface), [0.9, 1.0, 0.95], 0.4), net),
        }
    }

    /// Draws the rows from `line` down over the water that the canvas holds.
    pub(super) fn draw(&self, canvas: &mut Canvas, line: f32, view: View, moment: Moment) {
        let (width, height) = (canvas.width, float(canvas.height));
        let first = position(floor(line)).min(canvas.height);
        let horizon = line - height * 0.05;
        let count = width / STEP + 2;
        let middle = float(width) * 0.5;
        let mut rows = [0; 3].map(|_| vec![[0.0; 4]; SIDE + 1]);
        let mut shade = vec![[0.0_f32; 2]; count];
        let t = moment.seconds;
        let drift = [[0.0, 0.0], [t * 0.085, t * 0.05], [-t * 0.07, -t * 0.065]];
        for y in first..canvas.height {
            let v = (float(y) + 0.5 - horizon) / height;
            let distance = 0.42 / v;
            let deep = distance / (v * height);
            let z = distance + view.zoom * 3.0;
            let mut starts = [0.0; 3];
            for (number, row) in rows.iter_mut().enumerate() {
                let size = SIZES[number];
                let at = (z + drift[number][1]) / size + float(number) * 0.31;
                let level = Patch::level(deep / size * float(SIDE));
                self.patch.pick(row, at - float_of(floor(at)), level, [1.0; 4], [0.0; 4]);
                starts[number] = drift[number][0] / size;
            }
            // Far away the net is too fine to be seen.
            let clear = 0.62 * fade((distance - 1.5).max(0.0) * 0.55);
            let unit = distance / height;
            let left = view.x * 2.6 - middle * unit;
            for (at, out) in shade.iter_mut().enumerate() {
                let x = left + float(at * STEP) * unit;
                let sand = look(&rows[0], x / SIZES[0]);
                let one = look(&rows[1], x / SIZES[1] + starts[1]);
                let two = look(&rows[2], x / SIZES[2] + starts[2]);
                let first = one[0] + two[1];
                let second = one[1] * 0.9 - two[0] + 0.25;
                let net = 1.0 / (1.0 + first * first * 34.0) + 0.6 / (1.0 + second * second * 40.0);
                *out = [0.62 + sand[2] * 0.62 + sand[3] * 0.35, net * net * clear];
            }
            let seen = fade((distance - 0.8).max(0.0) * 0.55)
                * smooth(line, line + height * 0.11, float(y));
            let feet = mix(1.0, 0.55, smooth(0.12, 0.36, v));
            self.mix_row(canvas, y, &shade, seen, feet);
        }
    }

    fn mix_row(&self, canvas: &mut Canvas, y: usize, shade: &[[f32; 2]], seen: f32, feet: f32) {
        let width = canvas.width;
        let row = &mut canvas.light[y * width * 3..][..width * 3];
        for (channel, row) in row.chunks_exact_mut(width).enumerate() {
            let (sand, light) = (self.sand[channel] * feet, self.light[channel]);
            for (pair, out) in shade.windows(2).zip(row.chunks_mut(STEP)) {
                let level =
                    [pair[0], [(pair[0][0] + pair[1][0]) * 0.5, (pair[0][1] + pair[1][1]) * 0.5]];
                for (out, [relief, net]) in out.iter_mut().zip(level) {
                    let floor = sand * relief * (1.0 + net * light * 2.1);
                    *out = mix(*out, floor, seen);
                }
            }
        }
    }
}

fn look(row: &[[f32; 4]], x: f32) -> [f32; 4] {
    let at = x * float(SIDE);
    let whole = floor(at);
    let share = at - float_of(whole);
    let column = crate::math::bits(whole) as usize & (SIDE - 1);
    let pair = &row[column..column + 2];
    let mut out = [0.0; 4];
    for (channel, out) in out.iter_mut().enumerate() {
        *out = mix(pair[0][channel], pair[1][channel], share);
    }
    out
}

/// Waves of whole periods in all directions: their sum repeats.
fn waves(seed: u32) -> Vec<[f32; 4]> {
    let random = |number: u32, kind: u32| unit(hash(number ^ hash(kind ^ seed)));
    (0..26)
        .map(|number| {
            let size = 3.0 + 8.0 * random(number, 11);
            let turn = random(number, 12);
            let across = float_of(floor(size * cosine(turn) + 0.5));
            let along = float_of(floor(size * sine(turn) + 0.5));
            [across, along, random(number, 13), 0.55 / (1.0 + 0.06 * size)]
        })
        .collect()
}

/// Two smooth fields around zero, ripples of sand and its large patches.
fn texel(waves: &[[f32; 4]], column: usize, row: usize, seed: u32) -> [f32; 4] {
    let (x, z) = (float(column) / float(SIDE), float(row) / float(SIDE));
    let mut fields = [0.0; 2];
    for (number, [across, along, start, power]) in waves.iter().enumerate() {
        fields[number % 2] += power * sine(across * x + along * z + start);
    }
    let bend = fields[0] * 0.05 + fields[1] * 0.03;
    let ridge = sine(z * 17.0 + x * 3.0 + bend * 4.0);
    let grain = unit(hash_at(signed(column), signed(row), seed ^ 0x77)) - 0.5;
    let sand = ridge * 0.22 * clamp01(0.7 + fields[1] * 0.4) + grain * 0.16;
    [fields[0] * 0.5, fields[1] * 0.5, sand, fields[0] * 0.12]
}
