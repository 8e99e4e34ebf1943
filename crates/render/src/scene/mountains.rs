//! Mountain ranges at any hour, with mist between them, a lake or a forest in front.

use super::mountains_paint::Painter;
use super::mountains_palette::Palette;
use super::water::{Surface, reflect};
use super::{Layer, Moment, Scene, Stage, View};
use crate::canvas::Canvas;
use crate::math::{add3, clamp01, fade, float, index, linear, mix, mix3, scale3, smooth};
use crate::noise::{Random, Tile, random_at};
use crate::prompt::{Direction, Hour, Landmark, Move, Weather};

/// Stars of a night sky.
const STARS: u32 = 420;
/// Birds in the air by day.
const BIRDS: u32 = 7;

/// The scene.
pub(crate) struct Mountains {
    stage: Stage,
    movement: Move,
    palette: Palette,
    tile: Tile,
    /// Far to near.
    layers: Vec<Layer>,
    foreground: Layer,
    boat: Option<Layer>,
    /// Row of the shore in frame heights, if there is a lake.
    shore: Option<f32>,
    sun: (f32, f32),
    seed: u32,
    night: bool,
    cloudy: f32,
}

impl Mountains {
    pub(crate) fn new(direction: &Direction, stage: Stage) -> Self {
        let mut random = Random::new(direction.seed ^ 0x6d6f_756e);
        let palette = Palette::of(direction, &mut random);
        let seed = random.next();
        let sun = (
            random.range(0.24, 0.76),
            match direction.hour {
                Hour::Dawn | Hour::Dusk => random.range(0.30, 0.38),
                Hour::Day => random.range(0.10, 0.18),
                Hour::Night => random.range(0.12, 0.22),
            },
        );
        let afloat = direction.landmark == Some(Landmark::Ship);
        let shore = (direction.water || random.chance(0.5) || afloat).then_some(0.735);
        let snowy = direction.weather == Weather::Snow;
        let painter = Painter::new(palette, stage, seed, sun, snowy, shore.is_some());
        Self {
            stage,
            movement: direction.movement,
            palette,
            tile: Tile::cloud(seed),
            layers: painter.ranges(),
            foreground: painter.foreground(),
            boat: afloat.then(|| painter.boat(direction.hour == Hour::Night)),
            shore,
            sun,
            seed,
            night: direction.hour == Hour::Night,
            cloudy: random.range(0.45, 0.62),
        }
    }

    fn pivot(&self) -> f32 {
        float(self.stage.height) * 0.58
    }

    fn sky(&self, moment: Moment, view: View, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let palette = &self.palette;
        let (sun_x, sun_y) = self.sun_at(view);
        let drift = moment.seconds * 0.0035;
        canvas.backdrop.fill(|x, y| {
            let v = y / height;
            let (dx, dy) = ((x - sun_x) / height, (y - sun_y) / height);
            let near = fade((dx * dx + dy * dy * 1.5) * 5.0);
            let mut colour = mix3(palette.zenith, palette.middle, smooth(0.0, 0.36, v));
            colour = mix3(colour, palette.horizon, smooth(0.16, 0.56, v));
            colour = mix3(colour, palette.sun, near * 0.55);
            if v > 0.62 {
                return colour;
            }
            // Clouds are seen at a shallow angle: they flatten towards the horizon.
            let plane = 0.11 / (0.08 + v.max(0.0) * 0.25 + 0.02);
            let u = (x - width * 0.5) / height * plane + view.x * 0.05;
            let low = self.tile.at(u * 0.34 + drift, v * 1.15 + 0.3);
            let high = self.tile.at(u * 0.9 - drift * 1.7, v * 2.7);
            let amount = smooth(self.cloudy, self.cloudy + 0.30, low * 0.68 + high * 0.32);
            let body = self.tile.at(u * 0.34 + drift + dx * 0.03, v * 1.15 + 0.3 + dy * 0.05);
            let lit = clamp01(0.5 + (low - body) * 3.5 + near * 0.6);
            let cloud = mix3(palette.cloud_shade, palette.cloud_light, lit);
            mix3(colour, cloud, amount * 0.82 * smooth(0.62, 0.30, v))
        });
        let strength = if self.night { 0.5 } else { 1.0 };
        canvas.glow.clear();
        let light = scale3(linear(palette.sun), strength);
        // By the short side: in a tall frame the light would fill all of it.
        let short = height.min(width);
        canvas.glow.add_light(sun_x, sun_y, short * 0.34, scale3(light, 0.20));
        canvas.glow.add_light(sun_x, sun_y, short * 0.12, scale3(light, 0.30));
        if self.night {
            canvas.glow.add_light(sun_x, sun_y, short * 0.022, scale3(light, 1.1));
        }
    }

