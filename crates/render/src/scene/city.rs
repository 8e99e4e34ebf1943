//! A city mirrored in wet ground: neon at night, lamps at dusk, haze in the morning, glass by day.

use super::city_car::Car;
use super::city_paint::{Lamp, Painter};
use super::water::{Surface, reflect};
use super::{Layer, Moment, Scene, Stage, View, project};
use crate::canvas::Canvas;
use crate::math::{
    add3, float, float_of, floor, index, linear, mix, mix3, rgb, scale3, sine, smooth,
};
use crate::noise::{Random, Tile, random_at};
use crate::prompt::{Direction, Hour, Landmark, Move};

/// Row where the ground begins, in frame heights.
pub(super) const GROUND: f32 = 0.70;
/// Cars on the street.
const CARS: u32 = 16;
/// Lights in the lanes of the air.
const FLYERS: u32 = 14;
/// Rings of drops on the ground.
const SPLASHES: u32 = 90;

/// Sky, haze, first and second neon colour, as displayed.
const PALETTES: [[u32; 5]; 4] = [
    [0x07_0618, 0x4a_1c6c, 0xff_2e88, 0x22_d8f0, 0xff_b454],
    [0x05_0a18, 0x12_3f6a, 0x24_c8ff, 0xff_4a6a, 0xff_d070],
    [0x0a_0514, 0x6a_1840, 0xff_5030, 0x38_e0c0, 0xff_c860],
    [0x04_0c12, 0x0c_5050, 0x30_f0b0, 0xf0_48c0, 0xf8_e070],
];

/// Sky, haze and walls of the hours at which there is daylight, as displayed, and how much of what shines
/// is on.
const fn daylight(hour: Hour) -> Option<([u32; 3], f32)> {
    match hour {
        Hour::Dawn => Some(([0x5f_83b4, 0xf4_cda8, 0x46_5068], 0.40)),
        Hour::Day => Some(([0x4f_8fd2, 0xd0_e0ee, 0x5a_697c], 0.14)),
        Hour::Dusk => Some(([0x2e_285c, 0xe2_7a56, 0x2a_2038], 0.85)),
        Hour::Night => None,
    }
}

/// Colours of the city.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) sky: [f32; 3],
    pub(super) haze: [f32; 3],
    pub(super) neon: [[f32; 3]; 3],
    pub(super) wall: [f32; 3],
    /// Share of what shines that is on.
    pub(super) lights: f32,
}

/// The scene.
#[derive(Debug)]
pub(super) struct City {
    stage: Stage,
    movement: Move,
    palette: Palette,
    tile: Tile,
    /// Far to near.
    layers: Vec<Layer>,
    /// Someone with an umbrella, where it rains and nothing else stands there.
    figure: Option<Layer>,
    car: Option<Car>,
    lamps: Vec<Lamp>,
    seed: u32,
    /// Whether drops fall on the ground.
    raining: bool,
    /// Share of the light that the ground mirrors, at its far edge and at the viewer's feet.
    mirror: (f32, f32),
    /// Column of the low sun in frame widths, if there is one.
    sun: Option<f32>,
}

impl City {
    pub(super) fn new(direction: &Direction, stage: Stage) -> Self {
        let mut random = Random::new(direction.seed ^ 0x6369_7479);
        let colours = random.pick(&PALETTES).map(rgb);
        let mut palette = Palette {
            sky: colours[0],
            haze: colours[1],
            neon: [colours[2], colours[3], colours[4]],
            wall: scale3(colours[0], 0.9),
            lights: 1.0,
        };
        if let Some((colours, lights)) = daylight(direction.hour) {
            let [sky, haze, wall] = colours.map(rgb);
            palette = Palette { sky, haze, wall, lights, ..palette };
        }
        if let Some(accent) = direction.accent {
            palette.neon[0] = accent;
            let share = if direction.hour == Hour::Night { 0.6 } else { 0.25 };
            palette.haze = mix3(palette.haze, scale3(accent, 0.42), share);
        }
        let seed = random.next();
        let mut painter = Painter::new(palette, stage, seed);
        let by_the_river = direction.landmark == Some(Landmark::Shanghai);
        let layers = if by_the_river {
            painter.low = 0.26;
            let mut layers = painter.rows();
            layers.insert(2, painter.skyline());
            layers
        } else {
            painter.rows()
        };
        let car = (direction.landmark == Some(Landmark::Car)).then(|| {
            let body = direction.accent.unwrap_or([0.80, 0.82, 0.86]);
            Car::new(&palette, body, stage, seed)
        });
        let raining = direction.is_rainy();
        // The river by the Bund is no ground to stand on.
        let walks = raining && !by_the_river && car.is_none();
        Self {
            stage,
            movement: direction.movement,
            palette,
            tile: Tile::cloud(seed),
            layers,
            figure: walks.then(|| painter.figure()),
            car,
            lamps: painter.lamps(),
            seed,
            raining,
            // Dry ground mirrors little.
            mirror: match (by_the_river, raining) {
                (true, _) => (0.86, 0.50),
                (false, true) => (0.80, 0.62),
                (false, false) => (0.46, 0.20),
            },
            sun: matches!(direction.hour, Hour::Dawn | Hour::Dusk).then(|| random.range(0.3, 0.7)),
        }
    }

