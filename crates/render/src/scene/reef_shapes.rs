//! Shapes of a reef, stamped into a picture: stone, corals, sponges, weed.

use crate::math::{
    clamp01, cosine, float, float_of, floor, mix, mix3, position, scale3, signed, sine,
};
use crate::noise::{Random, cloud, ridge, value};
use crate::texture::{Texture, premultiplied};

/// A picture that is being painted; lengths are in frame heights.
pub(super) struct Easel {
    width: usize,
    height: usize,
    /// Straight colour and coverage.
    cells: Vec<[f32; 4]>,
    /// Pixels of one frame height.
    pub(super) scale: f32,
    /// Where (0, 0) lies in pixels.
    origin: (f32, f32),
    /// Light on the shapes: 1 in full light.
    pub(super) light: f32,
}

impl Easel {
    pub(super) fn new(width: usize, height: usize, scale: f32, origin: (f32, f32)) -> Self {
        Self { width, height, cells: vec![[0.0; 4]; width * height], scale, origin, light: 1.0 }
    }

    /// Some columns of the picture, after `air` has changed colour and coverage at each height.
    pub(super) fn finish(
        &self,
        columns: std::ops::Range<usize>,
        air: impl Fn([f32; 3], f32) -> ([f32; 3], f32),
    ) -> Texture {
        let mut texels = Vec::with_capacity(columns.len() * self.height);
        for (row, cells) in self.cells.chunks_exact(self.width).enumerate() {
            let y = (float(row) - self.origin.1) / self.scale;
            texels.extend(cells[columns.clone()].iter().map(|[red, green, blue, alpha]| {
                if *alpha <= 0.0 {
                    return [0; 4];
                }
                let (colour, share) = air([*red, *green, *blue], y);
                premultiplied(colour, alpha * share)
            }));
        }
        Texture::from_texels(columns.len(), self.height, texels)
    }

    fn put(&mut self, column: i32, row: i32, colour: [f32; 3], alpha: f32) {
        if column < 0 || row < 0 || column >= signed(self.width) || row >= signed(self.height) {
            return;
        }
        let cell = &mut self.cells[position(row) * self.width + position(column)];
        let total = alpha + cell[3] * (1.0 - alpha);
        let share = if total > 0.0 { alpha / total } else { 0.0 };
        for (channel, value) in cell.iter_mut().take(3).enumerate() {
            *value = mix(*value, colour[channel], share);
        }
        cell[3] = total;
    }

    /// Colours every pixel of a box by its place; `paint` gives colour and coverage.
    fn cover(
        &mut self,
        (left, top, right, bottom): (f32, f32, f32, f32),
        paint: impl Fn(f32, f32) -> ([f32; 3], f32),
    ) {
        let (scale, origin) = (self.scale, self.origin);
        let rows = floor(top * scale + origin.1)..=floor(bottom * scale + origin.1) + 1;
        for row in rows {
            if row < 0 || row >= signed(self.height) {
                continue;
            }
            let y = (float_of(row) - origin.1) / scale;
            for column in floor(left * scale + origin.0)..=floor(right * scale + origin.0) + 1 {
                let x = (float_of(column) - origin.0) / scale;
                let (colour, alpha) = paint(x, y);
                if alpha > 0.0 {
                    self.put(column, row, colour, alpha);
                }
            }
        }
    }

    /// A ball lit from above.
    pub(super) fn ball(&mut self, x: f32, y: f32, radius: f32, colour: [f32; 3]) {
        let (scale, light) = (self.scale, self.light);
        let reach = radius + 1.0 / scale;
        self.cover((x - reach, y - reach, x + reach, y + reach), |px, py| {
            let (dx, dy) = ((px - x) / radius, (py - y) / radius);
            let from = (dx * dx + dy * dy).sqrt();
            let alpha = clamp01((1.0 - from) * radius * scale + 0.5);
            let lit = clamp01(0.52 - dy * 0.50 - dx * 0.12) * light;
            (shaded(colour, lit), alpha)
        });
    }

