//! Below the surface: shafts of light, a reef on a sandy floor, what lives there; at night it
//! glows by itself.

use super::reef_floor::Floor;
use super::reef_life::Life;
use super::reef_paint::{Painter, Palette};
use super::{Layer, Moment, Scene, Stage, View, project};
use crate::canvas::{Canvas, VEIL_CELL};
use crate::math::{clamp01, fade, float, index, linear, mix, mix3, scale3, smooth};
use crate::noise::{Random, Tile};
use crate::prompt::{Direction, Hour, Move};

/// Row where the floor meets the water at rest, in frame heights.
pub(super) const LINE: f32 = 0.70;

/// The scene.
pub(super) struct Reef {
    stage: Stage,
    movement: Move,
    palette: Palette,
    tile: Tile,
    /// Far to near.
    layers: Vec<Layer>,
    /// Halves of the nearest bank.
    front: Vec<Layer>,
    floor: Floor,
    life: Life,
    /// Where the light comes from, in frame heights from the upper middle.
    sun: f32,
    /// Strength of the shafts.
    shafts: f32,
}

impl Reef {
    pub(super) fn new(direction: &Direction, stage: Stage) -> Self {
        let mut random = Random::new(direction.seed ^ 0x7265_6566);
        let palette = Palette::of(direction, &mut random);
        let half = float(stage.width) / float(stage.height) * 0.5;
        let side = if random.chance(0.5) { 1.0 } else { -1.0 };
        let seed = random.next();
        let painter = Painter::new(palette, stage, seed, side, direction.hour == Hour::Night);
        let shafts = match direction.hour {
            Hour::Day => 1.0,
            Hour::Dawn => 0.95,
            Hour::Dusk => 0.80,
            Hour::Night => 0.42,
        };
        Self {
            stage,
            movement: direction.movement,
            palette,
            tile: Tile::cloud(seed),
            layers: painter.layers(),
            front: painter.front(),
            floor: Floor::new(&palette, seed, direction.hour, stage.threads),
            life: Life::new(&palette, stage, random.next(), side, direction),
            sun: side * random.range(0.10, 0.55) * half,
            shafts,
        }
    }

    fn pivot(&self) -> f32 {
        float(self.stage.height) * 0.52
    }

    /// The water: brightest below the sun, with the rippling surface at the top.
    fn water(&self, moment: Moment, view: View, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let palette = &self.palette;
        let (shift, lift) = (view.x * 0.25, view.y * 0.5);
        let sun = self.sun - shift * 0.3;
        let run = moment.seconds * 0.011;
        // Where the surface vanishes in the distance.
        let end = 0.30 - lift;
        canvas.backdrop.fill(|x, y| {
            let (x, v) = ((x - width * 0.5) / height, y / height);
            let (dx, dy) = (x - sun, v + lift + 0.10);
            let from = (dx * dx * 0.55 + dy * dy).sqrt();
            let mut colour = mix3(palette.upper, palette.middle, smooth(0.06, 0.50, from));
            colour = mix3(colour, palette.deep, smooth(0.36, 1.15, from));
            let near = fade((dx * dx * 0.8 + dy * dy) * 9.0);
            colour = mix3(colour, palette.surface, near * 0.75);
            if v < end - 0.01 {
                let plane = 0.27 / (end - v + 0.03);
                let (u, w) = ((x + shift) * plane * 1.5, plane * 0.9 + run);
                let one = self.tile.at(u * 0.50 + run, w * 0.62);
                let two = self.tile.at(u * 0.23 - run * 1.6, w * 0.31 - run * 0.8);
                let wave = one + two - 1.0;
                let crest = 1.0 / (1.0 + wave * wave * 150.0);
                let close = smooth(end - 0.02, 0.02, v);
                let shine = crest * close * (0.20 + 0.80 * fade(dx * dx * 2.6));
                colour = mix3(colour, palette.surface, clamp01(shine * 0.75));
                colour = mix3(colour, palette.middle, clamp01(wave * 2.0) * close * 0.45);
            }
            colour
        });
    }

