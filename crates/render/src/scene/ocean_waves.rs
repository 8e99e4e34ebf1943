//! Waves: the swell as a sum of a few long ones, and a repeating patch of small ones.

use super::ocean_sea::{COARSE, Eye};
use super::patch::{Patch, SIDE};
use crate::math::{clamp01, float, float_of, floor, mix, sine, smooth, unit};
use crate::noise::{Random, hash};

/// One long wave; lengths in heights of the eye.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wave {
    /// Turns of the phase for one unit.
    across: f32,
    along: f32,
    high: f32,
    speed: f32,
    start: f32,
    length: f32,
}

/// Sine that compilers turn into vector code: for less than 2^22 turns.
fn swing(turns: f32) -> f32 {
    let t = turns - ((turns + 12_582_912.0) - 12_582_912.0);
    let parabola = 8.0 * t * (1.0 - 2.0 * t.abs());
    parabola * (0.775 + 0.225 * parabola.abs())
}

impl Wave {
    /// Waves from long to short; long ones run towards the eye, short ones in all directions.
    pub(super) fn spectrum(random: &mut Random, might: f32, heading: f32) -> Vec<Self> {
        let lengths = [17.0, 11.5, 7.6, 5.1, 3.3, 2.1, 1.35];
        lengths
            .iter()
            .enumerate()
            .map(|(number, length)| {
                let length = length * random.range(0.86, 1.14);
                let turn = heading + random.range(-1.0, 1.0) * (0.05 + 0.022 * float(number));
                let (across, along) = (sine(turn) / length, crate::math::cosine(turn) / length);
                let steep = random.range(0.75, 1.15) * if number == 0 { 0.7 } else { 1.0 };
                // Long waves grow more in a storm than short ones, which break.
                let growth = mix(might, might.sqrt(), float(number) / 6.0);
                Self {
                    across,
                    along,
                    high: 0.0135 * length * steep * growth,
                    speed: 0.60 / length.sqrt(),
                    start: random.range(0.0, 1.0),
                    length,
                }
            })
            .collect()
    }

    fn phase(&self, x: f32, z: f32, seconds: f32) -> f32 {
        let run = self.start + seconds * self.speed;
        x * self.across + z * self.along + (run - float_of(floor(run)))
    }

    /// Height above still water.
    pub(super) fn lift(&self, x: f32, z: f32, seconds: f32) -> f32 {
        let t = 0.5 + 0.5 * swing(self.phase(x, z, seconds));
        self.high * (2.0 * t * t - 0.75)
    }
}

/// The swell along one row, at every [`COARSE`]-th sample.
#[derive(Debug)]
pub(super) struct Crests {
    /// Height, slope to the right, slope ahead, and nearness to a crest (about −1 to 2).
    points: Vec<[f32; 4]>,
    /// Slope variance of the waves that are too small for the row.
    pub(super) rough: f32,
}

impl Crests {
    pub(super) fn new(count: usize) -> Self {
        Self { points: vec![[0.0; 4]; count], rough: 0.0 }
    }

    /// Evaluates the swell from `left` on; `deep` is how far ahead one row reaches.
    pub(super) fn fill(
        &mut self,
        waves: &[Wave],
        left: f32,
        spacing: f32,
        z: f32,
        deep: f32,
        eye: &Eye,
    ) {
        self.points.fill([0.0; 4]);
        self.rough = 0.0;
        let total: f32 = waves.iter().map(|wave| wave.high / wave.length).sum();
        for wave in waves {
            let seen = smooth(0.55, 0.22, deep / wave.length);
            let steep = std::f32::consts::TAU * wave.high / wave.length;
            self.rough += steep * steep * (1.0 - seen) * 0.5;
            if seen <= 0.0 {
                continue;
            }
            let start = wave.phase(left, z, eye.seconds);
            let high = wave.high * seen;
            let weight = wave.high / wave.length / total * seen * 2.0;
            let stride = spacing * wave.across;
            let (right, ahead) = (wave.across * 12.566 * high, wave.along * 12.566 * high);
            for (at, point) in self.points.iter_mut().enumerate() {
                let phase = start + stride * float(at);
                let (s, c) = (swing(phase), swing(phase + 0.25));
                let t = 0.5 + 0.5 * s;
                point[0] += high * (2.0 * t * t - 0.75);
                point[1] += right * t * c;
                point[2] += ahead * t * c;
                point[3] += weight * s;
            }
        }
    }

