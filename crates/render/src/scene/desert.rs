//! A sea of dunes at any hour: sand that blows from the crests, heat by day, stars at night,
//! sometimes a caravan, far mesas or an oasis.

use super::desert_caravan::Caravan;
use super::desert_life::{SHORE_DEPTH, Sights};
use super::desert_paint::{Dunes, HORIZON, Ridge, Sun};
use super::desert_palette::Palette;
use super::water::{Surface, reflect};
use super::{Layer, Moment, Scene, Stage, View};
use crate::canvas::{Canvas, VEIL_CELL};
use crate::math::{
    add3, clamp01, fade, float, floor, index, linear, mix, mix3, position, scale3, sine, smooth,
};
use crate::noise::{Random, Tile, random_at};
use crate::prompt::{Direction, Hour, Landmark, Move, Weather};
use crate::texture::Placement;

/// Stars that twinkle; the fainter ones are part of the painted sky.
const STARS: u32 = 520;

/// The scene.
pub(super) struct Desert {
    stage: Stage,
    movement: Move,
    palette: Palette,
    tile: Tile,
    sun: Sun,
    /// Near to far.
    ridges: Vec<Ridge>,
    sights: Sights,
    caravan: Option<Caravan>,
    /// Row of the shore at rest in pixels, if there is an oasis.
    shore: Option<f32>,
    hour: Hour,
    cloudy: f32,
    /// Strength of the wind and to which side it blows.
    wind: f32,
    seed: u32,
}

impl Desert {
    pub(super) fn new(direction: &Direction, stage: Stage) -> Self {
        let mut random = Random::new(direction.seed ^ 0x6465_7365);
        let palette = Palette::of(direction, &mut random);
        let side = if random.chance(0.5) { 1.0 } else { -1.0 };
        let hour = direction.hour;
        let (towards_z, slope, height) = match hour {
            Hour::Dawn | Hour::Dusk => (0.27, random.range(0.20, 0.27), random.range(0.33, 0.40)),
            Hour::Day => (-0.28, random.range(0.36, 0.55), -0.30),
            Hour::Night => (0.35, random.range(0.36, 0.5), random.range(0.12, 0.2)),
        };
        let across = 0.5 + side * random.range(0.20, 0.36);
        let sun = Sun {
            towards: (side * (1.0_f32 - towards_z * towards_z).sqrt(), towards_z),
            slope,
            place: (across, height),
        };
        let seed = random.next();
        let dunes = Dunes {
            palette,
            stage,
            sun,
            seed,
            oasis: direction.water,
            glare: if hour == Hour::Day { 0.22 } else { 0.45 },
            crest: *random.pick(&[0.66, 0.40, 0.52]),
            tilt: side * random.range(0.7, 1.7) * *random.pick(&[1.0, -1.0, -1.0]),
            hero: (-side * random.range(0.05, 0.45), *random.pick(&[2.0, 3.0, 3.0])),
        };
        let ridges = dunes.paint();
        let sights = Sights::new(&dunes, &ridges, hour, &mut random);
        let wanted = direction.landmark == Some(Landmark::Caravan);
        let caravan = Caravan::new(&dunes, &ridges, wanted, &mut random);
        Self {
            stage,
            movement: direction.movement,
            palette,
            tile: Tile::cloud(seed),
            sun,
            ridges,
            sights,
            caravan,
            shore: direction.water.then(|| dunes.shore(2.0)),
            hour,
            cloudy: match direction.weather {
                Weather::Rain | Weather::Snow => random.range(0.36, 0.44),
                _ => random.range(0.52, 0.66),
            },
            wind: -side * if direction.weather == Weather::Fog { 1.8 } else { 1.0 },
            seed,
        }
    }

    fn sky(&self, moment: Moment, view: View, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let palette = &self.palette;
        let (sun_x, sun_y) = self.sun_at(view);
        let drift = moment.seconds * 0.0028;
        let night = self.hour == Hour::Night;
        canvas.backdrop.fill(|x, y| {
            let v = y / height;
            if v > HORIZON + 0.06 {
                return palette.haze;
            }
            let (dx, dy) = ((x - sun_x) / height, (y - sun_y) / height);
            let near = fade((dx * dx * 0.8 + dy * dy * 1.6) * 5.0);
            let mut colour = mix3(palette.zenith, palette.middle, smooth(0.0, 0.34, v));
            colour = mix3(colour, palette.horizon, smooth(0.14, HORIZON, v));
            if night {
                return mix3(colour, palette.horizon, near * 0.4);
            }
            colour = mix3(colour, palette.sun, near * 0.5);
            // Thin high clouds, drawn out by the wind and flatter towards the horizon.
            let plane = 0.12 / (0.10 + v.max(0.0) * 0.30);
            let u = (x - width * 0.5) / height * plane + view.x * 0.05;
            let low = self.tile.at(u * 0.42 + drift, v * 1.9 + u * 0.10);
            let high = self.tile.at(u * 0.9 - drift * 1.4, v * 6.2 + u * 0.3);
            let amount = smooth(self.cloudy, self.cloudy + 0.34, low * 0.62 + high * 0.38);
            let cloud = mix3(palette.horizon, palette.sun, clamp01(0.3 + near));
            mix3(colour, cloud, amount * 0.72 * smooth(HORIZON, 0.22, v))
        });
        self.shine(sun_x, sun_y, canvas);
    }