    fn pivot(&self) -> f32 {
        float(self.stage.height) * (GROUND - 0.06)
    }

    fn sky(&self, moment: Moment, view: View, canvas: &mut Canvas) {
        let height = float(self.stage.height);
        let palette = &self.palette;
        let drift = moment.seconds * 0.004;
        canvas.backdrop.fill(|x, y| {
            let v = y / height;
            if v > GROUND + 0.05 {
                return palette.haze;
            }
            let u = x / height + view.x * 0.1;
            let low = self.tile.at(u * 0.28 + drift, v * 0.9);
            let high = self.tile.at(u * 0.75 - drift, v * 2.1 + 0.4);
            let glow = smooth(0.0, GROUND, v);
            let lit = smooth(0.42, 0.80, low * 0.7 + high * 0.3) * (0.25 + 0.75 * glow);
            let colour = mix3(palette.sky, palette.haze, 0.10 + glow * glow * 0.80);
            let accent = mix3(palette.neon[0], palette.neon[1], smooth(0.3, 0.7, low));
            let colour = mix3(colour, palette.haze, lit * 0.55);
            let shine = lit * glow * 0.26 + glow * glow * glow * glow * 0.16;
            mix3(colour, accent, shine * palette.lights)
        });
    }

    /// The glow of every sign and lamp; some of them flicker.
    fn glow(&self, moment: Moment, view: View, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        canvas.glow.clear();
        let ground = GROUND * height;
        if let Some(sun) = self.sun {
            let light = linear(mix3(self.palette.haze, [1.0, 0.9, 0.7], 0.5));
            let x = sun * width - view.x * 0.06 * width;
            canvas.glow.add_light(x, height * 0.52, height * 0.30, scale3(light, 0.34));
            canvas.glow.add_light(x, height * 0.52, height * 0.07, scale3(light, 0.50));
        }
        for (number, lamp) in (0_u32..).zip(&self.lamps) {
            let (x, y) = project(
                view,
                &self.stage,
                self.pivot(),
                lamp.depth,
                lamp.x * height,
                lamp.y * height,
            );
            let mood = random_at(number, 5, self.seed);
            let hum = 0.94 + 0.06 * sine(moment.seconds * (0.8 + mood) + mood);
            let beat = floor(moment.seconds * 9.0);
            let fault = mood > 0.86 && random_at(crate::math::bits(beat), number, self.seed) > 0.72;
            let power = if fault { 0.25 } else { hum };
            let light = scale3(linear(lamp.colour), power * lamp.power * self.palette.lights);
            canvas.glow.add_light(x, y, lamp.radius * height, light);
            // A faint wide halo, as wet air gives.
            canvas.glow.add_light(x, y, lamp.radius * height * 2.2, scale3(light, 0.22));
        }
        // Haze lies in the street.
        for step in 0..7_u8 {
            let x = (f32::from(step) / 6.0 * 1.1 - 0.05) * width;
            let mood = random_at(u32::from(step), 6, self.seed);
            let colour = mix3(self.palette.haze, self.palette.neon[usize::from(step % 2)], 0.35);
            canvas.glow.add_light(
                x,
                ground,
                height * (0.10 + 0.06 * mood),
                scale3(linear(colour), 0.16 * self.palette.lights),
            );
        }
    }