    /// A bank of stone from `left` to `right` whose top follows `crest`, lit from above.
    pub(super) fn stone(
        &mut self,
        (left, right): (f32, f32),
        bottom: f32,
        crest: impl Fn(f32) -> f32,
        (colour, detail): ([f32; 3], u32),
        seed: u32,
    ) {
        let (scale, light) = (self.scale, self.light);
        let line: Vec<f32> = (0..self.width)
            .map(|column| {
                let x = (float(column) - self.origin.0) / scale;
                crest(x) + (cloud(x * 60.0, 3.0, 2, seed ^ 9) - 0.5) * 0.012
            })
            .collect();
        let highest = line.iter().copied().fold(bottom, f32::min);
        let first = self.origin.0;
        self.cover((left, highest - 0.01, right, bottom), |x, y| {
            let column = position(floor(x * scale + first + 0.5)).min(line.len() - 1);
            let top = line[column];
            let alpha = clamp01((y - top) * scale + 0.5);
            if alpha <= 0.0 {
                return ([0.0; 3], 0.0);
            }
            let face = |x: f32, y: f32| {
                let bend = value(x * 9.0, y * 9.0, seed ^ 5) * 0.7;
                ridge(x * 8.0 + bend, y * 11.0 + bend, detail, seed ^ 7)
            };
            let slope = face(x, y) - face(x - 0.003, y - 0.010);
            let deep = (y - top).max(0.0);
            let lit = clamp01(0.46 + slope * 1.9 - deep * 1.7 + 0.22 * clamp01(1.0 - deep * 40.0));
            let moss = cloud(x * 18.0, y * 18.0, 2, seed ^ 0xb);
            let tint = mix3(colour, [0.46, 0.30, 0.42], clamp01((moss - 0.45) * 2.6) * 0.6);
            (shaded(tint, lit * light), alpha)
        });
    }

    /// A brain coral: half a ball with winding grooves.
    pub(super) fn brain(&mut self, x: f32, y: f32, radius: f32, colour: [f32; 3], seed: u32) {
        let (scale, light) = (self.scale, self.light);
        let box_ = (x - radius * 1.05, y - radius, x + radius * 1.05, y + radius);
        self.cover(box_, |px, py| {
            let (dx, dy) = ((px - x) / radius, (py - y) / radius * 1.15);
            let from = (dx * dx + dy * dy).sqrt();
            let alpha = clamp01((1.0 - from) * radius * scale + 0.5);
            let bulge = 1.0 + from * from * 0.6;
            let wind = cloud(dx * 4.2 * bulge, dy * 4.2 * bulge, 2, seed);
            let groove = (wind * 9.0 - float_of(floor(wind * 9.0)) - 0.5).abs() * 2.0;
            let lit = 0.50 - dy * 0.55 - dx * 0.10 + (groove - 0.5) * 0.24;
            (shaded(colour, clamp01(lit) * light), alpha)
        });
    }