    fn shine(&self, sun_x: f32, sun_y: f32, canvas: &mut Canvas) {
        let height = float(self.stage.height);
        canvas.glow.clear();
        if self.hour == Hour::Day {
            return;
        }
        let light = if self.hour == Hour::Night {
            scale3(linear(mix3(self.palette.sun, [0.30, 0.45, 0.90], 0.6)), 0.30)
        } else {
            linear(self.palette.sun)
        };
        canvas.glow.add_light(sun_x, sun_y, height * 0.36, scale3(light, 0.11));
        canvas.glow.add_light(sun_x, sun_y, height * 0.10, scale3(light, 0.28));
    }

    fn sun_at(&self, view: View) -> (f32, f32) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let (x, y) = self.sun.place;
        (x * width - view.x * 0.05 * width, y * height - view.y * 0.08 * height)
    }

    fn stars(&self, moment: Moment, view: View, canvas: &mut Canvas, placed: &[Placement]) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let (sun_x, sun_y) = self.sun_at(view);
        for star in 0..STARS {
            let random = |kind: u32| random_at(star, kind, self.seed);
            let x = random(1) * width;
            let y = random(2) * HORIZON * 1.1 * height;
            let (moon_x, moon_y) = ((x - sun_x) / height, (y - sun_y) / height);
            let behind = moon_x * moon_x + moon_y * moon_y < 0.03 * 0.03;
            if behind || y > self.skyline(placed, x) - 2.0 {
                continue;
            }
            let (size, phase) = (random(3), random(4));
            let twinkle = 0.72 + 0.28 * sine(moment.seconds * (0.3 + phase * 0.5) + phase);
            // None where mesas may stand: the air is thick there.
            let low = smooth(HORIZON - 0.12, HORIZON - 0.26, y / height);
            let bright = (0.08 + size * size * size * size * 1.5) * twinkle * low;
            let tint = mix3([0.72, 0.84, 1.0], [1.0, 0.88, 0.72], phase);
            let radius = (0.35 + size * size * size * 1.0) * height / 720.0;
            canvas.add_dot(x - view.x * 0.02 * width, y, radius, scale3(tint, bright));
        }
    }

    /// Row of the highest ridge in a column of the frame.
    fn skyline(&self, placed: &[Placement], x: f32) -> f32 {
        let rows =
            self.ridges.iter().zip(placed).map(|(ridge, placement)| ridge.seen(placement, x));
        rows.fold(float(self.stage.height), f32::min)
    }

    /// Sand that the wind carries over the crests, as light in the air.
    fn blown(&self, moment: Moment, placed: &[Placement], canvas: &mut Canvas) {
        let height = float(self.stage.height);
        let strength = if self.hour == Hour::Night { 0.10 } else { 0.34 };
        let colour = mix3(self.palette.sand, self.palette.sun, 0.45);
        let colour = scale3(linear(colour), strength * self.wind.abs());
        let (width, rows) = (canvas.glow.width, canvas.glow.height);
        for column in 0..width {
            let x = float(column * VEIL_CELL);
            let mut hidden = height;
            for (number, (ridge, placement)) in self.ridges.iter().zip(placed).enumerate() {
                let crest = ridge.seen(placement, x);
                // Below the frame there is no crest to blow from.
                let inside = smooth(1.02, 0.88, crest / height);
                if crest < hidden - 3.0 && inside > 0.0 {
                    let near = ridge.layer.depth;
                    let u = x / height;
                    let pace = moment.seconds * self.wind * mix(0.030, 0.085, near);
                    let gust = self.tile.at(u * 0.42 - pace * 0.8, float(number) * 0.37);
                    let gust = smooth(0.46, 0.78, gust) * inside;
                    let reach = height * mix(0.020, 0.075, near) * (0.5 + gust);
                    let first = position(floor((crest - reach * 2.2) / float(VEIL_CELL)));
                    let last = position(floor(hidden.min(crest + reach * 0.5) / float(VEIL_CELL)));
                    for row in first..last.min(rows) {
                        let above = (crest - float(row * VEIL_CELL)) / reach;
                        let body = if above < 0.0 { 1.0 + above * 2.0 } else { fade(above * 1.9) };
                        let wisp = self.tile.at(u * 1.5 - pace * 2.6, above * 0.13 + pace * 0.2);
                        let amount = body.max(0.0) * gust * smooth(0.32, 0.75, wisp);
                        let cell = &mut canvas.glow.cells[row * width + column];
                        *cell = add3(*cell, scale3(colour, amount));
                    }
                }
                hidden = hidden.min(crest);
            }
        }
    }

    /// Wet sand along the shore is darker.
    fn damp(&self, line: usize, canvas: &mut Canvas) {
        let reach = (self.stage.height / 90).max(1);
        let stride = self.stage.width * 3;
        for up in 0..reach.min(line) {
            let wet = 0.55 + 0.45 * smooth(0.2, 1.0, float(up) / float(reach));
            let row = &mut canvas.light[(line - 1 - up) * stride..][..stride];
            for light in row {
                *light *= wet;
            }
        }
    }

    /// Layers shimmer in the heat near the horizon, and nowhere else.
    fn heat(&self, mut placement: Placement, depth: f32, y: f32, seconds: f32) -> Placement {
        if self.hour == Hour::Day {
            let height = float(self.stage.height);
            let away = (y / height - HORIZON) * 9.0;
            let strength = fade(away * away) * smooth(0.5, 0.1, depth) * height / 720.0;
            let wave = sine(y * 0.071 - seconds * 1.3) + 0.6 * sine(y * 0.173 + seconds * 2.1);
            placement.x += wave * strength * 0.75;
        }
        placement
    }
}

