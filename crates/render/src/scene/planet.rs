//! A planet that turns: bands of gas or a rocky crust, an atmosphere, perhaps rings.

use super::{Moment, Stage, View, project};
use crate::canvas::Canvas;
use crate::math::{
    add3, clamp01, float, float_of, floor, index, linear, mix, mix3, position, rgb, scale3, sine,
    smooth,
};
use crate::noise::{Random, cloud, ridge};

/// Size of the map of the surface, which wraps around.
const MAP: (usize, usize) = (512, 256);

/// Three colours of a surface, as displayed.
const SURFACES: [[u32; 3]; 5] = [
    [0x8a_5a3c, 0xe8_c498, 0xf8_ecd8],
    [0x2a_4a7c, 0x78_a8d8, 0xe8_f4fc],
    [0x6c_2c2c, 0xd8_7848, 0xf4_c890],
    [0x3c_3058, 0xa8_7cb4, 0xf0_d0dc],
    [0x1c_4c4c, 0x58_b09c, 0xe4_f4d4],
];

/// The planet of one film.
#[derive(Debug)]
pub(super) struct Planet {
    map: Vec<[f32; 3]>,
    /// Middle and radius, in frame widths and heights at rest.
    middle: (f32, f32),
    radius: f32,
    tilt: (f32, f32),
    sun: [f32; 3],
    air: [f32; 3],
    rings: bool,
    ring_bands: Vec<f32>,
    ring_colour: [f32; 3],
}

impl Planet {
    pub(super) fn new(
        random: &mut Random,
        stage: &Stage,
        colours: [[f32; 3]; 4],
        left: bool,
        core: (f32, f32),
    ) -> Self {
        let surface = random.pick(&SURFACES).map(rgb);
        let seed = random.next();
        let gas = random.chance(0.6);
        let map = (0..MAP.0 * MAP.1).map(|at| {
            let (u, v) = (float(at % MAP.0) / float(MAP.0), float(at / MAP.0) / float(MAP.1));
            linear(if gas { bands(surface, u, v, seed) } else { crust(surface, u, v, seed) })
        });
        let portrait = stage.height > stage.width;
        let radius = if portrait { random.range(0.13, 0.17) } else { random.range(0.22, 0.30) };
        let x = if left { random.range(0.22, 0.30) } else { random.range(0.70, 0.78) };
        let y = if portrait { random.range(0.60, 0.66) } else { random.range(0.50, 0.60) };
        // Light comes from the core of the nebula, a little from the front.
        let aspect = float(stage.width) / float(stage.height);
        let (dx, dy) = ((core.0 - x) * aspect, core.1 - y);
        let length = (dx * dx + dy * dy + 0.16).sqrt();
        let rings = random.chance(0.65);
        let ring_seed = random.next();
        Self {
            map: map.collect(),
            middle: (x, y),
            radius,
            tilt: (0.94, random.range(-0.34, 0.34)),
            sun: [dx / length, dy / length, 0.4 / length],
            air: linear(mix3(colours[2], [0.6, 0.8, 1.0], 0.5)),
            rings,
            ring_bands: (0..256_usize)
                .map(|band| {
                    let at = float(band);
                    let fine = cloud(at * 0.19, 0.5, 3, ring_seed);
                    let gap = smooth(0.0, 0.05, (at / 256.0 - 0.62).abs());
                    smooth(0.28, 0.62, fine)
                        * gap
                        * smooth(0.0, 0.06, at / 256.0)
                        * smooth(1.0, 0.90, at / 256.0)
                })
                .collect(),
            ring_colour: linear(mix3(surface[1], surface[2], 0.6)),
        }
    }

