//! A sports car on the wet street of the city, where the prompt names one.
//!
//! Painted once from the side, with its mirror image; it rolls along, and its lamps shine.

use super::city::Palette;
use super::{Layer, Moment, Stage, View};
use crate::canvas::Canvas;
use crate::math::{clamp01, cosine, fade, float, float_of, mix, mix3, scale3, sine, smooth};
use crate::noise::{Random, cloud};
use crate::texture::Texture;

/// Row of the street under the wheels, in frame heights.
const FOOT: f32 = 0.842;
/// Height of the painting above and below the street, in lengths of the car.
const ABOVE: f32 = 0.34;
const BELOW: f32 = 0.26;
/// Of the car, beyond both ends of it, in lengths.
const MARGIN: f32 = 0.04;
/// Lengths a second.
const PACE: f32 = 0.045;
/// The line of the roof from tail to nose, and that of the sill, in lengths.
const ROOF: [(f32, f32); 11] = [
    (0.0, 0.150),
    (0.025, 0.198),
    (0.14, 0.212),
    (0.28, 0.262),
    (0.40, 0.286),
    (0.50, 0.280),
    (0.60, 0.242),
    (0.69, 0.204),
    (0.84, 0.174),
    (0.95, 0.134),
    (1.0, 0.088),
];
/// Wheels: where along the car, and how large.
const WHEELS: [f32; 2] = [0.185, 0.795];
const WHEEL: f32 = 0.073;

/// The car.
#[derive(Debug)]
pub(super) struct Car {
    stage: Stage,
    layer: Layer,
    /// 1 to the right, -1 to the left.
    ahead: f32,
    /// In pixels.
    length: f32,
}

impl Car {
    pub(super) fn new(palette: &Palette, body: [f32; 3], stage: Stage, seed: u32) -> Self {
        let mut random = Random::new(u64::from(seed ^ 0x0ca2));
        let (width, height) = (float(stage.width), float(stage.height));
        let ahead = if random.chance(0.5) { 1.0 } else { -1.0 };
        let length = (height * 0.60).min(width * 0.64);
        let room = (1.0 - length / width) * 1.5;
        let middle = width * (0.5 - ahead * random.range(0.06, 0.16) * room);
        let top = FOOT * height - ABOVE * length;
        let columns = crate::math::index(length * (1.0 + 2.0 * MARGIN));
        let rows = crate::math::index(length * (ABOVE + BELOW));
        let paint = Paint { palette: *palette, body, seed, soft: 1.0 / length };
        let texture = Texture::paint(columns, rows, stage.threads, |column, row| {
            let along = float(column) / length - MARGIN;
            let u = if ahead > 0.0 { along } else { 1.0 - along };
            paint.at(u, ABOVE - float(row) / length)
        });
        let start = middle - length * (0.5 + MARGIN);
        let layer = Layer { texture, depth: 0.80, left: -start, top, density: 1.0 };
        Self { stage, layer, ahead, length }
    }

    pub(super) fn draw(&self, moment: Moment, view: View, pivot: f32, canvas: &mut Canvas) {
        let mut placement = self.layer.place(view, &self.stage, pivot);
        placement.x -= self.ahead * moment.seconds * PACE * self.length;
        canvas.overlay(0..self.stage.height, &[(&self.layer.texture, placement)]);
        let at = |u: f32, v: f32| {
            let along = if self.ahead > 0.0 { u } else { 1.0 - u };
            let x = ((along + MARGIN) * self.length - placement.x) / placement.step;
            let y = ((ABOVE - v) * self.length - placement.y) / placement.step;
            (x, y)
        };
        let size = self.length / placement.step;
        let beat = 0.96 + 0.04 * sine(moment.seconds * 0.7);
        for (u, v, colour) in [(0.965, 0.118, [1.5, 1.38, 1.1]), (0.012, 0.176, [1.5, 0.12, 0.06])]
        {
            let (x, y) = at(u, v);
            canvas.add_dot(x, y, size * 0.012, scale3(colour, beat));
            canvas.add_dot(x, y, size * 0.07, scale3(colour, 0.16 * beat));
            let (x, y) = at(u, -v * 1.05);
            canvas.add_dot(x, y, size * 0.05, scale3(colour, 0.10 * beat));
        }
        // What the lamps throw on the street ahead.
        for step in 1..=6_u8 {
            let away = f32::from(step) / 6.0;
            let (x, y) = at(1.0 + away * 0.42, -0.01 - away * 0.012);
            let light = scale3([1.2, 1.1, 0.85], 0.05 * (1.0 - away * 0.8) * beat);
            canvas.add_dot(x, y, size * mix(0.03, 0.075, away), light);
        }
    }

