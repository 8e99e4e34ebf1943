//! The open sea at any hour: sky, sun or moon, swell with the path of light, and what stands in it.

use super::ocean_paint::{Clouds, Palette, Sky};
use super::ocean_sea::{Eye, Sea, Water};
use super::ocean_things::Thing;
use super::{Layer, Moment, Scene, Stage, View};
use crate::canvas::Canvas;
use crate::math::{
    add3, clamp01, fade, float, float_of, floor, index, linear, mix, mix3, position, scale3, sine,
    smooth,
};
use crate::noise::{Random, Tile, random_at};
use crate::prompt::{Direction, Hour, Move, Weather};
use crate::texture::{Placement, Texture};

/// Stars of a night sky.
const STARS: u32 = 460;
/// Gulls by day.
const GULLS: u32 = 6;

/// The scene.
pub(super) struct Ocean {
    stage: Stage,
    movement: Move,
    palette: Palette,
    tile: Tile,
    clouds: Vec<Layer>,
    things: Vec<Thing>,
    sea: Sea,
    /// Row of the horizon in frame heights.
    horizon: f32,
    /// Frame heights right of the middle and above the horizon.
    sun: (f32, f32),
    seed: u32,
    hour: Hour,
    sky: Sky,
    storm: bool,
}

impl Ocean {
    pub(super) fn new(direction: &Direction, stage: Stage) -> Self {
        let mut random = Random::new(direction.seed ^ 0x006f_6365);
        let palette = Palette::of(direction, &mut random);
        let seed = random.next();
        let horizon = random.range(0.44, 0.54);
        let half = float(stage.width) / float(stage.height) * 0.5;
        let side = if random.chance(0.5) { 1.0 } else { -1.0 };
        let sun = (
            side * random.range(0.02, 0.50) * half,
            match direction.hour {
                Hour::Dawn | Hour::Dusk => random.range(0.055, 0.11),
                Hour::Day => random.range(0.30, 0.38),
                Hour::Night => random.range(0.20, 0.29),
            },
        );
        let storm = direction.weather == Weather::Rain;
        let closed = matches!(direction.weather, Weather::Fog | Weather::Snow);
        let low_sun = matches!(direction.hour, Hour::Dawn | Hour::Dusk);
        let sky = match (storm || closed, random.range(0.0, 1.0)) {
            (true, _) => Sky::Storm,
            (_, chance) if chance < if low_sun { 0.45 } else { 0.30 } => Sky::Ceiling,
            (_, chance) if chance < 0.88 => Sky::Towers,
            _ => Sky::Open,
        };
        let might = if storm { random.range(1.45, 1.7) } else { random.range(0.75, 1.15) };
        let gloom = if storm { 0.66 } else { 0.18 };
        let air = if direction.weather == Weather::Fog { 0.30 } else { 1.0 };
        let clouds = Clouds { palette, stage, seed, sun, tall: horizon, sky, gloom, air };
        let water = water(&palette, direction, storm, might);
        let sea = Sea::new(&mut random, water, might, stage.threads);
        let things = direction.landmark.map_or_else(Vec::new, |landmark| {
            Thing::all(landmark, &mut random, &palette, &stage, sun, direction)
        });
        Self {
            stage,
            movement: direction.movement,
            palette,
            tile: Tile::cloud(seed),
            clouds: clouds.layers(),
            things,
            sea,
            horizon,
            sun,
            seed,
            hour: direction.hour,
            sky,
            storm,
        }
    }

    fn eye(&self, moment: Moment, view: View) -> Eye {
        Eye {
            horizon: (self.horizon - view.y * 0.8) * float(self.stage.height),
            x: view.x * 7.0,
            z: view.zoom * 9.0 + moment.seconds * 0.05,
            high: if self.storm { 1.2 } else { 1.0 } - view.y * 5.0,
            focal: 1.0 + view.zoom * 0.5,
            sun: (self.sun.0 - view.x * 0.03, self.sun.1),
            seconds: moment.seconds,
        }
    }

