//! What moves below the surface: shoals, a ray, weed in the current, bubbles, drifting specks.
//!
//! Everything is a pure function of its number and the time.

use super::reef::through;
use super::reef_fish::{Shoal, shoals};
use super::reef_jelly::Jelly;
use super::reef_paint::Palette;
use super::{Moment, Stage, View, project};
use crate::canvas::Canvas;
use crate::math::{float, float_of, floor, index, linear, mix, mix3, scale3, sine, smooth};
use crate::noise::{Random, random_at};
use crate::prompt::{Direction, Hour};

/// Specks in the water.
const SPECKS: u32 = 170;
/// Bubbles of one string.
const BUBBLES: u32 = 13;

/// A tuft of weed.
#[derive(Debug)]
struct Weed {
    x: f32,
    y: f32,
    tall: f32,
    girth: f32,
    depth: f32,
    foot: [f32; 3],
    tip: [f32; 3],
    leafy: bool,
    seed: u32,
}

/// Everything that lives in one film.
#[derive(Debug)]
pub(super) struct Life {
    stage: Stage,
    palette: Palette,
    shoals: Vec<Shoal>,
    weeds: Vec<Weed>,
    jellies: Vec<Jelly>,
    /// Size and side of a ray in the distance, if there is one.
    ray: Option<(f32, f32)>,
    seed: u32,
    night: bool,
}

impl Life {
    pub(super) fn new(
        palette: &Palette,
        stage: Stage,
        seed: u32,
        side: f32,
        direction: &Direction,
    ) -> Self {
        let mut random = Random::new(u64::from(seed));
        let night = direction.hour == Hour::Night;
        let half = float(stage.width) / float(stage.height) * 0.5;
        let shoals = shoals(palette, &mut random, direction);
        let weeds = weeds(palette, &mut random, half, side);
        let count = if night { 6 } else { *random.pick(&[2, 3, 3, 4]) };
        let jellies =
            (0..count).map(|n| Jelly::new(palette, &mut random, n, side, night)).collect();
        let ray = random.chance(0.55).then(|| (random.range(0.11, 0.17), -side));
        Self { stage, palette: *palette, shoals, weeds, jellies, ray, seed, night }
    }

    /// Soft lights in the water: position, radius, colour.
    pub(super) fn lamps(
        &self,
        moment: Moment,
        view: View,
        pivot: f32,
    ) -> Vec<(f32, f32, f32, [f32; 3])> {
        self.jellies.iter().map(|jelly| jelly.lamp(moment, view, &self.stage, pivot)).collect()
    }

    /// At night the reef itself glows here and there, and breathes.
    fn embers(&self, moment: Moment, view: View, pivot: f32, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        for lamp in 0..20_u32 {
            let random = |kind: u32| random_at(lamp, kind ^ 0x900, self.seed);
            let edge = random(1) * 2.0 - 1.0;
            let x = (0.5 + edge * 0.5) * width;
            // The banks rise towards the sides.
            let y = (mix(0.80, 0.88, random(2)) - 0.16 * edge * edge * random(6)) * height;
            let (x, y) = project(view, &self.stage, pivot, 0.5, x, y);
            let breath =
                0.55 + 0.45 * sine(moment.seconds * mix(0.07, 0.13, random(5)) + random(3));
            let colour = linear(self.palette.glow[usize::from(random(4) < 0.4)]);
            let radius = mix(0.014, 0.038, random(7)) * height;
            canvas.add_dot(x, y, radius, scale3(colour, 0.09 * breath));
            for point in 0..5_u32 {
                let near = |kind: u32| random_at(point + lamp * 8, kind ^ 0xb00, self.seed) - 0.5;
                let (px, py) = (x + near(1) * radius * 1.3, y + near(2) * radius);
                canvas.add_dot(px, py, 0.6 * height / 720.0, scale3(colour, 0.7 * breath));
            }
        }
    }

    /// What is behind the nearest bank.
    pub(super) fn draw(&self, moment: Moment, view: View, pivot: f32, canvas: &mut Canvas) {
        if self.night {
            self.embers(moment, view, pivot, canvas);
        }
        self.glide(moment, view, pivot, canvas);
        for weed in self.weeds.iter().filter(|weed| weed.depth < 0.9) {
            self.weed(weed, moment, view, pivot, canvas);
        }
        for jelly in &self.jellies {
            jelly.draw(moment, view, &self.stage, pivot, canvas);
        }
        for shoal in &self.shoals {
            shoal.draw(&self.stage, moment, view, pivot, canvas);
        }
        self.bubbles(moment, view, pivot, canvas);
    }

    /// What is before everything.
    pub(super) fn draw_near(&self, moment: Moment, view: View, pivot: f32, canvas: &mut Canvas) {
        for weed in self.weeds.iter().filter(|weed| weed.depth >= 0.9) {
            self.weed(weed, moment, view, pivot, canvas);
        }
        self.specks(moment, view, pivot, canvas);
    }