    /// Shafts fan out from the sun above the surface, and wander.
    fn light(&self, moment: Moment, view: View, canvas: &mut Canvas) {
        let height = float(self.stage.height);
        let columns = canvas.glow.width;
        let middle = float(self.stage.width) * 0.5;
        let sun = self.sun - view.x * 0.075;
        let colour = scale3(linear(self.palette.surface), 0.34 * self.shafts);
        let run = moment.seconds * 0.007;
        let (cell, inverse) = (float(VEIL_CELL), 1.0 / height);
        for (row, cells) in canvas.glow.cells.chunks_exact_mut(columns).enumerate() {
            let v = float(row) * cell * inverse;
            if v >= LINE {
                cells.fill([0.0; 3]);
                continue;
            }
            let depth = fade(v * 2.6) * smooth(0.90, 0.30, v) * smooth(-0.05, 0.10, v);
            let reach = 1.0 / (v + 0.42);
            for (column, out) in cells.iter_mut().enumerate() {
                let x = (float(column) * cell - middle) * inverse - sun;
                let angle = x * reach;
                let one = self.tile.at(angle * 0.36 + run, run * 2.0 + 0.3);
                let two = self.tile.at(angle * 0.83 - run * 1.3, 0.7 - run * 2.6);
                let beam = smooth(0.44, 0.80, one * 0.55 + two * 0.45);
                let spread = fade(angle * angle * 1.15);
                *out = scale3(colour, (beam * 1.25 + 0.10) * depth * spread);
            }
        }
    }

    /// The glow of what lives here, in the water around it.
    fn shimmer(&self, moment: Moment, view: View, canvas: &mut Canvas) {
        for (x, y, radius, colour) in self.life.lamps(moment, view, self.pivot()) {
            canvas.glow.add_light(x, y, radius, colour);
        }
        // The floor is drawn over this light: it has to be gone where the floor begins.
        let (columns, height) = (canvas.glow.width, float(self.stage.height));
        for (row, cells) in canvas.glow.cells.chunks_exact_mut(columns).enumerate() {
            let v = float(row * VEIL_CELL) / height;
            let share = smooth(LINE - 0.03, LINE - 0.26, v);
            if share < 1.0 {
                for cell in cells {
                    *cell = scale3(*cell, share);
                }
            }
        }
    }
}

impl Scene for Reef {
    fn draw(&self, moment: Moment, canvas: &mut Canvas) {
        let view = View::at(self.movement, moment.progress);
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let pivot = self.pivot();
        self.water(moment, view, canvas);
        self.light(moment, view, canvas);
        self.shimmer(moment, view, canvas);
        let placed: Vec<_> = self
            .layers
            .iter()
            .rev()
            .map(|layer| (&layer.texture, layer.place(view, &self.stage, pivot)))
            .collect();
        let (_, line) = project(view, &self.stage, pivot, 0.45, width * 0.5, LINE * height);
        let rows = index(line).min(self.stage.height);
        canvas.compose(0..rows, &placed);
        canvas.compose(rows..self.stage.height, &[]);
        self.floor.draw(canvas, line, view, moment);
        canvas.overlay(rows..self.stage.height, &placed);
        self.life.draw(moment, view, pivot, canvas);
        for half in &self.front {
            let place = half.place(view, &self.stage, pivot);
            let top = index((-place.y / place.step).max(0.0)).min(self.stage.height);
            canvas.overlay(top.saturating_sub(2)..self.stage.height, &[(&half.texture, place)]);
        }
        self.life.draw_near(moment, view, pivot, canvas);
    }

    fn vignette(&self) -> f32 {
        0.7
    }
}

/// What is far away takes the colour of the water.
pub(super) fn through(colour: [f32; 3], water: [f32; 3], air: f32) -> [f32; 3] {
    // Red goes first.
    let share = [clamp01(air * 1.25), air, air * 0.92];
    [0, 1, 2].map(|channel| mix(colour[channel], water[channel], share[channel]))
}
