//! Random numbers and noise from integer hashes: a pure function of position and seed.

use crate::math::{bits, clamp01, float, float_of, floor, index, low, mix, unit};

/// Scrambles 32 bits so that neighbours are unrelated.
pub(crate) const fn hash(value: u32) -> u32 {
    let mut x = value ^ (value >> 16);
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// Hash of a lattice point.
pub(crate) const fn hash_at(x: i32, y: i32, seed: u32) -> u32 {
    let row = bits(y).wrapping_mul(0x9e37_79b9) ^ seed;
    hash(bits(x).wrapping_mul(0x85eb_ca6b) ^ hash(row))
}

/// A number from 0 to below 1 for the `index`-th thing of a kind.
pub(crate) const fn random_at(index: u32, kind: u32, seed: u32) -> f32 {
    unit(hash(index.wrapping_mul(0x9e37_79b9) ^ hash(kind ^ seed)))
}

/// Mixes bytes into 64 bits (the multiply-xor scheme of splitmix64 on each word).
pub(crate) fn digest(bytes: &[u8], seed: u64) -> u64 {
    let mut state = scramble(seed ^ 0x5275_7368_6573_2121);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let length = u64::from(crate::math::low_byte(chunk.len() as u64)) << 56;
        state = scramble(state.wrapping_mul(31) ^ u64::from_le_bytes(word) ^ length);
    }
    state
}

const fn scramble(value: u64) -> u64 {
    let mut x = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A stream of random numbers, for laying out a scene.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// A stream that depends on `seed` alone.
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 32 bits.
    pub(crate) fn next(&mut self) -> u32 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        low(scramble(self.state) >> 32)
    }

    /// From `from` to below `to`.
    pub(crate) fn range(&mut self, from: f32, to: f32) -> f32 {
        mix(from, to, unit(self.next()))
    }

    /// True in `share` of all cases.
    pub(crate) fn chance(&mut self, share: f32) -> bool {
        unit(self.next()) < share
    }

    /// One of `choices`, which must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let at = index(unit(self.next()) * float(choices.len()));
        &choices[at.min(choices.len() - 1)]
    }
}

/// Smooth noise from 0 to 1 with features of size 1.
pub(crate) fn value(x: f32, y: f32, seed: u32) -> f32 {
    let (column, row) = (floor(x), floor(y));
    let (fx, fy) = (x - float_of(column), y - float_of(row));
    let (fx, fy) = (fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy));
    let corner =
        |dx: i32, dy: i32| unit(hash_at(column.wrapping_add(dx), row.wrapping_add(dy), seed));
    mix(mix(corner(0, 0), corner(1, 0), fx), mix(corner(0, 1), corner(1, 1), fx), fy)
}

/// Noise of several octaves, 0 to 1, mean one half.
pub(crate) fn cloud(x: f32, y: f32, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut total, mut weight) = (0.0, 0.0, 1.0);
    let (mut x, mut y) = (x, y);
    for octave in 0..octaves {
        sum += weight * value(x, y, seed.wrapping_add(octave));
        total += weight;
        weight *= 0.5;
        // A rotation between octaves hides the lattice.
        (x, y) = (1.6 * x + 1.2 * y + 3.7, 1.6 * y - 1.2 * x + 9.1);
    }
    sum / total
}

/// Noise with sharp crests, 0 to 1, as of eroded rock.
pub(crate) fn ridge(x: f32, y: f32, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut total, mut weight, mut previous) = (0.0, 0.0, 1.0, 1.0);
    let (mut x, mut y) = (x, y);
    for octave in 0..octaves {
        let crest = 1.0 - (2.0 * value(x, y, seed.wrapping_add(octave)) - 1.0).abs();
        let crest = crest * crest;
        sum += weight * crest * previous;
        total += weight;
        previous = clamp01(crest * 1.6);
        weight *= 0.52;
        (x, y) = (1.6 * x + 1.2 * y + 5.3, 1.6 * y - 1.2 * x + 1.9);
    }
    sum / total
}

/// A square of noise that repeats, for things that drift: looking up is cheaper than computing.
#[derive(Debug)]
pub(crate) struct Tile {
    cells: Vec<f32>,
}

/// Side of a [`Tile`] in cells; a power of two.
pub(crate) const TILE_SIDE: usize = 256;

impl Tile {
    /// Cloud noise that wraps around after [`TILE_SIDE`] cells; values 0 to 1, mean one half.
    pub(crate) fn cloud(seed: u32) -> Self {
        let mut cells = vec![0.0; TILE_SIDE * TILE_SIDE];
        for (at, cell) in cells.iter_mut().enumerate() {
            let (x, y) = (float(at % TILE_SIDE), float(at / TILE_SIDE));
            let (mut sum, mut weight, mut total, mut period) = (0.0, 1.0, 0.0, 4_i32);
            for octave in 0..6 {
                let step = float_of(period) / float(TILE_SIDE);
                sum += weight * wrapped(x * step, y * step, period, seed.wrapping_add(octave));
                total += weight;
                weight *= 0.55;
                period *= 2;
            }
            *cell = clamp01((sum / total - 0.5) * 1.5 + 0.5);
        }
        Self { cells }
    }

    /// Interpolated value; one tile is 1 × 1.
    pub(crate) fn at(&self, x: f32, y: f32) -> f32 {
        let side = float(TILE_SIDE);
        let (x, y) = (x * side, y * side);
        let (column, row) = (floor(x), floor(y));
        let (fx, fy) = (x - float_of(column), y - float_of(row));
        let mask = TILE_SIDE - 1;
        let left = bits(column) as usize & mask;
        let top = (bits(row) as usize & mask) * TILE_SIDE;
        let right = (left + 1) & mask;
        let bottom = (top + TILE_SIDE) & (TILE_SIDE * TILE_SIDE - 1);
        let cell = |at: usize| self.cells.get(at).copied().unwrap_or_default();
        mix(
            mix(cell(top + left), cell(top + right), fx),
            mix(cell(bottom + left), cell(bottom + right), fx),
            fy,
        )
    }
}

fn wrapped(x: f32, y: f32, period: i32, seed: u32) -> f32 {
    let (column, row) = (floor(x), floor(y));
    let (fx, fy) = (x - float_of(column), y - float_of(row));
    let (fx, fy) = (fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy));
    let corner = |dx: i32, dy: i32| {
        unit(hash_at((column + dx).rem_euclid(period), (row + dy).rem_euclid(period), seed))
    };
    mix(mix(corner(0, 0), corner(1, 0), fx), mix(corner(0, 1), corner(1, 1), fx), fy)
}