    /// A ray that beats its wings slowly, far away.
    fn glide(&self, moment: Moment, view: View, pivot: f32, canvas: &mut Canvas) {
        let Some((breadth, side)) = self.ray else { return };
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let t = moment.seconds;
        let x = width * (0.5 + side * 0.30) - side * t * 0.014 * height;
        let y = (0.30 + 0.018 * sine(t * 0.07)) * height;
        let (x, y) = project(view, &self.stage, pivot, 0.2, x, y);
        let colour = linear(mix3(self.palette.deep, self.palette.middle, 0.35));
        let span = breadth * height;
        for step in -44..=44_i32 {
            let s = float_of(step) / 44.0;
            let wing = s.abs();
            let beat = sine(t * 0.17 - wing * 0.18) * wing * wing.sqrt() * 0.34;
            let chord = (1.0 - wing) * (1.0 - wing * 0.35) * 0.34 + 0.012;
            let back = wing * wing * 0.20;
            for part in 0..5_u8 {
                let along = f32::from(part) / 4.0 - 0.5;
                let px = x + (s * 0.92 - side * (along * chord - back) * 0.55) * span;
                let py = y + (-beat + along * chord * 0.42 + back * 0.2) * span;
                canvas.cover_dot(px, py, (chord * 0.13 * span).max(0.4), colour, 0.30);
            }
        }
        for step in 0..26_u8 {
            let along = f32::from(step) / 26.0;
            let px = x + side * (0.10 + along * 0.75) * span * 0.8;
            let py = y + (0.05 + along * 0.16 + sine(t * 0.1 + along * 0.4) * 0.03 * along) * span;
            canvas.cover_dot(px, py, 0.4, colour, 0.5 * (1.0 - along * 0.6));
        }
    }

    fn weed(&self, weed: &Weed, moment: Moment, view: View, pivot: f32, canvas: &mut Canvas) {
        let height = float(self.stage.height);
        let middle = float(self.stage.width) * 0.5;
        let (x, y) = (middle + weed.x * height, weed.y * height);
        let (x, y) = project(view, &self.stage, pivot, weed.depth, x, y);
        let scale = height * (1.0 + view.zoom * weed.depth);
        let random = |kind: u32| random_at(kind, 0x77, weed.seed);
        let t = moment.seconds * 0.085 + random(1);
        let lean = (random(2) - 0.5) * 0.5;
        let night = if self.night { 1.0 } else { 0.0 };
        let joints = index(weed.tall * scale * if weed.leafy { 0.5 } else { 0.6 }).clamp(8, 260);
        let every = (joints / 15).max(1);
        for joint in 0..joints {
            let s = float(joint) / float(joints);
            // The current passes along the blade as a wave.
            let sway = sine(t - s * 0.30) * 0.13 + sine(t * 1.7 - s * 0.55) * 0.045 + lean * 0.35;
            let px = x + sway * s * s.sqrt() * weed.tall * scale;
            let py = y - s * weed.tall * scale * (1.0 - 0.06 * sway.abs());
            let thin = smooth(1.05, 0.55, s) * smooth(-0.3, 0.15, s);
            let colour = mix3(weed.foot, weed.tip, s * s);
            let tip = night * smooth(0.80, 1.0, s);
            let colour = mix3(colour, linear(self.palette.glow[0]), tip * 0.4);
            let girth = weed.girth * scale;
            if !weed.leafy {
                canvas.cover_dot(px, py, girth * thin, colour, 0.7);
                continue;
            }
            canvas.cover_dot(px, py, girth * 0.16, colour, 0.8);
            if joint.is_multiple_of(every) && s > 0.08 {
                let side = if (joint / every).is_multiple_of(2) { 1.0 } else { -1.0 };
                let wave = 0.16 * sine(t * 2.0 - s * 1.3 + side * 0.1);
                leaf_of(
                    canvas,
                    (px, py),
                    (side, wave),
                    girth * (1.15 - s * 0.5),
                    (colour, weed.tip),
                );
            }
        }
    }

    fn bubbles(&self, moment: Moment, view: View, pivot: f32, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let light = scale3(linear(self.palette.surface), if self.night { 0.10 } else { 0.34 });
        for string in 0..3_u32 {
            let place = |kind: u32| random_at(string, kind ^ 0x500, self.seed);
            for bubble in 0..BUBBLES {
                let random = |kind: u32| random_at(bubble, kind ^ (string << 8), self.seed);
                let turn = moment.seconds * mix(0.055, 0.085, random(1)) + random(2);
                let age = turn - float_of(floor(turn));
                let wave = sine(moment.seconds * 0.5 + random(3) * 3.0) * 0.006;
                let x = (0.1 + 0.8 * place(1)) * width
                    + ((random(4) - 0.5) * 0.035 * age + wave) * height;
                let y = mix(0.86, -0.05, age) * height;
                let (x, y) = project(view, &self.stage, pivot, 0.6, x, y);
                let radius =
                    mix(0.0018, 0.0062, random(5) * random(5)) * height * (0.7 + 0.6 * age);
                let fade = smooth(0.0, 0.06, age);
                for step in 0..14_u8 {
                    let turn = f32::from(step) / 14.0;
                    let (dx, dy) = (crate::math::cosine(turn), sine(turn));
                    let lit = (0.35 - 0.5 * dy).max(0.08) * fade;
                    canvas.add_dot(x + dx * radius, y + dy * radius, 0.1, scale3(light, lit));
                }
                canvas.add_dot(x - radius * 0.35, y - radius * 0.4, 0.3, scale3(light, 1.4 * fade));
            }
        }
    }