    pub(super) fn draw(&self, moment: Moment, view: View, stage: &Stage, canvas: &mut Canvas) {
        let (width, height) = (float(stage.width), float(stage.height));
        let (x, y) = (self.middle.0 * width, self.middle.1 * height);
        let (x, y) = project(view, stage, height * 0.5, 0.75, x, y);
        let radius = self.radius * height * (1.0 + view.zoom * 0.75);
        let reach = radius * if self.rings { 2.3 } else { 1.35 };
        let rows = position(floor(y - reach))..position(floor(y + reach)).min(stage.height);
        let columns = position(floor(x - reach))..position(floor(x + reach)).min(stage.width);
        let turn = moment.seconds * 0.012;
        for row in rows {
            for column in columns.clone() {
                let (dx, dy) =
                    ((float(column) + 0.5 - x) / radius, (float(row) + 0.5 - y) / radius);
                let at = row * stage.width * 3 + column;
                let mut light = [0, 1, 2].map(|channel| canvas.light[at + channel * stage.width]);
                light = self.pixel(light, dx, dy, turn, 1.2 / radius);
                for (channel, value) in light.into_iter().enumerate() {
                    canvas.light[at + channel * stage.width] = value;
                }
            }
        }
    }

    /// One pixel at (`dx`, `dy`) planet radii from the middle; `soft` is a pixel in radii.
    fn pixel(&self, behind: [f32; 3], dx: f32, dy: f32, turn: f32, soft: f32) -> [f32; 3] {
        let squared = dx * dx + dy * dy;
        let mut light = behind;
        let ring = if self.rings { self.ring(dx, dy) } else { None };
        if let Some((density, z)) = ring
            && z < 0.0
        {
            light = self.lay_ring(light, dx, dy, density);
        }
        // Air around the rim, brightest on the sunny side; its inner end is under the ground.
        if squared > 0.9 {
            let distance = (squared.sqrt() - 1.0).max(0.0);
            let side = clamp01((dx * self.sun[0] + dy * self.sun[1]) * 0.9 + 0.25);
            let haze = 1.0 / (1.0 + distance * 55.0);
            light = add3(light, scale3(self.air, haze * haze * side * 0.75));
        }
        if squared < 1.0 {
            let depth = (1.0 - squared).sqrt();
            let edge = clamp01(depth * depth / (2.0 * soft));
            light = mix3(light, self.ground(dx, dy, depth, turn), edge);
        }
        if let Some((density, z)) = ring
            && z >= 0.0
        {
            light = self.lay_ring(light, dx, dy, density);
        }
        light
    }

    fn ground(&self, dx: f32, dy: f32, depth: f32, turn: f32) -> [f32; 3] {
        // Turn into the planet's own axes, then longitude and latitude by cheap inverses.
        let up = dy * self.tilt.0 - dx * self.tilt.1;
        let across = dx * self.tilt.0 + dy * self.tilt.1;
        let u = 0.25 * atan_turns(across, depth) + turn;
        let v = 0.5 + up * (0.5 + 0.08 * up * up) * 0.86;
        let colour = self.sample(u, v);
        let facing = dx * self.sun[0] + dy * self.sun[1] + depth * self.sun[2];
        let day = smooth(-0.10, 0.55, facing) * (0.25 + 0.95 * clamp01(facing));
        let rim = (1.0 - depth) * (1.0 - depth);
        let shadow = self.ring_shadow(dx, dy);
        let lit = scale3(colour, day * shadow * (1.0 - 0.35 * rim));
        add3(lit, scale3(self.air, rim * rim * (0.10 + 0.75 * clamp01(facing + 0.25))))
    }

    fn sample(&self, u: f32, v: f32) -> [f32; 3] {
        let x = (u - float_of(floor(u))) * float(MAP.0);
        let y = clamp01(v) * float(MAP.1 - 2);
        let (left, top) = (index(x) % MAP.0, index(y).min(MAP.1 - 2));
        let (dx, dy) = (x - float_of(floor(x)), y - float(top));
        let right = (left + 1) % MAP.0;
        let cell = |column: usize, row: usize| self.map[row * MAP.0 + column];
        let upper = mix3(cell(left, top), cell(right, top), dx);
        mix3(upper, mix3(cell(left, top + 1), cell(right, top + 1), dx), dy)
    }

