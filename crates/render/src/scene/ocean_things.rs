//! What stands in the sea: a lighthouse on its rock, a sailing ship, rocks with spray.

use super::ocean_brush::Brush;
use super::ocean_paint::Palette;
use super::ocean_sea::{Eye, Sea};
use super::{Moment, Stage};
use crate::canvas::Canvas;
use crate::math::{
    clamp01, cosine, fade, float, float_of, floor, index, mix, scale3, sine, smooth,
};
use crate::noise::{Random, random_at};
use crate::prompt::{Direction, Hour, Landmark, Weather};
use crate::texture::{Placement, Texture};

/// One thing.
#[derive(Debug)]
pub(super) struct Thing {
    pub(super) texture: Texture,
    pub(super) landmark: Landmark,
    /// Texel of the middle of its waterline.
    pub(super) foot: (f32, f32),
    /// Frame heights right of the middle at rest.
    pub(super) x: f32,
    /// Units from the eye at rest.
    pub(super) away: f32,
    /// Half its width at the water, in frame heights.
    pub(super) half: f32,
    /// Height of the lamp over the water, in frame heights, and its light.
    pub(super) lamp: Option<(f32, [f32; 3])>,
    pub(super) spray: [f32; 3],
    pub(super) seed: u32,
    pub(super) height: f32,
}

impl Thing {
    /// The things of a landmark, far to near.
    pub(super) fn all(
        landmark: Landmark,
        random: &mut Random,
        palette: &Palette,
        stage: &Stage,
        sun: (f32, f32),
        direction: &Direction,
    ) -> Vec<Self> {
        let half = float(stage.width) / float(stage.height) * 0.5;
        let side = if sun.0 > 0.0 { -1.0 } else { 1.0 };
        let night = direction.hour == Hour::Night;
        let clear = if direction.weather == Weather::Fog { 0.5 } else { 1.0 };
        let mut brush = |air: f32| {
            let air = 1.0 - (1.0 - air) * clear;
            Brush { palette, stage, side: -side, seed: random.next(), air, night }
        };
        match landmark {
            Landmark::Lighthouse => {
                let far = brush(0.42);
                let near = brush(0.10);
                vec![
                    far.rock(side * half * 0.98, 22.0, 0.30, 0.075),
                    near.lighthouse(side * half * 0.60, 12.5, direction.hour),
                ]
            }
            // None of these is at sea.
            Landmark::Caravan | Landmark::Car | Landmark::Galaxy | Landmark::Shanghai => Vec::new(),
            Landmark::Ship => vec![brush(0.16).ship(side * half * 0.34, 20.0)],
            Landmark::Rocks => {
                let plan = [
                    (0.50, 19.0, 0.13, 0.16, 0.34),
                    (0.86, 12.0, 0.20, 0.24, 0.18),
                    (-0.92, 9.0, 0.13, 0.11, 0.12),
                    (0.66, 6.4, 0.11, 0.09, 0.06),
                ];
                plan.into_iter()
                    .map(|(x, away, wide, tall, air)| {
                        brush(air).rock(side * half * x, away, wide * (0.6 + half * 0.45), tall)
                    })
                    .collect()
            }
        }
    }

    /// Units from the eye.
    pub(super) fn distance(&self, eye: &Eye) -> f32 {
        (self.away - eye.z).max(1.5)
    }

    /// Scale, and where the middle of its waterline is seen.
    fn place(&self, moment: Moment, eye: &Eye, width: f32) -> (f32, f32, f32) {
        let distance = self.distance(eye);
        let scale = eye.focal * self.away / distance;
        let sail = if self.landmark == Landmark::Ship { moment.seconds * 0.0045 } else { 0.0 };
        let x = width * 0.5 + (self.x + sail - eye.x / self.away) * scale * self.height;
        (scale, x, eye.horizon + eye.high * eye.focal / distance * self.height)
    }

