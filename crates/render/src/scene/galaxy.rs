//! A spiral galaxy, seen at an angle: a warm heart, two arms of young stars, lanes of dust before them.
//!
//! There is no arc tangent and no logarithm here: a point's direction is turned back by as much as the arms are
//! wound at its distance, and how near it then is to the axis says how near it is to an arm.

use super::{Layer, PAN_MAX, Stage};
use crate::math::{
    add3, clamp01, cosine, fade, float, index, mix, mix3, scale3, sine, smooth, unit,
};
use crate::noise::{Random, cloud, hash_at, ridge};
use crate::texture::Texture;

/// Colours as displayed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Colours {
    pub(super) void: [f32; 3],
    pub(super) gas: [f32; 3],
    pub(super) arms: [f32; 3],
    pub(super) heart: [f32; 3],
}

/// How the disc lies: sine and cosine of its turn on the sky, and how much it is foreshortened.
struct Disc {
    turn: (f32, f32),
    foreshortened: f32,
    /// Distance from the middle to the edge, in frame heights.
    radius: f32,
    /// Turns that an arm is wound from the middle to the edge.
    winding: f32,
    /// Narrow arms have a greater power.
    power: u32,
    seed: u32,
}

/// What there is at a point of the disc, each 0 to 1.
struct Sight {
    /// Distance from the middle: 1 at the edge.
    distance: f32,
    arm: f32,
    dust: f32,
    /// Knots of young stars.
    knots: f32,
}

/// Paints the sky with the galaxy around `core`, in frame widths and heights, at three quarters of the frame's
/// resolution.
pub(super) fn paint(
    stage: &Stage,
    colours: Colours,
    core: (f32, f32),
    depth: f32,
    random: &mut Random,
) -> Layer {
    let (width, height) = (float(stage.width), float(stage.height));
    let (margin_x, margin_y) = (width * (PAN_MAX * depth + 0.02), height * 0.04);
    let density = 0.75;
    let columns = index((width + 2.0 * margin_x) * density) + 2;
    let rows = index((height + 2.0 * margin_y) * density) + 2;
    let turn = random.range(0.03, 0.11) * if random.chance(0.5) { 1.0 } else { -1.0 };
    let disc = Disc {
        turn: (sine(turn), cosine(turn)),
        foreshortened: random.range(1.6, 2.3),
        // A tall frame is narrow for a disc that lies.
        radius: random.range(0.60, 0.72) * (0.40 + 0.60 * (width / height)).min(1.15),
        winding: random.range(0.85, 1.45),
        power: *random.pick(&[3, 4, 5]),
        seed: random.next(),
    };
    let texture = Texture::paint(columns, rows, stage.threads, |column, row| {
        let x = (float(column) / density - margin_x - core.0 * width) / height;
        let y = (float(row) / density - margin_y - core.1 * height) / height;
        let star =
            unit(hash_at(crate::math::signed(column), crate::math::signed(row), disc.seed ^ 0x77));
        (disc.light(colours, x, y, star), 1.0)
    });
    Layer { texture, depth, left: margin_x * density, top: -margin_y, density }
}

impl Disc {
    fn sight(&self, x: f32, y: f32) -> Sight {
        let (sine_of, cosine_of) = self.turn;
        let across = (x * cosine_of + y * sine_of) / self.radius;
        let along = (y * cosine_of - x * sine_of) * self.foreshortened / self.radius;
        // Arms are no circles: noise stirs them.
        let stir = cloud(across * 3.1 + 5.0, along * 3.1, 3, self.seed) - 0.5;
        let distance = (across * across + along * along).sqrt().max(1e-4);
        let warped = clamp01(distance + stir * 0.10);
        let back =
            self.winding * (1.0 - (1.0 - warped.min(1.0)) * (1.0 - warped.min(1.0))) + stir * 0.06;
        let phase = |turns: f32| {
            let turn = (sine(turns), cosine(turns));
            let ahead = across * turn.1 + along * turn.0;
            let aside = along * turn.1 - across * turn.0;
            (ahead * ahead - aside * aside) / (distance * distance)
        };
        let sharp = |at: f32, power: u32| {
            let base = clamp01(0.5 + 0.5 * at);
            (1..power).fold(base, |sum, _| sum * base)
        };
        let out = smooth(0.07, 0.24, distance);
        let main = sharp(phase(back), self.power);
        // A fainter pair between them, and spurs.
        let between = sharp(-phase(back * 1.18 + 0.03), 3) * 0.34;
        let clumps = cloud(across * 11.0, along * 11.0, 4, self.seed ^ 0x21);
        let lanes = ridge(across * 12.0 + 2.0, along * 12.0, 4, self.seed ^ 0x31);
        let dust = sharp(phase(back + 0.05), 6) * smooth(0.20, 0.60, lanes) * out;
        let knots = smooth(0.60, 0.76, clumps) * main * smooth(0.18, 0.34, distance);
        // Between the arms there are wisps too: a disc is no ribbon.
        let between = between + 0.30 * smooth(0.38, 0.74, clumps) * smooth(0.5, 0.2, lanes);
        Sight { distance, arm: (main + between) * out * mix(0.55, 1.25, clumps), dust, knots }
    }

    /// Displayed light at `x`, `y` frame heights from the middle; `star` is 0 to 1 by chance.
    fn light(&self, colours: Colours, x: f32, y: f32, star: f32) -> [f32; 3] {
        let sight = self.sight(x, y);
        let veil = cloud(x * 1.7 + 9.0, y * 1.7, 4, self.seed ^ 0x41);
        let sky = mix3(colours.void, colours.gas, smooth(0.42, 0.90, veil) * 0.30);
        let disc = fade(sight.distance * 2.6) * smooth(1.25, 0.55, sight.distance);
        let edge = smooth(1.15, 0.45, sight.distance);
        // The heart is round, whatever the disc does.
        let near = (x * x + y * y * 1.7) / (self.radius * self.radius);
        let heart = 1.0 / (1.0 + near * 260.0);
        let bulge = fade(near * 30.0);
        let old = scale3(mix3(colours.heart, [1.0, 0.92, 0.80], 0.15), disc * 0.60 + bulge * 0.34);
        let young = mix3(colours.arms, [0.86, 0.92, 1.0], 0.28);
        let young = scale3(young, sight.arm * edge * mix(0.92, 0.42, sight.distance.min(1.0)));
        let mut light = add3(sky, add3(old, young));
        let rose = mix3(mix3(colours.heart, colours.arms, 0.35), [1.0, 0.45, 0.62], 0.5);
        light = add3(light, scale3(rose, sight.knots * edge * 0.55));
        // Single stars of the disc, more where there is more light.
        let rich = (disc * 0.5 + sight.arm * edge) * 0.035 + 0.0008;
        if star < rich {
            light = add3(light, scale3([0.85, 0.92, 1.0], 0.10 + 0.30 * star / rich));
        }
        let shadow = sight.dust * edge * 0.58 * (1.0 - bulge);
        light = mix3(light, scale3(colours.void, 0.8), shadow);
        let white = mix3(colours.heart, [1.0, 0.97, 0.90], 0.72);
        mix3(light, white, clamp01(heart * 1.10 + bulge * 0.06)).map(|channel| channel.min(1.0))
    }
}