    fn traffic(&self, moment: Moment, view: View, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let unit = height / 720.0;
        for car in 0..CARS {
            let random = |kind: u32| random_at(car, kind ^ 0x40, self.seed);
            let away = random(1) < 0.5;
            let speed = mix(0.05, 0.13, random(2)) * if away { 1.0 } else { -1.0 };
            let along = random(3) + moment.seconds * speed;
            let x = (along - float_of(floor(along))) * 1.3 - 0.15;
            let (x, y) =
                project(view, &self.stage, self.pivot(), 0.6, x * width, (GROUND - 0.004) * height);
            let colour = if away { [1.5, 0.10, 0.06] } else { [1.3, 1.15, 0.9] };
            let colour = scale3(colour, 0.25 + 0.75 * self.palette.lights);
            for lamp in [-2.2_f32, 2.2] {
                canvas.add_dot(x + lamp * unit, y - 3.0 * unit, 2.0 * unit, colour);
            }
            canvas.add_dot(x, y - 3.0 * unit, 16.0 * unit, scale3(colour, 0.09));
        }
        // By day nobody would see their lights.
        for flyer in 0..if self.palette.lights < 0.5 { 0 } else { FLYERS } {
            let random = |kind: u32| random_at(flyer, kind ^ 0x80, self.seed);
            let lane = 0.16 + 0.09 * float_of(floor(random(1) * 4.0));
            let ahead = if random(2) < 0.5 { 1.0 } else { -1.0 };
            let along = random(3) + moment.seconds * ahead * mix(0.03, 0.07, random(4));
            let x = ((along - float_of(floor(along))) * 1.3 - 0.15) * width;
            let bob = sine(moment.seconds * 0.2 + random(5)) * 0.003;
            let (x, y) = project(view, &self.stage, self.pivot(), 0.3, x, (lane + bob) * height);
            let colour = if ahead > 0.0 { [1.0, 0.25, 0.16] } else { [0.75, 0.9, 1.1] };
            for step in 0..16_u8 {
                let back = f32::from(step) / 16.0;
                let fall = (1.0 - back) * (1.0 - back) * if step == 0 { 1.2 } else { 0.28 };
                canvas.add_dot(
                    x - ahead * back * 20.0 * unit,
                    y,
                    (1.4 - back * 0.6) * unit,
                    scale3(colour, fall),
                );
            }
        }
    }

    fn splashes(&self, moment: Moment, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        for splash in 0..SPLASHES {
            let turn = moment.seconds * 2.2 + random_at(splash, 21, self.seed);
            let round = crate::math::bits(floor(turn));
            let age = turn - float_of(floor(turn));
            let near = random_at(round, splash ^ 0x300, self.seed);
            let x = random_at(round, splash ^ 0x400, self.seed) * width;
            let y = (GROUND + 0.02 + 0.28 * near * near) * height;
            let reach = (1.5 + 7.0 * near) * age * height / 720.0;
            let fall = (1.0 - age) * (1.0 - age) * 0.16;
            let colour = scale3(add3(linear(self.palette.haze), [0.25, 0.28, 0.34]), fall);
            for step in 0..12_u8 {
                let turn = f32::from(step) / 12.0;
                canvas.add_dot(
                    x + sine(turn) * reach,
                    y + sine(turn + 0.25) * reach * 0.3,
                    0.5,
                    colour,
                );
            }
        }
    }
}

impl Scene for City {
    fn draw(&self, moment: Moment, canvas: &mut Canvas) {
        let view = View::at(self.movement, moment.progress);
        let height = float(self.stage.height);
        self.sky(moment, view, canvas);
        self.glow(moment, view, canvas);
        let pivot = self.pivot();
        let placed: Vec<_> = self
            .layers
            .iter()
            .rev()
            .map(|layer| (&layer.texture, layer.place(view, &self.stage, pivot)))
            .collect();
        let (_, line) = project(view, &self.stage, pivot, 0.6, 0.0, GROUND * height);
        let line = index(line).min(self.stage.height);
        canvas.compose(0..line, &placed);
        self.traffic(moment, view, canvas);
        let surface = Surface {
            line,
            ripple: 7.0,
            mirror: self.mirror,
            tint: scale3(linear(mix3(self.palette.sky, self.palette.haze, 0.25)), 0.45),
            blur: 3,
            speed: 0.5,
        };
        reflect(canvas, &surface, &self.tile, moment.seconds);
        if self.raining {
            self.splashes(moment, canvas);
        }
        if let Some(car) = &self.car {
            car.draw(moment, view, pivot, canvas);
        } else if let Some(figure) = &self.figure {
            let front = figure.place(view, &self.stage, pivot);
            canvas.overlay(0..self.stage.height, &[(&figure.texture, front)]);
        }
    }

    fn vignette(&self) -> f32 {
        mix(0.45, 0.75, self.palette.lights)
    }
}