    fn specks(&self, moment: Moment, view: View, pivot: f32, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let unit = height / 720.0;
        for speck in 0..SPECKS {
            let random = |kind: u32| random_at(speck, kind ^ 0xa00, self.seed);
            let near = random(1) * random(1);
            let t = moment.seconds;
            let fall = random(2) + t * mix(0.002, 0.012, near);
            let drift =
                random(3) + t * mix(0.002, 0.008, near) + sine(t * 0.06 + random(4)) * 0.012;
            let x = ((drift - float_of(floor(drift))) * 1.2 - 0.1) * width;
            let y = ((fall - float_of(floor(fall))) * 1.2 - 0.1) * height;
            let (x, y) = project(view, &self.stage, pivot, 0.4 + near * 0.8, x, y);
            let pulse = 0.5 + 0.5 * sine(t * mix(0.10, 0.3, random(5)) + random(6));
            if self.night && random(7) < 0.6 {
                let colour = linear(self.palette.glow[usize::from(random(8) < 0.25) * 2]);
                let bright = mix(0.10, 0.9, random(9) * random(9)) * pulse * pulse;
                canvas.add_dot(x, y, 0.7 * unit, scale3(colour, bright));
                canvas.add_dot(x, y, 6.0 * unit, scale3(colour, bright * 0.10));
            } else {
                let dim = if self.night { 0.03 } else { 0.10 };
                let bright = dim * (0.4 + 0.6 * pulse) * smooth(1.0, 0.2, y / height);
                let radius = mix(0.3, 2.6, near) * unit;
                canvas.add_dot(x, y, radius, scale3(linear(self.palette.surface), bright));
            }
        }
    }
}

/// A leaf of kelp: narrow, pointed, bent by the current.
fn leaf_of(
    canvas: &mut Canvas,
    (x, y): (f32, f32),
    (side, wave): (f32, f32),
    girth: f32,
    (foot, tip): ([f32; 3], [f32; 3]),
) {
    let parts = index(girth * 3.0).clamp(8, 40);
    for part in 0..parts {
        let out = float(part) / float(parts);
        let reach = out * girth * 7.0;
        let px = x + side * reach * (0.86 - 0.22 * out);
        let py = y - reach * (0.50 + wave) + out * out * girth * 2.2;
        let wide = girth * 0.62 * (out * 3.2).min(1.0) * (1.0 - out).sqrt();
        canvas.cover_dot(px, py, wide, mix3(foot, tip, out * 0.5), 0.6);
    }
}

fn weeds(palette: &Palette, random: &mut Random, half: f32, side: f32) -> Vec<Weed> {
    let water = linear(mix3(palette.middle, palette.deep, 0.4));
    let mut weeds = Vec::new();
    let mut blade = |x: f32, y: f32, tall: f32, depth: f32, leafy: bool, random: &mut Random| {
        let hue = mix3([0.20, 0.42, 0.14], [0.52, 0.50, 0.16], random.range(0.0, 1.0));
        let level = palette.light * if depth > 0.9 { 0.34 } else { 0.85 };
        let tint = |colour: [f32; 3]| {
            through(linear(scale3(colour, level)), water, if depth > 0.9 { 0.08 } else { 0.34 })
        };
        weeds.push(Weed {
            x,
            y,
            tall,
            girth: if leafy { 0.0085 } else { 0.0052 } * (0.5 + depth),
            depth,
            foot: tint(scale3(hue, 0.45)),
            tip: tint(scale3(hue, 1.5)),
            leafy,
            seed: random.next(),
        });
    };
    for tuft in 0..5_u8 {
        let middle = half * random.range(-0.95, 0.95);
        let y = random.range(0.83, 0.93);
        for _ in 0..7 {
            let x = middle + random.range(-0.035, 0.035);
            let tall = random.range(0.08, 0.17);
            blade(x, y + f32::from(tuft) * 0.004, tall, 0.55, false, random);
        }
    }
    for number in 0..5_u8 {
        let edge = half * (0.80 + 0.05 * f32::from(number)) + random.range(-0.04, 0.04);
        let x = if number < 3 { -side * edge } else { side * (edge + 0.02) };
        let tall = random.range(0.50, 0.95) * if number < 3 { 1.0 } else { 0.6 };
        blade(x, 1.06, tall, 1.0, true, random);
    }
    weeds
}