    /// Where the painting stands at the start, in pixels.
    #[cfg(test)]
    fn extent(&self) -> (f32, f32) {
        (-self.layer.left, self.length - self.layer.left)
    }
}

/// What the car is painted with.
struct Paint {
    palette: Palette,
    body: [f32; 3],
    seed: u32,
    /// A pixel, in lengths.
    soft: f32,
}

impl Paint {
    /// Colour and coverage `u` lengths from the tail and `v` above the street.
    fn at(&self, u: f32, v: f32) -> ([f32; 3], f32) {
        if v >= 0.0 {
            let (colour, cover) = self.car(u, v);
            let shadow = 0.75 * smooth(0.05, 0.0, v) * smooth(0.0, 0.06, u.min(1.0 - u));
            return if cover >= shadow { (colour, cover) } else { ([0.0; 3], shadow.max(cover)) };
        }
        // Wet ground mirrors it, broken by ripples.
        let ripple = (cloud(u * 9.0, v * 60.0, 2, self.seed) - 0.5) * 0.02 * (0.3 - v * 3.0);
        let (colour, cover) = self.car(u + ripple, -v * 1.06);
        let share = 0.62 * smooth(-BELOW, -0.02, v);
        let shadow = 0.5 * smooth(-0.05, 0.0, v) * smooth(0.0, 0.06, u.min(1.0 - u));
        (scale3(colour, 0.62), (cover * share).max(shadow))
    }

    fn car(&self, u: f32, v: f32) -> ([f32; 3], f32) {
        if !(-0.01..=1.01).contains(&u) || v > 0.30 {
            return ([0.0; 3], 0.0);
        }
        let inside = |distance: f32| clamp01(-distance / self.soft + 0.5);
        for wheel in WHEELS {
            let (dx, dy) = (u - wheel, v - WHEEL);
            let away = (dx * dx + dy * dy).sqrt();
            if away < WHEEL + self.soft {
                return (rim(dx, dy, away), inside(away - WHEEL));
            }
        }
        let (top, sill) = (spline(&ROOF, clamp01(u)), 0.052 + 0.05 * smooth(0.93, 1.0, u));
        let sill = sill + 0.04 * smooth(0.06, 0.0, u);
        let arch = WHEELS.iter().map(|wheel| {
            let (dx, dy) = (u - wheel, v - WHEEL);
            WHEEL * 1.13 - (dx * dx + dy * dy).sqrt()
        });
        let arch = arch.fold(-1.0, f32::max);
        let cover = inside((v - top).max(sill - v));
        if arch > 0.0 {
            return ([0.012, 0.012, 0.016], cover);
        }
        (self.skin(u, v, top), cover)
    }

    /// Body, glass and lamps.
    fn skin(&self, u: f32, v: f32, top: f32) -> [f32; 3] {
        let neon = &self.palette.neon;
        let belt = 0.196 + 0.012 * smooth(0.66, 0.2, u);
        let pillars = (u - 0.455).abs() > 0.006 && u > 0.185 && u < 0.665;
        if v > belt && v < top - 0.013 && pillars {
            let shine = smooth(0.30, 0.62, u) * smooth(0.18, 0.27, v);
            let glass = mix3([0.02, 0.024, 0.035], scale3(neon[1], 0.42), shine * 0.6);
            return mix3(glass, scale3(self.palette.haze, 0.8), 0.25 * smooth(0.26, 0.20, v));
        }
        let rise = clamp01((v - 0.05) / (top - 0.05));
        let mut colour = scale3(self.body, 0.15 + 0.36 * rise * rise);
        // The shoulder catches what shines above the street, the flank what lies on it.
        let shoulder = 0.168 - 0.018 * u;
        let line = (v - shoulder) / 0.010;
        let gleam = fade(line * line * 0.5);
        colour = mix3(colour, mix3(self.body, [1.0, 0.93, 0.88], 0.62), gleam * 0.75);
        let streak = smooth(0.52, 0.80, cloud(u * 6.0, v * 30.0, 2, self.seed));
        let lamp =
            mix3(neon[0], neon[1], smooth(0.35, 0.65, cloud(u * 3.0, 0.5, 2, self.seed ^ 3)));
        colour = mix3(colour, lamp, streak * 0.30 * smooth(0.07, 0.14, v));
        colour = mix3(
            colour,
            mix3(self.body, [1.0; 3], 0.55),
            smooth(top - 0.011, top - 0.001, v) * 0.6,
        );
        colour = scale3(colour, smooth(0.035, 0.10, v));
        let seam = ((u - 0.345).abs().min((u - 0.625).abs()) < 0.0016) && v < 0.19 && v > 0.075;
        if seam {
            colour = scale3(colour, 0.45);
        }
        let oval = |at: (f32, f32), size: (f32, f32)| {
            let (dx, dy) = ((u - at.0) / size.0, (v - at.1) / size.1);
            smooth(1.15, 0.75, (dx * dx + dy * dy).sqrt())
        };
        colour = mix3(colour, [1.0, 0.97, 0.90], oval((0.952, 0.119), (0.030, 0.0085)));
        mix3(colour, [1.0, 0.16, 0.10], oval((0.030, 0.180), (0.036, 0.0095)))
    }
}

