//! What is in the air, whatever the scene: rain, snow, petals, embers, lights out of focus, glints, fog.
//!
//! Every particle is a pure function of its number and the time: it has no history.

mod lights;

use crate::canvas::Canvas;
use crate::math::{clamp01, float, floor, index, linear, mix, mix3, scale3, sine, smooth};
use crate::noise::{Tile, random_at};
use crate::prompt::{Direction, Hour, SceneKind, Weather};
use crate::scene::{Moment, Stage};

/// Streaks of rain on a 720-line, 16:9 frame.
const RAIN: f32 = 560.0;
/// Flakes of snow on the same frame.
const SNOW: f32 = 620.0;
/// Petals or leaves.
const PETALS: f32 = 90.0;
/// Sparks.
const EMBERS: f32 = 170.0;

/// The weather of one film.
#[derive(Debug)]
pub(crate) struct Overlay {
    weather: Weather,
    stage: Stage,
    seed: u32,
    light: [f32; 3],
    petal: [f32; 3],
    /// Colour of lights, linear.
    lamp: [f32; 3],
    /// Of the fog, where the scene has none of its own.
    tile: Option<Tile>,
}

impl Overlay {
    pub(crate) fn new(direction: &Direction, stage: Stage) -> Self {
        let city = direction.scene == SceneKind::City;
        // Space and the deep have no weather.
        let weather = match (direction.scene, direction.weather) {
            (SceneKind::City, Weather::Clear) if direction.is_rainy() => Weather::Rain,
            (SceneKind::Cosmos | SceneKind::Underwater, weather)
                if !matches!(weather, Weather::Bokeh | Weather::Glints) =>
            {
                Weather::Clear
            }
            (_, weather) => weather,
        };
        let light = match (city, direction.hour) {
            (true, Hour::Night) => [0.30, 0.34, 0.50],
            (false, Hour::Night) => [0.26, 0.32, 0.42],
            (_, Hour::Dusk) => [0.52, 0.42, 0.46],
            (_, _) => [0.70, 0.70, 0.74],
        };
        // In a wood without a named colour it is leaves that fall, not blossoms.
        let petal = match (direction.scene, direction.accent) {
            (SceneKind::Forest, None) => [0.80, 0.34, 0.06],
            (SceneKind::Forest, Some(accent)) => linear(mix3(accent, [1.0; 3], 0.25)),
            _ => [0.86, 0.42, 0.52],
        };
        let dim = match (direction.scene, direction.hour) {
            (SceneKind::Forest, Hour::Night) => 0.35,
            _ => 1.0,
        };
        let petal = scale3(petal, dim);
        let seed = crate::math::low(direction.seed >> 7);
        let lamp = linear(direction.accent.unwrap_or([0.55, 0.75, 1.0]));
        // Other scenes paint their own mist, which knows how far away things are.
        let hazes = matches!(direction.scene, SceneKind::City | SceneKind::Silk);
        let tile = (hazes && weather == Weather::Fog).then(|| Tile::cloud(seed));
        Self { weather, stage, seed, light, petal, lamp, tile }
    }

    /// Adds the weather of one moment.
    pub(crate) fn draw(&self, moment: Moment, canvas: &mut Canvas) {
        match self.weather {
            Weather::Rain => self.rain(moment, canvas),
            Weather::Snow => self.snow(moment, canvas),
            Weather::Petals => self.petals(moment, canvas),
            Weather::Embers => self.embers(moment, canvas),
            Weather::Bokeh => self.bokeh(moment, canvas),
            Weather::Glints => self.glints(moment, canvas),
            Weather::Fog => self.fog(moment, canvas),
            Weather::Clear => {}
        }
    }

    fn count(&self, at_720: f32) -> u32 {
        let area = float(self.stage.width * self.stage.height) / 921_600.0;
        crate::math::low(index(at_720 * area.sqrt().max(0.2)) as u64)
    }

    fn random(&self, particle: u32, kind: u32) -> f32 {
        random_at(particle, kind, self.seed)
    }