    /// The swell at a sample.
    pub(super) fn at(&self, sample: usize) -> [f32; 4] {
        let share = float(sample % COARSE) / float(COARSE);
        let pair = &self.points[sample / COARSE..sample / COARSE + 2];
        let mut out = [0.0; 4];
        for (channel, out) in out.iter_mut().enumerate() {
            *out = pair[0][channel] + (pair[1][channel] - pair[0][channel]) * share;
        }
        out
    }
}

/// Sizes of the patch in units, drift to the right and ahead in units a second, strength.
const LAYERS: [[f32; 4]; 3] =
    [[1.9, 0.04, 0.12, 0.062], [6.3, -0.06, 0.26, 0.064], [27.0, 0.08, 0.48, 0.050]];

/// A repeating patch of ripples: slope to the right, slope ahead, lace of foam, fields of foam.
#[derive(Debug)]
pub(super) struct Ripples {
    patch: Patch,
    /// Variance of the slopes that each level has lost.
    lost: Vec<f32>,
}

/// Ripples along one row of the frame.
#[derive(Debug, Default)]
pub(super) struct Row {
    layers: [Vec<[f32; 4]>; 3],
    starts: [f32; 3],
    /// Slope variance that the row no longer shows.
    pub(super) rough: f32,
}

impl Ripples {
    /// Sums waves of whole periods, so that the patch repeats.
    pub(super) fn new(seed: u32, threads: usize) -> Self {
        let mut waves = Vec::new();
        let random = |number: u32, kind: u32| unit(hash(number ^ hash(kind ^ seed)));
        for number in 0..56 {
            let size = 3.0 + 34.0 * random(number, 1) * random(number, 1);
            let turn = (random(number, 2) - 0.5) * (0.24 + 0.10 * random(number, 5));
            let across = float_of(floor(size * sine(turn) + 0.5));
            let along = float_of(floor(size * crate::math::cosine(turn) + 0.5));
            let length = (across * across + along * along).sqrt().max(1.0);
            let power = 1.0 / length.sqrt().sqrt();
            waves.push([
                across,
                along,
                random(number, 3),
                power * across / length,
                power * along / length,
            ]);
        }
        let mut first = Patch::paint(threads, |column, row| texel(&waves, column, row, seed));
        normalise(&mut first);
        let patch = Patch::new(first);
        let lost = patch.levels.iter().map(|level| (1.0 - variance(level)).max(0.0)).collect();
        Self { patch, lost }
    }

    /// Mixes the texels of one row of the frame, `distance` away and `step` frame heights tall;
    /// samples are `wide` units apart.
    pub(super) fn row(&self, row: &mut Row, distance: f32, step: f32, wide: f32, eye: &Eye) {
        row.rough = 0.0002;
        let deep = distance * distance * step / (eye.high * eye.focal);
        for (number, [size, right, ahead, strength]) in LAYERS.into_iter().enumerate() {
            let (level, share) = Patch::level(deep / size * float(SIDE));
            let z = (distance + eye.z + eye.seconds * ahead) / size;
            let z = z - float_of(floor(z));
            let out = &mut row.layers[number];
            out.resize(SIDE + 1, [0.0; 4]);
            // What samples would miss from side to side is left out.
            let kept = smooth(9.0, 2.5, wide / size * float(SIDE));
            let scale = [strength * kept, strength * kept, kept, kept];
            // The means of lace and fields.
            let base = [0.0, 0.0, 0.44 * (1.0 - kept), 0.5 * (1.0 - kept)];
            self.patch.pick(out, z, (level, share), scale, base);
            let x = eye.seconds * right / size;
            row.starts[number] = x - float_of(floor(x)) + float(number) * 0.37;
            let lost = mix(self.lost[level], self.lost[level + 1], share);
            let lost = 1.0 - (1.0 - lost) * kept * kept;
            row.rough += lost * strength * strength;
        }
    }
}