/// A tyre and a rim with five spokes; `away` from the hub, in lengths.
fn rim(dx: f32, dy: f32, away: f32) -> [f32; 3] {
    if away > WHEEL * 0.72 {
        return [0.016, 0.016, 0.020];
    }
    let ring = smooth(0.05, 0.02, (away / WHEEL - 0.67).abs());
    let spoke = (0..5).map(|number| {
        let turn = float_of(number) / 5.0 + 0.05;
        let (x, y) = (cosine(turn), sine(turn));
        let (along, across) = (dx * x + dy * y, (dx * y - dy * x).abs());
        if along > 0.0 { smooth(0.0095, 0.006, across) } else { 0.0 }
    });
    let spoke = spoke.fold(0.0, f32::max).max(smooth(0.013, 0.010, away));
    mix3(
        [0.03, 0.03, 0.036],
        [0.56, 0.58, 0.64],
        ring.max(spoke) * (0.55 + 0.45 * smooth(-0.05, 0.05, dy)),
    )
}

/// A smooth line through points (Catmull and Rom), `u` from 0 to 1.
fn spline(points: &[(f32, f32)], u: f32) -> f32 {
    let at = points.iter().rposition(|point| point.0 <= u).unwrap_or(0).min(points.len() - 2);
    let point = |number: usize| points[number.min(points.len() - 1)];
    let (before, from, to, after) =
        (point(at.saturating_sub(1)), point(at), point(at + 1), point(at + 2));
    let slope = |left: (f32, f32), right: (f32, f32)| {
        (right.1 - left.1) / (right.0 - left.0).max(0.001) * (to.0 - from.0)
    };
    let t = clamp01((u - from.0) / (to.0 - from.0));
    let (t2, t3) = (t * t, t * t * t);
    let (enter, leave) = (slope(before, to), slope(from, after));
    (2.0 * t3 - 3.0 * t2 + 1.0) * from.1
        + (t3 - 2.0 * t2 + t) * enter
        + (3.0 * t2 - 2.0 * t3) * to.1
        + (t3 - t2) * leave
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roof_goes_through_its_points_and_nowhere_above() {
        for (u, v) in ROOF {
            assert!((spline(&ROOF, u) - v).abs() < 1e-4, "{u}");
        }
        let highest = (0..=100_u8).map(|step| spline(&ROOF, f32::from(step) / 100.0));
        assert!(highest.fold(0.0, f32::max) < 0.295);
    }

    #[test]
    fn the_car_stands_in_every_shape() {
        let palette = Palette {
            sky: [0.1; 3],
            haze: [0.2; 3],
            neon: [[0.9; 3]; 3],
            wall: [0.1; 3],
            lights: 1.0,
        };
        for (width, height) in [(1280, 720), (720, 1280), (480, 480)] {
            let stage = Stage { width, height, threads: 1 };
            let (left, right) = Car::new(&palette, [0.8, 0.1, 0.1], stage, 7).extent();
            assert!(left > 0.0 && right < float(width), "{width}x{height}: {left} to {right}");
        }
    }
}
