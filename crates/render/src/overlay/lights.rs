//! Lights and haze before the picture: out-of-focus lamps, glints, drifting fog.
//!
//! As all of the weather: a pure function of number and time.

use super::Overlay;
use crate::canvas::Canvas;
use crate::math::{clamp01, float, float_of, floor, mix, mix3, scale3, sine, smooth};
use crate::scene::Moment;

/// Lamps out of focus on a 720-line, 16:9 frame.
const LAMPS: f32 = 34.0;
/// Glints on the same frame.
const GLINTS: f32 = 80.0;
/// Columns for which the fog's thickness is the same.
const CELL: usize = 4;

impl Overlay {
    /// Discs of light as a wide-open lens makes them: flat, with a brighter rim.
    pub(super) fn bokeh(&self, moment: Moment, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        for lamp in 0..self.count(LAMPS) {
            let random = |kind| self.random(lamp, kind);
            let size = random(1) * random(1);
            let radius = mix(9.0, 46.0, size) * height / 720.0;
            let drift = random(2) + moment.seconds * mix(-0.008, 0.008, random(3));
            let x = (drift - float_of(floor(drift))) * 1.2 - 0.1;
            let sway = sine(moment.seconds * mix(0.03, 0.09, random(4)) + random(5)) * 0.02;
            let y = random(6) + sway;
            let breath = 0.6 + 0.4 * sine(moment.seconds * mix(0.05, 0.16, random(7)) + random(8));
            let warm = mix3(self.lamp, [0.95, 0.62, 0.28], random(9));
            // Large ones are nearer and spread the same light over more.
            let colour = scale3(warm, mix(0.34, 0.10, size) * breath);
            disc(canvas, x * width, y * height, radius, colour);
        }
    }

    /// Glints with four rays that come and go.
    pub(super) fn glints(&self, moment: Moment, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        for glint in 0..self.count(GLINTS) {
            let random = |kind| self.random(glint, kind);
            let pulse = sine(moment.seconds * mix(0.10, 0.32, random(1)) + random(2));
            let bright = smooth(0.15, 1.0, pulse) * mix(0.35, 1.5, random(3) * random(3));
            if bright <= 0.0 {
                continue;
            }
            let rise = random(4) - moment.seconds * mix(0.002, 0.012, random(5));
            let (x, y) = (random(6) * width, (rise - float_of(floor(rise))) * height);
            let colour = scale3(mix3([1.0, 0.97, 0.9], self.lamp, 0.35), bright);
            canvas.add_dot(x, y, 1.3 * height / 720.0, colour);
            let long = mix(5.0, 17.0, random(7)) * height / 720.0 * clamp01(bright);
            for step in 1..=floor(long).max(1) {
                let along = 1.0 - float_of(step) / (long + 1.0);
                let ray = scale3(colour, 0.45 * along * along);
                for (dx, dy) in [(step, 0), (-step, 0), (0, step), (0, -step)] {
                    canvas.add(floor(x) + dx, floor(y) + dy, ray, 1.0);
                }
            }
        }
    }

    /// Haze that drifts before the picture, thicker towards the ground.
    pub(super) fn fog(&self, moment: Moment, canvas: &mut Canvas) {
        let Some(tile) = &self.tile else { return };
        let (width, height) = (canvas.width, float(canvas.height));
        let shift = moment.seconds * 0.012;
        for (y, row) in canvas.light.chunks_exact_mut(width * 3).enumerate() {
            let v = float(y) / height;
            let thick = mix(0.22, 0.62, smooth(0.15, 0.95, v));
            let (red, rest) = row.split_at_mut(width);
            let (green, blue) = rest.split_at_mut(width);
            let cells = red.chunks_mut(CELL).zip(green.chunks_mut(CELL)).zip(blue.chunks_mut(CELL));
            for (cell, ((red, green), blue)) in cells.enumerate() {
                let u = float(cell * CELL) / height;
                let puff = tile.at(u * 0.30 + shift, v * 0.85 - shift * 0.3)
                    + 0.5 * tile.at(u * 0.75 - shift * 1.6, v * 1.9);
                let share = clamp01(thick * (0.35 + 0.65 * smooth(0.35, 1.1, puff)));
                for (channel, lanes) in [red, green, blue].into_iter().enumerate() {
                    for value in lanes {
                        *value = mix(*value, self.light[channel] * 0.62, share);
                    }
                }
            }
        }
    }
}

/// Adds a flat disc with a soft edge and a brighter rim; position and radius in pixels.
fn disc(canvas: &mut Canvas, x: f32, y: f32, radius: f32, colour: [f32; 3]) {
    let reach = radius + 1.0;
    for row in floor(y - reach)..=floor(y + reach) {
        for column in floor(x - reach)..=floor(x + reach) {
            let (dx, dy) = (float_of(column) - x, float_of(row) - y);
            let away = (dx * dx + dy * dy).sqrt();
            let inside = clamp01(radius - away + 0.5);
            if inside > 0.0 {
                let rim = smooth(radius * 0.72, radius * 0.97, away);
                canvas.add(column, row, colour, inside * (0.72 + 0.5 * rim));
            }
        }
    }
}
