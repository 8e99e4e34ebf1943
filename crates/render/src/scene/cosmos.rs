//! Space: a nebula or a spiral galaxy, stars at several distances, a planet with or without rings, meteors.

use super::galaxy::{self, Colours};
use super::planet::Planet;
use super::{Layer, Moment, PAN_MAX, Scene, Stage, View, project};
use crate::canvas::Canvas;
use crate::math::{
    clamp01, float, float_of, floor, index, linear, mix, mix3, rgb, scale3, sine, smooth,
};
use crate::noise::{Random, cloud, random_at, ridge};
use crate::prompt::{Direction, Landmark, Move};
use crate::texture::Texture;

/// Stars of a 720-line frame.
const STARS: u32 = 900;
/// Stars with rays.
const BRIGHT_STARS: u32 = 34;
/// How far the sky moves with the camera, against what is nearest.
const SKY_DEPTH: f32 = 0.22;
/// Seconds from one meteor to the next.
const METEOR_SECONDS: f32 = 2.6;

/// Void, far gas, near gas, core, as displayed.
const PALETTES: [[u32; 4]; 5] = [
    [0x07_0618, 0x3a_2a8c, 0x3c_b4d8, 0xff_e0b0],
    [0x0a_0514, 0x7a_1f5c, 0xf0_704c, 0xff_e6b8],
    [0x03_101c, 0x0c_5a6c, 0x58_d0a0, 0xf4_ffd0],
    [0x08_0820, 0x5a_38b8, 0xe8_6cc0, 0xff_d8e8],
    [0x0c_0806, 0x6a_3c1c, 0xe8_a848, 0xff_f0d0],
];

/// The scene.
#[derive(Debug)]
pub(super) struct Cosmos {
    stage: Stage,
    movement: Move,
    sky: Layer,
    /// None before a galaxy.
    planet: Option<Planet>,
    colours: [[f32; 3]; 4],
    core: (f32, f32),
    seed: u32,
}

impl Cosmos {
    pub(super) fn new(direction: &Direction, stage: Stage) -> Self {
        let mut random = Random::new(direction.seed ^ 0x0063_6f73);
        let mut colours = random.pick(&PALETTES).map(rgb);
        if let Some(accent) = direction.accent {
            colours[1] = mix3(colours[1], scale3(accent, 0.5), 0.6);
            colours[2] = mix3(colours[2], accent, 0.7);
        }
        let seed = random.next();
        let left = random.chance(0.5);
        let core =
            if left { (random.range(0.22, 0.36), 0.42) } else { (random.range(0.64, 0.78), 0.42) };
        if direction.landmark == Some(Landmark::Galaxy) {
            return Self::of_galaxy(direction, stage, colours, &mut random);
        }
        let planet = Planet::new(&mut random, &stage, colours, !left, core);
        let sky = paint_nebula(&stage, colours, core, seed);
        let movement = direction.movement;
        Self { stage, movement, sky, planet: Some(planet), colours, core, seed }
    }

    fn of_galaxy(
        direction: &Direction,
        stage: Stage,
        mut colours: [[f32; 3]; 4],
        random: &mut Random,
    ) -> Self {
        let core = (random.range(0.45, 0.55), 0.45);
        // Two colours that were named are those of the arms and of the heart.
        colours[3] = match (direction.accent, direction.second_accent) {
            (_, Some(second)) => mix3(second, colours[3], 0.15),
            (Some(accent), None) => mix3(mix3(rgb(0xff_c078), accent, 0.35), colours[3], 0.25),
            (None, None) => mix3(rgb(0xff_c078), colours[3], 0.35),
        };
        let arms = direction.accent.unwrap_or_else(|| mix3(colours[2], rgb(0x6c_a8ff), 0.75));
        let [void, gas, _, heart] = colours;
        let looks = Colours { void: scale3(void, 0.7), gas, arms, heart };
        let seed = random.next();
        // Nearer than a nebula, so that a camera that comes or goes is seen to.
        let sky = galaxy::paint(&stage, looks, core, 0.55, random);
        Self { stage, movement: direction.movement, sky, planet: None, colours, core, seed }
    }

    fn stars(&self, moment: Moment, view: View, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let unit = height / 720.0;
        for star in 0..STARS {
            let random = |kind: u32| random_at(star, kind, self.seed);
            let depth = 0.15 + 0.85 * random(1) * random(1);
            let (x, y) = ((random(2) * 1.24 - 0.12) * width, (random(3) * 1.24 - 0.12) * height);
            let (x, y) = project(view, &self.stage, height * 0.5, depth, x, y);
            let size = random(4);
            let size = size * size * size;
            let twinkle = 0.8 + 0.2 * sine(moment.seconds * (0.3 + random(5)) + random(6));
            let tint = mix3([0.70, 0.82, 1.0], [1.0, 0.84, 0.66], random(7));
            let bright = mix(0.08, 1.3, size) * twinkle;
            canvas.add_dot(x, y, (0.35 + 0.9 * size) * unit, scale3(tint, bright));
        }
        // Before a galaxy they would be stickers on its arms.
        for star in 0..if self.planet.is_some() { BRIGHT_STARS } else { BRIGHT_STARS / 4 } {
            let random = |kind: u32| random_at(star, kind ^ 0x100, self.seed);
            let depth = 0.3 + 0.6 * random(1);
            let (x, y) = ((random(2) * 1.2 - 0.1) * width, (random(3) * 1.2 - 0.1) * height);
            let (x, y) = project(view, &self.stage, height * 0.5, depth, x, y);
            let twinkle = 0.75 + 0.25 * sine(moment.seconds * (0.2 + 0.5 * random(5)) + random(6));
            let power = mix(0.4, 1.6, random(4) * random(4)) * twinkle;
            let tint = mix3([0.62, 0.80, 1.0], [1.0, 0.86, 0.70], random(7));
            rays(canvas, x, y, (6.0 + 16.0 * power) * unit, scale3(tint, power));
            canvas.add_dot(x, y, (1.3 + power) * unit, scale3(tint, power * 1.3));
            canvas.add_dot(x, y, (7.0 + 9.0 * power) * unit, scale3(tint, power * 0.10));
        }
    }