    fn rain(&self, moment: Moment, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        for drop in 0..self.count(RAIN) {
            let near = self.random(drop, 1);
            let near = near * near;
            let speed = mix(1.3, 2.6, near);
            let fall = moment.seconds * speed + self.random(drop, 2) * 7.0;
            let round = floor(fall);
            let y = (fall - crate::math::float_of(round)) * 1.25 - 0.2;
            let lane = random_at(crate::math::bits(round), drop ^ 0x55aa, self.seed);
            let x = (lane * 1.2 - 0.1) * width;
            let length = mix(0.020, 0.075, near) * height;
            let slant = -0.10;
            let bright = mix(0.10, 0.42, near) * (0.6 + 0.4 * self.random(drop, 4));
            let steps = index(length);
            let inverse = 1.0 / float(steps.max(1));
            for step in 0..steps {
                let along = float(step) * inverse;
                let shade = bright * (1.0 - (2.0 * along - 1.0).abs());
                let (px, py) = (x + (along * length) * slant, y * height + along * length);
                let column = floor(px);
                let right = px - crate::math::float_of(column);
                canvas.add(column, floor(py), self.light, shade * (1.0 - right));
                canvas.add(column + 1, floor(py), self.light, shade * right);
            }
        }
    }

    fn snow(&self, moment: Moment, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        for flake in 0..self.count(SNOW) {
            let near = self.random(flake, 1);
            let near = near * near * near;
            let fall = moment.seconds * mix(0.035, 0.16, near) + self.random(flake, 2);
            let y = (fall - crate::math::float_of(floor(fall))) * 1.1 - 0.05;
            let sway = sine(
                moment.seconds * mix(0.12, 0.3, self.random(flake, 5)) + self.random(flake, 6),
            );
            let drift = self.random(flake, 3)
                + moment.seconds * mix(0.004, 0.03, near)
                + sway * mix(0.004, 0.02, near);
            let x = drift - crate::math::float_of(floor(drift));
            let radius = mix(0.7, 5.2, near * near + near * 0.25) * height / 720.0;
            // Near flakes are out of focus: larger and fainter.
            let alpha = mix(0.75, 0.30, smooth(0.35, 1.0, near));
            let (x, y) = ((x * 1.1 - 0.05) * width, y * height);
            canvas.cover_dot(x, y, radius, scale3(self.light, 1.25), alpha);
        }
    }

    fn petals(&self, moment: Moment, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        for petal in 0..self.count(PETALS) {
            let near = self.random(petal, 1);
            let fall = moment.seconds * mix(0.05, 0.14, near) + self.random(petal, 2);
            let y = (fall - crate::math::float_of(floor(fall))) * 1.2 - 0.1;
            let sway = sine(moment.seconds * 0.22 + self.random(petal, 6)) * 0.03;
            let drift = self.random(petal, 3) + moment.seconds * mix(0.03, 0.09, near) + sway;
            let x = (drift - crate::math::float_of(floor(drift))) * 1.2 - 0.1;
            let size = mix(2.0, 6.5, near * near) * height / 720.0;
            let spin = moment.seconds * (0.4 + self.random(petal, 7)) + self.random(petal, 8);
            let (dx, dy) = (crate::math::cosine(spin) * size, sine(spin) * size * 0.6);
            let flip = 0.35 + 0.65 * sine(spin * 1.7).abs();
            let colour = scale3(self.petal, flip);
            for step in 0..5_u8 {
                let along = f32::from(step) * 0.5 - 1.0;
                let girth = size * (1.0 - along * along * 0.7) * 0.5 * flip;
                canvas.cover_dot(
                    x * width + dx * along,
                    y * height + dy * along,
                    girth,
                    colour,
                    0.8,
                );
            }
        }
    }

    fn embers(&self, moment: Moment, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        for ember in 0..self.count(EMBERS) {
            let near = self.random(ember, 1);
            let life = moment.seconds * mix(0.10, 0.26, near) + self.random(ember, 2);
            let age = life - crate::math::float_of(floor(life));
            let sway = sine(age * (1.0 + self.random(ember, 5)) + self.random(ember, 6)) * 0.05;
            let x = self.random(ember, 3) * 1.1 - 0.05 + sway * age;
            let y = 1.05 - age * mix(0.7, 1.15, self.random(ember, 4));
            let bright =
                smooth(0.0, 0.1, age) * clamp01(1.0 - age) * (0.7 + 0.3 * sine(life * 9.0));
            let radius = mix(0.8, 2.8, near * near) * height / 720.0;
            let colour = [2.2 * bright, (0.85 - 0.5 * age) * bright, 0.14 * bright];
            canvas.add_dot(x * width, y * height, radius, colour);
            canvas.add_dot(x * width, y * height, radius * 4.0, scale3(colour, 0.06));
        }
    }
}
