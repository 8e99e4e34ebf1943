//! Jellyfish: a bell that pulses, arms and threads that trail.

use super::reef_paint::Palette;
use super::{Moment, Stage, View, project};
use crate::canvas::Canvas;
use crate::math::{
    clamp01, float, float_of, float_of_u32, floor, index, linear, mix, mix3, position, scale3,
    signed, sine, smooth,
};
use crate::noise::{Random, random_at};

/// Threads of one jellyfish.
const THREADS: u32 = 11;

/// One jellyfish.
#[derive(Debug)]
pub(super) struct Jelly {
    x: f32,
    y: f32,
    size: f32,
    depth: f32,
    colour: [f32; 3],
    /// How much it glows by itself, and how much it hides.
    power: f32,
    body: f32,
    phase: f32,
    seed: u32,
}

/// Where a jellyfish is at one moment, in pixels, and how far it has closed.
struct Pose {
    x: f32,
    y: f32,
    size: f32,
    pulse: f32,
}

impl Jelly {
    /// The `number`-th one; the first is the largest.
    pub(super) fn new(
        palette: &Palette,
        random: &mut Random,
        number: usize,
        side: f32,
        night: bool,
    ) -> Self {
        let far = float(number) / 5.0;
        let near = 1.0 - far.min(1.0);
        let place = 0.5 - side * random.range(0.08, 0.30);
        let x = if number == 0 { place } else { random.range(0.08, 0.92) };
        Self {
            x,
            y: if number == 0 { random.range(0.30, 0.42) } else { random.range(0.16, 0.58) },
            size: mix(0.020, if night { 0.085 } else { 0.065 }, near * near)
                * random.range(0.9, 1.2),
            depth: mix(0.20, 0.72, near),
            colour: linear(palette.glow[number % 3]),
            power: mix(0.35, 1.0, near) * if night { 1.0 } else { 0.30 },
            body: mix(0.25, 1.0, near) * if night { 0.25 } else { 0.55 },
            phase: random.range(0.0, 1.0),
            seed: random.next(),
        }
    }

    fn pose(&self, moment: Moment, view: View, stage: &Stage, pivot: f32) -> Pose {
        let (width, height) = (float(stage.width), float(stage.height));
        let t = moment.seconds;
        let turn = t * 0.27 + self.phase;
        let sway = sine(t * 0.035 + self.phase * 3.0) * 0.02;
        // Each pulse lifts it a little, then it sinks.
        let lift = 0.010 * sine(turn - 0.30) + 0.02 * sine(t * 0.022 + self.phase) + t * 0.0022;
        let (x, y) = (self.x * width + sway * height, (self.y - lift) * height);
        let (x, y) = project(view, stage, pivot, self.depth, x, y);
        let beat = sine(turn);
        // It closes faster than it opens.
        let pulse = beat + 0.28 * sine(turn * 2.0);
        Pose { x, y, size: self.size * height * (1.0 + view.zoom * self.depth), pulse }
    }

    /// Its light in the water: position, radius, colour.
    pub(super) fn lamp(
        &self,
        moment: Moment,
        view: View,
        stage: &Stage,
        pivot: f32,
    ) -> (f32, f32, f32, [f32; 3]) {
        let pose = self.pose(moment, view, stage, pivot);
        let power = self.power * (0.16 + 0.04 * pose.pulse);
        (pose.x, pose.y, pose.size * 2.3, scale3(self.colour, power))
    }

    pub(super) fn draw(
        &self,
        moment: Moment,
        view: View,
        stage: &Stage,
        pivot: f32,
        canvas: &mut Canvas,
    ) {
        let pose = self.pose(moment, view, stage, pivot);
        self.trail(&pose, moment, canvas);
        self.bell(&pose, canvas);
    }