    /// Draws the thing over the water behind it.
    pub(super) fn draw(&self, moment: Moment, eye: &Eye, sea: &Sea, canvas: &mut Canvas) {
        let width = float(canvas.width);
        let (scale, x, mut y) = self.place(moment, eye, width);
        if self.landmark == Landmark::Ship {
            let lift = sea.lift(self.x * self.away, self.away, moment.seconds);
            y -= lift * 0.6 / self.away * self.height;
        }
        let step = 1.0 / scale;
        let placement = Placement { x: self.foot.0 - x * step, y: self.foot.1 - y * step, step };
        let top = index((y - self.foot.1 * scale - 2.0).max(0.0)).min(canvas.height);
        let bottom = index((y + (float(self.texture.height) - self.foot.1) * scale).max(0.0) + 2.0);
        canvas.overlay(top..bottom.min(canvas.height), &[(&self.texture, placement)]);
        if self.landmark != Landmark::Ship {
            self.surf(moment, sea, (scale, x, y), canvas);
        }
        if let Some((high, light)) = self.lamp {
            let (_, ahead) = Self::turn(moment);
            let blink = 0.5 + 1.8 * smooth(0.80, 1.0, ahead.abs());
            let radius = self.height / 720.0;
            let y = y - high * scale * self.height;
            canvas.add_dot(x, y, 2.6 * radius, scale3(light, blink * 2.0));
            canvas.add_dot(x, y, 26.0 * radius * (0.6 + 0.3 * blink), scale3(light, blink * 0.10));
        }
    }

    /// Spray where the swell meets the rock: bursts that rise and fall back.
    fn surf(&self, moment: Moment, sea: &Sea, (scale, x, y): (f32, f32, f32), canvas: &mut Canvas) {
        let size = scale * self.height;
        for drop in 0..300_u32 {
            let random = |kind: u32| random_at(drop, kind, self.seed);
            let along = random(1) * 2.0 - 1.0;
            let place = (self.x + along * self.half) * self.away;
            let turn = moment.seconds * mix(0.32, 0.5, random(2)) + random(3);
            let age = turn - float_of(floor(turn));
            let hit = sea.lift(place, self.away, moment.seconds - age * 1.2);
            let power = clamp01(0.40 + hit * 1.3);
            // Most of it is mist, some are drops.
            let mist = drop % 3 != 0;
            let rise = power * mix(0.2, 1.0, random(4) * random(4)) * 0.24 / self.away.sqrt();
            let fly = 4.0 * age * (1.0 - age) * if mist { 0.7 } else { 1.1 };
            let spread = (random(5) - 0.5) * 0.06 * age;
            let px = x + (along * self.half * 1.02 + spread) * size;
            let py = y - (rise * fly - 0.004 - 0.012 * random(6)) * size;
            let swell = if mist { mix(0.006, 0.024, age) } else { 0.0012 };
            let radius = swell * size * mix(0.5, 1.0, random(7));
            let alpha = if mist { 0.085 } else { 0.45 };
            let seen = power * smooth(0.0, 0.12, age) * smooth(1.0, 0.35, age);
            canvas.cover_dot(px, py, radius, self.spray, alpha * seen);
        }
    }

    /// Where the lamp's beam points: to the right, and towards the eye.
    fn turn(moment: Moment) -> (f32, f32) {
        let turn = moment.seconds * 0.11 + 0.04;
        (cosine(turn), sine(turn))
    }

    /// Adds the beam of the lamp to the glow.
    pub(super) fn beam(&self, moment: Moment, eye: &Eye, canvas: &mut Canvas) {
        let Some((high, light)) = self.lamp else { return };
        let (scale, x, y) = self.place(moment, eye, float(canvas.width));
        let y = y - high * scale * self.height;
        let (right, ahead) = Self::turn(moment);
        let cell = float(crate::canvas::VEIL_CELL);
        let (columns, inverse) = (canvas.glow.width, 1.0 / self.height);
        let reach = right.abs().max(0.05);
        for (row, cells) in canvas.glow.cells.chunks_exact_mut(columns).enumerate() {
            let dy = (float(row) * cell - y) * inverse;
            if dy.abs() > 0.32 || float(row) * cell > eye.horizon + cell {
                continue;
            }
            for (column, out) in cells.iter_mut().enumerate() {
                let dx = (float(column) * cell - x) * inverse;
                let along = dx.abs() / reach;
                // Two beams, back to back; the one that points here is wider.
                let towards = if dx * right > 0.0 { ahead } else { -ahead };
                let wide = 0.004 + along * mix(0.035, 0.09, clamp01(towards));
                let across = (dy + dx.abs() * 0.02) / wide;
                let power =
                    fade(across * across * 1.5) * fade(along * 1.6) * 0.012 / (wide + 0.012);
                for (channel, amount) in out.iter_mut().zip(light) {
                    *channel += amount * power * (0.7 + 0.5 * towards);
                }
            }
        }
        canvas.glow.add_light(x, y, self.height * 0.035, scale3(light, 0.35));
    }
}