impl Ridge {
    /// Row of the frame where the crest is seen in a column of the frame.
    pub(super) fn seen(&self, placement: &Placement, x: f32) -> f32 {
        let column = index(placement.x + x * placement.step).min(self.crest.len() - 1);
        (self.crest[column] - self.layer.top - placement.y) / placement.step
    }
}

impl Scene for Desert {
    fn draw(&self, moment: Moment, canvas: &mut Canvas) {
        let view = View::at(self.movement, moment.progress);
        let height = float(self.stage.height);
        // A shore stays where it is, or its mirror image would jump from row to row: the camera
        // tilts as it rises.
        let pivot = self.shore.unwrap_or(HORIZON * height);
        let tilt = if self.shore.is_some() { view.y * SHORE_DEPTH * height } else { 0.0 };
        self.sky(moment, view, canvas);
        let place = |layer: &Layer| {
            let placement = layer.place(view, &self.stage, pivot);
            Placement { y: placement.y - tilt * layer.density, ..placement }
        };
        let placed: Vec<_> = self.ridges.iter().map(|ridge| place(&ridge.layer)).collect();
        self.blown(moment, &placed, canvas);
        let sights: Vec<_> = self.sights.layers.iter().map(|layer| (layer, place(layer))).collect();
        let mut layers: Vec<_> = self
            .ridges
            .iter()
            .zip(&placed)
            .map(|(ridge, placement)| (&ridge.layer, *placement))
            .chain(sights)
            .collect();
        layers.sort_by(|one, other| other.0.depth.total_cmp(&one.0.depth));
        // What stands at the water is nearer than any sand that is seen above it.
        if let Some(front) = &self.sights.front {
            layers.insert(0, (front, place(front)));
        }
        let bottom = self.shore.map_or(self.stage.height, index).min(self.stage.height);
        let mut row = Vec::with_capacity(layers.len());
        for y in 0..bottom {
            row.clear();
            row.extend(layers.iter().map(|(layer, placement)| {
                let placement = self.heat(*placement, layer.depth, float(y), moment.seconds);
                (&layer.texture, placement)
            }));
            canvas.compose_lit(y, &row, 0, false);
        }
        if self.hour == Hour::Night {
            self.stars(moment, view, canvas, &placed);
        }
        if let Some(caravan) = &self.caravan {
            caravan.draw(moment, &self.ridges, &placed, canvas);
        }
        if self.shore.is_some() {
            self.damp(bottom, canvas);
            let deep = mix3(self.palette.zenith, scale3(self.palette.middle, 0.5), 0.5);
            let surface = Surface {
                line: bottom,
                ripple: 4.0,
                mirror: (0.72, 0.40),
                tint: scale3(linear(deep), 0.85),
                blur: 0,
                speed: 0.35,
            };
            reflect(canvas, &surface, &self.tile, moment.seconds);
        }
    }

    fn vignette(&self) -> f32 {
        0.5
    }
}