    /// Threads hang from the rim, broad arms from the middle; a wave runs down both.
    fn trail(&self, pose: &Pose, moment: Moment, canvas: &mut Canvas) {
        let wide = pose.size * (1.0 + 0.13 * pose.pulse);
        let t = moment.seconds * 0.16 + self.phase;
        for thread in 0..THREADS + 4 {
            let random = |kind: u32| random_at(thread, kind, self.seed);
            let arm = thread >= THREADS;
            let spread = if arm {
                float_of_u32(thread - THREADS) / 6.0 - 0.25
            } else {
                float_of_u32(thread) / 5.0 - 1.0
            };
            let length =
                pose.size * if arm { mix(1.3, 2.0, random(1)) } else { mix(2.2, 3.9, random(1)) };
            let joints = index(length * 0.8).clamp(12, 260);
            for joint in 0..joints {
                let s = float(joint) / float(joints);
                let wave = sine(t + random(2) * 0.4 - s * mix(0.7, 1.1, random(3)))
                    + 0.4 * sine(t * 1.9 - s * 1.7 + random(4));
                let drift = wave * s * pose.size * if arm { 0.22 } else { 0.30 };
                let x = pose.x + spread * wide * (0.96 - 0.30 * s) + drift;
                let y = pose.y + pose.size * 0.16 + s * length;
                let fall = (1.0 - s) * (1.0 - s);
                if arm {
                    let frill = 0.6 + 0.4 * sine(s * 5.0 + random(5) - t);
                    let girth = pose.size * 0.085 * (1.0 - s) * frill;
                    let bright = scale3(self.colour, 0.4 + 0.5 * self.power);
                    canvas.cover_dot(x, y, girth, bright, (0.05 + 0.12 * self.body) * (1.0 - s));
                }
                let light = scale3(self.colour, fall * (0.04 + 0.12 * self.power));
                canvas.add_dot(x, y, 0.25, light);
            }
        }
    }

    /// The bell: clear in the middle, bright at its edge, four rings inside.
    fn bell(&self, pose: &Pose, canvas: &mut Canvas) {
        let wide = pose.size * (1.0 + 0.13 * pose.pulse);
        let tall = pose.size * (0.92 - 0.14 * pose.pulse);
        let white = mix3(self.colour, [1.0; 3], 0.45);
        for row in floor(pose.y - tall) - 1..=floor(pose.y + pose.size * 0.35) + 1 {
            for column in floor(pose.x - wide * 1.1) - 1..=floor(pose.x + wide * 1.1) + 1 {
                if row < 0
                    || column < 0
                    || row >= signed(canvas.height)
                    || column >= signed(canvas.width)
                {
                    continue;
                }
                let u = (float_of(column) - pose.x) / wide;
                let w = (pose.y - float_of(row)) / tall;
                // Below its widest place the rim turns in, with scallops.
                let scallop = 0.035 * sine(u * 2.8 + self.phase).abs();
                let below = if w < 0.0 { -w / (0.24 + scallop) } else { 0.0 };
                let from = if w > 0.0 {
                    (u * u + w * w).sqrt()
                } else {
                    (u * u + below * below * 0.55).sqrt()
                };
                let inside =
                    clamp01((1.0 - from) * pose.size * 0.8 + 0.5) * smooth(1.08, 0.92, below);
                if inside <= 0.0 {
                    continue;
                }
                let limb = from * from * from;
                let rib = 0.80 + 0.20 * sine(u * (4.2 - 1.2 * w) + 0.25);
                // A second, smaller bell shows through.
                let inner = (u * u * 3.1 + (w - 0.10) * (w - 0.10) * 4.4).sqrt();
                let organ = smooth(0.42, 0.0, (inner - 0.82).abs()) * (0.45 + 0.55 * rib * rib);
                let rim = smooth(0.55, 1.0, below) * 0.7;
                let shine =
                    smooth(0.45, 0.0, ((u + 0.3) * (u + 0.3) + (w - 0.62) * (w - 0.62)).sqrt());
                let glow = (0.10 + 0.62 * limb) * rib + organ * 0.45 + rim + shine * 0.14;
                let alpha = clamp01(inside * self.body * (0.22 + 0.55 * limb + 0.25 * organ));
                let tint = mix3(self.colour, white, clamp01(limb * 0.7 + rim));
                let light = scale3(tint, glow * inside * self.power * 0.75);
                let body = scale3(tint, 0.62);
                let at = position(row) * canvas.width * 3 + position(column);
                for channel in 0..3 {
                    let value = &mut canvas.light[at + channel * canvas.width];
                    *value = mix(*value, body[channel], alpha) + light[channel];
                }
            }
        }
    }
}