    /// Row and column of the sun in pixels.
    fn sun_at(&self, eye: &Eye) -> (f32, f32) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let scale = height * eye.focal;
        (width * 0.5 + eye.sun.0 * scale, eye.horizon - eye.sun.1 * scale)
    }

    fn sky(&self, moment: Moment, eye: &Eye, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let palette = &self.palette;
        let scale = 1.0 / (height * eye.focal);
        let drift = moment.seconds * 0.003;
        let night = self.hour == Hour::Night;
        let wisps = if self.sky == Sky::Storm { 0.0 } else { 0.55 };
        canvas.backdrop.fill(|x, y| {
            let e = (eye.horizon - y) * scale;
            if e < -0.02 {
                return palette.horizon;
            }
            let x = (x - width * 0.5) * scale;
            let (dx, dy) = (x - eye.sun.0, e - eye.sun.1);
            let mut colour = mix3(palette.horizon, palette.middle, smooth(0.0, 0.22, e));
            colour = mix3(colour, palette.zenith, smooth(0.10, 0.58, e));
            // Away from the sun the sky is deeper.
            colour = mix3(colour, palette.zenith, smooth(0.2, 1.2, dx.abs()) * 0.30);
            let band = fade(dx * dx * 2.2 + e.max(0.0) * 9.0);
            let near = fade((dx * dx + dy * dy * 1.3) * if night { 9.0 } else { 6.5 });
            let warm = if night { 0.28 } else { 0.55 };
            colour = mix3(colour, palette.sun, clamp01(near * warm + band * warm * 0.5));
            let plane = 1.0 / (e.max(0.0) + 0.11);
            let streak = self.tile.at(x * plane * 0.055 + drift, plane * 0.17)
                * self.tile.at(x * plane * 0.021 - drift * 0.4, plane * 0.34 + x * 0.12);
            let veil = smooth(0.24, 0.52, streak) * smooth(0.02, 0.16, e) * wisps;
            mix3(colour, mix3(palette.cloud_light, palette.sun, near * 0.6), veil * 0.8)
        });
        let (sun_x, sun_y) = self.sun_at(eye);
        let strength = match (self.storm, night) {
            (true, _) => 0.12,
            (false, true) => 0.30,
            _ => 1.0,
        };
        canvas.glow.clear();
        let light = scale3(linear(palette.sun), strength);
        canvas.glow.add_light(sun_x, sun_y, height * 0.30, scale3(light, 0.10));
        canvas.glow.add_light(sun_x, sun_y, height * 0.10, scale3(light, 0.34));
        if self.storm {
            self.lightning(moment, eye, canvas);
        }
    }

    /// Sheet lightning far away: brief, soft, seldom.
    fn lightning(&self, moment: Moment, eye: &Eye, canvas: &mut Canvas) {
        let turn = moment.seconds / 2.7 + 0.35;
        let number = crate::math::bits(floor(turn));
        let age = (turn - float_of(floor(turn))) * 2.7;
        let again = 0.16 + 0.1 * random_at(number, 31, self.seed);
        let flash = fade(age * 9.0)
            + 0.7 * smooth(again - 0.03, again, age) * fade((age - again).max(0.0) * 7.0);
        let dark = if self.hour == Hour::Night { 1.0 } else { 0.35 };
        let x = random_at(number, 32, self.seed) * float(self.stage.width);
        let height = float(self.stage.height);
        let light = scale3([0.50, 0.58, 0.80], flash * dark * 0.55);
        canvas.glow.add_light(x, eye.horizon - height * 0.10, height * 0.20, light);
    }

    fn stars(
        &self,
        moment: Moment,
        eye: &Eye,
        canvas: &mut Canvas,
        clear: &impl Fn(f32, f32) -> f32,
    ) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let (sun_x, sun_y) = self.sun_at(eye);
        for star in 0..STARS {
            let random = |kind: u32| random_at(star, kind, self.seed);
            let x = ((random(1) * 1.1 - 0.55) * width) * eye.focal + width * 0.5;
            let e = 0.02 + random(2) * 0.62;
            let y = eye.horizon - e * height * eye.focal;
            let (dx, dy) = ((x - sun_x) / height, (y - sun_y) / height);
            let dim = smooth(0.002, 0.05, dx * dx + dy * dy) * smooth(0.0, 0.22, e);
            let size = random(3);
            let twinkle = 0.75 + 0.25 * sine(moment.seconds * (0.3 + random(4)) + random(4));
            let bright = (0.05 + size * size * size * size * 0.9) * twinkle * dim * clear(x, y);
            let tint = mix3([0.75, 0.85, 1.0], [1.0, 0.9, 0.75], random(4));
            let radius = 0.1 + size * size * 0.7 * height / 720.0;
            canvas.add_dot(x, y, radius, scale3(tint, bright));
        }
    }

    /// The disc of the sun, or of the moon with its seas.
    fn disc(&self, eye: &Eye, canvas: &mut Canvas, clear: &impl Fn(f32, f32) -> f32) {
        let (x, y) = self.sun_at(eye);
        let night = self.hour == Hour::Night;
        let radius = float(self.stage.height) * eye.focal * if night { 0.030 } else { 0.026 };
        let bright = if night { 0.95 } else { 4.0 };
        let light = scale3(linear(self.palette.sun), bright);
        let (left, right) = (floor(x - radius) - 1, floor(x + radius) + 2);
        for row in floor(y - radius) - 1..=floor(y + radius) + 2 {
            if float_of(row) > eye.horizon {
                break;
            }
            for column in left..=right {
                let (dx, dy) = ((float_of(column) - x) / radius, (float_of(row) - y) / radius);
                let from = (dx * dx + dy * dy).sqrt();
                let cover = clamp01((1.0 - from) * radius + 0.5);
                let seas = if night {
                    0.55 + 0.75 * smooth(0.40, 0.62, self.tile.at(dx * 0.16 + 0.3, dy * 0.16))
                } else {
                    1.0
                };
                let seen = clear(float_of(column), float_of(row));
                let seen = mix(seen * seen, 1.0, if night { 0.05 } else { 0.22 });
                canvas.add(column, row, light, cover * seas * seen * (1.0 - from * from * 0.15));
            }
        }
    }

    fn cloud_place(&self, layer: &Layer, view: View, eye: &Eye, drift: f32) -> Placement {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let scale = 1.0 + (eye.focal - 1.0) * (0.8 + layer.depth * 2.0);
        let step = 1.0 / scale;
        let x = width * 0.5 - width * 0.5 * step + view.x * layer.depth * width + drift * height;
        let y = self.horizon * height - eye.horizon * step - layer.top;
        Placement {
            x: x * layer.density + layer.left,
            y: y * layer.density,
            step: step * layer.density,
        }
    }

    fn gulls(&self, moment: Moment, eye: &Eye, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let lead = mix(-0.05, 0.7, random_at(0, 9, self.seed));
        let away = if random_at(1, 9, self.seed) < 0.5 { 1.0 } else { -1.0 };
        let dark = scale3(linear(mix3(self.palette.deep, self.palette.cloud_shade, 0.35)), 0.8);
        for gull in 0..GULLS {
            let random = |kind: u32| random_at(gull, kind, self.seed);
            let (near, phase) = (random(7), random(6));
            let x =
                (lead + away * moment.seconds * (0.010 + 0.010 * near) + random(5) * 0.22) * width;
            let soar = sine(moment.seconds * 0.07 + phase) * 0.018;
            let y = eye.horizon - (0.07 + random(8) * 0.17 + soar) * height;
            // Gulls glide more than they beat.
            let gait = smooth(0.1, 0.8, sine(moment.seconds * 0.13 + phase * 5.0));
            let beat = sine(moment.seconds * (1.1 + 0.4 * phase) + phase * 3.0) * gait;
            let span = (5.0 + 7.0 * near) * height / 720.0;
            for step in 0..=20_u8 {
                let along = f32::from(step) / 10.0 - 1.0;
                let wing = along.abs();
                let rise = wing * (0.42 + 0.35 * beat) - wing * wing * (0.40 + 0.1 * beat);
                let girth = (0.16 - 0.11 * wing) * span * 0.5;
                canvas.cover_dot(x + along * span, y - rise * span, girth.max(0.25), dark, 0.6);
            }
        }
    }
}

