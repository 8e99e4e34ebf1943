//! Shoals of fish. A fish is a pure function of its number and the time.

use super::reef::through;
use super::reef_paint::Palette;
use super::{Moment, Stage, View, project};
use crate::canvas::Canvas;
use crate::math::{
    clamp01, float, float_of, floor, linear, mix, mix3, position, rgb, scale3, sine, smooth,
};
use crate::noise::{Random, random_at};
use crate::prompt::Direction;

/// Fish that swim together.
#[derive(Debug)]
pub(super) struct Shoal {
    /// Middle in frame widths and heights, extent in frame heights.
    x: f32,
    y: f32,
    wide: f32,
    tall: f32,
    fish: u32,
    /// Length of a fish in frame heights.
    length: f32,
    /// Frame heights a second, to the right if positive.
    speed: f32,
    depth: f32,
    back: [f32; 3],
    belly: [f32; 3],
    /// What a flank that catches the light shows.
    shine: [f32; 3],
    seed: u32,
}

impl Shoal {
    /// Draws the self.
    pub(super) fn draw(
        &self,
        stage: &Stage,
        moment: Moment,
        view: View,
        pivot: f32,
        canvas: &mut Canvas,
    ) {
        let (width, height) = (float(stage.width), float(stage.height));
        let t = moment.seconds;
        let aspect = width / height;
        let ahead = if self.speed > 0.0 { 1.0 } else { -1.0 };
        for fish in 0..self.fish {
            let random = |kind: u32| random_at(fish, kind, self.seed);
            // More fish in the middle of the shoal than at its edge.
            let (turn, from) =
                (random(1) + t * 0.012 * ahead, random(2) * mix(0.4, 1.0, random(3)));
            let wander = sine(t * mix(0.05, 0.11, random(4)) + random(5));
            let dx = crate::math::cosine(turn) * from * self.wide + wander * 0.014;
            let dy = sine(turn) * from * self.tall + sine(t * 0.09 + random(6)) * 0.010;
            let swell = sine(t * 0.06 + random(1) * 0.2) * 0.02;
            // The way is longer than the frame, so that fish appear and vanish outside.
            let way = aspect + self.wide * 2.0 + 0.3;
            let along = (self.x * aspect + dx + t * self.speed + way * 8.0 + self.wide) / way;
            let x = (along - float_of(floor(along))) * way - self.wide - 0.15;
            let y = self.y + dy + swell;
            let near = random(7);
            let (px, py) = project(view, stage, pivot, self.depth, x * height, y * height);
            let length =
                self.length * mix(0.75, 1.2, near) * height * (1.0 + view.zoom * self.depth);
            if px < -length || px > width + length {
                continue;
            }
            let glint = smooth(0.6, 1.0, sine(t * 0.23 + random(8) * 2.0 + x));
            let belly = mix3(self.belly, self.shine, glint * 0.5);
            let tilt = wander * 0.10 + sine(turn + 0.25) * 0.05;
            let beat = sine(t * mix(1.3, 1.9, random(9)) + random(10));
            draw_fish(canvas, (px, py), (length, ahead, tilt, beat), (self.back, belly));
        }
    }
}

/// One fish: its length in pixels, direction, tilt and the beat of its tail.
fn draw_fish(
    canvas: &mut Canvas,
    (x, y): (f32, f32),
    (length, ahead, tilt, beat): (f32, f32, f32, f32),
    (back, belly): ([f32; 3], [f32; 3]),
) {
    let pixel = 1.0 / length;
    let reach = length * 0.75 + 1.0;
    let columns = position(floor(x - reach))..position(floor(x + reach) + 1).min(canvas.width);
    let tall = length * 0.42 + 1.0;
    for row in position(floor(y - tall))..position(floor(y + tall) + 1).min(canvas.height) {
        for column in columns.clone() {
            let along = (float(column) - x) * ahead * pixel;
            // The body bends where the tail pushes.
            let bend = beat * 0.030 * (0.25 - along) * (0.25 - along);
            let down = (float(row) - y) * pixel - along * tilt - bend;
            let girth = ((0.5 - along) * (along + 0.47)).max(0.0).sqrt() * 0.29;
            let stalk = if (-0.50..0.0).contains(&along) { 0.020 } else { 0.0 };
            let body = clamp01((girth.max(stalk) - down.abs()) * length + 0.5);
            let body = if along > 0.5 { 0.0 } else { body };
            // The tail swings towards and away from the eye: it looks longer and shorter.
            let out = (-0.42 - along) / (0.22 + 0.035 * beat);
            let fork = out * 0.15 - down.abs();
            let notch = down.abs() - (out - 0.55) * 0.20;
            let fin = clamp01(fork.min(notch).min((1.0 - out) * 0.3) * length + 0.5);
            let fin = if out > 0.0 { fin } else { 0.0 };
            let dorsal = (0.19 - (along - 0.02).abs() * 0.55 + down).min(-down);
            let dorsal = clamp01(dorsal * length + 0.5) * 0.8;
            let cover = body.max(fin).max(dorsal);
            if cover <= 0.02 {
                continue;
            }
            let shade = smooth(-0.55, 0.45, down / girth.max(0.03));
            let mut colour = mix3(back, belly, shade * body);
            if length > 15.0 {
                let (ex, ey) = (along - 0.37, down + 0.03);
                let eye = (ex * ex + ey * ey).sqrt() * length;
                colour = mix3(colour, [0.02; 3], clamp01(length * 0.028 - eye + 0.5));
            }
            let at = row * canvas.width * 3 + column;
            for (channel, target) in colour.into_iter().enumerate() {
                let value = &mut canvas.light[at + channel * canvas.width];
                *value = mix(*value, target, cover * 0.94);
            }
        }
    }
}

/// The shoals of one film, far to near.
pub(super) fn shoals(palette: &Palette, random: &mut Random, direction: &Direction) -> Vec<Shoal> {
    let water = linear(mix3(palette.middle, palette.deep, 0.3));
    let bright = palette.light;
    let gaudy = direction.accent.unwrap_or_else(|| {
        rgb(*random.pick(&[0xff_b830, 0xff_8030, 0x40_b0ff, 0xff_6080, 0xf8_e058]))
    });
    let plans = [
        (70, 0.016, 0.22, 0.10, 0.22, 0.55, false),
        (46, 0.026, 0.25, 0.11, 0.40, 0.30, false),
        (11, 0.052, 0.20, 0.12, 0.62, 0.06, true),
    ];
    plans
        .into_iter()
        .map(|(fish, length, wide, tall, depth, air, bold)| {
            let ahead = if random.chance(0.5) { 1.0 } else { -1.0 };
            let back = if bold { gaudy } else { mix3([0.16, 0.26, 0.36], palette.middle, 0.3) };
            let belly = if bold {
                mix3(gaudy, [1.0, 1.0, 0.9], 0.55)
            } else {
                mix3([0.75, 0.86, 0.90], palette.surface, 0.4)
            };
            let tint =
                |colour: [f32; 3]| through(scale3(linear(colour), bright * bright), water, air);
            Shoal {
                x: random.range(0.15, 0.85),
                y: if bold { random.range(0.52, 0.68) } else { random.range(0.28, 0.55) },
                wide: wide * random.range(0.8, 1.25),
                tall: tall * random.range(0.8, 1.25),
                fish,
                length,
                speed: ahead * (0.012 + length * random.range(0.6, 0.9)),
                depth,
                back: tint(back),
                belly: tint(belly),
                shine: linear(palette.surface),
                seed: random.next(),
            }
        })
        .collect()
}