    /// A stroke that tapers, as a row of balls.
    pub(super) fn stroke(
        &mut self,
        from: (f32, f32),
        to: (f32, f32),
        girth: (f32, f32),
        colours: ([f32; 3], [f32; 3]),
    ) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = (dx * dx + dy * dy).sqrt();
        let steps =
            position(floor(length / (girth.0.max(girth.1) * 0.45).max(0.5 / self.scale))) + 1;
        for step in 0..=steps {
            let t = float(step) / float(steps);
            let colour = mix3(colours.0, colours.1, t);
            self.ball(from.0 + dx * t, from.1 + dy * t, mix(girth.0, girth.1, t), colour);
        }
    }

    /// A branching coral: `turn` is the direction in turns from straight up.
    pub(super) fn branches(
        &mut self,
        random: &mut Random,
        at: (f32, f32),
        (length, girth, turn): (f32, f32, f32),
        left: u8,
        colour: [f32; 3],
    ) {
        let to = (at.0 + sine(turn) * length, at.1 - cosine(turn) * length);
        let tip = mix3(colour, [1.0, 0.95, 0.90], if left == 0 { 0.55 } else { 0.08 });
        self.stroke(at, to, (girth, girth * 0.78), (colour, tip));
        if left == 0 {
            return;
        }
        let count = if random.chance(0.35) { 3 } else { 2 };
        for number in 0..count {
            let spread = (float_of(number) / float_of(count - 1) - 0.5) * 0.22;
            let next = turn * 0.85 + spread + random.range(-0.035, 0.035);
            let shape = (length * random.range(0.66, 0.88), girth * 0.76, next);
            self.branches(random, to, shape, left - 1, colour);
        }
    }

    /// A fan: a lattice of veins in one plane.
    pub(super) fn fan(&mut self, x: f32, y: f32, radius: f32, colour: [f32; 3], seed: u32) {
        let (scale, light) = (self.scale, self.light);
        let box_ = (x - radius * 1.1, y - radius * 1.2, x + radius * 1.1, y);
        self.cover(box_, |px, py| {
            let (dx, dy) = ((px - x) / radius, (y - py) / radius);
            let from = (dx * dx + dy * dy).sqrt();
            let lobe = 0.86 + 0.22 * cloud(dx * 2.4 + 5.0, dy * 2.4, 2, seed);
            let side = clamp01((dy * 1.5 + 0.06 - dx.abs()) * radius * scale);
            let edge = clamp01((lobe - from) * radius * scale);
            let angle = dx / (dy + 0.35) * 7.0 + cloud(dx * 5.0, dy * 5.0, 2, seed ^ 3) * 1.6;
            let vein = (angle - float_of(floor(angle)) - 0.5).abs() * 2.0;
            let ring = from * 13.0 + cloud(dx * 7.0, dy * 7.0, 2, seed ^ 4) * 2.0;
            let ring = (ring - float_of(floor(ring)) - 0.5).abs() * 2.0;
            let lace = clamp01((vein.max(ring) - 0.50) * 3.2);
            let lit = clamp01(0.40 + dy * 0.34 + lace * 0.20);
            (shaded(colour, lit * light), side * edge * mix(0.36, 1.0, lace))
        });
        self.stroke(
            (x, y),
            (x, y - radius * 0.25),
            (radius * 0.05, radius * 0.03),
            (colour, colour),
        );
    }

    /// A cluster of tube sponges, open at the top.
    pub(super) fn tubes(
        &mut self,
        random: &mut Random,
        x: f32,
        y: f32,
        tall: f32,
        colour: [f32; 3],
    ) {
        for number in 0..5_u8 {
            let lean = (f32::from(number) - 2.0) * 0.26 + random.range(-0.1, 0.1);
            let high = tall * random.range(0.6, 1.0);
            let (girth, top) = (tall * 0.085, (x + lean * high, y - high));
            let foot = (x + lean * tall * 0.25, y);
            self.stroke(foot, top, (girth * 0.8, girth * 1.1), (scale3(colour, 0.75), colour));
            let (scale, dark) = (self.scale, scale3(colour, 0.16));
            let box_ = (top.0 - girth * 1.2, top.1 - girth, top.0 + girth * 1.2, top.1 + girth);
            self.cover(box_, |px, py| {
                let (dx, dy) = ((px - top.0) / girth, (py - top.1 + girth * 0.25) / (girth * 0.42));
                let inside =
                    clamp01((0.82 - (dx * dx + dy * dy).sqrt()) * girth * 0.5 * scale + 0.5);
                (dark, inside)
            });
        }
    }
}

/// A colour in little or much light: shadows are bluish, never black.
fn shaded(colour: [f32; 3], lit: f32) -> [f32; 3] {
    let dark = [colour[0] * 0.12, colour[1] * 0.17, colour[2] * 0.28];
    mix3(dark, mix3(colour, [1.0, 1.0, 0.94], (lit - 0.72).max(0.0)), clamp01(lit * 1.15))
}