/// How much of what is behind a texture shows at a pixel, 0 to 1.
fn clear(texture: &Texture, place: Placement, x: f32, y: f32) -> f32 {
    let (column, row) = (floor(place.x + x * place.step), floor(place.y + y * place.step));
    if column < 0 || row < 0 || position(column) >= texture.width {
        return 1.0;
    }
    let texel = texture.texels.get(position(row) * texture.width + position(column));
    texel.map_or(1.0, |texel| 1.0 - f32::from(texel[3]) / 255.0)
}

/// The light of the water, from the palette.
fn water(palette: &Palette, direction: &Direction, storm: bool, might: f32) -> Water {
    let (day, glitter, disc) = match direction.hour {
        Hour::Dawn => (0.75, 40.0, 0.026),
        Hour::Day => (1.0, 20.0, 0.040),
        Hour::Dusk => (0.55, 40.0, 0.026),
        Hour::Night => (0.35, 14.0, 0.030),
    };
    let closed = matches!(direction.weather, Weather::Fog | Weather::Snow | Weather::Rain);
    let glitter = if closed { glitter * 0.16 } else { glitter };
    let white = add3(linear(palette.cloud_light), linear(palette.horizon));
    let haze = mix3(linear(palette.horizon), linear(palette.middle), 0.25);
    Water {
        deep: scale3(linear(palette.deep), if storm { 0.8 } else { 1.0 }),
        shallow: scale3(linear(palette.shallow), 0.62 * day),
        foam: scale3(white, if storm { 0.46 } else { 0.56 }),
        haze: if direction.weather == Weather::Fog {
            scale3(linear(palette.horizon), 0.90)
        } else {
            scale3(haze, 0.86)
        },
        glitter: scale3(linear(palette.sun), glitter),
        disc,
        froth: if storm { 0.85 } else { clamp01((might - 0.70) * 0.75) },
        mist: match direction.weather {
            Weather::Fog => 2.6,
            Weather::Snow | Weather::Rain => 0.75,
            _ => 0.26,
        },
    }
}

