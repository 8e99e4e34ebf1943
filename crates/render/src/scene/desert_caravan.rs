//! A caravan that walks along a crest of the desert scene.

use super::brush::steps;
use super::desert_life::palm_middle;
use super::desert_paint::{Dunes, RIDGES, Ridge};
use super::{Moment, Stage};
use crate::canvas::Canvas;
use crate::math::{float, floor, index, mix, mix3, scale3, sine};
use crate::noise::Random;
use crate::texture::Placement;

/// Height of a camel on each ridge, near to far, in units of the frame.
const SIZES: [f32; 4] = [0.0, 0.062, 0.048, 0.036];

/// Walkers and camels on a crest.
pub(super) struct Caravan {
    stage: Stage,
    ridge: usize,
    /// Column of the crest where the first one is at the start, in texels.
    start: f32,
    ahead: f32,
    count: usize,
    size: f32,
    colour: [f32; 3],
    /// Where the far end of a shadow falls, in sizes.
    shadow: (f32, f32),
}

impl Caravan {
    /// In two of three deserts where a crest is long and even enough; where one is `wanted`, on the best one.
    pub(super) fn new(
        dunes: &Dunes,
        ridges: &[Ridge],
        wanted: bool,
        random: &mut Random,
    ) -> Option<Self> {
        let ahead = if random.chance(0.5) { 1.0 } else { -1.0 };
        let count = 3 + index(random.range(0.0, 4.0));
        if random.chance(0.33) && !wanted {
            return None;
        }
        let stage = dunes.stage;
        let unit = float(stage.height).min(float(stage.width) * 0.9);
        let mut best: Option<(f32, usize, f32)> = None;
        for number in 1..RIDGES.min(SIZES.len()) {
            let size = unit * SIZES[number];
            let long = size * 1.75 * float(count) + 0.10 * float(stage.width);
            let mut first = ridges[number].layer.left + 0.06 * float(stage.width);
            let last = ridges[number].layer.left + 0.94 * float(stage.width) - long;
            while first < last {
                let middle = first - ridges[number].layer.left + long * 0.5;
                let away = (middle - palm_middle(dunes)).abs();
                if dunes.oasis && away < long * 0.5 + unit * 0.34 {
                    first += 12.0;
                    continue;
                }
                if let Some(rough) = roughness(ridges, number, first, long) {
                    let cost = rough + float(number) * 0.02;
                    if best.is_none_or(|best| cost < best.0) {
                        best = Some((cost, number, first));
                    }
                }
                first += 12.0;
            }
        }
        let (cost, ridge, first) = best?;
        if cost > 0.5 && !wanted {
            return None;
        }
        let size = unit * SIZES[ridge];
        let train = size * 1.75 * float(count);
        let start = if ahead > 0.0 { first + train } else { first + 0.10 * float(stage.width) };
        let palette = &dunes.palette;
        let haze = [0.0, 0.06, 0.14, 0.24][ridge];
        let colour = mix3(scale3(palette.shade, 0.38), palette.haze, haze);
        let long = (0.5 / dunes.sun.slope).min(1.8);
        let (x, z) = dunes.sun.towards;
        let shadow = (-x * long, z * long * 0.55);
        let colour = crate::math::linear(colour);
        Some(Self { stage, ridge, start, ahead, count, size, colour, shadow })
    }

    pub(super) fn draw(
        &self,
        moment: Moment,
        ridges: &[Ridge],
        placed: &[Placement],
        canvas: &mut Canvas,
    ) {
        let pace = self.size * 0.16;
        for number in steps(self.count) {
            let along = moment.seconds * pace - number * self.size * 1.75;
            let column = self.start + self.ahead * along;
            let placement = &placed[self.ridge];
            let x = (column - placement.x) / placement.step;
            if x < -self.size || x > float(self.stage.width) + self.size {
                continue;
            }
            let reach = self.size * 0.4;
            let ground = |x: f32| ridges[self.ridge].seen(placement, x.max(0.0));
            let y = (ground(x - reach) + ground(x) * 2.0 + ground(x + reach)) * 0.25;
            let hidden = ridges.iter().zip(placed).take(self.ridge);
            if hidden.map(|(ridge, placement)| ridge.seen(placement, x.max(0.0))).any(|row| row < y)
            {
                continue;
            }
            let size = self.size / placement.step;
            let step = moment.seconds * 0.62 + number * 0.37;
            let walker = Walker { x, y, size, ahead: self.ahead, colour: self.colour, step };
            walker.shade(self.shadow, canvas);
            if number < 0.5 {
                walker.person(canvas);
            } else {
                walker.camel(number, canvas);
            }
        }
    }
}