    fn sun_at(&self, view: View) -> (f32, f32) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        (self.sun.0 * width - view.x * 0.06 * width, self.sun.1 * height - view.y * 0.1 * height)
    }

    /// Mist is light scattered towards the viewer: added along the valleys, drifting.
    fn mist(&self, moment: Moment, canvas: &mut Canvas) {
        let height = float(self.stage.height);
        let colour = scale3(linear(self.palette.haze), self.palette.mist);
        let width = canvas.glow.width;
        let (columns, shift) = (1.0 / height * 4.0, moment.seconds * 0.006);
        for (row, cells) in canvas.glow.cells.chunks_exact_mut(width).enumerate() {
            let v = float(row * 4) / height;
            let band = smooth(0.36, 0.52, v) * smooth(0.80, 0.62, v);
            if band <= 0.0 {
                continue;
            }
            for (column, cell) in cells.iter_mut().enumerate() {
                let u = float(column) * columns;
                let puff = self.tile.at(u * 0.24 + shift, v * 1.6 - shift * 0.4)
                    + 0.5 * self.tile.at(u * 0.61 - shift * 1.4, v * 3.4);
                let amount = band * smooth(0.62, 1.05, puff);
                *cell = add3(*cell, scale3(colour, amount));
            }
        }
    }

    fn stars(&self, moment: Moment, canvas: &mut Canvas, top: usize) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        for star in 0..STARS {
            let x = random_at(star, 1, self.seed) * width;
            let y = random_at(star, 2, self.seed);
            let y = y * y * 0.5 * height;
            let size = random_at(star, 3, self.seed);
            let phase = random_at(star, 4, self.seed);
            let twinkle = 0.75 + 0.25 * crate::math::sine(moment.seconds * (0.3 + phase) + phase);
            let bright = (0.12 + size * size * size * 1.1) * twinkle;
            if index(y) < top {
                let tint = mix3([0.75, 0.85, 1.0], [1.0, 0.9, 0.75], phase);
                canvas.add_dot(
                    x,
                    y,
                    0.45 + size * size * 0.8 * height / 720.0,
                    scale3(tint, bright * (1.0 - self.palette.fog)),
                );
            }
        }
    }

    fn birds(&self, moment: Moment, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let size = height / 720.0;
        let lead = mix(-0.12, 0.5, random_at(0, 9, self.seed));
        for bird in 0..BIRDS {
            let offset = random_at(bird, 7, self.seed);
            let x = (lead + moment.seconds * 0.018 + offset * 0.11) * width;
            let y = (0.22 + random_at(bird, 8, self.seed) * 0.07 - moment.seconds * 0.002) * height;
            let beat = crate::math::sine(moment.seconds * (1.3 + offset * 0.5) + offset * 3.0);
            let span = (4.0 + 3.0 * offset) * size;
            let dark = scale3(linear(self.palette.forest), 0.8);
            for step in 0..=12_u8 {
                let along = f32::from(step) / 6.0 - 1.0;
                let rise = along.abs() * (0.45 + 0.4 * beat) - along * along * 0.28;
                canvas.cover_dot(x + along * span, y - rise * span, 0.35 * size, dark, 0.75);
            }
        }
    }
}

impl Scene for Mountains {
    fn draw(&self, moment: Moment, canvas: &mut Canvas) {
        let view = View::at(self.movement, moment.progress);
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        self.sky(moment, view, canvas);
        self.mist(moment, canvas);
        let pivot = self.pivot();
        let placed: Vec<_> = self
            .layers
            .iter()
            .rev()
            .map(|layer| (&layer.texture, layer.place(view, &self.stage, pivot)))
            .collect();
        let line = self.shore.map(|shore| {
            super::project(view, &self.stage, pivot, 0.62, width * 0.5, shore * height).1
        });
        let bottom = line.map_or(self.stage.height, |line| index(line).min(self.stage.height));
        canvas.compose(0..bottom, &placed);
        if self.night {
            self.stars_behind(moment, canvas, bottom);
        }
        if let Some(line) = line {
            let surface = Surface {
                line: index(line),
                ripple: 5.0,
                mirror: (0.80, 0.46),
                tint: scale3(linear(self.palette.water), 0.55),
                blur: 0,
                speed: 0.35,
            };
            reflect(canvas, &surface, &self.tile, moment.seconds);
        }
        if let Some(boat) = &self.boat {
            let mut place = boat.place(view, &self.stage, pivot);
            // It rises and falls a little, and drifts.
            place.y += crate::math::sine(moment.seconds * 0.31) * height * 0.0012;
            place.x -= moment.seconds * height * 0.0025;
            canvas.overlay(0..self.stage.height, &[(&boat.texture, place)]);
        }
        if !self.night {
            self.birds(moment, canvas);
        }
        let front = self.foreground.place(view, &self.stage, pivot);
        canvas.overlay(0..self.stage.height, &[(&self.foreground.texture, front)]);
    }

    fn vignette(&self) -> f32 {
        0.55
    }
}

impl Mountains {
    /// Stars only where the sky is still dark enough to be sky: above the far range.
    fn stars_behind(&self, moment: Moment, canvas: &mut Canvas, bottom: usize) {
        let far = self.layers.first().map_or(bottom, |layer| index(layer.top.max(0.0)));
        self.stars(moment, canvas, far.min(bottom));
    }
}