impl Scene for Ocean {
    fn draw(&self, moment: Moment, canvas: &mut Canvas) {
        let view = View::at(self.movement, moment.progress);
        let eye = self.eye(moment, view);
        self.sky(moment, &eye, canvas);
        for thing in &self.things {
            thing.beam(moment, &eye, canvas);
        }
        let rows = (index(eye.horizon) + 2).min(self.stage.height);
        let mut placed: Vec<_> = self
            .clouds
            .iter()
            .zip([0.0012, 0.0022])
            .map(|(layer, speed)| {
                let speed = if self.storm { speed * 2.0 } else { speed };
                (&layer.texture, self.cloud_place(layer, view, &eye, speed * moment.seconds))
            })
            .collect();
        placed.reverse();
        canvas.compose(0..rows, &placed);
        if self.sky != Sky::Storm {
            let clear = |x: f32, y: f32| {
                placed
                    .iter()
                    .fold(1.0, |left, (texture, place)| left * clear(texture, *place, x, y))
            };
            if self.hour == Hour::Night {
                self.stars(moment, &eye, canvas, &clear);
            }
            self.disc(&eye, canvas, &clear);
        }
        let mut waiting: Vec<&Thing> = self.things.iter().rev().collect();
        self.sea.draw(canvas, &eye, |canvas, distance| {
            while waiting.last().is_some_and(|thing| thing.distance(&eye) >= distance) {
                if let Some(thing) = waiting.pop() {
                    thing.draw(moment, &eye, &self.sea, canvas);
                }
            }
        });
        if self.hour != Hour::Night && self.sky != Sky::Storm {
            self.gulls(moment, &eye, canvas);
        }
    }

    fn vignette(&self) -> f32 {
        0.5
    }
}