    /// Density of the rings at a pixel and whether they are before (≥ 0) or behind the planet.
    fn ring(&self, dx: f32, dy: f32) -> Option<(f32, f32)> {
        let up = dy * self.tilt.0 - dx * self.tilt.1;
        let across = dx * self.tilt.0 + dy * self.tilt.1;
        // The plane of the rings is seen at a flat angle: heights are stretched.
        let away = up * 3.9;
        let distance = (across * across + away * away).sqrt();
        let at = (distance - 1.32) / 0.92;
        if !(0.0..1.0).contains(&at) {
            return None;
        }
        let slot = at * 255.0;
        let low = index(slot).min(254);
        let density = mix(self.ring_bands[low], self.ring_bands[low + 1], slot - float(low));
        Some((density, up))
    }

    fn lay_ring(&self, behind: [f32; 3], dx: f32, dy: f32, density: f32) -> [f32; 3] {
        // The planet's shadow falls on the rings on the side away from the sun.
        let along = dx * self.sun[0] + dy * self.sun[1];
        let beside = dx * self.sun[1] - dy * self.sun[0];
        let dark = smooth(0.0, -0.3, along) * smooth(1.0, 0.8, beside.abs());
        let light = scale3(self.ring_colour, 0.75 * (1.0 - 0.88 * dark));
        mix3(behind, light, density * 0.72)
    }

    fn ring_shadow(&self, dx: f32, dy: f32) -> f32 {
        if !self.rings {
            return 1.0;
        }
        let shifted = self.ring(dx + self.sun[0] * 0.35, dy + self.sun[1] * 0.35 - 0.10);
        shifted.map_or(1.0, |(density, _)| 1.0 - 0.5 * density)
    }
}

/// A quarter turn is 1: the angle of (`y`, `x`) for `x` ≥ 0.
fn atan_turns(y: f32, x: f32) -> f32 {
    let (small, large) = if y.abs() < x { (y.abs(), x) } else { (x, y.abs()) };
    let ratio = small / large.max(1e-6);
    let angle = ratio * (0.6367 - 0.1367 * ratio * ratio);
    let angle = if y.abs() < x { angle } else { 1.0 - angle };
    if y < 0.0 { -angle } else { angle }
}

/// Clouds of a gas giant in bands, curled at their borders.
fn bands(colours: [[f32; 3]; 3], u: f32, v: f32, seed: u32) -> [f32; 3] {
    // A circle through the noise makes the map wrap around.
    let (x, y) = (sine(u) * 1.3, sine(u + 0.25) * 1.3);
    let curl = cloud(x * 2.4 + 9.0, y * 2.4 + v * 9.0, 4, seed) - 0.5;
    let flow = v + curl * 0.045;
    let wide = cloud(flow * 11.0, 0.7, 3, seed ^ 0x1);
    let fine = cloud(flow * 46.0, x * 0.6 + curl, 3, seed ^ 0x2);
    let tone = clamp01(wide * 1.15 + (fine - 0.5) * 0.42 - 0.06);
    let colour = mix3(colours[0], colours[1], smooth(0.2, 0.62, tone));
    mix3(colour, colours[2], smooth(0.55, 0.9, tone))
}

/// Rock, plains and craters.
fn crust(colours: [[f32; 3]; 3], u: f32, v: f32, seed: u32) -> [f32; 3] {
    let (x, y) = (sine(u) * 1.6, sine(u + 0.25) * 1.6);
    let land = cloud(x * 1.7 + 4.0, y * 1.7 + v * 5.0, 6, seed);
    let rough = ridge(x * 4.0, y * 4.0 + v * 11.0, 5, seed ^ 0x3);
    let colour = mix3(colours[0], colours[1], smooth(0.35, 0.62, land + (rough - 0.4) * 0.22));
    let cap = smooth(0.40, 0.47, (v - 0.5).abs() + (land - 0.5) * 0.12);
    let colour = mix3(colour, colours[2], smooth(0.62, 0.8, land) * 0.6);
    mix3(scale3(colour, 0.72 + 0.5 * rough), [0.95, 0.97, 1.0], cap)
}