    fn meteor(&self, moment: Moment, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let turn = (moment.seconds + 0.9) / METEOR_SECONDS;
        let number = crate::math::bits(floor(turn));
        let age = (turn - float_of(floor(turn))) * METEOR_SECONDS / 0.8;
        if age > 1.0 {
            return;
        }
        let random = |kind: u32| random_at(number, kind ^ 0x200, self.seed);
        let (x, y) = (mix(0.1, 0.8, random(1)) * width, mix(0.04, 0.4, random(2)) * height);
        let (dx, dy) = (mix(0.5, 0.9, random(3)) * height, mix(0.12, 0.35, random(4)) * height);
        let shine = smooth(0.0, 0.2, age) * smooth(1.0, 0.5, age) * 1.5;
        for step in 0..90_u8 {
            let back = f32::from(step) / 90.0;
            let at = age - back * 0.30;
            let fall = (1.0 - back) * (1.0 - back) * shine;
            let radius = (1.3 - back) * height / 720.0;
            canvas.add_dot(
                x + dx * at,
                y + dy * at,
                radius.max(0.4),
                scale3([0.5, 0.56, 0.66], fall * 0.5),
            );
        }
    }
}

/// Four thin rays, as a telescope makes them.
fn rays(canvas: &mut Canvas, x: f32, y: f32, reach: f32, colour: [f32; 3]) {
    let count = floor(reach);
    for step in -count..=count {
        let along = float_of(step);
        let fall = 1.0 - along.abs() / reach;
        let strength = fall * fall * fall * 0.55;
        canvas.add_dot(x + along, y, 0.4, scale3(colour, strength));
        canvas.add_dot(x, y + along, 0.4, scale3(colour, strength));
    }
}

/// Gas with a bright core and dark lanes, at half of the frame's resolution: it is soft.
fn paint_nebula(stage: &Stage, colours: [[f32; 3]; 4], core: (f32, f32), seed: u32) -> Layer {
    let (width, height) = (float(stage.width), float(stage.height));
    let depth = SKY_DEPTH;
    let (margin_x, margin_y) = (width * (PAN_MAX * depth + 0.02), height * 0.04);
    let columns = index((width + 2.0 * margin_x) * 0.5) + 2;
    let rows = index((height + 2.0 * margin_y) * 0.5) + 2;
    let tilt = (core.0 - 0.5) * 0.9 + 0.15;
    let texture = Texture::paint(columns, rows, stage.threads, |column, row| {
        let x = (float(column) * 2.0 - margin_x - core.0 * width) / height;
        let y = (float(row) * 2.0 - margin_y - core.1 * height) / height;
        // Warped noise: gas that has been stirred.
        let warp = cloud(x * 1.5 + 3.0, y * 1.5, 3, seed ^ 0x11) - 0.5;
        let stir = cloud(x * 1.5, y * 1.5 + 7.0, 3, seed ^ 0x22) - 0.5;
        let (u, v) = (x + warp * 0.85, y + stir * 0.85);
        let gas = cloud(u * 2.1, v * 2.1, 6, seed ^ 0x33);
        let lanes = ridge(u * 1.7 + 4.0, v * 2.2, 5, seed ^ 0x44);
        let band = v - u * tilt * 0.6;
        let arm = 1.0 / (1.0 + band * band * 9.0);
        let heart = 1.0 / (1.0 + (x * x + y * y) * 7.0 + warp.abs());
        let density = clamp01(smooth(0.30, 0.80, gas * 0.75 + arm * 0.42 - 0.12));
        let hue = clamp01(gas * 1.5 - 0.35 + stir * 0.9);
        let mut colour = mix3(colours[0], colours[1], density);
        colour = mix3(colour, colours[2], density * smooth(0.35, 0.85, hue) * 0.9);
        colour = mix3(colour, colours[3], smooth(0.42, 1.25, heart * (0.5 + gas)) * 0.9);
        let dust = smooth(0.42, 0.75, lanes) * arm * 0.62 * smooth(0.95, 0.5, heart);
        let filament = smooth(0.52, 0.80, lanes) * density * 0.30;
        let colour = mix3(colour, scale3(colours[0], 0.7), dust);
        (mix3(colour, colours[3], filament), 1.0)
    });
    Layer { texture, depth, left: margin_x * 0.5, top: -margin_y, density: 0.5 }
}

impl Scene for Cosmos {
    fn draw(&self, moment: Moment, canvas: &mut Canvas) {
        let view = View::at(self.movement, moment.progress);
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let pivot = height * 0.5;
        let (x, y) = project(
            view,
            &self.stage,
            pivot,
            self.sky.depth,
            self.core.0 * width,
            self.core.1 * height,
        );
        canvas.glow.clear();
        let light = linear(self.colours[3]);
        canvas.glow.add_light(x, y, height * 0.30, scale3(light, 0.06));
        canvas.glow.add_light(x, y, height * 0.06, scale3(light, 0.34));
        let placement = self.sky.place(view, &self.stage, pivot);
        canvas.compose(0..self.stage.height, &[(&self.sky.texture, placement)]);
        self.stars(moment, view, canvas);
        self.meteor(moment, canvas);
        if let Some(planet) = &self.planet {
            planet.draw(moment, view, &self.stage, canvas);
        }
    }

    fn vignette(&self) -> f32 {
        0.6
    }
}