/// How uneven a stretch of a crest is; nothing if a nearer ridge hides it.
fn roughness(ridges: &[Ridge], number: usize, first: f32, long: f32) -> Option<f32> {
    let crest = |ridge: &Ridge, x: f32| {
        let column = index((x + ridge.layer.left).max(0.0));
        ridge.crest.get(column).copied()
    };
    let ridge = &ridges[number];
    let mut worst = 0.0_f32;
    let mut before: Option<f32> = None;
    for step in steps(24) {
        let x = first - ridge.layer.left + long * step / 24.0;
        let row = crest(ridge, x)?;
        for nearer in &ridges[..number] {
            if crest(nearer, x)? < row + 6.0 {
                return None;
            }
        }
        if let Some(before) = before {
            worst = worst.max(((row - before) / (long / 24.0)).abs());
        }
        before = Some(row);
    }
    Some(worst)
}

struct Walker {
    x: f32,
    y: f32,
    size: f32,
    ahead: f32,
    colour: [f32; 3],
    step: f32,
}

impl Walker {
    /// A limb from one point to another, in sizes from the feet; y is up.
    fn limb(&self, canvas: &mut Canvas, from: (f32, f32), to: (f32, f32), radii: (f32, f32)) {
        let count = 7;
        for step in steps(count) {
            let t = step / float(count - 1);
            let x = self.x + self.ahead * mix(from.0, to.0, t) * self.size;
            let y = self.y - mix(from.1, to.1, t) * self.size;
            let radius = mix(radii.0, radii.1, t) * self.size;
            canvas.cover_dot(x, y, (radius - 0.35).max(0.1), self.colour, 1.0);
        }
    }

    fn shade(&self, shadow: (f32, f32), canvas: &mut Canvas) {
        for step in steps(12) {
            let t = (step + 1.0) / 12.0;
            let x = self.x + shadow.0 * t * self.size;
            let y = self.y + shadow.1 * t * self.size + self.size * 0.03;
            let radius = self.size * mix(0.07, 0.15, t);
            canvas.cover_dot(x, y, radius, self.colour, 0.20 * (1.0 - t * 0.7));
        }
    }

    fn person(&self, canvas: &mut Canvas) {
        let swing = sine(self.step) * 0.12;
        self.limb(canvas, (0.0, 0.36), (swing, 0.0), (0.045, 0.03));
        self.limb(canvas, (0.0, 0.36), (-swing, 0.0), (0.045, 0.03));
        // A robe that widens downward, a scarf in the wind, the rein.
        self.limb(canvas, (0.0, 0.62), (0.0, 0.20), (0.070, 0.125));
        self.limb(canvas, (0.01, 0.74), (0.01, 0.76), (0.066, 0.06));
        let flutter = sine(self.step * 0.7) * 0.04;
        self.limb(canvas, (-0.03, 0.62), (-0.26, 0.58 + flutter), (0.05, 0.02));
        self.limb(canvas, (0.05, 0.52), (0.15, 0.44 - swing), (0.03, 0.02));
    }

    fn camel(&self, number: f32, canvas: &mut Canvas) {
        let bob = sine(self.step * 2.0) * 0.012;
        for (hip, phase) in [(-0.30, 0.0), (-0.24, 0.5), (0.24, 0.25), (0.30, 0.75)] {
            let swing = sine(self.step + phase) * 0.11;
            let raise = (sine(self.step + phase + 0.25) * 0.05).max(0.0);
            let knee = (hip + swing * 0.45, 0.30);
            self.limb(canvas, (hip, 0.56), knee, (0.065, 0.034));
            self.limb(canvas, knee, (hip + swing, raise), (0.034, 0.026));
        }
        self.limb(canvas, (-0.30, 0.62 + bob), (0.28, 0.62 + bob), (0.125, 0.115));
        self.limb(canvas, (-0.06, 0.74 + bob), (0.02, 0.84 + bob), (0.13, 0.075));
        let nod = sine(self.step * 2.0 + 0.2) * 0.015;
        self.limb(canvas, (0.34, 0.60), (0.52, 0.66 + nod), (0.075, 0.05));
        self.limb(canvas, (0.52, 0.66 + nod), (0.58, 0.92 + nod), (0.05, 0.04));
        self.limb(canvas, (0.58, 0.94 + nod), (0.72, 0.90 + nod), (0.05, 0.03));
        self.limb(canvas, (-0.40, 0.62), (-0.47, 0.42), (0.022, 0.012));
        if floor(number) % 2 == 1 {
            // A rider.
            self.limb(canvas, (0.0, 0.82 + bob), (0.01, 1.10 + bob), (0.125, 0.070));
            self.limb(canvas, (0.02, 1.22 + bob), (0.02, 1.23 + bob), (0.062, 0.055));
        } else {
            // Bags.
            self.limb(canvas, (-0.12, 0.70 + bob), (0.12, 0.70 + bob), (0.14, 0.14));
        }
    }
}