impl Row {
    /// Sum of the layers at `x` units: slopes, lace, fields of foam.
    pub(super) fn at(&self, x: f32) -> [f32; 4] {
        let mut sum = [0.0; 4];
        for (number, layer) in self.layers.iter().enumerate() {
            let at = (x * (1.0 / LAYERS[number][0]) + self.starts[number]) * float(SIDE);
            let whole = floor(at);
            let share = at - float_of(whole);
            let column = crate::math::bits(whole) as usize & (SIDE - 1);
            let pair = &layer[column..column + 2];
            let mut mixed = [0.0; 4];
            for (channel, mixed) in mixed.iter_mut().enumerate() {
                *mixed = pair[0][channel] + (pair[1][channel] - pair[0][channel]) * share;
            }
            sum[0] += mixed[0];
            sum[1] += mixed[1];
            match number {
                0 => sum[2] += mixed[2] * 0.75,
                1 => sum[2] += mixed[2] * 0.25,
                _ => sum[3] += mixed[3],
            }
        }
        sum
    }
}

fn texel(waves: &[[f32; 5]], column: usize, row: usize, seed: u32) -> [f32; 4] {
    let side = float(SIDE);
    let (x, z) = (float(column) / side, float(row) / side);
    let (mut across, mut along) = (0.0, 0.0);
    for [right, ahead, start, power_x, power_z] in waves {
        let turn = swing(right * x + ahead * z + start);
        across += power_x * turn;
        along += power_z * turn;
    }
    let lace = wrapped(x, z, 15, seed ^ 5) * 0.42
        + wrapped(x, z, 31, seed ^ 6) * 0.34
        + wrapped(x, z, 58, seed ^ 9) * 0.24;
    // Threads of foam lie where two noises meet.
    let lace = 1.0 - (2.0 * lace - 1.0).abs() * 2.2;
    let field = wrapped(x, z, 6, seed ^ 7) * 0.6 + wrapped(x, z, 17, seed ^ 8) * 0.4;
    [across, along, clamp01(lace), field]
}

/// Smooth noise of a period of one with `cells` features.
fn wrapped(x: f32, z: f32, cells: i32, seed: u32) -> f32 {
    let (x, z) = (x * float_of(cells), z * float_of(cells));
    let (column, row) = (floor(x), floor(z));
    let (fx, fz) = (x - float_of(column), z - float_of(row));
    let (fx, fz) = (fx * fx * (3.0 - 2.0 * fx), fz * fz * (3.0 - 2.0 * fz));
    let corner = |dx: i32, dz: i32| {
        let (column, row) = ((column + dx).rem_euclid(cells), (row + dz).rem_euclid(cells));
        unit(crate::noise::hash_at(column, row, seed))
    };
    mix(mix(corner(0, 0), corner(1, 0), fx), mix(corner(0, 1), corner(1, 1), fx), fz)
}

/// Mean square of the slopes.
fn variance(cells: &[[f32; 4]]) -> f32 {
    let sum: f32 = cells.iter().map(|cell| cell[0] * cell[0] + cell[1] * cell[1]).sum();
    sum / float(cells.len())
}

/// Scales the slopes to a mean square of one.
fn normalise(cells: &mut [[f32; 4]]) {
    let scale = 1.0 / variance(cells).sqrt().max(1e-6);
    for cell in cells {
        cell[0] *= scale;
        cell[1] *= scale;
    }
}
